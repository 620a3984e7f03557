//! Users are found by the hashes of their e-mail addresses.

use std::cell::Cell;

use futures::FutureExt as _;
use visage::Error;
use visage::directory::{By, Directory, EmailHash};
use visage::name::UserNumber;
use visage::store::{Fault, MemoryStore, Store};
use visage::user::{NewUser, User};

use crate::interrupted::Interrupted;
use crate::users::new_user;

/// The example of Gravatar's documentation, with both of its hashes.
const ADDRESS: &str = "MyEmailAddress@example.com";
const MD5: &str = "0bc83cb571cd1c50ba6f3e8a78ef1346";
const SHA256: &str = "84059b07d4be67b806386c0aad8070a23f18836bbaae342275dc0a83414c32ee";

/// A store in memory never waits.
fn now<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().unwrap()
}

fn directory<S: Store>(store: S) -> Directory<S> {
    Directory::with_clock(store, || 1_800_000_000_000)
}

fn with_address(name: &str) -> NewUser {
    let mut user = new_user(name);
    user.profile.email = Some(ADDRESS.to_owned().try_into().unwrap());
    user
}

fn create(store: &MemoryStore, user: NewUser) -> UserNumber {
    now(directory(store.clone()).create(user)).unwrap().number
}

/// Sets the address of a user, or removes it.
fn set<S: Store>(store: S, number: UserNumber, address: Option<&str>) -> Result<(), Error> {
    now(directory(store).update(number, |user| {
        user.profile.email = address.map(|address| address.to_owned().try_into().unwrap());
        Ok(())
    }))
}

/// Changes something else of a user.
fn touch<S: Store>(store: S, number: UserNumber) -> Result<(), Error> {
    now(directory(store).update(number, |user| {
        user.enabled = !user.enabled;
        Ok(())
    }))
}

/// The user that is found by a hash of the address: by both, the same.
fn found(store: &MemoryStore) -> Option<UserNumber> {
    let [by_md5, by_sha256] = [MD5, SHA256].map(|digits| {
        let hash = EmailHash::from_hex(digits).unwrap();
        let found = now(directory(store.clone()).find_by_address(&hash)).unwrap();
        found.map(|user: User| user.number)
    });
    assert_eq!(by_md5, by_sha256);
    by_md5
}

/// A store with the same content, of which a call changes nothing here.
fn copy(store: &MemoryStore) -> MemoryStore {
    let copy = MemoryStore::default();
    for key in store.keys() {
        copy.plant(&key, &now(store.get(&key)).unwrap().unwrap());
    }
    copy
}

#[test]
fn hashes_are_read_in_any_letter_case() {
    for digits in [MD5, SHA256] {
        let hash = EmailHash::from_hex(digits).unwrap();
        assert_eq!(EmailHash::from_hex(&digits.to_uppercase()), Some(hash));
    }
    for digits in [
        "",
        "0b",
        &MD5[1..],
        &SHA256[2..],
        &"g".repeat(32),
        &format!("{SHA256}00"),
    ] {
        assert_eq!(EmailHash::from_hex(digits), None, "{digits}");
    }
}

#[test]
fn a_user_is_found_by_both_hashes() {
    let store = MemoryStore::default();
    assert_eq!(found(&store), None);
    let ana = create(&store, with_address("ana"));
    assert_eq!(found(&store), Some(ana));
    let hash = EmailHash::from_hex(MD5).unwrap();
    let read = now(directory(store.clone()).find_by_address_with(&hash, async |number| number));
    let (user, number) = read.unwrap().unwrap();
    assert_eq!((user.number, number), (ana, ana));
}

#[test]
fn of_several_users_the_last_one_to_set_the_address_is_found() {
    let store = MemoryStore::default();
    let ana = create(&store, with_address("ana"));
    let bob = create(&store, with_address("bob"));
    assert_eq!(found(&store), Some(bob));
    set(store.clone(), ana, None).unwrap();
    assert_eq!(found(&store), Some(bob));
    set(store.clone(), ana, Some(&ADDRESS.to_lowercase())).unwrap();
    assert_eq!(found(&store), Some(ana));
    // Another spelling of the same address is no change of it, and neither is any other change.
    set(store.clone(), bob, Some(&ADDRESS.to_uppercase())).unwrap();
    touch(store.clone(), bob).unwrap();
    assert_eq!(found(&store), Some(ana));
}

#[test]
fn others_are_found_again_once_they_are_changed() {
    for leave in [
        |store: &MemoryStore, number| set(store.clone(), number, None).unwrap(),
        |store: &MemoryStore, number| {
            set(store.clone(), number, Some("else@example.com")).unwrap();
        },
        |store: &MemoryStore, number| now(directory(store.clone()).delete(number)).unwrap(),
    ] {
        let store = MemoryStore::default();
        let ana = create(&store, with_address("ana"));
        let bob = create(&store, with_address("bob"));
        leave(&store, bob);
        assert_eq!(found(&store), None);
        touch(store.clone(), ana).unwrap();
        assert_eq!(found(&store), Some(ana));
    }
}

#[test]
fn a_creation_that_loses_takes_no_address() {
    let mut lost = 0;
    for before in 0..12 {
        let store = MemoryStore::default();
        let winner = Cell::new(None);
        let rival = Interrupted::new(&store, before, || {
            winner.set(now(directory(store.clone()).create(with_address("ana"))).ok());
        });
        let outcome = now(directory(rival).create(with_address("ana")));
        if let Some(winner) = winner.take()
            && outcome.is_err()
        {
            assert_eq!(
                found(&store),
                Some(winner.number),
                "before operation {before}"
            );
            lost += 1;
        }
    }
    assert!(lost > 3, "{lost}");
}

/// A change that breaks off is made or not, and the same change again makes the user found.
#[test]
fn a_change_that_broke_off_can_be_sent_again() {
    for fault in [Fault::Before, Fault::After, Fault::Death] {
        for is_known in [false, true] {
            let mut broken = 0;
            for operation in 0.. {
                let store = MemoryStore::default();
                if is_known {
                    // The pointer leads to a user who is gone.
                    let ana = create(&store, with_address("ana"));
                    now(directory(store.clone()).delete(ana)).unwrap();
                }
                let bob = create(&store, new_user("bob"));
                let failing = store.failing_at(operation, fault);
                let first = set(failing.clone(), bob, Some(ADDRESS));
                if first.is_ok() {
                    assert_eq!(found(&store), Some(bob));
                    if failing.operations() <= operation {
                        break;
                    }
                }
                assert!([None, Some(bob)].contains(&found(&store)));
                set(store.clone(), bob, Some(ADDRESS)).unwrap();
                assert_eq!(
                    found(&store),
                    Some(bob),
                    "{fault:?} at operation {operation}"
                );
                broken += 1;
            }
            assert!(broken > 5, "{broken}");
        }
    }
}

/// Whoever is found has the address, however calls come in between each other. Then a change repairs what they left.
#[test]
fn calls_in_between() {
    let ana = UserNumber(1);
    let bob = UserNumber(2);
    type Change = fn(MemoryStore, UserNumber);
    let changes: [Change; 5] = [
        |store, number| set(store, number, Some(ADDRESS)).unwrap(),
        |store, number| set(store, number, None).unwrap(),
        |store, number| touch(store, number).unwrap(),
        |store, number| now(directory(store).delete(number)).unwrap(),
        |store, _| drop(now(directory(store).index_addresses()).unwrap()),
    ];
    for start in [[false, false], [true, false], [true, true]] {
        let store = MemoryStore::default();
        for (name, has_address) in ["ana", "bob"].into_iter().zip(start) {
            let user = if has_address {
                with_address(name)
            } else {
                new_user(name)
            };
            create(&store, user);
        }
        for other in changes {
            for number in [ana, bob] {
                for before in 0..12 {
                    let store = copy(&store);
                    let interrupted =
                        Interrupted::new(&store, before, || other(store.clone(), number));
                    let _ = set(interrupted, ana, Some(ADDRESS));
                    let has_address = |number| {
                        let user = directory(store.clone());
                        let user = now(user.find(&format!("{number}"), &[By::Number])).unwrap();
                        user.is_some_and(|user| user.profile.email.is_some())
                    };
                    assert!(found(&store).is_none_or(has_address));
                    for number in [ana, bob].into_iter().filter(|number| has_address(*number)) {
                        touch(store.clone(), number).unwrap();
                        assert!(found(&store).is_some());
                    }
                }
            }
        }
    }
}

/// A call that has stalled does not take an address back that its user has given up.
#[test]
fn an_address_that_was_given_up_stays_with_the_next_user() {
    let store = MemoryStore::default();
    let before_all = create(&store, with_address("before"));
    now(directory(store.clone()).delete(before_all)).unwrap();
    let [ana, bob] = ["ana", "bob"].map(|name| create(&store, new_user(name)));
    let mut stalled = 0;
    for before in 0..12 {
        let store = copy(&store);
        let interrupted = Interrupted::new(&store, before, || {
            set(store.clone(), ana, None).unwrap();
            set(store.clone(), bob, Some(ADDRESS)).unwrap();
        });
        set(interrupted, ana, Some(ADDRESS)).unwrap();
        let found = found(&store);
        if found == Some(ana) {
            continue;
        }
        stalled += u32::from(found == Some(bob));
        let bob_has_it = now(directory(store.clone()).find("bob", &[By::Username])).unwrap();
        let bob_has_it = bob_has_it.unwrap().profile.email.is_some();
        assert!(
            !bob_has_it || found == Some(bob),
            "before operation {before}"
        );
    }
    assert!(stalled > 3, "{stalled}");
}

/// Removes the keys that addresses are found by, as in a store of before.
fn forget_addresses(store: &MemoryStore) {
    let keys = store.keys().into_iter();
    let keys = keys.filter(|key| key.contains(".email.") || key.contains(".md5."));
    for key in keys.collect::<Vec<_>>() {
        now(store.delete_many(&[key])).unwrap();
    }
}

#[test]
fn users_of_before_are_found_once_they_are_changed() {
    let store = MemoryStore::default();
    let ana = create(&store, with_address("ana"));
    forget_addresses(&store);
    assert_eq!(found(&store), None);
    touch(store.clone(), ana).unwrap();
    assert_eq!(found(&store), Some(ana));
}

#[test]
fn an_index_is_made_in_steps() {
    let store = MemoryStore::default();
    let whole = directory(store.clone());
    let names = 1..=1100;
    for number in names.clone() {
        let mut user = new_user(&format!("user-{number}"));
        user.profile.email = format!("{number}@example.com").try_into().ok();
        create(&store, user);
    }
    let complete = store.keys();
    forget_addresses(&store);
    store.plant("visage.user.7", b"hush");
    let first = now(whole.index_addresses()).unwrap();
    assert_eq!(
        (first.up_to, first.last, first.is_done()),
        (1024, 1100, false)
    );
    assert_eq!(first.unreadable.len(), 1);
    let second = now(whole.index_addresses()).unwrap();
    assert_eq!((second.up_to, second.is_done()), (1100, true));
    let mut missing = complete;
    missing.retain(|key| !store.keys().contains(key));
    assert_eq!(missing.len(), 2, "only user 7 is not found: {missing:?}");
    // A new pass finds nothing to do.
    let counting = store.failing_at(usize::MAX, Fault::Before);
    let before = store.keys();
    let again = now(directory(counting.clone()).index_addresses()).unwrap();
    assert_eq!((again.up_to, store.keys()), (1024, before));
}

#[test]
fn an_index_goes_on_after_any_failure() {
    for fault in [Fault::Before, Fault::After, Fault::Death] {
        for operation in 0.. {
            let store = MemoryStore::default();
            let [ana, bob] = ["ana", "bob"].map(|name| create(&store, with_address(name)));
            forget_addresses(&store);
            let gone = create(&store, with_address("gone"));
            now(directory(store.clone()).delete(gone)).unwrap();
            let failing = store.failing_at(operation, fault);
            let first = now(directory(failing.clone()).index_addresses());
            if first.is_ok() {
                assert!(found(&store).is_some());
                if failing.operations() <= operation {
                    assert!(operation > 10, "{operation}");
                    break;
                }
            }
            // A call that failed after it had ended makes the next one begin anew.
            now(directory(store.clone()).index_addresses()).unwrap();
            assert!([Some(ana), Some(bob)].contains(&found(&store)));
        }
    }
}

/// A record that no name leads to is not a user.
#[test]
fn an_index_leaves_creations_under_way_alone() {
    let counting = MemoryStore::default().failing_at(usize::MAX, Fault::Death);
    now(directory(counting.clone()).create(with_address("ana"))).unwrap();
    for operation in 0..counting.operations() {
        let store = MemoryStore::default();
        let dying = directory(store.failing_at(operation, Fault::Death));
        now(dying.create(with_address("ana"))).unwrap_err();
        let exists = now(directory(store.clone()).find("ana", &[By::Username])).unwrap();
        now(directory(store.clone()).index_addresses()).unwrap();
        assert_eq!(found(&store), exists.map(|user| user.number));
        let has_pointer = store
            .keys()
            .iter()
            .any(|key| key.starts_with("visage.email."));
        assert_eq!(
            has_pointer,
            found(&store).is_some(),
            "after operation {operation}"
        );
    }
}
