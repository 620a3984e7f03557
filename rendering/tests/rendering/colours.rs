//! Colours that are not sRGB: their meaning goes with them.

use jpeg_encoder::ColorType;

use visage::image::Format;
use visage::rendering::Rendering;
use visage_rendering::scaled;

use crate::support::{
    PNG, Png, QUARTERS, assert_colours, draw, jpeg, middles, opaque, quarters, quarters_jpeg, size,
    with_segment,
};

/// An ICC profile of RGB (ICC.1, 8.3.3) with these columns as its colorants, and the curve of gamma 2.2.
fn profile(colorants: [[f64; 3]; 3]) -> Vec<u8> {
    let fixed = |value: &f64| ((value * 65_536.0) as i32).to_be_bytes();
    let xyz = |colorant: [f64; 3]| {
        let numbers: Vec<_> = colorant.iter().map(fixed).collect();
        [b"XYZ \0\0\0\0".as_slice(), numbers.as_flattened()].concat()
    };
    let curve = b"curv\0\0\0\0\0\0\0\x01\x02\x33\0\0".to_vec();
    let [red, green, blue] = colorants.map(xyz);
    with_tags(
        b"RGB ",
        &[
            (b"rXYZ", red),
            (b"gXYZ", green),
            (b"bXYZ", blue),
            (b"rTRC", curve.clone()),
            (b"gTRC", curve.clone()),
            (b"bTRC", curve),
        ],
    )
}

fn with_tags(space: &[u8; 4], tags: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut profile = vec![0; 128];
    profile[8] = 2;
    profile[12..16].copy_from_slice(b"mntr");
    profile[16..20].copy_from_slice(space);
    profile[20..24].copy_from_slice(b"XYZ ");
    profile[36..40].copy_from_slice(b"acsp");
    let number = |value: usize| u32::try_from(value).unwrap().to_be_bytes();
    profile.extend(number(tags.len()));
    let mut offset = 132 + 12 * tags.len();
    for (tag, data) in tags {
        profile.extend(tag.iter());
        profile.extend(number(offset));
        profile.extend(number(data.len()));
        offset += data.len();
    }
    for (_, data) in tags {
        profile.extend(data);
    }
    let length = number(profile.len());
    profile[..4].copy_from_slice(&length);
    profile
}

/// The colorants of sRGB for a white of D50.
const SRGB: [[f64; 3]; 3] = [
    [0.4361, 0.2225, 0.0139],
    [0.3851, 0.7169, 0.0971],
    [0.1431, 0.0606, 0.7141],
];

/// A profile in which red is green, and green is red.
fn swapped() -> Vec<u8> {
    let [red, green, blue] = SRGB;
    profile([green, red, blue])
}

fn as_segments(profile: &[u8], parts: usize) -> Vec<u8> {
    let mut file = quarters_jpeg(|_| {});
    let parts: Vec<_> = profile.chunks(profile.len().div_ceil(parts)).collect();
    for (number, part) in (1_u8..).zip(&parts) {
        let head = [b"ICC_PROFILE\0".as_slice(), &[number, parts.len() as u8]].concat();
        file = with_segment(&file, 0xe2, &[&head, *part].concat());
    }
    file
}

fn as_chunk(profile: &[u8]) -> Vec<u8> {
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(profile, 6);
    let data = [b"a profile\0\0".as_slice(), &zlib].concat();
    Png {
        chunks: &[(b"iCCP", &data)],
        ..PNG
    }
    .pixels(&quarters(96, 64))
}

/// What a rendering says of its colours.
#[derive(Debug, PartialEq)]
struct Said {
    profile: Option<Vec<u8>>,
    gamma: Option<u32>,
    has_chromaticities: bool,
}

fn said(rendering: &Rendering) -> Said {
    if rendering.format == Format::Jpeg {
        let mut decoder = jpeg_decoder::Decoder::new(&*rendering.bytes);
        decoder.decode().unwrap();
        return Said {
            profile: decoder.icc_profile(),
            ..NOTHING
        };
    }
    let reader = png::Decoder::new(std::io::Cursor::new(&rendering.bytes));
    let reader = reader.read_info().unwrap();
    let info = reader.info();
    Said {
        profile: info.icc_profile.as_ref().map(|profile| profile.to_vec()),
        gamma: info.gama_chunk.map(png::ScaledFloat::into_scaled),
        has_chromaticities: info.chrm_chunk.is_some(),
    }
}

const NOTHING: Said = Said {
    profile: None,
    gamma: None,
    has_chromaticities: false,
};

#[test]
fn a_profile_is_kept() {
    for (name, file) in [
        ("a JPEG", as_segments(&swapped(), 1)),
        ("a JPEG with a profile in parts", as_segments(&swapped(), 5)),
        ("a PNG", as_chunk(&swapped())),
    ] {
        let rendering = draw(&file, 40).unwrap();
        let smaller = scaled(&rendering, size(30)).unwrap();
        for (rendering, side) in [(rendering, 40), (smaller, 30)] {
            let kept = said(&rendering).profile;
            assert!(kept == Some(swapped()), "{name}: another profile");
            assert_colours(middles(&rendering, side), opaque(QUARTERS), name);
        }
    }
}

#[test]
fn a_profile_of_grey_is_kept_with_one_channel() {
    let linear = with_tags(b"GRAY", &[(b"kTRC", b"curv\0\0\0\0\0\0\0\0".to_vec())]);
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(&linear, 6);
    let data = [b"a profile\0\0".as_slice(), &zlib].concat();
    let png = Png {
        size: [8, 8],
        color: 0,
        chunks: &[(b"iCCP", &data)],
        ..PNG
    };
    let with_alpha = Png { color: 4, ..png };
    let grey = jpeg(&[55; 64], [8, 8], ColorType::Luma, |_| {});
    let head = b"ICC_PROFILE\0\x01\x01".as_slice();
    let grey = with_segment(&grey, 0xe2, &[head, &linear].concat());
    for (name, file) in [
        ("a PNG", png.pixels(&[[55]; 64])),
        ("a PNG with alpha", with_alpha.pixels(&[[55, 128]; 64])),
        ("a JPEG", grey),
    ] {
        let rendering = draw(&file, 40).unwrap();
        assert!(said(&rendering).profile.as_ref() == Some(&linear), "{name}");
        // A decoder that reads a profile of one channel expects one channel.
        let (channels, value) = match rendering.format {
            Format::Jpeg => {
                let mut decoder = jpeg_decoder::Decoder::new(&*rendering.bytes);
                let pixels = decoder.decode().unwrap();
                (
                    decoder.info().unwrap().pixel_format.pixel_bytes(),
                    pixels[0],
                )
            }
            _ => {
                let reader = png::Decoder::new(std::io::Cursor::new(&rendering.bytes));
                let mut reader = reader.read_info().unwrap();
                let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
                let info = reader.next_frame(&mut pixels).unwrap();
                (info.color_type.samples(), pixels[0])
            }
        };
        let expected = 1 + usize::from(name.contains("alpha"));
        assert!(
            channels == expected && value.abs_diff(55) <= 1,
            "{name}: {value} of {channels}"
        );
    }
}

#[test]
fn what_is_no_profile_of_the_channels_is_left_out() {
    let whole = swapped();
    let of_other_channels = with_tags(b"CMYK", &[]);
    let large = with_tags(b"RGB ", &[(b"desc", vec![0; 1 << 16])]);
    let mut short = whole.clone();
    short.truncate(200);
    for profile in [
        &[0; 200],
        short.as_slice(),
        of_other_channels.as_slice(),
        large.as_slice(),
        b"profile",
    ] {
        for file in [as_segments(profile, 2), as_chunk(profile)] {
            let rendering = draw(&file, 40).unwrap();
            assert_eq!(said(&rendering), NOTHING);
            assert_colours(middles(&rendering, 40), opaque(QUARTERS), "none");
        }
    }
    // A part of the profile is missing.
    let file = with_segment(
        &quarters_jpeg(|_| {}),
        0xe2,
        &[b"ICC_PROFILE\0\x01\x02".as_slice(), &whole].concat(),
    );
    assert_eq!(said(&draw(&file, 40).unwrap()), NOTHING);
}

#[test]
fn gamma_and_chromaticities_are_kept() {
    let linear = 100_000_u32.to_be_bytes();
    let wide = [
        31_270, 32_900, 30_000, 60_000, 64_000, 33_000, 15_000, 6_000_u32,
    ];
    let wide = wide.map(u32::to_be_bytes).as_flattened().to_vec();
    let said_linear = Said {
        gamma: Some(100_000),
        has_chromaticities: true,
        ..NOTHING
    };
    for (name, chunks, expected) in [
        ("linear", vec![(b"gAMA", linear.as_slice())], said_linear),
        (
            "linear, but sRGB",
            vec![(b"sRGB", [0].as_slice()), (b"gAMA", &linear)],
            NOTHING,
        ),
        (
            "other primaries",
            vec![(b"gAMA", linear.as_slice()), (b"cHRM", &wide)],
            Said {
                gamma: Some(100_000),
                has_chromaticities: true,
                ..NOTHING
            },
        ),
    ] {
        let png = Png {
            chunks: &chunks,
            ..PNG
        };
        let rendering = draw(&png.pixels(&quarters(96, 64)), 40).unwrap();
        assert_eq!(said(&rendering), expected, "{name}");
        assert_colours(middles(&rendering, 40), opaque(QUARTERS), name);
    }
}
