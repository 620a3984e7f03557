//! Renderings: pictures as everybody may see them, square and of a given size.

use bytes::Bytes;

use crate::image::Format;

/// The length of a rendering's side: 1 to 512 pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u16);

impl Size {
    /// The largest size.
    pub const MAX: Self = Self(512);

    /// The size of a rendering whose size was not given (Gravatar, Libravatar).
    pub const DEFAULT: Self = Self(80);

    /// The sizes of the renderings that are kept, in ascending order.
    pub const KEPT: [Self; 9] = [
        Self(32),
        Self(48),
        Self(64),
        Self(80),
        Self(96),
        Self(128),
        Self(160),
        Self(256),
        Self::MAX,
    ];

    /// The size of this many pixels a side, or [`Size::MAX`] if that is smaller. `None` for 0.
    pub fn new(pixels: u64) -> Option<Self> {
        let pixels = u16::try_from(pixels).unwrap_or(u16::MAX);
        (pixels > 0).then(|| Self(pixels).min(Self::MAX))
    }

    /// The pixels of a side.
    pub const fn pixels(self) -> u16 {
        self.0
    }

    /// The smallest size in [`Size::KEPT`] that is not smaller than this.
    pub fn kept(self) -> Self {
        let mut kept = Self::KEPT.into_iter();
        kept.find(|kept| *kept >= self).unwrap_or(Self::MAX)
    }
}

/// A picture that is cropped to its central square, scaled to a [`Size`], and holds nothing else of the uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendering {
    /// The format: PNG or JPEG.
    pub format: Format,
    /// The file.
    pub bytes: Bytes,
}
