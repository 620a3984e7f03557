//! The avatars: read, replaced and removed.

use std::ops::Range;

use bytes::Bytes;

use super::kept::{Kept, is_large};
use super::record::State;
use super::swap::{Swap, Token};
use super::terms::Terms;
use super::{Directory, key};
use crate::Error;
use crate::image::{Format, Image, MAX_BYTES};
use crate::name::UserNumber;
use crate::store::Store;

/// How often a picture is read again because another call has replaced it meanwhile.
const READS: usize = 16;

/// How often a change starts over because a later one has overtaken it.
const TRIES: usize = 16;

/// What came of one try to change an avatar.
enum Put {
    Made {
        change: Change,
        unused: Range<u64>,
    },
    /// A change with a later ticket was quicker.
    Overtaken,
    /// The parts under these tickets are to be removed first.
    Crowded(Range<u64>),
}

/// A user's picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    /// The format of the bytes.
    pub format: Format,
    /// The bytes exactly as uploaded.
    pub bytes: Bytes,
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
            let Some(kept) = self.kept(number).await? else {
                return Ok(None);
            };
            let Some((format, change)) = kept.picture() else {
                return Ok(None);
            };
            let mut bytes = kept.inline_bytes();
            let keys = kept.part_keys(number);
            if !keys.is_empty() {
                let mut parts = Vec::with_capacity(MAX_BYTES);
                for key in keys {
                    match self.store.get(&key).await? {
                        Some(part) => parts.extend(part),
                        None => continue 'read,
                    }
                }
                bytes = parts.into();
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
        let kept = self.kept(number).await?;
        Ok(kept.is_some_and(|kept| kept.picture().is_some()))
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
    /// A picture that does not fit into the avatar's own value is stored in parts before the value names them, under a
    /// ticket that no other change has. The value says below which ticket parts are in nobody's use: a change with
    /// such a ticket has been overtaken and starts over, and what a crash has left there can be removed.
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
        let mut ticket = None;
        // The unused parts under tickets below this one are removed.
        let mut removed = 0;
        for _ in 0..TRIES {
            if let Some(image) = image.filter(|image| is_large(image) && ticket.is_none()) {
                self.check_before(terms, number, now).await?;
                ticket = Some(self.store_parts(number, image).await?);
            }
            let token = Token::random()?;
            let swapped = self
                .swap_as(token, &key::avatar(number), |mut kept: Kept| {
                    if ticket.is_some_and(|ticket| kept.has_overtaken(ticket)) {
                        return Ok(Swap::Leave(Put::Overtaken));
                    }
                    kept.check(terms, now)?;
                    kept.note_removed(removed);
                    if removed == 0 && kept.is_crowded() {
                        return Ok(Swap::Leave(Put::Crowded(kept.unused())));
                    }
                    let change = kept.put(image, now, token, ticket);
                    let unused = kept.unused();
                    Ok(Swap::Write(kept, Put::Made { change, unused }))
                })
                .await;
            match swapped {
                Ok(Some(Put::Made { change, unused })) => {
                    // The change is made, whatever becomes of what it has replaced.
                    let _ = self.remove_parts(number, unused).await;
                    // A deletion may have looked for our parts before they were there.
                    if ticket.is_some()
                        && let Ok(None | Some(State::Dead)) = self.state(number).await
                    {
                        let _ = self.remove_ticket(number, ticket).await;
                    }
                    return Ok(change);
                }
                Ok(Some(Put::Overtaken)) => self.remove_ticket(number, ticket.take()).await?,
                Ok(Some(Put::Crowded(unused))) => {
                    removed = self.remove_parts(number, unused).await?;
                }
                Ok(None) => {
                    let _ = self.remove_tickets(number, ticket).await;
                    return Err(Error::NoSuchUser(number.to_string()));
                }
                // The value may name our parts, or not: they stay, for a later change to remove.
                Err(failure @ (Error::Unavailable { .. } | Error::TimedOut)) => {
                    return Err(failure);
                }
                Err(refusal) => {
                    let _ = self.remove_ticket(number, ticket).await;
                    return Err(refusal);
                }
            }
        }
        Err(Error::Contended)
    }

    /// Refuses what the terms refuse before anything of a picture is stored.
    async fn check_before(
        &self,
        terms: &Terms<'_>,
        number: UserNumber,
        now: u64,
    ) -> Result<(), Error> {
        if terms.allow_all() {
            return Ok(());
        }
        let kept = self.kept(number).await?;
        let mut kept = kept.ok_or_else(|| Error::NoSuchUser(number.to_string()))?;
        kept.check(terms, now)
    }

    pub(super) async fn kept(&self, number: UserNumber) -> Result<Option<Kept>, Error> {
        let value = self.store.get(&key::avatar(number)).await?;
        value.map(Kept::read).transpose()
    }
}
