//! Errors, as the gateway sends them and as its clients parse them.

use http::StatusCode;
use serde::Serialize;

use super::MEDIA_TYPE;
use crate::Error;
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
    let answer = web::json(status, MEDIA_TYPE, &body).unwrap_or_else(|_| web::empty(status));
    web::with_headers_of(error, answer)
}

/// HTTP's status and gRPC's code.
fn codes(error: &Error) -> (StatusCode, u8) {
    match error {
        Error::BodyUnreadable
        | Error::Invalid { .. }
        | Error::Image { .. }
        | Error::NoFile
        | Error::SeveralFiles
        | Error::MissingParameter(_)
        | Error::Taken { .. } => (StatusCode::BAD_REQUEST, 3),
        Error::Unauthenticated => (StatusCode::UNAUTHORIZED, 16),
        Error::Disabled(_) | Error::NotAuthorized { .. } => (StatusCode::FORBIDDEN, 7),
        Error::NoSuchUser(_) | Error::NoImage | Error::NoSuchPath => (StatusCode::NOT_FOUND, 5),
        Error::NotAcceptable(_) => (StatusCode::NOT_ACCEPTABLE, 3),
        Error::MethodNotAllowed { .. } => (StatusCode::METHOD_NOT_ALLOWED, 12),
        Error::PreconditionFailed | Error::Contended => (StatusCode::CONFLICT, 10),
        Error::TooManyChanges { .. } => (StatusCode::TOO_MANY_REQUESTS, 8),
        Error::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, 3),
        Error::UnsupportedMediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 3),
        Error::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, 14),
        Error::TimedOut => (StatusCode::GATEWAY_TIMEOUT, 4),
        Error::ImageAlone(_) | Error::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, 13),
    }
}
