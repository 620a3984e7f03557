//! The parts of pictures that do not fit into the avatar's own value.

use bytes::Bytes;

use super::segment::GIVES_UP_AFTER;
use super::slots::{Claim, SLOTS};
use super::stored_avatar::MAX_VALUE_BYTES;
use super::swap::Token;
use super::{Directory, key};
use crate::Error;
use crate::image::{Image, MAX_BYTES};
use crate::name::UserNumber;
use crate::store::{MAX_BATCH, Store};

/// How many parts the picture has without its end.
const BODY_PARTS: usize = 2;

/// The last part. Once it is written, all are.
const END: usize = BODY_PARTS;

/// How many bytes of the picture the last part has. It is small, since writers read it to learn whether all parts have
/// been written.
const END_BYTES: usize = 64;

const _: () = assert!(
    (MAX_BYTES - END_BYTES).div_ceil(BODY_PARTS) + Token::BYTES <= MAX_VALUE_BYTES,
    "a part of the largest picture fits into a value"
);

const _: () = assert!(
    SLOTS as usize * (END + 1) <= MAX_BATCH,
    "one batch removes the parts in all slots"
);

/// The keys and values of a large picture's parts, in order. Each begins with the token.
pub(super) fn parts(
    number: UserNumber,
    slot: u8,
    token: Token,
    bytes: &[u8],
) -> Vec<(String, Vec<u8>)> {
    let (body, end) = bytes.split_at(bytes.len().saturating_sub(END_BYTES));
    let body = body.chunks(body.len().div_ceil(BODY_PARTS).max(1));
    let parts = body.chain([end]).zip(keys(number, slot));
    parts
        .map(|(part, key)| (key, [&token.bytes(), part].concat()))
        .collect()
}

/// The keys of the parts in these slots.
pub(super) fn part_keys(number: UserNumber, slots: &[u8]) -> impl Iterator<Item = String> {
    slots.iter().flat_map(move |slot| keys(number, *slot))
}

fn keys(number: UserNumber, slot: u8) -> impl Iterator<Item = String> {
    (0..=END).map(move |index| key::avatar_part(number, slot, index))
}

impl<S: Store> Directory<S> {
    /// Writes the parts of a large picture into a claimed slot. The last one is written when the others are: on stores
    /// where that is not one atomic operation, in a second one.
    ///
    /// # Errors
    /// [`Error::TimedOut`] if the call began too long ago, and the store's.
    pub(super) async fn land(
        &self,
        number: UserNumber,
        slot: u8,
        token: Token,
        image: &Image,
        began: u64,
    ) -> Result<(), Error> {
        let mut parts = parts(number, slot, token, image.bytes());
        if !self.store.is_sqlite().await {
            let end = parts.split_off(END);
            self.require_time(began)?;
            self.store.set_many(parts).await?;
            parts = end;
        }
        self.require_time(began)?;
        self.store.set_many(parts).await
    }

    /// Fails a call that began so long ago that others may soon count its claim as given up.
    pub(super) fn require_time(&self, began: u64) -> Result<(), Error> {
        if (self.clock)().abs_diff(began) > GIVES_UP_AFTER {
            return Err(Error::TimedOut);
        }
        Ok(())
    }

    /// Reads a large picture. Returns `None` if any part is not the token's.
    pub(super) async fn picture_in(
        &self,
        number: UserNumber,
        slot: u8,
        token: Token,
    ) -> Result<Option<Bytes>, Error> {
        let keys: Vec<_> = keys(number, slot).collect();
        let mut bytes = Vec::with_capacity(MAX_BYTES);
        for part in self.get_all(&keys).await? {
            match part.as_deref().and_then(|part| token.strip(part)) {
                Some(part) => bytes.extend_from_slice(part),
                None => return Ok(None),
            }
        }
        Ok(Some(bytes.into()))
    }

    /// Returns the tokens of those claims whose parts are all written.
    pub(super) async fn landed(
        &self,
        number: UserNumber,
        claims: &[Claim],
    ) -> Result<Vec<Token>, Error> {
        let end = |claim: &Claim| key::avatar_part(number, claim.slot, END);
        let keys: Vec<_> = claims.iter().map(end).collect();
        let ends = self.get_all(&keys).await?;
        let claims = claims.iter().zip(ends);
        Ok(claims
            .filter(|(claim, end)| {
                end.as_deref()
                    .is_some_and(|end| claim.token.strip(end).is_some())
            })
            .map(|(claim, _)| claim.token)
            .collect())
    }

    /// Removes the parts in these slots.
    pub(super) async fn empty_slots(&self, number: UserNumber, slots: &[u8]) -> Result<(), Error> {
        let keys: Vec<_> = part_keys(number, slots).collect();
        self.remove_keys(&keys).await
    }

    /// Removes the parts in all slots.
    pub(super) async fn empty_all_slots(&self, number: UserNumber) -> Result<(), Error> {
        let slots: Vec<_> = (0..SLOTS).collect();
        self.empty_slots(number, &slots).await
    }
}
