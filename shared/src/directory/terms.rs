//! The terms for a change of an avatar. The swap that makes the change checks them on the same value.

use serde::{Deserialize, Serialize};

use crate::Error;

/// How long a change counts, in seconds.
const WINDOW: u64 = 60;

/// A change of an avatar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The time of the change, in milliseconds since the epoch. It grows with every change of a user's avatar.
    pub timestamp: u64,
    /// A value that is unique to this change.
    pub revision: String,
}

/// A test of the present picture's change, or `None` if there is no picture.
pub type Precondition<'t> = dyn Fn(Option<&Change>) -> bool + 't;

/// The terms of a change. There are none by default.
#[derive(Default)]
pub struct Terms<'t> {
    /// Whether the change is allowed, given the change that stored the present picture.
    pub precondition: Option<Box<Precondition<'t>>>,
    /// The most changes per minute on these terms.
    pub changes_a_minute: Option<u64>,
}

impl Terms<'_> {
    /// Checks the terms and counts the change.
    pub(super) fn check(
        &self,
        present: Option<&Change>,
        recent: &mut Recent,
        now: u64,
    ) -> Result<(), Error> {
        if let Some(precondition) = &self.precondition
            && !precondition(present)
        {
            return Err(Error::PreconditionFailed);
        }
        match self.changes_a_minute {
            Some(limit) => recent.count(limit, now / 1000),
            None => Ok(()),
        }
    }
}

/// The number of changes in each of the recent seconds, in order. Any two seconds are less than a window apart, so
/// there are at most as many as the window has.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Recent(Vec<(u64, u64)>);

impl Recent {
    fn count(&mut self, limit: u64, second: u64) -> Result<(), Error> {
        // A change with a slightly later start may already be stored, so it counts. If the clock was set back, older
        // entries lie further in the future and are dropped.
        self.0.retain(|(at, _)| at.abs_diff(second) < WINDOW);
        let total = self
            .0
            .iter()
            .fold(0_u64, |total, (_, changes)| total.saturating_add(*changes));
        if total >= limit {
            // This many changes have to leave the window.
            let mut excess = total - limit + 1;
            let leaves = self.0.iter().find_map(|(at, changes)| {
                excess = excess.saturating_sub(*changes);
                (excess == 0).then_some(at + WINDOW)
            });
            return Err(Error::TooManyChanges {
                retry_after: leaves.map_or(WINDOW, |leaves| leaves - second),
            });
        }
        let place = self.0.partition_point(|(at, _)| *at < second);
        match self.0.get_mut(place) {
            Some((at, changes)) if *at == second => *changes += 1,
            _ => self.0.insert(place, (second, 1)),
        }
        Ok(())
    }
}
