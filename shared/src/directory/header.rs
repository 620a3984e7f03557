//! The header of a stored avatar.

use serde::{Deserialize, Serialize};

use super::picture::Picture;
use super::rendered::Rendered;
use super::slots::Slots;
use super::swap::{Token, Writes};
use super::terms::Recent;

/// The version of the format.
const VERSION: u8 = 2;

/// Larger than any number in a header can become.
const MAX_COUNT: u64 = u64::MAX / 2;

/// What is known of a user's pictures. Stored as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Header {
    version: u8,
    pub(super) writes: Writes,
    /// The picture below the uploads; `None` if there is none.
    pub(super) settled: Option<Picture>,
    /// The timestamp of the change that made it so; 0 before the first.
    pub(super) changed: u64,
    /// The uploads that may not have landed, newest first. The newest that has landed is the user's picture.
    pub(super) uploads: Vec<Picture>,
    pub(super) slots: Slots,
    /// The highest timestamp so far.
    pub(super) updated: u64,
    /// The changes that a rate limit counts.
    pub(super) recent: Recent,
    /// `None` if no picture of the user was ever rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rendered: Option<Rendered>,
}

impl Header {
    /// Reads a header of this version that we could have written.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let header: Self = serde_json::from_slice(json).ok()?;
        (header.version == VERSION && header.is_sane()).then_some(header)
    }

    /// Returns the stored form, signed with this write's token.
    pub(super) fn write(&mut self, token: Token) -> Option<Vec<u8>> {
        self.version = VERSION;
        self.writes.sign(token);
        serde_json::to_vec(self).ok()
    }

    /// Whether these are values that we could have written. Only then it is safe to calculate with them.
    fn is_sane(&self) -> bool {
        let mut pictures = self.uploads.iter().chain(&self.settled);
        self.slots.are_sane()
            && self.uploads.len() <= self.slots.len()
            && self.uploads.iter().all(|upload| upload.slot.is_some())
            && self.updated < MAX_COUNT
            && self.changed <= self.updated
            && pictures.all(|picture| picture.timestamp <= self.updated)
            && self.rendered.as_ref().is_none_or(Rendered::is_sane)
    }

    /// Whether a picture that may be visible stands in this slot.
    pub(super) fn uses(&self, slot: u8) -> bool {
        let mut pictures = self.uploads.iter().chain(&self.settled);
        pictures.any(|picture| picture.slot == Some(slot))
    }
}
