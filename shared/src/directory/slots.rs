//! The slots for the parts of large pictures, and who may write to them.

use serde::{Deserialize, Serialize};

use super::segment::SETTLED_AFTER;
use super::swap::Token;

/// How many slots a user has. So many that uploads at the same time seldom wait for each other, and so few that one
/// batch removes all parts.
pub(super) const SLOTS: u8 = 8;

/// Larger than any time in a claim.
const MAX_TIME: u64 = u64::MAX / 2;

/// A call's right to write to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) slot: u8,
    /// Every part that the call writes begins with this token.
    pub(super) token: Token,
    /// When the call began, in milliseconds since the epoch.
    since: u64,
    stage: Stage,
}

/// What ends a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    /// The writing of the last part.
    Upload,
    /// A swap of the avatar by the same call.
    Held,
    /// It has ended: the call does not write to the slot any more.
    Ended,
}

impl Claim {
    /// Whether the call may still write to the slot. A call gives up long before an hour has passed.
    fn is_open(&self, now: u64) -> bool {
        // A clock that was wrong may have put the claim far into the future.
        self.stage != Stage::Ended && now.abs_diff(self.since) <= SETTLED_AFTER
    }
}

/// The last claim of each slot. A slot without a claim holds nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Slots(Vec<Claim>);

impl Slots {
    /// Whether these are claims that we could have written.
    pub(super) fn are_sane(&self) -> bool {
        let is_sane = |claim: &Claim| {
            let slot = claim.slot;
            let claims = self.0.iter().filter(|claim| claim.slot == slot).count();
            slot < SLOTS && claims == 1 && claim.since < MAX_TIME
        };
        self.0.iter().all(is_sane)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The uploads whose parts are not known to be written.
    pub(super) fn uploads(&self) -> Vec<Claim> {
        let claims = self.0.iter().filter(|claim| claim.stage == Stage::Upload);
        claims.copied().collect()
    }

    /// Ends the claim with this token.
    pub(super) fn end(&mut self, token: Token) {
        for claim in self.0.iter_mut().filter(|claim| claim.token == token) {
            claim.stage = Stage::Ended;
        }
    }

    /// Ends the claims whose calls have given up.
    pub(super) fn expire(&mut self, now: u64) {
        for claim in self.0.iter_mut().filter(|claim| !claim.is_open(now)) {
            claim.stage = Stage::Ended;
        }
    }

    /// Lets the claim with this token end when its last part is written.
    pub(super) fn end_with_parts(&mut self, token: Token) {
        for claim in self.0.iter_mut().filter(|claim| claim.token == token) {
            claim.stage = Stage::Upload;
        }
    }

    pub(super) fn contain(&self, token: Token) -> bool {
        self.0.iter().any(|claim| claim.token == token)
    }

    /// Whether the call with this claim may still write its parts.
    pub(super) fn are_open_for(&self, token: Token, now: u64) -> bool {
        let claim = self.0.iter().find(|claim| claim.token == token);
        claim.is_some_and(|claim| claim.is_open(now))
    }

    /// Whether any call may still write parts.
    pub(super) fn are_open(&self, now: u64) -> bool {
        self.0.iter().any(|claim| claim.is_open(now))
    }

    /// Claims the first slot that no call may write to, except those in use. Returns `None` if there is none.
    pub(super) fn claim(
        &mut self,
        is_used: impl Fn(u8) -> bool,
        token: Token,
        now: u64,
    ) -> Option<u8> {
        let is_open = |slot| {
            let mut claims = self.0.iter();
            claims.any(|claim| claim.slot == slot && claim.is_open(now))
        };
        let slot = (0..SLOTS).find(|slot| !is_used(*slot) && !is_open(*slot))?;
        self.0.retain(|claim| claim.slot != slot);
        self.0.push(Claim {
            slot,
            token,
            since: now,
            stage: Stage::Held,
        });
        Some(slot)
    }

    /// Claims all slots but `spared` that hold something and that no call may write to, except those in use. Returns
    /// the slots.
    pub(super) fn claim_rest(
        &mut self,
        spared: usize,
        is_used: impl Fn(u8) -> bool,
        token: Token,
        now: u64,
    ) -> Vec<u8> {
        let rest = self.0.iter_mut();
        rest.filter(|claim| !is_used(claim.slot) && !claim.is_open(now))
            .skip(spared)
            .map(|claim| {
                *claim = Claim {
                    slot: claim.slot,
                    token,
                    since: now,
                    stage: Stage::Held,
                };
                claim.slot
            })
            .collect()
    }

    /// Notes that the slots with this claim hold nothing.
    pub(super) fn release(&mut self, token: Token) {
        self.0.retain(|claim| claim.token != token);
    }

    /// Notes that the parts of a new user's picture are written.
    pub(super) fn first(token: Token, now: u64) -> Self {
        Self(vec![Claim {
            slot: 0,
            token,
            since: now,
            stage: Stage::Ended,
        }])
    }
}
