//! Changes a stored value. There is no other way.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;

use base64_simd::STANDARD;
use serde::{Deserialize, Serialize};

use super::Directory;
use crate::Error;
use crate::store::Store;

/// How often a swap is tried before the call gives up. Each failed try means that another call succeeded.
const ATTEMPTS: u32 = 64;

/// How often a failed increment is repeated.
pub(super) const RECOUNTS: u32 = 6;

/// The longest pause before the next try, in milliseconds.
const LONGEST_PAUSE: u64 = 64;

/// How many writes a value remembers.
const REMEMBERED_WRITES: usize = 32;

/// A mark that a write leaves in the value. It shows later whether the write took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token(u64);

impl Token {
    pub(super) fn random() -> Result<Self, Error> {
        random_u64().map(Self)
    }

    /// A byte of the token, for values that have no room for all.
    pub(super) fn byte(self) -> u8 {
        self.0 as u8
    }

    /// How many bytes a token has.
    pub(super) const BYTES: usize = size_of::<u64>();

    pub(super) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    pub(super) fn bytes(self) -> [u8; Self::BYTES] {
        self.0.to_le_bytes()
    }

    /// Returns what follows the token in these bytes, if they begin with it.
    pub(super) fn strip(self, bytes: &[u8]) -> Option<&[u8]> {
        bytes.strip_prefix(&self.bytes())
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

/// The tokens of a value's last writes, oldest first. They are stored as base64, which is several times as fast as
/// numbers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Cow<'_, str>", into = "String")]
pub(super) struct Writes(VecDeque<Token>);

impl From<Writes> for String {
    fn from(writes: Writes) -> Self {
        let bytes: Vec<u8> = writes.0.iter().flat_map(|token| token.bytes()).collect();
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
                    .map(|token| Token::from_bytes(*token))
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
    /// Encodes the value, signed with this write's token.
    fn encode(&mut self, token: Token) -> Result<Vec<u8>, Error>;
    /// Whether the write of `written` with this token took effect.
    fn shows(&self, token: Token, written: &Self) -> bool;
}

/// What to do with the value that was read.
pub(super) enum Swap<V, T> {
    /// Write this value and return that one.
    Write(V, T),
    /// Leave the value and return that one.
    Leave(T),
}

/// The outcome of a swap.
enum Tried {
    Made,
    Lost,
    /// Elsewhere than on SQLite, a lost swap may have taken effect, and a reported success may not. An error tells
    /// nothing. What is stored now, if anything, and whether there was an error.
    Unclear(Option<Vec<u8>>, Result<(), Error>),
}

impl<S: Store> Directory<S> {
    /// Reads `key`, asks `change` for the new value, and swaps it. Starts over if another call came in between.
    /// Returns `None` if the key is absent: on SQLite all competing swaps of an absent key succeed, so none is made.
    pub(super) async fn swap<V: Stored, T>(
        &self,
        key: &str,
        mut change: impl FnMut(V) -> Result<Swap<V, T>, Error>,
    ) -> Result<Option<T>, Error> {
        let change = async |value| change(value);
        self.swap_as(Token::random()?, key, change).await
    }

    /// Like [`Directory::swap`], with a token that the caller has already used in data for this write. `change` may read
    /// other keys.
    pub(super) async fn swap_as<V: Stored, T>(
        &self,
        token: Token,
        key: &str,
        mut change: impl AsyncFnMut(V) -> Result<Swap<V, T>, Error>,
    ) -> Result<Option<T>, Error> {
        for attempt in 0..ATTEMPTS {
            self.pause_before(attempt).await?;
            let (bytes, snapshot) = self.store.snapshot(key).await?;
            let Some(bytes) = bytes else {
                return Ok(None);
            };
            let (mut value, outcome) = match change(V::decode(bytes)?).await? {
                Swap::Leave(outcome) => return Ok(Some(outcome)),
                Swap::Write(value, outcome) => (value, outcome),
            };
            let encoded = value.encode(token)?;
            let (found, report) = match self.try_swap(key, snapshot, encoded).await? {
                Tried::Made => return Ok(Some(outcome)),
                Tried::Lost => continue,
                Tried::Unclear(None, _) => return Ok(None),
                Tried::Unclear(Some(found), report) => (found, report),
            };
            if V::decode(found)?.shows(token, &value) {
                return Ok(Some(outcome));
            }
            // A failed swap may still be on its way, so it is not made again.
            report?;
        }
        Err(Error::Contended)
    }

    /// Swaps once. This is apart from [`Directory::swap_as`] so that components contain it once, not for each value.
    async fn try_swap(
        &self,
        key: &str,
        snapshot: S::Snapshot,
        value: Vec<u8>,
    ) -> Result<Tried, Error> {
        let report = self.store.swap(snapshot, value).await;
        if let Ok(made) = report
            && self.store.is_sqlite().await
        {
            return Ok(if made { Tried::Made } else { Tried::Lost });
        }
        match self.store.get(key).await {
            Ok(found) => Ok(Tried::Unclear(found, report.map(drop))),
            Err(error) => Err(report.err().unwrap_or(error)),
        }
    }

    /// Adds to a counter, again if the store fails: on DynamoDB the loser of two increments gets an error. An
    /// increment that failed may have taken effect, so a number may be left out.
    pub(super) async fn count(&self, key: &str, delta: i64) -> Result<i64, Error> {
        let mut attempt = 0;
        loop {
            match self.store.increment(key, delta).await {
                Err(Error::Unavailable { .. }) if attempt < RECOUNTS => attempt += 1,
                outcome => return outcome,
            }
            self.pause_before(attempt).await?;
        }
    }

    /// Gives other calls time: a random pause that grows with the attempts.
    pub(super) async fn pause_before(&self, attempt: u32) -> Result<(), Error> {
        if attempt > 0 {
            let longest = 1 << attempt.min(LONGEST_PAUSE.ilog2());
            self.store.pause(random_u64()? % (longest + 1)).await;
        }
        Ok(())
    }
}
