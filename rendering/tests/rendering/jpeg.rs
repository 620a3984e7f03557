//! JPEGs of every kind.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use visage::image::Format;

use crate::support::{
    QUARTERS, assert_colours, draw, jpeg, luminance, middles, opaque, quarters, quarters_jpeg,
    with_segment,
};

#[test]
fn codings() {
    type Set = fn(&mut Encoder<&mut Vec<u8>>);
    let codings: [(&str, Set); 9] = [
        ("all chrominance", |it| {
            it.set_sampling_factor(SamplingFactor::F_1_1);
        }),
        ("half the columns", |it| {
            it.set_sampling_factor(SamplingFactor::F_2_1);
        }),
        ("half the rows", |it| {
            it.set_sampling_factor(SamplingFactor::F_1_2);
        }),
        ("a quarter", |it| {
            it.set_sampling_factor(SamplingFactor::F_2_2);
        }),
        ("a quarter of the columns", |it| {
            it.set_sampling_factor(SamplingFactor::F_4_1);
        }),
        ("optimised", |it| it.set_optimized_huffman_tables(true)),
        ("restart markers", |it| it.set_restart_interval(1)),
        ("progressive", |it| it.set_progressive(true)),
        ("progressive with restart markers", |it| {
            it.set_progressive(true);
            it.set_restart_interval(3);
        }),
    ];
    for (name, set) in codings {
        let rendering = draw(&quarters_jpeg(set), 40).unwrap();
        assert_eq!(rendering.format, Format::Jpeg, "{name}");
        assert_colours(middles(&rendering, 40), opaque(QUARTERS), name);
    }
}

#[test]
fn grey() {
    let pixels: Vec<u8> = quarters(96, 64).into_iter().map(luminance).collect();
    let file = jpeg(&pixels, [96, 64], ColorType::Luma, |_| {});
    let expected = opaque(QUARTERS.map(|colour| [luminance(colour); 3]));
    assert_colours(middles(&draw(&file, 40).unwrap(), 40), expected, "grey");
}

#[test]
fn inks() {
    let inks = quarters(96, 64).into_iter().map(|colour| {
        let [cyan, magenta, yellow] = colour.map(|light| 255 - light);
        [cyan, magenta, yellow, 0]
    });
    let inks: Vec<_> = inks.collect();
    for color in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let file = jpeg(inks.as_flattened(), [96, 64], color, |_| {});
        let rendering = draw(&file, 40).unwrap();
        assert_colours(
            middles(&rendering, 40),
            opaque(QUARTERS),
            &format!("{color:?}"),
        );
    }
    // Black ink darkens the others.
    let grey = [[0, 0, 0, 127]; 64].as_flattened().to_vec();
    let file = jpeg(&grey, [8, 8], ColorType::Cmyk, |_| {});
    assert_colours(
        middles(&draw(&file, 40).unwrap(), 40),
        [[128, 128, 128, 255]; 4],
        "black",
    );
}

#[test]
fn inks_are_inverted_only_by_adobe() {
    let inks = [[0, 255, 255, 0]; 64];
    let file = jpeg(inks.as_flattened(), [8, 8], ColorType::Cmyk, |_| {});
    let adobe = file.windows(5).position(|bytes| bytes == b"Adobe").unwrap();
    let plain = [&file[..adobe - 4], &file[adobe + 12..]].concat();
    let inverted = middles(&draw(&file, 40).unwrap(), 40);
    assert_colours(inverted, [[255, 0, 0, 255]; 4], "red");
    // What Adobe's programs take for no ink is all ink without their marker: that of black too.
    assert_colours(
        middles(&draw(&plain, 40).unwrap(), 40),
        [[0, 0, 0, 255]; 4],
        "black",
    );
}

#[test]
fn red_green_and_blue_as_components() {
    // Adobe's marker says that the components are no luminance and chrominance.
    let flat = jpeg(&[90, 160, 40].repeat(64), [8, 8], ColorType::Ycbcr, |_| {});
    let jfif = usize::from(u16::from_be_bytes([flat[4], flat[5]]));
    let bare = [&flat[..2], &flat[4 + jfif..]].concat();
    let file = with_segment(&bare, 0xee, b"Adobe\0\x64\0\0\0\0\0");
    assert_colours(
        middles(&draw(&file, 40).unwrap(), 40),
        [[90, 160, 40, 255]; 4],
        "RGB",
    );
}

#[test]
fn orientations() {
    let [red, green, blue, grey] = QUARTERS;
    let expected = [
        [red, green, blue, grey],
        [green, red, grey, blue],
        [grey, blue, green, red],
        [blue, grey, red, green],
        [red, blue, green, grey],
        [blue, red, grey, green],
        [grey, green, blue, red],
        [green, grey, red, blue],
        // Unknown ones mean nothing.
        [red, green, blue, grey],
    ];
    for (orientation, expected) in (1..).zip(expected) {
        for exif in [big_endian(orientation), little_endian(orientation)] {
            let file = with_segment(&quarters_jpeg(|_| {}), 0xe1, &exif);
            let rendering = draw(&file, 40).unwrap();
            let name = format!("orientation {orientation}");
            assert_colours(middles(&rendering, 40), opaque(expected), &name);
        }
    }
}

fn big_endian(orientation: u8) -> Vec<u8> {
    let entry = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
    [b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".as_slice(), &entry].concat()
}

fn little_endian(orientation: u8) -> Vec<u8> {
    let entry = [0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
    [b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0".as_slice(), &entry].concat()
}

#[test]
fn broken_exif_data_is_ignored() {
    let whole = big_endian(6);
    for length in 0..whole.len() - 2 {
        let file = with_segment(&quarters_jpeg(|_| {}), 0xe1, &whole[..length]);
        let rendering = draw(&file, 40).unwrap();
        assert_colours(
            middles(&rendering, 40),
            opaque(QUARTERS),
            &format!("{length} bytes"),
        );
    }
}

#[test]
fn nothing_else_of_the_file_gets_out() {
    let secret = b"51.4779 N, 0.0015 W";
    let mut file = quarters_jpeg(|_| {});
    for (marker, head) in [
        (0xe1, b"Exif\0\0".as_slice()),
        (0xe1, b"http://ns.adobe.com/xap/1.0/\0"),
        (0xe2, b"ICC_PROFILE\0\x01\x01"),
        (0xed, b"Photoshop 3.0\0"),
        (0xfe, b""),
    ] {
        file = with_segment(&file, marker, &[head, secret].concat());
    }
    file.extend(secret);
    let rendering = draw(&file, 40).unwrap();
    assert_eq!(rendering, draw(&quarters_jpeg(|_| {}), 40).unwrap());
    assert!(
        !rendering
            .bytes
            .windows(secret.len())
            .any(|bytes| bytes == secret)
    );
}
