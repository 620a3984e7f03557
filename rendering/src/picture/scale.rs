//! The last step of scaling, and turning.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use visage::image::Orientation;
use visage::rendering::Size;

use super::boxes::Boxes;
use crate::Error;

/// Scales the boxes to a square of this size, up or down. Gives four channels for each pixel.
pub(super) fn to_size(boxes: Boxes, size: Size) -> Result<Vec<[u8; 4]>, Error> {
    let (count, side) = (boxes.count() as u32, boxes.side());
    let means = boxes.means();
    let from = TypedImageRef::<U8x4>::from_buffer(count, count, &means)?;
    let pixels = u32::from(size.pixels());
    let mut to = TypedImage::<U8x4>::new(pixels, pixels);
    // The boxes are premultiplied already.
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .crop(0.0, 0.0, side, side)
        .use_alpha(false);
    // Typed, so that the resizer is compiled for no other kind of pixels.
    Resizer::new().resize_typed(&from, &mut to, &options)?;
    Ok(to.pixels().iter().map(|pixel| pixel.0).collect())
}

/// Turns and mirrors a square of this size.
pub(super) fn turn(pixels: &[[u8; 4]], size: Size, orientation: Orientation) -> Vec<[u8; 4]> {
    let side = usize::from(size.pixels());
    let turned = |position| {
        let (mut y, mut x) = (position / side, position % side);
        if orientation.mirrored {
            x = side - 1 - x;
        }
        if orientation.flipped {
            y = side - 1 - y;
        }
        if orientation.transposed {
            (y, x) = (x, y);
        }
        pixels.get(y * side + x).copied().unwrap_or_default()
    };
    (0..pixels.len()).map(turned).collect()
}
