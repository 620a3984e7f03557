//! Finds users by the hash of their e-mail address, as Gravatar and Libravatar do.
//!
//! Several users may have one address. Its pointer leads to the one who set it last. The user's record decides: a
//! pointer to a user with another address finds nobody.

use futures::future::{join, try_join};
use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::pointer::Pointer;
use super::swap::{Swap, Token};
use super::{Directory, key};
use crate::Error;
use crate::name::UserNumber;
use crate::store::Store;
use crate::user::{Email, User};

/// How often a search starts over because the address went from one user to another.
const LOOKS: usize = 16;

/// The hash of an e-mail address, trimmed and in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmailHash {
    /// Its MD5.
    Md5([u8; 16]),
    /// Its SHA-256.
    Sha256([u8; 32]),
}

impl EmailHash {
    /// Reads the 32 hexadecimal digits of an MD5 or the 64 of a SHA-256, in any letter case.
    pub fn from_hex(digits: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let bytes = base16ct::mixed::decode(digits, &mut bytes).ok()?;
        let md5 = bytes.try_into().map(Self::Md5);
        md5.or_else(|_| bytes.try_into().map(Self::Sha256)).ok()
    }
}

/// Both hashes of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) md5: [u8; 16],
    pub(super) sha256: [u8; 32],
}

impl Address {
    /// The address of a user.
    pub(super) fn of(user: &User) -> Option<Self> {
        user.profile.email.as_ref().map(Self::from)
    }

    /// The key and value that lead from the MD5 to the SHA-256.
    pub(super) fn translation(&self) -> (String, Vec<u8>) {
        (key::md5(&self.md5), self.sha256.into())
    }

    /// The key of the pointer, and its value when it leads to this user.
    pub(super) fn pointer_to(&self, number: UserNumber) -> (String, Vec<u8>) {
        (key::email(&self.sha256), Pointer::to(number).bytes().into())
    }
}

impl From<&Email> for Address {
    fn from(email: &Email) -> Self {
        let text = email.trim().to_lowercase();
        Self {
            md5: Md5::digest(&text).into(),
            sha256: Sha256::digest(&text).into(),
        }
    }
}

/// The pointer of an address, as it is stored.
pub(super) struct Pointed {
    /// Whether there is the translation of the MD5.
    pub(super) is_translated: bool,
    /// `None` if there is no pointer, `Some(None)` if it leads to nobody.
    pub(super) holder: Option<Option<UserNumber>>,
}

impl<S: Store> Directory<S> {
    /// Finds the user whose e-mail address has this hash: of several, the one who set it last. Calls `read` with the
    /// number at the same time as it reads the record, like [`Directory::find_with`].
    ///
    /// # Errors
    /// As [`Directory::find`].
    pub async fn find_by_address_with<T>(
        &self,
        hash: &EmailHash,
        read: impl AsyncFn(UserNumber) -> T,
    ) -> Result<Option<(User, T)>, Error> {
        let sha256 = match hash {
            EmailHash::Sha256(sha256) => *sha256,
            EmailHash::Md5(md5) => match self.sha256_of(md5).await? {
                Some(sha256) => sha256,
                None => return Ok(None),
            },
        };
        let key = key::email(&sha256);
        let is_meant = |user: &User| Address::of(user).is_some_and(|has| has.sha256 == sha256);
        let mut before = None;
        for _ in 0..LOOKS {
            let holder = self.holder(&key).await?;
            let Some(number) = holder.filter(|_| holder != before) else {
                return Ok(None);
            };
            let (user, read) = join(self.live(number), read(number)).await;
            if let Some(user) = user?.filter(is_meant)
                && self.is_led_to(&user).await?
            {
                return Ok(Some((user, read)));
            }
            // Another user may have taken the address meanwhile.
            before = holder;
        }
        Err(Error::Contended)
    }

    /// Finds the user whose e-mail address has this hash.
    ///
    /// # Errors
    /// As [`Directory::find`].
    pub async fn find_by_address(&self, hash: &EmailHash) -> Result<Option<User>, Error> {
        let found = self.find_by_address_with(hash, async |_| ()).await?;
        Ok(found.map(|(user, ())| user))
    }

    async fn sha256_of(&self, md5: &[u8; 16]) -> Result<Option<[u8; 32]>, Error> {
        let Some(bytes) = self.store.get(&key::md5(md5)).await? else {
            return Ok(None);
        };
        let sha256 = <[u8; 32]>::try_from(bytes).map_err(|bytes| Error::Internal {
            detail: format!("the SHA-256 of an address has {} bytes", bytes.len()),
        })?;
        Ok(Some(sha256))
    }

    /// Makes the address of a live user lead to that user, in at most two commits. If the user has had it before
    /// (`is_new` is false), leaves a pointer to another user who has it too.
    pub(super) async fn point(
        &self,
        number: UserNumber,
        address: &Address,
        is_new: bool,
    ) -> Result<(), Error> {
        let Pointed {
            is_translated,
            holder,
        } = self.pointed(address).await?;
        let mut missing = Vec::new();
        if !is_translated {
            missing.push(address.translation());
        }
        // Nothing but this creates a pointer, and nothing removes one. So it has 8 bytes on every store, and swaps never
        // start from an absent key.
        if holder.is_none() && self.has_address(number, address).await? {
            missing.push(address.pointer_to(number));
        }
        if !missing.is_empty() {
            self.store.set_many(missing).await?;
        }
        match holder {
            None => Ok(()),
            Some(Some(holder)) if holder == number => Ok(()),
            Some(Some(holder)) if !is_new && self.has_address(holder, address).await? => Ok(()),
            Some(_) => self.take_address(number, address, is_new).await,
        }
    }

    /// Moves the pointer of an address to a user. The user's record is read before each try: the call may have stalled
    /// since it wrote the address there.
    pub(super) async fn take_address(
        &self,
        number: UserNumber,
        address: &Address,
        is_new: bool,
    ) -> Result<(), Error> {
        let take = async |pointer: Pointer| {
            let is_taken = match pointer.holder() {
                Some(holder) if holder == number => true,
                Some(holder) if !is_new => self.has_address(holder, address).await?,
                _ => false,
            };
            Ok(if is_taken || !self.has_address(number, address).await? {
                Swap::Leave(())
            } else {
                Swap::Write(Pointer::to(number), ())
            })
        };
        let key = key::email(&address.sha256);
        self.swap_as(Token::random()?, &key, take).await?;
        Ok(())
    }

    /// Reads the pointer of an address.
    pub(super) async fn pointed(&self, address: &Address) -> Result<Pointed, Error> {
        let (email, md5) = (key::email(&address.sha256), key::md5(&address.md5));
        let (holder, translation) = try_join(self.pointer(&email), self.store.get(&md5)).await?;
        Ok(Pointed {
            is_translated: translation.is_some(),
            holder,
        })
    }

    /// Whether the record of this number is live and has this address.
    pub(super) async fn has_address(
        &self,
        number: UserNumber,
        address: &Address,
    ) -> Result<bool, Error> {
        let user = self.live(number).await?;
        Ok(user.is_some_and(|user| Address::of(&user).as_ref() == Some(address)))
    }
}
