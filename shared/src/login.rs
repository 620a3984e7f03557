//! Verified passwords are remembered, so that a client pays for argon2 once and not with each call.
//!
//! A remembered login is a MAC over the user's number, the stored hash, the password and the end of the remembrance.
//! It fits no other user and no changed password, and without its key it is no help in guessing.

use std::cell::{Cell, RefCell};

use base64_simd::STANDARD;
use getrandom::Error as NoRandomness;
use hmac::digest::InvalidLength;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::name::UserNumber;
use crate::password::{self, PasswordHash};

/// The fewest bytes of a [`LoginKey`].
pub const MIN_KEY_BYTES: usize = 16;

/// How long the store remembers a login, in milliseconds.
pub const STORED_FOR: u64 = 10 * 60 * 1000;

/// A stored login with less time left than this is written anew, in milliseconds.
const RENEWED_BELOW: u64 = STORED_FOR / 2;

/// How long an instance remembers a login, in milliseconds.
const HELD_FOR: u64 = 60 * 1000;

/// The most logins that an instance remembers. Few enough for a linear search.
const MAX_HELD: usize = 256;

/// How much the clocks of two hosts may differ, in milliseconds.
const SKEW: u64 = 60 * 1000;

/// A user's stored hash and the password that a client has given.
#[derive(Clone, Copy)]
pub struct Login<'l> {
    /// The user's number.
    pub number: UserNumber,
    /// The user's stored hash.
    pub hash: &'l PasswordHash,
    /// The password in clear text.
    pub password: &'l str,
}

/// The key of remembered logins.
#[derive(Clone)]
pub struct LoginKey(Hmac<Sha256>);

impl TryFrom<&str> for LoginKey {
    type Error = &'static str;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        if text.len() < MIN_KEY_BYTES {
            return Err("must have at least 16 bytes");
        }
        Self::new(text.as_bytes()).map_err(|_| "is no key")
    }
}

impl LoginKey {
    fn new(bytes: &[u8]) -> Result<Self, InvalidLength> {
        Hmac::new_from_slice(bytes).map(Self)
    }

    fn mac(&self, login: Login<'_>, until: u64) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(&login.number.0.to_le_bytes());
        mac.update(&until.to_le_bytes());
        mac.update(login.hash.as_str().as_bytes());
        // A hash contains no NUL, so this separator is unambiguous.
        mac.update(&[0]);
        mac.update(login.password.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The remembrance of a login that was verified `now`, in milliseconds since the epoch.
    pub fn remember(&self, login: Login<'_>, now: u64) -> RememberedLogin {
        let until = now.saturating_add(STORED_FOR);
        let mac = STANDARD.encode_to_string(self.mac(login, until));
        RememberedLogin { until, mac }
    }

    /// Whether this is the remembrance of the login. `None` if not, or if it has ended.
    pub fn recognizes(
        &self,
        remembered: &RememberedLogin,
        login: Login<'_>,
        now: u64,
    ) -> Option<Remembrance> {
        let left = remembered.until.saturating_sub(now);
        // More time than a login ever has: the clock was set back.
        if left == 0 || left > STORED_FOR + SKEW {
            return None;
        }
        let mac = STANDARD.encode_to_string(self.mac(login, remembered.until));
        let is_same: bool = mac.as_bytes().ct_eq(remembered.mac.as_bytes()).into();
        is_same.then_some(Remembrance {
            ends_soon: left < RENEWED_BELOW,
        })
    }
}

/// A login that the store remembers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedLogin {
    /// When the remembrance ends, in milliseconds since the epoch.
    until: u64,
    /// The MAC, in base64.
    mac: String,
}

impl std::fmt::Debug for RememberedLogin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RememberedLogin(…)")
    }
}

/// A stored login was recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembrance {
    /// Whether less than half of its time is left, so that it should be written anew.
    pub ends_soon: bool,
}

/// The logins that one instance has verified within the last minute. Their key exists only here.
pub struct HeldLogins {
    key: LoginKey,
    held: RefCell<Vec<Held>>,
    /// Whether a hash was made here. Its memory is kept until the instance ends.
    has_hashed: Cell<bool>,
    /// When a login is next written to the store, after a failure.
    stores_from: Cell<u64>,
}

struct Held {
    mac: [u8; 32],
    since: u64,
}

impl Held {
    fn counts(&self, now: u64) -> bool {
        now.abs_diff(self.since) < HELD_FOR
    }
}

impl HeldLogins {
    /// No logins yet, under a new key.
    ///
    /// # Errors
    /// The host's, if it has no randomness.
    pub fn new() -> Result<Self, NoRandomness> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        let key = LoginKey::new(&key).map_err(|_| NoRandomness::UNEXPECTED)?;
        Ok(Self {
            key,
            held: RefCell::default(),
            has_hashed: Cell::new(false),
            stores_from: Cell::new(0),
        })
    }

    /// Verifies a password as [`password::verify`] does.
    pub fn verify(&self, hash: Option<&PasswordHash>, password: &str) -> bool {
        self.has_hashed.set(true);
        password::verify(hash, password)
    }

    /// Whether the instance keeps the memory of a hash and remembers no login, so that nothing is lost if it ends.
    pub fn is_spent(&self, now: u64) -> bool {
        self.has_hashed.get() && !self.held.borrow().iter().any(|held| held.counts(now))
    }

    /// Whether to write a login to the store. For a minute after a failure it is not tried again.
    pub(crate) fn may_store(&self, now: u64) -> bool {
        let wait = self.stores_from.get().saturating_sub(now);
        wait == 0 || wait > HELD_FOR
    }

    pub(crate) fn store_failed(&self, now: u64) {
        self.stores_from.set(now.saturating_add(HELD_FOR));
    }

    /// Whether the login was verified within the last minute. Times are milliseconds since the epoch.
    pub fn hold(&self, login: Login<'_>, now: u64) -> bool {
        let mac = self.key.mac(login, 0);
        let held = self.held.borrow();
        held.iter().any(|held| held.mac == mac && held.counts(now))
    }

    /// Remembers a verified login, unless there are already too many.
    pub fn add(&self, login: Login<'_>, now: u64) {
        let mac = self.key.mac(login, 0);
        let mut held = self.held.borrow_mut();
        held.retain(|held| held.mac != mac && held.counts(now));
        if held.len() < MAX_HELD {
            held.push(Held { mac, since: now });
        }
    }
}
