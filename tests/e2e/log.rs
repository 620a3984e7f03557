//! What the log shows of a request.

use visage_tests::Server;

#[test]
fn a_path_is_printable_ascii() {
    let mut server = Server::start();
    // Letters, a Unicode line break, a right-to-left override, the client's own escape, invalid UTF-8.
    for path in ["ü\u{85}\u{202e}%0a".as_bytes(), b"\xff\xfe"] {
        let mut connection = server.connect();
        let head = [
            b"GET /integration/ws/management/rest/users/",
            path,
            b" HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: seen\r\n\r\n",
        ];
        connection.write(&head.concat()).expect("the head is sent");
        let answer = connection.read(false).expect("an answer comes");
        assert!([400, 401].contains(&answer.status), "{answer}");
    }
    server.terminate();
    let log = server.log();
    assert!(log.is_ascii(), "{log}");
    let line = "GET /integration/ws/management/rest/users/%C3%BC%C2%85%E2%80%AE%0a 401 ";
    assert!(log.contains(line), "no {line} in\n{log}");
}
