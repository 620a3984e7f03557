//! Judges whom e-mail addresses lead to.

use super::caller::Answer;
use super::history::{History, Record};
use super::plan::{ADDRESSES, Call, Field};
use super::world::World;

impl History {
    /// Checks that each address leads to the user who has set it last, and to some user after a change of one who has
    /// it.
    pub(crate) fn addresses_lead(&self) -> Result<(), String> {
        let present = self.present();
        for (email, found) in present.found.iter().enumerate() {
            for (call, record) in self.records.iter().enumerate() {
                let done = matches!(
                    record.result,
                    Some(Ok(Answer::Created(_) | Answer::Updated))
                );
                if !done || !self.has_since(record, email) {
                    continue;
                }
                let set_last = self.has_set(record, email) && !self.is_contested(call, email);
                let number = record.learned.number.get();
                let is_lost = found.is_none() && !self.was_left(call, email);
                if is_lost || (set_last && *found != number) {
                    return Err(format!(
                        "address {email} leads to {found:?} after call {call} of {number:?}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Checks that each address that any user has leads to one.
    pub(crate) fn all_addresses_lead(&self) -> Result<(), String> {
        let present = self.present();
        for email in 0..ADDRESSES.len() {
            let mut people = present.people.values();
            if present.found[email].is_none() && people.any(|person| person.email == Some(email)) {
                return Err(format!("address {email} leads to nobody"));
            }
        }
        Ok(())
    }

    /// Whether the call's user has had this address ever since the call took effect.
    fn has_since(&self, record: &Record, email: usize) -> bool {
        let Some((at, _)) = record.applied else {
            return false;
        };
        let after = self.worlds.partition_point(|(world, _)| *world < at);
        let mut worlds = self.worlds[after..].iter();
        worlds.all(|(_, world)| has_it(world, record, email))
    }

    /// Whether the call has given its user this address.
    fn has_set(&self, record: &Record, email: usize) -> bool {
        let Some((at, after)) = &record.applied else {
            return false;
        };
        let later = self.worlds.partition_point(|(world, _)| world < at);
        let before = later.checked_sub(1).map(|last| &self.worlds[last].1);
        has_it(after, record, email) && !before.is_some_and(|world| has_it(world, record, email))
    }

    /// Whether another call may have led the address elsewhere after this one has set it: one that sets it too and was
    /// not over before, or one at the same time that repairs pointers. A user who has given the address up before gets it
    /// no more, except from a call that has seen the address without a pointer.
    fn is_contested(&self, call: usize, email: usize) -> bool {
        let start = self.records[call].start;
        self.later(call).any(|(number, other)| {
            let sets = self.has_set(other, email)
                && (self
                    .since(start, other)
                    .any(|world| has_it(world, other, email))
                    || self.ever(number, |world| !world.pointed[email]));
            sets || self.repairs(call, other, email)
        })
    }

    /// The worlds from this operation to the call's end.
    fn since(&self, start: usize, record: &Record) -> impl Iterator<Item = &World> {
        let first = self.worlds.partition_point(|(at, _)| *at <= start);
        let end = record.end.unwrap_or(usize::MAX);
        let worlds = self.worlds[first.saturating_sub(1)..].iter();
        worlds
            .take_while(move |(at, _)| *at <= end)
            .map(|(_, world)| world)
    }

    /// Whether the user to whom the address led after this call may have given it up, or another call at the same time
    /// may have led it to one who has.
    fn was_left(&self, call: usize, email: usize) -> bool {
        self.later(call).any(|(_, other)| {
            let leaves = match other.call {
                Call::Update(_, Field::Email(new)) => new != Some(email),
                Call::Delete(_) => true,
                _ => false,
            };
            (leaves && other.applied.is_some() && self.had_it(other, email))
                || self.repairs(call, other, email)
        })
    }

    /// Whether the other call runs at the same time and may move the pointer of this address, although it gives the
    /// address to nobody.
    fn repairs(&self, call: usize, other: &Record, email: usize) -> bool {
        let end = self.records[call].end.unwrap_or(usize::MAX);
        let may = match other.call {
            Call::Index => true,
            Call::Update(..) => other.applied.is_some() && self.had_it(other, email),
            _ => false,
        };
        may && other.start <= end
    }

    /// Whether the call's user has had this address at any time.
    fn had_it(&self, record: &Record, email: usize) -> bool {
        let number = record.learned.number.get();
        number.is_some_and(|number| self.had.contains(&(number, email)))
    }

    /// The other calls that were not over when this one began.
    fn later(&self, call: usize) -> impl Iterator<Item = (usize, &Record)> {
        let start = self.records[call].start;
        let others = self.records.iter().enumerate();
        others.filter(move |(number, other)| {
            *number != call && other.end.is_none_or(|end| end >= start)
        })
    }
}

/// Whether the call's user has this address.
fn has_it(world: &World, record: &Record, email: usize) -> bool {
    let number = record.learned.number.get();
    let person = number.and_then(|number| world.people.get(&number));
    person.is_some_and(|person| person.email == Some(email))
}
