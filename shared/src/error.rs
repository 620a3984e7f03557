//! What the directory and its store can answer.

use crate::password::HashFault;

/// Why the service could not do what it was asked, whoever asked.
///
/// What a request can have wrong is [`web::Error`](crate::web::Error), and each family has its own beside the two.
/// The text of an error (its `Display`) is meant for the client: it names the field and holds nothing that the client has
/// not sent itself. What only the operator may see is [`Error::detail`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What must be unique is taken already.
    #[error("{field} is already taken.")]
    Taken {
        /// `username`, `externalId` or `commonId`.
        field: &'static str,
    },

    /// There is no such user.
    #[error("User '{0}' not found.")]
    NoSuchUser(String),

    /// The avatar is not as the terms of the change demand.
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

    /// The store, or the source of a setting, cannot be reached or refuses to work.
    #[error("The service is unavailable. Try again later.")]
    Unavailable {
        /// What it said; for the log alone.
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

impl From<HashFault> for Error {
    fn from(fault: HashFault) -> Self {
        Self::Internal {
            detail: fault.to_string(),
        }
    }
}

impl Error {
    /// What the operator should see of this error and the client must not.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Unavailable { detail } | Self::Internal { detail } => Some(detail),
            Self::TimedOut => Some("the store did not answer in time"),
            Self::Taken { .. }
            | Self::NoSuchUser(_)
            | Self::PreconditionFailed
            | Self::TooManyChanges { .. }
            | Self::Contended => None,
        }
    }
}
