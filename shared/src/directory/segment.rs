//! Summaries of 1,024 user numbers each. They save the list from reading every number again.

use base64_simd::STANDARD;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::mem;
use std::ops::RangeInclusive;

use crate::Error;

/// How many numbers a segment has.
pub(super) const NUMBERS: u64 = 1024;

/// How many segments share one value for their summaries. It has at most 8 KiB.
pub(super) const GROUP: u64 = 16;

/// The age after which anything that has begun must have ended, in milliseconds. No call lasts an hour.
pub(super) const SETTLED_AFTER: u64 = 60 * 60 * 1000;

/// The longest time from the start of a creation or a deletion to its decisive swap, in milliseconds. It is far below
/// [`SETTLED_AFTER`], so that clocks may differ.
pub(super) const GIVES_UP_AFTER: u64 = 10 * 60 * 1000;

/// A walk is worthwhile for this many new numbers, and storing its summary for this many findings.
pub(super) const WORTH_A_WALK: u64 = 4;

/// Added to the segment's counter before a deletion makes the record dead.
pub(super) const BEGUN: i64 = 1;

/// Added to the segment's counter after the record is dead.
pub(super) const FINISHED: i64 = 1 << 32;

/// Returns the segment of a number. Numbers start at 1.
pub(super) fn segment_of(number: u64) -> u64 {
    number.saturating_sub(1) / NUMBERS
}

/// The numbers of a segment.
pub(super) fn numbers(segment: u64) -> RangeInclusive<u64> {
    let before = segment.saturating_mul(NUMBERS);
    before.saturating_add(1)..=before.saturating_add(NUMBERS)
}

/// The counter of a segment's deletions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Changes(pub(super) u64);

impl Changes {
    /// The deletions that have begun but not finished.
    fn unfinished(self) -> i64 {
        let finished = self.0 >> 32;
        let begun = self.0 & u64::from(u32::MAX);
        begun.cast_signed().wrapping_sub(finished.cast_signed())
    }
}

/// What the last walk of a segment found.
///
/// A number is one of three: a user, open, or never to be a user again. An open number may belong to a creation in
/// progress.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Summary {
    /// The counter of deletions before the walk.
    changes: Changes,
    /// When the counter was first seen with this value.
    changes_since: u64,
    /// How many counted deletions have begun and will never finish.
    broken_off: i64,
    /// The last number that a walk has read. 0 before the first walk.
    last: u64,
    /// All numbers up to the first value had been given out at the time of the second.
    given_out: Option<(u64, u64)>,
    users: Bits,
    open: Bits,
    /// Numbers that are nobody's any more. A call in progress may still store data of them.
    gone: Bits,
    /// Those of them that were gone at the time `aging_since`, until their data is removed.
    aging: Bits,
    aging_since: u64,
}

/// What a walk must find out about a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Whether it has become a user.
    IsUser,
    /// Whether it is still a user.
    IsUserStill,
}

/// What a walk found out about a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// It is a user.
    User,
    /// Nothing is stored: not yet, or no longer.
    Nothing,
    /// It may still become a user.
    Open,
    /// It will never be a user again, and all its data is removed.
    Gone,
    /// Its record cannot be read.
    Unreadable(Error),
}

impl Summary {
    /// Whether `users` is right as long as the counter stays at `changes`. A deletion in progress during the walk may
    /// have made its record dead later. Such a deletion gives up long before it counts as broken off.
    pub(super) fn is_exact(&self, changes: Changes) -> bool {
        self.changes == changes && changes.unfinished() == self.broken_off && self.broken_off >= 0
    }

    /// Returns what a walk must find out, if numbers up to `last` are given out.
    pub(super) fn questions(
        &self,
        segment: u64,
        changes: Changes,
        last: u64,
    ) -> Vec<(u64, Question)> {
        let is_exact = self.is_exact(changes);
        let question = |number| {
            let place = place(number);
            if number > self.last || self.open.contains(place) {
                Some((number, Question::IsUser))
            } else if self.users.contains(place) && !is_exact {
                Some((number, Question::IsUserStill))
            } else {
                None
            }
        };
        numbers(segment)
            .take_while(|number| *number <= last)
            .filter_map(question)
            .collect()
    }

    /// Adds findings, all made at or after the time `now`. Returns how many of them the next walk is spared.
    pub(super) fn learn(
        &mut self,
        findings: &[(u64, Finding)],
        changes: Changes,
        last: u64,
        now: u64,
    ) -> u64 {
        let before = self.clone();
        let is_old = |since| now.saturating_sub(since) > SETTLED_AFTER;
        let settled = self.given_out.filter(|(_, at)| is_old(*at));
        for (number, finding) in findings {
            let is_settled = settled.is_some_and(|(last, _)| *number <= last);
            let place = place(*number);
            let is_user = *finding == Finding::User;
            let is_gone = match finding {
                Finding::Gone => true,
                Finding::Nothing => is_settled || self.users.contains(place),
                Finding::User | Finding::Open | Finding::Unreadable(_) => false,
            };
            self.users.set(place, is_user);
            self.open.set(place, !is_user && !is_gone);
            self.gone.set(place, is_gone);
        }
        self.age(now);
        if self.given_out == settled {
            self.given_out = Some((last, now));
        }
        if self.changes != changes {
            self.changes = changes;
            self.changes_since = now;
        } else if is_old(self.changes_since) {
            self.broken_off = changes.unfinished();
        }
        self.last = self.last.max(last);
        self.worth(&before, findings)
    }

    /// How many of the findings the next walk is spared if this summary is stored in place of `before`.
    fn worth(&self, before: &Self, findings: &[(u64, Finding)]) -> u64 {
        let is_new = |number: &u64| {
            let place = place(*number);
            *number > before.last
                || self.users.contains(place) != before.users.contains(place)
                || self.gone.contains(place) != before.gone.contains(place)
                || self.aging.contains(place) != before.aging.contains(place)
        };
        // Without these, the next walk would find out everything again.
        let is_all_new = self.changes != before.changes
            || self.broken_off != before.broken_off
            || (self.given_out != before.given_out && !self.open.is_empty());
        let new = findings
            .iter()
            .filter(|(number, _)| is_all_new || is_new(number));
        new.count() as u64
    }

    /// The numbers that are nobody's for so long that no call can store data of them any more.
    pub(super) fn gone(&self, segment: u64, now: u64) -> impl Iterator<Item = u64> {
        let is_old = now.saturating_sub(self.aging_since) > SETTLED_AFTER;
        numbers(segment).filter(move |number| is_old && self.aging.contains(place(*number)))
    }

    /// Notes that nothing is stored of a number that was nobody's.
    pub(super) fn forget(&mut self, number: u64, now: u64) {
        self.aging.set(place(number), false);
        self.age(now);
    }

    /// Lets the next numbers that are gone begin to age, once nothing is stored of the ones before.
    fn age(&mut self, now: u64) {
        if self.aging.is_empty() && !self.gone.is_empty() {
            self.aging = mem::take(&mut self.gone);
            self.aging_since = now;
        }
    }

    /// The users, in order.
    pub(super) fn users(&self, segment: u64) -> impl Iterator<Item = u64> {
        numbers(segment).filter(|number| self.users.contains(place(*number)))
    }

    /// Whether enough new numbers have been given out for a walk.
    pub(super) fn is_behind(&self, last: u64) -> bool {
        last.saturating_sub(self.last) >= WORTH_A_WALK
    }

    /// Whether open numbers have had the time to settle, or numbers that are gone.
    pub(super) fn is_overdue(&self, now: u64) -> bool {
        let is_old = |(_, at)| now.saturating_sub(at) > SETTLED_AFTER;
        (!self.open.is_empty() && self.given_out.is_some_and(is_old))
            || (!self.aging.is_empty() && is_old((0, self.aging_since)))
    }
}

/// The position of a number in its segment.
fn place(number: u64) -> usize {
    let place = number.wrapping_sub(1) % NUMBERS;
    usize::try_from(place).unwrap_or_default()
}

const WORDS: usize = 16;

/// A set of positions in a segment, stored as base64.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Cow<'_, str>", into = "String")]
struct Bits([u64; WORDS]);

impl Bits {
    fn contains(&self, place: usize) -> bool {
        let word = self.0.get(place / 64);
        word.is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    fn set(&mut self, place: usize, is_in: bool) {
        if let Some(word) = self.0.get_mut(place / 64) {
            let bit = 1 << (place % 64);
            *word = if is_in { *word | bit } else { *word & !bit };
        }
    }

    fn is_empty(&self) -> bool {
        self.0 == [0; WORDS]
    }
}

impl From<Bits> for String {
    fn from(bits: Bits) -> Self {
        STANDARD.encode_to_string(bits.0.map(u64::to_le_bytes).as_flattened())
    }
}

impl TryFrom<Cow<'_, str>> for Bits {
    type Error = &'static str;

    fn try_from(text: Cow<'_, str>) -> Result<Self, Self::Error> {
        let bytes = STANDARD.decode_to_vec(&*text).map_err(|_| "not base64")?;
        let (words, rest) = bytes.as_chunks();
        let words: &[_; WORDS] = words.try_into().map_err(|_| "not 128 bytes")?;
        if rest.is_empty() {
            Ok(Self(words.map(u64::from_le_bytes)))
        } else {
            Err("not 128 bytes")
        }
    }
}

/// Reads the summaries of a group. Unreadable ones start empty.
pub(super) fn decode_group(bytes: Option<Vec<u8>>) -> Vec<Summary> {
    let stored = bytes.and_then(|bytes| serde_json::from_slice::<Vec<Summary>>(&bytes).ok());
    let mut summaries = stored.unwrap_or_default();
    summaries.resize_with(usize::try_from(GROUP).unwrap_or_default(), Summary::default);
    summaries
}
