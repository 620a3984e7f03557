//! Passwords: hashed with argon2id, never stored or shown in clear.

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};

/// The most bytes of a password.
pub const MAX_BYTES: usize = 1024;

/// The memory of a new hash, in KiB. One of the parameters that OWASP recommends as equals: it has the least memory,
/// since each hash in progress costs an instance this much.
const MEMORY_KIB: u32 = 7 * 1024;

/// The passes of a new hash over its memory.
const PASSES: u32 = 5;

/// The lanes of a new hash. A component has one thread.
const LANES: u32 = 1;

/// The hash of a random, forgotten password. Names without a password are checked against it.
const NOBODYS: &str = "$argon2id$v=19$m=7168,t=5,p=1$HJHOMEWv1BUk1ItBvS3hdg$WvfDovfiXPiZ3HxNoQwKGke+CnWKqJVlo4hYqmNT/Cc";

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
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
        let params = params.map_err(|error| HashFault(error.into()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash = argon2.hash_password(self.0.as_bytes()).map_err(HashFault)?;
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

impl PasswordHash {
    /// The hash of a password that nobody knows.
    pub(crate) fn nobodys() -> Self {
        Self(NOBODYS.to_owned())
    }

    /// The PHC string.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PasswordHash(…)")
    }
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
        assert_eq!(phc.params.as_str(), "m=7168,t=5,p=1");
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
