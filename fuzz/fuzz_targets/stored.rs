//! Stored values of any bytes. Each call either works or reports one of our errors. Reading writes only summaries of
//! segments, and removes only what nobody can see.
//!
//! The input is a list of values, separated by lines of `--`. The first line of a value names its key: `user`,
//! `avatar`, `name`, `sequence` and so on. The value goes to the first key that starts like this.
#![no_main]

use std::cell::RefCell;

use http::StatusCode;
use libfuzzer_sys::fuzz_target;
use visage::Error;
use visage::directory::{By, Directory, Terms};
use visage::image::Image;
use visage::name::UserNumber;
use visage::store::{MemoryStore, Store as _};
use visage::{bpm, f5, netex, web};
use visage_fuzz::{PIXEL, SECRET, assert_answer, directory, new_user, now, pixel, stored, user};

const ALICE: UserNumber = UserNumber(1);

/// The most users that a list walks here. A counter may claim more than can be walked in an hour.
const MAX_USERS: u64 = 1000;

type Content = Vec<(String, Vec<u8>)>;

thread_local! {
    static TEMPLATE: RefCell<Content> = RefCell::new(template());
}

/// The store's contents when alice has an avatar and both identifiers.
fn template() -> Content {
    let store = MemoryStore::default();
    let mut alice = new_user("alice");
    alice.external_id = "e".to_owned().try_into().ok();
    alice.common_id = "c".to_owned().try_into().ok();
    alice.image = Some(pixel());
    now(directory(store.clone()).create(alice)).expect("alice is created");
    content(&store)
}

fn content(store: &MemoryStore) -> Content {
    let value = |key: &str| now(store.get(key)).ok().flatten().unwrap_or_default();
    let keys = store.keys().into_iter();
    keys.map(|key| (key.clone(), value(&key))).collect()
}

fuzz_target!(|input: &[u8]| {
    let store = MemoryStore::default();
    TEMPLATE.with_borrow(|template| {
        for (key, value) in template {
            store.plant(key, value);
        }
        for planted in split(input, b"\n--\n") {
            let end = planted
                .iter()
                .position(|byte| *byte == b'\n')
                .unwrap_or(planted.len());
            let (name, value) = (&planted[..end], planted.get(end + 1..).unwrap_or_default());
            let prefix = format!("visage.{}", String::from_utf8_lossy(name));
            match template.iter().find(|(key, _)| key.starts_with(&prefix)) {
                Some((key, _)) => store.plant(key, value),
                None => store.plant(&prefix, value),
            }
        }
    });
    let directory = directory(store.clone());
    let before = content(&store);
    read(&directory, &store);
    for value in content(&store) {
        let is_summary = value.0.starts_with("visage.segments.");
        assert!(
            is_summary || before.contains(&value),
            "reading has written {}",
            value.0
        );
    }
    // A large picture takes most of the time, and finds something only if claims to slots are planted.
    let with_claims = input.windows(5).any(|window| window == b"stage");
    write(&directory, if with_claims { large() } else { pixel() });
});

fn read(directory: &Directory<MemoryStore>, store: &MemoryStore) {
    for (text, by) in [
        ("alice", By::Username),
        ("e", By::ExternalId),
        ("c", By::CommonId),
        ("1", By::Number),
        ("00000000000000010000000000000002", By::Id),
    ] {
        if let Some(user) = check(now(directory.find(text, &[by]))).flatten() {
            let written = stored(&user);
            let read = serde_json::from_str(&written);
            assert_eq!(stored(&read.unwrap_or(user.clone())), written);
            stored(&netex::view(user, "http://localhost:3000", true));
        }
    }
    if last_number(store).is_some_and(|last| last <= MAX_USERS) {
        let users = check(now(directory.list(0, 2)));
        assert!(users.is_none_or(|page| page.users.len() <= 2));
    }
    let change = check(now(directory.avatar_change(ALICE)));
    if let Some(avatar) = check(now(directory.avatar(ALICE))) {
        assert_eq!(change, Some(avatar.as_ref().map(|avatar| avatar.change.clone())));
        if let Some(avatar) = avatar {
            let head = visage_fuzz::request(b"GET /").expect("a request").0;
            for answer in [
                f5::show(&head, avatar.clone()),
                web::picture(&head, avatar.clone()).map_err(f5::Error::from),
            ] {
                answer.expect("a stored picture is shown");
            }
            let shown = Some(avatar);
            let form = bpm::Representation::negotiate(&head).expect("JSON");
            let shown = form.show(&user(new_user("alice")), (&shown).into());
            shown.expect("a document is written");
        }
    }
}

fn last_number(store: &MemoryStore) -> Option<u64> {
    let value = now(store.get("visage.sequence")).ok()??;
    let text = std::str::from_utf8(&value)
        .ok()
        .and_then(|text| text.parse().ok());
    text.or_else(|| Some(u64::from_le_bytes(value.try_into().ok()?)))
}

/// A picture that is stored in parts.
fn large() -> Image {
    let mut bytes = PIXEL.to_vec();
    bytes.resize(300 * 1024, 0);
    Image::new(bytes, "").expect("a large picture is accepted")
}

fn write(directory: &Directory<MemoryStore>, image: Image) {
    let limited = Terms {
        changes_a_minute: Some(2),
        ..Terms::default()
    };
    check(now(directory.update(ALICE, |user| {
        user.enabled = false;
        Ok(())
    })));
    let mut last = None;
    for image in [Some(&pixel()), Some(&image), None, Some(&pixel())] {
        if let Some(change) = check(now(directory.put_avatar(ALICE, image))) {
            assert!(last < Some(change.timestamp), "a timestamp does not grow");
            last = Some(change.timestamp);
            if let Some(shown) = check(now(directory.avatar(ALICE))) {
                assert_eq!(
                    shown.as_ref().map(|shown| &shown.bytes[..]),
                    image.map(Image::bytes)
                );
            }
        }
    }
    check(now(directory.put_avatar_on(&limited, ALICE, None)));
    for name in ["alice", "bob"] {
        let mut user = new_user(name);
        user.external_id = "e".to_owned().try_into().ok();
        check(now(directory.create(user)));
    }
    check(now(directory.delete(ALICE)));
    check(now(directory.create(new_user("alice"))));
}

/// An error is the store's or ours. Every family has an answer to it, and its detail repeats no stored data.
fn check<T>(outcome: Result<T, Error>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(error) => {
            assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
            for answer in [
                netex::refuse(&error.clone().into()),
                f5::refuse(&error.into()),
            ] {
                assert_answer(&answer);
                assert_ne!(answer.status(), StatusCode::OK);
            }
            None
        }
    }
}

/// The pieces of an input between these separators.
fn split<'i>(input: &'i [u8], separator: &[u8]) -> Vec<&'i [u8]> {
    let mut pieces = Vec::new();
    let mut rest = input;
    while let Some(at) = rest
        .windows(separator.len())
        .position(|window| window == separator)
    {
        pieces.push(&rest[..at]);
        rest = &rest[at + separator.len()..];
    }
    pieces.push(rest);
    pieces
}
