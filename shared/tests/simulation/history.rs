//! The calls with their answers, and the worlds in the meantime.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use visage::Error;
use visage::image::Image;

use super::caller::{Answer, Learned, image, now};
use super::plan::Call;
use super::world::World;

/// A call.
pub(crate) struct Record {
    pub(crate) call: Call,
    pub(crate) image: Option<Image>,
    pub(crate) learned: Rc<Learned>,
    /// The operations before it. They are the simulation's time.
    pub(crate) start: usize,
    /// When it began, in milliseconds.
    pub(crate) since: u64,
    /// When it last ended or acted, in milliseconds.
    pub(crate) until: u64,
    /// The last operation that may be its own. `None` while it runs.
    pub(crate) end: Option<usize>,
    /// The client's answer. `None` if the call has died.
    pub(crate) result: Option<Result<Answer, Error>>,
    /// The operation that made its change, and the world after it.
    pub(crate) applied: Option<(usize, World)>,
    /// How often it has written the value of an avatar.
    pub(crate) writes: usize,
    /// The highest number of an acknowledged creation before this call began.
    pub(crate) floor: u64,
}

/// The calls so far, by number. Each world comes with the operation that made it.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) records: Vec<Record>,
    pub(crate) worlds: Vec<(usize, World)>,
    /// All users seen so far.
    pub(super) known: BTreeSet<u64>,
    /// When calls with a limit changed each user's avatar, in seconds.
    pub(super) counted: BTreeMap<u64, Vec<u64>>,
    floor: u64,
    /// The users who have had an e-mail address at any time.
    pub(super) had: BTreeSet<(u64, usize)>,
}

impl History {
    /// Begins a new call. Returns its number.
    pub(crate) fn begin(&mut self, call: Call, start: usize) -> usize {
        let number = self.records.len();
        let (Call::Create { image: size, .. } | Call::PutAvatar { image: size, .. }) = call else {
            return self.record(call, start, None);
        };
        self.record(call, start, size.map(|size| image(number, size)))
    }

    fn record(&mut self, call: Call, start: usize, image: Option<Image>) -> usize {
        self.records.push(Record {
            call,
            image,
            learned: Rc::default(),
            start,
            since: now(),
            until: now(),
            end: None,
            result: None,
            applied: None,
            writes: 0,
            floor: self.floor,
        });
        self.records.len() - 1
    }

    /// Ends a call: it was answered or has died.
    pub(crate) fn end(&mut self, call: usize, at: usize, result: Option<Result<Answer, Error>>) {
        if let Some(Ok(Answer::Created(user))) = &result {
            self.floor = self.floor.max(user.number.0);
        }
        let record = &mut self.records[call];
        record.end = Some(at);
        record.until = now();
        record.result = result;
    }

    /// The present world.
    pub(crate) fn present(&self) -> World {
        let present = self.worlds.last().map(|(_, world)| world.clone());
        present.unwrap_or_default()
    }

    /// Whether a world passed the test at some time during the call.
    pub(super) fn ever(&self, call: usize, test: impl Fn(&World) -> bool) -> bool {
        !self.always(call, |world| !test(world))
    }

    /// Whether all worlds passed the test during the call.
    pub(super) fn always(&self, call: usize, test: impl Fn(&World) -> bool) -> bool {
        let record = &self.records[call];
        let later = self.worlds.partition_point(|(at, _)| *at <= record.start);
        let nothing = World::default();
        let before = match later.checked_sub(1) {
            Some(last) => &self.worlds[last].1,
            None => &nothing,
        };
        let meanwhile = self.worlds[later..]
            .iter()
            .take_while(|(at, _)| record.end.is_none_or(|end| *at <= end))
            .map(|(_, world)| world);
        [before].into_iter().chain(meanwhile).all(test)
    }

    /// The other calls that overlap with the call.
    fn others(&self, call: usize) -> impl Iterator<Item = &Record> {
        let this = &self.records[call];
        let end = |record: &Record| record.end.unwrap_or(usize::MAX);
        let others = self.records.iter().enumerate();
        others
            .filter(move |(number, other)| {
                *number != call && other.start <= end(this) && this.start <= end(other)
            })
            .map(|(_, other)| other)
    }

    pub(super) fn others_run(&self, call: usize) -> bool {
        self.others(call).next().is_some()
    }
}
