//! Indexes the e-mail addresses of users that came before their addresses could be found.

use std::collections::BTreeMap;

use futures::future::join_all;

use super::address::Address;
use super::segment::NUMBERS;
use super::{Directory, key};
use crate::Error;
use crate::name::UserNumber;
use crate::store::{MAX_BATCH, Store, counter};

/// The most values that a user's address needs: its pointer, and the translation of its MD5.
const VALUES_OF_A_USER: usize = 2;

/// After moving this many pointers a call ends. Each takes one of an instance's few swaps.
const MOST_MOVED: usize = 32;

/// How far the users' addresses are indexed.
#[derive(Debug)]
pub struct Indexed {
    /// All numbers up to this one have been looked at.
    pub up_to: u64,
    /// The last number that was given to a user.
    pub last: u64,
    /// The reasons why records could not be read and were left out. They are for the log only.
    pub unreadable: Vec<Error>,
}

impl Indexed {
    /// Whether all users have been looked at.
    pub fn is_done(&self) -> bool {
        self.up_to >= self.last
    }
}

/// What a user's address needs to be found.
#[derive(Default)]
struct Need {
    /// Keys that are missing, and their values.
    values: Vec<(String, Vec<u8>)>,
    /// The address, if its pointer leads to somebody who doesn't have it.
    moved: Option<Address>,
}

impl<S: Store> Directory<S> {
    /// Makes the next 1,024 numbers' users found by their addresses. Of users with the same address that nobody was
    /// found by, one is. Goes on where the call before ended, and after the last number begins anew. Several such calls
    /// at the same time do no harm. A change of an address in the moment between a read and a write here may be lost
    /// to the index until the user's next change.
    ///
    /// # Errors
    /// The store's. The next call goes on where this one began.
    pub async fn index_addresses(&self) -> Result<Indexed, Error> {
        let last = self.last_number().await?;
        let bytes = self.store.get(key::INDEXED).await?;
        let before = bytes.map_or(Ok(0), |bytes| counter(&bytes))?;
        let before = if before < last { before } else { 0 };
        let mut indexed = Indexed {
            up_to: last.min(before.saturating_add(NUMBERS)),
            last,
            unreadable: Vec::new(),
        };
        let numbers: Vec<_> = (before.saturating_add(1)..=indexed.up_to).collect();
        let mut moved = 0;
        // What is written was read just before.
        for numbers in numbers.chunks(MAX_BATCH / VALUES_OF_A_USER) {
            let needs = numbers.iter().map(|number| self.need(UserNumber(*number)));
            let mut values = BTreeMap::new();
            let mut moves = Vec::new();
            for (number, need) in numbers.iter().zip(join_all(needs).await) {
                match need {
                    Ok(need) => {
                        values.extend(need.values);
                        moves.extend(need.moved.map(|address| (UserNumber(*number), address)));
                    }
                    Err(error @ Error::Internal { .. }) => indexed.unreadable.push(error),
                    Err(error) => return Err(error),
                }
            }
            if !values.is_empty() {
                self.store.set_many(values.into_iter().collect()).await?;
            }
            moved += moves.len();
            for (number, address) in moves {
                self.take_address(number, &address, false).await?;
            }
            if moved >= MOST_MOVED {
                indexed.up_to = numbers.last().copied().unwrap_or(indexed.up_to);
                break;
            }
        }
        let progress = (key::INDEXED.to_owned(), indexed.up_to.to_le_bytes().into());
        self.store.set_many(vec![progress]).await?;
        Ok(indexed)
    }

    /// Finds out what the address of the user with this number needs.
    async fn need(&self, number: UserNumber) -> Result<Need, Error> {
        let mut need = Need::default();
        let user = self.live(number).await?;
        let Some((address, user)) = user.and_then(|user| Some((Address::of(&user)?, user))) else {
            return Ok(need);
        };
        let pointed = self.pointed(&address).await?;
        let is_found = match pointed.holder.flatten() {
            None => false,
            Some(holder) => holder == number || self.has_address(holder, &address).await?,
        };
        // A creation under way is not a user yet.
        if is_found && pointed.is_translated || !self.is_led_to(&user).await? {
            return Ok(need);
        }
        if !pointed.is_translated {
            need.values.push(address.translation());
        }
        if pointed.holder.is_none() {
            need.values.push(address.pointer_to(number));
        } else if !is_found {
            need.moved = Some(address);
        }
        Ok(need)
    }
}
