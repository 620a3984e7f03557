//! What goes back to the client.

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::Error;

/// An answer: status, headers and the whole body. `Content-Length`, `X-Request-Id` and what [`with_headers_of_all`] knows
/// are added when it is sent.
pub type Answer = Response<Vec<u8>>;

/// An answer without a body.
pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = status;
    answer
}

/// An answer of JSON, as this media type.
///
/// # Errors
/// [`crate::Error::Internal`] when `body` cannot be written as JSON.
pub fn json(
    status: StatusCode,
    media_type: &'static str,
    body: &impl Serialize,
) -> Result<Answer, crate::Error> {
    written(status, media_type, serde_json::to_vec(body))
}

/// What [`json`] does for all types of bodies alike.
fn written(
    status: StatusCode,
    media_type: &'static str,
    body: serde_json::Result<Vec<u8>>,
) -> Result<Answer, crate::Error> {
    let mut answer = empty(status);
    *answer.body_mut() = body.map_err(|error| crate::Error::Internal {
        detail: format!("an answer cannot be written: {error}"),
    })?;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    Ok(answer)
}

/// The answer with the headers that HTTP wants beside the status of this error, in every family.
pub fn with_headers_of(error: &Error, mut answer: Answer) -> Answer {
    if let Error::MethodNotAllowed { allow } = error {
        let allow = HeaderValue::from_static(allow);
        answer.headers_mut().insert(ALLOW, allow);
    }
    answer
}

/// The answer with the headers that every answer has. Caches keep nothing that doesn't say otherwise: not all credentials
/// are an `Authorization`, which would tell them so. Browsers take the type for what it is said to be.
pub fn with_headers_of_all(mut answer: Answer) -> Answer {
    let headers = answer.headers_mut();
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// The most characters that an answer repeats of what a client has made up.
const MAX_REPEATED: usize = 255;

/// A name that a client has made up, as it may stand in an answer.
pub fn shortened(name: &str) -> String {
    match name.char_indices().nth(MAX_REPEATED) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}
