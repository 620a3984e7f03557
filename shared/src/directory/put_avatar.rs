//! Replaces and removes avatars.

use super::parts::part_keys;
use super::stored_avatar::{Leftovers, StoredAvatar, is_large};
use super::swap::{Swap, Token};
use super::terms::{Change, Terms};
use super::{Directory, kept, key};
use crate::Error;
use crate::image::Image;
use crate::name::UserNumber;
use crate::store::Store;

/// How often a change starts over because other calls use all slots.
const TRIES: u32 = 32;

/// The outcome of an attempt to change a stored avatar.
pub(super) enum Attempt<T> {
    Write(T),
    Leave(T),
    /// Other calls must come to their end first.
    Crowded,
}

impl<S: Store> Directory<S> {
    /// Replaces the avatar of a user, or removes it.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`] when the user is gone; [`Error::Contended`] when too many uploads of large pictures are in
    /// progress, or have broken off within an hour; [`Error::TimedOut`] and the store's, after which the change may
    /// or may not be made.
    pub async fn put_avatar(
        &self,
        number: UserNumber,
        image: Option<&Image>,
    ) -> Result<Change, Error> {
        self.put_avatar_on(&Terms::default(), number, image).await
    }

    /// Like [`Directory::put_avatar`], if the terms allow the change.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`], [`Error::TooManyChanges`], and those of [`Directory::put_avatar`].
    pub async fn put_avatar_on(
        &self,
        terms: &Terms<'_>,
        number: UserNumber,
        image: Option<&Image>,
    ) -> Result<Change, Error> {
        match image {
            Some(image) if is_large(image) && terms.precondition.is_none() => {
                self.upload(terms, number, image).await
            }
            Some(image) if is_large(image) => self.upload_on(terms, number, image).await,
            _ => self.put_value(terms, number, image).await,
        }
    }

    /// Swaps in a picture that fits, or the absence of one.
    async fn put_value(
        &self,
        terms: &Terms<'_>,
        number: UserNumber,
        image: Option<&Image>,
    ) -> Result<Change, Error> {
        let now = (self.clock)();
        let token = Token::random()?;
        let swap = |stored: &mut StoredAvatar| {
            stored.check(terms, now)?;
            let change = match terms.precondition {
                Some(_) => stored.put_below(image, None, now, token),
                None => Some(stored.put(image, None, now, token)),
            };
            Ok(match change {
                Some(change) => Attempt::Write((change, stored.claim_leftovers(token, now))),
                None => Attempt::Crowded,
            })
        };
        let (change, leftovers) = self.change_avatar(number, token, now, swap).await?;
        // The change is made, even if this fails.
        let _ = self.give_back(number, &leftovers, token, now).await;
        Ok(change)
    }

    /// Stores a large picture:
    ///
    /// 1. A swap claims a slot and puts the picture on top of the list of uploads.
    /// 2. The parts are written. The last one makes the picture visible.
    async fn upload(
        &self,
        terms: &Terms<'_>,
        number: UserNumber,
        image: &Image,
    ) -> Result<Change, Error> {
        let now = (self.clock)();
        let token = Token::random()?;
        let claim = |stored: &mut StoredAvatar| {
            stored.check(terms, now)?;
            Ok(match stored.claim(token, now) {
                Some(slot) => {
                    Attempt::Write((slot, stored.upload(image.format(), slot, now, token)))
                }
                None => Attempt::Crowded,
            })
        };
        let (slot, change) = self.change_avatar(number, token, now, claim).await?;
        self.land(number, slot, token, image, now).await?;
        // The change is made, even if this fails.
        let _ = self.clean_up_after(number, slot).await;
        Ok(change)
    }

    /// Stores a large picture on a precondition. Only a swap can check that, so it takes one more:
    ///
    /// 1. A swap claims a slot.
    /// 2. The parts are written.
    /// 3. A swap checks the precondition and makes the picture visible.
    async fn upload_on(
        &self,
        terms: &Terms<'_>,
        number: UserNumber,
        image: &Image,
    ) -> Result<Change, Error> {
        let now = (self.clock)();
        let token = Token::random()?;
        let claim = |stored: &mut StoredAvatar| {
            stored.would_allow(terms, now)?;
            Ok(stored
                .claim(token, now)
                .map_or(Attempt::Crowded, Attempt::Write))
        };
        let slot = self.change_avatar(number, token, now, claim).await?;
        self.land(number, slot, token, image, now).await?;
        let put_token = Token::random()?;
        let put = |stored: &mut StoredAvatar| {
            if !stored.has_claim_of(token) {
                return Err(Error::TimedOut);
            }
            stored.check(terms, now)?;
            let change = stored.put_below(Some(image), Some(slot), now, token);
            Ok(match change {
                Some(change) => Attempt::Write((change, stored.claim_leftovers(put_token, now))),
                None => Attempt::Crowded,
            })
        };
        let put = self.change_avatar(number, put_token, now, put).await;
        match &put {
            Ok((_, leftovers)) => drop(self.give_back(number, leftovers, put_token, now).await),
            Err(Error::NoSuchUser(_)) => drop(self.empty_slots(number, &[slot]).await),
            // The picture may be visible.
            Err(Error::Unavailable { .. } | Error::TimedOut) => {}
            Err(_) => drop(self.give_back(number, &slot.into(), token, now).await),
        }
        put.map(|(change, _)| change)
    }

    /// Changes the stored avatar with `change`, after noting which uploads have landed. Tries again while `change` finds
    /// it crowded.
    pub(super) async fn change_avatar<T>(
        &self,
        number: UserNumber,
        token: Token,
        now: u64,
        mut change: impl FnMut(&mut StoredAvatar) -> Result<Attempt<T>, Error>,
    ) -> Result<T, Error> {
        let mut outcome = None;
        let mut change = |stored: &mut StoredAvatar| {
            Ok(match change(stored)? {
                Attempt::Write(made) => {
                    outcome = Some(made);
                    Attempt::Write(())
                }
                Attempt::Leave(left) => {
                    outcome = Some(left);
                    Attempt::Leave(())
                }
                Attempt::Crowded => Attempt::Crowded,
            })
        };
        self.change_avatar_by(number, token, now, &mut change)
            .await?;
        outcome.ok_or(Error::Contended)
    }

    /// What [`Directory::change_avatar`] does for all outcomes alike, so that a component has it once.
    async fn change_avatar_by(
        &self,
        number: UserNumber,
        token: Token,
        now: u64,
        change: &mut dyn FnMut(&mut StoredAvatar) -> Result<Attempt<()>, Error>,
    ) -> Result<(), Error> {
        for attempt in 0..TRIES {
            self.pause_before(attempt).await?;
            let swap = async |mut stored: StoredAvatar| {
                let landed = self.landed(number, &stored.open_uploads()).await?;
                stored.learn(&landed, now);
                Ok(match change(&mut stored)? {
                    Attempt::Write(()) => Swap::Write(stored, Attempt::Write(())),
                    other => Swap::Leave(other),
                })
            };
            match self.swap_as(token, &key::avatar(number), swap).await? {
                None => return Err(Error::NoSuchUser(number.to_string())),
                Some(Attempt::Write(()) | Attempt::Leave(())) => return Ok(()),
                Some(Attempt::Crowded) => {}
            }
        }
        Err(Error::Contended)
    }

    /// Cleans up after an upload to this slot has landed.
    async fn clean_up_after(&self, number: UserNumber, slot: u8) -> Result<(), Error> {
        match self.stored_avatar(number).await? {
            // The user was deleted, perhaps before the parts were written.
            None => self.empty_slots(number, &[slot]).await,
            Some(stored) if stored.has_leftovers() => self.clean_up(number).await,
            Some(stored) if stored.has_renderings() => self.remove_renderings(number).await,
            Some(_) => Ok(()),
        }
    }

    /// Empties the slots that hold more than they need to.
    async fn clean_up(&self, number: UserNumber) -> Result<(), Error> {
        let now = (self.clock)();
        let token = Token::random()?;
        let claim = |stored: &mut StoredAvatar| {
            let leftovers = stored.claim_leftovers(token, now);
            Ok(if leftovers.slots.is_empty() {
                Attempt::Leave(leftovers)
            } else {
                Attempt::Write(leftovers)
            })
        };
        let leftovers = self.change_avatar(number, token, now, claim).await?;
        self.give_back(number, &leftovers, token, now).await
    }

    /// Removes what earlier pictures have left, and ends the claim to its slots.
    pub(super) async fn give_back(
        &self,
        number: UserNumber,
        leftovers: &Leftovers,
        token: Token,
        began: u64,
    ) -> Result<(), Error> {
        let mut keys = Vec::new();
        if leftovers.renderings {
            keys.extend(kept::all_keys(number));
        }
        if leftovers.slots.is_empty() {
            return self.remove_keys(&keys).await;
        }
        self.require_time(began)?;
        keys.extend(part_keys(number, &leftovers.slots));
        self.remove_keys(&keys).await?;
        self.swap(&key::avatar(number), |mut stored: StoredAvatar| {
            stored.release(token);
            Ok(Swap::Write(stored, ()))
        })
        .await?;
        Ok(())
    }
}
