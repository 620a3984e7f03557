//! What a JPEG's application segments say about its colours and its orientation.

use super::frame::Frame;
use super::{Orientation, Refusal};

/// What the components of a JPEG mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JpegColors {
    /// Luminance.
    Grey,
    /// Red, green and blue.
    Rgb,
    /// Luminance and chrominance (BT.601).
    YCbCr,
    /// Ink.
    Cmyk {
        /// Whether 0 is all ink and 255 none, as Adobe writes it.
        inverted: bool,
        /// Whether cyan, magenta and yellow are stored as luminance and chrominance.
        ycck: bool,
    },
}

/// The application segments that matter.
#[derive(Default)]
pub(super) struct Notes<'a> {
    jfif: bool,
    adobe: Option<u8>,
    exif: bool,
    pub(super) orientation: Orientation,
    /// The parts of the ICC profile, each with its number (from 1) and how many there are.
    profile: Vec<(u8, u8, &'a [u8])>,
}

impl<'a> Notes<'a> {
    pub(super) fn read(&mut self, marker: u8, payload: &'a [u8]) {
        match (marker, payload) {
            (0xe0, [b'J', b'F', b'I', b'F', 0, ..]) => self.jfif = true,
            (0xe1, [b'E', b'x', b'i', b'f', 0, _, tiff @ ..]) if !self.exif => {
                self.exif = true;
                self.orientation = Orientation::read(tiff);
            }
            (0xe2, _) => {
                if let Some([number, count, part @ ..]) = payload.strip_prefix(b"ICC_PROFILE\0") {
                    self.profile.push((*number, *count, part));
                }
            }
            (
                0xee,
                [
                    b'A',
                    b'd',
                    b'o',
                    b'b',
                    b'e',
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    transform,
                    ..,
                ],
            ) => {
                self.adobe = Some(*transform);
            }
            _ => {}
        }
    }

    /// What the components mean, as libjpeg decides it.
    pub(super) fn colors(&self, frame: &Frame) -> Result<JpegColors, Refusal> {
        Ok(match (frame.identifiers().as_slice(), self.adobe) {
            ([_], _) => JpegColors::Grey,
            ([_, _, _], _) if self.jfif => JpegColors::YCbCr,
            ([_, _, _], Some(0)) | ([b'R', b'G', b'B'], None) => JpegColors::Rgb,
            ([_, _, _], _) => JpegColors::YCbCr,
            ([_, _, _, _], adobe) => JpegColors::Cmyk {
                inverted: adobe.is_some(),
                ycck: adobe == Some(2),
            },
            _ => return Err(Refusal::Unsupported("its number of components")),
        })
    }

    /// The ICC profile, if all its parts are there.
    pub(super) fn profile(mut self) -> Vec<u8> {
        self.profile.sort_by_key(|(number, ..)| *number);
        let parts = self.profile.len();
        let all_there = (1..).zip(&self.profile);
        let all_there = all_there.into_iter().all(|(expected, (number, count, _))| {
            usize::from(*number) == expected && usize::from(*count) == parts
        });
        match all_there {
            true => self
                .profile
                .iter()
                .flat_map(|(.., part)| *part)
                .copied()
                .collect(),
            false => Vec::new(),
        }
    }
}
