//! What it takes to draw a picture in another size, natively: `cargo bench -p visage-rendering`. A component may take
//! longer, and decodes a JPEG in one thread.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark ends where its own data is wrong"
)]

use divan::Bencher;
use jpeg_encoder::{ColorType, Encoder};
use visage::image::{Image, MAX_BYTES};
use visage::rendering::Size;
use visage_rendering::{render, scaled};

const SIZES: [u64; 3] = [32, 80, 512];

fn main() {
    divan::main();
}

/// A JPEG of waves, which needs about the most bytes that an upload may have.
fn photo(width: u16, height: u16, progressive: bool) -> Image {
    let wave =
        |position: u32, length: f32| (127.0 + 120.0 * (position as f32 / length).sin()) as u8;
    let rows = (0..u32::from(height)).flat_map(|y| {
        (0..u32::from(width)).flat_map(move |x| {
            let grain = ((x / 3 * 31) ^ (y / 3 * 17)) as u8 % 32;
            [wave(x, 90.0), wave(y, 70.0), wave(x + y, 130.0)].map(|it| it.saturating_add(grain))
        })
    });
    let pixels: Vec<u8> = rows.collect();
    let encoded = |quality| {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, quality);
        encoder.set_progressive(progressive);
        encoder
            .encode(&pixels, width, height, ColorType::Rgb)
            .unwrap();
        bytes
    };
    let mut qualities = [90, 75, 60, 45, 30, 20, 10, 5, 1].into_iter();
    let fits =
        qualities.find_map(|quality| Some(encoded(quality)).filter(|it| it.len() <= MAX_BYTES));
    Image::new(fits.unwrap(), "").unwrap()
}

/// A PNG of one colour.
fn png(side: u32) -> Image {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::High);
    let pixels = vec![200; 4 * (side * side) as usize];
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&pixels)
        .unwrap();
    Image::new(bytes, "").unwrap()
}

fn bench(bencher: Bencher<'_, '_>, image: &Image, pixels: u64) {
    let size = Size::new(pixels).unwrap();
    bencher.bench_local(|| render(image, size).unwrap());
}

#[divan::bench(args = SIZES)]
fn jpeg_of_1024_pixels(bencher: Bencher<'_, '_>, pixels: u64) {
    bench(bencher, &photo(1024, 1024, false), pixels);
}

#[divan::bench(args = SIZES)]
fn jpeg_of_12_megapixels(bencher: Bencher<'_, '_>, pixels: u64) {
    bench(bencher, &photo(4000, 3000, false), pixels);
}

#[divan::bench(args = SIZES)]
fn progressive_jpeg_of_8_megapixels(bencher: Bencher<'_, '_>, pixels: u64) {
    bench(bencher, &photo(3264, 2448, true), pixels);
}

#[divan::bench(args = SIZES)]
fn png_of_16_megapixels(bencher: Bencher<'_, '_>, pixels: u64) {
    bench(bencher, &png(4096), pixels);
}

#[divan::bench(args = SIZES)]
fn rendering_of_512_pixels(bencher: Bencher<'_, '_>, pixels: u64) {
    let rendering = render(&photo(1024, 1024, false), Size::MAX).unwrap();
    let size = Size::new(pixels).unwrap();
    bencher.bench_local(|| scaled(&rendering, size).unwrap());
}
