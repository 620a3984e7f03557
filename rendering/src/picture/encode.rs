//! Renderings as files. They hold nothing but pixels, and what the colours mean.

use jpeg_encoder::{ImageBuffer, JpegColorType, SamplingFactor, rgb_to_ycbcr};
use png::{BitDepth, ColorType, Compression, Info, ScaledFloat, SourceChromaticities};
use visage::rendering::Size;

use super::colours::{Colours, Meaning};
use crate::Error;

/// Encodes as JPEG: quality 85, with all of the chrominance. What small pictures show is often no larger than a few
/// pixels.
pub(super) fn jpeg(
    pixels: &[[u8; 4]],
    size: Size,
    colours: &Colours<'_>,
) -> Result<Vec<u8>, Error> {
    const QUALITY: u8 = 85;
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_4_4);
    if let Meaning::Icc(profile) = &colours.meaning {
        encoder.add_icc_profile(profile)?;
    }
    encoder.encode_image(Opaque {
        pixels,
        size,
        is_grey: colours.is_grey(),
    })?;
    Ok(bytes)
}

/// Pixels whose alpha is left out. Since this is a type of its own, the component contains no encoder for others.
struct Opaque<'a> {
    pixels: &'a [[u8; 4]],
    size: Size,
    is_grey: bool,
}

impl ImageBuffer for Opaque<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        if self.is_grey {
            JpegColorType::Luma
        } else {
            JpegColorType::Ycbcr
        }
    }

    fn width(&self) -> u16 {
        self.size.pixels()
    }

    fn height(&self) -> u16 {
        self.size.pixels()
    }

    fn fill_buffers(&self, y: u16, [luma, blue, red, _]: &mut [Vec<u8>; 4]) {
        let mut rows = self.pixels.chunks(self.size.pixels().into());
        for [r, g, b, _] in rows.nth(y.into()).unwrap_or_default() {
            if self.is_grey {
                luma.push(*r);
                continue;
            }
            let (y, cb, cr) = rgb_to_ycbcr(*r, *g, *b);
            luma.push(y);
            blue.push(cb);
            red.push(cr);
        }
    }
}

/// Encodes as PNG, with alpha if a pixel is not opaque.
pub(super) fn png(pixels: &[[u8; 4]], size: Size, colours: &Colours<'_>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let side = u32::from(size.pixels());
    let mut info = Info::with_size(side, side);
    info.bit_depth = BitDepth::Eight;
    match &colours.meaning {
        Meaning::Srgb => {}
        Meaning::Icc(profile) => info.icc_profile = Some(profile.as_ref().into()),
        Meaning::Gamma(gamma, chromaticities) => {
            info.source_gamma = Some(ScaledFloat::from_scaled(*gamma));
            info.source_chromaticities = points(*chromaticities);
        }
    }
    let is_opaque = pixels.iter().all(|[.., alpha]| *alpha == u8::MAX);
    let (color, data): (_, Vec<u8>) = match (colours.is_grey(), is_opaque) {
        (false, false) => (ColorType::Rgba, pixels.as_flattened().to_vec()),
        (false, true) => (
            ColorType::Rgb,
            pixels
                .iter()
                .flat_map(|[r, g, b, _]| [*r, *g, *b])
                .collect(),
        ),
        (true, false) => (
            ColorType::GrayscaleAlpha,
            pixels
                .iter()
                .flat_map(|[grey, .., alpha]| [*grey, *alpha])
                .collect(),
        ),
        (true, true) => (
            ColorType::Grayscale,
            pixels.iter().map(|[grey, ..]| *grey).collect(),
        ),
    };
    info.color_type = color;
    let mut encoder = png::Encoder::with_info(&mut bytes, info)?;
    encoder.set_compression(Compression::Fast);
    encoder.write_header()?.write_image_data(&data)?;
    Ok(bytes)
}

/// The chromaticities, in the order of the chunk `cHRM`.
fn points(chromaticities: [u32; 8]) -> Option<SourceChromaticities> {
    let point = |[x, y]: [u32; 2]| (ScaledFloat::from_scaled(x), ScaledFloat::from_scaled(y));
    let [white, red, green, blue] = *chromaticities.as_chunks().0 else {
        return None;
    };
    Some(SourceChromaticities {
        white: point(white),
        red: point(red),
        green: point(green),
        blue: point(blue),
    })
}
