//! The response envelope, of successes and of errors.

use http::StatusCode;
use serde::{Serialize, Serializer};

use super::Error;
use super::platform::{Mode, Operation};
use crate::image::ImageFault;
use crate::web::{self, Answer};

/// The media type of the answers.
const MEDIA_TYPE: &str = "application/json";

/// What every call answers, keys in the order of the vendor's samples.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'e> {
    location: Option<&'e str>,
    message: &'e str,
    #[serde(serialize_with = "as_map")]
    response_platforms: &'e [(&'static str, u16)],
    status: u16,
}

#[derive(Serialize)]
struct Platform {
    location: Option<&'static str>,
    message: Option<&'static str>,
    status: u16,
}

fn as_map<S: Serializer>(platforms: &[(&str, u16)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(platforms.iter().map(|&(name, status)| {
        let platform = Platform {
            location: None,
            message: None,
            status,
        };
        (name, platform)
    }))
}

/// The answer to an operation that succeeded: HTTP's status is 200 as the vendor's pages list it, and the
/// generic status stands inside.
///
/// # Errors
/// [`crate::Error::Internal`] when the answer cannot be written.
pub fn succeed(operation: Operation, mode: Mode) -> Result<Answer, Error> {
    let report = operation.report(mode);
    let envelope = Envelope {
        location: None,
        message: "",
        response_platforms: report.platforms,
        status: report.status,
    };
    show(&envelope)
}

/// The answer that shows something as JSON.
///
/// # Errors
/// [`crate::Error::Internal`] when it cannot be written.
pub fn show(body: &impl Serialize) -> Result<Answer, Error> {
    Ok(web::json(StatusCode::OK, MEDIA_TYPE, body)?)
}

/// The answer to a request that failed: HTTP's status and the one inside are equal.
pub fn refuse(error: &Error) -> Answer {
    let status = status(error);
    let envelope = Envelope {
        location: None,
        message: &error.to_string(),
        response_platforms: &[],
        status: status.as_u16(),
    };
    let answer = web::json(status, MEDIA_TYPE, &envelope).unwrap_or_else(|_| web::empty(status));
    match error {
        Error::Request(error) => web::with_headers_of(error, answer),
        _ => answer,
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::Request(error) => status_of_request(error),
        Error::Directory(error) => status_of_directory(error),
        Error::NoSuchPath | Error::NoImage => StatusCode::NOT_FOUND,
        Error::ImageAlone(cause) => status(cause),
    }
}

fn status_of_request(error: &web::Error) -> StatusCode {
    use web::Error;
    match error {
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
        Error::BodyTooLarge { .. }
        | Error::Image {
            fault: ImageFault::TooLarge,
            ..
        } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::BodyUnreadable | Error::Invalid { .. } | Error::Image { .. } => {
            StatusCode::BAD_REQUEST
        }
    }
}

fn status_of_directory(error: &crate::Error) -> StatusCode {
    use crate::Error;
    match error {
        Error::Taken { .. } => StatusCode::BAD_REQUEST,
        Error::NoSuchUser(_) => StatusCode::NOT_FOUND,
        Error::Contended | Error::Unavailable { .. } | Error::TimedOut => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        // The terms of a change are F5's: here, none are set.
        Error::PreconditionFailed | Error::TooManyChanges { .. } | Error::Internal { .. } => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
