//! Small calls in sequence on keep-alive connections.

use std::time::{Duration, Instant};

use serde_json::json;
use visage_tests::{Manifest, Request, Server};

use crate::calls;

const CALLS: usize = 100;

/// Makes calls in sequence on one connection. Returns the time of each, and how many answers came in more than one
/// piece.
///
/// An answer in two packets stalls such a connection: the server holds the second packet until the first is
/// acknowledged, which takes the client about 40 ms. The test asserts this cause, not the time: on any machine, the
/// client of such an answer first reads the head alone.
fn call(server: &Server, requests: &[Request]) -> (Vec<Duration>, usize) {
    let mut connection = server.connect();
    let mut times = Vec::new();
    let mut in_pieces = 0;
    for request in requests.iter().cycle().take(CALLS) {
        let start = Instant::now();
        let answer = connection.send(request).expect("an answer comes");
        times.push(start.elapsed());
        in_pieces += usize::from(!answer.at_once);
    }
    (times, in_pieces)
}

/// Three calls: a read, a refusal, a write.
fn some(user: &str) -> [Request; 3] {
    [
        calls::read(user),
        calls::read("nobody"),
        calls::update(user, &json!({ "name": user })),
    ]
}

#[test]
fn answers_come_in_one_piece() {
    let server = Server::with(&[("public_avatars", "true")]);
    let email = "ana@example.org";
    let ana = json!({ "username": "ana", "password": "hush-ana's", "email": email });
    server.send(&calls::create(&ana)).expect(200);
    server
        .send(&calls::add_image("ana", "pixel.png"))
        .expect(200);
    let bpm = Request::new("GET", "/rest/bpm/wle/v1/avatar/ana")
        .header("Authorization", &calls::basic("ana", "hush-ana's"));
    let f5 = Request::new("GET", "/api/web/namespaces/system/user/settings/image")
        .header("Authorization", "APIToken hush-ana");
    let of_all = [
        calls::netex("GET", ""),
        calls::netex("GET", "/ana/image"),
        bpm,
        f5,
        calls::public_avatar(email, "?s=64"),
        calls::public_avatar("nobody@example.org", "?s=64&d=identicon"),
    ];
    let requests = [some("ana").as_slice(), &of_all].concat();
    Manifest::of_visage().assert_each_component_is_sent(
        requests.iter().map(|request| request.target.as_str()),
        "tests/e2e/latency.rs",
    );
    let (mut times, in_pieces) = call(&server, &requests);
    times.sort();
    println!(
        "{CALLS} calls: median {:?}, p99 {:?}, {in_pieces} in more than one piece",
        times[CALLS / 2],
        times[CALLS * 99 / 100]
    );
    assert_few(in_pieces, CALLS);
}

/// After these, a component goes on with cleaning up.
#[test]
fn answers_to_creations_and_deletions_come_in_one_piece() {
    let server = Server::start();
    let users: Vec<String> = (0..CALLS / 2).map(|user| format!("user-{user}")).collect();
    let create = |user: &String| calls::create(&json!({ "username": user }));
    let delete = |user: &String| calls::netex("DELETE", &format!("/{user}"));
    let requests: Vec<Request> = users.iter().map(create).collect();
    let requests = [requests, users.iter().map(delete).collect()].concat();
    let (_, in_pieces) = call(&server, &requests);
    assert_few(in_pieces, CALLS);
}

#[test]
fn answers_on_many_connections_come_in_one_piece() {
    const CONNECTIONS: usize = 16;
    let server = Server::start();
    for caller in 0..CONNECTIONS {
        let user = json!({ "username": format!("user-{caller}") });
        server.send(&calls::create(&user)).expect(200);
    }
    let in_pieces: usize = calls::together(CONNECTIONS, |caller| {
        call(&server, &some(&format!("user-{caller}"))).1
    })
    .into_iter()
    .sum();
    assert_few(in_pieces, CONNECTIONS * CALLS);
}

/// Another thread of the server can, rarely, come between an answer's head and its body. If a component offers its
/// body after the head, every answer comes in two pieces.
fn assert_few(in_pieces: usize, answers: usize) {
    assert!(
        in_pieces <= answers / 50,
        "{in_pieces} of {answers} answers came in more than one piece"
    );
}
