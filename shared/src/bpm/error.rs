//! What a call of IBM BPM's API can fail of.

use crate::web::{self, Refusal};

/// Why a call was refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request has something wrong.
    #[error(transparent)]
    Request(#[from] web::Error),

    /// The directory refused, or failed.
    #[error(transparent)]
    Directory(#[from] crate::Error),

    /// Nothing that the client accepts can be answered.
    #[error("Nothing of '{0}' can be answered.")]
    NotAcceptable(String),

    /// A query parameter that this request needs is absent or empty.
    #[error("The query parameter '{0}' is mandatory.")]
    MissingParameter(&'static str),

    /// The upload has no file part.
    #[error("The upload has no file.")]
    NoFile,

    /// The upload has more than one file part.
    #[error("The upload has more than one file.")]
    SeveralFiles,

    /// The caller may not do this: to another user, or from a page of another site.
    #[error("You are not authorized to perform the '{action}' action.")]
    NotAuthorized {
        /// The vendor's name of the action.
        action: &'static str,
    },
}

impl Refusal for Error {
    fn detail(&self) -> Option<&str> {
        match self {
            Self::Directory(error) => error.detail(),
            Self::Request(_)
            | Self::NotAcceptable(_)
            | Self::MissingParameter(_)
            | Self::NoFile
            | Self::SeveralFiles
            | Self::NotAuthorized { .. } => None,
        }
    }
}
