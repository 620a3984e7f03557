//! Many guesses at a time.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use futures::executor::block_on;
use futures::future::join_all;
use proptest::prelude::*;
use visage::Error;
use visage::directory::{Admission, Directory, MAX_FAILED};
use visage::store::{MemoryStore, Store};

/// How often a guess asks again before it gives up.
const LOOKS: usize = 256;

/// A store whose operations take some turns of the other calls.
#[derive(Clone)]
struct SlowStore {
    store: MemoryStore,
    is_sqlite: bool,
    /// The most turns of an operation.
    most: u64,
    random: Rc<Cell<u64>>,
}

impl SlowStore {
    async fn wait(&self) {
        // Xorshift, which is random enough to mix the calls.
        let mut random = self.random.get();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        self.random.set(random);
        turns(random % (self.most + 1)).await;
    }
}

/// Lets other calls run this often.
async fn turns(mut left: u64) {
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Store for SlowStore {
    type Snapshot = <MemoryStore as Store>::Snapshot;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.wait().await;
        self.store.get(key).await
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        self.wait().await;
        self.store.delete_many(keys).await
    }

    async fn set_many(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        self.wait().await;
        self.store.set_many(values).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        self.wait().await;
        self.store.increment(key, delta).await
    }

    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Self::Snapshot), Error> {
        self.wait().await;
        self.store.snapshot(key).await
    }

    async fn swap(&self, snapshot: Self::Snapshot, value: Vec<u8>) -> Result<bool, Error> {
        self.wait().await;
        self.store.swap(snapshot, value).await
    }

    async fn is_sqlite(&self) -> bool {
        self.is_sqlite
    }

    async fn pause(&self, milliseconds: u64) {
        turns(milliseconds).await;
    }
}

/// The outcome of many guesses at one name at a time.
#[derive(Debug, Default)]
struct Outcome {
    verified: usize,
    /// The most passwords that were verified at a time.
    at_a_time: usize,
    refused: usize,
}

async fn guess(store: SlowStore, verifying: &Cell<usize>, outcome: &Cell<Outcome>) {
    let directory = Directory::with_clock(store, || 0);
    for _ in 0..LOOKS {
        match directory.admit_login("ana").await.unwrap() {
            Admission::Refused => {
                let mut now = outcome.take();
                now.refused += 1;
                outcome.set(now);
                return;
            }
            Admission::Crowded => directory.wait_for_logins().await.unwrap(),
            Admission::Admitted(attempt) => {
                verifying.set(verifying.get() + 1);
                let mut now = outcome.take();
                now.verified += 1;
                now.at_a_time = now.at_a_time.max(verifying.get());
                outcome.set(now);
                // A hash takes longer than an operation.
                turns(45).await;
                verifying.set(verifying.get() - 1);
                directory.settle_login(attempt, true).await.unwrap();
                return;
            }
        }
    }
}

fn guesses(callers: usize, store: &SlowStore) -> Outcome {
    let (verifying, outcome) = (Cell::default(), Cell::default());
    let calls = (0..callers).map(|_| guess(store.clone(), &verifying, &outcome));
    block_on(join_all(calls));
    outcome.into_inner()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_more_are_verified_than_may_fail(
        callers in 11..60_usize,
        most in 0..40_u64,
        is_sqlite in any::<bool>(),
        seed in 1..u64::MAX,
    ) {
        let store = SlowStore {
            store: MemoryStore::default(),
            is_sqlite,
            most,
            random: Rc::new(Cell::new(seed)),
        };
        let outcome = guesses(callers, &store);
        let exactly = usize::from(MAX_FAILED);
        if is_sqlite {
            prop_assert_eq!(outcome.verified, exactly, "{:?}", outcome);
            prop_assert_eq!(outcome.refused, callers - exactly, "{:?}", outcome);
            prop_assert!(outcome.at_a_time <= 4, "{outcome:?}");
        } else {
            // Other stores don't always tell whether a swap was made, so a login may count twice.
            prop_assert!((5..=exactly + 2).contains(&outcome.verified), "{outcome:?}");
            prop_assert!(outcome.at_a_time <= 8, "{outcome:?}");
        }
    }
}
