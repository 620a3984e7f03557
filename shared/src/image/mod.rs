//! Pictures. Their bytes decide the format, never a name or a declared type.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

mod jpeg;
mod outline;

pub use outline::{
    Gif, Jpeg, JpegColors, Orientation, Outline, Png, Profile, Refusal, Scan, Segment,
};

/// The most bytes of a picture: 512 KiB (IBM BPM: "The maximum file size is limited to 512 KB").
pub const MAX_BYTES: usize = 512 * 1024;

/// The largest width and height of a picture, in pixels.
pub const MAX_SIDE: usize = 8192;

/// Base64 as clients and servers of all three vendors write it: padded or not, with any value in the unused last
/// bits.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// The formats that the vendors accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// Graphics Interchange Format.
    Gif,
}

impl Format {
    /// The media type, as sent.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
        }
    }

    fn recognise(bytes: &[u8]) -> Option<Self> {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        if bytes.starts_with(PNG) {
            Some(Self::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            Some(Self::Gif)
        } else {
            None
        }
    }

    /// Returns the format for a media type. Parameters and letter case are ignored.
    pub fn named(media_type: &str) -> Option<Self> {
        match essence(media_type).to_ascii_lowercase().as_str() {
            "image/png" => Some(Self::Png),
            "image/jpeg" | "image/jpg" | "image/pjpeg" => Some(Self::Jpeg),
            "image/gif" => Some(Self::Gif),
            _ => None,
        }
    }

    /// Reads width and height from the header.
    fn sides(self, bytes: &[u8]) -> Option<[usize; 2]> {
        if self == Self::Jpeg {
            return jpeg::sides(bytes);
        }
        let size = imagesize::blob_size(bytes).ok()?;
        Some([size.width, size.height])
    }

    /// Whether a declared media type agrees with this format. An empty type and `application/octet-stream` agree with
    /// all.
    fn agrees_with(self, declared: &str) -> bool {
        let essence = essence(declared);
        essence.is_empty()
            || essence.eq_ignore_ascii_case("application/octet-stream")
            || Self::named(essence) == Some(self)
    }
}

fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// What can be wrong with a picture. The texts are read after the name of the field that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImageFault {
    /// There are no bytes.
    #[error("is empty")]
    Empty,
    /// There are more than [`MAX_BYTES`].
    #[error("is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// The text is not base64.
    #[error("is not base64")]
    NotBase64,
    /// The bytes are not of a [`Format`] that is taken.
    #[error("is not a PNG, JPEG or GIF image")]
    Unsupported,
    /// The declared media type is not that of the bytes.
    #[error("is of another type than declared")]
    Contradicted,
    /// The header cannot be read, or a side is not of 1 to [`MAX_SIDE`] pixels.
    #[error("has no readable dimensions of 1 to {MAX_SIDE} pixels a side")]
    Dimensions,
}

/// A valid picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    format: Format,
    bytes: Bytes,
}

impl Image {
    /// Checks a picture, cheap tests first. `declared` is the client's media type, or empty.
    ///
    /// # Errors
    /// Every [`ImageFault`] but [`ImageFault::NotBase64`].
    pub fn new(bytes: impl Into<Bytes>, declared: &str) -> Result<Self, ImageFault> {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return Err(ImageFault::Empty);
        }
        if bytes.len() > MAX_BYTES {
            return Err(ImageFault::TooLarge);
        }
        let format = Format::recognise(&bytes).ok_or(ImageFault::Unsupported)?;
        if !format.agrees_with(declared) {
            return Err(ImageFault::Contradicted);
        }
        let sides = format.sides(&bytes).ok_or(ImageFault::Dimensions)?;
        if sides.iter().all(|side| (1..=MAX_SIDE).contains(side)) {
            Ok(Self { format, bytes })
        } else {
            Err(ImageFault::Dimensions)
        }
    }

    /// Decodes a picture from base64: the standard or the URL-safe alphabet, padded or not. A `data:<type>;base64,`
    /// prefix is allowed; its type counts as declared. `declared` is as in [`Image::new`].
    ///
    /// # Errors
    /// Every [`ImageFault`].
    pub fn from_base64(text: &str, declared: &str) -> Result<Self, ImageFault> {
        let (data_url_type, digits) = match text.strip_prefix("data:") {
            Some(rest) => rest.split_once(";base64,").ok_or(ImageFault::NotBase64)?,
            None => ("", text),
        };
        if digits.len() > MAX_BYTES.div_ceil(3) * 4 {
            return Err(ImageFault::TooLarge);
        }
        let bytes = decode(digits).ok_or(ImageFault::NotBase64)?;
        let image = Self::new(bytes, declared)?;
        if image.format.agrees_with(data_url_type) {
            Ok(image)
        } else {
            Err(ImageFault::Contradicted)
        }
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The bytes, exactly as uploaded.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same bytes, shared.
    pub(crate) fn shared_bytes(&self) -> Bytes {
        self.bytes.clone()
    }
}

/// Decodes any form of base64. Most input has the strict form, the only one that `base64_simd` decodes. It is several
/// times as fast.
fn decode(digits: &str) -> Option<Vec<u8>> {
    base64_simd::STANDARD
        .decode_to_vec(digits)
        .ok()
        .or_else(|| BASE64.decode(digits).ok())
        .or_else(|| BASE64_URL.decode(digits).ok())
}
