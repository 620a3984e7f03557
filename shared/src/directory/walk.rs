//! Walks over the numbers of users. They complete the summaries of segments and remove what crashes have left behind.

use std::cell::Cell;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::record::State;
use super::segment::{
    self, Changes, Finding, GROUP, Question, SETTLED_AFTER, Summary, decode_group, segment_of,
};
use super::{Directory, READS_AT_A_TIME, key};
use crate::Error;
use crate::name::UserNumber;
use crate::store::{Store, counter};

/// The most creations that one call abandons. Each takes one of an instance's few swaps.
pub(super) const MOST_ABANDONED: u32 = 16;

/// The most numbers that one call sweeps.
const MOST_SWEPT: usize = 64;

/// One in this many creations and deletions cleans up.
const TIDY_EVERY: u64 = 8;

/// The summaries of a group of segments, and the counters that show whether they are up to date.
pub(super) struct Group {
    number: u64,
    /// The last number of a user when the group was read.
    last: u64,
    summaries: Vec<Summary>,
    changes: Vec<Changes>,
    /// How many findings are not stored yet.
    learned: u64,
}

/// The status of a number.
enum Standing {
    /// It is a user.
    User,
    /// Nothing is stored.
    Nothing,
    /// Its creation may still complete.
    UnderWay,
    /// Its creation broke off.
    BrokenOff(State),
    /// Its record is dead.
    Dead,
}

/// The users of a segment.
pub(super) struct Found {
    pub(super) users: Vec<u64>,
    pub(super) unreadable: Vec<Error>,
}

impl Group {
    /// Reads a group. Its first number is at most `last`.
    pub(super) async fn read<S: Store>(
        directory: &Directory<S>,
        number: u64,
        last: u64,
    ) -> Result<Self, Error> {
        let first = number * GROUP;
        let segments = first..(first + GROUP).min(segment_of(last) + 1);
        let mut keys = vec![key::segment_group(number)];
        keys.extend(segments.map(key::segment_changes));
        let mut values = directory.get_all(&keys).await?.into_iter();
        let summaries = decode_group(values.next().flatten());
        let changes = values
            .map(|value| value.map_or(Ok(0), |bytes| counter(&bytes)).map(Changes))
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            number,
            last,
            summaries,
            changes,
            learned: 0,
        })
    }

    /// How many of the group's segments have numbers that are given out.
    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Returns the users of the segment at this position. Finds out what the summary lacks, and adds it.
    pub(super) async fn look_at<S: Store>(
        &mut self,
        directory: &Directory<S>,
        position: usize,
        swaps_left: &Cell<u32>,
    ) -> Result<Found, Error> {
        let mut found = Found {
            users: Vec::new(),
            unreadable: Vec::new(),
        };
        let (Some(summary), Some(&changes)) =
            (self.summaries.get_mut(position), self.changes.get(position))
        else {
            return Ok(found);
        };
        let segment = self.number * GROUP + u64::try_from(position).unwrap_or_default();
        let last = self.last.min(*segment::numbers(segment).end());
        let now = (directory.clock)();
        let questions = summary.questions(segment, changes, last);
        let answers = questions.iter().map(async |(number, question)| {
            let finding = directory
                .find_out(UserNumber(*number), *question, swaps_left)
                .await?;
            Ok::<_, Error>((*number, finding))
        });
        let findings: Vec<_> = stream::iter(answers)
            .buffered(READS_AT_A_TIME)
            .try_collect()
            .await?;
        self.learned += summary.learn(&findings, changes, last, now);
        found.users = summary.users(segment).collect();
        found.unreadable = findings
            .into_iter()
            .filter_map(|(_, finding)| match finding {
                Finding::Unreadable(error) => Some(error),
                _ => None,
            })
            .collect();
        Ok(found)
    }

    /// Removes the data that late calls have stored for numbers that are gone, for some of them at a time.
    async fn sweep<S: Store>(
        &mut self,
        directory: &Directory<S>,
        position: usize,
    ) -> Result<(), Error> {
        let Some(summary) = self.summaries.get_mut(position) else {
            return Ok(());
        };
        let segment = self.number * GROUP + u64::try_from(position).unwrap_or_default();
        let now = (directory.clock)();
        let gone = summary.gone(segment, now);
        for number in gone.take(MOST_SWEPT).collect::<Vec<_>>() {
            directory.remove(UserNumber(number)).await?;
            summary.forget(number, now);
            self.learned += 1;
        }
        Ok(())
    }

    /// Stores the summaries if at least this much was found out. If two walks store them, the last one wins. The
    /// findings of the other are found out again later.
    pub(super) async fn keep<S: Store>(
        &mut self,
        directory: &Directory<S>,
        least: u64,
    ) -> Result<(), Error> {
        if self.learned < least {
            return Ok(());
        }
        self.learned = 0;
        let value = serde_json::to_vec(&self.summaries).map_err(|error| Error::Internal {
            detail: format!("summaries of segments cannot be written: {error}"),
        })?;
        let value = (key::segment_group(self.number), value);
        directory.store.set_many(vec![value]).await
    }
}

impl<S: Store> Directory<S> {
    /// Removes a little of what crashes have left behind. To be called after the creation or deletion of the user
    /// `number`. One call in eight walks one segment, each time a different one.
    ///
    /// # Errors
    /// The store's.
    pub async fn tidy(&self, number: UserNumber) -> Result<(), Error> {
        if !number.0.is_multiple_of(TIDY_EVERY) {
            return Ok(());
        }
        let last = self.last_number().await?;
        let segment = number.0 / TIDY_EVERY % (segment_of(last) + 1);
        let mut group = Group::read(self, segment / GROUP, last).await?;
        let position = usize::try_from(segment % GROUP).unwrap_or_default();
        if group.needs_a_look(position, (self.clock)()) {
            let swaps_left = Cell::new(MOST_ABANDONED);
            group.look_at(self, position, &swaps_left).await?;
            group.sweep(self, position).await?;
        }
        group.keep(self, 1).await
    }

    /// Finds out about a number, and removes the data of one that belongs to nobody. If that fails, a later walk
    /// tries again.
    async fn find_out(
        &self,
        number: UserNumber,
        question: Question,
        swaps_left: &Cell<u32>,
    ) -> Result<Finding, Error> {
        match self.standing(number, question).await {
            Ok(Standing::User) => return Ok(Finding::User),
            Ok(Standing::Nothing) => return Ok(Finding::Nothing),
            Ok(Standing::UnderWay) => return Ok(Finding::Open),
            Ok(Standing::BrokenOff(found)) => {
                let Some(left) = swaps_left.get().checked_sub(1) else {
                    return Ok(Finding::Open);
                };
                swaps_left.set(left);
                if !matches!(self.abandon(number, found).await, Ok(true)) {
                    return Ok(Finding::Open);
                }
            }
            Ok(Standing::Dead) => {}
            Err(error @ Error::Internal { .. }) => return Ok(Finding::Unreadable(error)),
            Err(error) => return Err(error),
        }
        match self.remove(number).await {
            Ok(()) => Ok(Finding::Gone),
            Err(_) => Ok(Finding::Open),
        }
    }

    /// Determines the status of a number.
    async fn standing(&self, number: UserNumber, question: Question) -> Result<Standing, Error> {
        let Some(record) = self.record(number).await? else {
            return Ok(Standing::Nothing);
        };
        // A clock that was wrong may have put the creation far into the future.
        let age = (self.clock)().abs_diff(record.created());
        let state = record.state();
        if state == State::Dead {
            return Ok(Standing::Dead);
        }
        if let Some(user) = record.into_live_user()
            && (question == Question::IsUserStill || self.is_led_to(&user).await?)
        {
            return Ok(Standing::User);
        }
        Ok(if age > SETTLED_AFTER {
            Standing::BrokenOff(state)
        } else {
            Standing::UnderWay
        })
    }
}

impl Group {
    /// Whether a walk of the segment at this position would find anything to remove or to store.
    fn needs_a_look(&self, position: usize, now: u64) -> bool {
        let (Some(summary), Some(&changes)) =
            (self.summaries.get(position), self.changes.get(position))
        else {
            return false;
        };
        let segment = self.number * GROUP + u64::try_from(position).unwrap_or_default();
        let last = self.last.min(*segment::numbers(segment).end());
        !summary.is_exact(changes) || summary.is_overdue(now) || summary.is_behind(last)
    }
}
