//! Finds users.

use futures::future::join;

use super::{Directory, key};
use crate::Error;
use crate::name::{NOBODY, UserId, UserNumber, fold};
use crate::store::Store;
use crate::user::User;

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

impl<S: Store> Directory<S> {
    /// Finds a user by the first kind of key in `order` that has a match.
    ///
    /// # Errors
    /// The store's, and [`Error::Internal`] for a record that cannot be read, as for all of the directory.
    pub async fn find(&self, text: &str, order: &[By]) -> Result<Option<User>, Error> {
        let found = self.find_with(text, order, async |_| ()).await?;
        Ok(found.map(|(user, ())| user))
    }

    /// Finds a user like [`Directory::find`]. Calls `read` with the number at the same time as it reads the record, so
    /// that a remote store's answers are waited for together. Returns what `read` returned for the user that was found.
    ///
    /// # Errors
    /// As [`Directory::find`].
    pub async fn find_with<T>(
        &self,
        text: &str,
        order: &[By],
        read: impl AsyncFn(UserNumber) -> T,
    ) -> Result<Option<(User, T)>, Error> {
        for by in order {
            let found = if *by == By::Username {
                let folded = fold(text);
                self.with_named(&folded, async |number| {
                    let (user, read) = join(self.named(number, &folded), read(number)).await;
                    Ok::<_, Error>(user?.map(|user| (user, read)))
                })
                .await?
            } else if let Some(number) = self.number_by(text, *by).await? {
                let (user, read) = join(self.live(number), read(number)).await;
                match user? {
                    Some(user) if is_meant(&user, text, *by) && self.is_led_to(&user).await? => {
                        Some((user, read))
                    }
                    _ => None,
                }
            } else {
                None
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Finds the user with this username. Takes the same number of operations whether or not the user exists, so it
    /// uses no remembered number.
    ///
    /// # Errors
    /// As [`Directory::find`].
    pub async fn find_by_username(&self, username: &str) -> Result<Option<User>, Error> {
        let folded = fold(username);
        let holder = self.holder(&key::name(&folded)).await?;
        let user = self.named(holder.unwrap_or(NOBODY), &folded).await?;
        if let Some(user) = &user {
            self.remember(&folded, user.number);
        }
        Ok(user)
    }

    /// Finds the user with this username if the number is remembered, in one read. `None` means that the user must be
    /// looked for in another way. That takes one read too, so that the time doesn't tell whose numbers are remembered.
    ///
    /// # Errors
    /// As [`Directory::find`].
    pub async fn find_remembered(&self, username: &str) -> Result<Option<User>, Error> {
        let folded = fold(username);
        let number = self.remembered(&folded).unwrap_or(NOBODY);
        let user = self.named(number, &folded).await?;
        if user.is_none() {
            self.forget(&folded);
        }
        Ok(user)
    }

    /// Calls `visit` with the number that a name leads to. `visit` returns `None` if the number's record is not that of
    /// a live user with this name. A remembered number is tried first.
    pub(super) async fn with_named<T, E: From<Error>>(
        &self,
        folded: &str,
        mut visit: impl AsyncFnMut(UserNumber) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        if let Some(number) = self.remembered(folded) {
            let found = visit(number).await?;
            if found.is_some() {
                return Ok(found);
            }
            self.forget(folded);
        }
        let Some(number) = self.holder(&key::name(folded)).await? else {
            return Ok(None);
        };
        let found = visit(number).await?;
        if found.is_some() {
            self.remember(folded, number);
        }
        Ok(found)
    }

    /// Returns the number that a text leads to, without a check of its user.
    pub(super) async fn number_by(&self, text: &str, by: By) -> Result<Option<UserNumber>, Error> {
        match by {
            By::Id => Ok(UserId::number_in(text)),
            By::Number => Ok(number(text)),
            By::Username => self.holder(&key::name(&fold(text))).await,
            By::ExternalId => self.holder(&key::external(text)).await,
            By::CommonId => self.holder(&key::common(text)).await,
        }
    }

    /// Returns the user with this number, if the record is live and has this name.
    async fn named(&self, number: UserNumber, folded: &str) -> Result<Option<User>, Error> {
        let user = self.live(number).await?;
        Ok(user.filter(|user| user.username.folded() == folded))
    }

    /// Whether the name's pointer leads to this user.
    pub(super) async fn is_led_to(&self, user: &User) -> Result<bool, Error> {
        let folded = user.username.folded();
        if self.remembered(&folded) == Some(user.number) {
            return Ok(true);
        }
        let holder = self.holder(&key::name(&folded)).await?;
        if holder != Some(user.number) {
            return Ok(false);
        }
        self.remember(&folded, user.number);
        Ok(true)
    }

    fn remembered(&self, folded: &str) -> Option<UserNumber> {
        self.remembered.as_ref()?.get(folded)
    }

    fn remember(&self, folded: &str, number: UserNumber) {
        if let Some(remembered) = &self.remembered {
            remembered.insert(folded, number);
        }
    }

    fn forget(&self, folded: &str) {
        if let Some(remembered) = &self.remembered {
            remembered.remove(folded);
        }
    }
}

/// Whether this text means the user whose number it led to.
fn is_meant(user: &User, text: &str, by: By) -> bool {
    match by {
        By::Id => user.id.as_str() == text,
        By::Username => user.username.folded() == fold(text),
        By::Number => true,
        By::ExternalId => user.external_id.as_deref() == Some(text),
        By::CommonId => user.common_id.as_deref() == Some(text),
    }
}

/// Parses a number in canonical form: no sign, no leading zeros.
fn number(text: &str) -> Option<UserNumber> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(UserNumber(number))
}
