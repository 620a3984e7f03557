//! Many connections at once on all endpoints. More than one instance of each component must serve them.

use serde_json::json;
use visage_tests::{Manifest, Server};

use crate::calls;

/// An instance takes 16 requests at a time.
const CALLERS: usize = 40;
const CALLS: usize = 20;

#[test]
fn many_connections_on_mixed_endpoints() {
    // The speed of a busy machine is not under test.
    let server = Server::with(&[("store_timeout_ms", "120000"), ("public_avatars", "true")]);
    for user in ["ana", "bob"] {
        let user = json!({
            "username": user,
            "password": format!("hush-{user}'s"),
            "email": format!("{user}@example.org"),
        });
        server.send(&calls::create(&user)).expect(200);
    }
    let targets = calls::together(CALLERS, |caller| {
        let mut connection = server.connect();
        let calls = (0..CALLS).map(|call| {
            let user = ["ana", "bob"][(caller + call) % 2];
            let request = match (caller + call) % 6 {
                0 => calls::create(&json!({ "username": format!("user-{caller}-{call}") })),
                1 => calls::update(user, &json!({ "name": format!("{caller} {call}") })),
                2 => calls::add_image(user, "avatar.png"),
                3 => calls::change_avatar(user, &format!("hush-{user}'s"), "avatar.jpg"),
                4 => calls::put_image(&format!("hush-{user}"), "avatar.gif"),
                _ => calls::public_avatar(&format!("{user}@example.org"), "?s=64"),
            };
            let answer = connection.send(&request).expect("an answer comes");
            assert_eq!(answer.status, 200, "{request}\n\n{answer}");
            request.target
        });
        calls.collect::<Vec<_>>()
    })
    .concat();
    Manifest::of_visage()
        .assert_each_component_is_sent(targets.iter().map(String::as_str), "tests/e2e/load.rs");
    server.assert_no_trap();
}
