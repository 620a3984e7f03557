//! The users in the order of their creation.

use futures::future::join;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::segment::{self, GROUP};
use super::walk::Group;
use super::{Directory, READS_AT_A_TIME, key};
use crate::Error;
use crate::name::UserNumber;
use crate::store::{Store, counter};
use crate::user::User;

/// The highest number of a user. A counter above it is corrupt, and nobody should look at so many numbers.
pub(super) const MAX_NUMBER: u64 = u32::MAX as u64;

/// A page of the users.
#[derive(Debug, Default)]
pub struct Page {
    /// The users, each with whether there is an avatar.
    pub users: Vec<(User, bool)>,
    /// Why records were left out that could not be read; for the log alone.
    pub unreadable: Vec<Error>,
}

impl<S: Store> Directory<S> {
    /// The users from position `start`, at most `count`, in the order of their creation.
    ///
    /// Costs about one read for each thousand users before the page and two for each user on it. A record that cannot
    /// be read is left out.
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
        for group in 0..last.div_ceil(segment::NUMBERS * GROUP) {
            let mut group = Group::read(self, group, last).await?;
            for position in 0..group.len() {
                if page.users.len() >= count {
                    return Ok(page);
                }
                let found = group.look_at(self, position).await?;
                page.unreadable.extend(found.unreadable);
                // The page is right whatever becomes of this. A walk that is cut off has got further so.
                let _ = group.keep(self).await;
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

    /// The last number that was given to a user.
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

    /// Adds the users with these numbers to a page, but for those that are gone by now.
    async fn show(&self, numbers: &[u64], page: &mut Page) -> Result<(), Error> {
        let reads = numbers.iter().map(|number| self.shown(UserNumber(*number)));
        // Each is two reads.
        let mut shown = stream::iter(reads).buffered(READS_AT_A_TIME / 2);
        while let Some(shown) = shown.next().await {
            match shown {
                Ok(user) => page.users.extend(user),
                Err(error @ Error::Internal { .. }) => page.unreadable.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The user with this number, who was seen before, and whether there is an avatar.
    async fn shown(&self, number: UserNumber) -> Result<Option<(User, bool)>, Error> {
        let (user, has_avatar) = join(self.live(number), self.has_avatar(number)).await;
        match user? {
            Some(user) => Ok(Some((user, has_avatar?))),
            None => Ok(None),
        }
    }

    /// Reads several keys together.
    pub(super) async fn get_all(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let reads = keys.iter().map(|key| self.store.get(key));
        stream::iter(reads)
            .buffered(READS_AT_A_TIME)
            .try_collect()
            .await
    }
}
