//! Logins are remembered in the store, and failed ones are limited.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use visage_tests::Server;

use crate::calls::{self, show_avatar};

const MINUTE: Duration = Duration::from_secs(60);

/// Far longer than the test needs for its logins.
const ENOUGH: Duration = Duration::from_secs(40);

/// Waits for the next minute, unless there is enough left of this one.
fn wait_for_a_minute() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let past = now.expect("it is after 1970").as_secs() % MINUTE.as_secs();
    let left = MINUTE - Duration::from_secs(past);
    if left < ENOUGH {
        std::thread::sleep(left);
    }
}

#[test]
fn a_login_that_the_store_remembers_passes_after_ten_failed_ones() {
    wait_for_a_minute();
    let mut server = Server::start();
    for username in ["ana", "bob"] {
        let user = json!({ "username": username, "password": "hush-right" });
        server.send(&calls::create(&user)).expect(200);
    }
    server.send(&show_avatar("ana", "hush-right")).expect(200);
    for username in ["ana", "bob", "nobody"] {
        for _ in 0..11 {
            server
                .send(&show_avatar(username, "hush-wrong"))
                .expect(401);
        }
    }
    // No instance remembers anything now.
    server.kill();
    server.restart();
    server.send(&show_avatar("ANA", "hush-right")).expect(200);
    server.send(&show_avatar("bob", "hush-right")).expect(401);

    // With another key the store's remembered logins count for nothing.
    server.kill();
    server.set("login_key", "hush-another-key-of-logins");
    server.restart();
    server.send(&show_avatar("ana", "hush-right")).expect(401);
    server.assert_no_trap();
}

#[test]
fn many_right_logins_at_a_time_all_pass() {
    let server = Server::with(&[("login_key", "")]);
    let user = json!({ "username": "ana", "password": "hush-right" });
    server.send(&calls::create(&user)).expect(200);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| server.send(&show_avatar("ana", "hush-right")).expect(200));
        }
    });
    server.assert_no_trap();
}
