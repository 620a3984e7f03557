//! Judges every answer: it must have been true at some moment during the call.

use std::collections::BTreeMap;
use std::rc::Rc;

use visage::Error;
use visage::directory::Change;

use super::caller::{Answer, now};
use super::history::History;
use super::plan::{Call, Key, LIMIT};
use super::stage::Stage;
use super::world::{Person, World};

impl History {
    /// Judges the call's answer.
    pub(crate) fn judge(&self, call: usize, stage: &Rc<Stage>) -> Result<(), String> {
        let record = &self.records[call];
        let Some(result) = &record.result else {
            return Ok(());
        };
        let just = match result {
            Ok(answer) => self.true_once(call, answer),
            Err(Error::Unavailable { .. }) => stage.has_failed(call),
            Err(refusal) => self.unseen(call) && self.refusable(call, refusal),
        };
        let problem = || {
            format!(
                "call {call}, {:?} of user {:?}, applied: {}, got {result:.400?}",
                record.call,
                record.learned.number.get(),
                record.applied.is_some()
            )
        };
        just.then_some(()).ok_or_else(problem)
    }

    fn true_once(&self, call: usize, answer: &Answer) -> bool {
        let record = &self.records[call];
        let applied = record.applied.as_ref().map(|(_, world)| world);
        let number = record.learned.number.get().unwrap_or_default();
        let visible = |world: &World| world.people.contains_key(&number);
        match answer {
            Answer::Nobody => match record.call {
                Call::Find(key)
                | Call::Update(key, _)
                | Call::ReadAvatar(key)
                | Call::PutAvatar { key, .. }
                | Call::Delete(key) => self.ever(call, |world| world.holder(key).is_none()),
                Call::LogIn(name) => {
                    self.ever(call, |world| world.holder(Key::Name(name)).is_none())
                }
                Call::Create { .. } | Call::List | Call::Tidy => false,
            },
            Answer::Created(user) => applied.is_some_and(|world| {
                world.people.get(&user.number.0) == Some(&Person::from(&**user))
            }),
            Answer::Found(user) => {
                let key = match record.call {
                    Call::Find(key) => key,
                    Call::LogIn(name) => Key::Name(name),
                    _ => return false,
                };
                let person = Person::from(&**user);
                self.ever(call, |world| world.holder(key) == Some(&person))
            }
            Answer::Listed(users) => {
                let people: Vec<Person> = users.iter().map(Person::from).collect();
                self.listed(call, &people)
            }
            Answer::Tidied => true,
            Answer::Updated => applied.is_some(),
            // If two calls delete a user at the same time, both may report success.
            Answer::Deleted => self.ever(call, visible) && !visible(&self.present()),
            Answer::Read(avatar) => {
                self.ever(call, |world| world.avatar(number) == Ok(avatar.as_ref()))
            }
            // A change of a user who has just been deleted counts as made before the deletion.
            Answer::Put(change) => {
                let late = self.ever(call, visible) && !visible(&self.present());
                let as_told = |world: &World| {
                    let revision = world.revision(number);
                    revision.is_none_or(|revision| revision == change)
                };
                late || applied.is_some_and(as_told)
            }
        }
    }

    /// Whether a refused call has changed nothing, or only what is gone now.
    fn unseen(&self, call: usize) -> bool {
        let record = &self.records[call];
        let number = record.learned.number.get().unwrap_or_default();
        let gone = !self.present().people.contains_key(&number);
        record.applied.is_none() || (gone && !matches!(record.call, Call::Delete(_)))
    }

    /// Whether the list is in order, has everybody who was there throughout the call, and nobody who never was.
    fn listed(&self, call: usize, people: &[Person]) -> bool {
        let there = |person: &Person| {
            self.ever(call, |world| {
                world.people.get(&person.number) == Some(person)
            })
        };
        let numbers: Vec<u64> = people.iter().map(|person| person.number).collect();
        let steady = |number: &&u64| self.always(call, |world| world.people.contains_key(*number));
        people.iter().all(there)
            && numbers.is_sorted_by(|one, next| one < next)
            && self
                .known
                .iter()
                .filter(steady)
                .all(|number| numbers.contains(number))
    }

    fn refusable(&self, call: usize, refusal: &Error) -> bool {
        let record = &self.records[call];
        let number = record.learned.number.get().unwrap_or_default();
        match refusal {
            Error::Taken { field } => {
                let claims = record.call.claims();
                let taken: Vec<Key> = claims
                    .into_iter()
                    .filter(|key| key.field() == *field)
                    .collect();
                let held = |world: &World| taken.iter().any(|key| world.holder(*key).is_some());
                self.ever(call, held)
            }
            Error::Contended => self.others_run(call),
            // Creations and deletions give up after ten minutes.
            Error::TimedOut => now().saturating_sub(record.since) > 600_000,
            Error::NoSuchUser(_) => self.ever(call, |world| !world.people.contains_key(&number)),
            Error::PreconditionFailed => {
                let expected = record.learned.expected.borrow();
                expected.as_ref().is_some_and(|expected| {
                    self.ever(call, |world| world.revision(number) != expected.as_ref())
                })
            }
            Error::TooManyChanges { .. } => {
                let second = record.learned.began.get() / 1000;
                let recent = |at: &&u64| at.abs_diff(second) < 60;
                let counted = self
                    .counted
                    .get(&number)
                    .map(|all| all.iter().filter(recent).count());
                counted.unwrap_or_default() as u64 >= LIMIT
            }
            _ => false,
        }
    }

    /// Whether the acknowledged changes of each avatar have growing timestamps.
    pub(crate) fn changes_grow(&self) -> Result<(), String> {
        let mut changes: BTreeMap<u64, Vec<(usize, &Change)>> = BTreeMap::new();
        for record in &self.records {
            if let (Some(Ok(Answer::Put(change))), Some((at, _)), Some(number)) =
                (&record.result, &record.applied, record.learned.number.get())
            {
                changes.entry(number).or_default().push((*at, change));
            }
        }
        for (number, mut told) in changes {
            told.sort_unstable_by_key(|(at, _)| *at);
            if !told.is_sorted_by(|(_, one), (_, next)| one.timestamp < next.timestamp) {
                return Err(format!("the avatar of user {number} changed so: {told:?}"));
            }
        }
        Ok(())
    }
}
