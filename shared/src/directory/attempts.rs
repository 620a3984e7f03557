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

/// How often something happened within a minute.
#[derive(Debug, Clone, Copy)]
struct Tally {
    /// The minute, modulo 2^16.
    minute: u16,
    count: u8,
    /// Some of the last write's token.
    write: [u8; 4],
}

impl Tally {
    fn within(self, minute: u16) -> u8 {
        if self.minute == minute { self.count } else { 0 }
    }
}

impl Stored for Tally {
    /// The format: 8 bytes, since `increment` creates the value. The last one is 0, as in every counter.
    fn decode(bytes: Vec<u8>) -> Result<Self, Error> {
        let [m, n, count, a, b, c, d, _] = counter(&bytes)?.to_le_bytes();
        Ok(Self {
            minute: u16::from_le_bytes([m, n]),
            count,
            write: [a, b, c, d],
        })
    }

    fn encode(&mut self, token: Token) -> Result<Vec<u8>, Error> {
        let [m, n] = self.minute.to_le_bytes();
        let [a, b, c, d] = token.short();
        Ok(vec![m, n, self.count, a, b, c, d, 0])
    }

    fn shows(&self, token: Token, _: &Self) -> bool {
        self.write == token.short()
    }
}

impl<S: Store> Directory<S> {
    /// Asks whether the password of a login at this name may be verified. The name need not exist.
    ///
    /// Within a minute at most [`MAX_FAILED`] logins fail at a name. Those that are being verified may fail too, so they
    /// count for the limit.
    ///
    /// # Errors
    /// The store's.
    pub async fn admit_login(&self, username: &str) -> Result<Admission, Error> {
        let folded = fold(username);
        let minute = self.minute();
        let failed = self.tally(&key::failed_logins(&folded), minute).await?;
        let Some(left @ 1..) = MAX_FAILED.checked_sub(failed) else {
            return Ok(Admission::Refused);
        };
        let most = MAX_VERIFYING.min(left);
        let verifying = key::verifying(&folded);
        // The swap looks again. A read blocks nobody.
        if self.tally(&verifying, minute).await? >= most {
            return Ok(Admission::Crowded);
        }
        let admitted = self
            .change_tally(&verifying, minute, |count| {
                (count < most).then_some(count + 1)
            })
            .await?;
        Ok(if admitted {
            Admission::Admitted(Attempt { folded, minute })
        } else {
            Admission::Crowded
        })
    }

    /// Ends an admitted login.
    ///
    /// # Errors
    /// The store's. The login may count as being verified until the minute is over.
    pub async fn settle_login(&self, attempt: Attempt, failed: bool) -> Result<(), Error> {
        let Attempt { folded, minute } = attempt;
        if failed {
            let up = |count: u8| Some(count.saturating_add(1));
            let failed = key::failed_logins(&folded);
            self.change_tally(&failed, self.minute(), up).await?;
        }
        // The next minute does not count this one's logins.
        if self.minute() == minute {
            let down = |count: u8| count.checked_sub(1);
            let verifying = key::verifying(&folded);
            self.change_tally(&verifying, minute, down).await?;
        }
        Ok(())
    }

    /// Waits for passwords that are being verified. This counts as waiting for the store.
    ///
    /// # Errors
    /// Those of the host's randomness.
    pub async fn wait_for_logins(&self) -> Result<(), Error> {
        self.store.pause(random_u64()? % (LONGEST_WAIT + 1)).await;
        Ok(())
    }

    async fn tally(&self, key: &str, minute: u16) -> Result<u8, Error> {
        let bytes = self.store.get(key).await?;
        let tally = bytes.map(Tally::decode).transpose()?;
        Ok(tally.map_or(0, |tally| tally.within(minute)))
    }

    /// Changes the count of this minute if `change` returns a new one. Returns whether it did.
    async fn change_tally(
        &self,
        key: &str,
        minute: u16,
        change: impl Fn(u8) -> Option<u8>,
    ) -> Result<bool, Error> {
        let swap = async || {
            self.swap(key, |tally: Tally| {
                Ok(match change(tally.within(minute)) {
                    Some(count) => {
                        let tally = Tally {
                            minute,
                            count,
                            ..tally
                        };
                        Swap::Write(tally, true)
                    }
                    None => Swap::Leave(false),
                })
            })
            .await
        };
        if let Some(changed) = swap().await? {
            return Ok(changed);
        }
        self.make_pointer(key).await?;
        Ok(swap().await?.unwrap_or(false))
    }

    fn minute(&self) -> u16 {
        // Only equality matters.
        ((self.clock)() / MINUTE) as u16
    }
}
