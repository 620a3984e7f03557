//! Shapes in one or two inks on a ground, and the PNG of them.

use std::borrow::Cow;

use ab_glyph_rasterizer::{Rasterizer, point};
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};
use visage::image::Format;
use visage::rendering::{Rendering, Size};

use super::colour::Rgb;
use super::outline::{Outline, Part, Point};

/// The steps from the ground to an ink at the edges of shapes. With a single ink, a pixel is half a byte.
const STEPS: u8 = 15;

/// A picture in the making, with one ink or two.
pub(super) struct Drawing<const INKS: usize> {
    /// What each ink covers. No shape may overlap one in the other ink.
    pub(super) rasters: [Rasterizer; INKS],
    size: Size,
    ground: Rgb,
    inks: [Rgb; INKS],
}

impl<const INKS: usize> Drawing<INKS> {
    /// Starts with the bare ground.
    pub(super) fn new(size: Size, ground: Rgb, inks: [Rgb; INKS]) -> Self {
        let side = usize::from(size.pixels());
        Self {
            rasters: inks.map(|_| Rasterizer::new(side, side)),
            size,
            ground,
            inks,
        }
    }

    /// Encodes the picture.
    pub(super) fn finish(self) -> Rendering {
        let side = usize::from(self.size.pixels());
        // The steps of the first ink are the low four bits of a pixel, those of the second the high ones.
        let mut mixed = vec![0u8; side * side];
        for (raster, shift) in self.rasters.iter().zip([0, 4]) {
            let mut pixels = mixed.iter_mut();
            raster.for_each_pixel(|_, coverage| {
                if let Some(pixel) = pixels.next() {
                    let steps = (coverage * f32::from(STEPS) + 0.5) as u8;
                    *pixel |= steps.min(STEPS - *pixel) << shift;
                }
            });
        }
        let mut indices = [None; 256];
        let mut palette = Vec::new();
        for pixel in &mut mixed {
            if let Some(index) = indices.get_mut(usize::from(*pixel)) {
                *pixel = *index.get_or_insert_with(|| {
                    palette.push(self.colour(*pixel));
                    (palette.len() - 1) as u8
                });
            }
        }
        encode(self.size, &palette, None, &mixed)
    }

    /// The colour of a mixed pixel.
    fn colour(&self, pixel: u8) -> Rgb {
        let steps = [pixel & STEPS, pixel >> 4].map(u32::from);
        let [all, covered] = [u32::from(STEPS), steps.iter().sum()];
        let mut sums = self
            .ground
            .map(|part| u32::from(part) * (all - covered) + all / 2);
        for (ink, steps) in self.inks.iter().zip(steps) {
            for (sum, part) in sums.iter_mut().zip(ink) {
                *sum += u32::from(*part) * steps;
            }
        }
        sums.map(|sum| (sum / all) as u8)
    }
}

/// Draws an outline, each of its points moved by `place`. If that turns it over, `flipped` must be true: shapes side by
/// side leave no seam if all are clockwise.
pub(super) fn draw(
    raster: &mut Rasterizer,
    outline: &Outline,
    flipped: bool,
    place: impl Fn(Point) -> Point,
) {
    let place = |at| {
        let [x, y] = place(at);
        point(x, y)
    };
    let mut start = outline.last().map_or([0.0; 2], Part::end);
    for part in outline {
        let (from, end) = (place(start), place(part.end()));
        match (*part, flipped) {
            (Part::Line(_), false) => raster.draw_line(from, end),
            (Part::Line(_), true) => raster.draw_line(end, from),
            (Part::Curve(a, b, _), false) => raster.draw_cubic(from, place(a), place(b), end),
            (Part::Curve(a, b, _), true) => raster.draw_cubic(end, place(b), place(a), from),
        }
        start = part.end();
    }
}

/// Encodes pixels that are indices of a palette, of which one colour may be transparent.
pub(super) fn encode(
    size: Size,
    palette: &[Rgb],
    transparent: Option<u8>,
    indices: &[u8],
) -> Rendering {
    #[expect(
        clippy::expect_used,
        reason = "only a writer that fails or a side of 0 is an error"
    )]
    let bytes = try_encode(size, palette, transparent, indices).expect("the PNG can be written");
    Rendering {
        format: Format::Png,
        bytes: bytes.into(),
    }
}

fn try_encode(
    size: Size,
    palette: &[Rgb],
    transparent: Option<u8>,
    indices: &[u8],
) -> Result<Vec<u8>, EncodingError> {
    let (depth, bits) = match palette.len() {
        0..=2 => (BitDepth::One, 1),
        3..=4 => (BitDepth::Two, 2),
        5..=16 => (BitDepth::Four, 4),
        _ => (BitDepth::Eight, 8),
    };
    let side = usize::from(size.pixels());
    let packed: Cow<'_, [u8]> = if bits == 8 {
        indices.into()
    } else {
        let rows = indices.chunks(side);
        let bytes = rows.flat_map(|row| row.chunks(8 / bits).map(|pixels| pack(pixels, bits)));
        bytes.collect()
    };
    let mut file = Vec::new();
    let side = u32::from(size.pixels());
    let mut encoder = Encoder::new(&mut file, side, side);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(depth);
    encoder.set_palette(palette.as_flattened());
    if let Some(index) = transparent {
        let mut opacities = vec![255; usize::from(index)];
        opacities.push(0);
        encoder.set_trns(opacities);
    }
    encoder.set_compression(Compression::Fast);
    encoder.set_filter(Filter::Up);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&packed)?;
    writer.finish()?;
    Ok(file)
}

/// Packs the pixels of a byte, the first into its high bits.
fn pack(pixels: &[u8], bits: usize) -> u8 {
    let places = (0..8 / bits).rev().map(|place| place * bits);
    pixels
        .iter()
        .zip(places)
        .fold(0, |byte, (index, place)| byte | index << place)
}
