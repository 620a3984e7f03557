//! `wasi:keyvalue@0.2.0-draft2`.

use wasmtime::component::Resource;

use super::{Error, KeyValue, Swap, SwapError, broken, no_such_swap};
use crate::bindings::wasi::keyvalue::{atomics, batch, store as wasi};
use crate::store::{self, Store};

impl wasi::Host for KeyValue {
    fn open(&mut self, name: String) -> Result<Resource<Store>, Error> {
        KeyValue::open(self, &name)
    }

    fn convert_error(&mut self, error: Error) -> wasmtime::Result<wasi::Error> {
        Ok(match error {
            Error::AccessDenied => wasi::Error::AccessDenied,
            Error::NoSuchStore => wasi::Error::NoSuchStore,
            Error::StoreTableFull => wasi::Error::Other("store table full".to_owned()),
            Error::Store(store::Error::Other(text)) => wasi::Error::Other(text),
            Error::Store(store::Error::Broken) => return Err(broken()),
        })
    }
}

impl wasi::HostBucket for KeyValue {
    fn get(&mut self, bucket: Resource<Store>, key: String) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.store(&bucket)?.get(&key)?)
    }

    fn set(&mut self, bucket: Resource<Store>, key: String, value: Vec<u8>) -> Result<(), Error> {
        Ok(self.store(&bucket)?.set(&key, &value)?)
    }

    fn delete(&mut self, bucket: Resource<Store>, key: String) -> Result<(), Error> {
        Ok(self.store(&bucket)?.delete(&key)?)
    }

    fn exists(&mut self, bucket: Resource<Store>, key: String) -> Result<bool, Error> {
        Ok(self.store(&bucket)?.exists(&key)?)
    }

    fn list_keys(
        &mut self,
        bucket: Resource<Store>,
        cursor: Option<String>,
    ) -> Result<wasi::KeyResponse, Error> {
        if cursor.is_some() {
            let text = "list_keys: cursor not supported".to_owned();
            return Err(store::Error::Other(text).into());
        }
        let keys = self.store(&bucket)?.keys()?;
        Ok(wasi::KeyResponse { keys, cursor: None })
    }

    fn drop(&mut self, bucket: Resource<Store>) -> wasmtime::Result<()> {
        self.stores.delete(bucket)?;
        Ok(())
    }
}

impl batch::Host for KeyValue {
    fn get_many(
        &mut self,
        bucket: Resource<Store>,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, Error> {
        Ok(self.store(&bucket)?.get_many(keys)?)
    }

    fn set_many(
        &mut self,
        bucket: Resource<Store>,
        values: Vec<(String, Vec<u8>)>,
    ) -> Result<(), Error> {
        Ok(self.store(&bucket)?.set_many(&values)?)
    }

    fn delete_many(&mut self, bucket: Resource<Store>, keys: Vec<String>) -> Result<(), Error> {
        Ok(self.store(&bucket)?.delete_many(keys)?)
    }
}

impl atomics::Host for KeyValue {
    fn increment(
        &mut self,
        bucket: Resource<Store>,
        key: String,
        delta: i64,
    ) -> Result<i64, Error> {
        Ok(self.store(&bucket)?.increment(&key, delta)?)
    }

    fn swap(&mut self, swap: Resource<Swap>, value: Vec<u8>) -> Result<(), SwapError> {
        // Spin does not remove the swap from its table here, so the host doesn't either: an instance can make 256
        // swaps, no more.
        let entry = self.swaps.get(&swap).map_err(no_such_swap)?;
        if entry
            .store
            .swap(&entry.key, entry.expected.as_deref(), &value)?
        {
            return Ok(());
        }
        let (bucket, key) = (entry.bucket, entry.key.clone());
        let next = self.new_swap(bucket, key)?;
        self.current(&next)?;
        Err(SwapError::Lost(next))
    }

    fn convert_cas_error(&mut self, error: SwapError) -> wasmtime::Result<atomics::CasError> {
        Ok(match error {
            SwapError::Lost(next) => atomics::CasError::CasFailed(next),
            SwapError::Store(error) => {
                atomics::CasError::StoreError(wasi::Host::convert_error(self, error)?)
            }
        })
    }
}

impl atomics::HostCas for KeyValue {
    fn new(&mut self, bucket: Resource<Store>, key: String) -> Result<Resource<Swap>, Error> {
        self.new_swap(bucket.rep(), key)
    }

    fn current(&mut self, swap: Resource<Swap>) -> Result<Option<Vec<u8>>, Error> {
        KeyValue::current(self, &swap)
    }

    fn drop(&mut self, swap: Resource<Swap>) -> wasmtime::Result<()> {
        self.swaps.delete(swap)?;
        Ok(())
    }
}
