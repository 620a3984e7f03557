//! Draws avatars in a given size: pictures that users have uploaded, and what stands in for them.
//!
//! No other code of Visage decodes pictures. Whatever the picture, at most 64 MiB of memory are used.

pub mod defaults;
mod picture;

use visage::image::{Image, Outline, Refusal};
use visage::rendering::{Rendering, Size};

/// Why a picture isn't shown. The texts are for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is known without decoding that it can't be decoded, or would take too much.
    #[error("the picture is not decoded: {0}")]
    Refused(#[from] Refusal),
    /// A JPEG can't be decoded to its end.
    #[error("the JPEG cannot be decoded: {0}")]
    Jpeg(#[from] jpeg_decoder::Error),
    /// A PNG can't be decoded to its end.
    #[error("the PNG cannot be decoded: {0}")]
    Png(#[from] png::DecodingError),
    /// A GIF's first frame can't be decoded to its end.
    #[error("the GIF cannot be decoded: {0}")]
    Gif(#[from] gif::DecodingError),
    /// The decoded pixels don't form a square.
    #[error("the pixels do not form a square: {0}")]
    Pixels(#[from] fast_image_resize::ImageBufferError),
    /// The decoded picture can't be scaled.
    #[error("the picture cannot be scaled: {0}")]
    Scaling(#[from] fast_image_resize::ResizeError),
    /// The rendering can't be encoded as JPEG.
    #[error("the rendering cannot be encoded as JPEG: {0}")]
    ToJpeg(#[from] jpeg_encoder::EncodingError),
    /// The rendering can't be encoded as PNG.
    #[error("the rendering cannot be encoded as PNG: {0}")]
    ToPng(#[from] png::EncodingError),
}

/// Draws an uploaded picture in a size: its central square, turned as its Exif data says, in the same colours. A JPEG
/// becomes a JPEG, a PNG or a GIF's first frame a PNG.
///
/// # Errors
/// If the picture can't be decoded to its end, or decoding could take too much memory or time.
pub fn render(image: &Image, size: Size) -> Result<Rendering, Error> {
    picture::render(&image.outline()?, size)
}

/// Draws a rendering in another size. The format stays.
///
/// # Errors
/// If the rendering can't be decoded.
pub fn scaled(rendering: &Rendering, size: Size) -> Result<Rendering, Error> {
    picture::render(&Outline::new(rendering.format, &rendering.bytes)?, size)
}
