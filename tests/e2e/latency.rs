//! Small calls one after the other on a kept-alive connection.

use std::time::{Duration, Instant};

use serde_json::json;
use visage_tests::Server;

use crate::calls;

const CALLS: usize = 100;

/// An answer that is sent in two packets stalls such a connection: the server holds the second back until the first is
/// acknowledged, and the client acknowledges it after about 40 ms. What is asserted is the cause and not the time: a
/// client that reads such an answer gets its head alone first, on a quick machine and on a slow one.
#[test]
fn answers_come_in_one_piece() {
    let server = Server::start();
    server
        .send(&calls::create(&json!({ "username": "ana" })))
        .expect(200);
    let mut connection = server.connect();
    let mut times = Vec::new();
    let mut pieces = 0;
    for call in 0..CALLS {
        // A call that reads the store, one that is refused, one that writes.
        let request = match call % 3 {
            0 => calls::read("ana"),
            1 => calls::read("nobody"),
            _ => calls::update("ana", &json!({ "name": call.to_string() })),
        };
        let start = Instant::now();
        let answer = connection.send(&request).expect("an answer comes");
        times.push(start.elapsed());
        pieces += usize::from(!answer.at_once);
    }
    times.sort();
    let stalls = times
        .iter()
        .filter(|&&time| time > Duration::from_millis(35))
        .count();
    println!(
        "{CALLS} calls: median {:?}, p99 {:?}, {stalls} over 35 ms, {pieces} in more than one piece",
        times[CALLS / 2],
        times[CALLS * 99 / 100]
    );
    // It is a race between threads of the server, which a rare answer may lose.
    assert!(
        pieces <= CALLS / 20,
        "{pieces} of {CALLS} answers came in more than one piece"
    );
}
