//! Sizes, and squares cut out of pictures that are none.

use jpeg_encoder::ColorType;
use visage::rendering::Size;
use visage_rendering::scaled;

use crate::support::{
    PNG, Png, QUARTERS, RED, assert_colours, draw, frame, gif, jpeg, middles, opaque, pixels,
    quarters, quarters_indices, size,
};

/// A picture of this size in each format.
fn formats(width: u16, height: u16) -> [Vec<u8>; 3] {
    let colours = quarters(width.into(), height.into());
    let indices = quarters_indices(width.into(), height.into());
    let size = [u32::from(width), u32::from(height)];
    [
        jpeg(
            colours.as_flattened(),
            [width, height],
            ColorType::Rgb,
            |_| {},
        ),
        Png { size, ..PNG }.pixels(&colours),
        gif([width, height], &[frame([width, height], &indices)]),
    ]
}

#[test]
fn the_central_square() {
    for [width, height] in [
        [96, 64],
        [64, 96],
        [100, 100],
        [333, 64],
        [64, 801],
        [1000, 720],
    ] {
        for file in formats(width, height) {
            for pixels in [20, 32, 80, 111] {
                let rendering = draw(&file, pixels).unwrap();
                let found = middles(&rendering, pixels as usize);
                let name = format!("{width} × {height}, {:?}, {pixels}", rendering.format);
                assert_colours(found, opaque(QUARTERS), &name);
            }
        }
    }
}

#[test]
fn all_sizes() {
    for file in formats(96, 64) {
        let sizes = Size::KEPT.map(|size| size.pixels().into());
        for pixels in sizes.into_iter().chain([1, 2, 3, 7, 33, 511]) {
            let rendering = draw(&file, pixels).unwrap();
            let side = pixels as usize;
            // `pixels` looks at the number of pixels.
            assert_eq!(crate::support::pixels(&rendering, side).len(), side * side);
        }
    }
}

#[test]
fn one_pixel_is_scaled_up() {
    let [red, green, blue] = RED;
    let files = [
        jpeg(&RED, [1, 1], ColorType::Rgb, |_| {}),
        Png {
            size: [1, 1],
            ..PNG
        }
        .pixels(&[RED]),
        gif([1, 1], &[frame([1, 1], &[0])]),
    ];
    for file in files {
        let pixels = pixels(&draw(&file, 512).unwrap(), 512);
        let near = |pixel: &[u8; 4]| {
            let pairs = pixel.iter().zip([red, green, blue, 255]);
            pairs
                .map(|(found, expected)| found.abs_diff(expected))
                .max()
                < Some(6)
        };
        assert!(pixels.iter().all(near));
    }
}

#[test]
fn long_and_narrow_ones() {
    for [width, height] in [[8192, 1], [1, 8192]] {
        let colours = vec![RED; 8192];
        let size = [u32::from(width), u32::from(height)];
        let files = [
            jpeg(
                colours.as_flattened(),
                [width, height],
                ColorType::Rgb,
                |_| {},
            ),
            Png { size, ..PNG }.pixels(&colours),
            gif([width, height], &[frame([width, height], &[0; 8192])]),
        ];
        for file in files {
            let found = middles(&draw(&file, 80).unwrap(), 80);
            assert_colours(found, opaque([RED; 4]), &format!("{width} × {height}"));
        }
    }
}

#[test]
fn a_rendering_is_scaled_down() {
    for file in formats(640, 480) {
        for (from, to) in [
            (512, 511),
            (512, 300),
            (160, 100),
            (80, 1),
            (32, 20),
            (80, 80),
        ] {
            let rendering = draw(&file, from).unwrap();
            let smaller = scaled(&rendering, size(to)).unwrap();
            assert_eq!(smaller.format, rendering.format);
            if to > 4 {
                assert_colours(middles(&smaller, to as usize), opaque(QUARTERS), "scaled");
            }
        }
    }
}

#[test]
fn alpha_survives_scaling() {
    let colours: Vec<_> = quarters(96, 64)
        .into_iter()
        .map(|[red, ..]| [red, 0, 0, 100])
        .collect();
    let file = Png { color: 6, ..PNG }.pixels(&colours);
    let smaller = scaled(&draw(&file, 80).unwrap(), size(50)).unwrap();
    assert_eq!(middles(&smaller, 50).map(|[.., alpha]| alpha), [100; 4]);
}

#[test]
fn a_rendering_that_compresses_badly_is_scaled() {
    // Larger than an upload may be.
    let mut state = 1_u32;
    let noise = (0..512 * 512).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()
    });
    let noise: Vec<_> = noise.collect();
    let file = Png {
        size: [512, 512],
        color: 6,
        ..PNG
    }
    .pixels(&noise);
    let large = visage::rendering::Rendering {
        format: visage::image::Format::Png,
        bytes: file.into(),
    };
    assert!(large.bytes.len() > visage::image::MAX_BYTES);
    assert_eq!(
        pixels(&scaled(&large, size(300)).unwrap(), 300).len(),
        300 * 300
    );
}

#[test]
fn the_same_bytes_each_time() {
    for file in formats(333, 200) {
        assert_eq!(draw(&file, 80).unwrap(), draw(&file, 80).unwrap());
    }
}
