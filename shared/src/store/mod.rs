//! What the directory needs of a key-value store.

mod memory;

pub use memory::{Fault, MemoryStore};

use crate::Error;

/// The most keys in one operation: DynamoDB's limit.
pub const MAX_BATCH: usize = 25;

/// A key that is only ever counted, and is there once anything is stored. How it is kept tells SQLite from the others.
pub const COUNTER: &str = "visage.sequence";

/// A key-value store with the operations that Spin's key-value interfaces have, and no stronger promises:
/// `docs/ARCHITECTURE.md` tells what each of Spin's stores really does.
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

    /// Whether this is Spin's SQLite store. Its report of a swap is true, while Redis reports a transaction that it has
    /// aborted as a success. It is told by the form in which it keeps [`COUNTER`].
    async fn is_sqlite(&self) -> bool {
        let counter = self.get(COUNTER).await;
        counter.is_ok_and(|counter| counter.is_some_and(|bytes| is_binary(&bytes)))
    }

    /// Waits for so many milliseconds. A store in memory has nothing to wait for, and doesn't.
    async fn pause(&self, _milliseconds: u64) {}
}

/// The number that `increment` has left: 8 bytes, little endian, on SQLite; decimal text on Redis and DynamoDB.
///
/// # Errors
/// [`Error::Internal`] for what is neither.
pub fn counter(bytes: &[u8]) -> Result<u64, Error> {
    let binary = || bytes.try_into().ok().map(u64::from_le_bytes);
    let text = || std::str::from_utf8(bytes).ok()?.parse().ok();
    let number = if is_binary(bytes) { binary() } else { text() };
    number.ok_or_else(|| Error::Internal {
        detail: format!("a counter of {} bytes", bytes.len()),
    })
}

/// Whether this is a counter in 8 bytes. No number here comes near 2^56, so the last one is 0, which no text has.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    bytes.len() == 8 && bytes.last() == Some(&0)
}
