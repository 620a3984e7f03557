//! The one way in which a stored value changes.

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

/// How often a counter that fails is tried again.
pub(super) const RECOUNTS: u32 = 6;

/// The longest pause before another try, in milliseconds.
const LONGEST_PAUSE: u64 = 64;

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

impl<S: Store> Directory<S> {
    /// Reads `key`, asks `change` what to do with the value, and swaps it, again if another call came between.
    /// `None` where the key is absent: on SQLite all racers win a swap from there, so none is made.
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
        for attempt in 0..ATTEMPTS {
            self.pause_before(attempt).await?;
            let (bytes, snapshot) = self.store.snapshot(key).await?;
            let Some(bytes) = bytes else {
                return Ok(None);
            };
            let (mut value, outcome) = match change(V::decode(bytes)?)? {
                Swap::Leave(outcome) => return Ok(Some(outcome)),
                Swap::Write(value, outcome) => (value, outcome),
            };
            let report = self.store.swap(snapshot, value.encode(token)?).await;
            if matches!(report, Ok(true)) && self.store.is_sqlite().await {
                return Ok(Some(outcome));
            }
            // A reported failure may have taken effect, and a reported success may not.
            let found = match self.store.get(key).await {
                Ok(Some(found)) => V::decode(found)?,
                Ok(None) => return Ok(None),
                Err(error) => return Err(report.err().unwrap_or(error)),
            };
            if found.shows(token, &value) {
                return Ok(Some(outcome));
            }
            // A failed swap may still be on its way, so it is not made again.
            report?;
        }
        Err(Error::Contended)
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

    /// Lets rivals go first: the more often, the longer, by chance.
    pub(super) async fn pause_before(&self, attempt: u32) -> Result<(), Error> {
        if attempt > 0 {
            let longest = 1 << attempt.min(LONGEST_PAUSE.ilog2());
            self.store.pause(random_u64()? % (longest + 1)).await;
        }
        Ok(())
    }
}
