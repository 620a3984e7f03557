//! Many connections, and many requests on one.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use visage_tests::{Server, leave_out, serves_with_spin};

use super::{an_ordinary_request, server};
use crate::calls;

/// How many connections stay silent while others are served.
const CONNECTIONS: u64 = 1000;
/// How many connections the host serves at a time.
const SERVED: u64 = 2048;

/// Raises this process's limit of open files, and that of later servers, to the maximum. Returns the limit.
fn open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, most).expect("a process may use all that it may have");
    limit.maximum.unwrap_or(u64::MAX)
}

/// Opens connections and sends these bytes on each.
fn open(server: &Server, count: u64, bytes: &[u8]) -> Vec<TcpStream> {
    let connection = |_| {
        let mut stream = TcpStream::connect(server.address()).expect("a connection is made");
        stream.write_all(bytes).expect("it takes bytes");
        stream
    };
    (0..count).map(connection).collect()
}

#[test]
fn a_thousand_open_connections_disturb_nobody() {
    // Other tests also need some files.
    if open_files() < CONNECTIONS + 500 {
        return leave_out("too few files may be open");
    }
    let server = server(&[]);
    let head = calls::update("ana", &serde_json::json!({})).header("Content-Length", "100");
    let head = head.encode(&server.address().to_string());
    let quarter = CONNECTIONS / 4;
    let mut held = open(&server, quarter, b"");
    held.extend(open(&server, quarter, b"P"));
    held.extend(open(&server, quarter, b"GET / HTTP/1.1\r\nHost: a\r\n"));
    held.extend(open(&server, quarter, &head));
    for _ in 0..20 {
        an_ordinary_request(&server);
    }
    drop(held);
    an_ordinary_request(&server);
    server.assert_no_trap();
}

#[test]
fn clients_wait_while_all_places_are_taken() {
    if serves_with_spin() {
        return;
    }
    if open_files() < 2 * SERVED {
        return leave_out("too few files may be open");
    }
    // Long enough that the timeout frees no place.
    let server = server(&["--client-timeout", "3600"]);
    let held = open(&server, SERVED, b"");
    let request = calls::read("ana").encode(&server.address().to_string());
    let mut waiting = open(&server, 1, &request).remove(0);
    let wait = |stream: &TcpStream, time| {
        stream
            .set_read_timeout(Some(time))
            .expect("the timeout is set");
    };
    wait(&waiting, Duration::from_millis(500));
    let answer = waiting.read(&mut [0; 12]);
    let nothing = answer.map_err(|error| error.kind());
    assert!(
        matches!(nothing, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)),
        "{nothing:?}"
    );
    drop(held);
    wait(&waiting, Duration::from_secs(120));
    let mut start = [0; 12];
    waiting.read_exact(&mut start).expect("an answer comes");
    assert_eq!(&start, b"HTTP/1.1 200");
    server.assert_no_trap();
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    const REQUESTS: usize = 60;
    let server = server(&[]);
    let address = server.address().to_string();
    let mut bytes = Vec::new();
    for number in 0..REQUESTS {
        let request = match number % 4 {
            0 => calls::update("ana", &serde_json::json!({ "name": number.to_string() })),
            1 => calls::add_image("ana", "pixel.png"),
            2 => calls::netex("GET", "/nobody"),
            _ => calls::read("ana"),
        };
        bytes.extend(
            request
                .header("X-Request-Id", &number.to_string())
                .encode(&address),
        );
    }
    let mut connection = server.connect();
    connection.write(&bytes).expect("all are sent");
    for number in 0..REQUESTS {
        let answer = connection.read(false).expect("an answer comes");
        assert_eq!(answer.header("x-request-id"), Some(&*number.to_string()));
        assert_eq!(answer.status, if number % 4 == 2 { 404 } else { 200 });
        if number % 4 == 3 {
            assert_eq!(answer.json()["name"], (number - 3).to_string());
        }
    }
    server.assert_no_trap();
}

#[test]
fn clients_that_disconnect_disturb_nobody() {
    let mut server = server(&[]);
    // More than the buffers between client and server hold.
    server
        .send(&calls::add_image("ana", "avatar.png@524288"))
        .expect(200);
    let image = calls::netex("GET", "/ana/image");
    let bytes = image.encode(&server.address().to_string());
    calls::together(4, |caller| {
        for _ in 0..25 {
            match caller {
                0 => drop(open(&server, 1, &bytes)),
                1 => {
                    let mut stream = open(&server, 1, &bytes).remove(0);
                    stream.read_exact(&mut [0]).expect("an answer begins");
                }
                _ => _ = server.send(&image).expect(200),
            }
        }
    });
    // Its log is complete now.
    server.terminate();
    server.assert_no_trap();
}
