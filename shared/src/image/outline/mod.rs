//! What a picture's file consists of, read without decoding: whatever decides how much a decoder has to do.
//!
//! An outline holds only what a decoder needs. Comments, text, thumbnails and animations are left behind.

mod exif;
mod gif;
mod jpeg;
mod png;

pub use exif::Orientation;
pub use gif::Gif;
pub use jpeg::{Jpeg, JpegColors, Scan, Segment};
pub use png::{Png, Profile};

use super::{Format, Image};

/// The most pixels of a JPEG that isn't progressive.
const MAX_BASELINE: u64 = 48 << 20;

/// The most pixels of a progressive JPEG.
const MAX_PROGRESSIVE: u64 = 8 << 20;

/// The most pixels of a PNG, and of a GIF's canvas and first frame.
const MAX_PIXELS: u64 = 16 << 20;

/// The outline of a picture that can be decoded with bounded memory and time.
#[derive(Debug)]
pub enum Outline<'a> {
    /// A JPEG's.
    Jpeg(Jpeg<'a>),
    /// A PNG's.
    Png(Png<'a>),
    /// A GIF's.
    Gif(Gif<'a>),
}

impl<'a> Outline<'a> {
    /// Reads the outline of a file of this format.
    ///
    /// # Errors
    /// If the file isn't whole, or decoding it could take too much memory or time.
    pub fn new(format: Format, bytes: &'a [u8]) -> Result<Self, Refusal> {
        Ok(match format {
            Format::Jpeg => Self::Jpeg(Jpeg::new(bytes)?),
            Format::Png => Self::Png(Png::new(bytes)?),
            Format::Gif => Self::Gif(Gif::new(bytes)?),
        })
    }
}

impl Image {
    /// The picture's outline.
    ///
    /// # Errors
    /// As for [`Outline::new`].
    pub fn outline(&self) -> Result<Outline<'_>, Refusal> {
        Outline::new(self.format, &self.bytes)
    }
}

/// Why a picture isn't decoded. The texts are for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The format's structure is broken.
    #[error("the file is broken: {0}")]
    Broken(&'static str),
    /// The file ends before the picture does.
    #[error("the file is cut off")]
    CutOff,
    /// The format has more kinds than are decoded.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// There are too many pixels.
    #[error("it has {pixels} pixels, and at most {limit} are decoded")]
    Pixels {
        /// The pixels that there are.
        pixels: u64,
        /// The limit for this kind of file.
        limit: u64,
    },
    /// There are too many of a JPEG's scans.
    #[error("it has more than {0} scans")]
    Scans(usize),
    /// Decoding would take too long, or too much memory, for another reason than the number of pixels.
    #[error("decoding it takes too much: {0}")]
    TooMuch(&'static str),
}

fn check_pixels(width: u16, height: u16, limit: u64) -> Result<(), Refusal> {
    let pixels = u64::from(width) * u64::from(height);
    match pixels {
        0 => Err(Refusal::Broken("it has no pixels")),
        _ if pixels > limit => Err(Refusal::Pixels { pixels, limit }),
        _ => Ok(()),
    }
}
