//! Pictures with false headers. No component decodes pictures, so this does no harm: accepted ones are kept byte for
//! byte.

use visage_tests::{Request, fixtures};

use super::{PASSWORD, server};
use crate::{calls, uploads};

const MOST: usize = 512 * 1024;

/// The expected outcome for a picture.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Kept,
    Refused,
}

/// A PNG with this first chunk.
fn png(length: u32, width: u32, height: u32, rest: &[u8]) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend(length.to_be_bytes());
    png.extend(b"IHDR");
    png.extend(width.to_be_bytes());
    png.extend(height.to_be_bytes());
    png.extend(b"\x08\x02\0\0\0\0\0\0\0");
    png.extend(rest);
    png
}

fn jpeg(rest: &[u8]) -> Vec<u8> {
    [b"\xff\xd8", rest].concat()
}

/// Repeats these bytes up to the size limit of a picture.
fn filled(start: &[u8], piece: &[u8]) -> Vec<u8> {
    let pieces = (MOST - start.len()) / piece.len();
    [start, &piece.repeat(pieces)].concat()
}

fn pictures() -> Vec<(&'static str, Vec<u8>, Fate)> {
    use Fate::{Kept, Refused};
    let frame = b"\xff\xc0\0\x11\x08\0\x01\0\x01\x03\x01\x11\0\x02\x11\0\x03\x11\0";
    let gif = b"GIF89a\x01\0\x01\0\0\0\0";
    vec![
        (
            "PNG: signature alone",
            b"\x89PNG\r\n\x1a\n".to_vec(),
            Refused,
        ),
        (
            "PNG: cut in the width",
            png(13, 1, 1, b"")[..18].to_vec(),
            Refused,
        ),
        ("PNG: no width", png(13, 0, 1, b""), Refused),
        ("PNG: no height", png(13, 1, 0, b""), Refused),
        (
            "PNG: the widest there can be",
            png(13, u32::MAX, 1, b""),
            Refused,
        ),
        (
            "PNG: the highest there can be",
            png(13, 1, u32::MAX, b""),
            Refused,
        ),
        (
            "PNG: a negative width",
            png(13, i32::MIN.cast_unsigned(), 1, b""),
            Refused,
        ),
        ("PNG: a pixel too wide", png(13, 8193, 1, b""), Refused),
        (
            "PNG: 64 million pixels in 33 bytes",
            png(13, 8192, 8192, b""),
            Kept,
        ),
        (
            "PNG: a header that is too long",
            png(u32::MAX, 1, 1, b""),
            Refused,
        ),
        ("PNG: a header without a length", png(0, 1, 1, b""), Refused),
        (
            "PNG: a chunk that overflows",
            png(13, 1, 1, b"\xff\xff\xff\xffIDAT"),
            Kept,
        ),
        (
            "PNG: a chunk that overflows by one",
            png(13, 1, 1, b"\x7f\xff\xff\xffIDATx\0\0\0\0"),
            Kept,
        ),
        (
            "PNG: chunks without an end",
            filled(&png(13, 1, 1, b""), b"\0\0\0\0tEXt\0\0\0\0"),
            Kept,
        ),
        ("JPEG: start alone", jpeg(b"\xff"), Refused),
        ("JPEG: an end, no picture", jpeg(b"\xff\xd9"), Refused),
        (
            "JPEG: a segment that is longer than all",
            jpeg(b"\xff\xe0\xff\xffJFIF"),
            Refused,
        ),
        (
            "JPEG: a segment of no length",
            filled(&jpeg(b""), b"\xff\xe0\0\0"),
            Refused,
        ),
        (
            "JPEG: a segment shorter than its length",
            filled(&jpeg(b""), b"\xff\xe0\0\x01"),
            Refused,
        ),
        (
            "JPEG: segments without an end",
            filled(&jpeg(b""), b"\xff\xe0\0\x02"),
            Refused,
        ),
        (
            "JPEG: filling without an end",
            filled(&jpeg(b""), b"\xff"),
            Refused,
        ),
        ("JPEG: a frame cut short", jpeg(&frame[..6]), Refused),
        (
            "JPEG: a frame without width",
            jpeg(b"\xff\xc0\0\x11\x08\0\x01\0\0\x03\x01\x11\0\x02\x11\0\x03\x11\0"),
            Refused,
        ),
        (
            "JPEG: a scan without an end",
            filled(&jpeg(&[&frame[..], b"\xff\xda\0\x02"].concat()), b"\0"),
            Kept,
        ),
        (
            "JPEG: starts without an end",
            filled(b"", b"\xff\xd8"),
            Refused,
        ),
        ("GIF: signature alone", b"GIF89a".to_vec(), Refused),
        ("GIF: no size", b"GIF89a\0\0\0\0\0\0\0;".to_vec(), Refused),
        (
            "GIF: a size too large",
            b"GIF89a\xff\xff\xff\xff\0\0\0;".to_vec(),
            Refused,
        ),
        ("GIF: no end", gif.to_vec(), Kept),
        (
            "GIF: pieces without an end",
            filled(&[&gif[..], b"\x21\xfe"].concat(), b"\x01\0\x21\xfe"),
            Kept,
        ),
        (
            "GIF: frames without an end",
            filled(gif, b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\0"),
            Kept,
        ),
        (
            "GIF: an unknown version",
            b"GIF90a\x01\0\x01\0\0\0\0;".to_vec(),
            Refused,
        ),
        ("nothing but zeros", vec![0; MOST], Refused),
    ]
}

fn by_each_family(picture: &[u8]) -> [Request; 3] {
    [
        uploads::netex("ana", picture),
        uploads::bpm("current", "ana", PASSWORD, picture),
        uploads::f5("hush-ana", picture),
    ]
}

#[test]
fn pictures_that_lie_are_refused_or_kept_to_the_byte() {
    let server = server(&[]);
    let own = fixtures::picture("avatar.png");
    for (name, picture, fate) in pictures() {
        for upload in by_each_family(&picture) {
            server
                .send(&calls::add_image("ana", "avatar.png"))
                .expect(200);
            let status = if fate == Fate::Kept { 200 } else { 400 };
            let answer = server.send(&upload);
            assert_eq!(
                answer.status, status,
                "{name} to {}: {answer}",
                upload.target
            );
            let shown = server.send(&calls::netex("GET", "/ana/image")).expect(200);
            let there = if fate == Fate::Kept { &picture } else { &own };
            assert!(&shown.body == there, "{name} to {}", upload.target);
            assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
        }
    }
    server.assert_no_trap();
}
