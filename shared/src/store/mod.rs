//! What the directory needs of a key-value store.

mod memory;

pub use memory::{Fault, MemoryStore};

use crate::Error;

/// The most keys in one operation: DynamoDB's limit.
pub const MAX_BATCH: usize = 25;

/// A key-value store with the operations that Spin's key-value interfaces have, and no stronger promises:
/// see "Storage" in the README for what each of Spin's stores really does.
///
/// An operation that failed may have taken effect all the same.
#[allow(
    async_fn_in_trait,
    reason = "components have one thread, so no future needs to be Send"
)]
pub trait Store {
    /// A key as it was when it was read, for a later [`Store::swap`].
    type Snapshot;

    /// Reads a value.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::TimedOut`], as for all operations.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error>;

    /// Removes keys, which need not be there: one at least, and [`MAX_BATCH`] at most. One statement on SQLite and
    /// Redis, not so on DynamoDB.
    ///
    /// # Errors
    /// As [`Store::get`].
    async fn delete_many(&self, keys: &[String]) -> Result<(), Error>;

    /// Writes values, [`MAX_BATCH`] at most. One transaction on SQLite and Redis, not so on DynamoDB.
    ///
    /// # Errors
    /// As [`Store::get`].
    async fn set_many(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), Error>;

    /// Adds to a counter, which starts from 0, and returns what it is then.
    ///
    /// Never to be used on a value that is not 8 bytes long: SQLite's store is dead until restart after that.
    ///
    /// # Errors
    /// As [`Store::get`]; on other stores than SQLite also when the value was not written by `increment`.
    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error>;

    /// Reads a value that is to be swapped.
    ///
    /// # Errors
    /// As [`Store::get`].
    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Self::Snapshot), Error>;

    /// Writes a value if the key still holds what the snapshot saw, and returns whether it did.
    ///
    /// A `false` may be wrong (Redis). From an absent key the last of several racers wins (SQLite), so no swap
    /// must start from one.
    ///
    /// # Errors
    /// As [`Store::get`].
    async fn swap(&self, snapshot: Self::Snapshot, value: Vec<u8>) -> Result<bool, Error>;
}
