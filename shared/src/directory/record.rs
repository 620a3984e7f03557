//! The stored record of a user.

use serde::{Deserialize, Serialize};

use super::swap::{Stored, Token, Writes};
use crate::Error;
use crate::name::UserId;
use crate::user::User;

/// The version of the format.
const VERSION: u8 = 2;

/// The state of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// A user, if the pointer of its name leads to it.
    Live,
    /// A user in creation. It becomes live when all pointers are taken.
    Pending,
    /// Nobody. Its pointers are free.
    Dead,
}

/// A user's record, stored as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    version: u8,
    state: State,
    writes: Writes,
    created: u64,
    /// `None` in a dead record, which keeps no personal data.
    user: Option<User>,
    /// The id of a deleted user.
    deleted: Option<UserId>,
}

impl Record {
    pub(super) fn new(state: State, user: User, created: u64) -> Self {
        Self {
            version: VERSION,
            state,
            writes: Writes::default(),
            created,
            user: Some(user),
            deleted: None,
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// When the creation began, in milliseconds since the epoch.
    pub(super) fn created(&self) -> u64 {
        self.created
    }

    pub(super) fn into_live_user(self) -> Option<User> {
        self.user.filter(|_| self.state == State::Live)
    }

    pub(super) fn live_user_mut(&mut self) -> Option<&mut User> {
        self.user.as_mut().filter(|_| self.state == State::Live)
    }

    /// The id of the user, if this record's user was deleted.
    pub(super) fn deleted(&self) -> Option<&UserId> {
        self.deleted.as_ref()
    }

    /// Turns a pending record into a live one.
    pub(super) fn go_live(&mut self) {
        self.state = State::Live;
    }

    /// Turns a user's record into a dead one.
    pub(super) fn delete(&mut self) {
        self.deleted = self.user.take().map(|user| user.id);
        self.state = State::Dead;
    }

    /// Turns the record of an incomplete creation into a dead one.
    pub(super) fn abandon(&mut self) {
        self.user = None;
        self.state = State::Dead;
    }
}

impl Stored for Record {
    fn decode(bytes: Vec<u8>) -> Result<Self, Error> {
        let unreadable = |reason: String| Error::Internal {
            detail: format!("a user's record cannot be read: {reason}"),
        };
        // serde_json quotes the wrong text, which may be personal. Only its place goes to the log.
        let record: Self = serde_json::from_slice(&bytes)
            .map_err(|error| unreadable(format!("column {}", error.column())))?;
        if record.version == VERSION {
            Ok(record)
        } else {
            Err(unreadable(format!("version {}", record.version)))
        }
    }

    fn encode(&mut self, token: Token) -> Result<Vec<u8>, Error> {
        self.writes.sign(token);
        serde_json::to_vec(self).map_err(|error| Error::Internal {
            detail: format!("a user's record cannot be written: {error}"),
        })
    }

    fn shows(&self, token: Token, _: &Self) -> bool {
        self.writes.contain(token)
    }
}
