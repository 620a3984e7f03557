//! Spin's two key-value interfaces on top of the [store].

mod spin;
mod wasi;

use std::sync::Arc;

use wasmtime::component::{HasData, Resource, ResourceTable, ResourceTableError};
use wasmtime::format_err;

use crate::store::{self, Database, Store};

/// How many stores, and how many swaps, one instance may have open. This is Spin's number.
const TABLE_CAPACITY: usize = 256;

/// The key-value state of one instance.
pub struct KeyValue {
    granted: Arc<[String]>,
    database: Arc<Database>,
    stores: ResourceTable,
    swaps: ResourceTable,
}

/// A compare-and-swap in progress.
pub struct Swap {
    bucket: u32,
    store: Store,
    key: String,
    expected: Option<Vec<u8>>,
}

/// Why a call failed.
pub enum Error {
    /// The manifest does not grant this store to the component.
    AccessDenied,
    /// The store was closed.
    NoSuchStore,
    /// Too many stores are open.
    StoreTableFull,
    /// The store failed.
    Store(store::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// Why a swap failed.
pub enum SwapError {
    /// The store failed.
    Store(Error),
    /// The value has changed; the new swap holds the current one.
    Lost(Resource<Swap>),
}

impl From<Error> for SwapError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<store::Error> for SwapError {
    fn from(error: store::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Spin's host panics here, which ends the instance like a trap.
fn broken() -> wasmtime::Error {
    format_err!(
        "the store is unusable until the next start: a value of other than 8 bytes was incremented"
    )
}

impl KeyValue {
    /// Creates the state for the stores `granted` of `database`. None is open yet.
    pub fn new(granted: Arc<[String]>, database: Arc<Database>) -> Self {
        let table = || {
            let mut table = ResourceTable::new();
            table.set_max_capacity(TABLE_CAPACITY);
            table
        };
        Self {
            granted,
            database,
            stores: table(),
            swaps: table(),
        }
    }

    fn open(&mut self, name: &str) -> Result<Resource<Store>, Error> {
        if !self.granted.iter().any(|granted| granted == name) {
            return Err(Error::AccessDenied);
        }
        let store = Store::new(self.database.clone(), name);
        self.stores.push(store).map_err(|_| Error::StoreTableFull)
    }

    fn store(&self, store: &Resource<Store>) -> Result<&Store, Error> {
        self.stores.get(store).map_err(|_| Error::NoSuchStore)
    }

    fn new_swap(&mut self, bucket: u32, key: String) -> Result<Resource<Swap>, Error> {
        let store = self.store(&Resource::new_borrow(bucket))?.clone();
        let swap = Swap {
            bucket,
            store,
            key,
            expected: None,
        };
        self.swaps
            .push(swap)
            .map_err(|_| store::Error::Other("too many compare_and_swaps opened".to_owned()).into())
    }

    fn current(&mut self, swap: &Resource<Swap>) -> Result<Option<Vec<u8>>, Error> {
        let swap = self.swaps.get_mut(swap).map_err(no_such_swap)?;
        swap.expected = swap.store.get(&swap.key)?;
        Ok(swap.expected.clone())
    }
}

fn no_such_swap(_: ResourceTableError) -> Error {
    store::Error::Other("compare and swap not found".to_owned()).into()
}

impl HasData for KeyValue {
    type Data<'a> = &'a mut KeyValue;
}
