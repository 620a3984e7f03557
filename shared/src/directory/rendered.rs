//! What the header of a stored avatar knows of the picture's renderings.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::picture::Picture;
use super::stored_avatar::StoredAvatar;
use super::swap::Token;
use crate::rendering::Size;

/// The most bytes of a picture that stays in the avatar's own value when it is rendered. What is larger is set apart, so
/// that those who show a rendering don't read the picture to learn its change.
const MAX_BESIDE_HEADER: usize = 8 * 1024;

/// The renderings of the last picture that was rendered. It stays when the picture is replaced: calls that are late may
/// still store renderings, so that each later change removes them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Rendered {
    /// The change that stored the picture.
    of: Token,
    /// Which calls make its renderings: the pixels of a side, and the call's token.
    claims: Vec<(u16, Token)>,
    /// Whether the picture can't be rendered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unrenderable: bool,
}

/// The outcome of a claim to make a rendering.
pub(super) enum Claim {
    /// The picture. It is to be set apart in this slot, if there is one.
    Made(Picture, Bytes, Option<u8>),
    /// The call with this token makes it.
    Taken(Token),
    /// The picture can't be rendered.
    Unrenderable,
    /// There is no picture.
    Nothing,
}

impl Rendered {
    /// Whether these are claims that we could have written.
    pub(super) fn is_sane(&self) -> bool {
        self.claims.len() <= Size::KEPT.len()
    }
}

impl StoredAvatar {
    /// Whether renderings may be stored, of this picture or an earlier one.
    pub(super) fn has_renderings(&self) -> bool {
        self.header.rendered.is_some()
    }

    /// Whether it is known that the picture of this change can't be rendered.
    pub(super) fn is_unrenderable(&self, change: Token) -> bool {
        let rendered = self.header.rendered.as_ref();
        rendered.is_some_and(|rendered| rendered.of == change && rendered.unrenderable)
    }

    /// Claims to make the rendering of this size of the picture below the uploads. Takes the claim over from the call
    /// `lost`. The first call of all renders a picture that is large sets it apart.
    pub(super) fn claim_rendering(
        &mut self,
        size: Size,
        lost: Option<Token>,
        token: Token,
        now: u64,
    ) -> Claim {
        let Some(picture) = self.header.settled.clone() else {
            return Claim::Nothing;
        };
        if self.is_unrenderable(picture.token) {
            return Claim::Unrenderable;
        }
        let before = self.header.rendered.take();
        let before = before.filter(|rendered| rendered.of == picture.token);
        let is_first = before.is_none();
        let mut rendered = before.unwrap_or(Rendered {
            of: picture.token,
            claims: Vec::new(),
            unrenderable: false,
        });
        let mut claims = rendered.claims.iter_mut();
        match claims.find(|(pixels, _)| *pixels == size.pixels()) {
            Some((_, claim)) if Some(*claim) == lost => *claim = token,
            Some((_, claim)) => {
                let claim = *claim;
                self.header.rendered = Some(rendered);
                return Claim::Taken(claim);
            }
            None => rendered.claims.push((size.pixels(), token)),
        }
        self.header.rendered = Some(rendered);
        let bytes = self.inline_bytes();
        let is_apart = is_first && picture.slot.is_none() && bytes.len() > MAX_BESIDE_HEADER;
        let slot = is_apart.then(|| self.claim(token, now)).flatten();
        Claim::Made(picture, bytes, slot)
    }

    /// Whether this change has stored the picture below the uploads.
    pub(super) fn is_settled_by(&self, change: Token) -> bool {
        self.settled()
            .is_some_and(|settled| settled.token == change)
    }

    /// Sets the picture of this change apart. Its parts are written to the slot with the claim `parts`. Returns whether
    /// it could be done.
    pub(super) fn set_apart(&mut self, change: Token, slot: u8, parts: Token) -> bool {
        let has_claim = self.has_claim_of(parts);
        let settled = self.header.settled.as_mut();
        let picture = settled.filter(|picture| picture.token == change && picture.slot.is_none());
        let Some(picture) = picture.filter(|_| has_claim) else {
            return false;
        };
        picture.slot = Some(slot);
        picture.parts = Some(parts);
        self.header.slots.end(parts);
        self.picture = Bytes::new();
        true
    }

    /// Notes that the picture of this change can't be rendered, and so is not set apart by the call `claim`. Returns
    /// whether nobody has noted it before.
    pub(super) fn note_unrenderable(&mut self, change: Token, claim: Token) -> bool {
        let rendered = self.header.rendered.as_mut();
        let rendered = rendered.filter(|rendered| rendered.of == change && !rendered.unrenderable);
        let Some(rendered) = rendered else {
            return false;
        };
        rendered.unrenderable = true;
        // Nothing was written to a slot that the call has claimed.
        self.header.slots.end(claim);
        true
    }
}
