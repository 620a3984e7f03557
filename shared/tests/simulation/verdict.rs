//! Judges every answer: it must have been true at some moment during the call.

use std::collections::BTreeMap;
use std::rc::Rc;

use visage::Error;
use visage::directory::{Avatar, Change, MAX_FAILED};
use visage::image::Image;

use super::caller::{Answer, now};
use super::history::{History, Record};
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
                | Call::Render(key, _)
                | Call::PutAvatar { key, .. }
                | Call::Delete(key) => self.ever(call, |world| world.holder(key).is_none()),
                Call::FindByAddress(email) => self.ever(call, |world| world.found[email].is_none()),
                Call::Create { .. }
                | Call::List
                | Call::Login { .. }
                | Call::Tidy
                | Call::Index => false,
            },
            Answer::Created(user) => applied.is_some_and(|world| {
                world.people.get(&user.number.0) == Some(&Person::from(&**user))
            }),
            Answer::Found(user) => {
                let person = Person::from(&**user);
                match record.call {
                    Call::Find(key) => self.ever(call, |world| world.holder(key) == Some(&person)),
                    // The pointer and the record are read one after the other. Between them, the user may have set the
                    // address, to which the pointer is about to be led again.
                    Call::FindByAddress(email) => {
                        person.email == Some(email)
                            && self.ever(call, |world| {
                                world.people.get(&person.number) == Some(&person)
                            })
                    }
                    _ => false,
                }
            }
            Answer::Listed(users) => {
                let people: Vec<Person> = users.iter().map(Person::from).collect();
                self.listed(call, &people)
            }
            Answer::LoggedIn(number) => {
                self.ever(call, |world| self.may_log_in(call, world) == Some(*number))
            }
            Answer::LoginFailed => {
                self.ever(call, |world| self.may_log_in(call, world).is_none())
                    || self.logins_within_a_minute(call) > MAX_FAILED.into()
            }
            Answer::Tidied | Answer::Indexed => true,
            Answer::Updated => applied.is_some() && self.was_meant(call),
            // If two calls delete a user at the same time, both may report success.
            Answer::Deleted => {
                self.ever(call, visible) && !visible(&self.present()) && self.was_meant(call)
            }
            Answer::Read(avatar) => {
                self.was_meant(call)
                    && (self.ever(call, |world| world.avatar(number) == Ok(avatar.as_ref()))
                        || avatar
                            .as_ref()
                            .is_some_and(|avatar| self.passed_by(call, avatar)))
            }
            Answer::Shown(portrait) => self.was_meant(call) && self.shown(call, portrait.as_ref()),
            // A change of a user who has just been deleted counts as made before the deletion.
            Answer::Put(change) => {
                let late = self.ever(call, visible) && !visible(&self.present());
                let as_told = |world: &World| {
                    let revision = world.revision(number);
                    revision.is_none_or(|revision| revision == change)
                };
                self.is_only_winner(call)
                    && self.was_meant(call)
                    && (late || applied.is_some_and(as_told) || self.passed_over(call, call))
            }
        }
    }

    /// Whether the user that the call has found had the key.
    pub(super) fn was_meant(&self, call: usize) -> bool {
        let record = &self.records[call];
        let (Call::Update(key, _)
        | Call::ReadAvatar(key)
        | Call::Render(key, _)
        | Call::PutAvatar { key, .. }
        | Call::Delete(key)) = record.call
        else {
            return true;
        };
        let number = record.learned.number.get();
        self.ever(call, |world| {
            world.holder(key).map(|person| person.number) == number
        })
    }

    /// The user whose name and password the login has, if the user may sign in.
    fn may_log_in(&self, call: usize, world: &World) -> Option<u64> {
        let Call::Login { name, password } = self.records[call].call else {
            return None;
        };
        let person = world.holder(Key::Name(name))?;
        let may = person.enabled && person.password == Some(password);
        may.then_some(person.number)
    }

    /// How many logins were made at the login's name within the minute before its end.
    fn logins_within_a_minute(&self, call: usize) -> usize {
        let Call::Login { name, .. } = self.records[call].call else {
            return 0;
        };
        let since = now().saturating_sub(60_000);
        let same = |record: &&Record| match record.call {
            Call::Login { name: other, .. } => other / 2 == name / 2 && record.until >= since,
            _ => false,
        };
        self.records.iter().filter(same).count()
    }

    /// Whether a change that nobody saw can count as made just before another one, which replaced it at once. The other
    /// one took effect during both calls, and its own precondition cannot have seen the first.
    pub(super) fn passed_over(&self, change: usize, during: usize) -> bool {
        let number = self.records[change].learned.number.get();
        let expected = self.records[change].learned.expected.borrow();
        let (one, two) = (&self.records[change], &self.records[during]);
        let end = |record: &Record| record.end.unwrap_or(usize::MAX);
        self.records.iter().enumerate().any(|(other, record)| {
            let Some((at, _)) = record.applied else {
                return false;
            };
            let later = self.worlds.partition_point(|(world, _)| *world < at);
            let before = later.checked_sub(1).map(|last| &self.worlds[last].1);
            let before = before.zip(number);
            other != change
                && matches!(
                    record.call,
                    Call::PutAvatar {
                        conditional: false,
                        ..
                    }
                )
                && record.learned.number.get() == number
                && (one.start.max(two.start)..=end(one).min(end(two))).contains(&at)
                && expected.as_ref().is_none_or(|expected| {
                    before
                        .is_some_and(|(world, number)| world.revision(number) == expected.as_ref())
                })
        })
    }

    /// Whether a reader can have seen a picture that others never saw.
    fn passed_by(&self, reader: usize, avatar: &Avatar) -> bool {
        let mut changes = self.records.iter().enumerate();
        changes.any(|(change, record)| {
            let image = record.image.as_ref().map(Image::bytes);
            matches!(record.call, Call::PutAvatar { .. })
                && image == Some(&avatar.bytes[..])
                && self.passed_over(change, reader)
        })
    }

    /// Whether no other acknowledged change has replaced the same picture on the same precondition.
    fn is_only_winner(&self, call: usize) -> bool {
        let expected = self.records[call].learned.expected.borrow();
        let Some(Some(expected)) = &*expected else {
            return true;
        };
        let winners = self.records.iter().filter(|record| {
            matches!(record.result, Some(Ok(Answer::Put(_))))
                && record.learned.expected.borrow().as_ref() == Some(&Some(expected.clone()))
        });
        winners.count() == 1
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
            // Logins that broke off count as being in progress for a minute.
            Error::Contended => {
                self.others_run(call)
                    || self.slots_are_taken(call)
                    || self.logins_within_a_minute(call) > 4
            }
            // Creations, deletions and large pictures give up after ten minutes.
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
                let counted = self.records.iter().enumerate().filter(|(other, record)| {
                    let counts = match &record.result {
                        None | Some(Ok(_) | Err(Error::Unavailable { .. } | Error::TimedOut)) => {
                            true
                        }
                        // It was visible for the moment.
                        Some(Err(_)) => record.applied.is_some(),
                    };
                    *other != call
                        && counts
                        && matches!(record.call, Call::PutAvatar { limited: true, .. })
                        && record.learned.number.get() == Some(number)
                        && (record.learned.began.get() / 1000).abs_diff(second) < 60
                });
                counted.count() as u64 >= LIMIT
            }
            _ => false,
        }
    }

    /// Whether so many uploads for the user have broken off within an hour that no slot is left.
    fn slots_are_taken(&self, call: usize) -> bool {
        let record = &self.records[call];
        if !matches!(record.call, Call::PutAvatar { .. }) {
            return false;
        }
        let broken_off = self.records.iter().filter(|other| {
            let is_large = other
                .image
                .as_ref()
                .is_some_and(|image| image.bytes().len() > 256 * 1024);
            is_large
                && matches!(other.call, Call::PutAvatar { .. })
                && !matches!(other.result, Some(Ok(_)))
                && other.learned.number.get() == record.learned.number.get()
                && other.since.abs_diff(now()) <= 3_600_000
        });
        broken_off.count() >= 6
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
