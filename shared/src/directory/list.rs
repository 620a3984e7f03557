//! Lists the users in the order of their creation.

use std::cell::Cell;

use futures::future::join;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::segment::{self, GROUP, WORTH_A_WALK};
use super::terms::Change;
use super::walk::{Group, MOST_ABANDONED};
use super::{Directory, READS_AT_A_TIME, key};
use crate::Error;
use crate::name::UserNumber;
use crate::store::{Store, counter};
use crate::user::User;

/// The highest number of a user. A counter above it is corrupt, and a walk of so many numbers would never end.
pub(super) const MAX_NUMBER: u64 = u32::MAX as u64;

/// A page of users.
#[derive(Debug, Default)]
pub struct Page {
    /// The users, each with the change that stored the avatar, if there is one.
    pub users: Vec<(User, Option<Change>)>,
    /// The reasons why records could not be read and were left out. They are for the log only.
    pub unreadable: Vec<Error>,
}

impl<S: Store> Directory<S> {
    /// Returns at most `count` users from position `start`, in the order of their creation.
    ///
    /// Costs about one read per thousand users before the page, and two reads per user on it. Skips records that
    /// cannot be read.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, start: usize, count: usize) -> Result<Page, Error> {
        let mut page = Page::default();
        if count == 0 {
            return Ok(page);
        }
        let last = self.last_number().await?;
        let mut before = start;
        let swaps_left = Cell::new(MOST_ABANDONED);
        for group in 0..last.div_ceil(segment::NUMBERS * GROUP) {
            let mut group = Group::read(self, group, last).await?;
            for position in 0..group.len() {
                if page.users.len() >= count {
                    return Ok(page);
                }
                let found = group.look_at(self, position, &swaps_left).await?;
                page.unreadable.extend(found.unreadable);
                // The page is right even if this fails. It lets an interrupted walk continue where it stopped.
                let _ = group.keep(self, WORTH_A_WALK).await;
                let skipped = before.min(found.users.len());
                before -= skipped;
                let mut rest = found.users.into_iter().skip(skipped).peekable();
                while rest.peek().is_some() && page.users.len() < count {
                    let missing = count - page.users.len();
                    let numbers: Vec<u64> = rest.by_ref().take(missing).collect();
                    self.show(&numbers, &mut page).await?;
                }
            }
        }
        Ok(page)
    }

    /// Returns the last number that was given to a user.
    pub(super) async fn last_number(&self) -> Result<u64, Error> {
        let bytes = self.store.get(key::SEQUENCE).await?;
        let last = bytes.map_or(Ok(0), |bytes| counter(&bytes))?;
        if last > MAX_NUMBER {
            return Err(Error::Internal {
                detail: format!("the counter of users is {last}"),
            });
        }
        Ok(last)
    }

    /// Adds the users with these numbers to a page, except those that are gone by now.
    async fn show(&self, numbers: &[u64], page: &mut Page) -> Result<(), Error> {
        let reads = numbers.iter().map(|number| self.shown(UserNumber(*number)));
        // Each user takes two reads.
        let mut shown = stream::iter(reads).buffered(READS_AT_A_TIME / 2);
        while let Some(shown) = shown.next().await {
            match shown {
                Ok(None) => {}
                Ok(Some((user, Ok(change)))) => page.users.push((user, change)),
                // Positions count the user, so the user is shown.
                Ok(Some((user, Err(error)))) => {
                    page.users.push((user, None));
                    page.unreadable.push(error);
                }
                Err(error @ Error::Internal { .. }) => page.unreadable.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns a user who was seen before, and the avatar's change.
    async fn shown(
        &self,
        number: UserNumber,
    ) -> Result<Option<(User, Result<Option<Change>, Error>)>, Error> {
        let (user, change) = join(self.live(number), self.avatar_change(number)).await;
        let change = match change {
            Err(error @ Error::Internal { .. }) => Err(error),
            change => Ok(change?),
        };
        Ok(user?.map(|user| (user, change)))
    }

    /// Reads several keys in parallel.
    pub(super) async fn get_all(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let reads = keys.iter().map(|key| self.store.get(key));
        stream::iter(reads)
            .buffered(READS_AT_A_TIME)
            .try_collect()
            .await
    }
}
