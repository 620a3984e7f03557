//! What is true of the host alone. Under `VISAGE_SPIN` these tests have nothing to look at.

use std::io::Read;
use std::net::TcpStream;

use serde_json::json;
use visage_tests::{Manifest, Server, serves_with_spin};

use crate::calls;

#[test]
fn prints_the_routes() {
    if serves_with_spin() {
        return;
    }
    let mut server = Server::start();
    server.terminate();
    let log = server.log();
    for route in Manifest::of_visage().routes() {
        let path = match route.path.strip_suffix("/...") {
            Some(prefix) => format!("{prefix} (wildcard)"),
            None => route.path.clone(),
        };
        let line = format!("{}: {}{path}", route.component, server.origin());
        assert!(
            log.lines().any(|printed| printed.trim() == line),
            "no line {line:?} in\n{log}"
        );
    }
}

#[test]
fn warns_of_each_empty_variable() {
    if serves_with_spin() {
        return;
    }
    let mut server = Server::with(&[("netex_tokens", ""), ("f5_tokens", "")]);
    server.terminate();
    let log = server.log();
    for name in [
        "netex_tokens",
        "f5_tokens",
        "image_url_origin",
        "public_origin",
    ] {
        assert!(log.contains(name), "nothing about {name} in\n{log}");
    }
}

#[test]
fn a_request_in_flight_is_finished_after_sigterm() {
    in_flight(Server::terminate);
}

#[test]
fn a_request_in_flight_is_finished_after_sigint() {
    in_flight(Server::interrupt);
}

fn in_flight(end: impl FnOnce(&mut Server) -> std::process::ExitStatus + Send) {
    if serves_with_spin() {
        return;
    }
    let mut server = Server::start();
    let idle = TcpStream::connect(server.address()).expect("an idle connection is made");
    let mut connection = server.connect();
    let request = calls::create(&json!({ "username": "ana" })).header("Expect", "100-continue");
    let bytes = request.encode(&server.address().to_string());
    let (head, body) = bytes.split_at(bytes.len() - request.body.len());
    connection.write(head).expect("the head is sent");
    // The component has begun to read, so the request is in flight.
    connection
        .read(false)
        .expect("an interim answer comes")
        .expect(100);
    std::thread::scope(|scope| {
        let ending = scope.spawn(|| end(&mut server));
        // The signal has arrived when idle connections are closed.
        assert_eq!(
            (&idle)
                .read(&mut [0])
                .expect("the idle connection is closed"),
            0
        );
        connection.write(body).expect("the body is sent");
        connection.read(false).expect("an answer comes").expect(200);
        let status = ending.join().expect("the server ends");
        assert!(status.success(), "it ended with {status}");
    });
}
