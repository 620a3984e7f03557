//! F5 Distributed Cloud: the image of the current user.

mod caller;
mod error;
mod image;
mod request;
mod status;

pub use caller::{CurrentUser, authorize};
pub use error::Error;
pub use image::{removed, show, updated};
pub use request::{image_body, terms};
pub use status::refuse;

/// The media type of the answers.
const MEDIA_TYPE: &str = "application/json";
