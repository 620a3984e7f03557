//! The current user's image in answers.

use headers::HeaderMapExt as _;
use http::header::{ACCEPT, VARY};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Error, MEDIA_TYPE};
use crate::directory::{Avatar, Change};
use crate::web::{self, Answer, Head, accept};

/// The answer to an update: an empty object, and the `ETag` of the change.
///
/// # Errors
/// [`crate::Error::Internal`] when the answer cannot be written.
pub fn updated(change: &Change) -> Result<Answer, Error> {
    let mut answer = removed()?;
    answer.headers_mut().typed_insert(web::etag(change)?);
    Ok(answer)
}

/// The answer to a removal: an empty object.
///
/// # Errors
/// [`crate::Error::Internal`] when the answer cannot be written.
pub fn removed() -> Result<Answer, Error> {
    let body = serde_json::Map::new();
    Ok(web::json(StatusCode::OK, MEDIA_TYPE, &body)?)
}

/// A `google.api.HttpBody`, fields in the order of the message.
#[derive(Serialize)]
struct HttpBody {
    content_type: &'static str,
    data: Box<RawValue>,
    extensions: [(); 0],
}

/// The answer that shows the image: as JSON, or as it is where the client would rather have that; 304 where it says
/// that it has it.
///
/// # Errors
/// [`crate::Error::Internal`] when the answer cannot be written.
pub fn show(head: &Head, avatar: Avatar) -> Result<Answer, Error> {
    let media_type = avatar.format.media_type();
    let wants_picture = head
        .list(&ACCEPT)
        .is_some_and(|accept| accept::best(&accept, &[&[MEDIA_TYPE], &[media_type]]) == Some(1));
    let mut answer = if wants_picture {
        web::picture(head, avatar)?
    } else {
        let body = HttpBody {
            content_type: media_type,
            data: web::base64_string(&avatar.bytes)?,
            extensions: [],
        };
        web::unless_known(head, &avatar.change, || {
            web::json(StatusCode::OK, MEDIA_TYPE, &body)
        })?
    };
    answer
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("Accept"));
    Ok(answer)
}
