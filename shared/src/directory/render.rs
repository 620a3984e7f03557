//! Keeps renderings. Each is made once, however many calls want it at the same time.

use super::avatar::Avatar;
use super::parts::parts;
use super::portrait::{Kept, Portrait};
use super::put_avatar::Attempt;
use super::rendered::Claim;
use super::stored_avatar::{Leftovers, StoredAvatar};
use super::swap::{Swap, Token};
use super::{Directory, kept, key};
use crate::Error;
use crate::name::UserNumber;
use crate::rendering::{Rendering, Size};
use crate::store::Store;

/// How often a call claims a rendering, or waits for another call that has claimed it.
const CLAIMS: usize = 4;

/// The pauses of a call that waits for another one to make the rendering, in milliseconds: about a second in all.
const PAUSES: [u64; 7] = [8, 16, 32, 64, 128, 256, 512];

/// What a call that wants a rendering is to do.
#[derive(Debug)]
pub enum Claimed {
    /// It makes the rendering.
    Mine(RenderingClaim),
    /// Nothing: the rendering is kept by now, or can't be made, or there is no picture.
    Done(Option<Portrait>),
}

/// The right to make a rendering, which only one call has at a time.
#[derive(Debug)]
pub struct RenderingClaim {
    /// The picture.
    pub avatar: Avatar,
    number: UserNumber,
    size: Size,
    /// The change that stored the picture.
    change: Token,
    /// Names this claim.
    token: Token,
    /// Where the picture is to be set apart.
    slot: Option<u8>,
    began: u64,
}

impl<S: Store> Directory<S> {
    /// Claims to make the rendering of a user's avatar in the [kept size](Size::kept), in one commit. If another call has
    /// claimed it, waits for that one's rendering. If none comes within a second, the other call has probably died, and
    /// this one takes its place.
    ///
    /// # Errors
    /// As [`Directory::avatar`]; [`Error::Contended`] if several other calls have claimed it in vain.
    pub async fn claim_rendering(&self, number: UserNumber, size: Size) -> Result<Claimed, Error> {
        let size = size.kept();
        let mut lost = None;
        for _ in 0..CLAIMS {
            let began = (self.clock)();
            let token = Token::random()?;
            let claim = |stored: &mut StoredAvatar| {
                let claim = stored.claim_rendering(size, lost, token, began);
                Ok(match claim {
                    Claim::Made(..) => Attempt::Write(claim),
                    Claim::Taken(_) | Claim::Unrenderable | Claim::Nothing => Attempt::Leave(claim),
                })
            };
            let claim = match self.change_avatar(number, token, began, claim).await {
                // The user is gone.
                Err(Error::NoSuchUser(_)) => Claim::Nothing,
                claim => claim?,
            };
            match claim {
                Claim::Made(picture, bytes, slot) => {
                    let bytes = match picture.place() {
                        Some((slot, token)) => self.picture_in(number, slot, token).await?,
                        None => Some(bytes),
                    };
                    // Without all its parts, the picture was replaced.
                    if let Some(bytes) = bytes {
                        return Ok(Claimed::Mine(RenderingClaim {
                            avatar: Avatar::new(&picture, bytes),
                            number,
                            size,
                            change: picture.token,
                            token,
                            slot,
                            began,
                        }));
                    }
                }
                Claim::Taken(other) => {
                    if let Some(done) = self.wait_for(number, size).await? {
                        return Ok(done);
                    }
                    lost = Some(other);
                }
                Claim::Unrenderable | Claim::Nothing => {
                    let portrait = self.portrait(number, size).await?;
                    // By now another picture may be there.
                    if !is_missing(portrait.as_ref()) {
                        return Ok(Claimed::Done(portrait));
                    }
                }
            }
        }
        Err(Error::Contended)
    }

    /// Waits for the rendering that another call has claimed. Returns `None` if it doesn't come.
    async fn wait_for(&self, number: UserNumber, size: Size) -> Result<Option<Claimed>, Error> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let portrait = self.portrait(number, size).await?;
            if !is_missing(portrait.as_ref()) {
                return Ok(Some(Claimed::Done(portrait)));
            }
            let Some(pause) = pauses.next() else {
                return Ok(None);
            };
            self.store.pause(pause).await;
        }
    }

    /// Keeps a rendering that was claimed, in one commit. If the picture is the first time rendered, and large, sets it
    /// apart as well, which takes another commit. If the picture was replaced meanwhile, nothing is kept.
    ///
    /// # Errors
    /// The store's; [`Error::Internal`] for a rendering that is larger than one of its size can be.
    pub async fn keep_rendering(
        &self,
        claim: &RenderingClaim,
        rendering: &Rendering,
    ) -> Result<(), Error> {
        let RenderingClaim {
            number,
            size,
            change,
            token,
            began,
            ..
        } = *claim;
        let mut values = kept::pieces(number, size, change, Token::random()?, rendering)?;
        let slot = claim.slot.filter(|_| self.require_time(began).is_ok());
        if let Some(slot) = slot {
            values.extend(parts(number, slot, token, &claim.avatar.bytes));
        }
        self.store.set_many(values).await?;
        let is_present = match slot {
            Some(slot) => self.set_apart(claim, slot).await?,
            None => self.avatar_change(number).await?.as_ref() == Some(&claim.avatar.change),
        };
        if is_present {
            return Ok(());
        }
        // Who replaced the picture may have removed its renderings before this one was stored.
        let keys = kept::keys(number, size);
        self.remove_keys(&keys).await
    }

    /// Swaps the header for one that names the parts of the picture. Returns whether the picture is still the user's.
    async fn set_apart(&self, claim: &RenderingClaim, slot: u8) -> Result<bool, Error> {
        let RenderingClaim { number, change, .. } = *claim;
        let now = (self.clock)();
        let swap = |stored: &mut StoredAvatar| {
            let is_present = stored.is_settled_by(change);
            Ok(if stored.set_apart(change, slot, claim.token) {
                Attempt::Write(true)
            } else {
                Attempt::Leave(is_present)
            })
        };
        let outcome = self
            .change_avatar(number, Token::random()?, now, swap)
            .await;
        match outcome {
            Ok(true) => return Ok(true),
            Ok(false) => {
                let slot = Leftovers::from(slot);
                // If this fails, later changes of the avatar empty the slot.
                let _ = self
                    .give_back(number, &slot, claim.token, claim.began)
                    .await;
            }
            Err(Error::NoSuchUser(_)) => self.empty_slots(number, &[slot]).await?,
            Err(error) => return Err(error),
        }
        Ok(false)
    }

    /// Notes that a picture can't be rendered, so that no call tries it again. Returns whether this call is the first
    /// that notes it.
    ///
    /// # Errors
    /// The store's.
    pub async fn note_unrenderable(&self, claim: &RenderingClaim) -> Result<bool, Error> {
        let key = key::avatar(claim.number);
        let noted = self.swap(&key, |mut stored: StoredAvatar| {
            Ok(if stored.note_unrenderable(claim.change, claim.token) {
                Swap::Write(stored, true)
            } else {
                Swap::Leave(false)
            })
        });
        Ok(noted.await?.unwrap_or(false))
    }
}

fn is_missing(portrait: Option<&Portrait>) -> bool {
    portrait.is_some_and(|portrait| portrait.rendering == Kept::Missing)
}
