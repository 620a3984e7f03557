//! What crashes leave behind, and its removal. All of it is invisible, and in nobody's way while it is there.

use std::ops::Range;

use super::kept::{Kept, MAX_PARTS, parts};
use super::record::{Record, State};
use super::swap::{Swap, counter};
use super::{Directory, key};
use crate::Error;
use crate::image::Image;
use crate::name::UserNumber;
use crate::store::{MAX_BATCH, Store};

/// How long a creation may take before what it has written counts as left behind, in milliseconds: an hour, which no
/// call lasts.
const ABANDONED_AFTER: u64 = 60 * 60 * 1000;

/// How many tickets one call looks after.
const TICKETS: u64 = 64;

impl<S: Store> Directory<S> {
    /// Stores the parts of a large picture under a new ticket.
    pub(super) async fn store_parts(
        &self,
        number: UserNumber,
        image: &Image,
    ) -> Result<u64, Error> {
        let ticket = self
            .store
            .increment(&key::avatar_tickets(number), 1)
            .await?;
        let ticket = ticket.cast_unsigned();
        self.store.set_many(parts(number, image, ticket)).await?;
        Ok(ticket)
    }

    /// Removes the parts under a ticket, if there is one.
    pub(super) async fn remove_ticket(
        &self,
        number: UserNumber,
        ticket: Option<u64>,
    ) -> Result<(), Error> {
        let Some(ticket) = ticket else { return Ok(()) };
        self.remove_parts(number, ticket..ticket + 1)
            .await
            .map(drop)
    }

    /// Removes what a change has made that came after its user was gone.
    pub(super) async fn remove_tickets(
        &self,
        number: UserNumber,
        ticket: Option<u64>,
    ) -> Result<(), Error> {
        if ticket.is_none() {
            return Ok(());
        }
        self.remove_ticket(number, ticket).await?;
        self.remove_keys(&[key::avatar_tickets(number)]).await
    }

    /// Removes parts of a user's pictures under these tickets, which are in nobody's use: so many as one call looks
    /// after. Returns the ticket below which they are removed.
    pub(super) async fn remove_parts(
        &self,
        number: UserNumber,
        unused: Range<u64>,
    ) -> Result<u64, Error> {
        let end = unused.end.min(unused.start.saturating_add(TICKETS));
        let keys: Vec<String> = (unused.start..end)
            .flat_map(|ticket| {
                (0..MAX_PARTS).map(move |part| key::avatar_part(number, ticket, part))
            })
            .collect();
        self.remove_keys(&keys).await?;
        Ok(end)
    }

    async fn remove_keys(&self, keys: &[String]) -> Result<(), Error> {
        for keys in keys.chunks(MAX_BATCH) {
            self.store.delete_many(keys).await?;
        }
        Ok(())
    }

    /// Removes the picture from the avatar of a dead record, of which parts under further tickets are left.
    async fn remove_picture(&self, number: UserNumber, removed_below: u64) -> Result<(), Error> {
        let ticket = self
            .swap(&key::avatar(number), |mut kept: Kept| {
                kept.note_removed(removed_below);
                let ticket = kept.take_picture();
                Ok(Swap::Write(kept, ticket))
            })
            .await?;
        self.remove_ticket(number, ticket.flatten()).await
    }

    /// Removes a record that counts for nothing and can never do so again, with its avatar; the work is bounded. The
    /// record goes last, so that it can be met again if this breaks off.
    pub(super) async fn remove(&self, number: UserNumber) -> Result<(), Error> {
        let avatar = key::avatar(number);
        if let Some(kept) = self.kept(number).await? {
            let tickets = key::avatar_tickets(number);
            let last = match self.store.get(&tickets).await? {
                Some(bytes) => counter(&bytes)?,
                None => 0,
            };
            // Of more tickets than one call looks after, the rest is for the next one that meets the record.
            let unused = kept.unused().start..last.saturating_add(1);
            let end = self.remove_parts(number, unused).await?;
            if end <= last {
                return self.remove_picture(number, end).await;
            }
            self.remove_keys(&[tickets, avatar]).await?;
        }
        self.remove_keys(&[key::user(number)]).await
    }

    /// Removes the record if it is what a crash has left behind: one that is dead, or that no name has led to for an
    /// hour.
    pub(super) async fn remove_if_abandoned(&self, number: UserNumber) -> Result<(), Error> {
        let Some(record) = self.record(number).await? else {
            return Ok(());
        };
        let age = (self.clock)().saturating_sub(record.created());
        let abandoned = match record.state() {
            State::Dead => true,
            State::Pending if age > ABANDONED_AFTER => self.stop_creation(number).await?,
            State::Live if age > ABANDONED_AFTER => self.visible(number).await?.is_none(),
            State::Pending | State::Live => false,
        };
        if abandoned {
            self.remove(number).await?;
        }
        Ok(())
    }

    /// Stops a creation that has not come to its end, so that it can't any more; `false` when it has.
    pub(super) async fn stop_creation(&self, number: UserNumber) -> Result<bool, Error> {
        let stopped = self
            .swap(&key::user(number), |mut record: Record| {
                Ok(match record.state() {
                    State::Live => Swap::Leave(false),
                    State::Dead => Swap::Leave(true),
                    State::Pending => {
                        record.bury();
                        Swap::Write(record, true)
                    }
                })
            })
            .await?;
        Ok(stopped.unwrap_or(true))
    }
}
