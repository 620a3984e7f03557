//! The stored form of an avatar: a header, then the picture if it fits.

use bytes::Bytes;

use super::header::Header;
use super::picture::Picture;
use super::slots::{Claim, Slots};
use super::swap::{Stored, Token};
use super::terms::{Change, Terms};
use crate::Error;
use crate::image::{Format, Image};

/// The most bytes of a stored value: 256 KiB, which every store accepts.
pub(super) const MAX_VALUE_BYTES: usize = 256 * 1024;

/// The most bytes of a picture in the avatar's own value. 4 KiB are left for the header.
const MAX_INLINE_BYTES: usize = MAX_VALUE_BYTES - 4096;

/// The timestamps that an upload leaves free before its own, for changes that come before it.
const ROOM: u64 = 16;

/// A stored avatar.
#[derive(Debug, Default)]
pub(super) struct StoredAvatar {
    pub(super) header: Header,
    pub(super) picture: Bytes,
}

impl StoredAvatar {
    /// The avatar of a new user. The [`parts`](super::parts) of a large picture are stored in slot 0.
    pub(super) fn first(image: &Image, now: u64, token: Token) -> Self {
        let mut avatar = Self::default();
        let slot = is_large(image).then_some(0);
        if slot.is_some() {
            avatar.header.slots = Slots::first(token, now);
        }
        avatar.put(Some(image), slot, now, token);
        avatar
    }

    /// The picture below the uploads.
    pub(super) fn settled(&self) -> Option<&Picture> {
        self.header.settled.as_ref()
    }

    /// The uploads that may not have landed, newest first.
    pub(super) fn uploads(&self) -> &[Picture] {
        &self.header.uploads
    }

    pub(super) fn inline_bytes(&self) -> Bytes {
        self.picture.clone()
    }

    /// The claims of uploads whose parts are not known to be written.
    pub(super) fn open_uploads(&self) -> Vec<Claim> {
        self.header.slots.uploads()
    }

    /// Whether this is still the last claim of its slot.
    pub(super) fn has_claim_of(&self, token: Token) -> bool {
        self.header.slots.contain(token)
    }

    /// Notes which parts have been written. Forgets the uploads below one that has landed, and those that never will.
    pub(super) fn learn(&mut self, landed: &[Token], now: u64) {
        let header = &mut self.header;
        for token in landed {
            header.slots.end(*token);
        }
        let newest = header
            .uploads
            .iter()
            .position(|upload| landed.contains(&upload.token));
        if let Some(newest) = newest {
            let upload = header.uploads.drain(newest..).next();
            header.changed = upload.as_ref().map_or(0, |upload| upload.timestamp);
            header.settled = upload;
            self.picture = Bytes::new();
        }
        header.slots.expire(now);
        let slots = &header.slots;
        header
            .uploads
            .retain(|upload| slots.are_open_for(upload.token, now));
    }

    /// Checks the terms against the picture below the uploads, and counts the change.
    pub(super) fn check(&mut self, terms: &Terms<'_>, now: u64) -> Result<(), Error> {
        let present = self.settled().map(Picture::change);
        terms.check(present.as_ref(), &mut self.header.recent, now)
    }

    /// Checks the terms without counting the change.
    pub(super) fn would_allow(&self, terms: &Terms<'_>, now: u64) -> Result<(), Error> {
        let present = self.settled().map(Picture::change);
        terms.check(present.as_ref(), &mut self.header.recent.clone(), now)
    }

    /// Claims a slot. Returns `None` if all are in use.
    pub(super) fn claim(&mut self, token: Token, now: u64) -> Option<u8> {
        let mut slots = std::mem::take(&mut self.header.slots);
        let slot = slots.claim(|slot| self.header.uses(slot), token, now);
        self.header.slots = slots;
        slot
    }

    /// Adds an upload to this claimed slot. It becomes the user's picture when its parts are written.
    pub(super) fn upload(&mut self, format: Format, slot: u8, now: u64, token: Token) -> Change {
        let header = &mut self.header;
        header.updated = now.max(header.updated + ROOM);
        let upload = Picture {
            format,
            timestamp: header.updated,
            token,
            slot: Some(slot),
            parts: None,
        };
        let change = upload.change();
        header.uploads.insert(0, upload);
        header.slots.end_with_parts(token);
        change
    }

    /// Sets or removes the picture. Uploads in progress count as made just before. The parts of a large picture must
    /// already be stored in this slot.
    pub(super) fn put(
        &mut self,
        image: Option<&Image>,
        slot: Option<u8>,
        now: u64,
        token: Token,
    ) -> Change {
        self.header.uploads.clear();
        self.header.updated = now.max(self.header.updated + 1);
        self.settle(image, slot, self.header.updated, token)
    }

    /// Like [`StoredAvatar::put`], but below the uploads. Returns `None` if their timestamps leave no room.
    pub(super) fn put_below(
        &mut self,
        image: Option<&Image>,
        slot: Option<u8>,
        now: u64,
        token: Token,
    ) -> Option<Change> {
        let Some(oldest) = self.header.uploads.last() else {
            return Some(self.put(image, slot, now, token));
        };
        let timestamp = now.min(oldest.timestamp - 1).max(self.header.changed + 1);
        (timestamp < oldest.timestamp).then(|| self.settle(image, slot, timestamp, token))
    }

    fn settle(
        &mut self,
        image: Option<&Image>,
        slot: Option<u8>,
        timestamp: u64,
        token: Token,
    ) -> Change {
        self.header.updated = self.header.updated.max(timestamp);
        self.header.changed = timestamp;
        self.header.settled = image.map(|image| Picture {
            format: image.format(),
            timestamp,
            token,
            slot,
            parts: None,
        });
        self.picture = match (image, slot) {
            (Some(image), None) => image.shared_bytes(),
            _ => Bytes::new(),
        };
        if slot.is_some() {
            self.header.slots.end(token);
        }
        Change {
            timestamp,
            revision: token.to_string(),
        }
    }

    /// Whether slots hold more than they need to.
    pub(super) fn has_leftovers(&self) -> bool {
        let used = self.header.uploads.iter().chain(&self.header.settled);
        let used = used.filter(|picture| picture.slot.is_some()).count();
        self.header.slots.len() > used + self.spared()
    }

    /// How many slots may keep a replaced picture: the next large picture overwrites it.
    fn spared(&self) -> usize {
        let header = &self.header;
        let mut pictures = header.uploads.iter().chain(&header.settled);
        pictures.any(|picture| picture.slot.is_some()).into()
    }

    /// What earlier pictures have left. Claims the slots that hold more than they need to, in order to empty them.
    /// Leaves them to the uploads while there are any.
    pub(super) fn claim_leftovers(&mut self, token: Token, now: u64) -> Leftovers {
        let spared = self.spared();
        let renderings = self.has_renderings();
        if spared > 0 && self.header.slots.are_open(now) {
            return Leftovers {
                slots: Vec::new(),
                renderings,
            };
        }
        let mut slots = std::mem::take(&mut self.header.slots);
        let rest = slots.claim_rest(spared, |slot| self.header.uses(slot), token, now);
        self.header.slots = slots;
        Leftovers {
            slots: rest,
            renderings,
        }
    }

    /// Notes that the slots with this claim are empty.
    pub(super) fn release(&mut self, token: Token) {
        self.header.slots.release(token);
    }
}

/// What earlier pictures have left.
pub(super) struct Leftovers {
    /// The slots to empty.
    pub(super) slots: Vec<u8>,
    /// Whether renderings may be stored.
    pub(super) renderings: bool,
}

impl From<u8> for Leftovers {
    fn from(slot: u8) -> Self {
        Self {
            slots: vec![slot],
            renderings: false,
        }
    }
}

/// Whether a picture does not fit into the avatar's own value.
pub(super) fn is_large(image: &Image) -> bool {
    image.bytes().len() > MAX_INLINE_BYTES
}

impl Stored for StoredAvatar {
    /// The format: the header's length in 4 bytes, little endian; the header as JSON; the picture.
    fn decode(bytes: Vec<u8>) -> Result<Self, Error> {
        let read = || {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (header, picture) = rest.split_at_checked(length)?;
            let header = Header::read(header)?;
            let picture = bytes.len() - picture.len();
            Some(Self {
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
        let header = self.header.write(token).ok_or_else(unwritable)?;
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
