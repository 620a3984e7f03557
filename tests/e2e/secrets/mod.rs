//! Plants tokens, passwords and their hashes wherever a client can put them: right and wrong, whole and broken. The
//! store works, fails, takes no writes, is too slow, or holds nonsense. No secret may show in an answer or in the
//! log.

mod requests;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use visage_tests::{Manifest, Server, fixtures};

use crate::stored::{self, Rows, Stored};
use requests::{bodies, callers, f5, netex, right_ones};

const NETEX: &str = "hush-netex-Vb3";
const F5: &str = "hush-f5-Kx7";
const PASSWORD: &str = "hush-ana's-Qm9";

/// The signs of a planted secret, in lower case.
fn signs() -> Vec<String> {
    let plain = ["hush", "$argon2", "%68%75%73%68"].map(str::to_owned);
    // Whole groups of three bytes: base64 encodes them alike, whatever follows.
    let encoded = ["ana:hush-", "nobody:hush-", "hush-n", "hush-f", "hush-a"];
    let encoded = encoded.map(|secret| STANDARD.encode(secret).to_lowercase());
    [plain.as_slice(), encoded.as_slice()].concat()
}

fn assert_hushed(what: &str, text: &str) {
    let text = text.to_lowercase();
    for sign in signs() {
        assert!(!text.contains(&sign), "{sign} shows in {what}:\n{text}");
    }
}

/// Sends everything and checks each answer. Returns the number of requests.
fn send_all(server: &Server, fault: &str) -> usize {
    let requests = [callers(), bodies(), right_ones()].concat();
    for request in &requests {
        let answer = server.send(request);
        assert_hushed(
            &format!(
                "an answer ({fault}) to {} {}",
                request.method, request.target
            ),
            &answer.to_string(),
        );
    }
    requests.len()
}

/// Unreadable rows, made from valid ones: truncated, or with other types.
fn nonsense(rows: &Rows) -> Vec<Rows> {
    let spoilt = |spoil: &dyn Fn(&[u8]) -> Vec<u8>| {
        let mut rows = rows.clone();
        for (key, value) in &mut rows {
            if key.starts_with("visage.user.") || key.starts_with("visage.avatar.") {
                *value = spoil(value);
            }
        }
        rows
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    vec![
        spoilt(&|value| value[..value.len() * 2 / 3].to_vec()),
        spoilt(&|value| text(value).replace("\"$argon2", "[\"$argon2").into_bytes()),
        spoilt(&|value| {
            text(value)
                .replace("\"enabled\":true", "\"enabled\":\"hush\"")
                .into_bytes()
        }),
        spoilt(&|_| format!("\"{PASSWORD} $argon2id$\"").into_bytes()),
        spoilt(&|_| format!("{{\"{PASSWORD}\":\"$argon2id$\"}}").into_bytes()),
    ]
}

/// Fails if a component receives no secret, or if a secret variable holds no planted one.
fn assert_nothing_is_spared(variables: &[(&str, &str)]) {
    let manifest = Manifest::of_visage();
    for (requests, function) in [(callers(), "callers"), (right_ones(), "right_ones")] {
        manifest.assert_each_component_is_sent(
            requests.iter().map(|request| request.target.as_str()),
            &format!("`{function}`, tests/e2e/secrets/requests.rs"),
        );
    }
    for (name, _) in manifest.variables.iter().filter(|(_, v)| v.secret) {
        let planted = variables.iter().find(|(other, _)| other == name);
        assert!(
            planted.is_some_and(|(_, value)| value.contains("hush")),
            "spin.toml's variable {name} is secret: plant one with \"hush\" in it in tests/e2e/secrets/mod.rs"
        );
    }
}

#[test]
fn no_secret_shows_in_any_failure() {
    if !stored::is_there() {
        return;
    }
    let variables = [
        ("netex_tokens", format!("{NETEX},hush-second")),
        ("f5_tokens", format!("ana={F5}")),
        ("login_key", "hush-key-of-logins".to_owned()),
        ("expose_details", "true".to_owned()),
        ("image_url_origin", "http://127.0.0.1:1".to_owned()),
        ("public_avatars", "true".to_owned()),
    ];
    let variables = variables.each_ref().map(|(name, value)| (*name, &**value));
    assert_nothing_is_spared(&variables);
    let mut server = Server::with(&variables);
    let ana = json!({ "username": "ana", "password": PASSWORD, "email": "ana@example.org" });
    server.send(&netex("POST", "").json(&ana)).expect(200);
    server
        .send(&f5("PUT").json(&json!({ "image": fixtures::base64("avatar.png") })))
        .expect(200);
    let mut stored = Stored::of(&server);
    let rows = stored.rows();

    let mut count = send_all(&server, "nothing wrong");
    for (fault, begin, end) in [
        ("no store", "ALTER TABLE spin_key_value RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO spin_key_value"),
        (
            "no writes",
            "CREATE TRIGGER full_update BEFORE UPDATE ON spin_key_value BEGIN SELECT RAISE(FAIL, 'disk is full'); END;
             CREATE TRIGGER full_insert BEFORE INSERT ON spin_key_value BEGIN SELECT RAISE(FAIL, 'disk is full'); END;",
            "DROP TRIGGER full_update; DROP TRIGGER full_insert;",
        ),
    ] {
        stored.put_back(&rows);
        stored.execute(begin);
        count += send_all(&server, fault);
        stored.execute(end);
    }
    for (number, nonsense) in nonsense(&rows).iter().enumerate() {
        stored.put_back(nonsense);
        count += send_all(&server, &format!("nonsense {number}"));
    }
    stored.put_back(&rows);

    // The variables themselves are broken: in these lists the pairs run into each other.
    server.kill();
    server.set(
        "f5_tokens",
        &format!("{F5} ana {F5}=ana =hush-x ana= {PASSWORD}"),
    );
    server.set("netex_tokens", &format!("\"{NETEX}\";{NETEX}"));
    server.restart();
    count += send_all(&server, "broken variables");

    server.set("f5_tokens", &format!("ana={F5}"));
    server.set("netex_tokens", NETEX);
    server.set("store_timeout_ms", "1");
    server.terminate();
    server.restart();
    count += send_all(&server, "hardly any time");
    // The time limit has certainly passed here.
    std::thread::scope(|scope| {
        stored.execute("BEGIN EXCLUSIVE");
        let late = scope.spawn(|| server.send(&netex("GET", "/ana")));
        std::thread::sleep(Duration::from_secs(1));
        stored.execute("COMMIT");
        let late = late.join().expect("an answer comes").expect(503);
        assert_hushed("a late answer", &late.to_string());
    });
    server.assert_no_trap();
    server.terminate();
    let log = server.log();
    assert!(log.lines().count() >= count, "the log is incomplete");
    for fault in [
        "no such table",
        "disk is full",
        "cannot be read",
        "the variable f5_tokens must be",
        "in time",
    ] {
        assert!(log.contains(fault), "the log lacks the fault: {fault}");
    }
    assert_hushed("the log", &log);
    println!(
        "secrets: {count} requests, {} lines of log, nothing shown",
        log.lines().count()
    );
}
