//! A store in memory, for tests. It behaves like Spin's SQLite store and fails on request.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Store;
use crate::Error;

/// How an operation of a [`MemoryStore`] fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The operation fails and has not taken effect.
    Before,
    /// The operation fails but has taken effect.
    After,
    /// This operation has no effect and fails, as do all later ones: the caller has died.
    Death,
}

/// A store in memory. Clones share the content and the call.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    values: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    operations: Rc<Cell<usize>>,
    fault: Option<(usize, Fault)>,
}

impl MemoryStore {
    /// Returns the same content for another call, whose operation number `operation` (from 0) fails.
    pub fn failing_at(&self, operation: usize, fault: Fault) -> Self {
        Self {
            values: Rc::clone(&self.values),
            operations: Rc::default(),
            fault: Some((operation, fault)),
        }
    }

    /// How many operations this call has begun.
    pub fn operations(&self) -> usize {
        self.operations.get()
    }

    /// All keys, in order.
    pub fn keys(&self) -> Vec<String> {
        self.values.borrow().keys().cloned().collect()
    }

    /// Writes a value without any checks, to simulate a store with foreign data.
    pub fn plant(&self, key: &str, value: &[u8]) {
        self.values
            .borrow_mut()
            .insert(key.to_owned(), value.to_vec());
    }

    /// Runs one operation, or lets it fail.
    fn operate<T>(
        &self,
        operation: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T,
    ) -> Result<T, Error> {
        let number = self.operations.replace(self.operations.get() + 1);
        let fault = self.fault.and_then(|(at, fault)| match fault {
            Fault::Death if number >= at => Some(fault),
            _ if number == at => Some(fault),
            _ => None,
        });
        let failed = Err(Error::Unavailable {
            detail: format!("operation {number} was told to fail"),
        });
        match fault {
            Some(Fault::Before | Fault::Death) => failed,
            Some(Fault::After) => {
                operation(&mut self.values.borrow_mut());
                failed
            }
            None => Ok(operation(&mut self.values.borrow_mut())),
        }
    }
}

impl Store for MemoryStore {
    type Snapshot = (String, Option<Vec<u8>>);

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.operate(|values| values.get(key).cloned())
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        self.operate(|values| {
            for key in keys {
                values.remove(key);
            }
        })
    }

    async fn set_many(&self, new: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        self.operate(|values| values.extend(new))
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        self.operate(|values| {
            let old = match values.get(key) {
                Some(bytes) => i64::from_le_bytes(bytes.as_slice().try_into().map_err(|_| {
                    Error::Internal {
                        detail: format!("increment of {key}, which is not 8 bytes long"),
                    }
                })?),
                None => 0,
            };
            // As in a release build of Spin.
            let new = old.wrapping_add(delta);
            values.insert(key.to_owned(), new.to_le_bytes().to_vec());
            Ok(new)
        })?
    }

    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Self::Snapshot), Error> {
        self.operate(|values| {
            let value = values.get(key).cloned();
            (value.clone(), (key.to_owned(), value))
        })
    }

    async fn swap(&self, (key, seen): Self::Snapshot, value: Vec<u8>) -> Result<bool, Error> {
        self.operate(|values| {
            // As on SQLite: a swap of an absent key always succeeds.
            let unchanged = seen.is_none() || values.get(&key) == seen.as_ref();
            if unchanged {
                values.insert(key, value);
            }
            unchanged
        })
    }

    async fn is_sqlite(&self) -> bool {
        true
    }
}
