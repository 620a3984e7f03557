//! The bytes that are accepted as a picture, and those that are not.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use visage::image::{Format, Image, ImageFault, MAX_BYTES};

const PNG: &[u8] = include_bytes!("../../../tests/fixtures/avatar.png");
const JPEG: &[u8] = include_bytes!("../../../tests/fixtures/avatar.jpg");
const GIF: &[u8] = include_bytes!("../../../tests/fixtures/avatar.gif");

/// A picture of exactly this many bytes. Readers ignore data after its end.
fn padded(picture: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = picture.to_vec();
    bytes.resize(length, 0);
    bytes
}

/// Overwrites the picture's bytes from an offset on.
fn patched(picture: &[u8], offset: usize, patch: &[u8]) -> Vec<u8> {
    let mut bytes = picture.to_vec();
    bytes[offset..offset + patch.len()].copy_from_slice(patch);
    bytes
}

#[test]
fn formats_are_recognised_by_their_bytes() {
    for (bytes, format) in [(PNG, Format::Png), (JPEG, Format::Jpeg), (GIF, Format::Gif)] {
        let image = Image::new(bytes.to_vec(), "").unwrap();
        assert_eq!(image.format(), format);
        assert_eq!(image.bytes(), bytes);
    }
}

#[test]
fn declared_types() {
    use ImageFault::Contradicted;
    for (bytes, declared, expected) in [
        (PNG, "image/png", Ok(())),
        (PNG, "IMAGE/PNG; name=a.png", Ok(())),
        (PNG, " image/png ;x", Ok(())),
        (PNG, "", Ok(())),
        (PNG, "application/octet-stream", Ok(())),
        (PNG, "image/jpeg", Err(Contradicted)),
        (PNG, "image/webp", Err(Contradicted)),
        (PNG, "text/plain", Err(Contradicted)),
        (JPEG, "image/jpeg", Ok(())),
        (JPEG, "image/jpg", Ok(())),
        (JPEG, "image/pjpeg", Ok(())),
        (JPEG, "image/png", Err(Contradicted)),
        (GIF, "image/gif", Ok(())),
        (GIF, "image/jpeg", Err(Contradicted)),
    ] {
        let outcome = Image::new(bytes.to_vec(), declared).map(drop);
        assert_eq!(outcome, expected, "declared {declared:?}");
    }
}

#[test]
fn sizes_and_sides() {
    use ImageFault::{Dimensions, Empty, TooLarge};
    let side = |pixels: u32| pixels.to_be_bytes();
    for (name, bytes, expected) in [
        ("nothing", vec![], Err(Empty)),
        ("the largest", padded(PNG, MAX_BYTES), Ok(())),
        ("a byte more", padded(PNG, MAX_BYTES + 1), Err(TooLarge)),
        ("a wide one", patched(PNG, 16, &side(8192)), Ok(())),
        (
            "a pixel wider",
            patched(PNG, 16, &side(8193)),
            Err(Dimensions),
        ),
        ("no width", patched(PNG, 16, &side(0)), Err(Dimensions)),
        ("a tall one", patched(PNG, 20, &side(8192)), Ok(())),
        (
            "all bits of a side",
            patched(PNG, 20, &side(u32::MAX)),
            Err(Dimensions),
        ),
        ("no height", patched(GIF, 8, &[0, 0]), Err(Dimensions)),
        (
            "a huge gif",
            patched(GIF, 6, &[0xff, 0xff]),
            Err(Dimensions),
        ),
    ] {
        assert_eq!(Image::new(bytes, "").map(drop), expected, "{name}");
    }
}

#[test]
fn attacks() {
    use ImageFault::{Dimensions, Unsupported};
    let endless_jpeg = [b"\xff\xd8\xff".as_slice(), &[0xd8; 4096]].concat();
    let markers_without_end = [b"\xff\xd8".as_slice(), &[0xff; 4096]].concat();
    for (name, bytes, expected) in [
        (
            "a script",
            b"<script>alert(1)</script>".to_vec(),
            Unsupported,
        ),
        (
            "a vector graphic",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            Unsupported,
        ),
        ("a PNG's first bytes", PNG[..8].to_vec(), Unsupported),
        (
            "a PNG without its header chunk",
            patched(PNG, 12, b"IDAT"),
            Unsupported,
        ),
        (
            "a PNG cut inside of its header",
            PNG[..20].to_vec(),
            Dimensions,
        ),
        (
            "a picture behind a space",
            [b" ", PNG].concat(),
            Unsupported,
        ),
        ("a GIF's name alone", b"GIF89a".to_vec(), Dimensions),
        (
            "a GIF of a version that never was",
            patched(GIF, 3, b"90a"),
            Unsupported,
        ),
        ("a JPEG's first bytes", b"\xff\xd8\xff".to_vec(), Dimensions),
        (
            "a JPEG whose first segment has no length",
            b"\xff\xd8\xff\xe0\0\0\xff\xd8".to_vec(),
            Dimensions,
        ),
        (
            "a JPEG whose segment ends beyond the file",
            b"\xff\xd8\xff\xe0\xff\xff\0".to_vec(),
            Dimensions,
        ),
        (
            "a JPEG that starts again and again",
            endless_jpeg,
            Dimensions,
        ),
        (
            "a JPEG of markers without end",
            markers_without_end,
            Dimensions,
        ),
        ("a RIFF", b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), Unsupported),
    ] {
        assert_eq!(Image::new(bytes, ""), Err(expected), "{name}");
    }
}

/// The header that decoders use decides, whatever else is in the file.
#[test]
fn jpegs_that_show_another_size() {
    let frame = |side: u16| {
        let [high, low] = side.to_be_bytes();
        [0xff, 0xc0, 0, 11, 8, high, low, high, low, 1, 1, 0x11, 0]
    };
    let start = b"\xff\xd8".as_slice();
    let restart = b"\xff\xd0\0\x0f".as_slice();
    let scan = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0".as_slice();
    let fill = b"\xff\xff\xff".as_slice();
    let comment = b"\xff\xfe\0\x04hi".as_slice();
    for (name, bytes, accepted) in [
        ("a small one", [start, &frame(8)].concat(), true),
        ("fill bytes", [start, fill, &frame(8)].concat(), true),
        ("a comment", [start, comment, &frame(8192)].concat(), true),
        (
            "a huge one",
            [start, comment, &frame(65500)].concat(),
            false,
        ),
        (
            "a huge one behind fill bytes",
            [start, fill, &frame(65500), &frame(8)].concat(),
            false,
        ),
        (
            "a huge one before a small one",
            [start, &frame(65500), &frame(8)].concat(),
            false,
        ),
        (
            "a restart before it",
            [start, restart, &frame(65500), &frame(8)].concat(),
            false,
        ),
        ("a scan before it", [start, scan, &frame(8)].concat(), false),
        ("a second start", [start, start, &frame(8)].concat(), false),
        ("an end", [start, b"\xff\xd9", &frame(8)].concat(), false),
    ] {
        assert_eq!(Image::new(bytes, "").is_ok(), accepted, "{name}");
    }
}

#[test]
fn base64_that_is_none() {
    for text in [
        "!",
        "iVBO Rw0K",
        "iVBORw0K\n",
        "====",
        "data:image/png,iVBORw0K",
        "data:image/png;base64",
        "i",
    ] {
        let outcome = Image::from_base64(text, "");
        assert_eq!(outcome, Err(ImageFault::NotBase64), "{text:?}");
    }
    assert_eq!(Image::from_base64("", ""), Err(ImageFault::Empty));
    assert_eq!(
        Image::from_base64("data:;base64,", ""),
        Err(ImageFault::Empty)
    );
}

#[test]
fn data_urls_declare_a_type() {
    let png = STANDARD.encode(PNG);
    for (prefix, declared, expected) in [
        ("data:image/png;base64,", "", Ok(())),
        ("data:;base64,", "image/png", Ok(())),
        ("data:image/png;name=a;base64,", "image/png", Ok(())),
        ("data:image/jpeg;base64,", "", Err(ImageFault::Contradicted)),
        (
            "data:image/png;base64,",
            "image/gif",
            Err(ImageFault::Contradicted),
        ),
        (
            "data:image/gif;base64,",
            "image/png",
            Err(ImageFault::Contradicted),
        ),
    ] {
        let outcome = Image::from_base64(&format!("{prefix}{png}"), declared).map(drop);
        assert_eq!(outcome, expected, "{prefix} with {declared:?}");
    }
}

#[test]
fn too_much_base64_is_not_decoded() {
    // None of these characters is base64.
    let text = "!".repeat(MAX_BYTES.div_ceil(3) * 4 + 1);
    assert_eq!(Image::from_base64(&text, ""), Err(ImageFault::TooLarge));
    let text = STANDARD.encode(padded(GIF, MAX_BYTES + 1));
    assert_eq!(Image::from_base64(&text, ""), Err(ImageFault::TooLarge));
}

proptest! {
    #[test]
    fn any_picture_comes_through_every_form_of_base64(tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let bytes = [GIF, &tail].concat();
        for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
            let text = engine.encode(&bytes);
            let image = Image::from_base64(&text, "image/gif").unwrap();
            prop_assert_eq!(image.bytes(), &bytes);
            let image = Image::from_base64(&format!("data:image/gif;base64,{text}"), "").unwrap();
            prop_assert_eq!(image.bytes(), &bytes);
        }
    }

    #[test]
    fn no_bytes_upset_the_check(
        picture in prop::sample::select(vec![PNG, JPEG, GIF]),
        cut in any::<prop::sample::Index>(),
        tail in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let bytes = [&picture[..cut.index(picture.len())], &tail].concat();
        if let Ok(image) = Image::new(bytes.clone(), "") {
            prop_assert_eq!(image.bytes(), bytes);
        }
    }

    #[test]
    fn no_text_upsets_the_decoder(text in ".{0,200}", declared in ".{0,40}") {
        let _ = Image::from_base64(&text, &declared);
    }
}
