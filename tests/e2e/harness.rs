//! The harness itself: a server is up when it says so, and gone when its test ends.

use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

use visage_tests::{Request, Server};

#[test]
fn serves_what_spin_serves_of_itself() {
    let server = Server::start();
    let health = server
        .send(&Request::new("GET", "/.well-known/spin/health"))
        .expect(200);
    assert_eq!(health.body, b"OK");
    for path in ["/no/such/route", "/.well-known/spin/nothing"] {
        let nothing = server.send(&Request::new("GET", path)).expect(404);
        assert_eq!(nothing.body, b"");
    }
}

#[test]
fn a_server_ends_with_its_test_even_if_that_panics() {
    let server = Server::start();
    let (address, state) = (server.address(), server.state().to_owned());
    assert!(TcpStream::connect(address).is_ok() && state.exists());
    let test = AssertUnwindSafe(move || {
        let _server = server;
        std::panic::resume_unwind(Box::new("a failing test"));
    });
    assert!(catch_unwind(test).is_err());
    assert!(TcpStream::connect(address).is_err(), "it still listens");
    assert!(!state.exists(), "its folder is still there");
}

#[test]
fn a_server_can_be_ended_and_started_again() {
    let mut server = Server::start();
    let (first, folder) = (server.address(), server.state().to_owned());
    server.kill();
    assert!(TcpStream::connect(first).is_err());
    server.restart();
    assert_eq!(server.state(), folder);
    server
        .send(&Request::new("GET", "/.well-known/spin/health"))
        .expect(200);
    server.terminate();
    server.restart();
    server
        .send(&Request::new("GET", "/.well-known/spin/health"))
        .expect(200);
}
