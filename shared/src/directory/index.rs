//! Indexes the e-mail addresses of users that came before their addresses could be found.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt as _};

use super::address::Address;
use super::segment::NUMBERS;
use super::{Directory, READS_AT_A_TIME, key};
use crate::Error;
use crate::name::UserNumber;
use crate::store::{MAX_BATCH, Store, counter};

/// The most pointers that one call moves. Each takes one of an instance's few swaps.
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
    /// found by, one is. Goes on where the call before ended, and after the last number begins anew. Calls at the same
    /// time do each other no harm.
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
        let numbers = (before.saturating_add(1)..=indexed.up_to).map(UserNumber);
        let needs = numbers.map(async |number| (number, self.need(number).await));
        let mut needs = stream::iter(needs).buffered(READS_AT_A_TIME);
        let mut values = BTreeMap::new();
        let mut moves = Vec::new();
        while let Some((number, need)) = needs.next().await {
            match need {
                Ok(need) => {
                    values.extend(need.values);
                    moves.extend(need.moved.map(|address| (number, address)));
                }
                Err(error @ Error::Internal { .. }) => indexed.unreadable.push(error),
                Err(error) => return Err(error),
            }
            if moves.len() == MOST_MOVED {
                indexed.up_to = number.0;
                break;
            }
        }
        drop(needs);
        let mut values: Vec<_> = values.into_iter().collect();
        while !values.is_empty() {
            let rest = values.split_off(MAX_BATCH.min(values.len()));
            self.store.set_many(values).await?;
            values = rest;
        }
        for (number, address) in moves {
            self.take_address(number, &address, false).await?;
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
