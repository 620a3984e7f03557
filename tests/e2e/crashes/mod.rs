//! Many connections write while the server is killed again and again. Acknowledged changes must survive; others are
//! applied whole or not at all.
//!
//! `VISAGE_KILLS` sets the number of kills, `VISAGE_SEED` the pictures and pauses.

mod kept;
mod writer;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use visage_tests::Server;

use crate::calls;
use crate::mutation::from_environment;
use writer::{FIELDS, SHARED, Writer};

/// The fewest acknowledged changes before each kill.
const CHANGES: usize = 40;

#[test]
fn nothing_acknowledged_is_lost_in_crashes() {
    let kills: usize = from_environment("VISAGE_KILLS", 5);
    let seed: u64 = from_environment("VISAGE_SEED", 1);
    let mut rng = Rng::with_seed(seed);
    let writers = FIELDS.len();
    let tokens: Vec<_> = (0..writers).map(Writer::f5_token).collect();
    // The speed of a busy machine is not under test.
    let variables = [
        ("f5_tokens", tokens.join(",")),
        ("store_timeout_ms", "120000".to_owned()),
    ];
    let variables = variables.each_ref().map(|(name, value)| (*name, &**value));
    let mut server = Server::with(&variables);
    for name in SHARED {
        server
            .send(&calls::create(&json!({ "username": name })))
            .expect(200);
    }
    let mut writers: Vec<_> = (0..writers)
        .map(|number| Writer::new(&server, number, rng.fork()))
        .collect();

    let acknowledged = AtomicUsize::new(0);
    let (mut losses, mut open) = (Vec::new(), 0);
    for kill in 1..=kills {
        let enough = acknowledged.load(Ordering::Relaxed) + CHANGES;
        std::thread::scope(|scope| {
            let (address, acknowledged) = (server.address(), &acknowledged);
            let threads: Vec<_> = writers
                .iter_mut()
                .map(|writer| scope.spawn(move || writer.write(address, acknowledged)))
                .collect();
            while acknowledged.load(Ordering::Relaxed) < enough
                && !threads
                    .iter()
                    .any(std::thread::ScopedJoinHandle::is_finished)
            {
                std::thread::sleep(Duration::from_millis(1));
            }
            // Vary the moment of the kill within the calls.
            std::thread::sleep(Duration::from_micros(rng.u64(..20_000)));
            server.kill();
        });
        server.restart();
        for writer in &mut writers {
            open += writer.check(&server, &mut losses);
        }
        check_all(&server, &writers, &mut losses);
        assert!(
            losses.is_empty(),
            "after kill {kill} of seed {seed}:\n{}",
            losses.join("\n")
        );
    }
    println!(
        "crashes: {kills} kills of seed {seed}, {} acknowledged changes, {open} open at a kill, {} losses",
        acknowledged.into_inner(),
        losses.len()
    );
    server.assert_no_trap();
}

/// Checks that exactly the expected users are listed, each once, with a number that was never used before.
fn check_all(server: &Server, writers: &[Writer], losses: &mut Vec<String>) {
    let mut expected: BTreeMap<&str, Option<&str>> =
        SHARED.iter().map(|&name| (name, None)).collect();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, id, exists) in writers.iter().flat_map(Writer::users) {
        // The first half of an id is the user's number.
        if let Some(other) = owners.insert(&id[..16], name) {
            losses.push(format!("{name} and {other} had the same number"));
        }
        if exists {
            expected.insert(name, Some(id));
        }
    }
    let mut connection = server.connect();
    for start in (0..).step_by(500) {
        let page = calls::netex("GET", &format!("?startIndex={start}"));
        let page = connection
            .send(&page)
            .expect("an answer comes")
            .expect(200)
            .json();
        let page: &Vec<Value> = page.as_array().expect("a page is an array");
        for user in page {
            let (name, id) = (user["username"].as_str(), user["id"].as_str());
            let listed = name.and_then(|name| expected.remove(name));
            if listed.is_none_or(|expected| expected.is_some() && expected != id) {
                losses.push(format!("listed unexpectedly: {user}"));
            }
        }
        if page.is_empty() {
            break;
        }
    }
    losses.extend(expected.keys().map(|name| format!("{name} is not listed")));
}
