//! The store, opened once per instance.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use spin_sdk::experimental::wasi::keyvalue::atomics::{self, Cas, CasError};
use spin_sdk::experimental::wasi::keyvalue::batch;
use spin_sdk::experimental::wasi::keyvalue::store::{self as bucket, Bucket};
use spin_sdk::key_value;
use spin_sdk::wasip3::http::types::ErrorCode;

thread_local! {
    static OPENED: RefCell<Option<Rc<Store>>> = const { RefCell::new(None) };
}

/// Spin's two interfaces to one store.
pub(crate) struct Store {
    store: key_value::Store,
    bucket: Bucket,
    seen: RefCell<HashSet<String>>,
}

impl Store {
    pub(crate) async fn opened() -> Result<Rc<Self>, ErrorCode> {
        if let Some(opened) = OPENED.with_borrow(Option::clone) {
            return Ok(opened);
        }
        let opened = Rc::new(Self {
            store: key_value::Store::open_default().await.map_err(failed)?,
            bucket: bucket::open("default").map_err(failed)?,
            seen: RefCell::default(),
        });
        OPENED.set(Some(Rc::clone(&opened)));
        Ok(opened)
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Vec<u8>, ErrorCode> {
        let value = self.store.get(key).await.map_err(failed)?;
        Ok(value.unwrap_or_default())
    }

    /// Reads the pointer of a name, once per instance.
    pub(crate) async fn look_up(&self, name: &str) -> Result<(), ErrorCode> {
        if !self.seen.borrow().contains(name) {
            self.get(name).await?;
            self.seen.borrow_mut().insert(name.to_owned());
        }
        Ok(())
    }

    pub(crate) fn increment(&self, key: &str) -> Result<i64, ErrorCode> {
        atomics::increment(&self.bucket, key, 1).map_err(failed)
    }

    pub(crate) fn set_many(&self, values: &[(String, Vec<u8>)]) -> Result<(), ErrorCode> {
        batch::set_many(&self.bucket, values).map_err(failed)
    }

    /// Reads the value and replaces it. The first byte changes: SQLite does not write an unchanged value.
    pub(crate) fn swap(&self, key: &str, mut value: Vec<u8>) -> Result<(), ErrorCode> {
        let cas = Cas::new(&self.bucket, key).map_err(failed)?;
        let current = cas.current().map_err(failed)?.unwrap_or_default();
        if let (Some(new), Some(old)) = (value.first_mut(), current.first()) {
            *new = old.wrapping_add(1);
        }
        match atomics::swap(cas, &value) {
            Ok(()) => Ok(()),
            Err(CasError::CasFailed(_)) => Err(ErrorCode::InternalError(None)),
            Err(CasError::StoreError(error)) => Err(failed(error)),
        }
    }
}

fn failed(error: impl std::fmt::Debug) -> ErrorCode {
    ErrorCode::InternalError(Some(format!("{error:?}")))
}
