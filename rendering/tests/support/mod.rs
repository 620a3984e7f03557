//! Makes pictures, and looks at renderings.

use std::borrow::Cow;

use jpeg_encoder::{ColorType, Encoder};
use visage::image::{Format, Image};
use visage::rendering::{Rendering, Size};
use visage_rendering::{Error, render};

pub(crate) const RED: [u8; 3] = [230, 20, 30];
pub(crate) const GREEN: [u8; 3] = [20, 200, 40];
pub(crate) const BLUE: [u8; 3] = [10, 30, 220];
pub(crate) const GREY: [u8; 3] = [128, 128, 128];

/// The colours of the quarters of [`quarters`]: above left and right, below left and right.
pub(crate) const QUARTERS: [[u8; 3]; 4] = [RED, GREEN, BLUE, GREY];

/// A picture whose central square has a colour in each quarter. Outside of the square it is black.
pub(crate) fn quarters(width: usize, height: usize) -> Vec<[u8; 3]> {
    let side = width.min(height);
    let (left, top) = ((width - side) / 2, (height - side) / 2);
    let colour = |x: usize, y: usize| {
        let (x, y) = (x.checked_sub(left)?, y.checked_sub(top)?);
        let quarter = 2 * (2 * y / side) + 2 * x / side;
        (x < side && y < side).then(|| QUARTERS[quarter])
    };
    let positions = (0..width * height).map(|position| (position % width, position / width));
    positions
        .map(|(x, y)| colour(x, y).unwrap_or_default())
        .collect()
}

/// The luminance of a colour (BT.601).
pub(crate) fn luminance([red, green, blue]: [u8; 3]) -> u8 {
    ((299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue)) / 1000) as u8
}

/// A JPEG.
pub(crate) fn jpeg(
    pixels: &[u8],
    [width, height]: [u16; 2],
    color: ColorType,
    set: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 92);
    set(&mut encoder);
    encoder.encode(pixels, width, height, color).unwrap();
    file
}

/// A JPEG of [`quarters`].
pub(crate) fn quarters_jpeg(set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let pixels = quarters(96, 64);
    jpeg(pixels.as_flattened(), [96, 64], ColorType::Rgb, set)
}

/// Puts a segment behind a JPEG's first marker.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, payload, &jpeg[2..]].concat()
}

/// A PNG, but for its rows.
#[derive(Clone, Copy)]
pub(crate) struct Png<'a> {
    pub(crate) size: [u32; 2],
    pub(crate) depth: u8,
    pub(crate) color: u8,
    pub(crate) interlaced: bool,
    /// The chunks between header and rows.
    pub(crate) chunks: &'a [(&'a [u8; 4], &'a [u8])],
}

pub(crate) const PNG: Png<'_> = Png {
    size: [96, 64],
    depth: 8,
    color: 2,
    interlaced: false,
    chunks: &[],
};

impl Png<'_> {
    /// The PNG with these rows, each with its filter.
    pub(crate) fn file(self, rows: &[u8]) -> Vec<u8> {
        self.compressed(&miniz_oxide::deflate::compress_to_vec_zlib(rows, 9))
    }

    /// The PNG with these compressed rows.
    pub(crate) fn compressed(self, zlib: &[u8]) -> Vec<u8> {
        let [width, height] = self.size.map(u32::to_be_bytes);
        let rest = [self.depth, self.color, 0, 0, self.interlaced.into()];
        let header = [width.as_slice(), &height, &rest].concat();
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        file.extend(chunk(b"IHDR", &header));
        for (kind, data) in self.chunks {
            file.extend(chunk(kind, data));
        }
        file.extend(chunk(b"IDAT", zlib));
        file.extend(chunk(b"IEND", &[]));
        file
    }

    /// The PNG with unfiltered rows of these pixels, `N` bytes each.
    pub(crate) fn pixels<const N: usize>(self, pixels: &[[u8; N]]) -> Vec<u8> {
        let rows = pixels.chunks(self.size[0] as usize);
        let rows: Vec<u8> = rows
            .flat_map(|row| [&[0], row.as_flattened()].concat())
            .collect();
        self.file(&rows)
    }
}

/// A chunk of a PNG.
pub(crate) fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    let body = [kind.as_slice(), data].concat();
    [
        &length,
        body.as_slice(),
        &crc32fast::hash(&body).to_be_bytes(),
    ]
    .concat()
}

/// A frame of a GIF, of these indices.
pub(crate) fn frame(size: [u16; 2], indices: &[u8]) -> gif::Frame<'_> {
    gif::Frame {
        width: size[0],
        height: size[1],
        buffer: Cow::Borrowed(indices),
        ..gif::Frame::default()
    }
}

/// A GIF of these frames. Its palette is [`QUARTERS`], then black.
pub(crate) fn gif(canvas: [u16; 2], frames: &[gif::Frame<'_>]) -> Vec<u8> {
    let mut file = Vec::new();
    let palette = [QUARTERS.as_flattened(), &[0; 3]].concat();
    let mut encoder = gif::Encoder::new(&mut file, canvas[0], canvas[1], &palette).unwrap();
    for frame in frames {
        encoder.write_frame(frame).unwrap();
    }
    drop(encoder);
    file
}

/// The indices of [`quarters`].
pub(crate) fn quarters_indices(width: usize, height: usize) -> Vec<u8> {
    let index = |pixel| {
        QUARTERS
            .iter()
            .position(|colour| *colour == pixel)
            .unwrap_or(4)
    };
    quarters(width, height)
        .into_iter()
        .map(|pixel| index(pixel) as u8)
        .collect()
}

pub(crate) fn size(pixels: u64) -> Size {
    Size::new(pixels).unwrap()
}

/// Renders a file.
pub(crate) fn draw(file: &[u8], pixels: u64) -> Result<Rendering, Error> {
    let image = Image::new(file.to_vec(), "").expect("the file can be uploaded");
    render(&image, size(pixels))
}

/// The pixels of a rendering of this size.
pub(crate) fn pixels(rendering: &Rendering, side: usize) -> Vec<[u8; 4]> {
    let pixels: Vec<[u8; 4]> = match rendering.format {
        Format::Jpeg => {
            let mut decoder = jpeg_decoder::Decoder::new(&*rendering.bytes);
            let decoded = decoder.decode().unwrap();
            let colours = decoded.as_chunks().0;
            colours
                .iter()
                .map(|[red, green, blue]| [*red, *green, *blue, 255])
                .collect()
        }
        _ => {
            let mut decoder = png::Decoder::new(std::io::Cursor::new(&rendering.bytes));
            decoder.set_transformations(png::Transformations::ALPHA);
            let mut reader = decoder.read_info().unwrap();
            let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut buffer).unwrap();
            buffer.as_chunks().0.to_vec()
        }
    };
    assert_eq!(pixels.len(), side * side);
    pixels
}

/// The colours in the middle of a rendering's quarters.
pub(crate) fn middles(rendering: &Rendering, side: usize) -> [[u8; 4]; 4] {
    let pixels = pixels(rendering, side);
    let (near, far) = (side / 4, side * 3 / 4);
    [(near, near), (near, far), (far, near), (far, far)].map(|(y, x)| pixels[y * side + x])
}

/// Fails if colours differ by more than a JPEG of few pixels makes them differ near an edge.
#[track_caller]
pub(crate) fn assert_colours(found: [[u8; 4]; 4], expected: [[u8; 4]; 4], name: &str) {
    let pairs = found.as_flattened().iter().zip(expected.as_flattened());
    let distance = pairs
        .map(|(found, expected)| found.abs_diff(*expected))
        .max();
    assert!(
        distance <= Some(14),
        "{name}: {found:?} instead of {expected:?}"
    );
}

pub(crate) fn opaque(colours: [[u8; 3]; 4]) -> [[u8; 4]; 4] {
    colours.map(|[red, green, blue]| [red, green, blue, 255])
}
