//! Acknowledged changes survive a crash.

use serde_json::json;
use visage_tests::{Server, Setup};

use crate::{calls, stored};

const PASSWORD: &str = "hush-ana's";

#[test]
fn a_user_and_an_image_survive_sigkill() {
    let mut server = Server::start();
    server
        .send(&calls::create(
            &json!({ "username": "ana", "password": PASSWORD }),
        ))
        .expect(200);
    server
        .send(&calls::add_image("ana", "avatar.png"))
        .expect(200);
    server.kill();

    server.restart();
    server
        .send(&calls::create(&json!({ "username": "ana" })))
        .expect(400);
    let user = server.send(&calls::read("ana")).expect(200).json();
    assert!(
        user["image"]["url"].is_string(),
        "the image is gone: {user}"
    );
    let avatar = server
        .send(&calls::change_avatar("ana", PASSWORD, "avatar.gif"))
        .expect(200)
        .json();
    assert_eq!(avatar["data"]["userID"], 1);
    server
        .send(&calls::create(
            &json!({ "username": "bob", "password": PASSWORD }),
        ))
        .expect(200);
    let avatar = server
        .send(&calls::change_avatar("bob", PASSWORD, "avatar.gif"))
        .expect(200)
        .json();
    assert!(
        avatar["data"]["userID"].as_u64() > Some(1),
        "a userID was given twice: {avatar}"
    );
}

#[test]
fn each_acknowledged_create_survives_sigkill_under_load() {
    let mut server = Server::start();
    let acknowledged = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for caller in 0..4 {
            let (address, acknowledged) = (server.address(), &acknowledged);
            scope.spawn(move || {
                let mut connection =
                    visage_tests::Connection::open(address).expect("the server takes connections");
                for number in 0.. {
                    let name = format!("user-{caller}-{number}");
                    match connection.send(&calls::create(&json!({ "username": name }))) {
                        Ok(answer) => {
                            let _ = answer.expect(200);
                            acknowledged.lock().expect("no caller failed").push(name);
                        }
                        // The crash.
                        Err(_) => break,
                    }
                }
            });
        }
        while acknowledged.lock().expect("no caller failed").len() < 40 {
            std::thread::yield_now();
        }
        server.kill();
    });

    server.restart();
    let mut connection = server.connect();
    for name in acknowledged.into_inner().expect("no caller failed") {
        let answer = connection
            .send(&calls::read(&name))
            .expect("an answer comes");
        assert_eq!(answer.status, 200, "{name} was acknowledged and is gone");
    }
}

#[test]
fn data_in_memory_ends_with_the_server() {
    if !stored::is_there() {
        return;
    }
    let mut server = Server::of(Setup {
        in_memory: true,
        ..Setup::with(&[])
    });
    let create = calls::create(&json!({ "username": "ana" }));
    server.send(&create).expect(200);
    server.send(&calls::read("ana")).expect(200);
    assert!(!server.state().join("sqlite_key_value.db").exists());
    server.terminate();

    server.restart();
    server.send(&calls::read("ana")).expect(404);
}
