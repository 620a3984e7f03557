//! What can go wrong, once for all families.

use std::borrow::Cow;

use crate::image::ImageFault;
use crate::web::BrokenOff;

/// Why a request was refused or failed.
///
/// The text of an error (its `Display`) is meant for the client: it names the field and the limit and
/// holds nothing that the client has not sent itself. What only the operator may see is [`Error::detail`].
/// Each family turns these into its own statuses and words, in one place: `refuse` in its module.
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

    /// The caller is known, but disabled.
    #[error("The user '{0}' is disabled.")]
    Disabled(String),

    /// Nothing that the client accepts can be answered.
    #[error("Nothing of '{0}' can be answered.")]
    NotAcceptable(String),

    /// A query parameter that this request needs is absent or empty.
    #[error("The query parameter '{0}' is mandatory.")]
    MissingParameter(&'static str),

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

    /// The upload has no file part.
    #[error("The upload has no file.")]
    NoFile,

    /// The upload has more than one file part.
    #[error("The upload has more than one file.")]
    SeveralFiles,

    /// What must be unique is taken already.
    #[error("{field} is already taken.")]
    Taken {
        /// `username`, `externalId` or `commonId`.
        field: &'static str,
    },

    /// There is no such user.
    #[error("User '{0}' not found.")]
    NoSuchUser(String),

    /// There is no picture.
    #[error("There is no image.")]
    NoImage,

    /// There is nothing at this path.
    #[error("There is nothing at this path.")]
    NoSuchPath,

    /// The caller may not do this: to another user, or from a page of another site.
    #[error("You are not authorized to perform the '{action}' action.")]
    NotAuthorized {
        /// The vendor's name of the action.
        action: &'static str,
    },

    /// The value is not as the client's precondition says.
    #[error("The precondition is not met: the image is another, or none.")]
    PreconditionFailed,

    /// The caller has changed the avatar too often.
    #[error("The image was changed too often. Try again in {retry_after} seconds.")]
    TooManyChanges {
        /// When the next change is possible, in seconds from now.
        retry_after: u64,
    },

    /// The value kept changing while this call tried to change it.
    #[error("The value kept changing. Try again.")]
    Contended,

    /// Of an image and other fields only the image was changed, since the second change failed.
    #[error(
        "The image is changed, the other fields are not; the same request sent again completes it. {0}"
    )]
    ImageAlone(Box<Error>),

    /// The store cannot be reached, or refuses to work.
    #[error("The service is unavailable. Try again later.")]
    Unavailable {
        /// What the store said; for the log alone.
        detail: String,
    },

    /// The store did not answer in time.
    #[error("The service did not answer in time. Try again later.")]
    TimedOut,

    /// A stored value, or something else that only we can have got wrong, cannot be understood.
    #[error("An internal error occurred.")]
    Internal {
        /// What is wrong; for the log alone.
        detail: String,
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

    /// What the operator should see of this error and the client must not.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Unavailable { detail } | Self::Internal { detail } => Some(detail),
            Self::ImageAlone(error) => error.detail(),
            Self::TimedOut => Some("the store did not answer in time"),
            _ => None,
        }
    }
}
