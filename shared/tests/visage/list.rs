//! The list of users: its order, its cost, and its handling of unreadable records.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::mem;
use std::rc::Rc;
use std::task::Poll;

use futures::executor::block_on;
use proptest::prelude::*;
use visage::Error;
use visage::directory::{By, Directory};
use visage::name::UserNumber;
use visage::store::{Fault, MemoryStore, Store};

use crate::users::new_user;

const HOUR: u64 = 60 * 60 * 1000;

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(1_000) };
}

fn directory<S: Store>(store: S) -> Directory<S> {
    Directory::with_clock(store, || NOW.get())
}

fn pass(milliseconds: u64) {
    NOW.set(NOW.get() + milliseconds);
}

/// A directory with this many users (`user-1` and so on), and its store.
fn crowd(users: u64) -> (MemoryStore, Directory<MemoryStore>) {
    let store = MemoryStore::default();
    let directory = directory(store.clone());
    for number in 1..=users {
        block_on(directory.create(new_user(&format!("user-{number}")))).unwrap();
    }
    (store, directory)
}

/// The names on a page.
fn page<S: Store>(directory: &Directory<S>, start: usize, count: usize) -> Vec<String> {
    let page = block_on(directory.list(start, count)).unwrap();
    let names = page.users.iter().map(|(user, _)| user.username.as_str());
    names.map(str::to_owned).collect()
}

/// The store operations that a page costs with this content.
fn cost(store: &MemoryStore, start: usize, count: usize) -> usize {
    let store = store.failing_at(usize::MAX, Fault::Before);
    block_on(directory(store.clone()).list(start, count)).unwrap();
    store.operations()
}

#[test]
fn it_is_in_order_of_creation_without_deleted_users() {
    let directory = directory(MemoryStore::default());
    assert!(page(&directory, 0, 10).is_empty());
    for name in ["d", "b", "a", "c", "e"] {
        block_on(directory.create(new_user(name))).unwrap();
    }
    block_on(directory.create(new_user("B"))).unwrap_err();
    block_on(directory.find_and_delete("a", &[By::Username])).unwrap();
    block_on(directory.create(new_user("a"))).unwrap();
    let page = |start, count| page(&directory, start, count).concat();
    assert_eq!(page(0, 500), "dbcea");
    assert_eq!(page(0, 2), "db");
    assert_eq!(page(2, 2), "ce");
    assert_eq!(page(4, 2), "a");
    assert_eq!(page(5, 2), "");
    assert_eq!(page(usize::MAX, usize::MAX), "");
    assert_eq!(page(0, 0), "");
}

/// `VISAGE_USERS` sets the number of users.
#[test]
fn a_page_at_any_place_costs_little() {
    let users = std::env::var("VISAGE_USERS").map_or(20_000, |users| users.parse().unwrap());
    let (store, directory) = crowd(users);
    let last = usize::try_from(users).unwrap() - 500;
    // The first list collects what later lists reuse.
    page(&directory, 0, 500);
    page(&directory, last, 500);
    let expected: Vec<_> = (users - 499..=users).map(|n| format!("user-{n}")).collect();
    let began = std::time::Instant::now();
    assert_eq!(page(&directory, last, 500), expected);
    println!("the last page took {:?}", began.elapsed());
    // One read per thousand users before the page, one per sixteen thousand, and each listed user's record and
    // avatar.
    let most = |before: usize| 1 + before / 1000 + before / 16_000 + 2 + 2 * 500;
    let (first, last) = (cost(&store, 0, 500), cost(&store, last, 500));
    println!("of {users} users the first page costs {first} operations, the last {last}");
    assert!(first <= most(16_384), "the first page: {first}");
    assert!(last <= most(users as usize), "the last page: {last}");
}

/// `VISAGE_DELETED` sets the original number of users.
#[test]
fn deleted_users_cost_nothing() {
    let users = std::env::var("VISAGE_DELETED").map_or(20_000, |users| users.parse().unwrap());
    let (store, directory) = crowd(users);
    let stays = |number: u64| number.is_multiple_of(users / 10);
    for number in (1..=users).filter(|number| !stays(*number)) {
        block_on(directory.delete(UserNumber(number))).unwrap();
    }
    let expected: Vec<_> = (1..=users).filter(|n| stays(*n)).collect();
    let expected: Vec<_> = expected.iter().map(|n| format!("user-{n}")).collect();
    assert_eq!(page(&directory, 0, 500), expected);
    // The list waits an hour for the creation of a number without stored data.
    pass(2 * HOUR);
    assert_eq!(page(&directory, 0, 500), expected);
    let cost = cost(&store, 0, 500);
    println!("with ten of {users} users left, the list costs {cost} operations");
    assert!(cost as u64 <= 30 + users / 1000 + users / 16_000);
    assert_eq!(page(&directory, 0, 500), expected);
}

#[test]
fn a_creation_or_a_deletion_makes_it_cost_little_more() {
    let (store, directory) = crowd(5_000);
    page(&directory, 0, 5_000);
    let before = cost(&store, 4_990, 10);
    for n in 0..10 {
        block_on(directory.create(new_user(&format!("late-{n}")))).unwrap();
        block_on(directory.delete(UserNumber(100 * n + 7))).unwrap();
    }
    let first = cost(&store, 4_990, 10);
    assert!(first <= before + 1024 + 40, "{before}, then {first}");
    let second = cost(&store, 4_990, 10);
    assert!(second <= before + 20, "{before}, then {second}");
    let late: Vec<_> = (0..10).map(|n| format!("late-{n}")).collect();
    assert_eq!(page(&directory, 4_990, 10), late);
}

#[test]
fn a_record_that_cannot_be_read_is_left_out() {
    let (store, directory) = crowd(6);
    page(&directory, 0, 500);
    store.plant("visage.user.2", b"{\"name\": \"hush");
    store.plant("visage.avatar.4", b"hush");
    for _ in 0..2 {
        let page = block_on(directory.list(0, 500)).unwrap();
        let names = page.users.iter().map(|(user, _)| user.username.as_str());
        assert_eq!(
            names.collect::<Vec<_>>(),
            ["user-1", "user-3", "user-4", "user-5", "user-6"]
        );
        assert_eq!(page.unreadable.len(), 2, "{:?}", page.unreadable);
        assert!(!format!("{:?}", page.unreadable).contains("hush"));
        pass(2 * HOUR);
    }
}

/// A store whose reads each wait for one turn of the executor. It counts the reads in progress.
struct SlowStore {
    store: MemoryStore,
    under_way: Rc<Cell<usize>>,
    most: Rc<Cell<usize>>,
}

impl Store for SlowStore {
    type Snapshot = <MemoryStore as Store>::Snapshot;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.under_way.set(self.under_way.get() + 1);
        self.most.set(self.most.get().max(self.under_way.get()));
        pending_once().await;
        self.under_way.set(self.under_way.get() - 1);
        self.store.get(key).await
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        self.store.delete_many(keys).await
    }

    async fn set_many(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        self.store.set_many(values).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        self.store.increment(key, delta).await
    }

    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Self::Snapshot), Error> {
        self.store.snapshot(key).await
    }

    async fn swap(&self, snapshot: Self::Snapshot, value: Vec<u8>) -> Result<bool, Error> {
        self.store.swap(snapshot, value).await
    }
}

/// Lets all other ready tasks run first.
async fn pending_once() {
    let mut asked = false;
    poll_fn(|context| {
        if mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn reads_go_out_sixteen_at_a_time() {
    let (store, _) = crowd(1_000);
    let most = Rc::new(Cell::new(0));
    let directory = directory(SlowStore {
        store,
        under_way: Rc::default(),
        most: Rc::clone(&most),
    });
    assert_eq!(page(&directory, 500, 500).len(), 500);
    // A page of 500 costs a thousand reads, and so waits for some sixty of them.
    assert_eq!(most.get(), 16);
}

/// A store that counts how often it is changed.
struct CountingStore {
    store: MemoryStore,
    swaps: Rc<Cell<usize>>,
    writes: Rc<Cell<usize>>,
}

impl Store for CountingStore {
    type Snapshot = <MemoryStore as Store>::Snapshot;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.store.get(key).await
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        self.store.delete_many(keys).await
    }

    async fn set_many(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        self.writes.set(self.writes.get() + 1);
        self.store.set_many(values).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        self.store.increment(key, delta).await
    }

    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Self::Snapshot), Error> {
        self.store.snapshot(key).await
    }

    async fn swap(&self, snapshot: Self::Snapshot, value: Vec<u8>) -> Result<bool, Error> {
        self.swaps.set(self.swaps.get() + 1);
        self.store.swap(snapshot, value).await
    }
}

/// A store in which a walk takes place before the values of a creation are written.
struct WalkedStore(MemoryStore);

impl Store for WalkedStore {
    type Snapshot = <MemoryStore as Store>::Snapshot;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.0.get(key).await
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), Error> {
        self.0.delete_many(keys).await
    }

    async fn set_many(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        directory(self.0.clone()).tidy(UserNumber(8)).await?;
        self.0.set_many(values).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        self.0.increment(key, delta).await
    }

    async fn snapshot(&self, key: &str) -> Result<(Option<Vec<u8>>, Self::Snapshot), Error> {
        self.0.snapshot(key).await
    }

    async fn swap(&self, snapshot: Self::Snapshot, value: Vec<u8>) -> Result<bool, Error> {
        self.0.swap(snapshot, value).await
    }
}

#[test]
fn a_creation_that_a_walk_has_overtaken_is_listed() {
    let (store, whole) = crowd(9);
    page(&whole, 0, 500);
    let slow = directory(WalkedStore(store));
    for number in 10..16 {
        block_on(slow.create(new_user(&format!("user-{number}")))).unwrap();
    }
    let all: Vec<_> = (1..16).map(|number| format!("user-{number}")).collect();
    assert_eq!(page(&whole, 0, 500), all);
}

/// Returns how many swaps and writes these many lists of all users make.
fn changes(store: &MemoryStore, lists: usize) -> (usize, usize) {
    let (swaps, writes) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let directory = directory(CountingStore {
        store: store.clone(),
        swaps: Rc::clone(&swaps),
        writes: Rc::clone(&writes),
    });
    for _ in 0..lists {
        page(&directory, 0, 500);
    }
    (swaps.get(), writes.get())
}

/// An instance can make 256 swaps in all.
#[test]
fn it_abandons_few_creations_at_a_time() {
    let store = MemoryStore::default();
    for number in 0..3_000 {
        let dying = directory(store.failing_at(3, Fault::Death));
        block_on(dying.create(new_user(&format!("user-{number}")))).unwrap_err();
    }
    pass(2 * HOUR);
    assert_eq!(changes(&store, 1).0, 16);
}

#[test]
fn it_writes_only_what_is_new() {
    let (store, directory) = crowd(20);
    for number in 1..=4 {
        block_on(directory.delete(UserNumber(number))).unwrap();
    }
    assert_eq!(changes(&store, 10), (0, 1));
    let dying = self::directory(store.failing_at(1, Fault::Death));
    block_on(dying.delete(UserNumber(7))).unwrap_err();
    assert_eq!(changes(&store, 10), (0, 1));
}

#[test]
fn pages_beside_an_avatar_that_cannot_be_read_do_not_overlap() {
    let (store, directory) = crowd(6);
    store.plant("visage.avatar.2", b"hush");
    let pages = [0, 2, 4].map(|start| page(&directory, start, 2)).concat();
    let all: Vec<_> = (1..=6).map(|number| format!("user-{number}")).collect();
    assert_eq!(pages, all);
}

/// An event between two lists.
#[derive(Debug, Clone)]
enum Event {
    Create(usize),
    /// A creation that dies at this operation.
    CreateAndDie(usize),
    Delete(usize),
    /// A deletion that dies at this operation.
    DeleteAndDie(usize, usize),
    Pass(u64),
    Tidy,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1..40_usize).prop_map(Event::Create),
        2 => (0..8_usize).prop_map(Event::CreateAndDie),
        3 => (0..64_usize).prop_map(Event::Delete),
        2 => (0..64_usize, 0..8_usize).prop_map(|(who, at)| Event::DeleteAndDie(who, at)),
        1 => prop_oneof![Just(1), Just(HOUR / 2), Just(2 * HOUR)].prop_map(Event::Pass),
        1 => Just(Event::Tidy),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// Every page shows the present users, whatever earlier lists found. The users are around the border of two
    /// segments.
    #[test]
    fn every_page_is_right(events in prop::collection::vec((event(), any::<bool>()), 1..40)) {
        let store = MemoryStore::default();
        let directory = directory(store.clone());
        store.plant("visage.sequence", &1_010_u64.to_le_bytes());
        let mut created = 0;
        for (event, looks) in events {
            match event {
                Event::Create(users) => {
                    for _ in 0..users {
                        created += 1;
                        block_on(directory.create(new_user(&format!("user-{created}")))).unwrap();
                    }
                }
                Event::CreateAndDie(at) => {
                    created += 1;
                    let dying = self::directory(store.failing_at(at, Fault::Death));
                    let _ = block_on(dying.create(new_user(&format!("user-{created}"))));
                }
                Event::Delete(who) => {
                    let _ = block_on(directory.find_and_delete(&format!("user-{who}"), &[By::Username]));
                }
                Event::DeleteAndDie(who, at) => {
                    let dying = self::directory(store.failing_at(at, Fault::Death));
                    let _ = block_on(dying.find_and_delete(&format!("user-{who}"), &[By::Username]));
                }
                Event::Pass(time) => pass(time),
                Event::Tidy => {
                    for number in [8, 16] {
                        block_on(directory.tidy(UserNumber(number))).unwrap();
                    }
                }
            }
            if looks {
                let there: BTreeSet<u64> = (1..=created)
                    .filter_map(|n| {
                        block_on(directory.find(&format!("user-{n}"), &[By::Username])).unwrap()
                    })
                    .map(|user| user.number.0)
                    .collect();
                let all = block_on(directory.list(0, usize::MAX)).unwrap();
                let listed: Vec<u64> = all.users.iter().map(|(user, _)| user.number.0).collect();
                prop_assert_eq!(&listed, &there.iter().copied().collect::<Vec<_>>());
                for start in (0..listed.len()).step_by(listed.len() / 8 + 1) {
                    let page = block_on(directory.list(start, 1)).unwrap();
                    let shown: Vec<u64> = page.users.iter().map(|(user, _)| user.number.0).collect();
                    prop_assert_eq!(&shown[..], &listed[start..=start]);
                }
            }
        }
    }
}
