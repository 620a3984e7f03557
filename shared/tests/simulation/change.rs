//! Judges every visible change: the call must be allowed to make it, and nothing else may change.

use visage::Error;
use visage::image::Image;

use super::caller::text;
use super::history::{History, Record};
use super::plan::{Call, Field, LIMIT, NAMES, Size};
use super::world::{Person, World};

impl History {
    /// Judges the world after an operation of the call `by`.
    pub(crate) fn observe(&mut self, by: usize, at: usize, next: World) -> Result<(), String> {
        let before = self.present();
        let call = self.records[by].call.clone();
        let blame = |problem| format!("by call {by}, {call:?}: {problem}");
        let changed = self.people(by, &before, &next).map_err(blame)?;
        let pictured = self.pictures(by, &before, &next).map_err(blame)?;
        if changed.is_some() && pictured.is_some() {
            return Err(format!("call {by} changed a user and an avatar at once"));
        }
        if let Some(number) = changed.or(pictured) {
            self.apply(by, number, at, &next)?;
        }
        self.known.extend(next.people.keys());
        let emails = next.people.values();
        self.had
            .extend(emails.filter_map(|person| Some((person.number, person.email?))));
        self.worlds.push((at, next));
        Ok(())
    }

    /// The user that the operation created, changed or deleted.
    fn people(&self, by: usize, before: &World, next: &World) -> Result<Option<u64>, String> {
        let numbers = before.people.keys().chain(next.people.keys());
        let differ = |number: &&u64| before.people.get(number) != next.people.get(number);
        let mut changed: Vec<u64> = numbers.filter(differ).copied().collect();
        changed.sort_unstable();
        changed.dedup();
        let [number] = changed[..] else {
            return match changed[..] {
                [] => Ok(None),
                _ => Err(format!("users {changed:?} changed at once")),
            };
        };
        let call = &self.records[by].call;
        let allowed = match (before.people.get(&number), next.people.get(&number)) {
            (None, Some(new)) => !self.known.contains(&number) && self.made(by, new, next),
            (Some(old), Some(new)) => match call {
                Call::Update(_, field) => updated(old, *field, by) == *new,
                _ => false,
            },
            _ => matches!(call, Call::Delete(_)),
        };
        let old = before.people.get(&number);
        let new = next.people.get(&number);
        let problem = || format!("user {number} was {old:?} and is {new:?}");
        allowed.then_some(Some(number)).ok_or_else(problem)
    }

    /// Whether a new user is as requested, including the picture.
    fn made(&self, by: usize, new: &Person, next: &World) -> bool {
        let record = &self.records[by];
        let Call::Create {
            name,
            external,
            common,
            email,
            ..
        } = record.call
        else {
            return false;
        };
        let ids_agree = new.external.is_some() == external.is_some()
            && new.common.is_some() == common.is_some()
            && record.call.claims().iter().all(|key| new.has(*key));
        let avatar = next.avatar(new.number).ok().flatten();
        ids_agree
            && new.name == NAMES[name]
            && new.maker == text(by)
            && new.fields.iter().all(String::is_empty)
            && new.number > record.floor
            && new.email == email
            && new.password.is_none()
            && new.enabled
            && avatar.map(|avatar| &avatar.bytes[..]) == record.image.as_ref().map(Image::bytes)
    }

    /// The user whose avatar the operation changed.
    fn pictures(&mut self, by: usize, before: &World, next: &World) -> Result<Option<u64>, String> {
        let changed = next.repainted_since(before);
        let [number] = changed[..] else {
            return match changed[..] {
                [] => Ok(None),
                _ => Err(format!("avatars {changed:?} changed at once")),
            };
        };
        let writes = next.writes(number) - before.writes(number);
        self.records[by].writes += writes;
        if writes > 0 && self.records[by].counts_now() {
            if self.records[by].writes > 1 && before.avatar(number) == next.avatar(number) {
                // The end of a claim after a refusal, or a change that nobody sees. Both are possible.
                self.counted.remove(&number);
            } else {
                let second = self.records[by].learned.began.get() / 1000;
                self.count(number, second)?;
            }
        }
        let record = &self.records[by];
        let (old, new) = (before.avatar(number), next.avatar(number));
        let put = match (&record.call, new) {
            (Call::PutAvatar { .. }, Ok(avatar)) => {
                let wanted = record.image.as_ref().map(Image::bytes);
                record.learned.number.get() == Some(number)
                    && avatar.map(|avatar| &avatar.bytes[..]) == wanted
                    && (old != new || (avatar.is_none() && record.applied.is_none()))
            }
            _ => false,
        };
        if !put {
            // Avatars without a user may come and go. An unchanged avatar may be rewritten.
            return match before.people.contains_key(&number) && old != new {
                true => Err(format!(
                    "user {number} had {old:.400?}, and then {new:.400?}"
                )),
                false => Ok(None),
            };
        }
        let old = before.revision(number);
        if before.people.contains_key(&number)
            && let Some(wanted) = &*record.learned.expected.borrow()
            && wanted.as_ref() != old
        {
            return Err(format!("{wanted:?} was expected and {old:?} replaced"));
        }
        Ok(Some(number))
    }

    /// Counts a change against the limit. Forgets changes that are a minute or more apart, whichever way the clock
    /// went.
    fn count(&mut self, number: u64, second: u64) -> Result<(), String> {
        let counted = self.counted.entry(number).or_default();
        counted.push(second);
        let mut within: Vec<u64> = Vec::new();
        for change in counted.iter() {
            within.retain(|at| at.abs_diff(*change) < 60);
            within.push(*change);
        }
        if within.len() as u64 > LIMIT {
            return Err(format!("{within:?} within a minute, of {counted:?}"));
        }
        Ok(())
    }

    /// Records that the call took effect. Fails if it did so twice, for another user, or after a refusal.
    fn apply(&mut self, by: usize, number: u64, at: usize, next: &World) -> Result<(), String> {
        let record = &mut self.records[by];
        if record.applied.is_some() {
            return Err(format!("call {by} took effect twice"));
        }
        match (&record.call, record.learned.number.get()) {
            (Call::Create { .. }, _) => record.learned.number.set(Some(number)),
            (_, Some(meant)) if meant == number => {}
            (call, meant) => {
                return Err(format!("{call:?} was for user {meant:?}, not {number}"));
            }
        }
        if let Some(result) = &record.result
            && !matches!(result, Err(Error::Unavailable { .. }))
        {
            return Err(format!("call {by} took effect after {result:?}"));
        }
        record.applied = Some((at, next.clone()));
        Ok(())
    }
}

impl Record {
    /// Whether the write of an avatar that it has just made is the one that counts it against the limit. On a
    /// precondition, a large picture's first write only claims a slot.
    fn counts_now(&self) -> bool {
        let Call::PutAvatar {
            image,
            conditional,
            limited: true,
            ..
        } = self.call
        else {
            return false;
        };
        let is_large = !matches!(image, None | Some(Size::Small | Size::Medium));
        self.writes == 1 + usize::from(is_large && conditional)
    }
}

/// The user after an update by this call.
fn updated(old: &Person, field: Field, by: usize) -> Person {
    let mut new = old.clone();
    let [name, surname, about_me] = &mut new.fields;
    match field {
        Field::Name => *name = text(by),
        Field::Surname => *surname = text(by),
        Field::AboutMe => about_me.push_str(&text(by)),
        Field::Password(_) | Field::Enabled(_) | Field::Email(_) => *name = text(by),
    }
    match field {
        Field::Password(password) => new.password = Some(password),
        Field::Enabled(enabled) => new.enabled = enabled,
        Field::Email(email) => new.email = email,
        Field::Name | Field::Surname | Field::AboutMe => {}
    }
    new
}
