//! The storage of users and avatars. No other module knows a key or a stored format.
//!
//! `docs/ARCHITECTURE.md` explains the keys, the formats and the order of the operations.

mod attempts;
mod avatar;
mod create;
mod key;
mod list;
mod parts;
mod pointer;
mod put_avatar;
mod record;
mod removal;
mod segment;
mod slots;
mod stored_avatar;
mod swap;
mod terms;
mod walk;

pub use attempts::{Admission, Attempt, MAX_FAILED};
pub use avatar::Avatar;
pub use list::Page;
pub use terms::{Change, Precondition, Terms};

use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;
use crate::name::{UserId, UserNumber, fold};
use crate::store::Store;
use crate::user::User;
use record::{Record, State};
use swap::{Stored as _, Swap};

/// How many independent reads run in parallel.
const READS_AT_A_TIME: usize = 16;

/// The kinds of keys to look a user up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Netex's `id`.
    Id,
    /// The username, in any equivalent spelling.
    Username,
    /// The number, in decimal digits without leading zeros.
    Number,
    /// The `externalId`, exactly.
    ExternalId,
    /// The `commonId`, exactly.
    CommonId,
}

/// The users and their avatars in a [`Store`].
#[derive(Debug, Clone)]
pub struct Directory<S> {
    store: S,
    clock: fn() -> u64,
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
        Self { store, clock }
    }

    /// The time, in milliseconds since the epoch.
    pub fn now(&self) -> u64 {
        (self.clock)()
    }

    /// Finds a user by the first kind of key in `order` that has a match.
    ///
    /// # Errors
    /// The store's, and [`Error::Internal`] for a record that cannot be read, as for all of the directory.
    pub async fn find(&self, text: &str, order: &[By]) -> Result<Option<User>, Error> {
        for by in order {
            let Some(number) = self.number_by(text, *by).await? else {
                continue;
            };
            let Some(user) = self.live(number).await? else {
                continue;
            };
            let found = match by {
                // The name's pointer was the way here.
                By::Username => user.username.folded() == fold(text),
                By::Id => user.id.as_str() == text && self.is_led_to(&user).await?,
                By::Number => self.is_led_to(&user).await?,
                By::ExternalId => {
                    user.external_id.as_deref() == Some(text) && self.is_led_to(&user).await?
                }
                By::CommonId => {
                    user.common_id.as_deref() == Some(text) && self.is_led_to(&user).await?
                }
            };
            if found {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    /// Returns the number that a text leads to, without a check of its user.
    async fn number_by(&self, text: &str, by: By) -> Result<Option<UserNumber>, Error> {
        match by {
            By::Id => Ok(UserId::number_in(text)),
            By::Number => Ok(number(text)),
            By::Username => self.holder(&key::name(&fold(text))).await,
            By::ExternalId => self.holder(&key::external(text)).await,
            By::CommonId => self.holder(&key::common(text)).await,
        }
    }

    /// Finds the user with this username. Takes the same number of operations whether or not the user exists.
    ///
    /// # Errors
    /// As [`Directory::find`].
    pub async fn find_by_username(&self, username: &str) -> Result<Option<User>, Error> {
        let folded = fold(username);
        let holder = self.holder(&key::name(&folded)).await?;
        // Users are numbered from 1.
        let user = self.live(holder.unwrap_or(UserNumber(0))).await?;
        Ok(user.filter(|user| user.username.folded() == folded))
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
    /// one operation less than a search and [`Directory::update`].
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
                match self.holder(&key::name(&folded)).await? {
                    Some(number) => self.update_record(number, Some(&folded), change).await?,
                    None => false,
                }
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

    /// Changes the user with this number and, if given, this folded name. Returns whether there is such a user.
    async fn update_record<E: From<Error>>(
        &self,
        number: UserNumber,
        folded: Option<&str>,
        change: &mut dyn FnMut(&mut User) -> Result<(), E>,
    ) -> Result<bool, E> {
        let found = self
            .swap(&key::user(number), |mut record: Record| {
                let Some(user) = record.live_user_mut() else {
                    return Ok(Swap::Leave(Ok(false)));
                };
                require_number(user, number)?;
                if folded.is_some_and(|folded| user.username.folded() != folded) {
                    return Ok(Swap::Leave(Ok(false)));
                }
                Ok(match change(user) {
                    Ok(()) => Swap::Write(record, Ok(true)),
                    Err(refusal) => Swap::Leave(Err(refusal)),
                })
            })
            .await?;
        found.unwrap_or(Ok(false))
    }

    /// Returns the user with this number, if the record is live.
    async fn live(&self, number: UserNumber) -> Result<Option<User>, Error> {
        let user = self.record(number).await?.and_then(Record::into_live_user);
        if let Some(user) = &user {
            require_number(user, number)?;
        }
        Ok(user)
    }

    /// Whether the name's pointer leads to this user.
    async fn is_led_to(&self, user: &User) -> Result<bool, Error> {
        let holder = self.holder(&key::name(&user.username.folded())).await?;
        Ok(holder == Some(user.number))
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

/// Parses a number in canonical form: no sign, no leading zeros.
fn number(text: &str) -> Option<UserNumber> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(UserNumber(number))
}
