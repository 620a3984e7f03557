//! Who is calling: HTTP Basic (RFC 7617) against the stored password.

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

/// Whether a browser sends this for a page of another site. It may then add credentials that it remembers, of which the
/// page knows nothing.
pub fn is_cross_site(head: &Head) -> bool {
    let mut values = head.headers.get_all(SEC_FETCH_SITE).iter();
    values.any(|value| value == "cross-site")
}

/// Lets pages of other sites pass where the variable `bpm_cross_site` allows it.
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

/// The caller. An unknown or disabled user, or one without a password of our own, takes as long to refuse as a
/// wrong password, and as many operations on the store.
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

/// User name and password; the name ends at the first colon.
fn credentials(head: &Head) -> Option<(String, String)> {
    let encoded = Authorization::of(head)?.credentials("Basic")?;
    let decoded = String::from_utf8(BASE64.decode(encoded).ok()?).ok()?;
    let (username, password) = decoded.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}
