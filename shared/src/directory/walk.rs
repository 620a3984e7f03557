//! Walks over the numbers of users: they find out what the summaries of segments don't tell, and remove what crashes
//! have left behind.

use std::cell::Cell;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::record::State;
use super::segment::{
    self, Changes, Finding, GROUP, Question, SETTLED_AFTER, Summary, WORTH_A_WALK, decode_group,
    segment_of,
};
use super::{Directory, READS_AT_A_TIME, key};
use crate::Error;
use crate::name::UserNumber;
use crate::store::{Store, counter};

/// The most creations of a segment that one walk abandons: each takes one of the few swaps that an instance can make.
const MOST_ABANDONED: u32 = 16;

/// One in so many changes cleans up.
const TIDY_EVERY: u64 = 8;

/// The summaries of a group of segments, with the counters that tell whether they are up to date.
pub(super) struct Group {
    number: u64,
    /// The last number of a user when the group was read.
    last: u64,
    summaries: Vec<Summary>,
    changes: Vec<Changes>,
    /// How much was found out that is not stored.
    learned: u64,
}

/// How it stands with a number.
enum Standing {
    /// It is a user.
    User,
    /// Nothing is stored.
    Nothing,
    /// Its creation may come to its end yet.
    UnderWay,
    /// Its creation has not come to its end.
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
    /// Reads a group that begins before the number `last`.
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

    /// How many segments of the group have numbers that are given out.
    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Who the users of the segment at this position are. What its summary doesn't tell is found out, and taken into
    /// it.
    pub(super) async fn look_at<S: Store>(
        &mut self,
        directory: &Directory<S>,
        position: usize,
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
        let swaps_left = Cell::new(MOST_ABANDONED);
        let answers = questions.iter().map(async |(number, question)| {
            let finding = directory
                .find_out(UserNumber(*number), *question, &swaps_left)
                .await?;
            Ok::<_, Error>((*number, finding))
        });
        let findings: Vec<_> = stream::iter(answers)
            .buffered(READS_AT_A_TIME)
            .try_collect()
            .await?;
        summary.learn(&findings, changes, last, now);
        self.learned += findings.len() as u64;
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

    /// Stores the summaries if that saves the next walk enough. Of two walks at a time either may be the last to do
    /// so: what a summary doesn't know is found out again.
    pub(super) async fn keep<S: Store>(&mut self, directory: &Directory<S>) -> Result<(), Error> {
        if self.learned < WORTH_A_WALK {
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
    /// Removes a little of what crashes have left behind: to be called after the creation or the deletion of the user
    /// `number`. One call in eight looks at one segment, each time at another.
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
            group.look_at(self, position).await?;
        }
        group.keep(self).await
    }

    /// Finds out about a number, and removes what is left of one that is nobody's. What stays because that fails is
    /// looked at again.
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

    /// How it stands with a number.
    async fn standing(&self, number: UserNumber, question: Question) -> Result<Standing, Error> {
        let Some(record) = self.record(number).await? else {
            return Ok(Standing::Nothing);
        };
        let age = (self.clock)().saturating_sub(record.created());
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
    /// Whether a walk over the segment at this position would find something to be removed, or to be kept.
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
