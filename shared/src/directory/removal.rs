//! Deletes users, and removes the rest of a dead record.

use super::record::{Record, State};
use super::segment::{BEGUN, FINISHED, GIVES_UP_AFTER, segment_of};
use super::swap::Swap;
use super::{By, Directory, kept, key};
use crate::Error;
use crate::name::UserNumber;
use crate::store::{MAX_BATCH, Store};

/// The outcome of the swap that makes a record dead.
enum Burial {
    /// This deletion made it dead.
    Made,
    /// An earlier deletion of the same user made it dead.
    MadeBefore,
    /// It belongs to nobody.
    Nobody,
    /// This deletion has taken too long.
    TooLate,
}

impl<S: Store> Directory<S> {
    /// Deletes the user that [`Directory::find`] would find. Returns the user's number, if there is one. Also finds a
    /// user whose deletion failed before its end, and removes the rest.
    ///
    /// # Errors
    /// As [`Directory::delete`].
    pub async fn find_and_delete(
        &self,
        text: &str,
        order: &[By],
    ) -> Result<Option<UserNumber>, Error> {
        let mut number = None;
        for by in order {
            // A request that is sent again means the same user. So a deletion that has begun comes before the next kind
            // of key.
            number = match self.find(text, &[*by]).await? {
                Some(user) => Some(user.number),
                None => self.find_deleted(text, *by).await?,
            };
            if number.is_some() {
                break;
            }
        }
        let Some(number) = number else {
            return Ok(None);
        };
        match self.delete(number).await {
            Ok(()) => Ok(Some(number)),
            Err(Error::NoSuchUser(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Finds the dead record of a deleted user.
    async fn find_deleted(&self, text: &str, by: By) -> Result<Option<UserNumber>, Error> {
        let Some(number) = self.number_by(text, by).await? else {
            return Ok(None);
        };
        let record = self.record(number).await?;
        let id = record.as_ref().and_then(Record::deleted);
        let is_found = id.is_some_and(|id| by != By::Id || id.as_str() == text);
        Ok(is_found.then_some(number))
    }

    /// Deletes a user:
    ///
    /// 1. The record becomes dead. It holds no personal data any more, and its names are free.
    /// 2. The avatar is removed.
    /// 3. The record is removed.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`] when the user is gone. After the store's errors the user may be gone, and something of the
    /// avatar may be left: the same call goes on with it.
    pub async fn delete(&self, number: UserNumber) -> Result<(), Error> {
        let changes = key::segment_changes(segment_of(number.0));
        let began = (self.clock)();
        self.count(&changes, BEGUN).await?;
        let mut tried = false;
        let burial = self
            .swap(&key::user(number), |mut record: Record| {
                if record.deleted().is_some() {
                    return Ok(Swap::Leave(Burial::MadeBefore));
                }
                if record.state() != State::Live {
                    return Ok(Swap::Leave(Burial::Nobody));
                }
                if (self.clock)().saturating_sub(began) > GIVES_UP_AFTER {
                    return Ok(Swap::Leave(Burial::TooLate));
                }
                tried = true;
                record.delete();
                Ok(Swap::Write(record, Burial::Made))
            })
            .await?;
        // If the record is gone after our swap, another call has removed it.
        let burial = burial.unwrap_or(if tried { Burial::Made } else { Burial::Nobody });
        // If this fails, walks trust the segment's summary again after an hour.
        let _ = self.store.increment(&changes, FINISHED).await;
        match burial {
            Burial::Made | Burial::MadeBefore => self.remove(number).await,
            Burial::Nobody => Err(Error::NoSuchUser(number.to_string())),
            Burial::TooLate => Err(Error::TimedOut),
        }
    }

    /// Turns a record in this state into a dead one, so its creation can no longer complete. Returns `false` if the
    /// record has another state by now and is not dead.
    pub(super) async fn abandon(&self, number: UserNumber, found: State) -> Result<bool, Error> {
        let is_dead = self
            .swap(&key::user(number), |mut record: Record| {
                if record.state() == found {
                    record.abandon();
                    return Ok(Swap::Write(record, true));
                }
                Ok(Swap::Leave(record.state() == State::Dead))
            })
            .await?;
        Ok(is_dead.unwrap_or(true))
    }

    /// Removes everything that belongs to a dead record, in this order:
    ///
    /// 1. The avatar. A call that stores parts or renderings later finds no avatar and removes them.
    /// 2. The renderings and the parts of pictures.
    /// 3. The record. If this breaks off before, it leads to the rest.
    pub(super) async fn remove(&self, number: UserNumber) -> Result<(), Error> {
        let mut keys = vec![key::avatar(number)];
        // On SQLite, one operation removes all of these or none.
        if !self.store.is_sqlite().await {
            self.remove_keys(&keys).await?;
            keys.clear();
        }
        keys.extend(kept::all_keys(number));
        self.remove_keys(&keys).await?;
        self.empty_all_slots(number).await?;
        self.remove_keys(&[key::user(number)]).await
    }

    pub(super) async fn remove_keys(&self, keys: &[String]) -> Result<(), Error> {
        for keys in keys.chunks(MAX_BATCH) {
            self.store.delete_many(keys).await?;
        }
        Ok(())
    }
}
