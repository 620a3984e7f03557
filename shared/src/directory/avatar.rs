//! Reads, replaces and removes avatars.

use std::ops::Range;

use bytes::Bytes;

use super::record::State;
use super::stored_avatar::{StoredAvatar, is_large};
use super::swap::{Stored as _, Swap, Token};
use super::terms::{Change, Terms};
use super::{Directory, key};
use crate::Error;
use crate::image::{Format, Image, MAX_BYTES};
use crate::name::UserNumber;
use crate::store::Store;

/// How often a reader starts over because another call has replaced the picture.
const READS: usize = 16;

/// How often a change starts over because a later one has overtaken it.
const TRIES: usize = 16;

/// The outcome of one attempt to change an avatar.
enum Put {
    Made {
        change: Change,
        unused: Range<u64>,
    },
    /// A change with a later ticket came first.
    Overtaken,
    /// The parts under these tickets must be removed first.
    Crowded(Range<u64>),
}

/// A user's picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    /// The format.
    pub format: Format,
    /// The bytes, exactly as uploaded.
    pub bytes: Bytes,
    /// The change that stored it.
    pub change: Change,
}

impl<S: Store> Directory<S> {
    /// Returns a user's avatar, if there is one.
    ///
    /// # Errors
    /// The store's; [`Error::Contended`] when the avatar kept changing.
    pub async fn avatar(&self, number: UserNumber) -> Result<Option<Avatar>, Error> {
        'read: for _ in 0..READS {
            let Some(stored) = self.stored_avatar(number).await? else {
                return Ok(None);
            };
            let Some((format, change)) = stored.picture() else {
                return Ok(None);
            };
            let mut bytes = stored.inline_bytes();
            let keys = stored.part_keys(number);
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
        let stored = self.stored_avatar(number).await?;
        Ok(stored.is_some_and(|stored| stored.picture().is_some()))
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

    /// Like [`Directory::put_avatar`], if the terms allow the change.
    ///
    /// A picture that does not fit into the avatar's own value is stored in parts, in this order:
    ///
    /// 1. The parts are written under a ticket that no other change has.
    /// 2. The value is swapped and names the parts.
    ///
    /// The value also says below which ticket parts are unused. A change with a lower ticket has been overtaken and
    /// starts over. Parts below it that a crash has left can be removed.
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
        // The unused parts under tickets below this one have been removed.
        let mut removed = 0;
        for _ in 0..TRIES {
            if let Some(image) = image.filter(|image| is_large(image) && ticket.is_none()) {
                self.check_before(terms, number, now).await?;
                ticket = Some(self.store_parts(number, image).await?);
            }
            let token = Token::random()?;
            let swapped = self
                .swap_as(token, &key::avatar(number), |mut stored: StoredAvatar| {
                    if ticket.is_some_and(|ticket| stored.has_overtaken(ticket)) {
                        return Ok(Swap::Leave(Put::Overtaken));
                    }
                    stored.check(terms, now)?;
                    stored.note_removed(removed);
                    if removed == 0 && stored.is_crowded() {
                        return Ok(Swap::Leave(Put::Crowded(stored.unused())));
                    }
                    let change = stored.put(image, now, token, ticket);
                    let unused = stored.unused();
                    Ok(Swap::Write(stored, Put::Made { change, unused }))
                })
                .await;
            match swapped {
                Ok(Some(Put::Made { change, unused })) => {
                    // The change is made, even if the cleanup of the replaced picture fails.
                    let _ = self.remove_parts(number, unused).await;
                    // A deletion may have looked for our parts before they were written.
                    if let Some(ticket) = ticket
                        && let Ok(None | Some(State::Dead)) = self.state(number).await
                    {
                        let _ = self.remove_parts_under(number, ticket).await;
                    }
                    return Ok(change);
                }
                Ok(Some(Put::Overtaken)) => {
                    if let Some(ticket) = ticket.take() {
                        self.remove_parts_under(number, ticket).await?;
                    }
                }
                Ok(Some(Put::Crowded(unused))) => {
                    removed = self.remove_parts(number, unused).await?;
                }
                Ok(None) => {
                    // The counter leads to the parts, so it stays where they do.
                    if let Some(ticket) = ticket
                        && self.remove_parts_under(number, ticket).await.is_ok()
                    {
                        let _ = self.remove_keys(&[key::avatar_tickets(number)]).await;
                    }
                    return Err(Error::NoSuchUser(number.to_string()));
                }
                // The value may or may not name our parts. They stay, and a later change removes them.
                Err(failure @ (Error::Unavailable { .. } | Error::TimedOut)) => {
                    return Err(failure);
                }
                Err(refusal) => {
                    if let Some(ticket) = ticket {
                        let _ = self.remove_parts_under(number, ticket).await;
                    }
                    return Err(refusal);
                }
            }
        }
        Err(Error::Contended)
    }

    /// Checks the terms before any part of a picture is stored.
    async fn check_before(
        &self,
        terms: &Terms<'_>,
        number: UserNumber,
        now: u64,
    ) -> Result<(), Error> {
        if terms.allow_all() {
            return Ok(());
        }
        let stored = self.stored_avatar(number).await?;
        let mut stored = stored.ok_or_else(|| Error::NoSuchUser(number.to_string()))?;
        stored.check(terms, now)
    }

    pub(super) async fn stored_avatar(
        &self,
        number: UserNumber,
    ) -> Result<Option<StoredAvatar>, Error> {
        let value = self.store.get(&key::avatar(number)).await?;
        value.map(StoredAvatar::decode).transpose()
    }
}
