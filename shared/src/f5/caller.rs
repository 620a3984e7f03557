//! Who is calling: a token stands for a user.

use crate::Error;
use crate::directory::{By, Directory};
use crate::store::Store;
use crate::user::User;
use crate::web::{Authorization, Head, SecretList};

/// The name of the current user: whom the token in `Authorization: APIToken …` (or `Bearer …`) stands for in the
/// variable `f5_tokens`, a list of `username=token`.
///
/// # Errors
/// [`Error::Unauthenticated`].
fn username<'v>(head: &Head, f5_tokens: &'v str) -> Result<&'v str, Error> {
    let authorization = Authorization::of(head).ok_or(Error::Unauthenticated)?;
    let given = authorization
        .credentials("APIToken")
        .or_else(|| authorization.credentials("Bearer"))
        .ok_or(Error::Unauthenticated)?;
    SecretList::new(f5_tokens)
        .owner(given)
        .ok_or(Error::Unauthenticated)
}

/// The current user. That the token's user does not exist is told later, after what is wrong with the request.
///
/// # Errors
/// [`Error::Unauthenticated`], [`Error::Disabled`], and the directory's.
pub async fn authorize<S: Store>(
    head: &Head,
    f5_tokens: &str,
    directory: &Directory<S>,
) -> Result<CurrentUser, Error> {
    let username = username(head, f5_tokens)?;
    match directory.find(username, &[By::Username]).await? {
        Some(user) if !user.enabled => Err(Error::Disabled(username.to_owned())),
        user => Ok(CurrentUser {
            username: username.to_owned(),
            user,
        }),
    }
}

/// Whom a token stands for.
pub struct CurrentUser {
    username: String,
    user: Option<User>,
}

impl CurrentUser {
    /// The user.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`] where the token's user does not exist.
    pub fn existing(self) -> Result<User, Error> {
        self.user.ok_or(Error::NoSuchUser(self.username))
    }
}
