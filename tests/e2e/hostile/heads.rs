//! Floods of headers, and the host's answers. Spin has its own limits.

use std::io::Write;
use std::net::TcpStream;

use visage_tests::{Request, serves_with_spin};

use super::slow::until_closed;
use super::{an_ordinary_request, server, status_of, unchanged};
use crate::calls;

#[test]
fn floods_of_headers() {
    if serves_with_spin() {
        return;
    }
    let server = server(&[]);
    let address = server.address().to_string();
    let lines = |count: usize, line: &str| {
        let mut request = calls::read("ana");
        for number in 0..count {
            request = request.header(&format!("X-{number}"), line);
        }
        request.encode(&address)
    };
    let target = |length: usize| {
        let path = "a".repeat(length);
        calls::netex("GET", &format!("/{path}")).encode(&address)
    };
    let query = |length: usize| {
        let query = "a".repeat(length);
        calls::netex("GET", &format!("/ana?{query}")).encode(&address)
    };
    let method = Request::new(&"A".repeat(100_000), "/").encode(&address);
    let endless = ["GET / HTTP/1.1\r\n", &"X: y\r\n".repeat(200_000)].concat();
    unchanged(&server, || {
        for (what, bytes, expected) in [
            ("90 lines", lines(90, "x"), 200),
            ("101 lines", lines(101, "x"), 431),
            ("50,000 lines", lines(50_000, "x"), 431),
            ("32 KiB in one line", lines(1, &"x".repeat(32 * 1024)), 200),
            (
                "128 KiB in one line",
                lines(1, &"x".repeat(128 * 1024)),
                431,
            ),
            (
                "8 MiB in one line",
                lines(1, &"x".repeat(8 * 1024 * 1024)),
                431,
            ),
            ("128 KiB in 64 lines", lines(64, &"x".repeat(2 * 1024)), 431),
            ("a path of 32 KiB", target(32 * 1024), 404),
            ("a path of 8 MiB", target(8 * 1024 * 1024), 431),
            ("a query of 32 KiB", query(32 * 1024), 200),
            ("a method of 100,000 letters", method, 431),
            ("lines without an end", endless.into_bytes(), 431),
        ] {
            assert_eq!(status_of(&server, &bytes), Some(expected), "{what}");
            an_ordinary_request(&server);
        }
    });
    server.assert_no_trap();
}

#[test]
fn invalid_requests_are_refused() {
    let server = server(&[]);
    unchanged(&server, || {
        for bytes in [
            &b"\0\0\0\0\r\n\r\n"[..],
            b"\r\n\r\n\r\n\r\nGET\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nHost\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
            b"GET  /  HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET ../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 a greeting in TLS\r\n\r\n",
        ] {
            let status = status_of(&server, bytes);
            let refused = status.is_none_or(|status| (400..500).contains(&status));
            assert!(refused, "{status:?} to {}", bytes.escape_ascii());
            an_ordinary_request(&server);
        }
        // Answered in HTTP/2, then closed.
        let mut stream = TcpStream::connect(server.address()).expect("a connection is made");
        stream
            .write_all(
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff no frame",
            )
            .expect("it takes bytes");
        let answer = until_closed(&stream);
        assert!(!answer.starts_with(b"HTTP/1"), "{}", answer.escape_ascii());
        an_ordinary_request(&server);
    });
    server.assert_no_trap();
}
