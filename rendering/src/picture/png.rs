//! PNGs, row by row.

use png::{ColorType, Transformations};
use visage::image::{Png, Refusal};
use visage::rendering::Size;

use super::{Boxes, Colours, Picture};
use crate::Error;

/// The first column and row of each pass of an interlaced picture, and their distances (PNG, 8.1).
const PASSES: [[usize; 4]; 7] = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
];

pub(super) fn decode<'a>(outline: &Png<'a>, size: Size) -> Result<Picture<'a>, Error> {
    let file = file(outline);
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let (color, _) = reader.output_color_type();

    let [width, height] = outline.size.map(usize::from);
    let passes: &[_] = match outline.interlaced {
        true => &PASSES,
        false => &[[0, 0, 1, 1]],
    };
    let mut boxes = Boxes::new(outline.size, size);
    for [left, top, step, distance] in passes.iter().copied() {
        // A pass of a small picture can have no columns. Then it has no rows either.
        for y in (top..height).step_by(distance).filter(|_| left < width) {
            let row = reader.next_row()?.ok_or(Refusal::CutOff)?;
            add(&mut boxes, y, [left, step], color, row.data());
        }
    }
    Ok(Picture {
        boxes,
        colours: Colours::of_png(outline),
        orientation: outline.orientation,
    })
}

fn add(boxes: &mut Boxes, y: usize, columns: [usize; 2], color: ColorType, row: &[u8]) {
    const OPAQUE: u8 = u8::MAX;
    match color {
        ColorType::Grayscale => boxes.add(y, columns, row, |grey| [grey, grey, grey, OPAQUE]),
        ColorType::GrayscaleAlpha => {
            let pixels = row.as_chunks().0;
            boxes.add(y, columns, pixels, |[grey, alpha]| {
                [grey, grey, grey, alpha]
            });
        }
        ColorType::Rgb | ColorType::Indexed => {
            let pixels = row.as_chunks().0;
            boxes.add(y, columns, pixels, |[red, green, blue]| {
                [red, green, blue, OPAQUE]
            });
        }
        ColorType::Rgba => boxes.add(y, columns, row.as_chunks().0, |pixel| pixel),
    }
}

/// A PNG of nothing but what has to be decoded.
fn file(outline: &Png<'_>) -> Vec<u8> {
    const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
    const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
    let mut file = SIGNATURE.to_vec();
    file.extend(outline.chunks.iter().copied().flatten());
    file.extend(END);
    file
}
