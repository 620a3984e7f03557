//! Tests of the host only. They do nothing under `VISAGE_SPIN`.

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
fn warns_of_values_that_cannot_be_read_and_of_unknown_names() {
    if serves_with_spin() {
        return;
    }
    let mut server = Server::with(&[
        ("netex_token", "hush-netex"),
        ("f5_tokens", "hush-justatoken"),
        ("f5_rate_limit", "10/min"),
        ("expose_details", "true"),
    ]);
    server.terminate();
    let log = server.log();
    for warning in [
        "Warning: netex_token is no variable of spin.toml: did you mean netex_tokens?\n",
        "Warning: the variable f5_tokens must be pairs username=token, separated by commas or white space: \
         calls that need it get 503\n",
        "Warning: the variable f5_rate_limit must be a whole number, of which 0 is no limit: \
         calls that need it get 503\n",
    ] {
        assert!(log.contains(warning), "no {warning} in\n{log}");
    }
    for unsaid in ["expose_details", "hush"] {
        assert!(!log.contains(unsaid), "{unsaid} in\n{log}");
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
        // Idle connections are closed once the signal arrives.
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
