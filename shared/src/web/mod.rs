//! What every family needs of HTTP.

pub mod accept;
mod answer;
mod caller;
mod error;
mod head;
pub mod header;
pub mod json;
mod picture;
mod request_id;

pub use answer::{Answer, empty, json, shortened, with_headers_of, with_headers_of_all};
pub use caller::{Authorization, Secret};
pub use error::{Error, Refusal};
pub use head::{Head, decode_segment};
pub use json::base64_string;
pub use picture::{etag, picture, public_avatar_url, unless_known};
pub use request_id::request_id;

/// A body that came in as a stream ended or broke off before it was whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body broke off")]
pub struct BrokenOff;

/// The most bytes of a request's body: 1 MiB.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
