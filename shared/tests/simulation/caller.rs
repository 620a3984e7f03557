//! Makes calls as the functions do: look a user up, then work with the user's number.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use visage::Error;
use visage::bpm::{self, Logins};
use visage::directory::{Avatar, By, Change, Claimed, Directory, EmailHash, Kept, Portrait, Terms};
use visage::image::{Image, MAX_BYTES};
use visage::name::UserNumber;
use visage::password::PasswordHash;
use visage::rendering::{self, Rendering};
use visage::store::Store;
use visage::user::{AuthSource, Email, NewUser, Profile, Text, User};
use visage::web::Head;

use super::plan::{ADDRESSES, Call, Field, IDS, Key, LIMIT, NAMES, Size};

/// Passwords, with hashes of argon2's lowest cost.
pub(crate) const PASSWORDS: [(&str, &str); 2] = [
    (
        "hush-hush",
        "$argon2id$v=19$m=8,t=1,p=1$AStQ/AYEPjFnZTyA2StleA$qmHdYysjkyhiVV988rveYkZ0e52EuqmYo30KjdMlXOQ",
    ),
    (
        "hush",
        "$argon2id$v=19$m=8,t=1,p=1$44o0HoiOns38VtUeWH11Mw$xg8NqWG/e/wkD1GJDqgjNaFezytzbvUOlwrufJsMw2Q",
    ),
];

/// The SHA-256 and the MD5 of the [`ADDRESSES`].
const HASHES: [[&str; 2]; 2] = [
    [
        "24d758c0ea53eaa0f9c84e3b9622549f76b888bedd3f64b4199f04af117f2ac9",
        "e4644840b7a265069c0aa79ecf42bb53",
    ],
    [
        "5ff860bf1190596c7188ab851db691f0f3169c453936e9e1eba2f9a47f7a0018",
        "4b9bb80620f03eb3719e0a061c14283d",
    ],
];

/// How many reads a renderer's work is worth.
const DECODING: u32 = 3;

const GIF: &[u8] = include_bytes!("../../../tests/fixtures/avatar.gif");

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// The simulation's time, in milliseconds.
pub(crate) fn now() -> u64 {
    NOW.get()
}

pub(crate) fn set_now(now: u64) {
    NOW.set(now);
}

/// The outcome that the client receives.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// No user has the key.
    Nobody,
    Created(Box<User>),
    Found(Box<User>),
    Listed(Vec<User>),
    Updated,
    Read(Option<Avatar>),
    /// What everybody sees of the avatar.
    Shown(Option<Portrait>),
    Put(Change),
    Deleted,
    LoggedIn(u64),
    LoginFailed,
    Tidied,
    Indexed,
}

/// What a call has learned so far. It is judged by this even if it dies.
#[derive(Default)]
pub(crate) struct Learned {
    /// The number of the user who has the key.
    pub(crate) number: Cell<Option<u64>>,
    /// The avatar that a conditional change expects to replace, once it has been read.
    pub(crate) expected: RefCell<Option<Option<Change>>>,
    /// When the avatar's change began.
    pub(crate) began: Cell<u64>,
    /// The revision of the picture of which the call was told that it is the first that can't render it.
    pub(crate) noted: RefCell<Option<String>>,
}

/// The picture of the call with this number. Each call has a different one.
pub(crate) fn image(call: usize, size: Size) -> Image {
    let mut bytes = GIF.to_vec();
    let length = match size {
        Size::Small => GIF.len(),
        Size::Medium => 20 * 1024,
        Size::Large => 300 * 1024,
        Size::Largest => MAX_BYTES - size_of_val(&call),
    };
    bytes.resize(length, u8::try_from(call % 251).unwrap());
    bytes.extend(call.to_le_bytes());
    Image::new(bytes, "").unwrap()
}

/// The text that the call with this number writes into the profile.
pub(crate) fn text(call: usize) -> String {
    format!("call {call}.")
}

fn hash(password: usize) -> PasswordHash {
    serde_json::from_value(PASSWORDS[password].1.into()).unwrap()
}

/// The index of the password with this hash.
pub(crate) fn password_of(hash: &PasswordHash) -> Option<usize> {
    let hash = serde_json::to_value(hash).unwrap();
    PASSWORDS.iter().position(|(_, known)| hash == *known)
}

/// Changes a user's profile.
pub(crate) fn change(user: &mut User, field: Field, call: usize) {
    match field {
        Field::Password(password) => user.password = Some(hash(password)),
        Field::Enabled(enabled) => user.enabled = enabled,
        Field::Email(email) => user.profile.email = email.map(address),
        Field::Name | Field::Surname | Field::AboutMe => {}
    }
    let profile = &mut user.profile;
    let (field, old) = match field {
        Field::Name | Field::Password(_) | Field::Enabled(_) | Field::Email(_) => {
            (&mut profile.name, None)
        }
        Field::Surname => (&mut profile.surname, None),
        Field::AboutMe => {
            let old = profile.about_me.take();
            (&mut profile.about_me, old)
        }
    };
    let text = format!("{}{}", old.as_deref().unwrap_or_default(), text(call));
    *field = Some(Text::try_from(text).unwrap());
}

fn address(email: usize) -> Email {
    ADDRESSES[email].to_owned().try_into().unwrap()
}

/// What others know of an address: its SHA-256 and its MD5.
pub(crate) fn hashes(email: usize) -> [EmailHash; 2] {
    HASHES[email].map(|digits| EmailHash::from_hex(digits).unwrap())
}

/// The key of an address's pointer.
pub(crate) fn pointer(email: usize) -> String {
    format!("visage.email.{}", HASHES[email][0])
}

/// The size of a rendering with this index.
pub(crate) fn pixels(size: usize) -> rendering::Size {
    rendering::Size::KEPT[size]
}

/// The rendering of a picture.
pub(crate) fn rendering(picture: &[u8], size: usize) -> Rendering {
    let mut bytes = picture[picture.len() - size_of::<usize>()..].to_vec();
    bytes.extend(size.to_le_bytes());
    if pixels(size) == rendering::Size::MAX {
        bytes.resize(600 * 1024, 7);
    }
    Rendering {
        format: visage::image::Format::Png,
        bytes: bytes.into(),
    }
}

/// Whether the renderer can't read this picture: one in six.
pub(crate) fn is_unrenderable(picture: &[u8]) -> bool {
    picture[picture.len() - size_of::<usize>()].is_multiple_of(6)
}

/// The text and the kind of key for a search.
pub(crate) fn lookup(key: Key) -> (&'static str, By) {
    match key {
        Key::Name(name) => (NAMES[name], By::Username),
        Key::External(id) => (IDS[id], By::ExternalId),
        Key::Common(id) => (IDS[id], By::CommonId),
    }
}

/// Runs the call with this number.
pub(crate) async fn make<S: Store>(
    directory: Directory<S>,
    number: usize,
    call: Call,
    image: Option<Image>,
    learned: Rc<Learned>,
    logins: Rc<Logins>,
) -> Result<Answer, Error> {
    if let Call::Login { name, password } = call {
        return login(&directory, name, password, &logins).await;
    }
    let find = async |key| {
        let (text, by) = lookup(key);
        let user = directory.find(text, &[by]).await?;
        learned.number.set(user.as_ref().map(|user| user.number.0));
        Ok::<_, Error>(user)
    };
    let (Call::Update(key, _)
    | Call::ReadAvatar(key)
    | Call::Render(key, _)
    | Call::PutAvatar { key, .. }
    | Call::Delete(key)) = call
    else {
        return match call {
            Call::FindByAddress(email) => {
                let found = directory
                    .find_by_address(&hashes(email)[number % 2])
                    .await?;
                Ok(found.map_or(Answer::Nobody, |user| Answer::Found(Box::new(user))))
            }
            Call::Index => {
                directory.index_addresses().await?;
                Ok(Answer::Indexed)
            }
            Call::Find(key) => Ok(find(key)
                .await?
                .map_or(Answer::Nobody, |user| Answer::Found(Box::new(user)))),
            Call::List => {
                let page = directory.list(0, usize::MAX).await?;
                Ok(Answer::Listed(
                    page.users.into_iter().map(|(user, _)| user).collect(),
                ))
            }
            Call::Tidy => {
                // Creations with this number tidy up.
                directory.tidy(UserNumber(8)).await?;
                Ok(Answer::Tidied)
            }
            _ => {
                let user = directory.create(new_user(number, &call, image)).await?;
                Ok(Answer::Created(Box::new(user)))
            }
        };
    };
    if let Call::Update(key, field) = call {
        let (text, by) = lookup(key);
        let mut change = |user: &mut User| {
            learned.number.set(Some(user.number.0));
            change(user, field, number);
            Ok::<_, Error>(())
        };
        let found = directory.find_and_update(text, &[by], &mut change).await?;
        return Ok(if found {
            Answer::Updated
        } else {
            Answer::Nobody
        });
    }
    if let Call::ReadAvatar(_) = call {
        let (text, by) = lookup(key);
        let read = async |number| directory.avatar(number).await;
        let Some((user, avatar)) = directory.find_with(text, &[by], read).await? else {
            return Ok(Answer::Nobody);
        };
        learned.number.set(Some(user.number.0));
        return Ok(Answer::Read(avatar?));
    }
    if let Call::Render(_, size) = call {
        let (text, by) = lookup(key);
        let read = async |number| directory.portrait(number, pixels(size)).await;
        let Some((user, portrait)) = directory.find_with(text, &[by], read).await? else {
            return Ok(Answer::Nobody);
        };
        learned.number.set(Some(user.number.0));
        return Ok(Answer::Shown(match portrait? {
            Some(portrait) if portrait.rendering == Kept::Missing => {
                render(&directory, user.number, size, &learned).await?
            }
            portrait => portrait,
        }));
    }
    let Some(user) = find(key).await? else {
        return Ok(Answer::Nobody);
    };
    match call {
        Call::PutAvatar {
            conditional,
            limited,
            ..
        } => {
            if conditional {
                let avatar = directory.avatar(user.number).await?;
                learned
                    .expected
                    .replace(Some(avatar.map(|avatar| avatar.change)));
            }
            put(&directory, user.number, limited, image.as_ref(), &learned).await
        }
        _ => {
            directory.delete(user.number).await?;
            Ok(Answer::Deleted)
        }
    }
}

/// Makes a rendering, as the component that shows it does.
async fn render<S: Store>(
    directory: &Directory<S>,
    user: UserNumber,
    size: usize,
    learned: &Learned,
) -> Result<Option<Portrait>, Error> {
    let claim = match directory.claim_rendering(user, pixels(size)).await? {
        Claimed::Mine(claim) => claim,
        Claimed::Done(portrait) => return Ok(portrait),
    };
    // Decoding takes time, in which others go on.
    for _ in 0..DECODING {
        let _ = directory.avatar_change(user).await;
    }
    let picture = &claim.avatar.bytes;
    let made = if is_unrenderable(picture) {
        if directory.note_unrenderable(&claim).await == Ok(true) {
            learned
                .noted
                .replace(Some(claim.avatar.change.revision.clone()));
        }
        Kept::Unrenderable
    } else {
        let rendering = rendering(picture, size);
        // The answer is right even if it can't be kept.
        let _ = directory.keep_rendering(&claim, &rendering).await;
        Kept::Rendering(rendering)
    };
    Ok(Some(Portrait {
        change: claim.avatar.change,
        rendering: made,
    }))
}

/// Logs in as IBM BPM's callers do.
async fn login<S: Store>(
    directory: &Directory<S>,
    name: usize,
    password: usize,
    logins: &Logins,
) -> Result<Answer, Error> {
    let credentials = STANDARD.encode(format!("{}:{}", NAMES[name], PASSWORDS[password].0));
    let basic = HeaderValue::try_from(format!("Basic {credentials}")).unwrap();
    let head = Head {
        method: Method::GET,
        origin: String::new(),
        path: String::new(),
        query: String::new(),
        headers: HeaderMap::from_iter([(AUTHORIZATION, basic)]),
    };
    match bpm::authenticate(&head, directory, logins).await {
        Ok(user) => Ok(Answer::LoggedIn(user.number.0)),
        Err(bpm::Error::Directory(error)) => Err(error),
        Err(_) => Ok(Answer::LoginFailed),
    }
}

async fn put<S: Store>(
    directory: &Directory<S>,
    user: UserNumber,
    limited: bool,
    image: Option<&Image>,
    learned: &Learned,
) -> Result<Answer, Error> {
    let expected = learned.expected.borrow().clone();
    let terms = Terms {
        precondition: expected.map(|expected| {
            let check = move |present: Option<&Change>| present == expected.as_ref();
            Box::new(check) as Box<visage::directory::Precondition<'_>>
        }),
        changes_a_minute: limited.then_some(LIMIT),
    };
    learned.began.set(now());
    Ok(Answer::Put(
        directory.put_avatar_on(&terms, user, image).await?,
    ))
}

fn new_user(number: usize, call: &Call, image: Option<Image>) -> NewUser {
    let Call::Create {
        name,
        external,
        common,
        email,
        ..
    } = *call
    else {
        panic!("{call:?} creates nobody");
    };
    let id = |id: Option<usize>| id.map(|id| IDS[id].to_owned().try_into().unwrap());
    NewUser {
        username: NAMES[name].to_owned().try_into().unwrap(),
        auth_source: AuthSource::default(),
        password: None,
        enabled: true,
        roles: Default::default(),
        external_id: id(external),
        common_id: id(common),
        profile: Profile {
            interests: Some(text(number).try_into().unwrap()),
            email: email.map(address),
            ..Profile::default()
        },
        image,
    }
}
