//! The picture in a multipart body, however the body arrives.

use bytes::Bytes;
use futures::executor::block_on;
use futures::stream;
use http::{HeaderMap, Method};
use proptest::prelude::*;
use visage::bpm::{Error, boundary, upload};
use visage::image::{Image, ImageFault, MAX_BYTES};
use visage::web::{self, BrokenOff, Head};

const PNG: &[u8] = include_bytes!("../../../tests/fixtures/avatar.png");
const GIF: &[u8] = include_bytes!("../../../tests/fixtures/avatar.gif");

/// A part of a form: the text after `form-data`, the content type and the content.
type Part<'p> = (&'p str, &'p str, &'p [u8]);

const FILE: Part<'static> = ("name=\"avatar\"; filename=\"a.png\"", "image/png", PNG);
const FIELD: Part<'static> = ("name=\"note\"", "", b"hello");

fn body(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (disposition, content_type, content) in parts {
        body.extend(format!("--xyz\r\nContent-Disposition: form-data; {disposition}\r\n").bytes());
        if !content_type.is_empty() {
            body.extend(format!("Content-Type: {content_type}\r\n").bytes());
        }
        body.extend(b"\r\n");
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--xyz--\r\n");
    body
}

/// Reads a body that arrives in pieces of this many bytes.
fn read(body: &[u8], piece: usize) -> Result<Image, Error> {
    let pieces: Vec<_> = body
        .chunks(piece)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    block_on(upload("xyz".to_owned(), stream::iter(pieces)))
}

fn fault(name: &str, fault: ImageFault) -> Result<(), Error> {
    Err(web::Error::image(name.to_owned(), fault).into())
}

fn broken() -> web::Error {
    web::Error::invalid("avatar", "is not well-formed multipart/form-data")
}

#[test]
fn the_one_file_is_taken() {
    let preamble = [b"a preamble\r\n".as_slice(), &body(&[FILE])].concat();
    let epilogue = [&body(&[FILE]), b"an epilogue".as_slice()].concat();
    for (name, body) in [
        ("alone", body(&[FILE])),
        ("after a field", body(&[FIELD, FILE])),
        ("before fields", body(&[FILE, FIELD, FIELD])),
        ("by another name", body(&[("name=x; filename=y", "", PNG)])),
        ("without a name", body(&[("filename=\"y\"", "", PNG)])),
        (
            "the file's name first",
            body(&[("filename=\"a.png\"; name=\"avatar\"", "", PNG)]),
        ),
        (
            "in other letter case",
            body(&[("NAME=x; FileName=\"y\"", "IMAGE/PNG", PNG)]),
        ),
        (
            "by an extended name",
            body(&[("name=x; filename*=UTF-8''%e2%82%ac.png", "", PNG)]),
        ),
        (
            "by both names",
            body(&[("name=x; filename*=UTF-8''a.png; filename=a.png", "", PNG)]),
        ),
        (
            "by a name in another charset",
            body(&[("name=x; filename=\"\u{e9}\"", "", PNG)]),
        ),
        (
            "declaring nothing",
            body(&[("name=x; filename=y", "application/octet-stream", PNG)]),
        ),
        ("with a preamble", preamble),
        ("with an epilogue", epilogue),
    ] {
        let image = read(&body, 1000).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(image.bytes(), PNG, "{name}");
    }
}

#[test]
fn anything_but_one_good_file_is_refused() {
    let unclosed = body(&[FILE]);
    let unclosed = &unclosed[..unclosed.len() - 9];
    let nested = b"--in\r\nContent-Disposition: file; filename=\"a.png\"\r\n\r\nx\r\n--in--\r\n";
    let no_header_end = b"--xyz\r\nContent-Disposition: form-data; name=x";
    for (name, body, expected) in [
        ("no part", body(&[]), Err(Error::NoFile)),
        ("a field alone", body(&[FIELD]), Err(Error::NoFile)),
        (
            "a field that talks of a file",
            body(&[("name=\"a; filename=b\"", "", PNG)]),
            Err(Error::NoFile),
        ),
        (
            "files inside of a field",
            body(&[("name=x", "multipart/mixed; boundary=in", nested)]),
            Err(Error::NoFile),
        ),
        ("two files", body(&[FILE, FILE]), Err(Error::SeveralFiles)),
        (
            "two files around a field",
            body(&[FILE, FIELD, FILE]),
            Err(Error::SeveralFiles),
        ),
        (
            "an empty file",
            body(&[("name=x; filename=\"a.png\"", "", b"")]),
            fault("a.png", ImageFault::Empty),
        ),
        (
            "no file chosen",
            body(&[("name=x; filename=\"\"", "", b"")]),
            fault("", ImageFault::Empty),
        ),
        (
            "a text",
            body(&[("name=x; filename=\"a.txt\"", "text/plain", b"hello")]),
            fault("a.txt", ImageFault::Unsupported),
        ),
        (
            "another type",
            body(&[("name=x; filename=a.gif", "image/gif", PNG)]),
            fault("a.gif", ImageFault::Contradicted),
        ),
        (
            "a quoted name",
            body(&[("name=x; filename=\"a \\\"b\\\" C:\\\\c.txt\"", "", b"x")]),
            fault("a \"b\" C:\\\\c.txt", ImageFault::Unsupported),
        ),
        (
            "an extended name",
            body(&[("name=x; filename*=UTF-8'en'%e2%82%ac%20rates", "", b"x")]),
            fault("€ rates", ImageFault::Unsupported),
        ),
        (
            "an end that does not come",
            unclosed.to_vec(),
            Err(broken().into()),
        ),
        (
            "a header that does not end",
            no_header_end.to_vec(),
            Err(broken().into()),
        ),
        ("nothing", Vec::new(), Err(broken().into())),
        ("no boundary anywhere", PNG.to_vec(), Err(broken().into())),
    ] {
        for piece in [1, 7, 100_000] {
            assert_eq!(
                read(&body, piece).map(drop),
                expected,
                "{name} in pieces of {piece}"
            );
        }
    }
}

#[test]
fn limits() {
    let padded = |length| {
        let mut bytes = GIF.to_vec();
        bytes.resize(length, b'-');
        bytes
    };
    let upload = |length| body(&[("name=x; filename=a.gif", "", &padded(length))]);
    assert_eq!(
        read(&upload(MAX_BYTES), 65_536).unwrap().bytes().len(),
        MAX_BYTES
    );
    let outcome = read(&upload(MAX_BYTES + 1), 65_536).map(drop);
    assert_eq!(outcome, fault("a.gif", ImageFault::TooLarge));

    let field = vec![b'x'; 1024 * 1024];
    let outcome = read(&body(&[("name=x", "", &field), FILE]), 65_536).map(drop);
    assert_eq!(
        outcome,
        Err(web::Error::BodyTooLarge { limit: 1024 * 1024 }.into())
    );
}

#[test]
fn no_more_is_read_than_is_allowed() {
    let head =
        b"--xyz\r\nContent-Disposition: form-data; name=x; filename=a.gif\r\n\r\nGIF89a".to_vec();
    let mut pieces = 0;
    let endless = stream::unfold(Some(head), move |head| {
        pieces += 1;
        assert!(pieces < 20, "reads on and on");
        let piece = head.unwrap_or_else(|| vec![0; 65_536]);
        async move { Some((Ok(Bytes::from(piece)), None)) }
    });
    // The reader takes all available data at once, so the body's limit is reached first.
    let outcome = block_on(upload("xyz".to_owned(), endless)).map(drop);
    assert_eq!(
        outcome,
        Err(web::Error::BodyTooLarge { limit: 1024 * 1024 }.into())
    );
}

#[test]
fn a_truncated_body_is_reported() {
    let start = body(&[FILE])[..100].to_vec();
    let pieces = [Ok(Bytes::from(start)), Err(BrokenOff)];
    let outcome = block_on(upload("xyz".to_owned(), stream::iter(pieces)));
    assert_eq!(outcome, Err(web::Error::BodyUnreadable.into()));
}

#[test]
fn only_multipart_without_a_coding() {
    let head = |headers: &[(&'static str, &str)]| {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Head {
            method: Method::POST,
            origin: String::new(),
            path: String::new(),
            query: String::new(),
            headers: map,
        }
    };
    let other = |name: &str| Err(web::Error::UnsupportedMediaType(name.to_owned()));
    for (headers, expected) in [
        (
            &[("content-type", "multipart/form-data; boundary=xyz")][..],
            Ok("xyz".to_owned()),
        ),
        (
            &[("content-type", "Multipart/Form-Data; boundary=\"x y\"")],
            Ok("x y".to_owned()),
        ),
        (
            &[
                ("content-type", "multipart/form-data; boundary=x"),
                ("content-encoding", "identity"),
            ],
            Ok("x".to_owned()),
        ),
        (&[("content-type", "multipart/form-data")], Err(broken())),
        (
            &[("content-type", "multipart/mixed; boundary=x")],
            other("multipart/mixed"),
        ),
        (&[("content-type", "image/png")], other("image/png")),
        (&[("content-type", "")], other("")),
        (&[], other("")),
        (
            &[
                ("content-type", "multipart/form-data; boundary=x"),
                ("content-encoding", "gzip"),
            ],
            other("gzip"),
        ),
    ] {
        assert_eq!(boundary(&head(headers)), expected, "{headers:?}");
    }
}

proptest! {
    #[test]
    fn pieces_make_no_difference(piece in 1usize..300, tail in prop::collection::vec(any::<u8>(), 0..200)) {
        // Line ends and dashes, to resemble boundaries.
        let content = [GIF, b"\r\n--xy\r\n--", &tail].concat();
        let body = body(&[FIELD, ("name=x; filename=y", "", &content), FIELD]);
        let image = read(&body, piece).unwrap();
        prop_assert_eq!(image.bytes(), &content);
    }

    #[test]
    fn no_body_upsets_the_reader(cut in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>(), with in any::<u8>()) {
        let mut body = body(&[FIELD, FILE]);
        let at = flip.index(body.len());
        body[at] ^= with;
        let _ = read(&body, 64);
        let _ = read(&body[..cut.index(body.len())], 64);
    }
}
