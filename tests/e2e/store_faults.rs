//! The families' answers when the store fails, stalls, or holds unreadable data.

use std::time::Duration;

use rusqlite::Connection as Database;
use serde_json::{Value, json};
use visage_tests::{Answer, Request, Server, fixtures};

use crate::{calls, stored};

const PASSWORD: &str = "hush-ana's";

fn database(server: &Server) -> Database {
    let path = server.state().join("sqlite_key_value.db");
    let database = Database::open(path).expect("the server's database opens");
    database
        .busy_timeout(Duration::from_secs(60))
        .expect("the timeout is set");
    database
}

/// Starts a server with a user who has a picture.
fn server(variables: &[(&str, &str)]) -> Server {
    let server = Server::with(variables);
    let ana = json!({ "username": "ana", "password": PASSWORD });
    server.send(&calls::create(&ana)).expect(200);
    server
        .send(&calls::add_image("ana", "avatar.png"))
        .expect(200);
    server
}

/// One call of each family that needs the store.
fn one_of_each_family() -> [Request; 3] {
    [
        calls::read("ana"),
        calls::change_avatar("ana", PASSWORD, "avatar.gif"),
        calls::put_image("hush-ana", "avatar.gif"),
    ]
}

fn netex_error(status: u16, message: &str) -> Value {
    json!({ "location": null, "message": message, "responsePlatforms": {}, "status": status })
}

fn bpm_unexpected() -> Value {
    json!({
        "status": "error",
        "Data": {
            "status": "error",
            "exceptionType": "com.ibm.bpm.wle.api.UnexpectedFailureException",
            "errorNumber": "CWTBG0019E",
            "errorMessage": "CWTBG0019E: Unexpected exception during execution.",
            "errorMessageParameters": [],
            "programmersDetails": null,
            "responses": null,
            "errorData": null,
        }
    })
}

fn f5_error(code: u16, message: &str) -> Value {
    json!({ "code": code, "details": [], "message": message })
}

/// The three answers, each with its family's status.
fn expect(answers: [Answer; 3], statuses: [u16; 3], bodies: [Value; 3]) {
    for ((answer, status), body) in answers.into_iter().zip(statuses).zip(bodies) {
        assert_eq!(answer.expect(status).json(), body);
    }
}

/// Fails if the picture has changed or a component has trapped.
fn nothing_has_changed(server: &Server) {
    let picture = server.send(&calls::netex("GET", "/ana/image")).expect(200);
    assert_eq!(picture.header("content-type"), Some("image/png"));
    server.assert_no_trap();
}

#[test]
fn a_store_that_fails_is_503_and_comes_back() {
    if !stored::is_there() {
        return;
    }
    let server = server(&[]);
    let database = database(&server);
    // Without the table every operation fails.
    database
        .execute_batch("ALTER TABLE spin_key_value RENAME TO elsewhere")
        .expect("the table is renamed");
    let answers = one_of_each_family().map(|request| server.send(&request));
    let unavailable = "The service is unavailable. Try again later.";
    expect(
        answers,
        [503; 3],
        [
            netex_error(503, unavailable),
            bpm_unexpected(),
            f5_error(14, unavailable),
        ],
    );
    database
        .execute_batch("ALTER TABLE elsewhere RENAME TO spin_key_value")
        .expect("the table is renamed back");
    nothing_has_changed(&server);
    for request in one_of_each_family() {
        server.send(&request).expect(200);
    }
}

#[test]
fn a_store_that_takes_no_writes_is_503_and_changes_nothing() {
    if !stored::is_there() {
        return;
    }
    let server = server(&[]);
    let database = database(&server);
    // Reads still work, as on a full disk.
    database
        .execute_batch(
            "CREATE TRIGGER full_update BEFORE UPDATE ON spin_key_value BEGIN SELECT RAISE(FAIL, 'disk is full'); END;
             CREATE TRIGGER full_insert BEFORE INSERT ON spin_key_value BEGIN SELECT RAISE(FAIL, 'disk is full'); END;",
        )
        .expect("the triggers are made");
    let bob = json!({ "username": "bob" });
    for (request, status) in [
        (calls::read("ana"), 200),
        (calls::create(&bob), 503),
        (calls::update("ana", &json!({ "name": "Ana" })), 503),
        (calls::add_image("ana", "avatar.gif"), 503),
        (calls::netex("DELETE", "/ana"), 503),
        (calls::change_avatar("ana", PASSWORD, "avatar.gif"), 503),
        (calls::put_image("hush-ana", "avatar.gif"), 503),
    ] {
        let answer = server.send(&request).expect(status);
        assert!(!answer.text().contains("disk"), "{answer}");
    }
    database
        .execute_batch("DROP TRIGGER full_update; DROP TRIGGER full_insert;")
        .expect("the triggers are dropped");
    nothing_has_changed(&server);
    server.send(&calls::read("bob")).expect(404);
    server.send(&calls::create(&bob)).expect(200);
    server.assert_logged("disk is full");
}

/// An update with picture and fields.
fn update_both() -> Request {
    let image = json!({ "base64Image": fixtures::base64("avatar.gif") });
    calls::update("ana", &json!({ "name": "Ana", "image": image }))
}

#[test]
fn an_update_whose_second_change_fails_says_what_was_saved() {
    if !stored::is_there() {
        return;
    }
    let server = server(&[]);
    let database = database(&server);
    database
        .execute_batch(
            "CREATE TRIGGER full BEFORE UPDATE ON spin_key_value WHEN NEW.key = 'visage.user.1'
             BEGIN SELECT RAISE(FAIL, 'disk is full'); END;",
        )
        .expect("the trigger is made");
    let answer = server.send(&update_both()).expect(503);
    assert_eq!(
        answer.json(),
        netex_error(
            503,
            "The image is changed, the other fields are not; the same request sent again completes it. \
             The service is unavailable. Try again later."
        )
    );
    server.assert_logged("disk is full");
    let looks = |name: Value| {
        let user = server.send(&calls::read("ana")).expect(200).json();
        assert_eq!(user["name"], name);
        let picture = server.send(&calls::netex("GET", "/ana/image")).expect(200);
        assert_eq!(picture.header("content-type"), Some("image/gif"));
    };
    looks(json!(null));
    database
        .execute_batch("DROP TRIGGER full")
        .expect("the trigger is dropped");
    server.send(&update_both()).expect(200);
    looks(json!("Ana"));
    server.assert_no_trap();
}

#[test]
fn an_update_whose_first_change_fails_changes_nothing() {
    if !stored::is_there() {
        return;
    }
    let server = server(&[]);
    let database = database(&server);
    database
        .execute_batch(
            "CREATE TRIGGER full BEFORE UPDATE ON spin_key_value WHEN NEW.key = 'visage.avatar.1'
             BEGIN SELECT RAISE(FAIL, 'disk is full'); END;",
        )
        .expect("the trigger is made");
    let answer = server.send(&update_both()).expect(503);
    let unavailable = "The service is unavailable. Try again later.";
    assert_eq!(answer.json(), netex_error(503, unavailable));
    let user = server.send(&calls::read("ana")).expect(200).json();
    assert_eq!(user["name"], json!(null));
    nothing_has_changed(&server);
}

#[test]
fn a_user_deleted_between_the_two_changes_of_an_update_is_not_found() {
    if !stored::is_there() {
        return;
    }
    let server = server(&[]);
    let database = database(&server);
    database
        .execute_batch(
            "CREATE TRIGGER gone AFTER UPDATE ON spin_key_value WHEN NEW.key = 'visage.avatar.1'
             BEGIN DELETE FROM spin_key_value WHERE key = 'visage.user.1'; END;",
        )
        .expect("the trigger is made");
    let answer = server.send(&update_both()).expect(404);
    assert_eq!(answer.json(), netex_error(404, "User 'ana' not found."));
    server.assert_no_trap();
}

/// SQLite refuses to write to a file whose header (byte 18) asks for a later write version than it knows.
fn set_write_version(server: &Server, version: u8) {
    let path = server.state().join("sqlite_key_value.db");
    let mut bytes = std::fs::read(&path).expect("the database is read");
    bytes[18] = version;
    std::fs::write(&path, bytes).expect("the database is written");
}

#[test]
fn a_database_that_is_read_only_is_503_until_it_is_not() {
    if !stored::is_there() {
        return;
    }
    let mut server = server(&[]);
    server.terminate();
    set_write_version(&server, 9);
    server.restart();
    let bob = json!({ "username": "bob" });
    for (request, status) in [
        (calls::read("ana"), 200),
        (calls::create(&bob), 503),
        (calls::update("ana", &json!({ "name": "Ana" })), 503),
        (calls::change_avatar("ana", PASSWORD, "avatar.gif"), 503),
        (calls::put_image("hush-ana", "avatar.gif"), 503),
    ] {
        server.send(&request).expect(status);
    }
    nothing_has_changed(&server);
    server.assert_logged("readonly");

    server.terminate();
    set_write_version(&server, 1);
    server.restart();
    nothing_has_changed(&server);
    for request in one_of_each_family() {
        server.send(&request).expect(200);
    }
    server.send(&calls::create(&bob)).expect(200);
}

#[test]
fn a_store_that_stalls_is_504_for_f5_and_503_for_the_others() {
    if !stored::is_there() {
        return;
    }
    let mut server = server(&[]);
    restart_with_timeout(&mut server, "100");
    let database = database(&server);
    let answers = one_of_each_family().map(|request| {
        std::thread::scope(|scope| {
            database
                .execute_batch("BEGIN EXCLUSIVE")
                .expect("the database is locked");
            let answer = scope.spawn(|| server.send(&request));
            // Far longer than the timeout, for a busy machine. SQLite waits twice as long for a lock.
            std::thread::sleep(Duration::from_millis(2500));
            database
                .execute_batch("COMMIT")
                .expect("the lock is released");
            answer.join().expect("an answer comes")
        })
    });
    let late = "The service did not answer in time. Try again later.";
    expect(
        answers,
        [503, 503, 504],
        [netex_error(503, late), bpm_unexpected(), f5_error(4, late)],
    );
    restart_with_timeout(&mut server, "120000");
    nothing_has_changed(&server);
}

/// Restarts the server with this store timeout in milliseconds, and lets it open the store.
fn restart_with_timeout(server: &mut Server, milliseconds: &str) {
    server.terminate();
    server.set("store_timeout_ms", milliseconds);
    server.restart();
    // The answer may be in time or late.
    server.send(&calls::read("ana"));
}

#[test]
fn unreadable_data_is_500_and_shown_only_to_the_operator() {
    if !stored::is_there() {
        return;
    }
    for key in ["visage.user.1", "visage.avatar.1"] {
        let server = server(&[]);
        database(&server)
            .execute(
                "UPDATE spin_key_value SET value = CAST('{\"secret\":1}' AS BLOB) WHERE key = ?1",
                [key],
            )
            .expect("the value is replaced");
        let answers = one_of_each_family().map(|request| server.send(&request));
        let internal = "An internal error occurred.";
        expect(
            answers,
            [500; 3],
            [
                netex_error(500, internal),
                bpm_unexpected(),
                f5_error(13, internal),
            ],
        );
        let log = server.log();
        assert!(
            log.contains("cannot be read") && !log.contains("secret"),
            "{log}"
        );
        server.assert_no_trap();
    }
}

#[test]
fn details_are_exposed_on_request() {
    if !stored::is_there() {
        return;
    }
    let server = server(&[("expose_details", "true")]);
    database(&server)
        .execute_batch("ALTER TABLE spin_key_value RENAME TO elsewhere")
        .expect("the table is renamed");
    let answer = server
        .send(&calls::change_avatar("ana", PASSWORD, "avatar.gif"))
        .expect(503);
    let details = answer.json()["Data"]["programmersDetails"].clone();
    assert!(
        details
            .as_str()
            .is_some_and(|text| text.contains("spin_key_value")),
        "{details}"
    );
}
