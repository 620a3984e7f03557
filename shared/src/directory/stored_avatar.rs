//! The stored form of an avatar: a header, then the picture if it fits.

use std::ops::Range;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::key;
use super::swap::{Stored, Token, Writes};
use super::terms::{Change, Recent, Terms};
use crate::Error;
use crate::image::{Format, Image};
use crate::name::UserNumber;

/// The version of the format.
const VERSION: u8 = 1;

/// The most bytes of a stored value: 256 KiB, which every store accepts.
const MAX_VALUE_BYTES: usize = 256 * 1024;

/// The most bytes of a picture in the avatar's own value. 4 KiB are left for the header.
const MAX_INLINE_BYTES: usize = MAX_VALUE_BYTES - 4096;

/// The most parts of a picture.
pub(super) const MAX_PARTS: usize = crate::image::MAX_BYTES.div_ceil(MAX_VALUE_BYTES);

/// The most unused tickets without a note that their parts were removed. Each change removes these parts again.
const MAX_UNUSED: u64 = 8;

/// Larger than any number in a header can become.
const MAX_COUNT: u64 = u64::MAX / 2;

/// A stored avatar.
#[derive(Debug, Default)]
pub(super) struct StoredAvatar {
    header: Header,
    picture: Bytes,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Header {
    version: u8,
    writes: Writes,
    /// The timestamp of the last change; 0 before the first.
    updated: u64,
    /// The write that made the last change. Not every write changes the picture.
    revision: Option<Token>,
    /// `None` if there is no picture.
    format: Option<Format>,
    /// The picture's parts, if it does not fit.
    parts: Option<Parts>,
    /// Parts under tickets below this one are unused.
    unused_below: u64,
    /// Parts under tickets below this one have been removed.
    removed_below: u64,
    /// The changes that a rate limit counts.
    recent: Recent,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Parts {
    ticket: u64,
    count: usize,
}

impl Header {
    /// Whether these are numbers that we could have written. Only then it is safe to calculate with them.
    fn is_sane(&self) -> bool {
        let parts = self.parts.unwrap_or(Parts {
            ticket: 0,
            count: 1,
        });
        (1..=MAX_PARTS).contains(&parts.count)
            && parts.ticket < MAX_COUNT
            && self.updated < MAX_COUNT
            && self.unused_below < MAX_COUNT
            && self.removed_below <= self.unused_below
    }
}

impl StoredAvatar {
    /// The picture's format and the change that stored it, if there is a picture.
    pub(super) fn picture(&self) -> Option<(Format, Change)> {
        let format = self.header.format?;
        Some((format, self.change()))
    }

    /// The last change.
    fn change(&self) -> Change {
        Change {
            timestamp: self.header.updated,
            revision: self
                .header
                .revision
                .map_or_else(String::new, |token| token.to_string()),
        }
    }

    /// The keys of the picture's parts, in order. Empty if the picture is in the value itself.
    pub(super) fn part_keys(&self, number: UserNumber) -> Vec<String> {
        let Some(Parts { ticket, count }) = self.header.parts else {
            return Vec::new();
        };
        (0..count)
            .map(|index| key::avatar_part(number, ticket, index))
            .collect()
    }

    pub(super) fn inline_bytes(&self) -> Bytes {
        self.picture.clone()
    }

    pub(super) fn check(&mut self, terms: &Terms<'_>, now: u64) -> Result<(), Error> {
        let present = self.picture().map(|(_, change)| change);
        terms.check(present.as_ref(), &mut self.header.recent, now)
    }

    /// Whether a change with this ticket comes too late.
    pub(super) fn has_overtaken(&self, ticket: u64) -> bool {
        ticket < self.header.unused_below
    }

    /// The tickets whose parts are unused and may still exist.
    pub(super) fn unused(&self) -> Range<u64> {
        self.header.removed_below..self.header.unused_below
    }

    /// Whether there are so many unused tickets that the removal of their parts should be noted.
    pub(super) fn is_crowded(&self) -> bool {
        self.header.unused_below - self.header.removed_below > MAX_UNUSED
    }

    /// Notes that the unused parts below this ticket have been removed.
    pub(super) fn note_removed(&mut self, below: u64) {
        self.header.removed_below = self.header.removed_below.max(below);
        self.header.unused_below = self.header.unused_below.max(below);
    }

    /// Sets or removes the picture, as the write `token`. The [`parts`] of a large picture must already be stored
    /// under this ticket.
    pub(super) fn put(
        &mut self,
        image: Option<&Image>,
        now: u64,
        token: Token,
        ticket: Option<u64>,
    ) -> Change {
        let header = &mut self.header;
        header.revision = Some(token);
        header.updated = now.max(header.updated + 1);
        header.format = image.map(Image::format);
        // Of several tickets in use the highest wins: its change makes the earlier ones start over.
        let replaced = header.parts.map(|parts| parts.ticket + 1);
        header.unused_below = header.unused_below.max(ticket.or(replaced).unwrap_or(0));
        header.parts = ticket.zip(image).map(|(ticket, image)| Parts {
            ticket,
            count: image.bytes().len().div_ceil(MAX_VALUE_BYTES),
        });
        self.picture = match (image, header.parts) {
            (Some(image), None) => image.shared_bytes(),
            _ => Bytes::new(),
        };
        self.change()
    }
}

/// Whether a picture does not fit into the avatar's own value.
pub(super) fn is_large(image: &Image) -> bool {
    image.bytes().len() > MAX_INLINE_BYTES
}

/// The keys and values of a large picture's parts.
pub(super) fn parts(number: UserNumber, image: &Image, ticket: u64) -> Vec<(String, Vec<u8>)> {
    let chunks = image.bytes().chunks(MAX_VALUE_BYTES);
    chunks
        .enumerate()
        .map(|(index, part)| (key::avatar_part(number, ticket, index), part.to_vec()))
        .collect()
}

impl Stored for StoredAvatar {
    /// The format: the header's length in 4 bytes, little endian; the header as JSON; the picture.
    fn decode(bytes: Vec<u8>) -> Result<Self, Error> {
        let read = || {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (header, picture) = rest.split_at_checked(length)?;
            let header: Header = serde_json::from_slice(header).ok()?;
            let picture = bytes.len() - picture.len();
            (header.version == VERSION && header.is_sane()).then(|| Self {
                header,
                picture: Bytes::from(bytes).split_off(picture),
            })
        };
        read().ok_or_else(|| Error::Internal {
            detail: "a stored avatar cannot be read".to_owned(),
        })
    }

    fn encode(&mut self, token: Token) -> Result<Vec<u8>, Error> {
        let unwritable = || Error::Internal {
            detail: "an avatar cannot be written".to_owned(),
        };
        self.header.version = VERSION;
        self.header.writes.sign(token);
        let header = serde_json::to_vec(&self.header).map_err(|_| unwritable())?;
        let length = u32::try_from(header.len()).map_err(|_| unwritable())?;
        let mut bytes = Vec::with_capacity(4 + header.len() + self.picture.len());
        bytes.extend(length.to_le_bytes());
        bytes.extend(header);
        bytes.extend_from_slice(&self.picture);
        Ok(bytes)
    }

    fn shows(&self, token: Token, _: &Self) -> bool {
        self.header.writes.contain(token)
    }
}
