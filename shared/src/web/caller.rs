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

/// Secrets as an operator lists them in a variable: separated by commas or white space.
pub struct SecretList<'v>(&'v str);

impl<'v> SecretList<'v> {
    /// The list in this variable.
    pub fn new(variable: &'v str) -> Self {
        Self(variable)
    }

    /// The entries of the list.
    pub fn entries(&self) -> impl Iterator<Item = &'v str> {
        self.0
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|entry| !entry.is_empty())
    }
}

/// A secret that a client has given.
pub struct GivenSecret([u8; 32]);

impl GivenSecret {
    /// The secret in this text.
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Whether it is this one, found out in a time that doesn't tell how they differ.
    pub fn is(&self, secret: &str) -> bool {
        let secret: [u8; 32] = Sha256::digest(secret).into();
        self.0.ct_eq(&secret).into()
    }
}
