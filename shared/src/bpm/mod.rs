//! IBM BPM: the UserAvatar resource of the `wle/v1` REST API.

mod avatar;
mod caller;
mod error;
mod exception;
mod file_name;
mod method;
mod representation;
mod upload;
mod xml;

pub use avatar::ShownAvatar;
pub use caller::{Logins, allow_cross_site, authenticate, is_cross_site};
pub use error::Error;
pub use exception::refuse;
pub use method::override_method;
pub use representation::Representation;
pub use upload::{boundary, upload};

use std::borrow::Cow;

use crate::directory::{By, Directory};
use crate::name::{CURRENT, UserNumber, fold};
use crate::store::Store;
use crate::user::User;
use crate::web::{self, Head, decode_segment};

/// The path of avatars, without the user.
const BASE_PATH: &str = "/rest/bpm/wle/v1/avatar";

/// The vendor's name for the user in the path.
const PATH_PARAMETER: &str = "userNameOrID";

/// Finds the path's user: `current` for the caller, a user name, or a numeric user id.
///
/// # Errors
/// [`crate::Error::NoSuchUser`], [`web::Error::Invalid`] for a path that can't be decoded, and the directory's.
pub async fn find_user<'u, S: Store>(
    directory: &Directory<S>,
    head: &Head,
    caller: &'u User,
) -> Result<Cow<'u, User>, Error> {
    let (user, ()) = find_user_with(directory, head, caller, async |_| ()).await?;
    Ok(user)
}

/// Finds the path's user, with [`Directory::find_with`].
///
/// # Errors
/// Those of [`find_user`].
pub async fn find_user_with<'u, S: Store, T>(
    directory: &Directory<S>,
    head: &Head,
    caller: &'u User,
    read: impl AsyncFn(UserNumber) -> T,
) -> Result<(Cow<'u, User>, T), Error> {
    let name = match head.segments_below(BASE_PATH).as_slice() {
        [user] => decode_segment(user)
            .map_err(|_| web::Error::invalid(PATH_PARAMETER, "cannot be decoded"))?,
        other => return Err(crate::Error::NoSuchUser(other.join("/")).into()),
    };
    // User names take precedence over numbers, so the caller's own name needs no lookup.
    if name == CURRENT || fold(&name) == caller.username.folded() {
        return Ok((Cow::Borrowed(caller), read(caller.number).await));
    }
    directory
        .find_with(&name, &[By::Username, By::Number], read)
        .await?
        .map(|(user, read)| (Cow::Owned(user), read))
        .ok_or(crate::Error::NoSuchUser(name).into())
}

/// Finds the path's user, who must be the caller. Nobody else may change an avatar, not even administrators.
///
/// # Errors
/// [`Error::NotAuthorized`], and those of [`find_user`].
pub async fn find_oneself<'u, S: Store>(
    directory: &Directory<S>,
    head: &Head,
    caller: &'u User,
) -> Result<Cow<'u, User>, Error> {
    let user = find_user(directory, head, caller).await?;
    if user.number == caller.number {
        Ok(user)
    } else {
        Err(Error::NotAuthorized {
            action: "change avatar",
        })
    }
}
