//! The stored form of renderings.
//!
//! The first piece of a rendering is the token of the picture's change, the token of its writer, the format, the number
//! of further pieces, and the beginning of the file. A further piece is the token of the writer and more of the file.
//! Only an image like noise needs one.

use bytes::Bytes;

use super::key;
use super::stored_avatar::MAX_VALUE_BYTES;
use super::swap::Token;
use crate::Error;
use crate::image::Format;
use crate::name::UserNumber;
use crate::rendering::{Rendering, Size};
use crate::store::MAX_BATCH;

/// The length of what comes before the file in the first piece.
const HEAD_BYTES: usize = 2 * Token::BYTES + 2;

/// The most bytes of the file in a piece.
const PIECE_BYTES: usize = MAX_VALUE_BYTES - HEAD_BYTES;

/// How much larger a file may be than its pixels: a colour profile, and what a format adds.
const EXTRA_BYTES: usize = 64 * 1024;

const _: () = assert!(
    MOST_PIECES <= MAX_BATCH,
    "one batch removes all renderings of a user"
);

/// The most pieces of all renderings of a picture.
const MOST_PIECES: usize = {
    let [a, b, c, d, e, f, g, h, i] = Size::KEPT;
    most_pieces(a)
        + most_pieces(b)
        + most_pieces(c)
        + most_pieces(d)
        + most_pieces(e)
        + most_pieces(f)
        + most_pieces(g)
        + most_pieces(h)
        + most_pieces(i)
};

/// The most pieces of a rendering: those of a file that no encoder has made smaller than its pixels.
const fn most_pieces(size: Size) -> usize {
    let side = size.pixels() as usize;
    (4 * side * side + EXTRA_BYTES).div_ceil(PIECE_BYTES)
}

/// The keys of the renderings of this size.
pub(super) fn keys(number: UserNumber, size: Size) -> Vec<String> {
    let pieces = 0..most_pieces(size);
    pieces
        .map(|index| key::rendering(number, size, index))
        .collect()
}

/// The keys of all renderings of a user's picture.
pub(super) fn all_keys(number: UserNumber) -> Vec<String> {
    Size::KEPT.map(|size| keys(number, size)).concat()
}

/// The keys and values of a rendering of the picture that this change has stored.
///
/// # Errors
/// [`Error::Internal`] for a file that is larger than one of its size can be.
pub(super) fn pieces(
    number: UserNumber,
    size: Size,
    change: Token,
    writer: Token,
    rendering: &Rendering,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let bytes = &rendering.bytes;
    let (first, rest) = bytes.split_at(PIECE_BYTES.min(bytes.len()));
    let rest = rest.chunks(PIECE_BYTES);
    let further = u8::try_from(rest.len()).unwrap_or(u8::MAX);
    if usize::from(further) >= most_pieces(size) {
        return Err(Error::Internal {
            detail: format!(
                "a rendering of {} pixels has {} bytes",
                size.pixels(),
                bytes.len()
            ),
        });
    }
    let format = match rendering.format {
        Format::Png => 0,
        Format::Jpeg => 1,
        Format::Gif => 2,
    };
    let first = [
        &change.bytes(),
        &writer.bytes(),
        &[format, further][..],
        first,
    ]
    .concat();
    let rest = rest.map(|piece| [&writer.bytes(), piece].concat());
    Ok(keys(number, size)
        .into_iter()
        .zip([first].into_iter().chain(rest))
        .collect())
}

/// The first piece of a rendering.
pub(super) struct Piece {
    writer: Token,
    format: Format,
    further: u8,
    bytes: Bytes,
}

impl Piece {
    /// Reads the first piece, if it is of the picture that this change has stored.
    pub(super) fn of(change: Token, value: Vec<u8>) -> Option<Self> {
        let (writer, rest) = change.strip(&value)?.split_first_chunk()?;
        let ([format, further], _) = rest.split_first_chunk()?;
        let format = match format {
            0 => Format::Png,
            1 => Format::Jpeg,
            2 => Format::Gif,
            _ => return None,
        };
        Some(Self {
            writer: Token::from_bytes(*writer),
            format,
            further: *further,
            bytes: Bytes::from(value).split_off(HEAD_BYTES),
        })
    }

    /// The keys of the further pieces.
    pub(super) fn rest(&self, number: UserNumber, size: Size) -> Vec<String> {
        keys(number, size)
            .into_iter()
            .skip(1)
            .take(self.further.into())
            .collect()
    }

    /// Puts the rendering together. `None` if any piece is not this writer's.
    pub(super) fn with(self, rest: &[Option<Vec<u8>>]) -> Option<Rendering> {
        let rest = rest
            .iter()
            .map(|piece| self.writer.strip(piece.as_deref()?));
        let rest: Vec<&[u8]> = rest.collect::<Option<_>>()?;
        if rest.len() != usize::from(self.further) {
            return None;
        }
        let bytes = match *rest {
            [] => self.bytes.clone(),
            _ => [&self.bytes[..], &rest.concat()].concat().into(),
        };
        Some(Rendering {
            format: self.format,
            bytes,
        })
    }
}
