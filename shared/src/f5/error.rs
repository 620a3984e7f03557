//! What a call of F5's API can fail of.

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

    /// The caller is known, but disabled.
    #[error("The user '{0}' is disabled.")]
    Disabled(String),

    /// The user has no image.
    #[error("There is no image.")]
    NoImage,
}

impl Refusal for Error {
    fn detail(&self) -> Option<&str> {
        match self {
            Self::Directory(error) => error.detail(),
            Self::Request(_) | Self::Disabled(_) | Self::NoImage => None,
        }
    }
}
