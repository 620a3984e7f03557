//! Small calls one after the other on kept-alive connections.

use std::time::{Duration, Instant};

use serde_json::json;
use visage_tests::Server;

use crate::calls;

const CALLS: usize = 100;

/// Calls one after the other on one connection: how long each took, and how many answers came in more than one piece.
///
/// An answer that is sent in two packets stalls such a connection: the server holds the second back until the first is
/// acknowledged, and the client acknowledges it after about 40 ms. What is asserted is the cause and not the time: a
/// client that reads such an answer gets its head alone first, on a quick machine and on a slow one.
fn call(server: &Server, user: &str) -> (Vec<Duration>, usize) {
    let mut connection = server.connect();
    let mut times = Vec::new();
    let mut in_pieces = 0;
    for call in 0..CALLS {
        // A call that reads the store, one that is refused, one that writes.
        let request = match call % 3 {
            0 => calls::read(user),
            1 => calls::read("nobody"),
            _ => calls::update(user, &json!({ "name": call.to_string() })),
        };
        let start = Instant::now();
        let answer = connection.send(&request).expect("an answer comes");
        times.push(start.elapsed());
        in_pieces += usize::from(!answer.at_once);
    }
    (times, in_pieces)
}

#[test]
fn answers_come_in_one_piece() {
    let server = Server::start();
    server
        .send(&calls::create(&json!({ "username": "ana" })))
        .expect(200);
    let (mut times, in_pieces) = call(&server, "ana");
    times.sort();
    println!(
        "{CALLS} calls: median {:?}, p99 {:?}, {in_pieces} in more than one piece",
        times[CALLS / 2],
        times[CALLS * 99 / 100]
    );
    assert_eq!(in_pieces, 0, "answers came in more than one piece");
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
        call(&server, &format!("user-{caller}")).1
    })
    .into_iter()
    .sum();
    // Calls that share an instance can come between an answer's head and its body, if hardly ever.
    assert!(
        in_pieces <= CONNECTIONS * CALLS / 500,
        "{in_pieces} of {} answers came in more than one piece",
        CONNECTIONS * CALLS
    );
}
