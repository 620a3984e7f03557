//! Reads avatars.

use bytes::Bytes;

use super::stored_avatar::{Picture, StoredAvatar};
use super::swap::Stored as _;
use super::terms::Change;
use super::{Directory, key};
use crate::Error;
use crate::image::Format;
use crate::name::UserNumber;
use crate::store::Store;

/// How often a reader starts over because other calls have replaced the picture.
const READS: usize = 16;

/// A user's picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    /// The format.
    pub format: Format,
    /// The bytes, exactly as uploaded.
    pub bytes: Bytes,
    /// The change that stored it.
    pub change: Change,
}

impl Avatar {
    fn new(picture: &Picture, bytes: Bytes) -> Self {
        Self {
            format: picture.format,
            bytes,
            change: picture.change(),
        }
    }
}

impl<S: Store> Directory<S> {
    /// Returns a user's avatar, if there is one.
    ///
    /// # Errors
    /// The store's; [`Error::Contended`] when the avatar kept changing.
    pub async fn avatar(&self, number: UserNumber) -> Result<Option<Avatar>, Error> {
        for _ in 0..READS {
            let Some(stored) = self.stored_avatar(number).await? else {
                return Ok(None);
            };
            if let Some(visible) = self.visible(number, &stored).await? {
                return Ok(visible);
            }
        }
        Err(Error::Contended)
    }

    /// Returns the newest picture of a stored avatar that is there, or `None` if the avatar has changed meanwhile.
    async fn visible(
        &self,
        number: UserNumber,
        stored: &StoredAvatar,
    ) -> Result<Option<Option<Avatar>>, Error> {
        let mut found = None;
        let mut skipped = 0;
        for upload in stored.uploads() {
            found = self.picture(number, stored, upload).await?;
            if found.is_some() {
                break;
            }
            skipped += 1;
        }
        if found.is_none()
            && let Some(settled) = stored.settled()
        {
            found = self.picture(number, stored, settled).await?;
            if found.is_none() {
                return Ok(None);
            }
        }
        // Uploads that seemed not to have landed may have been overwritten after they had.
        let skipped = stored.uploads().iter().take(skipped);
        let is_right = skipped.len() == 0
            || self.stored_avatar(number).await?.is_some_and(|now| {
                skipped
                    .map(|upload| upload.token)
                    .all(|token| now.has_claim_of(token))
            });
        Ok(is_right.then_some(found))
    }

    /// Reads a picture of a stored avatar, if all of it is there.
    async fn picture(
        &self,
        number: UserNumber,
        stored: &StoredAvatar,
        picture: &Picture,
    ) -> Result<Option<Avatar>, Error> {
        let bytes = match picture.slot {
            Some(slot) => self.picture_in(number, slot, picture.token).await?,
            None => Some(stored.inline_bytes()),
        };
        Ok(bytes.map(|bytes| Avatar::new(picture, bytes)))
    }

    /// Whether a user has an avatar.
    ///
    /// # Errors
    /// The store's.
    pub async fn has_avatar(&self, number: UserNumber) -> Result<bool, Error> {
        match self.stored_avatar(number).await? {
            None => Ok(false),
            Some(stored) if stored.settled().is_some() => Ok(true),
            Some(stored) if stored.uploads().is_empty() => Ok(false),
            // The end of a picture's parts tells that all are there. Only if there is none, the whole must be looked for.
            Some(stored) => {
                let landed = self.landed(number, &stored.open_uploads()).await?;
                let mut uploads = stored.uploads().iter();
                Ok(uploads.any(|upload| landed.contains(&upload.token))
                    || self.avatar(number).await?.is_some())
            }
        }
    }

    pub(super) async fn stored_avatar(
        &self,
        number: UserNumber,
    ) -> Result<Option<StoredAvatar>, Error> {
        let value = self.store.get(&key::avatar(number)).await?;
        value.map(StoredAvatar::decode).transpose()
    }
}
