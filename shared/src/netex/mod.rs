//! Netex learningCloud: users and their images, as the vendor's "User web services" pages document them.

mod envelope;
mod error;
mod fetch;
mod image;
mod page;
mod platform;
mod user;

pub use envelope::{refuse, show, succeed};
pub use error::Error;
pub use fetch::{Fetch, FetchFault, FetchResponse};
pub use image::{ImageSource, add_image, image_body, show_image};
pub use page::Page;
pub use platform::{Mode, Operation};
pub use user::{Update, check_message, new_password, new_user, require_local, view};

use crate::directory::{By, Directory};
use crate::image::Image;
use crate::name::UserNumber;
use crate::store::Store;
use crate::user::User;
use crate::variable::TokenList;
use crate::web::header::X_CLOUD_AUTH_TOKEN;
use crate::web::{self, Head, Secret, decode_segment};

/// The path of the users.
const USERS_PATH: &str = "/integration/ws/management/rest/users";

/// What the user's segment of a path may be, in the order in which it is tried. The update page names two,
/// the image page all four.
const PATH_ORDER: [By; 4] = [By::Id, By::Username, By::ExternalId, By::CommonId];

/// Lets a caller pass whose `X-Cloud-Auth-Token` is one of `tokens`.
///
/// # Errors
/// [`web::Error::Unauthenticated`].
pub fn authorize(head: &Head, tokens: &TokenList) -> Result<(), web::Error> {
    let mut given = head.headers.get_all(X_CLOUD_AUTH_TOKEN).iter();
    let (Some(given), None) = (given.next(), given.next()) else {
        return Err(web::Error::Unauthenticated);
    };
    let given = given.to_str().map_err(|_| web::Error::Unauthenticated)?;
    if tokens.accepts(&Secret::new(given)) {
        Ok(())
    } else {
        Err(web::Error::Unauthenticated)
    }
}

/// What a path below the users means; the user as it stands in the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `/users/{user}`
    User(String),
    /// `/users/{user}/image`
    Image(String),
    /// `/users/{user}/activate`
    Activate(String),
    /// `/users/{user}/deactivate`
    Deactivate(String),
    /// `/users/{user}/changePassword`
    ChangePassword(String),
}

impl Target {
    /// The target of a request.
    ///
    /// # Errors
    /// [`Error::NoSuchPath`].
    pub fn of(head: &Head) -> Result<Self, Error> {
        match *head.segments_below(USERS_PATH).as_slice() {
            [user] => Ok(Self::User(user.to_owned())),
            [user, "image"] => Ok(Self::Image(user.to_owned())),
            [user, "activate"] => Ok(Self::Activate(user.to_owned())),
            [user, "deactivate"] => Ok(Self::Deactivate(user.to_owned())),
            [user, "changePassword"] => Ok(Self::ChangePassword(user.to_owned())),
            _ => Err(Error::NoSuchPath),
        }
    }
}

/// Finds the user whom a segment of the path means.
///
/// # Errors
/// [`crate::Error::NoSuchUser`], [`web::Error::Invalid`] for a segment that can't be decoded, and the directory's.
pub async fn find_user<S: Store>(directory: &Directory<S>, segment: &str) -> Result<User, Error> {
    let (user, ()) = find_user_with(directory, segment, async |_| ()).await?;
    Ok(user)
}

/// Finds the user whom a segment of the path means, with [`Directory::find_with`].
///
/// # Errors
/// Those of [`find_user`].
pub async fn find_user_with<S: Store, T>(
    directory: &Directory<S>,
    segment: &str,
    read: impl AsyncFn(UserNumber) -> T,
) -> Result<(User, T), Error> {
    let name = decode_segment(segment)?;
    directory
        .find_with(&name, &PATH_ORDER, read)
        .await?
        .ok_or(crate::Error::NoSuchUser(name).into())
}

/// Changes the user whom a segment of the path means.
///
/// # Errors
/// Those of [`find_user`], and what `change` returns: then nothing is written.
pub async fn update_user<S: Store>(
    directory: &Directory<S>,
    segment: &str,
    mut change: impl FnMut(&mut User) -> Result<(), Error>,
) -> Result<(), Error> {
    let name = decode_segment(segment)?;
    let found = directory
        .find_and_update(&name, &PATH_ORDER, &mut change)
        .await?;
    found
        .then_some(())
        .ok_or(crate::Error::NoSuchUser(name).into())
}

/// Deletes the user whom a segment of the path means, and returns the number that was the user's.
///
/// # Errors
/// Those of [`find_user`].
pub async fn delete_user<S: Store>(
    directory: &Directory<S>,
    segment: &str,
) -> Result<UserNumber, Error> {
    let name = decode_segment(segment)?;
    let deleted = directory.find_and_delete(&name, &PATH_ORDER).await?;
    deleted.ok_or(crate::Error::NoSuchUser(name).into())
}

/// Changes the image of the user whom a segment of the path means, or removes it, and then the user, unless `change`
/// leaves the user as it is.
///
/// # Errors
/// Those of [`update_user`]; [`Error::ImageAlone`] where the second change fails.
pub async fn update_user_and_image<S: Store>(
    directory: &Directory<S>,
    segment: &str,
    image: Option<&Image>,
    mut change: impl FnMut(&mut User) -> Result<(), Error>,
) -> Result<(), Error> {
    let name = decode_segment(segment)?;
    let found = directory.find(&name, &PATH_ORDER).await?;
    let mut user = found.ok_or_else(|| crate::Error::NoSuchUser(name.clone()))?;
    let before = text(&user)?;
    // What cannot be changed comes out before anything is written.
    change(&mut user)?;
    directory.put_avatar(user.number, image).await?;
    if text(&user)? == before {
        return Ok(());
    }
    match directory.update(user.number, change).await {
        Ok(()) => Ok(()),
        // With the user the image is gone too.
        Err(Error::Directory(crate::Error::NoSuchUser(_))) => {
            Err(crate::Error::NoSuchUser(name).into())
        }
        Err(error) => Err(Error::ImageAlone(Box::new(error))),
    }
}

/// All of a user, to compare it.
fn text(user: &User) -> Result<Vec<u8>, crate::Error> {
    serde_json::to_vec(user).map_err(|error| crate::Error::Internal {
        detail: format!("a user cannot be written: {error}"),
    })
}

/// The URL of a user on this service.
pub fn user_url(origin: &str, user: &User) -> String {
    format!("{origin}{USERS_PATH}/{}", user.id.as_str())
}

/// The URL of a user's image on this service.
pub fn image_url(origin: &str, user: &User) -> String {
    format!("{}/image", user_url(origin, user))
}
