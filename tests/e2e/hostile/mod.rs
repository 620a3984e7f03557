//! Input made to do harm: it is refused or kept as it is, and neither it nor its sender hinders anyone else.

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

/// A server, started with these flags, where there is ana.
fn server(flags: &[&str]) -> Server {
    // What is under test is not how long a busy machine takes.
    let server = Server::with_flags(&[("store_timeout_ms", "120000")], flags);
    let ana = json!({ "username": "ana", "password": PASSWORD });
    server.send(&calls::create(&ana)).expect(200);
    server
}

/// A request of each family that changes ana's picture, right in everything.
fn one_of_each_family() -> [Request; 3] {
    [
        calls::add_image("ana", "pixel.png"),
        calls::change_avatar("ana", PASSWORD, "pixel.png"),
        calls::put_image("hush-ana", "pixel.png"),
    ]
}

/// What an ordinary client does meanwhile.
fn an_ordinary_request(server: &Server) {
    server.send(&calls::read("ana")).expect(200);
}

/// Sends bytes as they are, and reads the answer's status: nothing where the connection is closed without one.
fn status_of(server: &Server, bytes: &[u8]) -> Option<u16> {
    let mut connection = server.connect();
    connection.write(bytes).expect("the server takes bytes");
    answer_of(&mut connection)
}

/// Fails where neither an answer comes nor the connection is closed.
fn answer_of(connection: &mut Connection) -> Option<u16> {
    match connection.read(false) {
        Ok(answer) => Some(answer.status),
        Err(error) => {
            let closed = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
            assert!(
                closed.contains(&error.kind()),
                "{error}, and no answer and no end"
            );
            None
        }
    }
}

/// Fails unless what is stored is what it was, as far as it can be looked at.
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
