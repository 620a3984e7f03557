//! What a request can have wrong, whichever family it is for.

use std::borrow::Cow;

use super::BrokenOff;
use crate::image::ImageFault;

/// What every family can find wrong with a request. What only one of them can is in that family's own error.
///
/// The text is meant for the client: it names the field and the limit, and holds nothing that the client has not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The path does not know the request's method.
    #[error("The method is not allowed here. Allowed: {allow}.")]
    MethodNotAllowed {
        /// The value of the `Allow` header.
        allow: &'static str,
    },

    /// The caller gave no credentials, or wrong ones.
    #[error("The credentials are missing or not valid.")]
    Unauthenticated,

    /// The request's content type or content coding is not one that the path reads.
    #[error("The content type '{0}' is not supported.")]
    UnsupportedMediaType(String),

    /// The body is longer than the path reads.
    #[error("The body is larger than {limit} bytes.")]
    BodyTooLarge {
        /// The most bytes that are read.
        limit: usize,
    },

    /// The body ended or broke off before it was whole.
    #[error("The body could not be read.")]
    BodyUnreadable,

    /// A part of the request has a wrong value.
    #[error("{field} {problem}.")]
    Invalid {
        /// The field, header or place, as the family's documentation calls it.
        field: Cow<'static, str>,
        /// What is wrong with it, to be read after the field's name.
        problem: Cow<'static, str>,
    },

    /// The picture cannot be taken.
    #[error("{field} {fault}.")]
    Image {
        /// The field or the file that holds the picture.
        field: Cow<'static, str>,
        /// What is wrong with the picture.
        fault: ImageFault,
    },
}

impl From<BrokenOff> for Error {
    fn from(BrokenOff: BrokenOff) -> Self {
        Self::BodyUnreadable
    }
}

impl Error {
    /// A field with a wrong value: `Error::invalid("email", "is not an address")`.
    pub fn invalid(
        field: impl Into<Cow<'static, str>>,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Invalid {
            field: field.into(),
            problem: problem.into(),
        }
    }

    /// A picture that cannot be taken, in this field or file.
    pub fn image(field: impl Into<Cow<'static, str>>, fault: ImageFault) -> Self {
        Self::Image {
            field: field.into(),
            fault,
        }
    }
}

/// The error of a family, whose `refuse` turns it into the family's answer.
pub trait Refusal: std::error::Error {
    /// What the operator should see of this error and the client must not.
    fn detail(&self) -> Option<&str>;
}

impl Refusal for Error {
    /// The client sees all of it.
    fn detail(&self) -> Option<&str> {
        None
    }
}
