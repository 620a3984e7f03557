//! A client that remembers the answers it received.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use serde_json::{Value, json};
use visage_tests::{Answer, Connection, Request, Server, fixtures};

use super::kept::Kept;
use crate::{calls, uploads};

/// The users that all writers change.
pub(super) const SHARED: [&str; 3] = ["shared-0", "shared-1", "shared-2"];

/// Their fields. Each has one writer.
pub(super) const FIELDS: [&str; 8] = [
    "aboutMe",
    "interests",
    "location",
    "mobilePhone",
    "name",
    "officePhone",
    "surname",
    "extra",
];

const PASSWORD: &str = "hush-owner's";
/// The most bytes of a picture.
const LARGEST: usize = 512 * 1024;

/// The request that creates a user. It is always the same for one name.
fn creation(name: &str) -> Request {
    calls::create(&json!({
        "username": name,
        "surname": name,
        "externalId": format!("external-{name}"),
        "image": { "base64Image": fixtures::base64("pixel.png") },
    }))
}

/// The id of a newly created user.
fn id(answer: &Answer) -> String {
    let location = answer.header("location").unwrap_or_default();
    let (_, id) = location.rsplit_once('/').expect("Location has a path");
    id.to_owned()
}

/// The value of this writer's field. One of the fields is an object.
fn field(writer: usize, value: &str) -> Value {
    match FIELDS[writer] {
        "extra" => json!({ "value": value }),
        _ => json!(value),
    }
}

/// A user that a writer created or tried to create.
struct Created {
    /// The id, if the answer arrived.
    id: Option<String>,
    exists: Kept<bool>,
}

/// The next change, and how it is sent.
enum Change {
    Field(usize, String),
    Picture(Vec<u8>),
    Create(String),
    Delete(String),
}

pub(super) struct Writer {
    number: usize,
    rng: Rng,
    /// The number of changes sent.
    sent: usize,
    fields: [Kept<Option<String>>; SHARED.len()],
    picture: Kept<Option<Vec<u8>>>,
    users: BTreeMap<String, Created>,
    /// The ids of deleted users whose names were used again.
    past: Vec<String>,
}

impl Writer {
    /// An entry of `f5_tokens`.
    pub(super) fn f5_token(number: usize) -> String {
        format!("owner-{number}=hush-{number}")
    }

    /// Creates a writer with its own user, who has no picture yet.
    pub(super) fn new(server: &Server, number: usize, rng: Rng) -> Self {
        let owner = format!("owner-{number}");
        let user = json!({ "username": owner, "password": PASSWORD, "surname": owner });
        let answer = server.send(&calls::create(&user)).expect(200);
        let owner_created = Created {
            id: Some(id(&answer)),
            exists: Kept::new(true),
        };
        Self {
            number,
            rng,
            sent: 0,
            fields: [(); SHARED.len()].map(|()| Kept::new(None)),
            picture: Kept::new(None),
            users: BTreeMap::from([(owner, owner_created)]),
            past: Vec::new(),
        }
    }

    /// The users whose id is known: name, id, and whether they exist.
    pub(super) fn users(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        let past = self
            .past
            .iter()
            .map(|id| ("one who was deleted", id.as_str(), false));
        let users = self.users.iter().filter_map(|(name, user)| {
            let id = user.id.as_deref()?;
            Some((name.as_str(), id, user.exists.acknowledged))
        });
        past.chain(users)
    }

    /// Writes until the server is gone.
    pub(super) fn write(&mut self, address: SocketAddr, acknowledged: &AtomicUsize) {
        // The server may be gone before the first request.
        let Ok(mut connection) = Connection::open(address) else {
            return;
        };
        loop {
            let change = self.next();
            let request = self.request(&change);
            self.begin(&change);
            let Ok(answer) = connection.send(&request) else {
                return;
            };
            assert_eq!(answer.status, 200, "{request}\n\n{answer}");
            self.end(&change, &answer);
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn next(&mut self) -> Change {
        self.sent += 1;
        let name = || format!("user-{}-{}", self.number, self.sent);
        match self.sent % 5 {
            0 => Change::Create(name()),
            1 | 3 => Change::Field(self.rng.usize(..SHARED.len()), name()),
            2 => {
                // Around the size at which a picture is split into parts.
                let length = self.rng.usize(100..LARGEST);
                let length = if self.rng.bool() {
                    length
                } else {
                    length % 3000 + 100
                };
                let mut picture = fixtures::picture("pixel.png");
                picture.resize_with(length, || self.rng.u8(..));
                Change::Picture(picture)
            }
            _ => {
                let owner = format!("owner-{}", self.number);
                let mut there = self.users.iter().filter(|(name, user)| {
                    user.exists.acknowledged && user.id.is_some() && **name != owner
                });
                match there.next() {
                    Some((name, _)) if self.rng.bool() => Change::Delete(name.clone()),
                    _ => Change::Create(name()),
                }
            }
        }
    }

    fn request(&self, change: &Change) -> Request {
        match change {
            Change::Field(user, value) => calls::update(
                SHARED[*user],
                &json!({ FIELDS[self.number]: field(self.number, value) }),
            ),
            Change::Create(name) => creation(name),
            Change::Delete(name) => calls::netex("DELETE", &format!("/{name}")),
            Change::Picture(picture) => self.upload(picture),
        }
    }

    /// Sends the picture, one family after another.
    fn upload(&self, picture: &[u8]) -> Request {
        let owner = format!("owner-{}", self.number);
        match self.sent % 3 {
            0 => uploads::netex(&owner, picture),
            1 => uploads::f5(&format!("hush-{}", self.number), picture),
            _ => uploads::bpm(&owner, &owner, PASSWORD, picture),
        }
    }

    fn begin(&mut self, change: &Change) {
        match change {
            Change::Field(user, value) => self.fields[*user].open = Some(Some(value.clone())),
            Change::Picture(picture) => self.picture.open = Some(Some(picture.clone())),
            Change::Create(name) => {
                let exists = Kept {
                    acknowledged: false,
                    open: Some(true),
                };
                self.users
                    .insert(name.clone(), Created { id: None, exists });
            }
            Change::Delete(name) => self.user(name).exists.open = Some(false),
        }
    }

    fn end(&mut self, change: &Change, answer: &Answer) {
        match change {
            Change::Field(user, value) => self.fields[*user] = Kept::new(Some(value.clone())),
            Change::Picture(picture) => self.picture = Kept::new(Some(picture.clone())),
            Change::Create(name) => {
                let user = self.user(name);
                user.id = Some(id(answer));
                user.exists = Kept::new(true);
            }
            Change::Delete(name) => self.user(name).exists = Kept::new(false),
        }
    }

    fn user(&mut self, name: &str) -> &mut Created {
        self.users.get_mut(name).expect("a user is created before")
    }

    /// Compares with the state after a crash and accepts it. Returns how many changes were open.
    pub(super) fn check(&mut self, server: &Server, losses: &mut Vec<String>) -> usize {
        let mut connection = server.connect();
        let mut send = |request: &Request| connection.send(request).expect("an answer comes");
        let open = self
            .fields
            .iter()
            .filter(|field| field.open.is_some())
            .count()
            + usize::from(self.picture.open.is_some())
            + self
                .users
                .values()
                .filter(|user| user.exists.open.is_some())
                .count();

        for (user, kept) in SHARED.iter().zip(&mut self.fields) {
            let shown = send(&calls::read(user)).expect(200).json();
            let field = &shown[FIELDS[self.number]];
            let value = field.as_str().or(field["value"].as_str());
            if !kept.settle(value.map(str::to_owned)) {
                losses.push(format!("{user}'s {}: {field}", FIELDS[self.number]));
            }
        }
        let owner = format!("owner-{}", self.number);
        let shown = send(&calls::netex("GET", &format!("/{owner}/image")));
        let picture = (shown.status == 200).then_some(shown.body);
        if !self.picture.settle(picture) {
            losses.push(format!("{owner}'s picture: {}", shown.status));
        }
        for (name, user) in &mut self.users {
            let shown = send(&calls::read(name));
            let exists = shown.status == 200;
            let was_open = user.exists.open.is_some();
            if !user.exists.settle(exists) || (!exists && shown.status != 404) {
                losses.push(format!("{name}: {shown}"));
                continue;
            }
            if exists {
                let shown = shown.json();
                let id = shown["id"].as_str().map(str::to_owned);
                let is_other = user.id.is_some() && user.id != id;
                let has_picture = *name == owner || shown["image"]["url"].is_string();
                if is_other || shown["surname"] != json!(name) || !has_picture {
                    losses.push(format!("{name} is not whole: {shown}"));
                }
                user.id = id;
            } else if was_open {
                // Remains of the name and the externalId must not prevent a new creation.
                let answer = send(&creation(name));
                if answer.status == 200 {
                    self.past.extend(user.id.replace(id(&answer)));
                    user.exists = Kept::new(true);
                } else {
                    losses.push(format!("{name} cannot be created again: {answer}"));
                }
            }
        }
        open
    }
}
