//! The renderer. The input is the size and a picture. Every rendering can itself be rendered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use visage::image::{Format, Image, Outline};
use visage::rendering::Size;
use visage_rendering::{render, scaled};

/// The most pixels that are decoded. More take long, and find no other faults.
const MAX_PIXELS: u64 = 1 << 16;

fuzz_target!(|input: &[u8]| {
    let Some((size, bytes)) = input.split_first() else {
        return;
    };
    let Ok(image) = Image::new(bytes.to_vec(), "") else {
        return;
    };
    let Ok(outline) = image.outline() else {
        return;
    };
    let sizes = match outline {
        Outline::Jpeg(jpeg) => [jpeg.size, [0, 0]],
        Outline::Png(png) => [png.size, [0, 0]],
        Outline::Gif(gif) => [gif.canvas, gif.frame],
    };
    let pixels = sizes.map(|[width, height]| u64::from(width) * u64::from(height));
    if pixels.into_iter().sum::<u64>() > MAX_PIXELS {
        return;
    }
    let size = Size::new(1 + u64::from(*size) % 40).expect("a size that isn't 0");
    let Ok(rendering) = render(&image, size) else {
        return;
    };
    let is_jpeg = image.format() == Format::Jpeg;
    assert_eq!(rendering.format == Format::Jpeg, is_jpeg);
    let again = Image::new(rendering.bytes.clone(), rendering.format.media_type());
    assert!(again.is_ok_and(|again| again.outline().is_ok()));
    let smaller = Size::new(16).expect("a size that isn't 0");
    let smaller = scaled(&rendering, smaller).expect("a rendering can be scaled");
    assert_eq!(smaller.format, rendering.format);
});
