//! `If-Match`, `If-None-Match` and the rate limit. The request's body holds the rate limit.
#![no_main]

use http::header::{IF_MATCH, IF_NONE_MATCH};
use libfuzzer_sys::fuzz_target;
use visage::directory::{Avatar, Change};
use visage::store::MemoryStore;
use visage::variable::F5_RATE_LIMIT;
use visage::{Error, f5, web};
use visage_fuzz::{assert_answer, directory, new_user, now, pixel, request};

fuzz_target!(|input: &[u8]| {
    let Some((head, limit)) = request(input) else {
        return;
    };
    let conditional = [IF_MATCH, IF_NONE_MATCH]
        .iter()
        .any(|name| head.headers.contains_key(name));
    let value = |name| head.header(name).map(str::trim);
    // In debug builds the crate `headers` asserts that a tag has no white space.
    let lists = [IF_MATCH, IF_NONE_MATCH].map(|name| head.list(&name).unwrap_or_default());
    if lists.iter().any(|list| list.contains(char::is_whitespace)) {
        return;
    }

    let limit = String::from_utf8_lossy(limit);
    let changes_a_minute = F5_RATE_LIMIT.read(&limit).unwrap_or_else(|_| {
        assert!(limit.trim().parse::<u64>().is_err());
        None
    });
    let directory = directory(MemoryStore::default());
    let user = now(directory.create(new_user("alice"))).expect("alice is created");
    let mut changes = 0;
    for _ in 0..3 {
        let terms = f5::terms(&head, changes_a_minute);
        match now(directory.put_avatar_on(&terms, user.number, Some(&pixel()))) {
            Ok(change) => {
                changes += 1;
                assert_answer(&f5::updated(&change).expect("an answer"));
                assert!(changes == 1 || value("if-none-match") != Some("*"));
            }
            Err(Error::PreconditionFailed) => assert!(conditional),
            Err(Error::TooManyChanges { retry_after }) => {
                assert!((1..=60).contains(&retry_after));
                assert_eq!(limit.trim().parse(), Ok(changes));
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    if !conditional && limit.trim().parse() != Ok(1) && limit.trim().parse() != Ok(2) {
        assert_eq!(changes, 3);
    }

    let image = pixel();
    let avatar = Avatar {
        format: image.format(),
        bytes: image.bytes().to_vec().into(),
        change: Change {
            timestamp: 1,
            revision: "0123456789abcdef".to_owned(),
        },
    };
    for answer in [
        f5::show(&head, avatar.clone()),
        web::picture(&head, avatar).map_err(f5::Error::from),
    ] {
        let answer = answer.expect("a picture is shown");
        assert!(answer.headers().contains_key("etag"));
        assert_answer(&answer);
        if answer.status() == 304 {
            assert!(head.headers.contains_key(IF_NONE_MATCH) && answer.body().is_empty());
        } else {
            assert!(answer.status() == 200 && value("if-none-match") != Some("*"));
        }
    }
});
