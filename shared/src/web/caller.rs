//! Who is calling: what all families read alike of credentials.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::Head;

/// An `Authorization` header: a scheme and what stands behind it.
pub struct Authorization<'h> {
    scheme: &'h str,
    credentials: &'h str,
}

impl<'h> Authorization<'h> {
    /// The request's header; `None` where there is none, several, or one without a space.
    pub fn of(head: &'h Head) -> Option<Self> {
        let mut values = head.headers.get_all(http::header::AUTHORIZATION).iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        let (scheme, credentials) = value.to_str().ok()?.trim().split_once(' ')?;
        Some(Self {
            scheme,
            credentials: credentials.trim_start(),
        })
    }

    /// The credentials, if they are of this scheme, whatever its letter case.
    pub fn credentials(&self, scheme: &str) -> Option<&'h str> {
        self.scheme
            .eq_ignore_ascii_case(scheme)
            .then_some(self.credentials)
    }
}

/// A secret: one that a client has given, or one that is accepted. Only its hash is kept.
pub struct Secret([u8; 32]);

impl Secret {
    /// The secret in this text.
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Whether it is the same, found out in a time that doesn't tell how they differ.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
