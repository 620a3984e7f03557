//! GIFs.

use visage::image::Format;

use crate::support::{
    QUARTERS, assert_colours, draw, frame, gif, middles, opaque, quarters_indices,
};

#[test]
fn a_still_picture() {
    let rendering = draw(
        &gif([96, 64], &[frame([96, 64], &quarters_indices(96, 64))]),
        40,
    )
    .unwrap();
    assert_eq!(rendering.format, Format::Png);
    assert_colours(middles(&rendering, 40), opaque(QUARTERS), "a still picture");
}

#[test]
fn interlaced() {
    for height in [64, 57, 9, 5, 3, 2, 1] {
        let indices = quarters_indices(96, height);
        let size = [96, height as u16];
        let plain = gif(size, &[frame(size, &indices)]);
        let passes = [(0, 8), (4, 8), (2, 4), (1, 2)];
        let rows = passes
            .iter()
            .flat_map(|(top, step)| (*top..height).step_by(*step));
        let rows = rows.flat_map(|y| indices[96 * y..96 * (y + 1)].iter().copied());
        let rows: Vec<u8> = rows.collect();
        let mut interlaced = frame(size, &rows);
        interlaced.interlaced = true;
        let interlaced = gif(size, &[interlaced]);
        assert_eq!(
            draw(&interlaced, 40).unwrap(),
            draw(&plain, 40).unwrap(),
            "{height} rows"
        );
    }
}

#[test]
fn of_an_animation_the_first_frame() {
    let still = gif([64, 64], &[frame([64, 64], &quarters_indices(64, 64))]);
    let first = quarters_indices(64, 64);
    let other = [4; 64 * 64];
    let frames = [frame([64, 64], &first), frame([64, 64], &other)];
    let mut animated = gif([64, 64], &frames);
    assert_eq!(draw(&animated, 40).unwrap(), draw(&still, 40).unwrap());
    // What comes after the first frame doesn't matter.
    animated.truncate(animated.len() - 20);
    assert_eq!(draw(&animated, 40).unwrap(), draw(&still, 40).unwrap());
}

#[test]
fn a_transparent_index() {
    let indices = quarters_indices(64, 64);
    let mut transparent = frame([64, 64], &indices);
    transparent.transparent = Some(1);
    let [red, _, blue, grey] = opaque(QUARTERS);
    let found = middles(&draw(&gif([64, 64], &[transparent]), 40).unwrap(), 40);
    assert_colours(found, [red, [0; 4], blue, grey], "a transparent index");
}

#[test]
fn a_frame_on_a_part_of_the_canvas() {
    let [red, green, ..] = opaque(QUARTERS);
    let blank = [0; 4];
    for (name, size, offset, expected) in [
        (
            "its lower right",
            [32, 32],
            [32, 32],
            [blank, blank, blank, red],
        ),
        (
            "beyond its right edge",
            [64, 32],
            [32, 0],
            [blank, red, blank, blank],
        ),
        (
            "beyond its lower edge",
            [32, 64],
            [32, 32],
            [blank, blank, blank, red],
        ),
        ("outside of it", [32, 32], [64, 0], [blank; 4]),
        ("far away", [32, 32], [65_535, 65_535], [blank; 4]),
        ("all of it and more", [128, 128], [0, 0], [red; 4]),
        (
            "its upper half",
            [64, 32],
            [0, 0],
            [red, green, blank, blank],
        ),
    ] {
        let whole = name == "its upper half";
        let indices: Vec<u8> = match whole {
            true => quarters_indices(64, 64)[..64 * 32].to_vec(),
            false => vec![0; usize::from(size[0]) * usize::from(size[1])],
        };
        let mut part = frame(size, &indices);
        [part.left, part.top] = offset;
        let found = middles(&draw(&gif([64, 64], &[part]), 40).unwrap(), 40);
        assert_colours(found, expected, name);
    }
}
