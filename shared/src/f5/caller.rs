//! Who is calling: a token stands for a user.

use super::Error;
use crate::directory::{By, Directory};
use crate::name::{UserNumber, Username};
use crate::store::Store;
use crate::user::User;
use crate::variable::UserTokens;
use crate::web::{self, Authorization, Head, Secret};

/// The name of the current user: whom the token in `Authorization: APIToken …` (or `Bearer …`) stands for.
///
/// # Errors
/// [`web::Error::Unauthenticated`].
fn username<'t>(head: &Head, tokens: &'t UserTokens) -> Result<&'t str, web::Error> {
    let authorization = Authorization::of(head).ok_or(web::Error::Unauthenticated)?;
    let given = authorization
        .credentials("APIToken")
        .or_else(|| authorization.credentials("Bearer"))
        .ok_or(web::Error::Unauthenticated)?;
    tokens
        .user_of(&Secret::new(given))
        .map(Username::as_str)
        .ok_or(web::Error::Unauthenticated)
}

/// The current user, and what `read` returns; see [`Directory::find_with`]. That the token's user does not exist is told
/// later, after what is wrong with the request.
///
/// # Errors
/// [`web::Error::Unauthenticated`], [`Error::Disabled`], and the directory's.
pub async fn authorize<S: Store, T>(
    head: &Head,
    tokens: &UserTokens,
    directory: &Directory<S>,
    read: impl AsyncFn(UserNumber) -> T,
) -> Result<CurrentUser<T>, Error> {
    let username = username(head, tokens)?;
    match directory.find_with(username, &[By::Username], read).await? {
        Some((user, _)) if !user.enabled => Err(Error::Disabled(username.to_owned())),
        user => Ok(CurrentUser {
            username: username.to_owned(),
            user,
        }),
    }
}

/// Whom a token stands for, and what was read with the user.
pub struct CurrentUser<T> {
    username: String,
    user: Option<(User, T)>,
}

impl<T> CurrentUser<T> {
    /// The user, and what was read.
    ///
    /// # Errors
    /// [`crate::Error::NoSuchUser`] where the token's user does not exist.
    pub fn existing(self) -> Result<(User, T), Error> {
        let user = self.user;
        user.ok_or(crate::Error::NoSuchUser(self.username).into())
    }
}
