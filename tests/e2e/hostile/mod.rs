//! Malicious input. It is refused or stored unchanged, and neither it nor its sender disturbs others.

mod bodies;
mod connections;
mod heads;
mod pictures;
mod slow;

use std::io::ErrorKind;

use serde_json::json;
use visage_tests::{Connection, Request, Server};

use crate::calls;
use crate::stored::{self, Stored};

const PASSWORD: &str = "hush-ana's";
const F5: &str = "/api/web/namespaces/system/user/settings/image";

/// Starts a server with these flags, and creates ana.
fn server(flags: &[&str]) -> Server {
    // The speed of a busy machine is not under test.
    let server = Server::with_flags(&[("store_timeout_ms", "120000")], flags);
    let ana = json!({ "username": "ana", "password": PASSWORD });
    server.send(&calls::create(&ana)).expect(200);
    // The store remembers this login, so no later one writes to it.
    server
        .send(&calls::show_avatar("ana", PASSWORD))
        .expect(200);
    server
}

/// One valid request of each family that changes ana's picture.
fn one_of_each_family() -> [Request; 3] {
    [
        calls::add_image("ana", "pixel.png"),
        calls::change_avatar("ana", PASSWORD, "pixel.png"),
        calls::put_image("hush-ana", "pixel.png"),
    ]
}

/// An ordinary client's request in the meantime.
fn an_ordinary_request(server: &Server) {
    server.send(&calls::read("ana")).expect(200);
}

/// Sends raw bytes and reads the answer's status. Returns nothing if the connection is closed without an answer.
fn status_of(server: &Server, bytes: &[u8]) -> Option<u16> {
    let mut connection = server.connect();
    connection.write(bytes).expect("the server takes bytes");
    answer_of(&mut connection)
}

/// Fails if there is neither an answer nor a closed connection.
fn answer_of(connection: &mut Connection) -> Option<u16> {
    match connection.read(false) {
        Ok(answer) => Some(answer.status),
        Err(error) => {
            let closed = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
            assert!(
                closed.contains(&error.kind()),
                "{error}: neither an answer nor a closed connection"
            );
            None
        }
    }
}

/// Fails if the stored data has changed, as far as it can be checked.
fn unchanged<T>(server: &Server, act: impl FnOnce() -> T) -> T {
    if !stored::is_there() {
        return act();
    }
    let stored = Stored::of(server);
    let before = stored.rows();
    let result = act();
    assert!(stored.rows() == before, "the store has changed");
    result
}
