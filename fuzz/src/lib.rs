//! Shared by the fuzz targets: how to read inputs, and what must be true of every outcome.

#![forbid(unsafe_code)]

use std::future::Future;

use futures::executor::block_on;
use http::{HeaderName, HeaderValue, Method};
use serde_json::Value;
use visage::directory::Directory;
use visage::image::{Format, Image, MAX_BYTES, MAX_SIDE};
use visage::name::{UserId, UserNumber};
use visage::roles::Roles;
use visage::store::MemoryStore;
use visage::user::{AuthSource, NewUser, Profile, User};
use visage::web::{Answer, Head, Refusal};

/// The smallest picture of the test suite.
pub const PIXEL: &[u8] = include_bytes!("../../tests/fixtures/pixel.png");

/// The stand-in for passwords and pictures in the seeds. No error may repeat it.
pub const SECRET: &str = "hush-hush";

/// Runs a future that is always ready.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    block_on(future)
}

/// A directory on this store, with a fixed clock.
pub fn directory(store: MemoryStore) -> Directory<MemoryStore> {
    Directory::with_clock(store, || 1_000_000_000_000)
}

/// The picture [`PIXEL`].
pub fn pixel() -> Image {
    Image::new(PIXEL.to_vec(), "image/png").expect("a picture of the test suite is accepted")
}

/// Fields for a user of this name. The name must be valid.
pub fn new_user(name: &str) -> NewUser {
    NewUser {
        username: name.to_owned().try_into().expect("a user's name"),
        auth_source: AuthSource::default(),
        password: None,
        enabled: true,
        roles: Roles::default(),
        external_id: None,
        common_id: None,
        profile: Profile::default(),
        image: None,
    }
}

/// A user as read from a record.
pub fn user(new: NewUser) -> User {
    let number = UserNumber(1);
    User {
        number,
        id: UserId::new(number, 2),
        username: new.username,
        auth_source: new.auth_source,
        password: None,
        remembered_login: None,
        enabled: new.enabled,
        roles: new.roles,
        external_id: new.external_id,
        common_id: new.common_id,
        profile: new.profile,
    }
}

/// A value as it is stored.
pub fn stored(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("what was accepted can be stored")
}

/// Parses an input in the form of a request: `METHOD path?query`, headers, an empty line, a body. Lines end with LF.
/// Headers that HTTP would not allow are left out.
pub fn request(input: &[u8]) -> Option<(Head, &[u8])> {
    let (head, body) = match input.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (&input[..at], &input[at + 2..]),
        None => (input, &[][..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, target) = std::str::from_utf8(lines.next()?).ok()?.split_once(' ')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut head = Head {
        method: method.parse().unwrap_or(Method::GET),
        origin: "http://localhost:3000".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: http::HeaderMap::new(),
    };
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            head.headers.append(name, value);
        }
    }
    Some((head, body))
}

/// Checks the refusal of a body: it is the client's fault, and its text is a short sentence that repeats no secret.
pub fn assert_refusal(error: &impl Refusal) {
    let text = error.to_string();
    assert!(!text.contains(SECRET), "a secret is repeated: {text}");
    assert!(text.lines().count() <= 2, "several lines: {text}");
    assert!(text.len() <= 512, "long: {text}");
    assert_eq!(error.detail(), None, "not the client's fault: {error:?}");
}

/// Checks an accepted picture.
pub fn assert_image(image: &Image) {
    let bytes = image.bytes();
    assert!((1..=MAX_BYTES).contains(&bytes.len()));
    let [width, height] = sides(image.format(), bytes).expect("an accepted picture has sides");
    for side in [width, height] {
        assert!(
            (1..=MAX_SIDE).contains(&side),
            "accepted with {width} x {height}"
        );
    }
    let again = Image::new(bytes.to_vec(), image.format().media_type());
    assert_eq!(again.as_ref(), Ok(image));
}

/// Reads width and height by the formats' own specifications, as a decoder would.
fn sides(format: Format, bytes: &[u8]) -> Option<[usize; 2]> {
    let number = |at: usize, length: usize| {
        let digits = bytes.get(at..at + length)?;
        Some(
            digits
                .iter()
                .fold(0, |number, byte| number << 8 | usize::from(*byte)),
        )
    };
    match format {
        Format::Png => Some([number(16, 4)?, number(20, 4)?]),
        Format::Gif => Some([
            number(7, 1)? << 8 | number(6, 1)?,
            number(9, 1)? << 8 | number(8, 1)?,
        ]),
        Format::Jpeg => {
            let mut at = 2;
            loop {
                // Other bytes are skipped. A marker may have fill bytes 0xff before it (ITU T.81, B.1.1.2).
                while !matches!(number(at, 2)?, 0xff01..=0xfffe) {
                    at += 1;
                }
                let marker = number(at, 2)?;
                at += 2;
                match marker {
                    // Markers without a segment: TEM, RSTn, SOI, EOI.
                    0xff01 | 0xffd0..=0xffd9 => {}
                    0xffc0..=0xffcf if ![0xffc4, 0xffc8, 0xffcc].contains(&marker) => {
                        return Some([number(at + 5, 2)?, number(at + 3, 2)?]);
                    }
                    _ => at += number(at, 2)?,
                }
            }
        }
    }
}

/// Checks an answer: its body has the type in its header.
pub fn assert_answer(answer: &Answer) {
    let header = |name| answer.headers().get(name).map(HeaderValue::as_bytes);
    let body = answer.body().as_slice();
    match header("content-type") {
        None => assert!(body.is_empty()),
        Some(b"application/json") => {
            serde_json::from_slice::<Value>(body).expect("an answer is JSON");
        }
        Some(b"application/x-javascript") => assert_call(body),
        Some(b"application/xml") => assert_xml(body),
        Some(b"image/png" | b"image/jpeg" | b"image/gif") => {
            assert_eq!(header("cache-control"), Some(&b"private, no-cache"[..]));
        }
        Some(other) => panic!("an answer of type {}", other.escape_ascii()),
    }
}

/// Checks a call of one function with one JSON value and nothing else.
fn assert_call(body: &[u8]) {
    let text = std::str::from_utf8(body).expect("JavaScript is UTF-8");
    let (function, argument) = text.split_once('(').expect("a function is called");
    assert!(
        function.split('.').all(|name| name
            .starts_with(|c: char| c.is_alphabetic() || "$_".contains(c))
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || "$_".contains(c))),
        "{function} is called"
    );
    let argument = argument.strip_suffix(");").expect("the call ends");
    assert!(!argument.contains(['\u{2028}', '\u{2029}', '\n']));
    serde_json::from_str::<Value>(argument).expect("the argument is JSON");
}

/// Checks that XML is well-formed and has only characters that XML allows.
fn assert_xml(body: &[u8]) {
    let text = std::str::from_utf8(body).expect("XML is UTF-8");
    let cannot_stand = |c: char| {
        (c.is_ascii_control() && !"\t\n\r".contains(c) && c != '\u{7f}')
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    assert!(!text.contains(cannot_stand), "{text}");
    let mut reader = quick_xml::Reader::from_str(text);
    let mut depth = 0;
    loop {
        use quick_xml::events::Event;
        match reader.read_event().expect("XML is well-formed") {
            Event::Start(element) => {
                element
                    .attributes()
                    .for_each(|attribute| drop(attribute.expect("an attribute")));
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            Event::GeneralRef(reference) => {
                let known = ["amp", "lt", "gt", "quot", "apos"];
                assert!(reference.starts_with('#') || known.contains(&&*reference));
            }
            Event::DocType(_) | Event::PI(_) | Event::CData(_) => panic!("{text}"),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
}
