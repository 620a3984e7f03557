//! Pictures that are stored in parts. No part is left of refused, replaced or deleted pictures, even with concurrent
//! calls.

use std::cell::Cell;

use futures::FutureExt as _;
use visage::Error;
use visage::directory::{Directory, Terms};
use visage::image::{Image, MAX_BYTES};
use visage::name::UserNumber;
use visage::store::{Fault, MemoryStore, Store};

use crate::interrupted::Interrupted;
use crate::users::new_user;

const GIF: &[u8] = include_bytes!("../../../tests/fixtures/avatar.gif");
const ALICE: UserNumber = UserNumber(1);

/// A store in memory never waits, so one call can run inside another.
fn now<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().unwrap()
}

fn directory<S: Store>(store: S) -> Directory<S> {
    Directory::with_clock(store, || 1_800_000_000_000)
}

fn with_alice() -> MemoryStore {
    let store = MemoryStore::default();
    now(directory(store.clone()).create(new_user("alice"))).unwrap();
    store
}

fn large(fill: u8) -> Image {
    let mut bytes = GIF.to_vec();
    bytes.resize(MAX_BYTES, fill);
    Image::new(bytes, "").unwrap()
}

fn small() -> Image {
    Image::new(GIF.to_vec(), "").unwrap()
}

/// The total size of all stored avatars, in bytes.
fn held(store: &MemoryStore) -> usize {
    let keys = store.keys().into_iter();
    keys.filter(|key| key.starts_with("visage.avatar"))
        .map(|key| now(store.get(&key)).unwrap().unwrap().len())
        .sum()
}

#[test]
fn a_change_during_the_deletion_leaves_nothing_behind() {
    let made = Cell::new(0);
    for before in 0..10 {
        let store = with_alice();
        let put = || {
            made.set(made.get() + 1);
            let outcome = now(directory(store.clone()).put_avatar(ALICE, Some(&large(1))));
            // Before the deletion the change succeeds. After it there is no user.
            assert!(outcome.is_ok() || matches!(outcome, Err(Error::NoSuchUser(_))));
        };
        let interrupted = Interrupted::new(&store, before, put);
        now(directory(interrupted).delete(ALICE)).unwrap();
        // The list cleans up the rest of the user's record.
        now(directory(store.clone()).list(0, 10)).unwrap();
        assert_eq!(
            held(&store),
            0,
            "before operation {before}: {:?}",
            store.keys()
        );
    }
    assert!(made.get() >= 3, "{} calls came in between", made.get());
}

/// Whether the parts are written before or after the deletion has looked for them, they are gone at once.
#[test]
fn a_deletion_during_an_upload_leaves_nothing_behind() {
    let made = Cell::new(0);
    for conditional in [false, true] {
        for before in 0..12 {
            let store = with_alice();
            let interrupted = Interrupted::new(&store, before, || {
                made.set(made.get() + 1);
                now(directory(store.clone()).delete(ALICE)).unwrap();
            });
            let terms = Terms {
                precondition: conditional.then(|| Box::new(|_: Option<&_>| true) as _),
                changes_a_minute: None,
            };
            let upload = directory(interrupted);
            let outcome = now(upload.put_avatar_on(&terms, ALICE, Some(&large(1))));
            assert!(outcome.is_ok() || matches!(outcome, Err(Error::NoSuchUser(_))));
            if now(directory(store.clone()).delete(ALICE)).is_err() {
                assert_eq!(
                    held(&store),
                    0,
                    "before operation {before}: {:?}",
                    store.keys()
                );
            }
        }
    }
    assert!(made.get() >= 8, "{} deletions came in between", made.get());
}

#[test]
fn a_refused_picture_is_never_stored() {
    let store = with_alice();
    let directory = directory(store.clone());
    now(directory.put_avatar(ALICE, Some(&large(1)))).unwrap();
    let before = store.keys();
    for refused in [
        Terms {
            precondition: Some(Box::new(|_| false)),
            changes_a_minute: None,
        },
        Terms {
            precondition: None,
            changes_a_minute: Some(0),
        },
    ] {
        let operations = store.operations();
        now(directory.put_avatar_on(&refused, ALICE, Some(&large(2)))).unwrap_err();
        // The avatar, and the last part of the upload before.
        assert_eq!(
            (store.operations() - operations, &store.keys()),
            (2, &before)
        );
    }
}

/// The number of the operation that writes the parts, when this picture is stored for alice.
fn landing(store: &MemoryStore) -> usize {
    let copy = MemoryStore::default();
    for key in store.keys() {
        copy.plant(&key, &now(store.get(&key)).unwrap().unwrap());
    }
    let copy = copy.failing_at(usize::MAX, Fault::Before);
    now(directory(copy.clone()).put_avatar(ALICE, Some(&large(2)))).unwrap();
    // One operation follows: it looks whether the user was deleted.
    copy.operations() - 2
}

#[test]
fn uploads_that_break_off_leave_the_picture_alone() {
    for fault in [Fault::Before, Fault::After, Fault::Death] {
        let store = with_alice();
        let whole = directory(store.clone());
        now(whole.put_avatar(ALICE, Some(&large(1)))).unwrap();
        for _ in 0..6 {
            let failing = directory(store.failing_at(landing(&store), fault));
            now(failing.put_avatar(ALICE, Some(&large(2)))).unwrap_err();
            let fill = if fault == Fault::After { 2 } else { 1 };
            let shown = now(whole.avatar(ALICE)).unwrap().unwrap();
            assert!(shown.bytes == large(fill).bytes(), "{fault:?}");
        }
        // There is a slot left.
        now(whole.put_avatar(ALICE, Some(&large(3)))).unwrap();
        let shown = now(whole.avatar(ALICE)).unwrap().unwrap();
        assert!(shown.bytes == large(3).bytes());
        now(whole.delete(ALICE)).unwrap();
        assert_eq!(held(&store), 0, "{:?}", store.keys());
    }
}

/// A late effect of an upload must not hit another picture, so the slot stays out of use for an hour.
#[test]
fn slots_of_uploads_that_broke_off_are_used_again_after_an_hour() {
    let store = with_alice();
    let whole = directory(store.clone());
    now(whole.put_avatar(ALICE, Some(&large(1)))).unwrap();
    for _ in 0..7 {
        let dying = directory(store.failing_at(landing(&store), Fault::Death));
        now(dying.put_avatar(ALICE, Some(&large(2)))).unwrap_err();
    }
    let refused = now(whole.put_avatar(ALICE, Some(&large(3))));
    assert_eq!(refused, Err(Error::Contended));
    // Small pictures and removals go on.
    now(whole.put_avatar(ALICE, Some(&small()))).unwrap();
    now(whole.put_avatar(ALICE, None)).unwrap();
    let later = Directory::with_clock(store.clone(), || 1_800_000_000_000 + 3_600_001);
    for fill in 4..9 {
        now(later.put_avatar(ALICE, Some(&large(fill)))).unwrap();
        let shown = now(later.avatar(ALICE)).unwrap().unwrap();
        assert!(shown.bytes == large(fill).bytes());
    }
    // The picture before is overwritten by the next one, and no more than one is kept.
    assert!(held(&store) < 2 * MAX_BYTES + 2_000, "{:?}", store.keys());
    now(later.put_avatar(ALICE, None)).unwrap();
    assert!(held(&store) < 2_000, "{:?}", store.keys());
}

/// Pictures take turns in the slots. A reader that has read an older avatar neither mixes them nor goes back to the
/// first one, whose slot an upload that broke off keeps as it was.
#[test]
fn a_change_during_a_read() {
    let mut made = 0;
    for before in 0..10 {
        let store = with_alice();
        let whole = directory(store.clone());
        for fill in 1..3 {
            now(whole.put_avatar(ALICE, Some(&large(fill)))).unwrap();
        }
        let interrupted = Interrupted::new(&store, before, || {
            let dying = directory(store.failing_at(landing(&store), Fault::Death));
            now(dying.put_avatar(ALICE, Some(&large(6)))).unwrap_err();
            for fill in 3..6 {
                now(whole.put_avatar(ALICE, Some(&large(fill)))).unwrap();
            }
        });
        let shown = now(directory(interrupted).avatar(ALICE)).unwrap().unwrap();
        let fill = *shown.bytes.last().unwrap();
        assert!(fill == 2 || fill == 5, "{fill}");
        assert!(shown.bytes == large(fill).bytes());
        made += usize::from(fill == 5);
    }
    assert!(made >= 3, "{made} calls came in between");
}
