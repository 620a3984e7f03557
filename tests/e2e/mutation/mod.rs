//! Thousands of broken requests. Each is answered, none with a 5xx, and no component traps.
//!
//! `VISAGE_MUTATIONS` sets the number of requests, `VISAGE_SEED` selects them.

mod mutate;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::str::FromStr;

use fastrand::Rng;
use serde_json::{Value, json};
use visage_tests::server::NETEX_TOKEN;
use visage_tests::{Answer, Connection, Manifest, Request, Server, fixtures};

use crate::calls;

const CONNECTIONS: usize = 4;
/// A longer body may still be partly unread when its request is answered.
const LONG: usize = 64 * 1024;
const PASSWORD: &str = "hush-ana's";

#[test]
fn mutated_requests_do_no_harm() {
    let count: u64 = from_environment("VISAGE_MUTATIONS", 10_000);
    let seed: u64 = from_environment("VISAGE_SEED", 1);
    println!("{count} requests of seed {seed}");
    // The speed of a busy machine is not under test.
    let server = Server::with(&[("store_timeout_ms", "120000"), ("public_avatars", "true")]);
    server
        .send(&calls::create(
            &json!({ "username": "ana", "password": PASSWORD }),
        ))
        .expect(200);

    let statuses = calls::together(CONNECTIONS, |caller| {
        let mut connection = None;
        let numbers = (caller as u64..count).step_by(CONNECTIONS);
        numbers
            .map(|number| send_mutated(&server, &mut connection, seed, number))
            .collect::<Vec<_>>()
    });
    let mut counts = BTreeMap::new();
    for status in statuses.into_iter().flatten() {
        *counts.entry(status).or_insert(0) += 1;
    }
    println!("answers by status (0: no answer): {counts:?}");
    // Otherwise the requests fail authentication, or the mutations break nothing.
    for status in [200, 400] {
        let answers = counts.get(&status).copied().unwrap_or_default();
        assert!(answers >= count / 20, "{status}: {answers} of {count}");
    }

    server.assert_no_trap();
    server
        .send(&Request::new("GET", "/.well-known/spin/health"))
        .expect(200);
    // Some of the requests were valid enough to change this.
    server
        .send(&calls::update(
            "ana",
            &json!({ "enabled": true, "authSource": "LOCAL" }),
        ))
        .expect(200);
    let avatar = server
        .send(&calls::change_avatar("ana", PASSWORD, "avatar.png"))
        .expect(200)
        .json();
    assert_eq!(
        (&avatar["data"]["userID"], &avatar["data"]["userName"]),
        (&json!(1), &json!("ana"))
    );
}

/// Sends the request with this number and seed. It is always the same, so a failure can be reproduced.
fn send_mutated(
    server: &Server,
    connection: &mut Option<Connection>,
    seed: u64,
    number: u64,
) -> u16 {
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
    let kind = rng.u8(..MODELS);
    let request = mutate::request(model(kind, &mut rng), &mut rng);
    let fail = |what: &dyn Display| -> ! {
        let log = server.log();
        panic!("request {number} of seed {seed}: {what}\n\n{request}\n\n{log}")
    };
    if rng.u8(..) < 16 {
        let message = mutate::message(&request, &server.address().to_string(), &mut rng);
        // Bytes that are no HTTP message may get no answer.
        let Ok(answer) = send_broken(server, &message) else {
            return 0;
        };
        if answer.status >= 500 {
            fail(&format_args!("{answer}\n\n{}", message.escape_ascii()));
        }
        return answer.status;
    }
    match send(server, connection, &request) {
        Ok(answer) if answer.status < 500 => answer.status,
        Ok(answer) => fail(&answer),
        // A server that leaves a long body unread closes the connection. The unsent part of its answer is lost.
        Err(_) if request.body.len() > LONG => 0,
        Err(error) => fail(&error),
    }
}

/// The number of request kinds. Frequent kinds count several times.
const MODELS: u8 = 44;

#[test]
fn every_component_is_sent_mutated_requests() {
    let models: Vec<_> = (0..MODELS)
        .map(|kind| model(kind, &mut Rng::with_seed(1)))
        .collect();
    Manifest::of_visage().assert_each_component_is_sent(
        models.iter().map(|request| request.target.as_str()),
        "`model`, tests/e2e/mutation/mod.rs",
    );
}

/// A valid request. Requests that hash a password are rare, since each takes as long as twenty others.
fn model(kind: u8, rng: &mut Rng) -> Request {
    let user = ["ana", "ana", "ana", "nobody"][rng.usize(..4)];
    let fresh = format!("user-{}", rng.u32(..));
    match kind {
        0 => calls::change_avatar("ana", PASSWORD, "avatar.jpg"),
        1 => calls::change_avatar("current", "", "avatar.jpg").header("Accept", "application/xml"),
        2 => calls::create(&json!({ "username": fresh, "password": "hush-other" })),
        3..=9 => {
            let mut user = whole_user();
            user["username"] = fresh.as_str().into();
            user["externalId"] = format!("external-{fresh}").into();
            user["commonId"] = format!("common-{fresh}").into();
            calls::create(&user)
        }
        10..=17 => calls::update(user, &whole_user()),
        18..=24 => calls::add_image(user, "avatar.jpg"),
        25..=34 => calls::put_image("hush-ana", "avatar.png"),
        35 => calls::put_image("hush-ana", "avatar.png").header("If-Match", "\"tag\", *"),
        36 => calls::netex("GET", "?startIndex=0&count=2"),
        37 => calls::netex("DELETE", "/nobody"),
        40..=42 => calls::public_avatar("ana@example.org", "?s=64&d=identicon&f=n")
            .header("If-None-Match", "*"),
        43 => Request::new("POST", "/avatars/index").header("X-Cloud-Auth-Token", NETEX_TOKEN),
        38 => calls::netex("PUT", "/ana/deactivate").json(&json!({ "message": "on leave" })),
        _ => calls::read(user),
    }
    .header("X-Cloud-Synchronization", "synchronous")
}

fn whole_user() -> Value {
    json!({
        "name": "Ana", "surname": "Núñez", "language": "pt-BR", "timezone": "Europe/Madrid",
        "email": "ana@example.org", "officePhone": "+34 900", "mobilePhone": "+34 600", "interests": "birds",
        "aboutMe": "\u{1f426}", "location": "Madrid", "authSource": "LOCAL", "enabled": true,
        "roles": { "management": ["user", "admin"], "training": ["trainer"], "social": ["user"], "play": ["author"] },
        "image": { "base64Image": fixtures::base64("avatar.gif"), "mimeType": "image/gif" },
        "extra": { "a": [1, 2.5, null] }, "extendedFields": { "b": { "c": true } },
    })
}

/// Sends on the current connection, or on a new one if the server closed that after its last answer.
fn send(
    server: &Server,
    connection: &mut Option<Connection>,
    request: &Request,
) -> io::Result<Answer> {
    if let Some(mut old) = connection.take()
        && let Ok(answer) = old.send(request)
    {
        *connection = Some(old);
        return Ok(answer);
    }
    let mut new = Connection::open(server.address())?;
    let answer = new.send(request)?;
    *connection = Some(new);
    Ok(answer)
}

fn send_broken(server: &Server, bytes: &[u8]) -> io::Result<Answer> {
    let mut connection = Connection::open(server.address())?;
    connection.write(bytes)?;
    // Otherwise the server would wait for the bytes that a wrong length promises.
    connection.finish()?;
    connection.read(false)
}

pub(crate) fn from_environment<T: FromStr>(name: &str, usual: T) -> T {
    std::env::var(name).map_or(usual, |value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name}={value} is not a number"))
    })
}
