//! What the numbers of pixels mean.

use std::borrow::Cow;

use fdeflate::decompress_to_vec_bounded;
use visage::image::{Jpeg, JpegColors, Png, Profile};

/// The most bytes of an ICC profile that a rendering keeps. Profiles of colour spaces have 500 to 61,000.
const MAX_PROFILE: usize = 1 << 16;

/// The colours of a picture and its rendering.
///
/// A rendering has the same numbers as its picture, and keeps the profile that says what they mean. To convert them to
/// sRGB instead would take a tenth of the component's size.
pub(super) struct Colours<'a> {
    channels: Channels,
    pub(super) meaning: Meaning<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channels {
    /// The same value for red, green and blue, each multiplied by alpha, and alpha.
    Grey,
    /// Red, green and blue, each multiplied by alpha, and alpha.
    Rgb,
    /// Ink.
    Cmyk,
}

/// What the numbers of a rendering mean.
pub(super) enum Meaning<'a> {
    /// They are sRGB, as far as is known.
    Srgb,
    /// This ICC profile tells.
    Icc(Cow<'a, [u8]>),
    /// As in [`Profile::Gamma`].
    Gamma(u32, [u32; 8]),
}

impl<'a> Colours<'a> {
    pub(super) fn srgb() -> Self {
        Self {
            channels: Channels::Rgb,
            meaning: Meaning::Srgb,
        }
    }

    pub(super) fn of_jpeg(outline: &'a Jpeg<'_>) -> Self {
        let channels = match outline.colors {
            JpegColors::Grey => Channels::Grey,
            JpegColors::Rgb | JpegColors::YCbCr => Channels::Rgb,
            JpegColors::Cmyk { .. } => Channels::Cmyk,
        };
        Self {
            channels,
            meaning: icc(Cow::Borrowed(&outline.profile), channels),
        }
    }

    pub(super) fn of_png(outline: &Png<'a>) -> Self {
        let channels = match outline.grey {
            true => Channels::Grey,
            false => Channels::Rgb,
        };
        let meaning = match outline.profile {
            None => Meaning::Srgb,
            Some(Profile::Gamma(gamma, chromaticities)) => Meaning::Gamma(gamma, chromaticities),
            // It would take long to inflate, and hardly shrinks.
            Some(Profile::Compressed(zlib)) if zlib.len() > MAX_PROFILE => Meaning::Srgb,
            Some(Profile::Compressed(zlib)) => {
                let profile = decompress_to_vec_bounded(zlib, MAX_PROFILE);
                icc(Cow::Owned(profile.unwrap_or_default()), channels)
            }
        };
        Self { channels, meaning }
    }

    /// Whether the rendering must have one channel, since its profile is of one.
    pub(super) fn is_grey(&self) -> bool {
        self.channels == Channels::Grey && matches!(self.meaning, Meaning::Icc(_))
    }

    /// Turns pixels into red, green and blue (no longer multiplied by alpha), and alpha.
    pub(super) fn to_rgba(&self, pixels: &mut [[u8; 4]]) {
        pixels.iter_mut().for_each(match self.channels {
            Channels::Grey | Channels::Rgb => divide_by_alpha,
            Channels::Cmyk => mix_inks,
        });
    }
}

/// The profile, if it is sane, of these channels, and not too large. Browsers ignore others, too. Inks are mixed here, so
/// their profile is of no use in a rendering.
fn icc(profile: Cow<'_, [u8]>, channels: Channels) -> Meaning<'_> {
    let space = match channels {
        Channels::Grey => b"GRAY",
        Channels::Rgb => b"RGB ",
        Channels::Cmyk => return Meaning::Srgb,
    };
    let length = profile
        .first_chunk()
        .map(|length| u32::from_be_bytes(*length));
    // The header of a profile: ICC.1, 7.2.
    let is_sane = profile.len() <= MAX_PROFILE
        && length.and_then(|length| length.try_into().ok()) == Some(profile.len())
        && profile.get(16..20) == Some(space)
        && profile.get(36..40) == Some(b"acsp");
    if is_sane {
        Meaning::Icc(profile)
    } else {
        Meaning::Srgb
    }
}

fn divide_by_alpha(pixel: &mut [u8; 4]) {
    let [colours @ .., alpha] = pixel;
    let alpha = u32::from(*alpha);
    if alpha < 255 {
        for colour in colours {
            let divided = (u32::from(*colour) * 255 + alpha / 2).checked_div(alpha);
            *colour = divided.map_or(0, |colour| colour.min(255) as u8);
        }
    }
}

/// Mixes inks as most software does that knows nothing of them.
fn mix_inks(pixel: &mut [u8; 4]) {
    let [cyan, magenta, yellow, black] = *pixel;
    let mix = |ink: u8| ((u32::from(!ink) * u32::from(!black) + 127) / 255) as u8;
    *pixel = [mix(cyan), mix(magenta), mix(yellow), u8::MAX];
}
