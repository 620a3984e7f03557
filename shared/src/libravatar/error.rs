//! What a call for an avatar can fail of.

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

    /// There is nothing at this path, or avatars are not public.
    #[error("There is nothing at this path.")]
    NoSuchPath,

    /// There is no avatar, and nothing is to be shown in its place.
    #[error("There is no avatar.")]
    NoAvatar,
}

impl Refusal for Error {
    fn detail(&self) -> Option<&str> {
        match self {
            Self::Directory(error) => error.detail(),
            Self::Request(_) | Self::NoSuchPath | Self::NoAvatar => None,
        }
    }
}
