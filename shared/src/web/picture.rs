//! A picture as it is, and what a cache has to know of it.

use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::{Answer, Head, empty};
use crate::Error;
use crate::directory::{Avatar, Change};
use crate::name::UserId;

/// The URL at which the component `avatar` shows everybody the picture that this change stored, on a service of this
/// origin.
pub fn public_avatar_url(origin: &str, id: &UserId, change: &Change) -> String {
    format!("{origin}/avatars/{}/{}", id.as_str(), change.revision)
}

/// The entity tag of an avatar after this change: it names the change, not the picture.
///
/// # Errors
/// [`Error::Internal`] for a revision that cannot stand in a header.
pub fn etag(change: &Change) -> Result<ETag, Error> {
    format!("\"{}\"", change.revision)
        .parse()
        .map_err(|_| Error::Internal {
            detail: "an entity tag cannot be written".to_owned(),
        })
}

/// The answer that `write` gives, with the entity tag of the change, or 304 where the client has what it shows.
///
/// # Errors
/// As [`etag`], and those of `write`.
pub fn unless_known(
    head: &Head,
    change: &Change,
    write: impl FnOnce() -> Result<Answer, Error>,
) -> Result<Answer, Error> {
    let etag = etag(change)?;
    let condition = head.headers.typed_get::<IfNoneMatch>();
    let known = condition.is_some_and(|condition| !condition.precondition_passes(&etag));
    let mut answer = if known {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        write()?
    };
    answer.headers_mut().typed_insert(etag);
    Ok(answer)
}

/// The picture itself, or 304 where the client has it.
///
/// # Errors
/// As [`etag`].
pub fn picture(head: &Head, avatar: Avatar) -> Result<Answer, Error> {
    let mut answer = unless_known(head, &avatar.change, || {
        let mut answer = Answer::new(avatar.bytes.into());
        let media_type = HeaderValue::from_static(avatar.format.media_type());
        answer.headers_mut().insert(CONTENT_TYPE, media_type);
        Ok(answer)
    })?;
    // A browser may keep it for its user, and asks each time whether it is still the same.
    let private = HeaderValue::from_static("private, no-cache");
    answer.headers_mut().insert(CACHE_CONTROL, private);
    Ok(answer)
}
