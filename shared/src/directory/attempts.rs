//! Slows password guessing, and bounds what it costs: counts the failed logins at a name, and the passwords that are
//! being verified.

use super::swap::{Stored, Swap, Token, random_u64};
use super::{Directory, key};
use crate::Error;
use crate::name::fold;
use crate::store::{Store, counter};

/// The most failed logins at a name within a minute. Further ones are refused until the minute is over.
pub const MAX_FAILED: u8 = 10;

/// The most passwords that are verified at a time for the names of one queue. Each costs an instance with the memory of
/// a hash, and more would only share the processors.
const MAX_VERIFYING: u8 = 4;

/// The longest time before a waiting login looks again, in milliseconds.
const LONGEST_WAIT: u64 = 200;

const MINUTE: u64 = 60 * 1000;

/// A login whose password may be verified.
#[derive(Debug)]
#[must_use = "the login counts as being verified until it is settled"]
pub struct Attempt {
    folded: String,
    minute: u16,
}

/// Whether the password of a login may be verified.
#[derive(Debug)]
pub enum Admission {
    /// It may. [`Directory::settle_login`] takes the outcome.
    Admitted(Attempt),
    /// Not yet: too many passwords are being verified.
    Crowded,
    /// No: too many logins have failed at this name within this minute.
    Refused,
}

/// The logins of a minute, at the names that share a counter.
#[derive(Debug, Clone, Copy)]
struct Tally {
    /// The minute, modulo 2^16.
    minute: u16,
    /// Never more than [`MAX_FAILED`].
    failed: u8,
    /// Never more than [`MAX_FAILED`].
    verifying: u8,
    /// A byte of the tokens of the last writes. More are seldom made between a write and the look whether it was made.
    writes: [u8; 4],
}

impl Tally {
    /// The logins of this minute. On another host it may have begun already.
    fn within(self, minute: u16) -> Self {
        if self.minute == minute || self.minute == minute.wrapping_add(1) {
            return self;
        }
        Self {
            minute,
            failed: 0,
            verifying: 0,
            writes: self.writes,
        }
    }
}

impl Stored for Tally {
    /// The format: 8 bytes, since `increment` creates the value. The last one is 0, as in every counter. A value that
    /// cannot be read counts for nothing, as this one may be lost.
    fn decode(bytes: Vec<u8>) -> Result<Self, Error> {
        let [m, n, counts, a, b, c, d, _] = counter(&bytes).unwrap_or(0).to_le_bytes();
        Ok(Self {
            minute: u16::from_le_bytes([m, n]),
            failed: counts & 0xf,
            verifying: counts >> 4,
            writes: [a, b, c, d],
        })
    }

    fn encode(&mut self, token: Token) -> Result<Vec<u8>, Error> {
        let [m, n] = self.minute.to_le_bytes();
        let [a, b, c, _] = self.writes;
        self.writes = [token.byte(), a, b, c];
        let counts = self.failed | self.verifying << 4;
        Ok([&[m, n, counts], self.writes.as_slice(), &[0]].concat())
    }

    fn shows(&self, token: Token, _: &Self) -> bool {
        self.writes.contains(&token.byte())
    }
}

impl<S: Store> Directory<S> {
    /// Asks whether the password of a login at this name may be verified. The name need not exist.
    ///
    /// Within a minute at most [`MAX_FAILED`] logins fail at a name. Those that are being verified may fail too, so they
    /// count for the limit: further ones wait.
    ///
    /// # Errors
    /// The store's.
    pub async fn admit_login(&self, username: &str) -> Result<Admission, Error> {
        let folded = fold(username);
        let (name, queue) = (key::failed_logins(&folded), key::verifying(&folded));
        let at_name = |tally: &Tally| match (tally.failed, tally.verifying) {
            (MAX_FAILED.., _) => Some(Admission::Refused),
            (failed, verifying) if failed + verifying >= MAX_FAILED => Some(Admission::Crowded),
            _ => None,
        };
        let in_queue =
            |tally: &Tally| (tally.verifying >= MAX_VERIFYING).then_some(Admission::Crowded);
        // Most refusals need no swap.
        let refusal = at_name(&self.tally(&name).await?);
        if let Some(refusal) = refusal.or(in_queue(&self.tally(&queue).await?)) {
            return Ok(refusal);
        }
        // The queue goes first, so that few calls at a time write to the name's counter.
        let minute = match self.begin_login(&queue, in_queue).await? {
            Ok(minute) => minute,
            Err(refusal) => return Ok(refusal),
        };
        let begun = self.begin_login(&name, at_name).await;
        if !matches!(begun, Ok(Ok(_))) {
            self.end_login(&queue, minute, false).await?;
        }
        Ok(match begun? {
            Ok(minute) => Admission::Admitted(Attempt { folded, minute }),
            Err(refusal) => refusal,
        })
    }

    /// Ends an admitted login.
    ///
    /// # Errors
    /// The store's. The login may count as being verified until the minute is over.
    pub async fn settle_login(&self, attempt: Attempt, failed: bool) -> Result<(), Error> {
        let Attempt { folded, minute } = attempt;
        let name = key::failed_logins(&folded);
        let counted = self.end_login(&name, minute, failed).await;
        self.end_login(&key::verifying(&folded), minute, false)
            .await?;
        counted
    }

    /// Waits for passwords that are being verified. This counts as waiting for the store.
    ///
    /// # Errors
    /// Those of the host's randomness.
    pub async fn wait_for_logins(&self) -> Result<(), Error> {
        self.store.pause(random_u64()? % (LONGEST_WAIT + 1)).await;
        Ok(())
    }

    async fn tally(&self, key: &str) -> Result<Tally, Error> {
        let bytes = self.store.get(key).await?;
        Ok(Tally::decode(bytes.unwrap_or_default())?.within(self.minute()))
    }

    /// Counts one login more as being verified, unless it is refused. Returns the minute that counts it.
    async fn begin_login(
        &self,
        key: &str,
        refusal: impl Fn(&Tally) -> Option<Admission>,
    ) -> Result<Result<u16, Admission>, Error> {
        let begin = async || {
            self.swap(key, |tally: Tally| {
                let mut tally = tally.within(self.minute());
                if let Some(refusal) = refusal(&tally) {
                    return Ok(Swap::Leave(Err(refusal)));
                }
                tally.verifying += 1;
                let minute = tally.minute;
                Ok(Swap::Write(tally, Ok(minute)))
            })
            .await
        };
        if let Some(begun) = begin().await? {
            return Ok(begun);
        }
        self.make_counter(key).await?;
        let begun = begin().await?;
        begun.ok_or_else(|| Error::Internal {
            detail: "a counter of logins has vanished".to_owned(),
        })
    }

    /// Counts one login less as being verified if this minute still counts it, and one more as failed if it has.
    async fn end_login(&self, key: &str, minute: u16, failed: bool) -> Result<(), Error> {
        self.swap(key, |tally: Tally| {
            let mut tally = tally.within(self.minute());
            if tally.minute == minute {
                tally.verifying = tally.verifying.saturating_sub(1);
            }
            tally.failed = MAX_FAILED.min(tally.failed + u8::from(failed));
            Ok(Swap::Write(tally, ()))
        })
        .await?;
        Ok(())
    }

    fn minute(&self) -> u16 {
        // Only differences matter.
        ((self.clock)() / MINUTE) as u16
    }
}
