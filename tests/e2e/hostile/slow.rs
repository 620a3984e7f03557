//! Slow clients. Others are not affected, and the slow ones are cut off. A flag of the host sets the time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use visage_tests::{Request, Server, serves_with_spin};

use super::{an_ordinary_request, one_of_each_family, server, unchanged};
use crate::calls;

/// Far longer than the flag's time. Ends a test that would otherwise hang.
const PATIENCE: Duration = Duration::from_secs(120);

fn quick_server() -> Server {
    server(&["--client-timeout", "2"])
}

/// Reads until the server closes the connection.
pub(super) fn until_closed(mut stream: &TcpStream) -> Vec<u8> {
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("the timeout is set");
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    }
    bytes
}

/// Sends a request's head, then its body byte by byte, until the server stops reading.
fn trickle(server: &Server, request: &Request) -> Vec<u8> {
    let bytes = request.encode(&server.address().to_string());
    let (head, body) = bytes.split_at(bytes.len() - request.body.len());
    let stream = TcpStream::connect(server.address()).expect("a connection is made");
    (&stream).write_all(head).expect("the head is sent");
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| until_closed(&stream));
        for byte in body {
            if reading.is_finished() || (&stream).write_all(&[*byte]).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        reading.join().expect("the reader ends")
    })
}

#[test]
fn a_slow_body_is_cut_off_and_disturbs_nobody() {
    if serves_with_spin() {
        return;
    }
    let server = quick_server();
    let trickling = AtomicUsize::new(0);
    unchanged(&server, || {
        std::thread::scope(|scope| {
            for request in one_of_each_family() {
                // More requests of each kind than an instance takes at a time.
                for _ in 0..20 {
                    let (server, trickling, request) = (&server, &trickling, request.clone());
                    trickling.fetch_add(1, Ordering::Relaxed);
                    scope.spawn(move || {
                        let answer = trickle(server, &request);
                        assert!(
                            answer.starts_with(b"HTTP/1.1 400 "),
                            "{} to {}",
                            answer.escape_ascii(),
                            request.target
                        );
                        trickling.fetch_sub(1, Ordering::Relaxed);
                    });
                }
            }
            while trickling.load(Ordering::Relaxed) > 0 {
                an_ordinary_request(&server);
                std::thread::sleep(Duration::from_millis(50));
            }
        });
    });
    server.assert_no_trap();
}

#[test]
fn a_connection_without_a_request_is_closed() {
    if serves_with_spin() {
        return;
    }
    let server = quick_server();
    let whole = calls::read("ana").encode(&server.address().to_string());
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    std::thread::scope(|scope| {
        for (bytes, answered) in [
            (&b""[..], false),
            // The start of a POST, and of HTTP/2.
            (b"P", false),
            (b"PRI * HTTP/2.0\r\n", false),
            (preface, false),
            (b"GET / HTTP/1.1\r\nHost: a\r\n", false),
            (&whole, true),
        ] {
            let server = &server;
            scope.spawn(move || {
                let mut stream =
                    TcpStream::connect(server.address()).expect("a connection is made");
                stream.write_all(bytes).expect("it takes bytes");
                let answer = until_closed(&stream);
                let starts = answer.starts_with(b"HTTP/1.1 200 ");
                assert_eq!(starts, answered, "{}", bytes.escape_ascii());
            });
        }
    });
    an_ordinary_request(&server);
}

#[test]
fn a_client_that_reads_no_answers_is_cut_off() {
    if serves_with_spin() {
        return;
    }
    let server = quick_server();
    server
        .send(&calls::add_image("ana", "avatar.png@524288"))
        .expect(200);
    // More than the buffers between client and server hold.
    let image = calls::netex("GET", "/ana/image").encode(&server.address().to_string());
    let mut stream = TcpStream::connect(server.address()).expect("a connection is made");
    stream
        .write_all(&image.repeat(100))
        .expect("the requests are sent");
    let started = std::time::Instant::now();
    while stream.write_all(b"\r\n").is_ok() {
        assert!(started.elapsed() < PATIENCE, "it is still connected");
        std::thread::sleep(Duration::from_millis(100));
        an_ordinary_request(&server);
    }
    server.assert_no_trap();
}
