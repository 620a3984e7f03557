//! The documented calls, for tests that don't depend on their exact bytes.

use std::sync::Barrier;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::server::NETEX_TOKEN;
use crate::{Request, fixtures};

/// The path of Netex's user collection.
pub const USERS: &str = "/integration/ws/management/rest/users";

/// A Netex call. The path is below the collection's.
#[must_use]
pub fn netex(method: &str, below: &str) -> Request {
    Request::new(method, &format!("{USERS}{below}")).header("X-Cloud-Auth-Token", NETEX_TOKEN)
}

/// Netex: creates a user.
#[must_use]
pub fn create(user: &Value) -> Request {
    netex("POST", "").json(&json!({ "user": user }))
}

/// Netex: updates a user.
#[must_use]
pub fn update(user: &str, changes: &Value) -> Request {
    netex("PUT", &format!("/{user}")).json(&json!({ "user": changes }))
}

/// Netex: reads a user.
#[must_use]
pub fn read(user: &str) -> Request {
    netex("GET", &format!("/{user}"))
}

/// Netex: gives a user an image.
#[must_use]
pub fn add_image(user: &str, picture: &str) -> Request {
    netex("POST", &format!("/{user}/image"))
        .json(&json!({ "image": { "base64Image": fixtures::base64(picture) } }))
}

/// IBM BPM: reads the caller's own avatar.
#[must_use]
pub fn show_avatar(username: &str, password: &str) -> Request {
    Request::new("GET", "/rest/bpm/wle/v1/avatar/current")
        .header("Authorization", &basic(username, password))
}

/// BPM: changes the caller's own avatar.
#[must_use]
pub fn change_avatar(user: &str, password: &str, picture: &str) -> Request {
    let body = [
        b"--limit\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"picture\"\r\n\r\n",
        fixtures::picture(picture).as_slice(),
        b"\r\n--limit--\r\n",
    ]
    .concat();
    Request::new("POST", &format!("/rest/bpm/wle/v1/avatar/{user}"))
        .header("Authorization", &basic(user, password))
        .body("multipart/form-data; boundary=limit", body)
}

/// F5: changes the token owner's image.
#[must_use]
pub fn put_image(token: &str, picture: &str) -> Request {
    Request::new("PUT", "/api/web/namespaces/system/user/settings/image")
        .header("Authorization", &format!("APIToken {token}"))
        .json(&json!({ "content_type": "", "image": fixtures::base64(picture) }))
}

/// Libravatar: shows everybody the avatar of an email address. The query begins with `?`.
#[must_use]
pub fn public_avatar(address: &str, query: &str) -> Request {
    Request::new("GET", &format!("/avatar/{}{query}", address_hash(address)))
}

/// The SHA-256 of an email address, in hexadecimal digits.
#[must_use]
pub fn address_hash(address: &str) -> String {
    let hash = Sha256::digest(address);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// HTTP Basic credentials.
#[must_use]
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// Runs `work` this many times, each on its own thread. All threads start together.
pub fn together<T: Send>(count: usize, run: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    std::thread::scope(|scope| {
        let (barrier, run) = (&barrier, &run);
        let threads: Vec<_> = (0..count)
            .map(|index| {
                scope.spawn(move || {
                    barrier.wait();
                    run(index)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a caller's thread ends"))
            .collect()
    })
}
