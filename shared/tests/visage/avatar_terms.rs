//! The terms of an avatar's change: preconditions with one winner, and a limit of changes per minute.

use std::cell::Cell;

use futures::executor::block_on;
use visage::Error;
use visage::directory::{Change, Directory, Terms};
use visage::image::Image;
use visage::name::UserNumber;
use visage::store::MemoryStore;

use crate::users::new_user;

const PNG: &[u8] = include_bytes!("../../../tests/fixtures/avatar.png");

const ALICE: UserNumber = UserNumber(1);

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(1_000_000_000) };
}

fn directory() -> Directory<MemoryStore> {
    let directory = Directory::with_clock(MemoryStore::default(), || NOW.get());
    assert_eq!(
        block_on(directory.create(new_user("alice")))
            .unwrap()
            .number,
        ALICE
    );
    directory
}

fn picture() -> Image {
    Image::new(PNG.to_vec(), "").unwrap()
}

/// A picture that is stored in parts.
fn large_picture() -> Image {
    let mut bytes = PNG.to_vec();
    bytes.resize(480_000, 0);
    Image::new(bytes, "").unwrap()
}

#[test]
fn a_precondition_sees_the_present_picture() {
    for pictures in [
        [picture(), picture()],
        [large_picture(), large_picture()],
        [large_picture(), picture()],
        [picture(), large_picture()],
    ] {
        sees_the_present_picture(&pictures);
    }
}

fn sees_the_present_picture([one, two]: &[Image; 2]) {
    let directory = directory();
    let put = |image: Option<&Image>, expected: Option<Change>| {
        let terms = Terms {
            precondition: Some(Box::new(move |present| present == expected.as_ref())),
            changes_a_minute: None,
        };
        block_on(directory.put_avatar_on(&terms, ALICE, image))
    };
    let first = put(Some(one), None).unwrap();
    assert_eq!(put(Some(two), None), Err(Error::PreconditionFailed));
    let second = put(Some(two), Some(first.clone())).unwrap();
    assert_ne!(second.revision, first.revision);
    assert_eq!(put(None, Some(first)), Err(Error::PreconditionFailed));
    let avatar = block_on(directory.avatar(ALICE)).unwrap().unwrap();
    assert_eq!(avatar.change, second);
    let third = block_on(directory.put_avatar(ALICE, Some(one))).unwrap();
    assert_eq!(put(None, Some(second)), Err(Error::PreconditionFailed));
    put(None, Some(third)).unwrap();
    put(Some(two), None).unwrap();
}

#[test]
fn changes_a_minute() {
    let directory = directory();
    let change = |limit, image: Option<&Image>| {
        let terms = Terms {
            precondition: None,
            changes_a_minute: Some(limit),
        };
        block_on(directory.put_avatar_on(&terms, ALICE, image)).map(drop)
    };
    let wait = |milliseconds: i64| NOW.set(NOW.get().strict_add_signed(milliseconds));
    let too_many = |retry_after| Err(Error::TooManyChanges { retry_after });

    assert_eq!(change(3, Some(&picture())), Ok(()));
    wait(20_000);
    assert_eq!(change(3, Some(&picture())), Ok(()));
    // A removal counts too, and does not clear the history.
    assert_eq!(change(3, None), Ok(()));
    assert_eq!(change(3, Some(&picture())), too_many(40));
    assert_eq!(change(4, Some(&picture())), Ok(()));
    assert_eq!(change(3, Some(&picture())), too_many(60));
    // Changes without terms are neither counted nor refused.
    for _ in 0..10 {
        block_on(directory.put_avatar(ALICE, Some(&picture()))).unwrap();
    }
    wait(40_000);
    assert_eq!(change(4, Some(&picture())), Ok(()));
    assert_eq!(change(4, Some(&picture())), too_many(20));
    wait(60_000);
    assert_eq!(change(1, Some(&picture())), Ok(()));
    // Nobody is locked out when the clock is set back.
    wait(-3_600_000);
    assert_eq!(change(1, Some(&picture())), Ok(()));
    assert_eq!(change(1, Some(&picture())), too_many(60));
}

#[test]
fn a_late_change_counts_with_those_of_the_next_second() {
    let directory = directory();
    let change = || {
        let terms = Terms {
            precondition: None,
            changes_a_minute: Some(3),
        };
        block_on(directory.put_avatar_on(&terms, ALICE, Some(&picture()))).is_ok()
    };
    let (late, next) = (1_000_000_999, 1_000_001_000);
    let made = [next, next, late, next, late, next]
        .into_iter()
        .filter(|now| {
            NOW.set(*now);
            change()
        });
    assert_eq!(made.count(), 3);
}
