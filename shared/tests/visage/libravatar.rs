//! Requests for public avatars.

use http::{HeaderMap, Method};
use proptest::prelude::*;
use visage::directory::EmailHash;
use visage::libravatar::{Error, Fallback, Query, Target};
use visage::rendering::Size;
use visage::web::Head;

const MD5: &str = "0bc83cb571cd1c50ba6f3e8a78ef1346";
const SHA256: &str = "84059b07d4be67b806386c0aad8070a23f18836bbaae342275dc0a83414c32ee";

fn head(path: &str, query: &str) -> Head {
    Head {
        method: Method::GET,
        origin: "http://localhost".into(),
        path: path.into(),
        query: query.into(),
        headers: HeaderMap::new(),
    }
}

fn target(path: &str) -> Result<Target, Error> {
    Target::of(&head(path, ""))
}

#[test]
fn hashes_of_both_kinds_in_any_case_and_with_an_extension() {
    for hash in [MD5, SHA256] {
        let expected = EmailHash::from_hex(hash).map(Target::Address);
        let upper = hash.to_uppercase();
        for path in [
            format!("/avatar/{hash}"),
            format!("/avatar/{upper}"),
            format!("/avatar/{upper}.PNG"),
            format!("/avatar/{hash}.jpeg/"),
            format!("//avatar//{hash}.webp"),
            format!("/avatar/%{:x}{}", hash.as_bytes()[0], &hash[1..]),
        ] {
            assert_eq!(target(&path).ok(), expected, "{path}");
        }
    }
}

#[test]
fn ids_and_revisions_in_any_case_and_with_an_extension() {
    let upper = MD5.to_uppercase();
    for path in [format!("/avatars/{MD5}"), format!("/avatars/{upper}.JPG")] {
        assert_eq!(target(&path), Ok(Target::User(MD5.into())), "{path}");
    }
    let expected = Target::Revision {
        id: MD5.into(),
        revision: "0123456789abcdef".into(),
    };
    for path in [
        format!("/avatars/{MD5}/0123456789abcdef"),
        format!("/avatars/{upper}/0123456789ABCDEF.png"),
    ] {
        assert_eq!(target(&path), Ok(expected.clone()), "{path}");
    }
}

#[test]
fn what_is_no_hash_and_no_id_is_refused() {
    for path in [
        format!("/avatar/{}", &MD5[1..]),
        format!("/avatar/{MD5}.svg"),
        format!("/avatar/{MD5}.png.png"),
        format!("/avatar/{MD5}0"),
        format!("/avatar/{}", MD5.replace('0', "g")),
        "/avatar/%".into(),
        "/avatar/%ff".into(),
        "/avatars/ana".into(),
        format!("/avatars/{SHA256}"),
    ] {
        assert!(matches!(target(&path), Err(Error::Request(_))), "{path}");
    }
    for path in [
        "/avatar".to_owned(),
        "/avatars/".into(),
        format!("/avatar/{MD5}/{MD5}"),
        format!("/avatars/{MD5}/a/b"),
        format!("/photos/{MD5}"),
    ] {
        assert_eq!(target(&path), Err(Error::NoSuchPath), "{path}");
    }
}

#[test]
fn the_log_shows_no_hash() {
    for path in ["/avatar/", "/avatar/x", "//avatar/%zz", "/avatar/a/b"] {
        assert_eq!(Target::path_to_log(&head(path, "")), "/avatar/-");
    }
    for path in [&format!("/avatars/{MD5}"), "/avatars", "/avatars/a/b/c"] {
        assert_eq!(Target::path_to_log(&head(path, "")), "/avatars/-");
    }
}

#[test]
fn queries() {
    let usual = Query {
        size: Size::DEFAULT,
        fallback: Fallback::Figure,
        forced: false,
    };
    let size = |pixels| Query {
        size: Size::new(pixels).unwrap(),
        ..usual
    };
    let fallback = |fallback| Query { fallback, ..usual };
    for (query, expected) in [
        ("", usual),
        ("s=1", size(1)),
        ("size=512", size(512)),
        ("s=513", size(512)),
        ("s=340282366920938463463374607431768211456", size(512)),
        ("s=0", usual),
        ("s=", usual),
        ("s=-5", usual),
        ("s=+5", usual),
        ("s=5.5", usual),
        ("s=%35%30", size(50)),
        ("s=٣", usual),
        ("d=404", fallback(Fallback::NotFound)),
        ("default=identicon", fallback(Fallback::Identicon)),
        ("d=pagan", fallback(Fallback::Identicon)),
        ("d=initials", fallback(Fallback::Initials)),
        ("d=blank", fallback(Fallback::Blank)),
        ("d=mm", usual),
        ("d=https%3A%2F%2Fexample.org%2Fa.png", usual),
        ("s=&size=32", size(32)),
        ("s=x&size=32", size(32)),
        ("s=16&size=32", size(16)),
        ("d=&default=404", fallback(Fallback::NotFound)),
        ("f=n", usual),
        (
            "forcedefault=y",
            Query {
                forced: true,
                ..usual
            },
        ),
    ] {
        assert_eq!(Query::of(&head("/", query)), expected, "{query}");
    }
}

proptest! {
    #[test]
    fn every_size_has_a_kept_one_that_is_not_smaller(text in "[0-9]{1,22}") {
        let size = Query::of(&head("/", &format!("s={text}"))).size;
        prop_assert!((1..=512).contains(&size.pixels()));
        prop_assert!(size.kept() >= size && Size::KEPT.contains(&size.kept()));
    }
}
