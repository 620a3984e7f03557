//! Files that are cut off. No part of them is shown.

use jpeg_encoder::Encoder;

use crate::support::{PNG, Png, draw, frame, gif, quarters, quarters_indices, quarters_jpeg};

/// Cuts a file at some fifty places, and expects that what is left isn't shown. The last bytes may be missing.
fn assert_cut_off(name: &str, file: &[u8], from: usize, spare: usize, end: &[u8]) {
    assert!(draw(file, 40).is_ok(), "{name}");
    let last = file.len() - spare;
    for length in (from..last)
        .step_by((last - from).div_ceil(50))
        .chain([last - 1])
    {
        let cut = [&file[..length], end].concat();
        assert!(
            draw(&cut, 40).is_err(),
            "{name}, {length} of {} bytes",
            file.len()
        );
    }
}

#[test]
fn jpeg() {
    type Set = fn(&mut Encoder<&mut Vec<u8>>);
    let codings: [(&str, Set); 4] = [
        ("sequential", |_| {}),
        ("sequential with restart markers", |it| {
            it.set_restart_interval(2);
        }),
        ("progressive", |it| it.set_progressive(true)),
        ("progressive with restart markers", |it| {
            it.set_progressive(true);
            it.set_restart_interval(2);
        }),
    ];
    for (name, set) in codings {
        let file = quarters_jpeg(set);
        // From the frame on. The marker of the end is not needed, and the last byte may consist of fill bits.
        let frame = file
            .windows(2)
            .position(|bytes| matches!(bytes, [0xff, 0xc0 | 0xc2]));
        let frame = frame.unwrap() + 20;
        assert_cut_off(name, &file, frame, 4, &[]);
        // Programs that mend a file put the marker of its end behind what is left.
        if !name.starts_with("progressive") {
            assert_cut_off(&format!("{name}, mended"), &file, frame, 4, &[0xff, 0xd9]);
        }
    }
}

#[test]
fn a_jpeg_may_lack_the_marker_of_its_end() {
    for progressive in [false, true] {
        let file = quarters_jpeg(|it| it.set_progressive(progressive));
        let unmarked = file.strip_suffix(b"\xff\xd9").unwrap();
        assert_eq!(draw(unmarked, 40).unwrap(), draw(&file, 40).unwrap());
    }
}

#[test]
fn a_jpeg_may_have_bytes_behind_its_end() {
    let file = quarters_jpeg(|_| {});
    let longer = [file.as_slice(), b"\xff\xd8\xff another picture"].concat();
    assert_eq!(draw(&longer, 40).unwrap(), draw(&file, 40).unwrap());
}

#[test]
fn png() {
    let file = PNG.pixels(&quarters(96, 64));
    assert_cut_off("PNG", &file, 40, 12, &[]);
    // The chunk of its end is not needed.
    assert_eq!(
        draw(&file[..file.len() - 12], 40).unwrap(),
        draw(&file, 40).unwrap()
    );

    // A whole chunk of too few rows.
    let rows = [0; 289].repeat(63);
    assert!(draw(&PNG.file(&rows), 40).is_err());
    assert!(draw(&PNG.file(&[0; 289].repeat(64)), 40).is_ok());
    assert!(
        draw(
            &Png {
                interlaced: true,
                ..PNG
            }
            .file(&rows),
            40
        )
        .is_err()
    );
    // Compressed rows that break off.
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(&[0; 289].repeat(64), 9);
    assert!(draw(&PNG.compressed(&zlib[..zlib.len() / 2]), 40).is_err());
}

#[test]
fn gif_of_one_frame() {
    let file = gif([96, 64], &[frame([96, 64], &quarters_indices(96, 64))]);
    // The code of the end, an empty block and the trailer are not needed.
    assert_cut_off("GIF", &file, 13, 6, &[]);
    assert_eq!(
        draw(&file[..file.len() - 2], 40).unwrap(),
        draw(&file, 40).unwrap()
    );
}
