//! What a call of Netex's API can fail of.

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

    /// There is nothing at this path.
    #[error("There is nothing at this path.")]
    NoSuchPath,

    /// The user has no image.
    #[error("There is no image.")]
    NoImage,

    /// Of an image and other fields only the image was changed, since the second change failed.
    #[error(
        "The image is changed, the other fields are not; the same request sent again completes it. {0}"
    )]
    ImageAlone(Box<Error>),
}

impl Refusal for Error {
    fn detail(&self) -> Option<&str> {
        match self {
            Self::Directory(error) => error.detail(),
            Self::ImageAlone(error) => error.detail(),
            Self::Request(_) | Self::NoSuchPath | Self::NoImage => None,
        }
    }
}
