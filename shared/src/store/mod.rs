//! The key-value store, as the directory needs it.

mod memory;

pub use memory::{Fault, MemoryStore};

use crate::Error;

/// The most keys in one operation: DynamoDB's limit.
pub const MAX_BATCH: usize = 25;

/// A counter that exists once anything is stored. Its form tells SQLite from the other stores.
pub const COUNTER: &str = "visage.sequence";

/// A key-value store with the operations of Spin's key-value interfaces, and no stronger promises.
/// `docs/ARCHITECTURE.md` describes what each of Spin's stores really does.
///
/// A failed operation may have taken effect all the same.
#[allow(
    async_fn_in_trait,
    reason = "components have one thread, so no future needs to be Send"
)]
pub trait Store {
    /// A key's state when it was read, for a later [`Store::swap`].
    type Snapshot;

    /// Reads a value.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::TimedOut`], as for all operations.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error>;

    /// Removes keys, 1 to [`MAX_BATCH`] of them. They need not exist. Atomic on SQLite and Redis, not on DynamoDB.
    ///
    /// # Errors
    /// As [`Store::get`].
    async fn delete_many(&self, keys: &[String]) -> Result<(), Error>;

    /// Writes values, at most [`MAX_BATCH`]. Atomic on SQLite and Redis, not on DynamoDB.
    ///
    /// # Errors
    /// As [`Store::get`].
    async fn set_many(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), Error>;

    /// Adds to a counter, which starts at 0. Returns the sum.
    ///
    /// Must never be used on a value that is not 8 bytes long: that breaks SQLite's store until a restart.
    ///
    /// # Errors
    /// As [`Store::get`]; on other stores than SQLite also when the value was not written by `increment`.
    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error>;

    /// Reads a value for a later swap.
    ///
    /// # Errors
    /// As [`Store::get`].
    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Self::Snapshot), Error>;

    /// Writes a value if the key is unchanged since the snapshot. Returns whether it was.
    ///
    /// A `false` may be wrong (Redis). If several calls swap an absent key, all succeed and the last one stays
    /// (SQLite), so no swap may start from an absent key.
    ///
    /// # Errors
    /// As [`Store::get`].
    async fn swap(&self, snapshot: Self::Snapshot, value: Vec<u8>) -> Result<bool, Error>;

    /// Whether this is Spin's SQLite store. Only its reports of swaps are reliable: Redis reports an aborted
    /// transaction as a success. The stored form of [`COUNTER`] tells the stores apart.
    async fn is_sqlite(&self) -> bool {
        let counter = self.get(COUNTER).await;
        counter.is_ok_and(|counter| counter.is_some_and(|bytes| is_binary(&bytes)))
    }

    /// Waits for this many milliseconds. A store in memory does not wait.
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

/// Whether this is an 8-byte counter. No number here reaches 2^56, so its last byte is 0, which text never contains.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    bytes.len() == 8 && bytes.last() == Some(&0)
}
