//! The state of the store as a reader would see it now.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;

use futures::executor::block_on;
use visage::Error;
use visage::directory::{Avatar, By, Change, Directory, Page};
use visage::name::UserNumber;
use visage::store::Store;
use visage::user::User;

use super::caller::{hashes, lookup, now, password_of, pointer};
use super::plan::{ADDRESSES, IDS, Key, NAMES};
use super::stage::Stage;

/// A user's avatar.
pub(crate) struct Picture {
    /// What a reader sees, or why it cannot be read.
    pub(crate) seen: Result<Option<Avatar>, Error>,
    /// How often its value was written.
    pub(crate) writes: usize,
}

/// The keys that tell who is a user, and how users are found.
const TELLING: [&str; 7] = [
    "visage.user.",
    "visage.name.",
    "visage.external.",
    "visage.common.",
    "visage.segment",
    "visage.email.",
    "visage.md5.",
];

/// Users by number, and avatars by user number. Avatars may have no visible user.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) people: Rc<BTreeMap<u64, Person>>,
    pub(crate) pictures: Rc<BTreeMap<u64, Rc<Picture>>>,
    /// Who is found by each of the [`ADDRESSES`].
    pub(crate) found: [Option<u64>; ADDRESSES.len()],
    /// Which of them have a pointer, even if it finds nobody.
    pub(crate) pointed: [bool; ADDRESSES.len()],
}

/// The fields of a user that the simulation's calls change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) external: Option<String>,
    pub(crate) common: Option<String>,
    /// The call that created the user.
    pub(crate) maker: String,
    /// The fields that updates change.
    pub(crate) fields: [String; 3],
    /// The password, as an index into [`PASSWORDS`](super::caller::PASSWORDS).
    pub(crate) password: Option<usize>,
    pub(crate) enabled: bool,
    /// The e-mail address, as an index into [`ADDRESSES`].
    pub(crate) email: Option<usize>,
}

impl From<&User> for Person {
    fn from(user: &User) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let profile = &user.profile;
        Self {
            number: user.number.0,
            id: user.id.as_str().to_owned(),
            name: user.username.as_str().to_owned(),
            external: user.external_id.as_deref().map(str::to_owned),
            common: user.common_id.as_deref().map(str::to_owned),
            maker: text(profile.interests.as_deref()),
            fields: [&profile.name, &profile.surname, &profile.about_me]
                .map(|field| text(field.as_deref())),
            password: user.password.as_ref().and_then(password_of),
            enabled: user.enabled,
            email: profile.email.as_deref().map(|email| {
                let mut known = ADDRESSES.iter();
                known.position(|address| email == *address).unwrap()
            }),
        }
    }
}

impl Person {
    /// Whether this key finds the user.
    pub(crate) fn has(&self, key: Key) -> bool {
        match key {
            Key::Name(name) => {
                let name = name - name % 2;
                NAMES[name..name + 2].contains(&self.name.as_str())
            }
            Key::External(id) => self.external.as_deref() == Some(IDS[id]),
            Key::Common(id) => self.common.as_deref() == Some(IDS[id]),
        }
    }
}

impl World {
    /// The user that this key finds.
    pub(crate) fn holder(&self, key: Key) -> Option<&Person> {
        self.people.values().find(|person| person.has(key))
    }

    /// A user's avatar, or the error if it cannot be read.
    pub(crate) fn avatar(&self, number: u64) -> Result<Option<&Avatar>, &Error> {
        match self.pictures.get(&number) {
            None => Ok(None),
            Some(picture) => picture.seen.as_ref().map(Option::as_ref),
        }
    }

    /// The change that made a user's present avatar.
    pub(crate) fn revision(&self, number: u64) -> Option<&Change> {
        let avatar = self.avatar(number).ok().flatten();
        avatar.map(|avatar| &avatar.change)
    }

    /// How often the value of a user's avatar was written.
    pub(crate) fn writes(&self, number: u64) -> usize {
        let picture = self.pictures.get(&number);
        picture.map_or(0, |picture| picture.writes)
    }

    /// The users whose avatars differ from this world or were written again.
    pub(crate) fn repainted_since(&self, before: &Self) -> Vec<u64> {
        let differ = |number: &&u64| {
            self.writes(**number) != before.writes(**number)
                || self.avatar(**number) != before.avatar(**number)
        };
        self.pictures.keys().filter(differ).copied().collect()
    }

    /// The world after writes to these keys.
    pub(crate) fn after(&self, touched: &[String], stage: &Rc<Stage>) -> Result<Self, String> {
        let directory = Directory::with_clock(Glance(Rc::clone(stage)), now);
        let mut world = self.clone();
        let mut people = false;
        for key in touched {
            match key.strip_prefix("visage.avatar.") {
                Some(rest) => {
                    let number = rest.split('.').next().unwrap().parse().unwrap();
                    let picture = Picture {
                        seen: block_on(directory.avatar(UserNumber(number))),
                        writes: world.writes(number) + usize::from(!rest.contains('.')),
                    };
                    Rc::make_mut(&mut world.pictures).insert(number, Rc::new(picture));
                }
                None => people |= TELLING.iter().any(|kind| key.starts_with(kind)),
            }
        }
        if people {
            world.people = Rc::new(look(&directory)?);
            for email in 0..ADDRESSES.len() {
                world.found[email] = found_by(&directory, email, &world.people)?;
                world.pointed[email] = stage.values.borrow().get(&pointer(email)).is_some();
            }
        }
        for number in world.people.keys() {
            if let Err(error) = world.avatar(*number) {
                return Err(format!("the avatar of user {number} is torn: {error:?}"));
            }
        }
        Ok(world)
    }

    /// Checks that each user is found by id, by number and on the list's pages.
    pub(crate) fn complete(&self, stage: &Rc<Stage>) -> Result<(), String> {
        let directory = Directory::with_clock(Glance(Rc::clone(stage)), now);
        for (position, person) in self.people.values().enumerate() {
            let number = person.number.to_string();
            let by_id = block_on(directory.find(&person.id, &[By::Id]));
            let by_number = block_on(directory.find(&number, &[By::Number]));
            let page = block_on(directory.list(position, 1)).map(first);
            for found in [by_id, by_number, page] {
                let found = found.map_err(|error| format!("{error:?}"))?;
                if found.as_ref().map(Person::from).as_ref() != Some(person) {
                    return Err(format!("{person:?} is not found everywhere"));
                }
            }
        }
        Ok(())
    }
}

/// Reads the list. Each listed user must be found by all keys, and no key may find anybody else.
fn look(directory: &Directory<Glance>) -> Result<BTreeMap<u64, Person>, String> {
    let failed = |error: Error| format!("a reader gets {error:?}");
    let listed = block_on(directory.list(0, usize::MAX)).map_err(failed)?;
    let people: BTreeMap<u64, Person> = listed
        .users
        .iter()
        .map(|(user, _)| (user.number.0, Person::from(user)))
        .collect();
    let names = (0..NAMES.len()).step_by(2).map(Key::Name);
    let ids = (0..IDS.len()).flat_map(|id| [Key::External(id), Key::Common(id)]);
    for key in names.chain(ids) {
        let (text, by) = lookup(key);
        let found = block_on(directory.find(text, &[by])).map_err(failed)?;
        let found: Vec<Person> = found.iter().map(Person::from).collect();
        let expected: Vec<&Person> = people.values().filter(|person| person.has(key)).collect();
        if found.iter().collect::<Vec<_>>() != expected {
            return Err(format!(
                "{key:?} leads to {found:?}, and the list holds {expected:?}"
            ));
        }
    }
    Ok(people)
}

/// The user who is found by an address. It must be a user who has it, by each of its hashes.
fn found_by(
    directory: &Directory<Glance>,
    email: usize,
    people: &BTreeMap<u64, Person>,
) -> Result<Option<u64>, String> {
    let [by_sha256, by_md5] = hashes(email).map(|hash| {
        let found = block_on(directory.find_by_address(&hash));
        found.map(|user| user.map(|user| user.number.0))
    });
    let failed = |error: Error| format!("a reader gets {error:?}");
    let (by_sha256, by_md5) = (by_sha256.map_err(failed)?, by_md5.map_err(failed)?);
    let has_it = |number: &u64| people.get(number).is_some_and(|it| it.email == Some(email));
    // On DynamoDB the pointer may be there before the MD5's translation.
    if by_sha256.as_ref().is_some_and(|number| !has_it(number))
        || by_md5.is_some_and(|_| by_md5 != by_sha256)
    {
        return Err(format!(
            "address {email} leads to {by_sha256:?} and {by_md5:?}, of {people:?}"
        ));
    }
    Ok(by_sha256)
}

fn first(page: Page) -> Option<User> {
    page.users.into_iter().next().map(|(user, _)| user)
}

/// The store for a reader that needs no turn and changes nothing.
struct Glance(Rc<Stage>);

impl Store for Glance {
    type Snapshot = Infallible;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.values.borrow().get(key))
    }

    async fn delete_many(&self, _: &[String]) -> Result<(), Error> {
        Err(Error::TimedOut)
    }

    async fn set_many(&self, _: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        Err(Error::TimedOut)
    }

    async fn increment(&self, _: &str, _: i64) -> Result<i64, Error> {
        Err(Error::TimedOut)
    }

    async fn snapshot(&self, _: &str) -> Result<(Option<Vec<u8>>, Infallible), Error> {
        Err(Error::TimedOut)
    }

    async fn swap(&self, snapshot: Infallible, _: Vec<u8>) -> Result<bool, Error> {
        match snapshot {}
    }
}
