//! An instance can make 256 swaps, and a creation at used names takes four. Clients must not notice the limit.

use serde_json::json;
use visage_tests::{Server, fixtures};

use crate::calls;

const USERS: usize = 150;

#[test]
fn users_are_created_again_at_the_same_names() {
    let server = Server::start();
    let mut connection = server.connect();
    let mut send = |request| {
        let answer = connection.send(&request).expect("an answer comes");
        assert_eq!(answer.status, 200, "{request}\n\n{answer}");
    };
    for _ in 0..2 {
        for user in 0..USERS {
            send(calls::create(&json!({
                "username": format!("user-{user}"),
                "externalId": format!("external {user}"),
                "commonId": format!("common {user}"),
            })));
        }
        for user in 0..USERS {
            send(calls::netex("DELETE", &format!("/user-{user}")));
        }
    }
    server.assert_no_trap();
}

#[test]
fn pictures_and_fields_are_changed_together() {
    let server = Server::start();
    let mut connection = server.connect();
    server
        .send(&calls::create(&json!({ "username": "ana" })))
        .expect(200);
    for number in 0..150 {
        // Two swaps each.
        let image = json!({ "base64Image": fixtures::base64("avatar.png@300000") });
        let change = json!({ "name": number.to_string(), "image": image });
        let answer = connection.send(&calls::update("ana", &change));
        answer.expect("an answer comes").expect(200);
    }
    server.assert_no_trap();
}

/// Sixteen calls may be in progress in an instance that retires. All of them complete.
#[test]
fn no_call_is_left_behind_in_an_instance_that_retires() {
    let server = Server::with(&[("store_timeout_ms", "120000")]);
    calls::together(32, |caller| {
        let mut connection = server.connect();
        for call in 0..20 {
            let user = json!({
                "username": format!("user-{caller}-{call}"),
                "externalId": format!("external {caller} {call}"),
                "commonId": format!("common {caller} {call}"),
            });
            let answer = connection
                .send(&calls::create(&user))
                .expect("an answer comes");
            assert_eq!(answer.status, 200, "{answer}\n{}", server.log());
        }
    });
    server.assert_no_trap();
}
