//! The directory on a store in memory: its promises, and what remains of them when operations fail.

use std::cell::Cell;

use futures::executor::block_on;
use visage::Error;
use visage::directory::{By, Directory};
use visage::image::{Image, MAX_BYTES};
use visage::name::UserNumber;
use visage::store::{Fault, MemoryStore, Store};
use visage::user::{NewUser, Text, User};

use crate::users::new_user;

const PNG: &[u8] = include_bytes!("../../../tests/fixtures/avatar.png");
const GIF: &[u8] = include_bytes!("../../../tests/fixtures/avatar.gif");

const ANY: [By; 5] = [
    By::Id,
    By::Username,
    By::Number,
    By::ExternalId,
    By::CommonId,
];

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(1_000) };
}

fn directory<S: Store>(store: S) -> Directory<S> {
    Directory::with_clock(store, || NOW.get())
}

/// A user with all three pointers.
fn new_user_with_ids(username: &str, id: &str) -> NewUser {
    NewUser {
        external_id: Some(format!("external {id}").try_into().unwrap()),
        common_id: Some(format!("common {id}").try_into().unwrap()),
        ..new_user(username)
    }
}

fn small() -> Image {
    Image::new(PNG.to_vec(), "").unwrap()
}

/// A picture that does not fit into one value.
fn large() -> Image {
    let mut bytes = GIF.to_vec();
    bytes.extend((GIF.len()..MAX_BYTES).map(|index| (index % 251) as u8));
    Image::new(bytes, "").unwrap()
}

fn text(text: &str) -> Option<Text> {
    Some(text.to_owned().try_into().unwrap())
}

fn find<S: Store>(directory: &Directory<S>, key: &str) -> Option<User> {
    block_on(directory.find(key, &ANY)).unwrap()
}

fn picture<S: Store>(directory: &Directory<S>, number: UserNumber) -> Option<Vec<u8>> {
    let avatar = block_on(directory.avatar(number)).unwrap();
    avatar.map(|avatar| avatar.bytes.into())
}

#[test]
fn a_user_is_found_by_every_key() {
    let directory = directory(MemoryStore::default());
    let user = block_on(directory.create(new_user_with_ids("Alice", "1"))).unwrap();
    for key in [
        "Alice",
        "aLiCe",
        user.id.as_str(),
        "1",
        "external 1",
        "common 1",
    ] {
        let found = find(&directory, key).unwrap_or_else(|| panic!("not found by {key}"));
        assert_eq!(found.username.as_str(), "Alice");
    }
    for key in [
        "Alic",
        "2",
        "external 2",
        "EXTERNAL 1",
        &user.id.as_str().replace(|c| c != '0', "1"),
    ] {
        assert!(find(&directory, key).is_none(), "found by {key}");
    }
    assert!(
        block_on(directory.find("external 1", &[By::Username]))
            .unwrap()
            .is_none()
    );
}

#[test]
fn numbers_rise_from_one() {
    let directory = directory(MemoryStore::default());
    let numbers =
        ["a", "b", "c"].map(|name| block_on(directory.create(new_user(name))).unwrap().number.0);
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn a_taken_name_stays_with_its_first_user() {
    let directory = directory(MemoryStore::default());
    let first = block_on(directory.create(new_user_with_ids("Straße", "1"))).unwrap();
    for (rival, field) in [
        (new_user("STRASSE"), "username"),
        (new_user_with_ids("bob", "1"), "externalId"),
        (
            NewUser {
                external_id: None,
                ..new_user_with_ids("bob", "1")
            },
            "commonId",
        ),
    ] {
        let refusal = block_on(directory.create(rival)).unwrap_err();
        assert_eq!(refusal, Error::Taken { field });
    }
    assert_eq!(find(&directory, "strasse").unwrap().id, first.id);
    // The refused name is free for a user with other ids.
    block_on(directory.create(new_user_with_ids("bob", "2"))).unwrap();
}

#[test]
fn a_change_keeps_what_it_does_not_touch() {
    let directory = directory(MemoryStore::default());
    let number = block_on(directory.create(new_user("alice")))
        .unwrap()
        .number;
    let change = |change: fn(&mut User)| {
        block_on(directory.update(number, |user| {
            change(user);
            Ok::<_, Error>(())
        }))
        .unwrap();
    };
    change(|user| user.profile.name = text("Alice"));
    change(|user| user.profile.surname = text("Doe"));
    change(|user| user.enabled = false);
    let user = find(&directory, "alice").unwrap();
    assert_eq!(user.profile.name, text("Alice"));
    assert_eq!(user.profile.surname, text("Doe"));
    assert!(!user.enabled);

    let refusal = block_on(directory.update(number, |user| {
        user.enabled = true;
        Err(Error::Taken { field: "x" })
    }));
    assert_eq!(refusal, Err(Error::Taken { field: "x" }));
    assert!(!find(&directory, "alice").unwrap().enabled);

    let nobody = block_on(directory.update(UserNumber(9), |_| Ok(())));
    assert_eq!(nobody, Err(Error::NoSuchUser("9".to_owned())));
}

#[test]
fn a_change_and_a_search_find_the_same_user() {
    let directory = directory(MemoryStore::default());
    for (name, id) in [("alice", "1"), ("bob", "2")] {
        block_on(directory.create(new_user_with_ids(name, id))).unwrap();
    }
    let bob = find(&directory, "bob").unwrap();
    let names = ["bob", "BOB", "2", "external 2", "common 2", bob.id.as_str()];
    for (round, name) in names.into_iter().enumerate() {
        let name_given = text(&round.to_string());
        let mut change = |user: &mut User| {
            user.profile.name = name_given.clone();
            Ok::<_, Error>(())
        };
        let found = block_on(directory.find_and_update(name, &ANY, &mut change));
        assert_eq!(found, Ok(true), "{name}");
        assert_eq!(find(&directory, "bob").unwrap().profile.name, name_given);
    }
    assert_eq!(find(&directory, "alice").unwrap().profile.name, None);

    block_on(directory.delete(bob.number)).unwrap();
    for name in names.iter().chain(&["nobody"]) {
        let mut change = |_: &mut User| -> Result<(), Error> { panic!("{name} is found") };
        let found = block_on(directory.find_and_update(name, &ANY, &mut change));
        assert_eq!(found, Ok(false), "{name}");
    }
}

#[test]
fn avatars_are_replaced_whole_and_leave_nothing_behind() {
    let store = MemoryStore::default();
    let directory = directory(store.clone());
    let number = block_on(directory.create(new_user("alice")))
        .unwrap()
        .number;
    block_on(directory.put_avatar(number, Some(&large()))).unwrap();
    block_on(directory.put_avatar(number, None)).unwrap();
    let keys = store.keys();
    for image in [
        Some(small()),
        Some(large()),
        Some(large()),
        Some(small()),
        None,
        Some(large()),
        None,
    ] {
        let change = block_on(directory.put_avatar(number, image.as_ref())).unwrap();
        let avatar = block_on(directory.avatar(number)).unwrap();
        assert_eq!(
            avatar
                .as_ref()
                .map(|avatar| (&avatar.change, avatar.format, &avatar.bytes[..])),
            image
                .as_ref()
                .map(|image| (&change, image.format(), image.bytes()))
        );
    }
    assert_eq!(store.keys(), keys);
    let nobody = block_on(directory.put_avatar(UserNumber(9), Some(&large())));
    assert_eq!(nobody, Err(Error::NoSuchUser("9".to_owned())));
    assert_eq!(store.keys(), keys);
}

#[test]
fn removing_leftovers_changes_no_revision() {
    let directory = directory(MemoryStore::default());
    let number = block_on(directory.create(new_user("alice")))
        .unwrap()
        .number;
    for _ in 0..20 {
        let change = block_on(directory.put_avatar(number, Some(&large()))).unwrap();
        let avatar = block_on(directory.avatar(number)).unwrap().unwrap();
        assert_eq!(avatar.change, change);
    }
}

#[test]
fn no_value_exceeds_256_kib() {
    let store = MemoryStore::default();
    let directory = directory(store.clone());
    let number = block_on(directory.create(NewUser {
        image: Some(large()),
        ..new_user("alice")
    }))
    .unwrap()
    .number;
    for length in [1, 4096, 4097].map(|less| 256 * 1024 - less) {
        let image = Image::new(large().bytes()[..length].to_vec(), "").unwrap();
        // As many writes as the header remembers, for its greatest length.
        for _ in 0..40 {
            block_on(directory.put_avatar(number, Some(&image))).unwrap();
        }
        for key in store.keys() {
            let length = block_on(store.get(&key)).unwrap().unwrap().len();
            assert!(length <= 256 * 1024, "{key} has {length} bytes");
            assert!(key.len() < 250 && key.starts_with("visage."), "{key}");
            assert!(
                key.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
                "{key}"
            );
        }
    }
}

#[test]
fn timestamps_grow_whatever_the_clock_does() {
    let directory = directory(MemoryStore::default());
    let number = block_on(directory.create(new_user("alice")))
        .unwrap()
        .number;
    let stamps = [5_000, 5_000, 4_000, 4_500, 5_002, 5_003, 9_000].map(|now| {
        NOW.set(now);
        block_on(directory.put_avatar(number, Some(&small())))
            .unwrap()
            .timestamp
    });
    assert_eq!(stamps, [5_000, 5_001, 5_002, 5_003, 5_004, 5_005, 9_000]);
}

#[test]
fn unreadable_data_is_an_internal_error_without_details_for_the_client() {
    let store = MemoryStore::default();
    let directory = directory(store.clone());
    block_on(directory.create(new_user("alice"))).unwrap();
    for garbage in [
        &b"{}"[..],
        b"",
        b"\xff",
        br#"{"version":9,"state":"live","writes":"","created":1,"user":null}"#,
    ] {
        store.plant("visage.user.1", garbage);
        let error = block_on(directory.find("alice", &ANY)).unwrap_err();
        assert!(matches!(error, Error::Internal { .. }), "{error:?}");
        assert_eq!(error.to_string(), "An internal error occurred.");
    }
    for number in [i64::MAX, 1 << 32, -1] {
        store.plant("visage.sequence", &number.to_le_bytes());
        let error = block_on(directory.list(0, 1)).unwrap_err();
        assert!(matches!(error, Error::Internal { .. }), "{error:?}");
    }
    let most = u64::MAX;
    for wrong in [
        format!(r#""parts":{{"ticket":1,"count":{most}}}"#),
        format!(r#""parts":{{"ticket":{most},"count":1}}"#),
        format!(r#""updated":{most}"#),
        r#""removed_below":9"#.to_owned(),
        format!(r#""removed_below":{most},"unused_below":{most}"#),
    ] {
        let mut header = serde_json::json!({
            "version": 1, "writes": "", "updated": 1, "revision": null, "format": "png", "parts": null,
            "unused_below": 0, "removed_below": 0, "recent": [],
        });
        let wrong: serde_json::Map<_, _> = serde_json::from_str(&format!("{{{wrong}}}")).unwrap();
        header.as_object_mut().unwrap().extend(wrong);
        let header = header.to_string();
        let length = u32::try_from(header.len()).unwrap().to_le_bytes();
        store.plant("visage.avatar.1", &[&length, header.as_bytes()].concat());
        for error in [
            block_on(directory.avatar(UserNumber(1)))
                .map(drop)
                .unwrap_err(),
            block_on(directory.put_avatar(UserNumber(1), Some(&small())))
                .map(drop)
                .unwrap_err(),
        ] {
            assert!(
                matches!(error, Error::Internal { .. }),
                "{error:?}: {header}"
            );
        }
    }
    for garbage in [&b""[..], b"\0\0\0", b"\xff\xff\xff\xff{}", b"\x02\0\0\0{}"] {
        store.plant("visage.avatar.1", garbage);
        let error = block_on(directory.avatar(UserNumber(1))).unwrap_err();
        assert!(matches!(error, Error::Internal { .. }), "{error:?}");
    }
}

/// Runs `call` with every kind of fault at each of its operations. Each run has a new store from `prepare`; `check`
/// inspects the result.
fn with_every_fault<T>(
    prepare: impl Fn(&Directory<MemoryStore>),
    call: impl Fn(&Directory<MemoryStore>) -> Result<T, Error>,
    check: impl Fn(&MemoryStore, &Result<T, Error>, &str),
) {
    let fresh = || {
        let store = MemoryStore::default();
        prepare(&directory(store.clone()));
        store
    };
    let whole = fresh().failing_at(usize::MAX, Fault::Before);
    call(&directory(whole.clone()))
        .unwrap_or_else(|error| panic!("fails without a fault: {error}"));
    let mut faults = 0;
    for operation in 0.. {
        let mut reached = false;
        for fault in [Fault::Before, Fault::After, Fault::Death] {
            let store = fresh();
            let counted = store.failing_at(operation, fault);
            let outcome = call(&directory(counted.clone()));
            reached |= counted.operations() > operation;
            faults += usize::from(reached);
            check(
                &store,
                &outcome,
                &format!("{fault:?} at operation {operation}"),
            );
        }
        if !reached {
            break;
        }
    }
    assert!(faults >= 3, "no operation was ever reached");
}

#[test]
fn a_failing_creation_leaves_a_whole_user_or_none() {
    for new in [
        (|| NewUser {
            image: Some(small()),
            ..new_user("alice")
        }) as fn() -> NewUser,
        || NewUser {
            image: Some(large()),
            ..new_user_with_ids("alice", "1")
        },
    ] {
        with_every_fault(
            |_| {},
            |directory| block_on(directory.create(new())),
            |store, outcome, fault| {
                let directory = directory(store.clone());
                let image = new().image.map(|image| image.bytes().to_vec());
                let visible = find(&directory, "alice");
                if outcome.is_ok() {
                    assert!(visible.is_some(), "acknowledged and lost: {fault}");
                }
                if let Some(user) = &visible {
                    assert_eq!(picture(&directory, user.number), image, "{fault}");
                }
                // Sending the same request again is harmless.
                let again = block_on(directory.create(new()));
                match visible {
                    Some(_) => assert_eq!(
                        again.unwrap_err(),
                        Error::Taken { field: "username" },
                        "{fault}"
                    ),
                    None => drop(again.unwrap_or_else(|error| panic!("{error} after {fault}"))),
                }
                let user = find(&directory, "alice").unwrap();
                for key in new().external_id.iter().chain(&new().common_id) {
                    assert_eq!(find(&directory, key).unwrap().id, user.id, "{fault}");
                }
                assert_eq!(picture(&directory, user.number), image, "{fault}");
            },
        );
    }
}

#[test]
fn a_failing_creation_frees_what_it_has_taken() {
    // Another user needs one of the ids that the failed creation may still hold.
    with_every_fault(
        |_| {},
        |directory| block_on(directory.create(new_user_with_ids("alice", "1"))),
        |store, _, fault| {
            let directory = directory(store.clone());
            let rival = block_on(directory.create(new_user_with_ids("bob", "1")));
            match find(&directory, "alice") {
                Some(_) => assert_eq!(
                    rival.unwrap_err(),
                    Error::Taken {
                        field: "externalId"
                    },
                    "{fault}"
                ),
                None => {
                    let rival = rival.unwrap_or_else(|error| panic!("{error} after {fault}"));
                    assert_eq!(
                        find(&directory, "common 1").unwrap().id,
                        rival.id,
                        "{fault}"
                    );
                    block_on(directory.create(new_user("alice")))
                        .unwrap_or_else(|error| panic!("{error} after {fault}"));
                }
            }
        },
    );
}

#[test]
fn a_failing_change_is_made_or_not() {
    with_every_fault(
        |directory| drop(block_on(directory.create(new_user("alice"))).unwrap()),
        |directory| {
            block_on(directory.update(UserNumber(1), |user| {
                user.profile.name = text("Alice");
                Ok(())
            }))
        },
        |store, outcome, fault| {
            let name = find(&directory(store.clone()), "alice")
                .unwrap()
                .profile
                .name;
            if outcome.is_ok() {
                assert_eq!(name, text("Alice"), "acknowledged and lost: {fault}");
            } else {
                assert!(name.is_none() || name == text("Alice"), "{name:?}: {fault}");
            }
        },
    );
}

#[test]
fn a_failing_change_of_an_avatar_shows_the_old_or_the_new() {
    for (old, new) in [
        (small as fn() -> Image, large as fn() -> Image),
        (large, small),
        (large, large),
    ] {
        with_every_fault(
            |directory| {
                drop(
                    block_on(directory.create(NewUser {
                        image: Some(old()),
                        ..new_user("alice")
                    }))
                    .unwrap(),
                );
            },
            |directory| block_on(directory.put_avatar(UserNumber(1), Some(&new()))),
            |store, outcome, fault| {
                let shown = picture(&directory(store.clone()), UserNumber(1)).unwrap();
                if outcome.is_ok() {
                    assert_eq!(shown, new().bytes(), "acknowledged and lost: {fault}");
                } else {
                    assert!(shown == old().bytes() || shown == new().bytes(), "{fault}");
                }
            },
        );
    }
}

#[test]
fn a_failing_deletion_deletes_all_or_nothing() {
    let alice = || NewUser {
        image: Some(large()),
        ..new_user_with_ids("alice", "1")
    };
    with_every_fault(
        |directory| drop(block_on(directory.create(alice())).unwrap()),
        |directory| block_on(directory.delete(UserNumber(1))),
        |store, outcome, fault| {
            let directory = directory(store.clone());
            let keys = ["alice", "1", "external 1", "common 1"];
            let found = keys.map(|key| find(&directory, key).is_some());
            if outcome.is_ok() {
                assert_eq!(found, [false; 4], "acknowledged and not done: {fault}");
            }
            assert!(
                found == [true; 4] || found == [false; 4],
                "{found:?}: {fault}"
            );
            if found[0] {
                assert_eq!(
                    picture(&directory, UserNumber(1)).unwrap(),
                    large().bytes(),
                    "{fault}"
                );
                block_on(directory.delete(UserNumber(1)))
                    .unwrap_or_else(|error| panic!("{error} after {fault}"));
            }
            let user = block_on(directory.create(alice()))
                .unwrap_or_else(|error| panic!("{error} after {fault}"));
            assert_eq!(user.number, UserNumber(2), "{fault}");
            for key in ["alice", "2", "external 1", "common 1"] {
                assert_eq!(find(&directory, key).unwrap().id, user.id, "{fault}");
            }
        },
    );
}

#[test]
fn a_record_of_another_user_is_refused() {
    let store = MemoryStore::default();
    let directory = directory(store.clone());
    for name in ["alice", "bob"] {
        block_on(directory.create(new_user(name))).unwrap();
    }
    let record = block_on(store.get("visage.user.1")).unwrap().unwrap();
    let record = String::from_utf8(record).unwrap();
    let forged = record.replace(r#""number":1"#, r#""number":2"#);
    assert_ne!(forged, record);
    store.plant("visage.user.1", forged.as_bytes());
    let error = block_on(directory.find("alice", &ANY)).unwrap_err();
    assert!(matches!(error, Error::Internal { .. }), "{error:?}");
    let error = block_on(directory.find_and_update("alice", &ANY, &mut |_| Ok::<_, Error>(())))
        .unwrap_err();
    assert!(matches!(error, Error::Internal { .. }), "{error:?}");
}

#[test]
fn a_deletion_removes_all_data_of_the_user() {
    let store = MemoryStore::default();
    let directory = directory(store.clone());
    let alice = NewUser {
        image: Some(large()),
        ..new_user_with_ids("alice", "1")
    };
    let number = block_on(directory.create(alice)).unwrap().number;
    block_on(directory.delete(number)).unwrap();
    let gone = Err(Error::NoSuchUser("1".to_owned()));
    assert_eq!(block_on(directory.delete(number)), gone);
    assert_eq!(block_on(directory.update(number, |_| Ok(()))), gone);
    assert_eq!(
        block_on(directory.put_avatar(number, Some(&small()))).map(drop),
        gone
    );
    assert_eq!(picture(&directory, number), None);
    let of_the_user = store.keys().into_iter().filter(|key| key.contains(".1"));
    assert_eq!(of_the_user.collect::<Vec<_>>(), Vec::<String>::new());
}

/// A store like Redis: it applies swaps but reports every one, or every other one, as failed.
struct DenyingStore {
    store: MemoryStore,
    every: usize,
    swaps: Cell<usize>,
}

impl Store for DenyingStore {
    type Snapshot = <MemoryStore as Store>::Snapshot;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
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
        let applied = self.store.swap(snapshot, value).await?;
        self.swaps.set(self.swaps.get() + 1);
        Ok(applied && !self.swaps.get().is_multiple_of(self.every))
    }

    async fn is_sqlite(&self) -> bool {
        false
    }
}

#[test]
fn a_swap_that_is_denied_but_was_applied_counts_once() {
    for every in [1, 2] {
        let directory = directory(DenyingStore {
            store: MemoryStore::default(),
            every,
            swaps: Cell::new(0),
        });
        let user = block_on(directory.create(new_user_with_ids("alice", "1"))).unwrap();
        for times in 1..=40 {
            let mut calls = 0;
            block_on(directory.update(user.number, |user| {
                calls += 1;
                let name = user.profile.name.as_deref().unwrap_or_default();
                user.profile.name = text(&format!("{name}x"));
                Ok::<_, Error>(())
            }))
            .unwrap();
            let user = find(&directory, "alice").unwrap();
            assert_eq!(user.profile.name, text(&"x".repeat(times)));
            assert_eq!(calls, 1);
        }
        block_on(directory.put_avatar(user.number, Some(&large()))).unwrap();
        assert_eq!(picture(&directory, user.number).unwrap(), large().bytes());
    }
}
