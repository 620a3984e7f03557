//! The leftovers of calls that die. Later creations and deletions remove them.

use std::cell::Cell;

use futures::executor::block_on;
use visage::Error;
use visage::directory::{By, Directory};
use visage::image::{Image, MAX_BYTES};
use visage::name::UserNumber;
use visage::store::{Fault, MemoryStore, Store as _};
use visage::user::NewUser;

use crate::users::new_user;

const GIF: &[u8] = include_bytes!("../../../tests/fixtures/avatar.gif");

const HOUR: u64 = 60 * 60 * 1000;

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(1_000) };
}

fn directory(store: MemoryStore) -> Directory<MemoryStore> {
    Directory::with_clock(store, || NOW.get())
}

fn pass(milliseconds: u64) {
    NOW.set(NOW.get() + milliseconds);
}

/// A user with all three pointers and a picture.
fn new_user_with(name: &str, id: &str, bytes: usize) -> NewUser {
    let mut picture = GIF.to_vec();
    picture.resize(bytes.max(GIF.len()), 7);
    NewUser {
        external_id: Some(format!("external {id}").try_into().unwrap()),
        common_id: Some(format!("common {id}").try_into().unwrap()),
        image: Some(Image::new(picture, "").unwrap()),
        ..new_user(name)
    }
}

/// Creates and deletes users as the functions do, some hundred times.
fn live_on(directory: &Directory<MemoryStore>) {
    for _ in 0..200 {
        let user = block_on(directory.create(new_user("passer-by"))).unwrap();
        block_on(directory.tidy(user.number)).unwrap();
        let number = block_on(directory.find_and_delete("passer-by", &[By::Username]));
        block_on(directory.tidy(number.unwrap().unwrap())).unwrap();
    }
}

/// The keys of users and of their pictures.
fn records(store: &MemoryStore) -> Vec<String> {
    let is_record =
        |key: &String| key.starts_with("visage.user.") || key.starts_with("visage.avatar.");
    store.keys().into_iter().filter(is_record).collect()
}

/// Crashes every call in every way, some thousands in all. Then creates and deletes users without listing them.
#[test]
fn creations_and_deletions_remove_them() {
    let store = MemoryStore::default();
    let whole = directory(store.clone());
    let bob = block_on(whole.create(new_user("bob"))).unwrap().number;
    let mut crashes = 0;
    for operation in 0..18 {
        for fault in [Fault::Before, Fault::After, Fault::Death] {
            for round in 0..30 {
                let bytes = if round % 6 == 0 { MAX_BYTES } else { 100 };
                let name = format!("user-{round}");
                let failing = || directory(store.failing_at(operation, fault));
                let user = new_user_with(&name, &round.to_string(), bytes);
                let image = user.image.clone();
                let created = block_on(failing().create(user)).is_ok();
                let changed = block_on(failing().put_avatar(bob, image.as_ref())).is_ok();
                let deleted = block_on(failing().find_and_delete(&name, &[By::Username])).is_ok();
                crashes += [created, changed, deleted]
                    .iter()
                    .filter(|done| !**done)
                    .count();
            }
        }
    }
    assert!(crashes > 1000, "{crashes}");
    // One walk stops at most sixteen creations of a segment. The others wait another hour.
    for _ in 0..4 {
        pass(2 * HOUR);
        live_on(&whole);
    }

    let mut expected = Vec::new();
    for name in (0..30)
        .map(|round| format!("user-{round}"))
        .chain(["bob".to_owned()])
    {
        let Some(user) = block_on(whole.find(&name, &[By::Username])).unwrap() else {
            continue;
        };
        // A small picture removes the parts of all earlier ones.
        for bytes in [MAX_BYTES, MAX_BYTES, 100] {
            let image = new_user_with(&name, "", bytes).image;
            block_on(whole.put_avatar(user.number, image.as_ref())).unwrap();
        }
        let number = user.number;
        expected.extend([
            format!("visage.avatar.{number}"),
            format!("visage.user.{number}"),
        ]);
    }
    expected.sort();
    assert_eq!(records(&store), expected);
}

/// The client is told that the picture may still be there. The same request removes it.
#[test]
fn a_failed_deletion_can_be_sent_again() {
    for order in [By::Username, By::ExternalId, By::CommonId, By::Id] {
        for bytes in [100, MAX_BYTES] {
            for fault in [Fault::Before, Fault::After, Fault::Death] {
                for operation in 0.. {
                    let store = MemoryStore::default();
                    let whole = directory(store.clone());
                    let user = block_on(whole.create(new_user_with("ana", "1", bytes))).unwrap();
                    let key = match order {
                        By::ExternalId => "external 1",
                        By::CommonId => "common 1",
                        By::Id => user.id.as_str(),
                        _ => "ANA",
                    };
                    let failing = store.failing_at(operation, fault);
                    let first = block_on(directory(failing.clone()).find_and_delete(key, &[order]));
                    if first.is_ok() {
                        // Success is reported only if nothing is left.
                        assert_eq!(records(&store), Vec::<String>::new());
                        if failing.operations() <= operation {
                            break;
                        }
                        continue;
                    }
                    let again = block_on(whole.find_and_delete(key, &[order]));
                    let gone_already = records(&store).is_empty() && again == Ok(None);
                    assert!(again == Ok(Some(user.number)) || gone_already, "{again:?}");
                    assert_eq!(records(&store), Vec::<String>::new());
                    // Another id with the same number belongs to nobody.
                    let other = format!("{:016x}{:016x}", user.number.0, 7);
                    assert_eq!(block_on(whole.find_and_delete(&other, &[By::Id])), Ok(None));
                }
            }
        }
    }
}

/// A creation that another call stopped never became a user. There is nothing to delete.
#[test]
fn a_stopped_creation_cannot_be_deleted() {
    let ana = || new_user_with("ana", "1", 100);
    let counting = MemoryStore::default().failing_at(usize::MAX, Fault::Death);
    block_on(directory(counting.clone()).create(ana())).unwrap();
    // It dies before its last step and holds all pointers.
    let store = MemoryStore::default();
    let dying = store.failing_at(counting.operations() - 1, Fault::Death);
    block_on(directory(dying).create(ana())).unwrap_err();
    let whole = directory(store.clone());
    let stopped = block_on(whole.create(NewUser {
        external_id: None,
        ..new_user_with("bob", "1", 100)
    }));
    assert_eq!(stopped.unwrap().number, UserNumber(2));
    for key in ["ana", "external 1"] {
        let order = [By::Username, By::ExternalId];
        assert_eq!(
            block_on(whole.find_and_delete(key, &order)),
            Ok(None),
            "{key}"
        );
    }
}

/// A sweep stops a creation before it removes any of its data.
#[test]
fn a_creation_under_way_is_left_alone_for_an_hour() {
    let store = MemoryStore::default();
    let whole = directory(store.clone());
    for operation in 0..12 {
        let dying = directory(store.failing_at(operation, Fault::Death));
        let _ = block_on(dying.create(new_user_with(&format!("user-{operation}"), "", 100)));
    }
    let before = records(&store);
    assert!(before.len() > 10);
    pass(HOUR - 1);
    block_on(whole.list(0, 500)).unwrap();
    for number in (8..=800).step_by(8) {
        block_on(whole.tidy(UserNumber(number))).unwrap();
    }
    assert_eq!(records(&store), before);
    pass(2);
    block_on(whole.list(0, 500)).unwrap();
    assert!(records(&store).len() < before.len());
}

#[test]
fn a_slow_call_gives_up() {
    // The clock advances at each reading: eleven minutes pass between the first and the second.
    let late = |store: MemoryStore| {
        Directory::with_clock(store, || NOW.replace(NOW.get() + 11 * 60 * 1000))
    };
    let store = MemoryStore::default();
    let refusal = block_on(late(store.clone()).create(new_user("ana"))).unwrap_err();
    assert_eq!(refusal, Error::TimedOut);
    let refusal = block_on(late(store.clone()).create(new_user_with("bob", "1", 100))).unwrap_err();
    assert_eq!(refusal, Error::TimedOut);
    let whole = directory(store.clone());
    assert_eq!(block_on(whole.list(0, 500)).unwrap().users.len(), 0);

    let carol = block_on(whole.create(new_user("carol"))).unwrap().number;
    let large = new_user_with("carol", "", MAX_BYTES).image;
    let upload = block_on(late(store.clone()).put_avatar(carol, large.as_ref()));
    assert_eq!(upload, Err(Error::TimedOut));
    assert_eq!(block_on(whole.avatar(carol)), Ok(None));
    assert_eq!(block_on(late(store).delete(carol)), Err(Error::TimedOut));
    assert!(
        block_on(whole.find("carol", &[By::Username]))
            .unwrap()
            .is_some()
    );
}

/// The whole order in which Netex's paths are read.
const PATH: [By; 4] = [By::Id, By::Username, By::ExternalId, By::CommonId];

/// A DELETE that is sent again must not go on to another user whose `externalId` is the first one's name.
#[test]
fn a_repeated_deletion_means_the_same_user() {
    for operation in 0.. {
        let store = MemoryStore::default();
        let whole = directory(store.clone());
        block_on(whole.create(new_user("ana"))).unwrap();
        block_on(whole.create(NewUser {
            external_id: Some("ana".to_owned().try_into().unwrap()),
            ..new_user("bob")
        }))
        .unwrap();
        let failing = directory(store.failing_at(operation, Fault::Death));
        if block_on(failing.find_and_delete("ana", &PATH)).is_ok() {
            assert!(operation > 5, "{operation}");
            break;
        }
        block_on(whole.find_and_delete("ana", &PATH)).unwrap();
        let bob = block_on(whole.find("bob", &[By::Username])).unwrap();
        assert!(bob.is_some(), "after a failure at operation {operation}");
    }
}

/// An upload has found its user before a deletion, and stores its parts after it.
#[test]
fn a_late_upload_leaves_nothing() {
    for fault in [Fault::Before, Fault::After, Fault::Death] {
        for operation in 0..12 {
            let store = MemoryStore::default();
            let whole = directory(store.clone());
            let ana = block_on(whole.create(new_user("ana"))).unwrap();
            block_on(whole.find_and_delete("ana", &PATH)).unwrap();
            let image = new_user_with("ana", "", MAX_BYTES).image;
            let upload = directory(store.failing_at(operation, fault));
            let _ = block_on(upload.put_avatar(ana.number, image.as_ref()));
            for _ in 0..4 {
                pass(2 * HOUR);
                live_on(&whole);
            }
            assert_eq!(
                records(&store),
                Vec::<String>::new(),
                "{fault:?} {operation}"
            );
        }
    }
}

/// On DynamoDB some of a creation's values may be written and others not.
#[test]
fn a_torn_creation_leaves_nothing() {
    let store = MemoryStore::default();
    block_on(directory(store.clone()).create(new_user_with("ana", "1", MAX_BYTES))).unwrap();
    let all = records(&store);
    assert_eq!(all.len(), 5, "the record, the avatar and three parts");
    for written in 1..31 {
        let torn = MemoryStore::default();
        torn.plant("visage.sequence", &1_u64.to_le_bytes());
        for (index, key) in all.iter().enumerate() {
            if written & (1 << index) != 0 {
                torn.plant(key, &block_on(store.get(key)).unwrap().unwrap());
            }
        }
        let whole = directory(torn.clone());
        for _ in 0..4 {
            pass(2 * HOUR);
            live_on(&whole);
        }
        assert_eq!(records(&torn), Vec::<String>::new(), "{written:05b}");
    }
}

#[test]
fn an_avatar_that_cannot_be_read_goes_with_its_user() {
    let store = MemoryStore::default();
    let whole = directory(store.clone());
    block_on(whole.create(new_user_with("ana", "1", MAX_BYTES))).unwrap();
    store.plant("visage.avatar.1", b"hush");
    let deleted = block_on(whole.find_and_delete("ana", &PATH));
    assert_eq!(deleted, Ok(Some(UserNumber(1))));
    assert_eq!(records(&store), Vec::<String>::new());
}

#[test]
fn a_clock_that_was_far_ahead_keeps_nothing() {
    let store = MemoryStore::default();
    let whole = directory(store.clone());
    let right = NOW.get();
    pass(10_000 * HOUR);
    let dying = directory(store.failing_at(7, Fault::Death));
    let _ = block_on(dying.create(new_user_with("ana", "1", 100)));
    assert_eq!(records(&store).len(), 2);
    NOW.set(right);
    for _ in 0..4 {
        pass(2 * HOUR);
        live_on(&whole);
    }
    assert_eq!(records(&store), Vec::<String>::new());
}
