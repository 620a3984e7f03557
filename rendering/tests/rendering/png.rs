//! PNGs of every kind.

use visage::image::Format;

use crate::support::{
    BLUE, GREEN, GREY, PNG, Png, QUARTERS, RED, assert_colours, chunk, draw, luminance, middles,
    opaque, pixels, quarters, quarters_indices,
};

fn palette() -> Vec<u8> {
    [QUARTERS.as_flattened(), &[0; 3]].concat()
}

#[test]
fn colour_types() {
    let colours = quarters(96, 64);
    let greys: Vec<[u8; 1]> = colours.iter().map(|colour| [luminance(*colour)]).collect();
    let indices: Vec<[u8; 1]> = quarters_indices(96, 64)
        .into_iter()
        .map(|index| [index])
        .collect();
    let wide = |pixel: &[u8]| {
        pixel
            .iter()
            .flat_map(|value| [*value, 99])
            .collect::<Vec<u8>>()
    };
    let grey = QUARTERS.map(|colour| [luminance(colour); 3]);
    let png = |depth, color| Png {
        depth,
        color,
        ..PNG
    };
    let palette = [(b"PLTE", palette())];
    let palette = palette
        .each_ref()
        .map(|(kind, data)| (*kind, data.as_slice()));
    for (name, file, expected) in [
        ("RGB", png(8, 2).pixels(&colours), QUARTERS),
        (
            "RGB of 16 bits",
            png(16, 2).pixels::<6>(wide(colours.as_flattened()).as_chunks().0),
            QUARTERS,
        ),
        ("grey", png(8, 0).pixels(&greys), grey),
        (
            "grey of 16 bits",
            png(16, 0).pixels::<2>(wide(greys.as_flattened()).as_chunks().0),
            grey,
        ),
        (
            "palette",
            Png {
                chunks: &palette,
                ..png(8, 3)
            }
            .pixels(&indices),
            QUARTERS,
        ),
        (
            "palette of 4 bits",
            Png {
                chunks: &palette,
                ..png(4, 3)
            }
            .file(&packed(&indices, 4)),
            QUARTERS,
        ),
    ] {
        let rendering = draw(&file, 40).unwrap();
        assert_eq!(rendering.format, Format::Png, "{name}");
        // Where nothing is transparent, no alpha is sent.
        assert_eq!(rendering.bytes[25], 2, "{name}");
        assert_colours(middles(&rendering, 40), opaque(expected), name);
    }
}

/// Rows of 96 indices with so few bits each.
fn packed(indices: &[[u8; 1]], bits: usize) -> Vec<u8> {
    let pack = |indices: &[[u8; 1]]| indices.iter().fold(0, |byte, [index]| byte << bits | index);
    let rows = indices.chunks(96);
    rows.flat_map(|row| [0].into_iter().chain(row.chunks(8 / bits).map(pack)))
        .collect()
}

#[test]
fn few_bits_of_grey() {
    // Columns of black and white, or of black, dark, light and white.
    for (depth, byte, mean) in [(1, 0b0101_0101, 127), (2, 0b0001_1011, 127)] {
        let rows = [[0].as_slice(), &[byte; 64]].concat().repeat(64);
        let size = [64 * 8 / u32::from(depth), 64];
        let file = Png {
            size,
            depth,
            color: 0,
            ..PNG
        }
        .file(&rows);
        let pixels = pixels(&draw(&file, 4).unwrap(), 4);
        for [red, green, blue, alpha] in pixels {
            assert!(red.abs_diff(mean) < 8, "{depth} bits: {red}");
            assert_eq!([green, blue, alpha], [red, red, 255]);
        }
    }
}

#[test]
fn interlaced() {
    const PASSES: [[usize; 4]; 7] = [
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
    ];
    // The largest has smaller boxes at its edges, the least have passes without pixels.
    for [width, height] in [
        [400, 201],
        [96, 64],
        [41, 57],
        [3, 2],
        [2, 5],
        [1, 1],
        [5, 1],
        [1, 4],
    ] {
        let colours = quarters(width, height);
        let mut rows = Vec::new();
        for [left, top, step, distance] in PASSES {
            for row in colours.chunks(width).skip(top).step_by(distance) {
                let pixels: Vec<_> = row.iter().skip(left).step_by(step).copied().collect();
                if !pixels.is_empty() {
                    rows.push(0);
                    rows.extend(pixels.as_flattened());
                }
            }
        }
        let size = [width as u32, height as u32];
        let interlaced = Png {
            size,
            interlaced: true,
            ..PNG
        }
        .file(&rows);
        let plain = Png { size, ..PNG }.pixels(&colours);
        assert_eq!(
            draw(&interlaced, 40).unwrap(),
            draw(&plain, 40).unwrap(),
            "{size:?}"
        );
    }
}

#[test]
fn alpha() {
    // A quarter each that is opaque, half transparent, nearly and wholly transparent.
    let alphas = [255, 128, 10, 0];
    let with_alpha = |colour: [u8; 3]| {
        let quarter = QUARTERS.iter().position(|quarter| *quarter == colour);
        let [red, green, blue] = colour;
        [
            red,
            green,
            blue,
            quarter.map_or(0, |quarter| alphas[quarter]),
        ]
    };
    let colours: Vec<_> = quarters(96, 64).into_iter().map(with_alpha).collect();
    let file = Png { color: 6, ..PNG }.pixels(&colours);
    let found = middles(&draw(&file, 40).unwrap(), 40);
    for (found, expected) in found.into_iter().zip(QUARTERS.map(with_alpha)) {
        assert_eq!(found[3], expected[3]);
        // The less opaque, the fewer steps a colour has.
        let steps = 255_u16.checked_div(found[3].into()).unwrap_or(255);
        let near = |(found, expected): (&u8, &u8)| u16::from(found.abs_diff(*expected)) <= steps;
        assert!(
            found.iter().zip(&expected).all(near),
            "{found:?} instead of {expected:?}"
        );
    }
}

#[test]
fn colours_of_what_is_transparent_do_not_show() {
    // Green that is transparent, next to red: no green may show when they become one pixel.
    let pair = [[255, 0, 0, 255], [0, 255, 0, 0]];
    let file = Png {
        size: [200, 200],
        color: 6,
        ..PNG
    }
    .pixels(&pair.repeat(20_000));
    for [red, green, blue, alpha] in pixels(&draw(&file, 20).unwrap(), 20) {
        assert_eq!([red, green, blue], [255, 0, 0]);
        assert!(alpha.abs_diff(127) < 20, "{alpha}");
    }
}

#[test]
fn transparent_colours() {
    let [red, green, blue, grey] = opaque(QUARTERS);
    let colours = quarters(96, 64);
    let wide = |colour: [u8; 3]| colour.map(|value| [0, value]).as_flattened().to_vec();
    let file = Png {
        chunks: &[(b"tRNS", &wide(GREEN))],
        ..PNG
    }
    .pixels(&colours);
    let found = middles(&draw(&file, 40).unwrap(), 40);
    assert_colours(found, [red, [0; 4], blue, grey], "a transparent colour");

    let indices: Vec<[u8; 1]> = quarters_indices(96, 64)
        .into_iter()
        .map(|index| [index])
        .collect();
    let chunks: [(_, &[u8]); 2] = [(b"PLTE", &palette()), (b"tRNS", &[255, 255, 0, 128])];
    let file = Png {
        color: 3,
        chunks: &chunks,
        ..PNG
    }
    .pixels(&indices);
    let found = middles(&draw(&file, 40).unwrap(), 40);
    let half = [GREY[0], GREY[1], GREY[2], 128];
    assert_colours(found, [red, green, [0; 4], half], "transparent indices");

    let greys: Vec<[u8; 1]> = colours.iter().map(|colour| [luminance(*colour)]).collect();
    let blue_grey = [0, luminance(BLUE)];
    let file = Png {
        color: 0,
        chunks: &[(b"tRNS", &blue_grey)],
        ..PNG
    }
    .pixels(&greys);
    let found = middles(&draw(&file, 40).unwrap(), 40);
    assert_eq!(found.map(|[.., alpha]| alpha), [255, 255, 0, 255]);
    let red_grey = luminance(RED);
    assert!(found[0][0].abs_diff(red_grey) < 3);
}

#[test]
fn of_an_animation_the_default_image() {
    let still = PNG.pixels(&quarters(96, 64));
    let control = [0, 0, 0, 2, 0, 0, 0, 0];
    let animated = Png {
        chunks: &[(b"acTL", &control)],
        ..PNG
    }
    .pixels(&quarters(96, 64));
    let (body, end) = animated.split_at(animated.len() - 12);
    let frame = chunk(b"fdAT", &[0; 40]);
    let animated = [body, &frame, end].concat();
    assert_eq!(draw(&animated, 40).unwrap(), draw(&still, 40).unwrap());
}

#[test]
fn orientation() {
    let exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
    let file = Png {
        chunks: &[(b"eXIf", exif)],
        ..PNG
    }
    .pixels(&quarters(96, 64));
    let found = middles(&draw(&file, 40).unwrap(), 40);
    assert_colours(
        found,
        opaque([BLUE, RED, GREY, GREEN]),
        "turned to the right",
    );
}

#[test]
fn nothing_else_of_the_file_gets_out() {
    let secret = b"Comment\x0051.4779 N, 0.0015 W".as_slice();
    let chunks: [(_, &[u8]); 4] = [
        (b"tEXt", secret),
        (b"eXIf", secret),
        (b"tIME", secret),
        (b"prVt", secret),
    ];
    let file = Png {
        chunks: &chunks,
        ..PNG
    }
    .pixels(&quarters(96, 64));
    let plain = PNG.pixels(&quarters(96, 64));
    assert_eq!(draw(&file, 40).unwrap(), draw(&plain, 40).unwrap());
}
