//! The storage of users and avatars. No other module knows a key or a stored format.
//!
//! `docs/ARCHITECTURE.md` explains the keys, the formats and the order of the operations.

mod address;
mod attempts;
mod avatar;
mod create;
mod find;
mod header;
mod index;
mod kept;
mod key;
mod list;
mod parts;
mod picture;
mod pointer;
mod portrait;
mod put_avatar;
mod record;
mod remembered;
mod removal;
mod render;
mod rendered;
mod segment;
mod slots;
mod stored_avatar;
mod swap;
mod terms;
mod walk;

pub use address::EmailHash;
pub use attempts::{Admission, Attempt, MAX_FAILED};
pub use avatar::Avatar;
pub use find::By;
pub use index::Indexed;
pub use list::Page;
pub use portrait::{Kept, Portrait};
pub use remembered::RememberedNumbers;
pub use render::{Claimed, RenderingClaim};
pub use terms::{Change, Precondition, Terms};

use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;
use crate::name::{UserNumber, fold};
use crate::store::Store;
use crate::user::User;
use address::Address;
use record::{Record, State};
use swap::{Stored as _, Swap};

/// How many independent reads run in parallel.
const READS_AT_A_TIME: usize = 16;

/// The users and their avatars in a [`Store`].
#[derive(Debug, Clone)]
pub struct Directory<S> {
    store: S,
    clock: fn() -> u64,
    remembered: Option<Rc<RememberedNumbers>>,
}

impl<S: Store> Directory<S> {
    /// Opens the directory in this store, with the system's clock.
    pub fn new(store: S) -> Self {
        Self::with_clock(store, || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_millis().try_into().unwrap_or(u64::MAX))
        })
    }

    /// Opens the directory in this store. The clock returns milliseconds since the epoch.
    pub fn with_clock(store: S, clock: fn() -> u64) -> Self {
        Self {
            store,
            clock,
            remembered: None,
        }
    }

    /// The time, in milliseconds since the epoch.
    pub fn now(&self) -> u64 {
        (self.clock)()
    }

    /// Remembers here which number each name leads to. Further directories on the same store may share the memory.
    #[must_use]
    pub fn remembering(self, numbers: Rc<RememberedNumbers>) -> Self {
        Self {
            remembered: Some(numbers),
            ..self
        }
    }

    /// Changes a user with `change`. Calls it again with the newer value if another call came in between.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`] when the user is gone, and what `change` returns: then nothing is written.
    pub async fn update<E: From<Error>>(
        &self,
        number: UserNumber,
        mut change: impl FnMut(&mut User) -> Result<(), E>,
    ) -> Result<(), E> {
        let found = self.update_record(number, None, &mut change).await?;
        found
            .then_some(())
            .ok_or_else(|| Error::NoSuchUser(number.to_string()).into())
    }

    /// Changes the user that [`Directory::find`] would find. Returns whether there is one. By user name this takes
    /// one read less than a search and [`Directory::update`].
    ///
    /// # Errors
    /// As [`Directory::update`].
    pub async fn find_and_update<E: From<Error>>(
        &self,
        text: &str,
        order: &[By],
        change: &mut dyn FnMut(&mut User) -> Result<(), E>,
    ) -> Result<bool, E> {
        for by in order {
            let found = if *by == By::Username {
                let folded = fold(text);
                let updated = self.with_named(&folded, async |number| {
                    let updated = self.update_record(number, Some(&folded), change).await?;
                    Ok::<_, E>(updated.then_some(()))
                });
                updated.await?.is_some()
            } else {
                match self.find(text, &[*by]).await? {
                    Some(user) => self.update_record(user.number, None, change).await?,
                    None => false,
                }
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Changes the user with this number and, if given, this folded name. Returns whether there is such a user. Then
    /// makes the user's e-mail address lead there, even if the change has left it as it was: an earlier call may have
    /// broken off before this, or the user for whom the address was found may be gone.
    async fn update_record<E: From<Error>>(
        &self,
        number: UserNumber,
        folded: Option<&str>,
        change: &mut dyn FnMut(&mut User) -> Result<(), E>,
    ) -> Result<bool, E> {
        let found = self
            .swap(&key::user(number), |mut record: Record| {
                let Some(user) = record.live_user_mut() else {
                    return Ok(Swap::Leave(Ok(None)));
                };
                require_number(user, number)?;
                if folded.is_some_and(|folded| user.username.folded() != folded) {
                    return Ok(Swap::Leave(Ok(None)));
                }
                let before = Address::of(user);
                Ok(match change(user) {
                    Ok(()) => {
                        let addresses = (before, Address::of(user));
                        Swap::Write(record, Ok(Some(addresses)))
                    }
                    Err(refusal) => Swap::Leave(Err(refusal)),
                })
            })
            .await?;
        let Some((before, after)) = found.unwrap_or(Ok(None))? else {
            return Ok(false);
        };
        if let Some(address) = &after {
            let is_new = after != before;
            self.point(number, address, is_new).await?;
        }
        Ok(true)
    }

    /// Returns the user with this number, if the record is live.
    async fn live(&self, number: UserNumber) -> Result<Option<User>, Error> {
        let user = self.record(number).await?.and_then(Record::into_live_user);
        if let Some(user) = &user {
            require_number(user, number)?;
        }
        Ok(user)
    }

    async fn record(&self, number: UserNumber) -> Result<Option<Record>, Error> {
        let bytes = self.store.get(&key::user(number)).await?;
        bytes.map(Record::decode).transpose()
    }

    /// The state of a user's record. `None` if there is no record.
    async fn state(&self, number: UserNumber) -> Result<Option<State>, Error> {
        Ok(self.record(number).await?.map(|record| record.state()))
    }
}

/// Requires that a record is that of the user whose key it stands at.
fn require_number(user: &User, number: UserNumber) -> Result<(), Error> {
    if user.number == number {
        Ok(())
    } else {
        Err(Error::Internal {
            detail: format!("the record of user {number} is that of {}", user.number),
        })
    }
}
