//! How a user comes into being.

use super::kept::{Kept, is_large, parts};
use super::record::{Record, State};
use super::swap::{MAX_NUMBER, Pointer, Stored as _, Swap, Token, random_u64};
use super::{Directory, key};
use crate::Error;
use crate::name::{UserId, UserNumber};
use crate::store::Store;
use crate::user::{NewUser, User};

/// How often a pointer is tried for. Each failed try means that another call moved it.
const ATTEMPTS: usize = 256;

/// What the parts of a user's first picture are stored under; counted tickets begin with 1.
const FIRST_TICKET: u64 = 0;

/// A pointer that a new user needs, and the field it stands for.
struct Claim {
    key: String,
    field: &'static str,
    /// Whether this creation had the first turn at the pointer.
    first: bool,
}

/// Whether a record holds on to the pointers that lead to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Keeps,
    MakesWay,
}

impl<S: Store> Directory<S> {
    /// Creates a user: of many that want one name at a time, one gets it.
    ///
    /// The moment of creation is that in which the name's pointer leads to the user or, where an `externalId` or a
    /// `commonId` must be free as well, the swap of the record from pending to live. Before it nobody sees anything.
    ///
    /// # Errors
    /// [`Error::Taken`], and the store's; after those the user may or may not exist.
    pub async fn create(&self, new: NewUser) -> Result<User, Error> {
        let mut claims = claims(&new);
        // A taken name should cost neither a password hash nor a number.
        let mut unused = Vec::new();
        for claim in &mut claims {
            match self.pointer(&claim.key).await? {
                None => unused.push(claim),
                Some(pointer) => {
                    if let Some(holder) = pointer.holder()
                        && self.state(holder).await? == Some(State::Live)
                    {
                        return Err(Error::Taken { field: claim.field });
                    }
                }
            }
        }
        let password = new.password.map(|password| password.hash()).transpose()?;
        let number = self.next_number().await?;
        for claim in unused {
            claim.first = self.store.increment(&key::turns(&claim.key), 1).await? == 1;
        }
        let user = User {
            number: number.into(),
            id: UserId::new(number.into(), random_u64()?),
            username: new.username,
            auth_source: new.auth_source,
            password,
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
        let now = (self.clock)();
        let mut avatar = Kept::default();
        let mut values = Vec::new();
        if let Some(image) = &new.image {
            let ticket = is_large(image).then_some(FIRST_TICKET);
            if let Some(ticket) = ticket {
                values = parts(user.number, image, ticket);
            }
            avatar.put(Some(image), now, token, ticket);
        }
        let record = Record::new(state, user.clone(), now).encode(token)?;
        values.push((key::user(user.number), record));
        values.push((key::avatar(user.number), avatar.encode(token)?));
        self.store.set_many(values).await?;

        match self.take_all(&claims, number, state).await {
            Ok(()) => Ok(user),
            Err(refusal @ (Error::Taken { .. } | Error::Contended)) => {
                // What is left if this fails is invisible, and in nobody's way.
                let _ = self.remove(user.number).await;
                Err(refusal)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn next_number(&self) -> Result<u32, Error> {
        let number = self.store.increment(key::SEQUENCE, 1).await?;
        u32::try_from(number)
            .ok()
            .filter(|number| (1..=MAX_NUMBER).contains(number))
            .ok_or_else(|| Error::Internal {
                detail: format!("{number} cannot be the number of a user"),
            })
    }

    async fn take_all(&self, claims: &[Claim], number: u32, state: State) -> Result<(), Error> {
        for claim in claims {
            self.take(claim, number).await?;
        }
        if state == State::Live || self.go_live(number.into()).await? {
            return Ok(());
        }
        // Somebody needed one of the pointers before we were live.
        for claim in claims {
            if self.holder(&claim.key).await? != Some(number.into()) {
                return Err(Error::Taken { field: claim.field });
            }
        }
        Err(Error::Contended)
    }

    /// Makes a pointer lead to `number`.
    async fn take(&self, claim: &Claim, number: u32) -> Result<(), Error> {
        let ours = Some(UserNumber::from(number));
        if claim.first && self.take_first(claim, number).await? == ours {
            return Ok(());
        }
        let mut free = None;
        let mut created = None;
        for _ in 0..ATTEMPTS {
            let holder = self
                .swap(&claim.key, |mut pointer: Pointer| {
                    let holder = pointer.holder();
                    Ok(if holder == ours || (holder.is_some() && holder != free) {
                        Swap::Leave(holder)
                    } else {
                        pointer.take(number);
                        Swap::Write(pointer, ours)
                    })
                })
                .await?;
            match (holder, created.take()) {
                (Some(holder), _) if holder == ours => return Ok(()),
                (Some(Some(holder)), _) => match self.make_way(holder).await? {
                    Holder::Keeps => return Err(Error::Taken { field: claim.field }),
                    Holder::MakesWay => free = Some(holder),
                },
                // Changes nothing where the pointer exists by now; there some stores report an error.
                (None | Some(None), None) => {
                    created = Some(self.store.increment(&claim.key, 0).await);
                }
                (None | Some(None), Some(creation)) => {
                    return Err(creation.err().unwrap_or(Error::Contended));
                }
            }
        }
        Err(Error::Contended)
    }

    /// Makes a pointer that nobody has had before lead to `number`, and returns whom it leads to then: another call
    /// may have been quicker to swap it. Only the creation with the first turn may do this.
    async fn take_first(&self, claim: &Claim, number: u32) -> Result<Option<UserNumber>, Error> {
        let pointer = match self.store.increment(&claim.key, number.into()).await {
            Ok(pointer) => Pointer::from(pointer.cast_unsigned()),
            Err(failure) => {
                // It may have taken place all the same; and what a swap has left is no number to some stores.
                let pointer = self.pointer(&claim.key).await?.unwrap_or(Pointer::NOBODY);
                if pointer.holder().is_none() {
                    return Err(failure);
                }
                pointer
            }
        };
        Ok(pointer.holder())
    }

    /// Finds out whether a pointer to `holder` may be taken away. A creation that has not come to its end is
    /// stopped for it, so that either its last swap fails or ours; what it has written is removed.
    async fn make_way(&self, holder: UserNumber) -> Result<Holder, Error> {
        let gone = match self.state(holder).await? {
            None => return Ok(Holder::MakesWay),
            Some(State::Live) => false,
            Some(State::Dead) => true,
            Some(State::Pending) => self.stop_creation(holder).await?,
        };
        if !gone {
            return Ok(Holder::Keeps);
        }
        // What is left if this fails is still in nobody's way.
        let _ = self.remove(holder).await;
        Ok(Holder::MakesWay)
    }

    /// Ends a pending creation; `false` when it has been stopped.
    async fn go_live(&self, number: UserNumber) -> Result<bool, Error> {
        let outcome = self
            .swap(&key::user(number), |mut record: Record| {
                Ok(match record.state() {
                    State::Pending => {
                        record.revive();
                        Swap::Write(record, true)
                    }
                    State::Live => Swap::Leave(true),
                    State::Dead => Swap::Leave(false),
                })
            })
            .await?;
        Ok(outcome.unwrap_or(false))
    }
}

/// The pointers that a user needs, in the order in which all take them.
fn claims(new: &NewUser) -> Vec<Claim> {
    let claim = |key, field| Claim {
        key,
        field,
        first: false,
    };
    let mut claims = vec![claim(key::name(&new.username.folded()), "username")];
    claims.extend(
        new.external_id
            .as_deref()
            .map(|id| claim(key::external(id), "externalId")),
    );
    claims.extend(
        new.common_id
            .as_deref()
            .map(|id| claim(key::common(id), "commonId")),
    );
    claims
}
