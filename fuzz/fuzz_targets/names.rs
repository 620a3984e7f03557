//! User names and identifiers. An accepted name fits into a path, a list and a document, and folds to one form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use visage::name::{UserId, UserNumber, Username, fold};
use visage::web::decode_segment;
use visage_fuzz::stored;

fuzz_target!(|text: &str| {
    let folded = fold(text);
    assert_eq!(fold(&folded), folded, "folding twice makes another name");
    assert_eq!(
        fold(&text.to_ascii_uppercase()),
        fold(&text.to_ascii_lowercase())
    );

    if let Some(number) = UserId::number_in(text) {
        assert!(text.starts_with(UserId::new(number, 0).as_str().split_at(16).0));
    }
    assert_eq!(
        UserId::number_in(UserId::new(UserNumber(7), 8).as_str()),
        Some(UserNumber(7))
    );

    match Username::try_from(text.to_owned()) {
        Ok(name) => {
            assert_eq!(name.as_str(), text);
            assert!((1..=255).contains(&text.chars().count()));
            assert!(!text.contains(|c: char| c.is_control() || c.is_whitespace()));
            assert!(!text.contains(['/', '\\', '?', '#', '%', ':', ',', '=']));
            assert_ne!(folded, "current");
            let segment = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            assert_eq!(decode_segment(&segment).as_deref(), Ok(text));
            let read: Username = serde_json::from_str(&stored(&name)).expect("a stored name");
            assert_eq!(read, name);
        }
        Err(problem) => assert!(problem.len() < 100),
    }
});
