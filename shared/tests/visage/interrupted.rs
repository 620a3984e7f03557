//! A store for calls that come in between.

use std::cell::{Cell, RefCell};

use visage::Error;
use visage::store::{MemoryStore, Store};

/// A store that runs another whole call before one of its operations.
pub(crate) struct Interrupted<'o> {
    store: MemoryStore,
    left: Cell<usize>,
    other: RefCell<Option<Box<dyn FnOnce() + 'o>>>,
}

impl<'o> Interrupted<'o> {
    /// Runs `other` before the operation with this number, from 0.
    pub(crate) fn new(store: &MemoryStore, before: usize, other: impl FnOnce() + 'o) -> Self {
        Self {
            store: store.clone(),
            left: Cell::new(before),
            other: RefCell::new(Some(Box::new(other))),
        }
    }

    fn store(&self) -> &MemoryStore {
        match self.left.get().checked_sub(1) {
            Some(left) => self.left.set(left),
            None => {
                if let Some(other) = self.other.take() {
                    other();
                }
            }
        }
        &self.store
    }
}

impl Store for Interrupted<'_> {
    type Snapshot = <MemoryStore as Store>::Snapshot;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.store().get(key).await
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        self.store().delete_many(keys).await
    }

    async fn set_many(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        self.store().set_many(values).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        self.store().increment(key, delta).await
    }

    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Self::Snapshot), Error> {
        self.store().snapshot(key).await
    }

    async fn swap(&self, snapshot: Self::Snapshot, value: Vec<u8>) -> Result<bool, Error> {
        self.store().swap(snapshot, value).await
    }
}
