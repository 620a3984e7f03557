//! The memory that a picture takes, whatever it is: at most 64 MiB.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]
#![allow(dead_code, reason = "the other tests use all of the support")]

mod support;

use jpeg_encoder::ColorType;
use peak_alloc::PeakAlloc;
use visage::image::{Image, MAX_BYTES};
use visage_rendering::render;

use support::{PNG, Png, frame, gif, jpeg, size};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const LIMIT: usize = 64 << 20;

/// Renders a file, which may fail, and returns the memory that it took at most, with the file.
fn peak(name: &str, file: Vec<u8>, pixels: u64) {
    assert!(
        file.len() <= MAX_BYTES,
        "{name} is too large to be uploaded: {}",
        file.len()
    );
    let before = MEMORY.current_usage() - file.len();
    MEMORY.reset_peak_usage();
    let image = Image::new(file, "").unwrap();
    let outcome = render(&image, size(pixels));
    let peak = MEMORY.peak_usage() - before;
    let outcome = outcome
        .map(|rendering| rendering.bytes.len())
        .map_err(|error| error.to_string());
    println!(
        "{:5.1} MiB: {name} at {pixels}: {outcome:?}",
        peak as f64 / (1 << 20) as f64
    );
    assert!(peak <= LIMIT, "{name} takes {peak} bytes");
}

/// The allocator counts all of the process, so that this is one test.
///
/// Natively, jpeg-decoder has a thread for each component and queues rows for it, as many as the machine's load makes
/// it. So JPEGs here are so narrow that their scaled width doesn't pass its limit of 128 pixels. In a component, the
/// decoder has no threads.
#[test]
fn no_picture_takes_more_than_64_mib() {
    for (color, interlaced) in [(0, false), (2, false), (6, false), (6, true)] {
        let bytes = [1, 0, 3, 1, 2, 0, 4][usize::from(color)];
        // 16 megapixels. The interlaced one has too few rows, which shows late.
        let rows = vec![0; (1 + 4096 * bytes) * 4096];
        let png = Png {
            size: [4096, 4096],
            color,
            interlaced,
            ..PNG
        };
        peak(
            &format!("a PNG of colour type {color}"),
            png.file(&rows),
            512,
        );
    }
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 265 << 20], 9);
    let profile = [b"a profile\0\0".as_slice(), &bomb].concat();
    let chunks: [(_, &[u8]); 1] = [(b"iCCP", &profile)];
    let png = Png {
        chunks: &chunks,
        ..PNG
    };
    peak("a profile of 265 MiB", png.file(&[0; 64 * 289]), 512);

    let canvas = [4096, 4096];
    let all = vec![0; 1 << 24];
    peak("a GIF", gif(canvas, &[frame(canvas, &all)]), 512);
    peak("a GIF's canvas", gif(canvas, &[frame([1, 1], &[0])]), 512);
    peak("a GIF's frame", gif([1, 1], &[frame(canvas, &all)]), 512);
    drop(all);

    for (name, color, channels, height, progressive) in [
        ("a JPEG", ColorType::Rgb, 3, 8192, false),
        ("a JPEG of inks", ColorType::Cmyk, 4, 8192, false),
        ("a progressive JPEG", ColorType::Rgb, 3, 8192, true),
        ("a progressive JPEG of inks", ColorType::Cmyk, 4, 6500, true),
    ] {
        let pixels = vec![0; 1024 * usize::from(height) * channels];
        let file = jpeg(&pixels, [1024, height], color, |it| {
            it.set_progressive(progressive);
        });
        drop(pixels);
        peak(name, file, 64);
    }
    let restarts = [0xff, 0xd0].repeat(200_000);
    let file = support::quarters_jpeg(|it| it.set_restart_interval(1));
    let scan = file
        .windows(2)
        .position(|bytes| bytes == [0xff, 0xda])
        .unwrap()
        + 14;
    peak("restart markers", [&file[..scan], &restarts].concat(), 512);
}
