//! The numbers that names were seen to lead to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;

use crate::name::UserNumber;

/// How many names each of the two generations holds.
const GENERATION: usize = 512;

/// Which number each name was last seen to lead to, for up to 1,024 names.
///
/// Such a number is its name's user for as long as its record is live and has this name: a pointer is only taken from a
/// record that is dead or gone, and such a record never becomes live again. So whoever gets a number from here must read
/// the record, but not the pointer.
#[derive(Debug, Default)]
pub struct RememberedNumbers(RefCell<Generations>);

/// What was used lately is in `young`. When that is full, it becomes `old`, and what was `old` is forgotten.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<String, UserNumber>,
    old: HashMap<String, UserNumber>,
}

impl RememberedNumbers {
    pub(super) fn get(&self, folded: &str) -> Option<UserNumber> {
        let mut generations = self.0.borrow_mut();
        if let Some(number) = generations.young.get(folded) {
            return Some(*number);
        }
        let (name, number) = generations.old.remove_entry(folded)?;
        generations.insert(name, number);
        Some(number)
    }

    pub(super) fn insert(&self, folded: &str, number: UserNumber) {
        self.0.borrow_mut().insert(folded.to_owned(), number);
    }

    pub(super) fn remove(&self, folded: &str) {
        let mut generations = self.0.borrow_mut();
        generations.young.remove(folded);
        generations.old.remove(folded);
    }
}

impl Generations {
    fn insert(&mut self, folded: String, number: UserNumber) {
        if self.young.len() >= GENERATION {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(folded, number);
    }
}
