//! From an uploaded file to a rendering.

mod boxes;
mod colours;
mod encode;
mod gif;
mod jpeg;
mod png;
mod scale;

use visage::image::{Format, Orientation, Outline};
use visage::rendering::{Rendering, Size};

use crate::Error;
use boxes::Boxes;
use colours::Colours;

/// A decoded picture: its central square, in more pixels than the rendering needs, if there are as many.
struct Picture<'a> {
    boxes: Boxes,
    colours: Colours<'a>,
    orientation: Orientation,
}

pub(crate) fn render(outline: &Outline<'_>, size: Size) -> Result<Rendering, Error> {
    let (picture, format) = match outline {
        Outline::Jpeg(outline) => (jpeg::decode(outline, size)?, Format::Jpeg),
        Outline::Png(outline) => (png::decode(outline, size)?, Format::Png),
        Outline::Gif(outline) => (gif::decode(outline, size)?, Format::Png),
    };
    let mut pixels = scale::to_size(picture.boxes, size)?;
    picture.colours.to_rgba(&mut pixels);
    let pixels = scale::turn(&pixels, size, picture.orientation);
    let bytes = match format {
        Format::Jpeg => encode::jpeg(&pixels, size, &picture.colours)?,
        _ => encode::png(&pixels, size, &picture.colours)?,
    };
    Ok(Rendering {
        format,
        bytes: bytes.into(),
    })
}
