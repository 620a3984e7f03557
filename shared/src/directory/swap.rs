//! The one way in which a stored value changes.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;

use base64_simd::STANDARD;
use serde::{Deserialize, Serialize};

use super::Directory;
use crate::Error;
use crate::name::UserNumber;
use crate::store::Store;

/// How often a swap is tried before the call gives up. Each failed try means that another call succeeded.
const ATTEMPTS: usize = 256;

/// How many writes a value remembers.
const REMEMBERED_WRITES: usize = 32;

/// What one write leaves in the value, so that it can be found out later whether it took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token(u64);

impl Token {
    pub(super) fn random() -> Result<Self, Error> {
        random_u64().map(Self)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// Random bits from the host.
pub(super) fn random_u64() -> Result<u64, Error> {
    getrandom::u64().map_err(|error| Error::Internal {
        detail: format!("no randomness: {error}"),
    })
}

/// The tokens of a value's last writes, the last one last. They are stored as base64, which is read and written several
/// times as fast as numbers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Cow<'_, str>", into = "String")]
pub(super) struct Writes(VecDeque<Token>);

impl From<Writes> for String {
    fn from(writes: Writes) -> Self {
        let bytes: Vec<u8> = writes
            .0
            .iter()
            .flat_map(|token| token.0.to_le_bytes())
            .collect();
        STANDARD.encode_to_string(bytes)
    }
}

impl TryFrom<Cow<'_, str>> for Writes {
    type Error = &'static str;

    fn try_from(text: Cow<'_, str>) -> Result<Self, Self::Error> {
        let bytes = STANDARD.decode_to_vec(&*text).map_err(|_| "not base64")?;
        match bytes.as_chunks() {
            (tokens, []) => Ok(Self(
                tokens
                    .iter()
                    .map(|token| Token(u64::from_le_bytes(*token)))
                    .collect(),
            )),
            _ => Err("not tokens of 8 bytes"),
        }
    }
}

impl Writes {
    pub(super) fn sign(&mut self, token: Token) {
        if self.0.len() >= REMEMBERED_WRITES {
            self.0.pop_front();
        }
        self.0.push_back(token);
    }

    pub(super) fn contain(&self, token: Token) -> bool {
        self.0.contains(&token)
    }
}

/// A stored value that can be swapped.
pub(super) trait Stored: Sized {
    fn decode(bytes: Vec<u8>) -> Result<Self, Error>;
    /// The value to store, signed with the token of this write.
    fn encode(&mut self, token: Token) -> Result<Vec<u8>, Error>;
    /// Whether the write with this token, which wrote `written`, took place.
    fn shows(&self, token: Token, written: &Self) -> bool;
}

/// What to do with a value that has been read for a swap.
pub(super) enum Swap<V, T> {
    /// Write this value, and return that.
    Write(V, T),
    /// Leave the value, and return that.
    Leave(T),
}

/// What a swap does with the bytes that have been read, and with the failure of the last try.
type Step<'s> = dyn FnMut(Vec<u8>, Option<Error>) -> Result<Option<Vec<u8>>, Error> + 's;

impl<S: Store> Directory<S> {
    /// Reads `key`, asks `change` what to do with the value, and swaps it, again if another call came between.
    /// `None` where the key is absent: a swap from there has no loser on SQLite, so there is never one.
    ///
    /// A failure that the store reports is looked into, since the swap may have taken place all the same.
    pub(super) async fn swap<V: Stored, T>(
        &self,
        key: &str,
        change: impl FnMut(V) -> Result<Swap<V, T>, Error>,
    ) -> Result<Option<T>, Error> {
        self.swap_as(Token::random()?, key, change).await
    }

    /// [`Directory::swap`] with a token that the caller has used already, for what belongs to this write.
    pub(super) async fn swap_as<V: Stored, T>(
        &self,
        token: Token,
        key: &str,
        mut change: impl FnMut(V) -> Result<Swap<V, T>, Error>,
    ) -> Result<Option<T>, Error> {
        let mut tried: Option<(V, T)> = None;
        let mut seen = None;
        let mut step = |bytes: Vec<u8>, failure: Option<Error>| {
            let value = V::decode(bytes)?;
            if let Some((written, outcome)) = tried.take() {
                if value.shows(token, &written) {
                    seen = Some(outcome);
                    return Ok(None);
                }
                if let Some(failure) = failure {
                    return Err(failure);
                }
            }
            match change(value)? {
                Swap::Leave(outcome) => {
                    seen = Some(outcome);
                    Ok(None)
                }
                Swap::Write(mut value, outcome) => {
                    let bytes = value.encode(token)?;
                    tried = Some((value, outcome));
                    Ok(Some(bytes))
                }
            }
        };
        let is_present = self.swap_bytes(key, &mut step).await?;
        let outcome = seen.or(tried.map(|(_, outcome)| outcome));
        Ok(outcome.filter(|_| is_present))
    }

    /// What all swaps have in common, compiled once. `step` gets the value and, after a try that is the last one
    /// unless it took place, why; it returns what to write, if anything. Returns whether the key is present.
    async fn swap_bytes(&self, key: &str, step: &mut Step<'_>) -> Result<bool, Error> {
        let mut failure = None;
        for tries in 0..=ATTEMPTS {
            let (bytes, snapshot) = match self.store.snapshot(key).await {
                Ok(read) => read,
                Err(error) => return Err(failure.unwrap_or(error)),
            };
            let Some(bytes) = bytes else {
                return Ok(false);
            };
            // The last look is at what became of the last try.
            let last = failure.or((tries == ATTEMPTS).then_some(Error::Contended));
            let Some(bytes) = step(bytes, last)? else {
                return Ok(true);
            };
            failure = match self.store.swap(snapshot, bytes).await {
                Ok(true) => return Ok(true),
                Ok(false) => None,
                Err(error) => Some(error),
            };
        }
        Err(Error::Contended)
    }
}

/// What leads from a name to a user: 8 bytes, little endian, as `increment` leaves them on SQLite. 0 is nobody.
///
/// The low half is written once, by an `increment` of the creation that had the first turn at the name; the high
/// half by swaps, and it counts if it is not 0. Most names have one user ever, and so never need a swap: Spin 4.1
/// lets an instance make no more than 256 of them in its life, which may be 128 requests long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pointer {
    first: u32,
    taken: u32,
}

impl Pointer {
    /// Nobody's.
    pub(super) const NOBODY: Self = Self { first: 0, taken: 0 };

    pub(super) fn holder(self) -> Option<UserNumber> {
        let number = if self.taken == 0 {
            self.first
        } else {
            self.taken
        };
        (number != 0).then_some(UserNumber(number.into()))
    }

    pub(super) fn take(&mut self, number: u32) {
        self.taken = number;
    }
}

impl From<u64> for Pointer {
    fn from(value: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
        Self {
            first: u32::from_le_bytes([a, b, c, d]),
            taken: u32::from_le_bytes([e, f, g, h]),
        }
    }
}

impl Stored for Pointer {
    fn decode(bytes: Vec<u8>) -> Result<Self, Error> {
        counter(&bytes).map(Self::from)
    }

    fn encode(&mut self, _: Token) -> Result<Vec<u8>, Error> {
        let halves = [self.first.to_le_bytes(), self.taken.to_le_bytes()];
        Ok(halves.concat())
    }

    /// Only one creation ever writes its number into a pointer, so the value itself tells.
    fn shows(&self, _: Token, written: &Self) -> bool {
        self.taken == written.taken
    }
}

/// What `increment` has left: 8 bytes on SQLite, decimal text on Redis and DynamoDB.
///
/// Eight decimal digits are eight bytes too; in binary they would be numbers above [`MAX_NUMBER`].
pub(super) fn counter(bytes: &[u8]) -> Result<u64, Error> {
    let text = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse().ok());
    let binary = || bytes.try_into().ok().map(u64::from_le_bytes);
    text.or_else(binary).ok_or_else(|| Error::Internal {
        detail: format!("a counter of {} bytes", bytes.len()),
    })
}

/// The highest number of a user, below the four digits `0000` read as one.
pub(super) const MAX_NUMBER: u32 = 0x3030_3030 - 1;
