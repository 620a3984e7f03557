//! The stored avatar of a user.

use serde::{Deserialize, Serialize};

use super::swap::{Stored, Swap, Token, Writes};
use super::terms::{Recent, Terms};
use super::{Directory, key};
use crate::Error;
use crate::image::{Format, Image};
use crate::name::UserNumber;
use crate::store::Store;

/// The version of the format.
const VERSION: u8 = 1;

/// The most bytes of a stored value: 256 KiB, which every store takes.
const MAX_VALUE_BYTES: usize = 256 * 1024;

/// The most bytes of a picture that stand in the avatar's own value, which leaves 4 KiB for the header.
const MAX_INLINE_BYTES: usize = MAX_VALUE_BYTES - 4096;

/// How often a picture is read again because another call has replaced it meanwhile.
const READS: usize = 16;

/// A user's picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    /// The format of the bytes.
    pub format: Format,
    /// The bytes exactly as uploaded.
    pub bytes: Vec<u8>,
    /// The change that put it there.
    pub change: Change,
}

/// A change of an avatar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When it was, in milliseconds since the epoch; grows with every change of one user's avatar.
    pub timestamp: u64,
    /// What no other change has.
    pub revision: String,
}

impl<S: Store> Directory<S> {
    /// The avatar of a user, if there is one.
    ///
    /// # Errors
    /// The store's; [`Error::Contended`] when the avatar kept changing.
    pub async fn avatar(&self, number: UserNumber) -> Result<Option<Avatar>, Error> {
        'read: for _ in 0..READS {
            let Some(value) = self.store.get(&key::avatar(number)).await? else {
                return Ok(None);
            };
            let Kept { header, picture } = Kept::decode(&value)?;
            let Some(format) = header.format else {
                return Ok(None);
            };
            let change = header.change();
            let mut bytes = picture;
            for part in header.part_keys(number) {
                match self.store.get(&part).await? {
                    Some(part) => bytes.extend(part),
                    None => continue 'read,
                }
            }
            return Ok(Some(Avatar {
                format,
                bytes,
                change,
            }));
        }
        Err(Error::Contended)
    }

    /// Whether a user has an avatar.
    ///
    /// # Errors
    /// The store's.
    pub async fn has_avatar(&self, number: UserNumber) -> Result<bool, Error> {
        let value = self.store.get(&key::avatar(number)).await?;
        let kept = value.map(|value| Kept::decode(&value)).transpose()?;
        Ok(kept.is_some_and(|kept| kept.header.format.is_some()))
    }

    /// Replaces the avatar of a user, or removes it.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`] when the user is gone, and the store's.
    pub async fn put_avatar(
        &self,
        number: UserNumber,
        image: Option<&Image>,
    ) -> Result<Change, Error> {
        self.put_avatar_on(&Terms::default(), number, image).await
    }

    /// [`Directory::put_avatar`] where the present avatar and its history allow it.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`], [`Error::TooManyChanges`], and those of [`Directory::put_avatar`].
    pub async fn put_avatar_on(
        &self,
        terms: &Terms<'_>,
        number: UserNumber,
        image: Option<&Image>,
    ) -> Result<Change, Error> {
        let now = (self.clock)();
        let token = Token::random()?;
        let parts = image.map_or_else(Vec::new, |image| parts(number, image, token));
        let part_keys: Vec<String> = parts.iter().map(|(key, _)| key.clone()).collect();
        if !parts.is_empty() {
            self.store.set_many(parts).await?;
        }
        let mut replaced = Vec::new();
        let swapped = self
            .swap_as(token, &key::avatar(number), |mut kept: Kept| {
                let header = &mut kept.header;
                let present = header.picture();
                terms.check(present.as_ref(), &mut header.recent, now)?;
                replaced = header.part_keys(number);
                kept.put(image, now, token);
                let change = Change {
                    timestamp: kept.header.updated,
                    revision: token.to_string(),
                };
                Ok(Swap::Write(kept, change))
            })
            .await;
        // After a failure of the store the header may name the new parts or the old ones: both stay.
        let (unused, outcome) = match swapped {
            Ok(Some(change)) => (replaced, Ok(change)),
            Ok(None) => (part_keys, Err(Error::NoSuchUser(number.to_string()))),
            Err(
                refusal @ (Error::Contended
                | Error::PreconditionFailed
                | Error::TooManyChanges { .. }),
            ) => (part_keys, Err(refusal)),
            Err(failure) => (Vec::new(), Err(failure)),
        };
        for key in unused {
            // The change is made or refused by now; what stays behind is in nobody's way.
            let _ = self.store.delete(&key).await;
        }
        outcome
    }

    /// Removes the avatar of a record that is gone.
    pub(super) async fn remove_avatar(&self, number: UserNumber) -> Result<(), Error> {
        let key = key::avatar(number);
        if let Some(value) = self.store.get(&key).await? {
            for part in Kept::decode(&value)?.header.part_keys(number) {
                self.store.delete(&part).await?;
            }
            self.store.delete(&key).await?;
        }
        Ok(())
    }
}

/// The avatar as it is stored: a header, and the picture if it fits.
#[derive(Debug, Default)]
pub(super) struct Kept {
    header: Header,
    picture: Vec<u8>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Header {
    version: u8,
    writes: Writes,
    /// The timestamp of the last change; 0 before the first.
    updated: u64,
    /// `None` where there is no picture.
    format: Option<Format>,
    /// Where the picture is when it does not fit.
    parts: Option<Parts>,
    /// The changes that a rate limit counts.
    #[serde(default)]
    recent: Recent,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Parts {
    /// The write that made them.
    write: Token,
    count: usize,
}

impl Header {
    fn part_keys(&self, number: UserNumber) -> Vec<String> {
        let Some(Parts { write, count }) = self.parts else {
            return Vec::new();
        };
        (0..count)
            .map(|index| key::avatar_part(number, write, index))
            .collect()
    }

    /// The change that put the picture there, if there is one.
    fn picture(&self) -> Option<Change> {
        self.format.map(|_| self.change())
    }

    fn change(&self) -> Change {
        Change {
            timestamp: self.updated,
            revision: self
                .writes
                .last()
                .map_or_else(String::new, |token| token.to_string()),
        }
    }
}

impl Kept {
    /// Puts a picture in by the write `token`, or takes it out. What [`parts`] makes of the picture must be stored
    /// before this value is.
    pub(super) fn put(&mut self, image: Option<&Image>, now: u64, token: Token) {
        self.header.updated = now.max(self.header.updated + 1);
        self.header.format = image.map(Image::format);
        self.header.parts = image.and_then(part_count).map(|count| Parts {
            write: token,
            count,
        });
        self.picture = match (image, self.header.parts) {
            (Some(image), None) => image.bytes().to_vec(),
            _ => Vec::new(),
        };
    }
}

/// The keys and values of a picture that does not fit into the avatar's own value.
pub(super) fn parts(number: UserNumber, image: &Image, token: Token) -> Vec<(String, Vec<u8>)> {
    let count = part_count(image).unwrap_or(0);
    let chunks = image.bytes().chunks(MAX_VALUE_BYTES).take(count);
    chunks
        .enumerate()
        .map(|(index, part)| (key::avatar_part(number, token, index), part.to_vec()))
        .collect()
}

fn part_count(image: &Image) -> Option<usize> {
    let length = image.bytes().len();
    (length > MAX_INLINE_BYTES).then(|| length.div_ceil(MAX_VALUE_BYTES))
}

impl Stored for Kept {
    /// The length of the header in 4 bytes, little endian; the header as JSON; the picture.
    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let read = || {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (header, picture) = rest.split_at_checked(length)?;
            let header: Header = serde_json::from_slice(header).ok()?;
            (header.version == VERSION).then(|| Self {
                header,
                picture: picture.to_vec(),
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
