//! Pointers lead from a name, a client's identifier or an e-mail address to a user.

use super::Directory;
use super::swap::{RECOUNTS, Stored, Swap, Token};
use crate::Error;
use crate::name::UserNumber;
use crate::store::{Store, counter};

/// A user's number in 8 bytes, little endian, as `increment` writes it on SQLite. 0 means nobody.
///
/// `increment(key, 0)` creates the pointer of a name or an identifier. Swaps move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pointer(u64);

impl Pointer {
    pub(super) fn to(number: UserNumber) -> Self {
        Self(number.0)
    }

    /// The stored form.
    pub(super) fn bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    /// The user that the pointer leads to.
    pub(super) fn holder(self) -> Option<UserNumber> {
        (self.0 != 0).then_some(UserNumber(self.0))
    }
}

impl Stored for Pointer {
    fn decode(bytes: Vec<u8>) -> Result<Self, Error> {
        counter(&bytes).map(Self)
    }

    fn encode(&mut self, _: Token) -> Result<Vec<u8>, Error> {
        Ok(self.bytes().into())
    }

    /// Only one creation ever writes its number into the pointer of a name or an identifier, and that of an address is
    /// as wanted whoever wrote it. So the value itself shows the write.
    fn shows(&self, _: Token, written: &Self) -> bool {
        self == written
    }
}

impl<S: Store> Directory<S> {
    /// Reads the pointer at `key`. `None` means that there is no pointer, `Some(None)` that it leads to nobody.
    pub(super) async fn pointer(&self, key: &str) -> Result<Option<Option<UserNumber>>, Error> {
        let bytes = self.store.get(key).await?;
        let pointer = bytes.map(Pointer::decode).transpose()?;
        Ok(pointer.map(Pointer::holder))
    }

    /// Returns the user that the pointer at `key` leads to, if any.
    pub(super) async fn holder(&self, key: &str) -> Result<Option<UserNumber>, Error> {
        Ok(self.pointer(key).await?.flatten())
    }

    /// Makes the pointer at `key` lead to `number` if it leads to nobody or to `free`. Returns the user that it leads
    /// to afterwards, or `None` if there is no pointer.
    pub(super) async fn move_pointer(
        &self,
        key: &str,
        number: UserNumber,
        free: Option<UserNumber>,
    ) -> Result<Option<UserNumber>, Error> {
        self.swap(key, |pointer: Pointer| {
            Ok(match pointer.holder() {
                Some(holder) if holder == number || Some(holder) != free => Swap::Leave(holder),
                _ => Swap::Write(Pointer::to(number), number),
            })
        })
        .await
    }

    /// Creates a pointer to nobody, or another value of 8 bytes that swaps change. Leaves an existing one unchanged.
    pub(super) async fn make_counter(&self, key: &str) -> Result<(), Error> {
        let mut attempt = 0;
        loop {
            let Err(failure) = self.store.increment(key, 0).await else {
                return Ok(());
            };
            // Redis and DynamoDB refuse to count on the 8 bytes of a pointer that has been moved.
            if self.pointer(key).await?.is_some() {
                return Ok(());
            }
            if attempt == RECOUNTS {
                return Err(failure);
            }
            attempt += 1;
            self.pause_before(attempt).await?;
        }
    }
}
