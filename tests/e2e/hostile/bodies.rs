//! Bodies that are too deep, too long, or don't match their head.

use serde_json::json;
use visage_tests::Request;

use super::{F5, PASSWORD, answer_of, one_of_each_family, server, status_of, unchanged};
use crate::calls;

const DEEP: usize = 100_000;
/// The largest body: 1 MiB.
const MOST: usize = 1024 * 1024;

fn nested(start: &str, open: &str, close: &str, end: &str) -> String {
    [start, &open.repeat(DEEP), &close.repeat(DEEP), end].concat()
}

/// All paths that read JSON.
fn readers() -> Vec<Request> {
    vec![
        calls::netex("POST", ""),
        calls::netex("PUT", "/ana"),
        calls::netex("POST", "/ana/image"),
        calls::netex("PUT", "/nobody/deactivate"),
        calls::netex("PUT", "/ana/changePassword"),
        Request::new("PUT", F5).header("Authorization", "APIToken hush-ana"),
    ]
}

#[test]
fn json_that_is_too_deep_or_too_strange() {
    let server = server(&[]);
    let many = |piece: &str, count| format!("{{{}\"z\":0}}", piece.repeat(count));
    let bodies = [
        nested("", "[", "]", ""),
        nested("", "{\"a\":", "}", ""),
        "[".repeat(MOST),
        "{\"user\":".repeat(DEEP),
        nested("{\"user\":", "[", "]", "}"),
        nested("{\"username\":\"new\",\"extra\":", "[", "]", "}"),
        nested("{\"username\":\"new\",\"extra\":{\"a\":", "[", "]", "}}"),
        nested(
            "{\"username\":\"new\",\"roles\":{\"management\":",
            "[",
            "]",
            "}}",
        ),
        nested("{\"image\":", "{\"image\":", "}", "}"),
        format!("{{\"username\":{}}}", "9".repeat(DEEP)),
        format!("{{\"enabled\":1e{}}}", "9".repeat(DEEP)),
        format!("{{\"username\":\"{}\"}}", "\\ud800".repeat(1000)),
        format!("{{\"username\":\"{}", "\\u0000".repeat(DEEP)),
        format!("{{\"username\":[{}0]}}", "0,".repeat(DEEP)),
        many("\"username\":0,", 50_000),
        many("\"image\":{},", 50_000),
        "\0".repeat(MOST),
    ];
    unchanged(&server, || {
        for body in &bodies {
            for reader in readers() {
                let request = reader.body("application/json", body.as_str());
                let answer = server.send(&request);
                // Unknown fields are allowed there. The next possible error is an unknown user.
                let nobody = answer.status == 404 && request.target.contains("/nobody/");
                assert!(answer.status == 400 || nobody, "{request}\n\n{answer}");
            }
        }
    });
    server.assert_no_trap();
}

/// Returns the request with a body of this length. JSON is padded with trailing white space; a form gets another
/// field before the file. (Data after a form is never read.)
fn stretched(request: &Request, length: usize) -> Request {
    let missing = length - request.body.len();
    let body = if request.target.contains("/avatar/") {
        let start = b"--limit\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n";
        let filling = vec![b'x'; missing - start.len() - 2];
        [start, filling.as_slice(), b"\r\n", &request.body].concat()
    } else {
        [request.body.as_slice(), &vec![b' '; missing]].concat()
    };
    Request {
        body,
        ..request.clone()
    }
}

/// Netex ignores members that it doesn't know, whatever they hold. Nobody else does.
#[test]
fn deep_json_that_is_ignored() {
    let server = server(&[]);
    let deep = nested("{\"unknown\":", "[", "]", "}");
    for (reader, expected) in readers().into_iter().zip([400, 200, 400, 404, 400, 400]) {
        let request = reader.body("application/json", deep.as_str());
        let answer = server.send(&request);
        assert_eq!(answer.status, expected, "{request}\n\n{answer}");
    }
    server.assert_no_trap();
}

#[test]
fn a_mebibyte_and_not_one_byte_more() {
    let server = server(&[]);
    let too_large = [413, 400, 413];
    for (request, status) in one_of_each_family().into_iter().zip(too_large) {
        server.send(&stretched(&request, MOST)).expect(200);
        unchanged(&server, || {
            server.send(&stretched(&request, MOST + 1)).expect(status);
            // The declared body is not sent: the answer doesn't wait for it.
            for length in [MOST + 1, usize::MAX / 2] {
                let declared = request
                    .clone()
                    .header("Content-Length", &length.to_string());
                server.send(&declared).expect(status);
            }
            // Chunked: the length is not known in advance.
            for more in [1, 8 * MOST] {
                server
                    .send(&chunked(stretched(&request, MOST + more)))
                    .expect(status);
            }
        });
        server.send(&chunked(stretched(&request, MOST))).expect(200);
    }
    server.assert_no_trap();
}

fn chunked(request: Request) -> Request {
    let mut body = Vec::new();
    for chunk in request.body.chunks(10_000) {
        body.extend(format!("{:x};a=b\r\n", chunk.len()).into_bytes());
        body.extend(chunk);
        body.extend(b"\r\n");
    }
    body.extend(b"0\r\n\r\n");
    Request { body, ..request }.header("Transfer-Encoding", "chunked")
}

/// Bodies with a wrong length, or with two lengths.
#[test]
fn lengths_that_lie() {
    let server = server(&[]);
    let address = server.address().to_string();
    let update = calls::update("ana", &json!({ "name": "x" }));
    let lying = |name: &str, value: &str, body: &[u8]| {
        let mut request = update.clone().header(name, value);
        request.body = body.to_vec();
        request
    };
    unchanged(&server, || {
        for request in [
            lying("Content-Length", "-1", b"{}"),
            lying("Content-Length", "+2", b"{}"),
            lying("Content-Length", "0x2", b"{}"),
            lying("Content-Length", "2, 3", b"{}"),
            lying("Content-Length", "99999999999999999999999", b"{}"),
            lying("Content-Length", "2", b"{}").header("Content-Length", "3"),
            lying(
                "Transfer-Encoding",
                "chunked, identity",
                b"2\r\n{}\r\n0\r\n\r\n",
            ),
            lying("Transfer-Encoding", "chunked", b"zz\r\n{}\r\n0\r\n\r\n"),
            lying("Transfer-Encoding", "chunked", b"-1\r\n{}\r\n0\r\n\r\n"),
            lying(
                "Transfer-Encoding",
                "chunked",
                b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
            ),
            lying("Transfer-Encoding", "chunked", b"2\r\n{}xx0\r\n\r\n"),
        ] {
            let status = status_of(&server, &request.encode(&address));
            assert!(
                status.is_none_or(|status| status == 400 || status == 413),
                "{status:?} to {request}"
            );
        }
    });
    server.assert_no_trap();
}

#[test]
fn a_body_that_breaks_off_changes_nothing() {
    let server = server(&[]);
    let address = server.address().to_string();
    let update = calls::update("ana", &json!({ "name": "x", "aboutMe": "y" }));
    let password = json!({ "newPassword": "hush-new" });
    let password = calls::netex("PUT", "/ana/changePassword").json(&password);
    unchanged(&server, || {
        for request in one_of_each_family().into_iter().chain([update, password]) {
            let bytes = request.encode(&address);
            // More than the final boundary of a multipart body, which may be missing.
            for missing in [10, request.body.len() / 2, request.body.len()] {
                let mut connection = server.connect();
                connection
                    .write(&bytes[..bytes.len() - missing])
                    .expect("most of it is sent");
                connection.finish().expect("the rest never is");
                let status = answer_of(&mut connection);
                assert!(
                    status.is_none_or(|status| status == 400),
                    "{status:?} to {request}"
                );
            }
        }
    });
    let own = Request::new("GET", "/rest/bpm/wle/v1/avatar/current")
        .header("Authorization", &calls::basic("ana", PASSWORD));
    server.send(&own).expect(200);
    server.assert_no_trap();
}
