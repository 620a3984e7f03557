//! Pictures that are made to stop a decoder, or to keep it busy. What is known without decoding is refused for it.

use jpeg_encoder::ColorType;

use crate::support::{
    PNG, Png, chunk, draw, frame, gif, jpeg, quarters, quarters_indices, quarters_jpeg,
    with_segment,
};

/// Expects that a file is not shown, for a reason with these words.
#[track_caller]
fn assert_refused(name: &str, file: &[u8], reason: &str) {
    let error = draw(file, 40).expect_err(name).to_string();
    assert!(error.contains(reason), "{name}: {error}");
}

/// Writes a side of a JPEG's frame header anew.
fn with_sides(jpeg: &[u8], [width, height]: [u16; 2]) -> Vec<u8> {
    let frame = jpeg
        .windows(2)
        .position(|bytes| matches!(bytes, [0xff, 0xc0 | 0xc2]));
    let sides = frame.unwrap() + 5;
    let mut file = jpeg.to_vec();
    file[sides..sides + 2].copy_from_slice(&height.to_be_bytes());
    file[sides + 2..sides + 4].copy_from_slice(&width.to_be_bytes());
    file
}

#[test]
fn too_many_pixels() {
    let sequential = quarters_jpeg(|_| {});
    let progressive = quarters_jpeg(|it| it.set_progressive(true));
    let png = |size| Png { size, ..PNG }.file(&[0]);
    let gif = |canvas: [u16; 2], size: [u16; 2]| {
        let mut file = gif([8, 8], &[frame([8, 8], &[0; 64])]);
        file[6..10].copy_from_slice(canvas.map(u16::to_le_bytes).as_flattened());
        let descriptor = file
            .windows(9)
            .position(|bytes| bytes == b"\x2c\0\0\0\0\x08\0\x08\0");
        let sides = descriptor.unwrap() + 5;
        file[sides..sides + 4].copy_from_slice(size.map(u16::to_le_bytes).as_flattened());
        file
    };
    let many = "pixels, and at most";
    for (name, file) in [
        ("JPEG", with_sides(&sequential, [8192, 6145])),
        ("progressive JPEG", with_sides(&progressive, [4096, 2049])),
        ("PNG", png([8192, 2049])),
        ("GIF's canvas", gif([8192, 2049], [8, 8])),
        ("GIF's frame", gif([8, 8], [65_535, 65_535])),
    ] {
        assert_refused(name, &file, many);
    }
    // One row less is not refused for its pixels: but here the rows are missing.
    for (name, file) in [
        ("JPEG", with_sides(&sequential, [8192, 6144])),
        ("progressive JPEG", with_sides(&progressive, [4096, 2048])),
        ("PNG", png([8192, 2048])),
        ("GIF", gif([8192, 2048], [8, 8])),
    ] {
        let error = draw(&file, 40).err().map(|error| error.to_string());
        assert!(!error.is_some_and(|error| error.contains(many)), "{name}");
    }
}

#[test]
fn thousands_of_scans() {
    // Each scan is an empty one of the first component's first coefficients: 10 bytes.
    let file = quarters_jpeg(|it| it.set_progressive(true));
    let body = &file[..file.len() - 2];
    let scan = b"\xff\xda\0\x08\x01\0\0\x01\x05\0";
    let attack = [body, &scan.repeat(43_000), b"\xff\xd9"].concat();
    assert_refused("43,000 scans", &attack, "more than 16 scans");
    let twice = quarters_jpeg(|_| {});
    let header = twice
        .windows(2)
        .position(|bytes| bytes == [0xff, 0xda])
        .unwrap();
    let twice = [&twice[..twice.len() - 2], &twice[header..]].concat();
    assert_refused("the same scan twice", &twice, "a component has two scans");
}

#[test]
fn scans_without_data() {
    // A decoder takes what is missing for zeros, which are codes too: 48 megapixels of them.
    for set in [false, true] {
        let file = quarters_jpeg(|it| it.set_progressive(set));
        let file = with_sides(&file, if set { [4096, 2048] } else { [8192, 6144] });
        assert_refused("no data", &file, "failed to decode huffman code");
    }
    // The same in front of a restart marker.
    let file = quarters_jpeg(|it| it.set_restart_interval(65_535));
    let header = file
        .windows(2)
        .position(|bytes| bytes == [0xff, 0xda])
        .unwrap()
        + 14;
    let markers = [
        0xff, 0xd0, 0xff, 0xd1, 0xff, 0xd2, 0xff, 0xd3, 0xff, 0xd4, 0xff, 0xd5,
    ];
    let file = with_sides(
        &[&file[..header], &markers, b"\xff\xd9"].concat(),
        [8192, 6144],
    );
    assert_refused("empty intervals", &file, "failed to decode huffman code");
}

#[test]
fn a_code_of_ones() {
    // With it, a decoder could go on where data is missing.
    let table = [&[0x00, 2], [0_u8; 15].as_slice(), &[0, 1]].concat();
    let file = with_segment(&quarters_jpeg(|_| {}), 0xc4, &table);
    assert_refused(
        "a code of ones",
        &file,
        "a Huffman code consists only of ones",
    );
}

#[test]
fn thousands_of_tables() {
    let table = [&[0], [1_u8; 64].as_slice()].concat();
    let mut file = quarters_jpeg(|_| {});
    for _ in 0..200 {
        file = with_segment(&file, 0xdb, &table);
    }
    assert_refused("tables", &file, "too many tables");
}

#[test]
fn scans_that_correct_all_over_again() {
    let file = quarters_jpeg(|it| it.set_progressive_scans(2));
    let file = with_sides(&file, [4096, 2048]);
    let body = &file[..file.len() - 2];
    // The first component's coefficients 1 to 63, from the second bit to the first.
    let scan = b"\xff\xda\0\x08\x01\x01\0\x01\x3f\x10\0";
    let attack = [body, &scan.repeat(5), b"\xff\xd9"].concat();
    assert_refused("corrections", &attack, "correct too many coefficients");
}

#[test]
fn progressive_inks() {
    let inks = vec![0; 4 * 64 * 64];
    let file = jpeg(&inks, [64, 64], ColorType::Cmyk, |it| {
        it.set_progressive(true);
    });
    assert!(draw(&file, 40).is_ok());
    let file = with_sides(&file, [4096, 2048]);
    assert_refused(
        "coefficients",
        &file,
        "its coefficients are of more than 54 MiB",
    );
}

#[test]
fn other_processes_of_jpeg() {
    let file = quarters_jpeg(|_| {});
    let frame = file
        .windows(2)
        .position(|bytes| bytes == [0xff, 0xc0])
        .unwrap();
    for process in [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf] {
        let mut file = file.clone();
        file[frame + 1] = process;
        assert_refused("process", &file, "its process of JPEG is not supported");
    }
    let mut deep = file.clone();
    deep[frame + 4] = 12;
    assert_refused("12 bits", &deep, "more than 8 bits");
    let two = with_segment(&file, 0xc0, &file[frame + 4..frame + 19]);
    assert_refused("two frames", &two, "two frames");
}

#[test]
fn a_palette_of_parts_of_colours() {
    // It stops the png crate.
    let indices = quarters_indices(96, 64).into_iter().map(|index| [index]);
    let indices: Vec<_> = indices.collect();
    for palette in [&[0; 1], [0; 2].as_slice(), &[0; 4], &[0; 767], &[]] {
        let file = Png {
            color: 3,
            chunks: &[(b"PLTE", palette)],
            ..PNG
        }
        .pixels(&indices);
        assert_refused("a palette", &file, "no palette of whole colours");
    }
    let file = Png { color: 3, ..PNG }.pixels(&indices);
    assert_refused("no palette", &file, "no palette");
}

#[test]
fn a_profile_that_inflates_to_hundreds_of_megabytes() {
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 265 << 20], 9);
    let data = [b"a profile\0\0".as_slice(), &bomb].concat();
    let file = Png {
        chunks: &[(b"iCCP", &data)],
        ..PNG
    }
    .pixels(&quarters(96, 64));
    let plain = PNG.pixels(&quarters(96, 64));
    assert_eq!(draw(&file, 40).unwrap(), draw(&plain, 40).unwrap());
}

#[test]
fn text_that_inflates_to_hundreds_of_megabytes() {
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 100 << 20], 9);
    let data = [b"Comment\0\0".as_slice(), &bomb].concat();
    let file = Png {
        chunks: &[(b"zTXt", &data)],
        ..PNG
    }
    .pixels(&quarters(96, 64));
    assert!(draw(&file, 40).is_ok());
}

#[test]
fn rows_of_many_bits() {
    let file = Png {
        size: [8192, 2048],
        depth: 16,
        color: 6,
        ..PNG
    }
    .file(&[]);
    assert_refused("16 bits", &file, "its rows are of more than 64 MiB");
}

#[test]
fn rows_without_end() {
    // Only as many are inflated as the picture has.
    let file = PNG.file(&vec![0; 300 << 20]);
    assert!(draw(&file, 40).is_ok());
}

#[test]
fn thousands_of_chunks() {
    let file = PNG.pixels(&quarters(96, 64));
    let (head, rest) = file.split_at(33);
    let empty = [chunk(b"IDAT", &[]), chunk(b"tEXt", b"a\0")].concat();
    let many = [head, &empty.repeat(15_000), rest].concat();
    assert_eq!(draw(&many, 40).unwrap(), draw(&file, 40).unwrap());
}

#[test]
fn codes_of_a_gif() {
    let indices = quarters_indices(64, 64);
    let file = gif([64, 64], &[frame([64, 64], &indices)]);
    let descriptor = file
        .windows(9)
        .position(|bytes| bytes == b"\x2c\0\0\0\0\x40\0\x40\0");
    let code_size = descriptor.unwrap() + 10;
    for size in [0, 9, 12, 255] {
        let mut file = file.clone();
        file[code_size] = size;
        assert_refused("codes", &file, "not 1 to 8 bits");
    }
}
