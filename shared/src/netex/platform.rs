//! The platforms of a learningCloud, and what each reports.
//!
//! Management is this store; training, social and play are embedded in it, so that they are up to date when the
//! answer is sent, in both modes.

use crate::web::header::X_CLOUD_SYNCHRONIZATION;
use crate::web::{self, Head};

/// Whether the caller waits for all platforms: `X-Cloud-Synchronization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All platforms are up to date when the answer is sent.
    Synchronous,
    /// Some platforms have accepted the change. The default, as the vendor's sibling pages say.
    Asynchronous,
}

impl Mode {
    /// The mode that the request asks for.
    ///
    /// # Errors
    /// [`web::Error::Invalid`] for any other value of the header.
    pub fn of(head: &Head) -> Result<Self, web::Error> {
        match head.headers.get(X_CLOUD_SYNCHRONIZATION) {
            None => Ok(Self::Asynchronous),
            Some(value) if value.as_bytes().eq_ignore_ascii_case(b"asynchronous") => {
                Ok(Self::Asynchronous)
            }
            Some(value) if value.as_bytes().eq_ignore_ascii_case(b"synchronous") => {
                Ok(Self::Synchronous)
            }
            Some(_) => Err(web::Error::invalid(
                "X-Cloud-Synchronization",
                "must be synchronous or asynchronous",
            )),
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Create user.
    Create,
    /// Update user.
    Update,
    /// Delete user, which reports as an update does.
    Delete,
    /// Add an image to a user.
    AddImage,
    /// Activate or deactivate a user, which reports as an image does.
    Enable,
    /// Change a user's password: a matter of management alone.
    ChangePassword,
}

/// What the platforms report of an operation that succeeded.
pub(super) struct Report {
    /// The generic status.
    pub(super) status: u16,
    /// Platform and status, in the order of the vendor's samples.
    pub(super) platforms: &'static [(&'static str, u16)],
}

impl Operation {
    pub(super) fn report(self, mode: Mode) -> Report {
        use Mode::{Asynchronous, Synchronous};
        match (self, mode) {
            (Self::Create, Synchronous) => Report {
                status: 201,
                platforms: &[
                    ("training", 201),
                    ("social", 201),
                    ("play", 201),
                    ("management", 201),
                ],
            },
            (Self::Create, Asynchronous) => Report {
                status: 201,
                platforms: &[
                    ("training", 202),
                    ("social", 202),
                    ("play", 201),
                    ("management", 201),
                ],
            },
            (Self::Update | Self::Delete, Synchronous) => Report {
                status: 204,
                platforms: &[("training", 200), ("social", 204), ("management", 204)],
            },
            (Self::Update | Self::Delete, Asynchronous) => Report {
                status: 204,
                platforms: &[("training", 202), ("social", 202), ("management", 204)],
            },
            (Self::ChangePassword, _) => Report {
                status: 204,
                platforms: &[("management", 204)],
            },
            (Self::AddImage | Self::Enable, Synchronous) => Report {
                status: 204,
                platforms: &[
                    ("training", 200),
                    ("social", 204),
                    ("play", 204),
                    ("management", 204),
                ],
            },
            (Self::AddImage | Self::Enable, Asynchronous) => Report {
                status: 204,
                platforms: &[
                    ("training", 202),
                    ("social", 202),
                    ("play", 204),
                    ("management", 204),
                ],
            },
        }
    }
}
