//! The values of variables: which can be read, and how.

use std::net::IpAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use visage::Error;
use visage::name::Username;
use visage::variable::{
    EXPOSE_DETAILS, F5_RATE_LIMIT, F5_TOKENS, IMAGE_URL_ORIGIN, NETEX_TOKENS, Origin,
    PUBLIC_ORIGIN, STORE_TIMEOUT_MS, Unreadable, warning,
};
use visage::web::Secret;

fn problem(outcome: Result<(), Unreadable>) -> String {
    outcome.unwrap_err().to_string()
}

#[test]
fn booleans() {
    for (value, expected) in [
        ("true", true),
        (" true\n", true),
        ("false", false),
        ("", false),
        (" ", false),
    ] {
        assert_eq!(EXPOSE_DETAILS.read(value), Ok(expected), "{value:?}");
    }
    for value in ["yes", "True", "TRUE", "1", "0", "on", "true false"] {
        assert_eq!(
            problem(EXPOSE_DETAILS.read(value).map(drop)),
            "the variable expose_details must be true or false"
        );
    }
}

#[test]
fn numbers() {
    for (value, expected) in [("", 60), (" ", 60), ("0", 0), ("1", 1), (" 120\t", 120)] {
        assert_eq!(
            F5_RATE_LIMIT.read(value),
            Ok(NonZeroU64::new(expected)),
            "{value:?}"
        );
    }
    for value in ["10/min", "-1", "1.5", "ten", "1 0", "18446744073709551616"] {
        assert_eq!(
            problem(F5_RATE_LIMIT.read(value).map(drop)),
            "the variable f5_rate_limit must be a whole number, of which 0 is no limit"
        );
    }
    for (value, expected) in [("", 5000), ("1", 1), (" 250 ", 250)] {
        assert_eq!(
            STORE_TIMEOUT_MS.read(value),
            Ok(Duration::from_millis(expected)),
            "{value:?}"
        );
    }
    for value in ["0", "5s", "-5", "5000ms", "5_000"] {
        assert_eq!(
            problem(STORE_TIMEOUT_MS.read(value).map(drop)),
            "the variable store_timeout_ms must be a whole number of milliseconds, at least 1"
        );
    }
}

#[test]
fn the_origin_of_the_service() {
    for (value, expected) in [
        ("https://visage.example.org", "https://visage.example.org"),
        (
            " https://visage.example.org/ ",
            "https://visage.example.org",
        ),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("HTTPS://Visage.Example", "HTTPS://Visage.Example"),
    ] {
        let origin = PUBLIC_ORIGIN.read(value).unwrap();
        assert_eq!(origin.as_ref().map(Origin::as_str), Some(expected));
    }
    assert_eq!(PUBLIC_ORIGIN.read(" \t"), Ok(None));
    for value in [
        "notaurl",
        "visage.example.org",
        "//visage.example.org",
        "https:",
        "https://",
        "https:///",
        "https://:443",
        "https://visage.example.org//",
        "https://visage.example.org/avatars",
        "https://visage.example.org?",
        "https://visage.example.org#top",
        "https://user@visage.example.org",
        "https://visage.example.org:port",
        "https://visage.example.org:65536",
        "https://a.example https://b.example",
        "https://*.example.org",
        "https://b\u{fc}cher.example",
        "ftp://visage.example.org",
        "null",
    ] {
        let outcome = PUBLIC_ORIGIN.read(value).map(drop);
        assert_eq!(
            problem(outcome),
            "the variable public_origin must be an origin such as https://visage.example.org",
        );
    }
}

#[test]
fn the_origin_of_images() {
    for (value, named) in [
        ("https://images.example.org", None),
        (" https://images.example.org/\n", None),
        ("http://images.example.org:8080", None),
        ("http://images.example.org:8000..8010", None),
        ("https://images.example.org:*", None),
        ("https://*.example.org", None),
        ("https://*", None),
        ("https://*:*", None),
        ("*://*:*", None),
        ("*://images.example.org:443", None),
        ("http://bucket_1.xn--bcher-kva.example", None),
        ("http://127.0.0.1", Some("127.0.0.1")),
        ("http://127.0.0.1:8080/", Some("127.0.0.1")),
        ("http://[::1]", Some("::1")),
        ("http://[0:0:0:0:0:0:0:1]:*", Some("::1")),
    ] {
        let origin = IMAGE_URL_ORIGIN.read(value);
        let origin = origin
            .unwrap_or_else(|error| panic!("{value}: {error}"))
            .unwrap();
        for address in ["127.0.0.1", "::1", "127.0.0.2"] {
            let parsed: IpAddr = address.parse().unwrap();
            assert_eq!(origin.names(parsed), named == Some(address), "{value}");
        }
    }
    assert_eq!(IMAGE_URL_ORIGIN.read(" "), Ok(None));
    for value in [
        "*",
        "images.example.org",
        "images.example.org:443",
        "https:images.example.org",
        "https://",
        "https://:443",
        "https://images.example.org/avatars",
        "https://images.example.org:443/avatars",
        "https://images.example.org//",
        "https://images.example.org:port",
        "https://images.example.org:80..70000",
        "https://images.example.org:1..2..3",
        "https://images..example",
        "https://images.*.example",
        "https://*.*.example",
        "https://i*.example",
        "*://images.example.org",
        "ftp://images.example.org",
        "HTTPS://images.example.org",
        "https://Images.example.org",
        "https://user:password@images.example.org",
        "https://images.example.org?a",
        "https://b\u{fc}cher.example",
        "https://10.0.0.0/8",
        "https://[::1",
        "https://[::1]443",
        "https://[images.example]",
        "https://a.example https://b.example",
        "https://a.example,https://b.example",
    ] {
        let error = problem(IMAGE_URL_ORIGIN.read(value).map(drop));
        assert!(error.contains("allowed_outbound_hosts"), "{value}: {error}");
    }
}

#[test]
fn tokens() {
    let accepts = |value: &str, token: &str| {
        let tokens = NETEX_TOKENS
            .read(value)
            .unwrap_or_else(|error| panic!("{error}"));
        tokens.accepts(&Secret::new(token))
    };
    for token in ["one", "two", "three", "four", "a=b"] {
        assert!(accepts(" one,two\tthree\n,, four a=b", token), "{token}");
    }
    for token in ["", "On", "one,two", "five", " one"] {
        assert!(!accepts("one,two", token), "{token}");
    }
    for value in ["", " ", ",", " ,\n"] {
        assert!(!accepts(value, ""), "{value:?}");
    }
}

#[test]
fn tokens_of_users() {
    let tokens = "ana=one, bob=two\tana=three\nbob=four=4==,ana=one";
    let tokens = F5_TOKENS
        .read(tokens)
        .unwrap_or_else(|error| panic!("{error}"));
    let user_of = |token: &str| tokens.user_of(&Secret::new(token)).map(Username::as_str);
    for (token, user) in [
        ("one", Some("ana")),
        ("two", Some("bob")),
        ("three", Some("ana")),
        ("four=4==", Some("bob")),
        ("four", None),
        ("ana=one", None),
        ("", None),
    ] {
        assert_eq!(user_of(token), user, "{token}");
    }
    for value in ["", " , "] {
        let tokens = F5_TOKENS
            .read(value)
            .unwrap_or_else(|error| panic!("{error}"));
        assert!(tokens.user_of(&Secret::new("")).is_none());
    }
    for value in [
        "hush",
        "ana=one hush",
        "=hush",
        "ana=",
        "ana:hush",
        "ana = hush",
        "current=hush",
        "a/b=hush",
    ] {
        let error = problem(F5_TOKENS.read(value).map(drop));
        assert_eq!(
            error,
            "the variable f5_tokens must be pairs username=token, separated by commas or white space",
            "{value}"
        );
    }
    let error = problem(F5_TOKENS.read("ana=hush,bob=hush").map(drop));
    assert_eq!(
        error,
        "the variable f5_tokens must not give two users the same token"
    );
}

#[test]
fn an_unreadable_value_is_only_logged() {
    let error = Error::from(EXPOSE_DETAILS.read("yes").unwrap_err());
    assert_eq!(
        error.to_string(),
        "The service is unavailable. Try again later."
    );
    let detail = "the variable expose_details must be true or false";
    assert_eq!(error.detail(), Some(detail));
}

#[test]
fn warnings() {
    for (name, value, expected) in [
        (
            "netex_tokens",
            " ",
            Some("the variable netex_tokens is empty: every Netex call gets 401"),
        ),
        ("netex_tokens", "hush", None),
        ("f5_rate_limit", "", None),
        ("f5_rate_limit", "60", None),
        (
            "f5_rate_limit",
            "10/min",
            Some(
                "the variable f5_rate_limit must be a whole number, of which 0 is no limit: calls that need it get 503",
            ),
        ),
        ("public_origin", "https://visage.example.org", None),
        (
            "login_key",
            "",
            Some(
                "the variable login_key is empty: each instance remembers verified passwords alone",
            ),
        ),
        (
            "login_key",
            " fifteen-bytes-1 ",
            Some("the variable login_key must have at least 16 bytes: calls that need it get 503"),
        ),
        ("login_key", "sixteen-bytes-16", None),
        ("some_other_variable", "", None),
        ("some_other_variable", "10/min", None),
    ] {
        assert_eq!(warning(name, value).as_deref(), expected, "{name}={value}");
    }
}
