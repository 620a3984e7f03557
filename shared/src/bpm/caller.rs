//! Authentication with HTTP Basic (RFC 7617) and the stored password.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::Error;
use crate::directory::Directory;
use crate::password;
use crate::store::Store;
use crate::user::User;
use crate::web::header::SEC_FETCH_SITE;
use crate::web::{self, Authorization, Head};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether a browser sent this for a page of another site. The browser may have added remembered credentials that the
/// page does not know.
pub fn is_cross_site(head: &Head) -> bool {
    let mut values = head.headers.get_all(SEC_FETCH_SITE).iter();
    values.any(|value| value == "cross-site")
}

/// Allows pages of other sites if the variable `bpm_cross_site` does.
///
/// # Errors
/// [`Error::NotAuthorized`].
pub fn allow_cross_site(bpm_cross_site: bool) -> Result<(), Error> {
    if bpm_cross_site {
        return Ok(());
    }
    Err(Error::NotAuthorized {
        action: "cross-site call",
    })
}

/// Returns the caller. It takes the same time and the same store operations to refuse a wrong password, an unknown
/// user, a disabled user, and a user without a local password.
///
/// # Errors
/// [`web::Error::Unauthenticated`], and the directory's.
pub async fn authenticate<S: Store>(head: &Head, directory: &Directory<S>) -> Result<User, Error> {
    let (username, password) = credentials(head).ok_or(web::Error::Unauthenticated)?;
    let user = directory.find_by_username(&username).await?;
    let user = user.filter(|user| user.enabled && user.auth_source.is_local());
    let hash = user.as_ref().and_then(|user| user.password.as_ref());
    let verified = password::verify_remembered(hash, &password);
    user.filter(|_| verified)
        .ok_or(web::Error::Unauthenticated.into())
}

/// Reads user name and password. The name ends at the first colon.
fn credentials(head: &Head) -> Option<(String, String)> {
    let encoded = Authorization::of(head)?.credentials("Basic")?;
    let decoded = String::from_utf8(BASE64.decode(encoded).ok()?).ok()?;
    let (username, password) = decoded.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}
