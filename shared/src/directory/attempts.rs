//! Slows password guessing: counts the failed logins at a name, and those in progress.

use super::swap::{Stored, Swap, Token};
use super::{Directory, key};
use crate::Error;
use crate::name::fold;
use crate::store::{Store, counter};

/// The most failed logins at a name within a minute. Further ones are refused until the minute is over.
pub const MAX_FAILED: u8 = 10;

/// The most passwords that are verified at a name at the same time. Each costs memory, and more would only share the
/// processor.
const MAX_VERIFYING: u8 = 4;

const MINUTE: u64 = 60 * 1000;

/// A login whose password may be verified.
#[derive(Debug)]
#[must_use = "the login stays in progress until it is settled"]
pub struct Attempt {
    key: String,
    minute: u16,
}

/// Whether the password of a login may be verified.
#[derive(Debug)]
pub enum Admission {
    /// It may. [`Directory::settle`] takes the outcome.
    Admitted(Attempt),
    /// Not yet: too many passwords are being verified at this name.
    Crowded,
    /// No: too many logins have failed at this name within this minute.
    Refused,
}

/// The logins at the names that share a counter.
#[derive(Debug, Clone, Copy)]
struct Attempts {
    /// The minute that is counted, modulo 2^16.
    minute: u16,
    failed: u8,
    verifying: u8,
    /// The low bits of the last write's token.
    write: [u8; 3],
}

impl Attempts {
    /// The logins of this minute.
    fn within(self, minute: u16) -> Self {
        if self.minute == minute {
            return self;
        }
        Self {
            minute,
            failed: 0,
            verifying: 0,
            ..self
        }
    }

    /// Why no further login is admitted, if so.
    fn refusal(self) -> Option<Admission> {
        if self.failed >= MAX_FAILED {
            Some(Admission::Refused)
        } else if self.verifying >= MAX_VERIFYING.min(MAX_FAILED - self.failed) {
            Some(Admission::Crowded)
        } else {
            None
        }
    }
}

impl Stored for Attempts {
    /// The format: 8 bytes, since `increment` creates the value. The last one is 0, as in every counter.
    fn decode(bytes: Vec<u8>) -> Result<Self, Error> {
        let [m, n, failed, verifying, a, b, c, _] = counter(&bytes)?.to_le_bytes();
        Ok(Self {
            minute: u16::from_le_bytes([m, n]),
            failed,
            verifying,
            write: [a, b, c],
        })
    }

    fn encode(&mut self, token: Token) -> Result<Vec<u8>, Error> {
        let [m, n] = self.minute.to_le_bytes();
        let [a, b, c] = token.short();
        Ok(vec![m, n, self.failed, self.verifying, a, b, c, 0])
    }

    fn shows(&self, token: Token, _: &Self) -> bool {
        self.write == token.short()
    }
}

impl<S: Store> Directory<S> {
    /// Asks whether the password of a login at this name may be verified. The name need not exist.
    ///
    /// Within a minute at most [`MAX_FAILED`] logins fail. The limit holds for logins in progress too, as each of them
    /// may fail: more of them wait.
    ///
    /// # Errors
    /// The store's.
    pub async fn admit_login(&self, username: &str) -> Result<Admission, Error> {
        let key = key::failed_logins(&fold(username));
        let minute = self.minute();
        match self.store.get(&key).await? {
            Some(bytes) => {
                if let Some(refusal) = Attempts::decode(bytes)?.within(minute).refusal() {
                    return Ok(refusal);
                }
            }
            None => self.make_pointer(&key).await?,
        }
        let refusal = self
            .swap(&key, |attempts: Attempts| {
                let mut attempts = attempts.within(minute);
                if let Some(refusal) = attempts.refusal() {
                    return Ok(Swap::Leave(Some(refusal)));
                }
                attempts.verifying += 1;
                Ok(Swap::Write(attempts, None))
            })
            .await?;
        match refusal {
            Some(Some(refusal)) => Ok(refusal),
            Some(None) => Ok(Admission::Admitted(Attempt { key, minute })),
            None => Err(Error::Internal {
                detail: "a counter of failed logins has vanished".to_owned(),
            }),
        }
    }

    /// Ends an admitted login.
    ///
    /// # Errors
    /// The store's. The login then stays in progress until the minute is over.
    pub async fn settle_login(&self, attempt: Attempt, failed: bool) -> Result<(), Error> {
        let Attempt { key, minute } = attempt;
        let now = self.minute();
        self.swap(&key, |attempts: Attempts| {
            let mut attempts = attempts.within(now);
            if minute == now {
                attempts.verifying = attempts.verifying.saturating_sub(1);
            }
            attempts.failed = attempts.failed.saturating_add(failed.into());
            Ok(Swap::Write(attempts, ()))
        })
        .await?;
        Ok(())
    }

    /// Waits before a login looks again whether those in progress have ended. The first look needs no wait. Waiting
    /// counts as waiting for the store.
    ///
    /// # Errors
    /// Those of the host's randomness.
    pub async fn wait_for_logins(&self, look: u32) -> Result<(), Error> {
        self.pause_before(look).await
    }

    fn minute(&self) -> u16 {
        // Only equality matters.
        ((self.clock)() / MINUTE) as u16
    }
}
