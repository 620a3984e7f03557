//! What an instance of a component keeps of its store from one call to the next, and when it takes no more calls.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use spin_sdk::experimental::wasi::keyvalue::store::{self as bucket, Bucket};
use spin_sdk::key_value;
use spin_sdk::wit_bindgen::{backpressure_dec, backpressure_inc};

use crate::Error;
use crate::store::is_binary;

/// The most swaps that an instance makes: Spin 4.1 never gives back the handle of one, and the 257th fails.
pub(super) const MAX_SWAPS: u32 = 250;

/// After so many swaps an instance retires. Sixteen calls may be under way, which need some more.
const RETIRES_AFTER: u32 = 128;

/// How long an answer of the store counts as a sign that it will answer again.
const LATELY: Duration = Duration::from_secs(1);

thread_local! {
    static INSTANCE: Instance = const { Instance {
        opened: RefCell::new(None),
        heard: Cell::new(None),
        swaps: Cell::new(0),
        is_sqlite: Cell::new(None),
        is_worn: Cell::new(false),
        is_retired: Cell::new(false),
    } };
}

/// This instance, as far as its store is concerned.
pub(super) struct Instance {
    opened: RefCell<Option<Rc<Opened>>>,
    /// When the store has answered last; `None` after a failure.
    heard: Cell<Option<Instant>>,
    swaps: Cell<u32>,
    /// `None` while nothing is stored that tells.
    is_sqlite: Cell<Option<bool>>,
    /// Whether the next call is to be the last.
    is_worn: Cell<bool>,
    is_retired: Cell<bool>,
}

/// The store through both of the interfaces that Spin has: asynchronous, and with atomic operations.
pub(super) struct Opened {
    pub(super) store: key_value::Store,
    bucket: OnceCell<Bucket>,
}

impl Opened {
    /// The bucket, which is opened by the first call. That blocks.
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
    /// The store, if this instance has opened it.
    pub(super) fn opened() -> Option<Rc<Opened>> {
        INSTANCE.with(|instance| instance.opened.borrow().clone())
    }

    /// Keeps the store, unless another call has opened it meanwhile.
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

    /// The store has answered.
    pub(super) fn heard() {
        INSTANCE.with(|instance| instance.heard.set(Some(Instant::now())));
    }

    /// Whether the store has answered lately, and not failed since.
    pub(super) fn heard_lately() -> bool {
        INSTANCE.with(|instance| {
            let heard = instance.heard.get();
            heard.is_some_and(|heard| heard.elapsed() < LATELY)
        })
    }

    /// Counts a swap, if this instance can make another.
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

    /// An operation has failed, so that the store should be asked before the next one that blocks.
    pub(super) fn doubt() {
        INSTANCE.with(|instance| instance.heard.set(None));
    }

    /// The next call that begins here is the last one. Spin starts another instance for the one after it.
    pub(super) fn wear_out() {
        INSTANCE.with(|instance| instance.is_worn.set(true));
    }

    /// Takes no further calls if this instance is worn out. To be called before anything else that a call does: a call
    /// that the host has accepted and not started would wait for ever. There is none while another one starts.
    ///
    /// The calls under way come to their end. Then Spin ends the instance, since it is idle.
    pub(super) fn retire_if_worn() {
        INSTANCE.with(|instance| {
            if instance.is_worn.get() && !instance.is_retired.replace(true) {
                backpressure_inc();
            }
        });
    }

    /// Whether the store is Spin's SQLite store, as far as that is known.
    pub(super) fn is_sqlite() -> Option<bool> {
        INSTANCE.with(|instance| instance.is_sqlite.get())
    }

    /// Takes in how the store keeps a counter.
    pub(super) fn learn(counter: Option<&[u8]>) {
        if let Some(counter) = counter {
            INSTANCE.with(|instance| instance.is_sqlite.set(Some(is_binary(counter))));
        }
    }
}

/// While it lives, further calls wait or go to another instance.
pub(super) struct Undisturbed;

impl Undisturbed {
    pub(super) fn new() -> Self {
        backpressure_inc();
        Self
    }

    /// For the length of a call, where the store is not SQLite: an operation that hangs there would take the other
    /// calls of its instance along.
    pub(super) fn unless_sqlite() -> Option<Self> {
        (Instance::is_sqlite() != Some(true)).then(Self::new)
    }
}

impl Drop for Undisturbed {
    fn drop(&mut self) {
        backpressure_dec();
    }
}
