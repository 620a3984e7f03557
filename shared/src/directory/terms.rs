//! The terms on which an avatar may be changed. They are looked at in the same swap that makes the change.

use serde::{Deserialize, Serialize};

use crate::Error;

/// How long a change counts, in seconds.
const WINDOW: u64 = 60;

/// A change of an avatar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When it was, in milliseconds since the epoch; grows with every change of one user's avatar.
    pub timestamp: u64,
    /// What no other change has.
    pub revision: String,
}

/// What the present picture must be, if there is one.
pub type Precondition<'t> = dyn Fn(Option<&Change>) -> bool + 't;

/// The terms of a change; by default there are none.
#[derive(Default)]
pub struct Terms<'t> {
    /// Whether the change may be made, by the change that put the present picture there.
    pub precondition: Option<Box<Precondition<'t>>>,
    /// The most changes on these terms within a minute.
    pub changes_a_minute: Option<u64>,
}

impl Terms<'_> {
    /// Whether there are none.
    pub(super) fn allow_all(&self) -> bool {
        self.precondition.is_none() && self.changes_a_minute.is_none()
    }

    /// Looks whether the terms are met, and counts the change.
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

/// How many changes there were in each of the seconds around now, in order. Any two of them are less than a window
/// apart, so that there are no more than it has seconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Recent(Vec<(u64, u64)>);

impl Recent {
    fn count(&mut self, limit: u64, second: u64) -> Result<(), Error> {
        // A change that began a little later may have been made before. What a clock that was set back leaves behind
        // lies further in the future, and is forgotten.
        self.0.retain(|(at, _)| at.abs_diff(second) < WINDOW);
        let total = self
            .0
            .iter()
            .fold(0_u64, |total, (_, changes)| total.saturating_add(*changes));
        if total >= limit {
            // So many have to leave the window.
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
