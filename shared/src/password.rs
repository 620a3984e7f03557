//! Passwords: hashed with argon2id and OWASP's parameters (19 MiB, 2 passes, 1 lane), never stored or shown in clear.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The most bytes of a password.
pub const MAX_BYTES: usize = 1024;

/// The hash of a random, forgotten password. Names without a password are checked against it.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$mIsCJeK08qltZIzV8rLNOw$vI3uv1cbuuanwfApagTY9CS4VSOx/AYbqJAsjG5dngI";

/// A password of 1 to [`MAX_BYTES`] bytes in clear text, before it is hashed.
#[derive(serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Password(String);

impl TryFrom<String> for Password {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.len() {
            1..=MAX_BYTES => Ok(Self(text)),
            _ => Err("must have 1 to 1024 bytes"),
        }
    }
}

impl Password {
    /// Hashes the password with a new salt. Deliberately takes tens of milliseconds.
    ///
    /// # Errors
    /// [`HashFault`].
    pub fn hash(&self) -> Result<PasswordHash, HashFault> {
        let hash = Argon2::default().hash_password(self.0.as_bytes());
        let hash = hash.map_err(HashFault)?;
        Ok(PasswordHash(hash.to_string()))
    }
}

/// A password could not be hashed: there is no randomness, or no memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("hashing a password: {0}")]
pub struct HashFault(argon2::password_hash::Error);

/// A stored password: its hash as a PHC string.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PasswordHash(String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PasswordHash(…)")
    }
}

/// How long a verified password is remembered.
const MEMORY: Duration = Duration::from_secs(60);

/// The most verified passwords that an instance remembers.
const MAX_REMEMBERED: usize = 256;

/// The passwords that this instance has verified, as digests of hash and password. The key exists only in this
/// instance, so no digest leads back to a password. A changed password has another digest.
struct Remembered {
    key: [u8; 32],
    /// Short enough for a linear search.
    verified: Vec<([u8; 32], Instant)>,
}

thread_local! {
    static REMEMBERED: RefCell<Option<Remembered>> = const { RefCell::new(None) };
}

impl Remembered {
    fn new() -> Option<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).ok()?;
        let verified = Vec::new();
        Some(Self { key, verified })
    }

    fn digest(&self, hash: &PasswordHash, password: &str) -> Option<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        // A hash contains no NUL, so this separator is unambiguous.
        mac.update(hash.0.as_bytes());
        mac.update(&[0]);
        mac.update(password.as_bytes());
        Some(mac.finalize().into_bytes().into())
    }

    fn remembers(&self, digest: &[u8; 32]) -> bool {
        self.verified
            .iter()
            .any(|(verified, since)| verified == digest && since.elapsed() < MEMORY)
    }

    fn remember(&mut self, digest: [u8; 32]) {
        self.verified.retain(|(_, since)| since.elapsed() < MEMORY);
        if self.verified.len() < MAX_REMEMBERED {
            self.verified.push((digest, Instant::now()));
        }
    }
}

/// Like [`verify`], but does not hash again if this instance verified the password within the last minute.
pub fn verify_remembered(hash: Option<&PasswordHash>, password: &str) -> bool {
    let digest = hash.and_then(|hash| {
        REMEMBERED.with_borrow_mut(|slot| {
            let remembered = match slot {
                Some(remembered) => remembered,
                None => slot.insert(Remembered::new()?),
            };
            remembered.digest(hash, password)
        })
    });
    let is_remembered = digest.is_some_and(|digest| {
        REMEMBERED.with_borrow(|slot| slot.as_ref().is_some_and(|slot| slot.remembers(&digest)))
    });
    if is_remembered {
        return true;
    }
    let verified = verify(hash, password);
    if let Some(digest) = digest.filter(|_| verified) {
        REMEMBERED.with_borrow_mut(|slot| {
            if let Some(remembered) = slot {
                remembered.remember(digest);
            }
        });
    }
    verified
}

/// Whether `hash` was made from `password`, with the parameters in the hash. Without a hash the result is false,
/// after the same time. Hashes are compared in constant time.
pub fn verify(hash: Option<&PasswordHash>, password: &str) -> bool {
    let phc = hash.map_or(NOBODYS, |hash| &hash.0);
    let verified = Argon2::default().verify_password(password.as_bytes(), phc);
    verified.is_ok() && hash.is_some()
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::phc;

    use super::*;

    #[test]
    fn what_is_kept_is_a_phc_string() {
        let hash = Password("x".to_owned()).hash().unwrap();
        let phc = phc::PasswordHash::new(&hash.0).unwrap();
        assert_eq!(phc.to_string(), hash.0);
        assert_eq!(phc.algorithm, argon2::ARGON2ID_IDENT);
        assert_eq!(phc.version, Some(19));
        assert_eq!(phc.params.as_str(), "m=19456,t=2,p=1");
        assert_eq!(phc.salt.map(|salt| salt.len()), Some(16));
        assert_eq!(phc.hash.map(|hash| hash.len()), Some(32));
    }

    /// The hash of `hush-hush`, with argon2's lowest cost.
    const CHEAP: &str = "$argon2id$v=19$m=8,t=1,p=1$AStQ/AYEPjFnZTyA2StleA$qmHdYysjkyhiVV988rveYkZ0e52EuqmYo30KjdMlXOQ";

    fn verifies(phc: &str, password: &str) -> bool {
        verify(Some(&PasswordHash(phc.to_owned())), password)
    }

    #[test]
    fn parameters_are_those_of_the_hash() {
        assert!(verifies(CHEAP, "hush-hush"));
        assert!(!verifies(CHEAP, "hush"));
    }

    #[test]
    fn what_is_no_hash_verifies_nothing() {
        for (part, other) in [
            (CHEAP, ""),
            ("argon2id", "argon2i"),
            ("argon2id", "scrypt"),
            ("v=19", "v=16"),
            ("v=19", "v=20"),
            ("m=8", "m=7"),
            ("m=8", "m=-8"),
            ("m=8", "m=4294967296"),
            ("m=8,", ""),
            ("p=1", "p=1,data=AAAA"),
            ("p=1", "p=0"),
            ("AStQ/AYEPjFnZTyA2StleA", "AStQ"),
            ("$qmHdYysjkyhiVV988rveYkZ0e52EuqmYo30KjdMlXOQ", ""),
            ("qmHdYysjkyhiVV988rveYkZ0e52EuqmYo30KjdMlXOQ", "qmHdYys"),
            ("qmHd", "====qmHd"),
            ("lXOQ", ""),
        ] {
            let text = CHEAP.replacen(part, other, 1);
            assert_ne!(text, CHEAP);
            assert!(!verifies(&text, "hush-hush"), "{text}");
        }
    }

    #[test]
    fn nobodys_hash_costs_what_others_cost() {
        let nobodys = phc::PasswordHash::new(NOBODYS).unwrap();
        let other = Password("x".to_owned()).hash().unwrap();
        let other = phc::PasswordHash::new(&other.0).unwrap();
        assert_eq!(nobodys.algorithm, other.algorithm);
        assert_eq!(nobodys.params.as_str(), other.params.as_str());
        assert_eq!(
            nobodys.hash.map(|hash| hash.len()),
            other.hash.map(|hash| hash.len())
        );
    }
}
