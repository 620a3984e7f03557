//! Avatars for everybody: the API of Libravatar and Gravatar by the hash of an email address, and the same by a user's
//! `id`.

mod answer;
mod error;
mod query;
mod target;

pub use answer::{Lifetime, Validators, indexed, is_conditional, picture, redirect, refuse};
pub use error::Error;
pub use query::{Fallback, Query};
pub use target::Target;
