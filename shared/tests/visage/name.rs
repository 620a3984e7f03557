//! Valid user names, and names that are the same.

use proptest::prelude::*;
use visage::name::{UserId, UserNumber, Username, fold};

fn username(text: &str) -> Result<Username, &'static str> {
    Username::try_from(text.to_owned())
}

#[test]
fn valid_names() {
    let longest = "é".repeat(255);
    for name in [
        "a",
        "restuser.netex",
        "a@b",
        "O'Neil",
        "用户",
        "..a",
        "a-b_c~!$&()*+;[]{}<>|\"^`",
        "current1",
        &longest,
    ] {
        assert_eq!(username(name).map(String::from), Ok(name.to_owned()));
    }
}

#[test]
fn invalid_names() {
    let too_long = "a".repeat(256);
    for name in [
        "",
        ".",
        "..",
        "....",
        "current",
        "CURRENT",
        "CuRRent",
        &too_long,
        "a b",
        "a\tb",
        "a\u{a0}b",
        "a\u{2028}b",
        "a\0",
        "a\u{7f}",
        "a\u{85}",
        "a/b",
        "a\\b",
        "a?b",
        "a#b",
        "a%b",
        "a:b",
        "a,b",
        "a=b",
        "a\u{fffe}",
        "a\u{ffff}",
    ] {
        assert!(username(name).is_err(), "{name:?}");
    }
}

#[test]
fn spellings_of_one_name() {
    for (one, other) in [
        ("Alice", "aLICE"),
        ("straße", "STRASSE"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("\u{e9}", "e\u{301}"),
        ("\u{c9}", "e\u{301}"),
        ("\u{212b}", "\u{e5}"),
        ("ﬁn", "FIN"),
        ("\u{1e9e}", "ss"),
        ("\u{3b9}\u{308}\u{301}", "\u{390}"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} and {other}");
    }
}

#[test]
fn names_that_only_look_alike() {
    for (one, other) in [
        ("a", "а"),
        ("l", "1"),
        ("é", "e"),
        ("i", "ı"),
        ("x", "x\u{200b}"),
    ] {
        assert_ne!(fold(one), fold(other), "{one} and {other}");
    }
}

#[test]
fn identifiers_lead_to_numbers() {
    let id = UserId::new(UserNumber(0x2a), 0xfeed);
    assert_eq!(id.as_str(), "000000000000002a000000000000feed");
    assert_eq!(UserId::number_in(id.as_str()), Some(UserNumber(42)));
    for text in [
        "",
        "2a",
        "000000000000002A000000000000feed",
        "000000000000002a000000000000fee",
        "000000000000002a000000000000fe",
        "000000000000002a000000000000feed00",
        "0000000000000 2a000000000000feed",
        "+00000000000002a000000000000feed",
    ] {
        assert_eq!(UserId::number_in(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn folding_again_changes_nothing(name in "\\PC{0,20}") {
        prop_assert_eq!(fold(&fold(&name)), fold(&name));
    }

    #[test]
    fn a_name_is_kept_as_given(text in "[^\\pC\\s/\\\\?#%:,=]{1,40}") {
        let Ok(name) = username(&text) else {
            return Err(TestCaseError::reject("no name"));
        };
        prop_assert_eq!(name.as_str(), text);
    }
}
