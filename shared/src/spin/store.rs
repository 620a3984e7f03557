//! Spin's key-value store `default`.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use spin_sdk::experimental::wasi::keyvalue::atomics::{self, Cas, CasError};
use spin_sdk::experimental::wasi::keyvalue::batch;
use spin_sdk::experimental::wasi::keyvalue::store::{self as bucket, Bucket};
use spin_sdk::key_value;
use spin_sdk::wasip3::clocks::monotonic_clock;

use crate::Error;
use crate::store::Store;

/// The label under which the manifest gives the components their store.
const LABEL: &str = "default";

thread_local! {
    /// The store as this instance has opened it.
    static OPENED: RefCell<Option<Rc<Opened>>> = const { RefCell::new(None) };
}

/// The store through both of the interfaces that Spin has: asynchronous, and with atomic operations.
struct Opened {
    store: key_value::Store,
    bucket: Bucket,
}

/// The store, for one call that waits for it no longer than it may. It is opened by the first operation.
#[derive(Debug)]
pub struct SpinStore {
    /// How long the call may still wait, or why nobody knows.
    left: Result<Cell<Duration>, Error>,
}

impl SpinStore {
    /// The store for a call that waits for it no longer than `timeout` in all; where that is an error, so is every
    /// operation. An atomic operation can't be interrupted: the time is looked at before it.
    pub fn new(timeout: Result<Duration, Error>) -> Self {
        Self {
            left: timeout.map(Cell::new),
        }
    }

    /// Waits for an operation of the store, but not too long.
    async fn in_time<T>(
        &self,
        operation: impl Future<Output = Result<T, key_value::Error>>,
    ) -> Result<T, Error> {
        let timer = pin!(monotonic_clock::wait_for(self.nanoseconds_left()?));
        let operation = pin!(operation);
        let started = Instant::now();
        // The operation is polled first: where it is done at once, there is never a timer.
        let outcome = select(operation, timer).await;
        self.count(started);
        match outcome {
            Either::Left((outcome, _)) => outcome.map_err(|error| failed(&error)),
            Either::Right(_) => Err(Error::TimedOut),
        }
    }

    /// Does an operation of the store that can't be interrupted.
    fn at_once<T, E: std::fmt::Debug>(
        &self,
        operation: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, Error> {
        self.nanoseconds_left()?;
        let started = Instant::now();
        let outcome = operation();
        self.count(started);
        outcome.map_err(|error| failed(&error))
    }

    fn nanoseconds_left(&self) -> Result<u64, Error> {
        let left = self.left.as_ref().map_err(Error::clone)?;
        match u64::try_from(left.get().as_nanos()).unwrap_or(u64::MAX) {
            0 => Err(Error::TimedOut),
            nanoseconds => Ok(nanoseconds),
        }
    }

    fn count(&self, started: Instant) {
        if let Ok(left) = &self.left {
            left.set(left.get().saturating_sub(started.elapsed()));
        }
    }

    async fn opened(&self) -> Result<Rc<Opened>, Error> {
        let opened = OPENED.with_borrow(Option::clone);
        if let Some(opened) = opened {
            return Ok(opened);
        }
        let opened = Rc::new(Opened {
            store: self.in_time(key_value::Store::open(LABEL)).await?,
            bucket: self.at_once(|| bucket::open(LABEL))?,
        });
        OPENED.set(Some(Rc::clone(&opened)));
        Ok(opened)
    }
}

impl Store for SpinStore {
    type Snapshot = Cas;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let opened = self.opened().await?;
        self.in_time(opened.store.get(key)).await
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        let opened = self.opened().await?;
        self.at_once(|| batch::delete_many(&opened.bucket, keys))
    }

    async fn set_many(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let opened = self.opened().await?;
        self.at_once(|| batch::set_many(&opened.bucket, &values))
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        let opened = self.opened().await?;
        self.at_once(|| atomics::increment(&opened.bucket, key, delta))
    }

    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Cas), Error> {
        let opened = self.opened().await?;
        self.at_once(|| {
            let cas = Cas::new(&opened.bucket, key)?;
            Ok::<_, bucket::Error>((cas.current()?, cas))
        })
    }

    async fn swap(&self, snapshot: Cas, value: Vec<u8>) -> Result<bool, Error> {
        self.at_once(|| match atomics::swap(snapshot, &value) {
            Ok(()) => Ok(true),
            Err(CasError::CasFailed(_)) => Ok(false),
            Err(CasError::StoreError(error)) => Err(error),
        })
    }
}

fn failed(error: &dyn std::fmt::Debug) -> Error {
    Error::Unavailable {
        detail: format!("the store failed: {error:?}"),
    }
}
