//! The parts of pictures that do not fit into the avatar's own value.

use std::ops::Range;

use super::stored_avatar::{MAX_PARTS, parts};
use super::{Directory, key};
use crate::Error;
use crate::image::Image;
use crate::name::UserNumber;
use crate::store::Store;

/// How many tickets one call cleans up.
const TICKETS: u64 = 64;

impl<S: Store> Directory<S> {
    /// Stores the parts of a large picture under a new ticket. Returns the ticket.
    pub(super) async fn store_parts(
        &self,
        number: UserNumber,
        image: &Image,
    ) -> Result<u64, Error> {
        let ticket = self.count(&key::avatar_tickets(number), 1).await?;
        let ticket = ticket.cast_unsigned();
        self.store.set_many(parts(number, image, ticket)).await?;
        Ok(ticket)
    }

    /// Removes the unused parts under these tickets, up to the limit for one call. Returns the ticket below which all
    /// are removed.
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

    /// Removes the parts under one ticket.
    pub(super) async fn remove_parts_under(
        &self,
        number: UserNumber,
        ticket: u64,
    ) -> Result<(), Error> {
        self.remove_parts(number, ticket..ticket.saturating_add(1))
            .await
            .map(drop)
    }
}
