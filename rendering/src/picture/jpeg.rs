//! JPEGs, at a reduced scale.

use jpeg_decoder::{ColorTransform, Decoder};
use visage::image::{Jpeg, JpegColors, Refusal, Segment};
use visage::rendering::Size;

use super::{Boxes, Colours, Picture};
use crate::Error;

/// The most bytes for the decoder's coefficients, planes and pixels. The file twice, and a row of coefficients, come
/// on top.
const MAX_MEMORY: usize = 54 << 20;

pub(super) fn decode<'a>(outline: &'a Jpeg<'_>, size: Size) -> Result<Picture<'a>, Error> {
    let scale = scale(outline, size)?;
    let file = file(outline);
    let mut decoder = Decoder::new(file.as_slice());
    decoder.set_color_transform(match outline.colors {
        JpegColors::Grey => ColorTransform::Grayscale,
        JpegColors::Rgb => ColorTransform::RGB,
        JpegColors::YCbCr => ColorTransform::YCbCr,
        JpegColors::Cmyk { ycck: false, .. } => ColorTransform::CMYK,
        JpegColors::Cmyk { ycck: true, .. } => ColorTransform::YCCK,
    });
    // The decoder takes the smallest scale at which one side is as long as requested. The other is never.
    let scaled_sides = outline.size.map(|side| scaled(side.into(), scale) as u16);
    let (width, height) = match (scale, outline.size) {
        (8, _) => decoder.scale(u16::MAX, u16::MAX)?,
        (_, [width, height]) if width >= height => decoder.scale(scaled_sides[0], u16::MAX)?,
        _ => decoder.scale(u16::MAX, scaled_sides[1])?,
    };
    let pixels = decoder.decode()?;
    drop(decoder);

    let mut boxes = Boxes::new([width, height], size);
    let width = usize::from(width);
    let rows = |channels: usize| pixels.chunks_exact(channels * width).enumerate();
    match outline.colors {
        JpegColors::Grey => {
            for (y, row) in rows(1) {
                boxes.add(y, [0, 1], row, |grey| [grey, grey, grey, u8::MAX]);
            }
        }
        JpegColors::Rgb | JpegColors::YCbCr => {
            for (y, row) in rows(3) {
                let pixels = row.as_chunks().0;
                boxes.add(y, [0, 1], pixels, |[red, green, blue]| {
                    [red, green, blue, u8::MAX]
                });
            }
        }
        JpegColors::Cmyk { inverted, .. } => {
            // The decoder inverts whatever it gets.
            let ink = |channel: u8| if inverted { channel } else { !channel };
            for (y, row) in rows(4) {
                boxes.add_inks(y, row.as_chunks().0, ink);
            }
        }
    }
    Ok(Picture {
        boxes,
        colours: Colours::of_jpeg(outline),
        orientation: outline.orientation,
    })
}

/// The length of a side at a scale.
fn scaled(side: usize, scale: usize) -> usize {
    (side * scale).div_ceil(8)
}

/// Chooses the scale, in eighths: the smallest at which the picture has twice as many pixels as the rendering, or a
/// smaller one if that takes too much memory.
fn scale(outline: &Jpeg<'_>, size: Size) -> Result<usize, Refusal> {
    let sides = outline.size.map(usize::from);
    let blocks: usize = outline.blocks.iter().sum();
    let coefficients = if outline.progressive { 128 * blocks } else { 0 };
    let memory = |scale: usize| {
        let pixels = sides
            .map(|side| scaled(side, scale))
            .iter()
            .product::<usize>();
        coefficients + blocks * scale * scale + outline.blocks.len() * pixels
    };
    let shorter = sides[0].min(sides[1]);
    let mut affordable = [1, 2, 4, 8]
        .into_iter()
        .filter(|scale| memory(*scale) <= MAX_MEMORY);
    let large_enough = |scale: &usize| shorter * scale >= 8 * 2 * usize::from(size.pixels());
    affordable
        .clone()
        .find(large_enough)
        .or(affordable.next_back())
        .ok_or(Refusal::TooMuch("its coefficients are of more than 54 MiB"))
}

/// A JPEG of nothing but what has to be decoded. The decoder takes what is missing at the end of a scan, or before a
/// restart marker, for zeros. So a picture that is cut off would be shown with a grey part, and a few bytes could keep
/// the decoder busy for long. Ones are put there instead: no code consists of ones alone, so the decoder fails.
fn file(outline: &Jpeg<'_>) -> Vec<u8> {
    // The decoder must still see a restart marker at the end of an interval. It reads 57 bits ahead, and up to 7 fill
    // up the last byte.
    const BEFORE_RESTART: usize = 6;
    // More than the decoder reads ahead, so that it finds no marker.
    const AT_END: usize = 16;
    let mut file = vec![0xff, 0xd8];
    let ones = |bytes: usize| std::iter::repeat_n([0xff, 0], bytes).flatten();
    for segment in &outline.segments {
        match segment {
            Segment::Header(header) => file.extend(*header),
            Segment::Scan(scan) => {
                file.extend(scan.header);
                let mut restarts = scan.restarts.iter();
                for interval in &scan.intervals {
                    file.extend(*interval);
                    if let Some(restart) = restarts.next() {
                        file.extend(ones(BEFORE_RESTART));
                        file.extend([0xff, *restart]);
                    }
                }
                file.extend(ones(AT_END + scan.corrections / 8));
            }
        }
    }
    file.extend([0xff, 0xd9]);
    file
}
