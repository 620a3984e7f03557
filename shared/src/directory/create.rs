//! Creates users.

use futures::future::try_join_all;

use super::address::Address;
use super::list::MAX_NUMBER;
use super::parts::parts;
use super::record::{Record, State};
use super::segment::GIVES_UP_AFTER;
use super::stored_avatar::StoredAvatar;
use super::swap::{Stored as _, Swap, Token, random_u64};
use super::{Directory, key};
use crate::Error;
use crate::name::{UserId, UserNumber};
use crate::store::Store;
use crate::user::{NewUser, User};

/// How often to try for a pointer. Each failed try means that another call moved it.
const ATTEMPTS: usize = 64;

/// How often a creation that has lost checks whether the winner has completed.
const LOOKS: u32 = 8;

/// A pointer that a new user needs, and the field that it is for.
struct Claim {
    key: String,
    field: &'static str,
    /// Whether the pointer exists, even if it leads to nobody.
    exists: bool,
}

/// A creation in progress.
#[derive(Clone, Copy)]
struct Creation {
    number: UserNumber,
    /// When it began, in milliseconds since the epoch.
    began: u64,
    /// Whether the record is live before the pointers are taken.
    state: State,
}

impl<S: Store> Directory<S> {
    /// Creates a user. If several calls want the same name at the same time, one of them gets it.
    ///
    /// The user exists from one moment on:
    ///
    /// - With a name only: when the name's pointer leads to the user.
    /// - With an `externalId` or a `commonId`: when the record is swapped from pending to live.
    ///
    /// Before that moment nobody sees anything of the user.
    ///
    /// # Errors
    /// [`Error::Taken`], [`Error::Contended`] where a rival was quicker and has not become a user either, and the
    /// store's; after those the user may or may not exist.
    pub async fn create(&self, new: NewUser) -> Result<User, Error> {
        // Checked first: a taken name costs neither a password hash nor a number.
        let claims = self.free_claims(&new).await?;
        let password = new.password.map(|password| password.hash()).transpose()?;
        let began = (self.clock)();
        let number = self.next_number().await?;
        let user = User {
            number,
            id: UserId::new(number, random_u64()?),
            username: new.username,
            auth_source: new.auth_source,
            password,
            remembered_login: None,
            enabled: new.enabled,
            roles: new.roles,
            external_id: new.external_id,
            common_id: new.common_id,
            profile: new.profile,
        };
        let state = if claims.len() == 1 {
            State::Live
        } else {
            State::Pending
        };

        let token = Token::random()?;
        let mut avatar = StoredAvatar::default();
        let mut values = Vec::new();
        if let Some(image) = &new.image {
            avatar = StoredAvatar::first(image, began, token);
            if let Some(slot) = avatar.settled().and_then(|picture| picture.slot) {
                values = parts(number, slot, token, image.bytes());
            }
        }
        let record = Record::new(state, user.clone(), began).encode(token)?;
        values.push((key::user(number), record));
        values.push((key::avatar(number), avatar.encode(token)?));
        let address = Address::of(&user);
        values.extend(address.as_ref().map(Address::translation));
        self.store.set_many(values).await?;

        let creation = Creation {
            number,
            began,
            state,
        };
        match self.finish(creation, &claims).await {
            Ok(()) => {
                // A creation that loses must not take the address from the winner, so this comes after the moment of
                // creation.
                if let Some(address) = &address {
                    self.point(number, address, true).await?;
                }
                Ok(user)
            }
            Err(refusal @ (Error::Taken { .. } | Error::Contended)) => {
                // If this fails, the rest is invisible and harmless.
                let _ = self.remove(number).await;
                Err(refusal)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Returns the pointers that a user needs, if all are free. All creations take them in this order.
    async fn free_claims(&self, new: &NewUser) -> Result<Vec<Claim>, Error> {
        let ids = [
            (new.external_id.as_deref().map(key::external), "externalId"),
            (new.common_id.as_deref().map(key::common), "commonId"),
        ];
        let name = (Some(key::name(&new.username.folded())), "username");
        let keys = [name].into_iter().chain(ids);
        let claims = keys.filter_map(|(key, field)| Some((key?, field)));
        try_join_all(claims.map(async |(key, field)| {
            let pointer = self.pointer(&key).await?;
            if let Some(holder) = pointer.flatten()
                && self.state(holder).await? == Some(State::Live)
            {
                return Err(Error::Taken { field });
            }
            let exists = pointer.is_some();
            Ok(Claim { key, field, exists })
        }))
        .await
    }

    async fn next_number(&self) -> Result<UserNumber, Error> {
        let number = self.count(key::SEQUENCE, 1).await?;
        match u64::try_from(number) {
            Ok(number @ 1..=MAX_NUMBER) => Ok(UserNumber(number)),
            _ => Err(Error::Internal {
                detail: format!("{number} cannot be the number of a user"),
            }),
        }
    }

    /// Takes all pointers. The last step is the moment of creation.
    async fn finish(&self, creation: Creation, claims: &[Claim]) -> Result<(), Error> {
        for claim in claims {
            self.take(creation, claim).await?;
        }
        if creation.state == State::Live || self.go_live(creation).await? {
            return Ok(());
        }
        // Another call needed one of the pointers before the record was live.
        for claim in claims {
            if let Some(holder) = self.holder(&claim.key).await?
                && holder != creation.number
            {
                return Err(self.lost(claim, holder).await?);
            }
        }
        Err(Error::Contended)
    }

    /// Makes a pointer lead to the new user.
    async fn take(&self, creation: Creation, claim: &Claim) -> Result<(), Error> {
        let Creation { number, .. } = creation;
        if !claim.exists {
            self.make_counter(&claim.key).await?;
        }
        let mut free = None;
        for _ in 0..ATTEMPTS {
            if creation.state == State::Live {
                self.give_up_if_late(creation)?;
            }
            let holder = self.move_pointer(&claim.key, number, free).await?;
            let Some(holder) = holder else {
                return Err(Error::Internal {
                    detail: format!("the pointer of a user's {} has vanished", claim.field),
                });
            };
            if holder == number {
                return Ok(());
            }
            if !self.makes_way(holder).await? {
                return Err(Error::Taken { field: claim.field });
            }
            free = Some(holder);
        }
        Err(Error::Contended)
    }

    /// Explains the loss of a pointer to another creation. That creation's user may exist by now, or may yet fail.
    async fn lost(&self, claim: &Claim, holder: UserNumber) -> Result<Error, Error> {
        for look in 0..LOOKS {
            self.pause_before(look).await?;
            match self.state(holder).await? {
                Some(State::Live) => return Ok(Error::Taken { field: claim.field }),
                Some(State::Pending) => {}
                Some(State::Dead) | None => break,
            }
        }
        Ok(Error::Contended)
    }

    /// Whether a pointer to `holder` may be taken. If the holder's creation is not complete, stops it first and
    /// removes its data. Either its last swap fails or the taker's does.
    async fn makes_way(&self, holder: UserNumber) -> Result<bool, Error> {
        let is_gone = match self.state(holder).await? {
            None => return Ok(true),
            Some(State::Live) => false,
            Some(State::Dead) => true,
            Some(State::Pending) => self.abandon(holder, State::Pending).await?,
        };
        if is_gone {
            // If this fails, the rest is harmless.
            let _ = self.remove(holder).await;
        }
        Ok(is_gone)
    }

    /// Makes a pending record live. Returns `false` if another call has stopped this creation.
    async fn go_live(&self, creation: Creation) -> Result<bool, Error> {
        let outcome = self
            .swap(&key::user(creation.number), |mut record: Record| {
                self.give_up_if_late(creation)?;
                Ok(match record.state() {
                    State::Pending => {
                        record.go_live();
                        Swap::Write(record, true)
                    }
                    State::Live => Swap::Leave(true),
                    State::Dead => Swap::Leave(false),
                })
            })
            .await?;
        Ok(outcome.unwrap_or(false))
    }

    /// Fails a creation that has taken too long for its last step.
    fn give_up_if_late(&self, creation: Creation) -> Result<(), Error> {
        if (self.clock)().saturating_sub(creation.began) > GIVES_UP_AFTER {
            Err(Error::TimedOut)
        } else {
            Ok(())
        }
    }
}
