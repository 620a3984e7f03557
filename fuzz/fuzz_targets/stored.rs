//! Stored values of any bytes. Each call either works or reports one of our errors. Reading writes only summaries of
//! segments, and removes only what nobody can see.
//!
//! The input is a list of values, separated by lines of `--`. The first line of a value names its key: `user`,
//! `avatar`, `name`, `sequence`, `email`, `md5`, `rendering` and so on. The value goes to the first key that starts like this.
#![no_main]

use std::cell::RefCell;

use http::StatusCode;
use libfuzzer_sys::fuzz_target;
use visage::Error;
use visage::directory::{By, Claimed, Directory, EmailHash, Kept, RenderingClaim, Terms};
use visage::image::{Format, Image};
use visage::name::UserNumber;
use visage::rendering::{Rendering, Size};
use visage::store::{MemoryStore, Store as _};
use visage::{bpm, f5, netex, web};
use visage_fuzz::{PIXEL, SECRET, assert_answer, directory, new_user, now, pixel, stored, user};

const ALICE: UserNumber = UserNumber(1);

/// Alice's address, and its hashes.
const ADDRESS: &str = "MyEmailAddress@example.com";
const HASHES: [&str; 2] = [
    "0bc83cb571cd1c50ba6f3e8a78ef1346",
    "84059b07d4be67b806386c0aad8070a23f18836bbaae342275dc0a83414c32ee",
];

/// The most users that a list walks here. A counter may claim more than can be walked in an hour.
const MAX_USERS: u64 = 1000;

type Content = Vec<(String, Vec<u8>)>;

thread_local! {
    static TEMPLATE: RefCell<Content> = RefCell::new(template());
}

/// The store's contents when alice has an avatar that is rendered, an address and both identifiers.
fn template() -> Content {
    let store = MemoryStore::default();
    let mut alice = new_user("alice");
    alice.external_id = "e".to_owned().try_into().ok();
    alice.common_id = "c".to_owned().try_into().ok();
    alice.image = Some(pixel());
    alice.profile.email = ADDRESS.to_owned().try_into().ok();
    now(directory(store.clone()).create(alice)).expect("alice is created");
    render(&directory(store.clone()), Size::DEFAULT);
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
    let has_parts = input.windows(9).any(|window| window == b"avatar.1.");
    read(&directory, &store, has_parts);
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

fn read(directory: &Directory<MemoryStore>, store: &MemoryStore, has_parts: bool) {
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
            stored(&netex::view(user, "http://localhost:3000", None, true));
        }
    }
    if last_number(store).is_some_and(|last| last <= MAX_USERS) {
        let users = check(now(directory.list(0, 2)));
        assert!(users.is_none_or(|page| page.users.len() <= 2));
    }
    for digits in HASHES {
        let hash = EmailHash::from_hex(digits).expect("a hash");
        if let Some(user) = check(now(directory.find_by_address(&hash))).flatten() {
            let has = user.profile.email.expect("an address").to_lowercase();
            assert_eq!(has, ADDRESS.to_lowercase());
        }
    }
    let change = check(now(directory.avatar_change(ALICE)));
    let portraits = Size::KEPT.map(|size| check(now(directory.portrait(ALICE, size))));
    for portrait in portraits.into_iter().flatten() {
        assert_eq!(
            portrait.map(|portrait| portrait.change),
            change.clone().flatten()
        );
    }
    if let Some(avatar) = check(now(directory.avatar(ALICE))) {
        // The last part of an upload tells that all of them are there. A planted one may not.
        let shown = avatar.as_ref().map(|avatar| avatar.change.clone());
        assert!(has_parts || change == Some(shown));
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
    if let Some(claim) = render(directory, Size::MAX) {
        check(now(directory.note_unrenderable(&claim)));
    }
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
    render(directory, Size::DEFAULT);
    check(now(directory.index_addresses()));
    check(now(directory.put_avatar_on(&limited, ALICE, None)));
    for name in ["alice", "bob"] {
        let mut user = new_user(name);
        user.external_id = "e".to_owned().try_into().ok();
        check(now(directory.create(user)));
    }
    check(now(directory.delete(ALICE)));
    check(now(directory.create(new_user("alice"))));
}

/// Renders alice's picture. What is kept is shown afterwards.
fn render(directory: &Directory<MemoryStore>, size: Size) -> Option<RenderingClaim> {
    let claimed = check(now(directory.claim_rendering(ALICE, size)))?;
    let Claimed::Mine(claim) = claimed else {
        return None;
    };
    let rendering = Rendering {
        format: Format::Png,
        bytes: vec![7; 300 * usize::from(size.pixels())].into(),
    };
    if check(now(directory.keep_rendering(&claim, &rendering))).is_some()
        && let Some(Some(portrait)) = check(now(directory.portrait(ALICE, size)))
        && portrait.change == claim.avatar.change
    {
        assert_eq!(portrait.rendering, Kept::Rendering(rendering));
    }
    Some(claim)
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
