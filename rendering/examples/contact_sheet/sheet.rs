//! Rows of pictures, once on white and once on black.

use std::io::Cursor;

use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Transformations};
use visage::image::Format;
use visage::rendering::Rendering;

/// The pixels between pictures.
const GAP: usize = 10;

/// Rows of pixels: red, green, blue and opacity.
#[derive(Clone)]
pub(crate) struct Picture(Vec<Vec<[u8; 4]>>);

impl Picture {
    /// Decodes a rendering.
    pub(crate) fn of(rendering: &Rendering) -> Self {
        if rendering.format == Format::Jpeg {
            return Self::of_jpeg(&rendering.bytes);
        }
        let mut decoder = Decoder::new(Cursor::new(&rendering.bytes));
        decoder.set_transformations(Transformations::EXPAND | Transformations::ALPHA);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        let (pixels, _) = bytes.as_chunks();
        Self(
            pixels
                .chunks(frame.width as usize)
                .map(<[_]>::to_vec)
                .collect(),
        )
    }

    fn of_jpeg(bytes: &[u8]) -> Self {
        let mut decoder = jpeg_decoder::Decoder::new(bytes);
        let pixels = decoder.decode().unwrap();
        let width = usize::from(decoder.info().unwrap().width);
        let (pixels, _) = pixels.as_chunks();
        let opaque = pixels.iter().map(|[r, g, b]| [*r, *g, *b, u8::MAX]);
        let opaque: Vec<_> = opaque.collect();
        Self(opaque.chunks(width).map(<[_]>::to_vec).collect())
    }

    /// Cuts out a square of this side, whose left upper corner is at x and y.
    pub(crate) fn section(&self, x: usize, y: usize, side: usize) -> Self {
        let rows = self.0.iter().skip(y).take(side);
        Self(
            rows.map(|row| row.iter().skip(x).take(side).copied().collect())
                .collect(),
        )
    }

    fn width(&self) -> usize {
        self.0.first().map_or(0, Vec::len)
    }
}

/// Draws rows of pictures, and encodes the sheet as PNG.
pub(crate) fn draw(rows: &[Vec<Picture>]) -> Vec<u8> {
    let widths = rows
        .iter()
        .map(|row| row.iter().map(|picture| picture.width() + GAP).sum());
    let half = GAP + widths.max().unwrap_or(0);
    let empty = [vec![[255; 3]; half], vec![[0; 3]; half]].concat();
    let mut lines = vec![empty.clone(); GAP];
    for row in rows {
        let height = row.iter().map(|picture| picture.0.len()).max().unwrap_or(0);
        for y in 0..height {
            let mut line = empty.clone();
            for background in line.chunks_mut(half) {
                let mut left = GAP;
                for picture in row {
                    let colours = picture.0.get(y).into_iter().flatten();
                    for (place, colour) in background.iter_mut().skip(left).zip(colours) {
                        *place = over(*place, *colour);
                    }
                    left += picture.width() + GAP;
                }
            }
            lines.push(line);
        }
        lines.extend(vec![empty.clone(); GAP]);
    }
    encode(half * 2, lines.len(), lines.concat().as_flattened())
}

/// A colour on a background.
fn over(background: [u8; 3], [r, g, b, opacity]: [u8; 4]) -> [u8; 3] {
    let opacity = u32::from(opacity);
    let mut parts = [r, g, b].into_iter();
    background.map(|below| {
        let above = u32::from(parts.next().unwrap_or_default());
        ((above * opacity + u32::from(below) * (255 - opacity) + 127) / 255) as u8
    })
}

fn encode(width: usize, height: usize, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    file
}
