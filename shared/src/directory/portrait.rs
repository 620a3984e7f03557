//! Reads what is shown of a user's picture to everybody.

use futures::future::try_join;

use super::swap::Token;
use super::terms::Change;
use super::{Directory, kept, key};
use crate::Error;
use crate::name::UserNumber;
use crate::rendering::{Rendering, Size};
use crate::store::Store;
use kept::Piece;

/// The rendering of a user's present picture in one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portrait {
    /// The change that stored the picture.
    pub change: Change,
    /// What is known of the rendering.
    pub rendering: Kept,
}

/// What is known of a rendering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is kept.
    Rendering(Rendering),
    /// It has to be made.
    Missing,
    /// The picture can't be rendered, in any size.
    Unrenderable,
}

impl<S: Store> Directory<S> {
    /// Returns the rendering of a user's avatar in the [kept size](Size::kept), if there is an avatar. Reads the avatar's
    /// change and the rendering at the same time, and never the picture if it was rendered before.
    ///
    /// # Errors
    /// As [`Directory::avatar`].
    pub async fn portrait(
        &self,
        number: UserNumber,
        size: Size,
    ) -> Result<Option<Portrait>, Error> {
        let size = size.kept();
        let key = key::rendering(number, size, 0);
        let (present, piece) = try_join(self.present(number), self.store.get(&key)).await?;
        let Some((stored, picture)) = present else {
            return Ok(None);
        };
        let rendering = if stored.is_unrenderable(picture.token) {
            Kept::Unrenderable
        } else {
            let rendering = self
                .rendering_of(number, size, picture.token, piece)
                .await?;
            rendering.map_or(Kept::Missing, Kept::Rendering)
        };
        Ok(Some(Portrait {
            change: picture.change(),
            rendering,
        }))
    }

    /// Like [`Directory::portrait`], but does not look for the rendering: if there may be one, it counts as missing.
    ///
    /// # Errors
    /// As [`Directory::avatar`].
    pub async fn portrait_without_rendering(
        &self,
        number: UserNumber,
    ) -> Result<Option<Portrait>, Error> {
        let present = self.present(number).await?;
        Ok(present.map(|(stored, picture)| Portrait {
            change: picture.change(),
            rendering: match stored.is_unrenderable(picture.token) {
                true => Kept::Unrenderable,
                false => Kept::Missing,
            },
        }))
    }

    /// Puts a rendering together from its first piece, if it is of the picture that this change has stored.
    async fn rendering_of(
        &self,
        number: UserNumber,
        size: Size,
        change: Token,
        first: Option<Vec<u8>>,
    ) -> Result<Option<Rendering>, Error> {
        let Some(first) = first.and_then(|first| Piece::of(change, first)) else {
            return Ok(None);
        };
        let rest = self.get_all(&first.rest(number, size)).await?;
        Ok(first.with(&rest))
    }

    /// Removes all renderings of a user's picture.
    pub(super) async fn remove_renderings(&self, number: UserNumber) -> Result<(), Error> {
        let keys = kept::all_keys(number);
        self.remove_keys(&keys).await
    }
}
