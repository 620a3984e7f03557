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

/// A secret that a client has given, or that is accepted. Only its SHA-256 is kept, in words: they are compared eight
/// times as fast as bytes.
pub struct Secret([u64; 4]);

impl Secret {
    /// The secret in this text.
    pub fn new(text: &str) -> Self {
        let hash: [u8; 32] = Sha256::digest(text).into();
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(hash.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Self(words)
    }

    /// Whether it is the same. The time doesn't tell how they differ.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
