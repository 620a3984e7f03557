//! The state that an instance keeps between calls, and when it stops taking calls.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use spin_sdk::experimental::wasi::keyvalue::store::{self as bucket, Bucket};
use spin_sdk::key_value;
use spin_sdk::wit_bindgen::{backpressure_dec, backpressure_inc};

use crate::Error;
use crate::directory::RememberedNumbers;
use crate::login::HeldLogins;
use crate::store::is_binary;

/// The most swaps of an instance. Spin 4.1 never frees a swap's handle, and the 257th swap fails.
pub(super) const MAX_SWAPS: u32 = 250;

/// An instance retires after this many swaps. The up to sixteen calls in progress need some more swaps.
const RETIRES_AFTER: u32 = 128;

/// How long an answer of the store shows that the store works.
const LATELY: Duration = Duration::from_secs(1);

thread_local! {
    static INSTANCE: Instance = Instance::default();
}

/// The state of this instance.
#[derive(Default)]
pub(super) struct Instance {
    opened: RefCell<Option<Rc<Opened>>>,
    /// The time of the store's last answer. `None` after a failure.
    heard: Cell<Option<Instant>>,
    swaps: Cell<u32>,
    /// `None` until a stored counter shows it.
    is_sqlite: Cell<Option<bool>>,
    /// Whether the next call is to be the last.
    is_worn: Cell<bool>,
    is_retired: Cell<bool>,
    logins: OnceCell<Rc<HeldLogins>>,
    /// The numbers that this instance's calls have seen names lead to.
    remembered: Rc<RememberedNumbers>,
}

/// The store through Spin's two interfaces: the asynchronous one, and the one with atomic operations.
pub(super) struct Opened {
    pub(super) store: key_value::Store,
    bucket: OnceCell<Bucket>,
}

impl Opened {
    /// Returns the bucket. The first call opens it, which blocks.
    pub(super) fn bucket(&self, label: &str) -> Result<&Bucket, Error> {
        if let Some(bucket) = self.bucket.get() {
            return Ok(bucket);
        }
        let bucket = bucket::open(label).map_err(|error| Error::Unavailable {
            detail: format!("the store cannot be opened: {error:?}"),
        })?;
        Ok(self.bucket.get_or_init(|| bucket))
    }
}

impl Instance {
    /// Returns the store, if this instance has opened it.
    pub(super) fn opened() -> Option<Rc<Opened>> {
        INSTANCE.with(|instance| instance.opened.borrow().clone())
    }

    /// Keeps the store, unless another call has opened it in the meantime.
    pub(super) fn open(store: key_value::Store) -> Rc<Opened> {
        INSTANCE.with(|instance| {
            let mut opened = instance.opened.borrow_mut();
            let opened = opened.get_or_insert_with(|| {
                let bucket = OnceCell::new();
                Rc::new(Opened { store, bucket })
            });
            Rc::clone(opened)
        })
    }

    /// Records that the store has answered.
    pub(super) fn heard() {
        INSTANCE.with(|instance| instance.heard.set(Some(Instant::now())));
    }

    /// Whether the store has answered recently and not failed since.
    pub(super) fn heard_lately() -> bool {
        INSTANCE.with(|instance| {
            let heard = instance.heard.get();
            heard.is_some_and(|heard| heard.elapsed() < LATELY)
        })
    }

    /// Counts a swap. Returns whether this instance can make it.
    pub(super) fn takes_swap() -> bool {
        let swaps = INSTANCE.with(|instance| {
            let swaps = instance.swaps.get() + 1;
            instance.swaps.set(swaps.min(MAX_SWAPS + 1));
            swaps
        });
        if swaps >= RETIRES_AFTER {
            Self::wear_out();
        }
        swaps <= MAX_SWAPS
    }

    /// Records that an operation has failed. The store must answer a read before the next blocking operation.
    pub(super) fn doubt() {
        INSTANCE.with(|instance| instance.heard.set(None));
    }

    /// Makes the next call the last one of this instance.
    pub(super) fn wear_out() {
        INSTANCE.with(|instance| instance.is_worn.set(true));
    }

    /// Stops taking calls if this instance is worn out. The calls in progress complete, Spin ends the idle instance,
    /// and starts another for the next call.
    ///
    /// A call runs this before anything else. Otherwise a call that the host has accepted, but not started, would wait
    /// for ever. There is no such call while another one starts.
    pub(super) fn retire_if_worn() {
        INSTANCE.with(|instance| {
            if instance.is_worn.get() && !instance.is_retired.replace(true) {
                backpressure_inc();
            }
        });
    }

    /// Returns the logins that this instance has verified.
    pub(super) fn held_logins() -> Result<Rc<HeldLogins>, Error> {
        INSTANCE.with(|instance| {
            if let Some(logins) = instance.logins.get() {
                return Ok(Rc::clone(logins));
            }
            let logins = HeldLogins::new().map_err(|error| Error::Internal {
                detail: format!("no randomness: {error}"),
            })?;
            Ok(Rc::clone(instance.logins.get_or_init(|| Rc::new(logins))))
        })
    }

    /// Returns the numbers that this instance remembers.
    pub(super) fn remembered() -> Rc<RememberedNumbers> {
        INSTANCE.with(|instance| Rc::clone(&instance.remembered))
    }

    /// Whether this is Spin's SQLite store, if known.
    pub(super) fn is_sqlite() -> Option<bool> {
        INSTANCE.with(|instance| instance.is_sqlite.get())
    }

    /// Learns the store's kind from its form of a counter.
    pub(super) fn learn(counter: Option<&[u8]>) {
        if let Some(counter) = counter {
            INSTANCE.with(|instance| instance.is_sqlite.set(Some(is_binary(counter))));
        }
    }
}

/// While this exists, further calls wait or go to another instance.
pub struct Undisturbed(());

impl Undisturbed {
    /// Lets further calls wait.
    #[allow(clippy::new_without_default, reason = "it has an effect")]
    pub fn new() -> Self {
        backpressure_inc();
        Self(())
    }

    /// Isolates a call unless the store is SQLite. On other stores an operation that hangs would block the other
    /// calls of its instance.
    pub(super) fn unless_sqlite() -> Option<Self> {
        (Instance::is_sqlite() != Some(true)).then(Self::new)
    }
}

/// A call that may need much memory, and that its instance takes alone so far.
///
/// Memory never shrinks. An instance that has grown gives it back when it ends.
pub struct Alone(Undisturbed);

impl Alone {
    /// A call begins with this, before it waits for anything: see [`Instance::retire_if_worn`].
    pub fn begin() -> Self {
        Self(Undisturbed::new())
    }

    /// Makes this call the last one of its instance. Without this, further calls come when this is dropped.
    pub fn retire(self) {
        INSTANCE.with(|instance| instance.is_retired.set(true));
        std::mem::forget(self.0);
    }
}

impl Drop for Undisturbed {
    fn drop(&mut self) {
        backpressure_dec();
    }
}
