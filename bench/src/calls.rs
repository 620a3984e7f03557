//! The measured calls. Visage and the floor receive the same requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use visage_tests::calls::{address_hash, basic};
use visage_tests::fixtures;
use visage_tests::server::NETEX_TOKEN;

/// The most connections of a call.
pub const MAX_CONNECTIONS: u32 = 32;

/// How many bodies with different pictures a call has. SQLite does not write what is unchanged.
const PICTURES: u64 = 5;

/// The password of users who log in.
pub const PASSWORD: &str = "correct horse battery staple";
const USERS_PATH: &str = "/integration/ws/management/rest/users";
const AVATAR_PATH: &str = "/rest/bpm/wle/v1/avatar/{user}";
const F5_PATH: &str = "/api/web/namespaces/system/user/settings/image";

/// The placeholder for the user in a target and in a new user's body.
const USER: &str = "{user}";

/// The placeholder for the hash of the user's email address in a target.
const HASH: &str = "{hash}";

/// Whose call it is. Connections don't share users, so no call waits for another's.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    /// A new user for each request.
    New,
    /// The connection's user.
    User,
    /// One of the connection's two users, in turns, by name and password.
    Login,
}

impl Who {
    fn name(self, run: &str, connection: u32, number: u64) -> String {
        match self {
            Self::New => format!("{run}.{number}"),
            Self::User => format!("user{connection}"),
            Self::Login => format!("login{}", u64::from(connection) * 2 + number % 2),
        }
    }
}

/// A measured call.
#[derive(Clone)]
pub struct Call {
    /// Its name in the table.
    pub name: String,
    who: Who,
    method: Method,
    /// Its path, with the placeholder for the user.
    pub target: String,
    content_type: &'static str,
    /// The bodies of the requests, in turns.
    bodies: Vec<Bytes>,
    /// What each of the call's users does before it is measured.
    pub before: Option<Box<Self>>,
}

impl Call {
    fn json(name: impl Into<String>, method: Method, target: String, body: &Value) -> Self {
        Self {
            name: name.into(),
            who: Who::User,
            method,
            target,
            content_type: "application/json",
            bodies: vec![body.to_string().into()],
            before: None,
        }
    }

    /// A call without a body.
    fn get(name: impl Into<String>, target: String) -> Self {
        Self {
            bodies: vec![Bytes::new()],
            ..Self::json(name, Method::GET, target, &Value::Null)
        }
    }

    /// Netex: creates a user without a password.
    pub fn create() -> Self {
        let who = Who::New;
        let body = json!({ "user": user(Some(USER), None) });
        Self {
            who,
            ..Self::json("Netex create", Method::POST, USERS_PATH.into(), &body)
        }
    }

    /// Netex: updates a user's whole profile.
    pub fn update() -> Self {
        let target = format!("{USERS_PATH}/{USER}");
        Self::json(
            "Netex update",
            Method::PUT,
            target,
            &json!({ "user": user(None, None) }),
        )
    }

    /// Netex: gives a user an image of this size.
    pub fn image(kibibytes: usize) -> Self {
        let target = format!("{USERS_PATH}/{USER}/image");
        let name = format!("Netex image {kibibytes} KiB");
        let image = |picture: &[u8]| {
            let image = json!({ "base64Image": STANDARD.encode(picture), "mimeType": "image/png" });
            json!({ "image": image }).to_string().into()
        };
        Self {
            bodies: pictures(kibibytes).map(|picture| image(&picture)).collect(),
            ..Self::json(name, Method::POST, target, &Value::Null)
        }
    }

    /// Netex: reads a user, which is a small answer.
    pub fn show(method: Method) -> Self {
        let target = format!("{USERS_PATH}/{USER}");
        Self {
            name: format!("Netex {method}"),
            method,
            ..Self::get("", target)
        }
    }

    /// IBM BPM: changes the caller's avatar.
    pub fn change_avatar(kibibytes: usize) -> Self {
        let upload = |picture: Vec<u8>| {
            [
                b"--limit\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"avatar.png\"\r\nContent-Type: image/png\r\n\r\n",
                picture.as_slice(),
                b"\r\n--limit--\r\n",
            ]
            .concat()
            .into()
        };
        Self {
            name: format!("BPM POST {kibibytes} KiB"),
            who: Who::Login,
            method: Method::POST,
            target: AVATAR_PATH.into(),
            content_type: "multipart/form-data; boundary=limit",
            bodies: pictures(kibibytes).map(upload).collect(),
            before: None,
        }
    }

    /// IBM BPM: shows the caller's avatar.
    pub fn show_avatar(kibibytes: usize) -> Self {
        Self {
            who: Who::Login,
            before: Some(Box::new(Self::change_avatar(kibibytes))),
            ..Self::get(format!("BPM GET {kibibytes} KiB"), AVATAR_PATH.into())
        }
    }

    /// F5: updates the user image.
    pub fn put(kibibytes: usize) -> Self {
        let name = format!("F5 PUT {kibibytes} KiB");
        let image = |picture: &[u8]| {
            let image = json!({ "content_type": "image/png", "image": STANDARD.encode(picture) });
            image.to_string().into()
        };
        Self {
            bodies: pictures(kibibytes).map(|picture| image(&picture)).collect(),
            ..Self::json(name, Method::PUT, F5_PATH.into(), &Value::Null)
        }
    }

    /// F5: shows a user image of this size.
    pub fn show_image(kibibytes: usize) -> Self {
        Self {
            before: Some(Box::new(Self::put(kibibytes))),
            ..Self::get(format!("F5 GET {kibibytes} KiB"), F5_PATH.into())
        }
    }

    /// Shows everybody a user's avatar, 64 pixels wide.
    pub fn public_avatar() -> Self {
        let image = json!({ "image": fixtures::base64("avatar.jpg") });
        let put = Self::json("", Method::PUT, F5_PATH.into(), &image);
        Self {
            before: Some(Box::new(put)),
            ..Self::get("Public avatar 64 px", format!("/avatar/{HASH}?s=64"))
        }
    }

    fn target(&self, user: &str) -> String {
        if self.target.contains(HASH) {
            self.target.replace(HASH, &address_hash(&address(user)))
        } else {
            self.target.replace(USER, user)
        }
    }

    /// Returns the request with this number on this connection.
    pub fn request(
        &self,
        run: &str,
        connection: u32,
        number: u64,
    ) -> http::Result<Request<Full<Bytes>>> {
        let user = self.who.name(run, connection, number);
        let turn = number % self.bodies.len() as u64;
        let body = self.bodies.get(turn as usize).cloned().unwrap_or_default();
        let body = match self.who {
            Who::New => String::from_utf8_lossy(&body).replace(USER, &user).into(),
            Who::User | Who::Login => body,
        };
        let request = Request::builder()
            .method(self.method.clone())
            .uri(self.target(&user))
            .header(CONTENT_TYPE, self.content_type);
        let request = match self.who {
            Who::Login => request.header(AUTHORIZATION, basic(&user, PASSWORD)),
            _ if self.target == F5_PATH => {
                request.header(AUTHORIZATION, format!("APIToken {user}"))
            }
            _ => request.header("x-cloud-auth-token", NETEX_TOKEN),
        };
        request.body(Full::new(body))
    }
}

/// The calls of the table, in order.
pub fn all() -> Vec<Call> {
    vec![
        Call::create(),
        Call::update(),
        Call::image(4),
        Call::image(64),
        Call::image(512),
        Call::change_avatar(64),
        Call::show_avatar(64),
        Call::put(4),
        Call::put(64),
        Call::show_image(4),
        Call::show_image(64),
        Call::public_avatar(),
    ]
}

/// The users of the calls, in the order to create them.
pub fn users() -> Vec<Value> {
    let numbers = 0..MAX_CONNECTIONS;
    let names = numbers
        .clone()
        .map(|number| (Who::User.name("", number, 0), None));
    let logins = numbers.flat_map(|number| [0, 1].map(|turn| Who::Login.name("", number, turn)));
    let logins = logins.map(|name| (name, Some(PASSWORD)));
    let users = names.chain(logins);
    users
        .map(|(name, password)| user(Some(&name), password))
        .collect()
}

/// The value of `f5_tokens`: each user's token is the name.
pub fn f5_tokens() -> String {
    let names = (0..MAX_CONNECTIONS).map(|number| Who::User.name("", number, 0));
    names
        .map(|name| format!("{name}={name}"))
        .collect::<Vec<_>>()
        .join(",")
}

/// A user with a full profile. An update leaves the address as it is.
fn user(username: Option<&str>, password: Option<&str>) -> Value {
    let mut user = json!({
        "username": username,
        "password": password,
        "name": "María José",
        "surname": "Fernández Sánchez",
        "language": "es",
        "timezone": "Europe/Madrid",
        "officePhone": "+34 981 000 000",
        "mobilePhone": "+34 600 000 000",
        "interests": "E-learning, instructional design",
        "aboutMe": "Training manager since 2011",
        "location": "A Coruña",
        "roles": { "management": ["user"], "training": ["user", "trainer"] },
    });
    if let (Some(name), Some(user)) = (username, user.as_object_mut()) {
        user.insert("email".into(), address(name).into());
    }
    user
}

fn address(username: &str) -> String {
    format!("{username}@example.com")
}

/// Pictures of this size. They differ everywhere but in their heads.
fn pictures(kibibytes: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..PICTURES).map(move |seed| {
        let head = fixtures::picture("64x64.png");
        let mut picture = fixtures::picture(&format!("64x64.png@{}", kibibytes * 1024));
        let rest = picture.get_mut(head.len()..).unwrap_or_default();
        fastrand::Rng::with_seed(seed).fill(rest);
        picture
    })
}
