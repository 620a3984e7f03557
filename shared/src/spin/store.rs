//! Spin's key-value store `default`.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use spin_sdk::experimental::wasi::keyvalue::atomics::{self, Cas, CasError};
use spin_sdk::experimental::wasi::keyvalue::batch;
use spin_sdk::experimental::wasi::keyvalue::store as bucket;
use spin_sdk::key_value;
use spin_sdk::wasip3::clocks::monotonic_clock;

use super::instance::{Instance, MAX_SWAPS, Opened};
use crate::Error;
use crate::store::{COUNTER, Store};

/// The label of the components' store in the manifest.
const LABEL: &str = "default";

/// The store for one call, with a limit to its waiting time. The first operation opens it.
///
/// A read can be interrupted. An atomic operation, a batch and the opening of a bucket cannot: the instance hangs for
/// as long as Spin's store does. They run only right after the store has answered a read.
#[derive(Debug)]
pub struct SpinStore {
    /// How long the call may still wait, or why that is unknown.
    left: Result<Cell<Duration>, Error>,
    /// The operations in progress, and when the first of them began.
    waiting: Cell<u32>,
    since: Cell<Instant>,
}

impl SpinStore {
    /// Creates the store for a call that waits at most `timeout` in all. Parallel operations count once. If the
    /// timeout is an error, every operation fails with it.
    pub fn new(timeout: Result<Duration, Error>) -> Self {
        Self {
            left: timeout.map(Cell::new),
            waiting: Cell::new(0),
            since: Cell::new(Instant::now()),
        }
    }

    /// Waits for an operation of the store, within the time limit.
    async fn in_time<T>(
        &self,
        operation: impl Future<Output = Result<T, key_value::Error>>,
    ) -> Result<T, Error> {
        let timer = pin!(monotonic_clock::wait_for(self.nanoseconds_left()?));
        let operation = pin!(operation);
        let waiting = self.wait();
        // The operation is polled first. If it is done at once, no timer is started.
        let outcome = select(operation, timer).await;
        drop(waiting);
        let outcome = match outcome {
            Either::Left((outcome, _)) => outcome.map_err(|error| failed(&error)),
            Either::Right(_) => Err(Error::TimedOut),
        };
        match &outcome {
            Ok(_) => Instance::heard(),
            Err(_) => {
                Instance::doubt();
                Instance::wear_out();
            }
        }
        outcome
    }

    /// Runs an operation that blocks this instance and cannot be interrupted.
    async fn blocking<T, E: std::fmt::Debug>(
        &self,
        operation: impl FnOnce(&bucket::Bucket) -> Result<T, E>,
    ) -> Result<T, Error> {
        let opened = self.opened().await?;
        if !Instance::heard_lately() {
            self.ask().await?;
        }
        self.at_once(|| operation(opened.bucket(LABEL)?).map_err(|error| failed(&error)))
    }

    fn at_once<T>(&self, operation: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.nanoseconds_left()?;
        let waiting = self.wait();
        let outcome = operation();
        drop(waiting);
        match &outcome {
            Ok(_) => Instance::heard(),
            // That may be no more than a lost race. The next read will tell.
            Err(_) => Instance::doubt(),
        }
        outcome
    }

    fn nanoseconds_left(&self) -> Result<u64, Error> {
        let mut left = self.left.as_ref().map_err(Error::clone)?.get();
        if self.waiting.get() > 0 {
            left = left.saturating_sub(self.since.get().elapsed());
        }
        match u64::try_from(left.as_nanos()).unwrap_or(u64::MAX) {
            0 => Err(Error::TimedOut),
            nanoseconds => Ok(nanoseconds),
        }
    }

    /// Counts the time until the returned value is dropped.
    fn wait(&self) -> Waiting<'_> {
        if self.waiting.replace(self.waiting.get() + 1) == 0 {
            self.since.set(Instant::now());
        }
        Waiting(self)
    }

    async fn opened(&self) -> Result<Rc<Opened>, Error> {
        if let Some(opened) = Instance::opened() {
            return Ok(opened);
        }
        let store = self.in_time(key_value::Store::open(LABEL)).await?;
        let opened = Instance::open(store);
        self.ask_of(&opened).await?;
        Ok(opened)
    }

    /// Checks that the store answers, and learns its kind.
    async fn ask(&self) -> Result<(), Error> {
        let opened = self.opened().await?;
        self.ask_of(&opened).await
    }

    async fn ask_of(&self, opened: &Opened) -> Result<(), Error> {
        let counter = self.in_time(opened.store.get(COUNTER)).await?;
        Instance::learn(counter.as_deref());
        Ok(())
    }
}

/// An operation of the store that a call waits for.
struct Waiting<'s>(&'s SpinStore);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let SpinStore {
            left,
            waiting,
            since,
        } = self.0;
        waiting.set(waiting.get().saturating_sub(1));
        if let Ok(left) = left
            && waiting.get() == 0
        {
            left.set(left.get().saturating_sub(since.get().elapsed()));
        }
    }
}

impl Store for SpinStore {
    type Snapshot = Cas;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let opened = self.opened().await?;
        self.in_time(opened.store.get(key)).await
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        self.blocking(|bucket| batch::delete_many(bucket, keys))
            .await
    }

    async fn set_many(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        self.blocking(|bucket| batch::set_many(bucket, &values))
            .await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        self.blocking(|bucket| atomics::increment(bucket, key, delta))
            .await
    }

    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Cas), Error> {
        self.blocking(|bucket| {
            let cas = Cas::new(bucket, key)?;
            Ok::<_, bucket::Error>((cas.current()?, cas))
        })
        .await
    }

    async fn swap(&self, snapshot: Cas, value: Vec<u8>) -> Result<bool, Error> {
        if !Instance::takes_swap() {
            return Err(Error::Unavailable {
                detail: format!("this instance has made {MAX_SWAPS} swaps, which is all it can"),
            });
        }
        self.at_once(|| match atomics::swap(snapshot, &value) {
            Ok(()) => Ok(true),
            Err(CasError::CasFailed(_)) => Ok(false),
            Err(CasError::StoreError(error)) => Err(failed(&error)),
        })
    }

    async fn is_sqlite(&self) -> bool {
        if Instance::is_sqlite().is_none() {
            // If this fails, the store counts as another one.
            let _ = self.ask().await;
        }
        Instance::is_sqlite() == Some(true)
    }

    async fn pause(&self, milliseconds: u64) {
        // Waiting for rivals counts as waiting for the store.
        let _waiting = self.wait();
        monotonic_clock::wait_for(milliseconds.saturating_mul(1_000_000)).await;
    }
}

fn failed(error: &dyn std::fmt::Debug) -> Error {
    Error::Unavailable {
        detail: format!("the store failed: {error:?}"),
    }
}
