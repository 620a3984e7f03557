//! GIFs: the first frame on a transparent canvas.

use visage::image::{Gif, Refusal};
use visage::rendering::Size;

use super::{Boxes, Colours, Picture};
use crate::Error;

/// The start and the distance of the rows in each pass of an interlaced frame (GIF89a, appendix E).
const PASSES: [(usize, usize); 4] = [(0, 8), (4, 8), (2, 4), (1, 2)];

pub(super) fn decode(outline: &Gif<'_>, size: Size) -> Result<Picture<'static>, Error> {
    let file = file(outline);
    let mut decoder = gif::Decoder::new(file.as_slice())?;
    if decoder.next_frame_info()?.is_none() {
        return Err(Refusal::CutOff.into());
    }

    let [width, height] = outline.frame.map(usize::from);
    let [left, top] = outline.offset.map(usize::from);
    let canvas = usize::from(outline.canvas[0]);
    let colours = colours(outline);
    let passes: &[_] = match outline.interlaced {
        true => &PASSES,
        false => &[(0, 1)],
    };
    let mut boxes = Boxes::new(outline.canvas, size);
    let mut row = vec![0; width];
    for y in passes
        .iter()
        .flat_map(|(start, distance)| (*start..height).step_by(*distance))
    {
        if !decoder.fill_buffer(&mut row)? {
            return Err(Refusal::CutOff.into());
        }
        // What lies beyond the canvas isn't shown.
        let visible = row
            .get(..width.min(canvas.saturating_sub(left)))
            .unwrap_or_default();
        boxes.add(top + y, [left, 1], visible, |index| {
            colours.get(usize::from(index)).copied().unwrap_or_default()
        });
    }
    Ok(Picture {
        boxes,
        colours: Colours::srgb(),
        orientation: Default::default(),
    })
}

/// The colour of each index. Those that the palette lacks are transparent, and so is one that the file names.
fn colours(outline: &Gif<'_>) -> [[u8; 4]; 256] {
    let mut colours = [[0; 4]; 256];
    for (colour, [red, green, blue]) in colours.iter_mut().zip(outline.palette.as_chunks().0) {
        *colour = [*red, *green, *blue, u8::MAX];
    }
    if let Some(transparent) = outline
        .transparent
        .and_then(|index| colours.get_mut(usize::from(index)))
    {
        *transparent = [0; 4];
    }
    colours
}

/// A GIF of nothing but the frame.
fn file(outline: &Gif<'_>) -> Vec<u8> {
    let [width, height] = outline.frame.map(u16::to_le_bytes);
    // No global palette, and a local one of two colours: only indices are decoded.
    let mut file = b"GIF89a".to_vec();
    file.extend([width, height].as_flattened());
    file.extend([0, 0, 0]);
    file.extend([0x2c, 0, 0, 0, 0]);
    file.extend([width, height].as_flattened());
    file.push(0x80);
    file.extend([0; 6]);
    file.push(outline.code_size);
    // Sub-blocks of full length: an upload can have one for each byte.
    for block in outline.data.chunks(255) {
        file.push(block.len() as u8);
        file.extend(block);
    }
    file.extend([0, 0x3b]);
    file
}
