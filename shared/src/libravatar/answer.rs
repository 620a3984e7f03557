//! Answers with pictures, and those without.

use std::time::{Duration, SystemTime};

use headers::{ETag, HeaderMapExt as _, IfNoneMatch, LastModified};
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    IF_NONE_MATCH, LOCATION,
};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::{Error, Query};
use crate::directory::{Change, Indexed};
use crate::rendering::{Rendering, Size};
use crate::web::{self, Answer, Head};

/// Which pages may show an answer: those of all sites.
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// How long caches may keep an answer without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Five minutes.
    Short,
    /// A year: the address names the picture.
    Immutable,
}

impl Lifetime {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Short => "public, max-age=300",
            Self::Immutable => "public, max-age=31536000, immutable",
        })
    }
}

/// What caches tell one picture from another by.
#[derive(Debug, Clone)]
pub struct Validators {
    etag: ETag,
    /// The time of the change. What is drawn in place of an avatar has none.
    last_modified: Option<LastModified>,
}

impl Validators {
    /// The validators of a rendering in this size, of the picture that this change stored.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] for a revision that cannot stand in a header.
    pub fn of_avatar(change: &Change, size: Size) -> Result<Self, Error> {
        let etag = etag(&format!("{}-{}", change.revision, size.pixels()))?;
        let changed = SystemTime::UNIX_EPOCH + Duration::from_millis(change.timestamp);
        Ok(Self {
            etag,
            last_modified: Some(changed.into()),
        })
    }

    /// The validators of what is drawn in place of an avatar. The name tells drawings apart.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] for a name that cannot stand in a header.
    pub fn of_drawing(name: &str, size: Size) -> Result<Self, Error> {
        Ok(Self {
            etag: etag(&format!("{name}-{}", size.pixels()))?,
            last_modified: None,
        })
    }

    /// Whether the client has this very picture. Only the tag tells: two changes may be of the same second, and another
    /// user may have the address by now.
    pub fn are_known(&self, head: &Head) -> bool {
        let known = head.headers.typed_get::<IfNoneMatch>();
        known.is_some_and(|known| !known.precondition_passes(&self.etag))
    }
}

/// Whether a request may be answered 304.
pub fn is_conditional(head: &Head) -> bool {
    head.headers.contains_key(IF_NONE_MATCH)
}

fn etag(tag: &str) -> Result<ETag, Error> {
    let etag = format!("\"{tag}\"").parse();
    etag.map_err(|_| {
        let detail = "an entity tag cannot be written".to_owned();
        crate::Error::Internal { detail }.into()
    })
}

/// The answer with a picture. Without one it is 304.
pub fn picture(rendering: Option<Rendering>, validators: Validators, lifetime: Lifetime) -> Answer {
    let mut answer = web::empty(StatusCode::NOT_MODIFIED);
    if let Some(rendering) = rendering {
        answer = Answer::new(rendering.bytes.into());
        let media_type = HeaderValue::from_static(rendering.format.media_type());
        answer.headers_mut().insert(CONTENT_TYPE, media_type);
    }
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, lifetime.header());
    headers.typed_insert(validators.etag);
    if let Some(last_modified) = validators.last_modified {
        headers.typed_insert(last_modified);
    }
    for_everybody(answer)
}

/// The answer that leads to a user's present avatar, whatever revision was asked for.
///
/// # Errors
/// [`Error::NoSuchPath`] for a path and query that cannot stand in a header.
pub fn redirect(head: &Head) -> Result<Answer, Error> {
    let segments = head.segments_below("");
    let mut location = format!("/{}", segments.get(..2).unwrap_or_default().join("/"));
    let query = Query::known_parameters(head);
    if !query.is_empty() {
        location = format!("{location}?{query}");
    }
    let location = HeaderValue::try_from(location).map_err(|_| Error::NoSuchPath)?;
    let mut answer = web::empty(StatusCode::FOUND);
    answer.headers_mut().insert(LOCATION, location);
    let lifetime = Lifetime::Short.header();
    answer.headers_mut().insert(CACHE_CONTROL, lifetime);
    Ok(for_everybody(answer))
}

/// The answer that says how far the index of addresses is.
///
/// # Errors
/// [`crate::Error::Internal`] when it cannot be written.
pub fn indexed(indexed: &Indexed) -> Result<Answer, Error> {
    #[derive(Serialize)]
    struct Body {
        indexed: u64,
        last: u64,
        done: bool,
    }
    let body = Body {
        indexed: indexed.up_to,
        last: indexed.last,
        done: indexed.is_done(),
    };
    let answer = web::json(StatusCode::OK, "application/json", &body)?;
    Ok(for_everybody(answer))
}

/// The answer to a request that failed: a line of text.
pub fn refuse(error: &Error) -> Answer {
    let mut answer = web::empty(status(error));
    *answer.body_mut() = format!("{error}\n").into();
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, text);
    if *error == Error::NoAvatar {
        let lifetime = Lifetime::Short.header();
        answer.headers_mut().insert(CACHE_CONTROL, lifetime);
    }
    let answer = for_everybody(answer);
    match error {
        Error::Request(error) => web::with_headers_of(error, answer),
        _ => answer,
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::Request(error) => status_of_request(error),
        Error::Directory(error) => status_of_directory(error),
        Error::NoSuchPath | Error::NoAvatar => StatusCode::NOT_FOUND,
    }
}

fn status_of_request(error: &web::Error) -> StatusCode {
    use web::Error;
    match error {
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
        Error::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::BodyUnreadable | Error::Invalid { .. } | Error::Image { .. } => {
            StatusCode::BAD_REQUEST
        }
    }
}

fn status_of_directory(error: &crate::Error) -> StatusCode {
    use crate::Error;
    match error {
        Error::Contended | Error::Unavailable { .. } | Error::TimedOut => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        // Nobody is created or changed here.
        Error::Taken { .. }
        | Error::NoSuchUser(_)
        | Error::PreconditionFailed
        | Error::TooManyChanges { .. }
        | Error::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The answer with the headers that let pages of all sites show it, and do nothing else with it.
fn for_everybody(mut answer: Answer) -> Answer {
    let headers = answer.headers_mut();
    let everybody = HeaderValue::from_static("*");
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, everybody);
    let cross_origin = HeaderValue::from_static("cross-origin");
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, cross_origin);
    let nothing = HeaderValue::from_static("default-src 'none'");
    headers.insert(CONTENT_SECURITY_POLICY, nothing);
    answer
}
