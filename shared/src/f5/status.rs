//! Errors, as the gateway sends them and as its clients parse them.

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::{Error, MEDIA_TYPE};
use crate::web::{self, Answer};

/// A `google.rpc.Status`.
#[derive(Serialize)]
struct Status<'e> {
    /// The gRPC code.
    code: u8,
    details: [(); 0],
    message: &'e str,
}

/// The answer to a request that failed.
pub fn refuse(error: &Error) -> Answer {
    let (status, code) = codes(error);
    let body = Status {
        code,
        details: [],
        message: &error.to_string(),
    };
    let mut answer = web::json(status, MEDIA_TYPE, &body).unwrap_or_else(|_| web::empty(status));
    match error {
        Error::Request(error) => web::with_headers_of(error, answer),
        Error::Directory(crate::Error::TooManyChanges { retry_after }) => {
            let retry_after = HeaderValue::from(*retry_after);
            answer.headers_mut().insert(RETRY_AFTER, retry_after);
            answer
        }
        _ => answer,
    }
}

/// HTTP's status and gRPC's code.
fn codes(error: &Error) -> (StatusCode, u8) {
    match error {
        Error::Request(error) => codes_of_request(error),
        Error::Directory(error) => codes_of_directory(error),
        Error::Disabled(_) => (StatusCode::FORBIDDEN, 7),
        Error::NoImage => (StatusCode::NOT_FOUND, 5),
    }
}

fn codes_of_request(error: &web::Error) -> (StatusCode, u8) {
    use web::Error;
    match error {
        Error::BodyUnreadable | Error::Invalid { .. } | Error::Image { .. } => {
            (StatusCode::BAD_REQUEST, 3)
        }
        Error::Unauthenticated => (StatusCode::UNAUTHORIZED, 16),
        Error::MethodNotAllowed { .. } => (StatusCode::METHOD_NOT_ALLOWED, 12),
        Error::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, 3),
        Error::UnsupportedMediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 3),
    }
}

fn codes_of_directory(error: &crate::Error) -> (StatusCode, u8) {
    use crate::Error;
    match error {
        Error::NoSuchUser(_) => (StatusCode::NOT_FOUND, 5),
        Error::PreconditionFailed | Error::Contended => (StatusCode::CONFLICT, 10),
        Error::TooManyChanges { .. } => (StatusCode::TOO_MANY_REQUESTS, 8),
        Error::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, 14),
        Error::TimedOut => (StatusCode::GATEWAY_TIMEOUT, 4),
        // Names are taken by Netex's users: here, nobody is created.
        Error::Taken { .. } | Error::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, 13),
    }
}
