//! Reads avatars.

use bytes::Bytes;

use super::picture::Picture;
use super::stored_avatar::StoredAvatar;
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
    pub(super) fn new(picture: &Picture, bytes: Bytes) -> Self {
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
        let skipped = stored.uploads().iter().take(skipped);
        let is_right = self.are_claimed_still(number, skipped).await?;
        Ok(is_right.then_some(found))
    }

    /// Whether no slot of these uploads was claimed again. Uploads that seemed not to have landed may have been
    /// overwritten after they had.
    async fn are_claimed_still<'p>(
        &self,
        number: UserNumber,
        mut uploads: impl ExactSizeIterator<Item = &'p Picture>,
    ) -> Result<bool, Error> {
        if uploads.len() == 0 {
            return Ok(true);
        }
        let now = self.stored_avatar(number).await?;
        Ok(now.is_some_and(|now| uploads.all(|upload| now.has_claim_of(upload.token))))
    }

    /// Reads a picture of a stored avatar, if all of it is there.
    pub(super) async fn picture(
        &self,
        number: UserNumber,
        stored: &StoredAvatar,
        picture: &Picture,
    ) -> Result<Option<Avatar>, Error> {
        let bytes = match picture.place() {
            Some((slot, token)) => self.picture_in(number, slot, token).await?,
            None => Some(stored.inline_bytes()),
        };
        Ok(bytes.map(|bytes| Avatar::new(picture, bytes)))
    }

    /// Returns the change that stored a user's avatar, if there is one.
    ///
    /// # Errors
    /// As [`Directory::avatar`].
    pub async fn avatar_change(&self, number: UserNumber) -> Result<Option<Change>, Error> {
        let present = self.present(number).await?;
        Ok(present.map(|(_, picture)| picture.change()))
    }

    /// Returns the stored avatar of a user and which of its pictures is the newest that is there.
    pub(super) async fn present(
        &self,
        number: UserNumber,
    ) -> Result<Option<(StoredAvatar, Picture)>, Error> {
        for _ in 0..READS {
            let Some(stored) = self.stored_avatar(number).await? else {
                return Ok(None);
            };
            // The end of an upload's parts tells that all are there.
            let landed = self.landed(number, &stored.open_uploads()).await?;
            let mut uploads = stored.uploads().iter();
            let newest = uploads.position(|upload| landed.contains(&upload.token));
            let skipped = stored.uploads().iter();
            let skipped = skipped.take(newest.unwrap_or(stored.uploads().len()));
            if self.are_claimed_still(number, skipped).await? {
                let newest = newest.and_then(|newest| stored.uploads().get(newest));
                let picture = newest.or(stored.settled()).cloned();
                return Ok(picture.map(|picture| (stored, picture)));
            }
        }
        Err(Error::Contended)
    }

    pub(super) async fn stored_avatar(
        &self,
        number: UserNumber,
    ) -> Result<Option<StoredAvatar>, Error> {
        let value = self.store.get(&key::avatar(number)).await?;
        value.map(StoredAvatar::decode).transpose()
    }
}
