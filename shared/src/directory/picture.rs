//! A picture in the header of a stored avatar.

use serde::{Deserialize, Serialize};

use super::swap::Token;
use super::terms::Change;
use crate::image::Format;

/// A picture of the header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Picture {
    pub(super) format: Format,
    pub(super) timestamp: u64,
    /// Names the change.
    pub(super) token: Token,
    /// Where the parts stand; `None` if the picture is in the avatar's own value.
    pub(super) slot: Option<u8>,
    /// What the parts begin with, if they were not written by the change itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) parts: Option<Token>,
}

impl Picture {
    pub(super) fn change(&self) -> Change {
        Change {
            timestamp: self.timestamp,
            revision: self.token.to_string(),
        }
    }

    /// Where the parts stand, and what they begin with. `None` if the picture is in the avatar's own value.
    pub(super) fn place(&self) -> Option<(u8, Token)> {
        Some((self.slot?, self.parts.unwrap_or(self.token)))
    }
}
