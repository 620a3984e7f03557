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

    /// Whether a secret that a client has given is an entry of the list.
    pub fn contains(&self, given: &str) -> bool {
        let entries = self.entries().map(|entry| ((), entry));
        find(entries, given).is_some()
    }

    /// Whose secret a client has given, where the entries are pairs `name=secret` that split at their first `=`. Of
    /// several that match the last counts; an entry without a name or a secret counts for nothing.
    pub fn owner(&self, given: &str) -> Option<&'v str> {
        let pairs = self
            .entries()
            .filter_map(|entry| entry.split_once('='))
            .filter(|(name, secret)| !name.is_empty() && !secret.is_empty());
        find(pairs, given)
    }
}

/// What stands beside the given secret. All secrets are compared, and each in a time that doesn't tell how it differs.
fn find<'v, T>(secrets: impl Iterator<Item = (T, &'v str)>, given: &str) -> Option<T> {
    let given = Sha256::digest(given);
    secrets.fold(None, |found, (owner, secret)| {
        let is_same = Sha256::digest(secret).ct_eq(&given);
        if is_same.into() { Some(owner) } else { found }
    })
}
