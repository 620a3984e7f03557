//! Images by URL, fetched from a malicious server.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;
use visage_tests::{Answer, Server, fixtures};

use crate::calls;

/// The contract's time limit for a fetch, plus a margin for a busy machine.
const LIMIT: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(25);

/// An image server on its own port. It runs until the process ends.
struct ImageServer {
    origin: String,
}

impl ImageServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("the port is known");
        let origin = format!("http://{address}");
        let own = origin.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                // Some of these tests need a client that goes away.
                std::thread::spawn(move || drop(answer(stream, &own)));
            }
        });
        Self { origin }
    }
}

fn answer(mut stream: TcpStream, own: &str) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        request.extend(byte);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let png = fixtures::picture("avatar.png");
    let mut picture = |content_type: &str, body: &[u8]| {
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        )?;
        stream.write_all(body)
    };
    match path {
        "/avatar.png" => picture("image/png", &png),
        "/lie.png" => picture("image/jpeg", &png),
        "/page.png" => picture("image/png", b"<html>"),
        "/empty.png" => picture("image/png", b""),
        "/largest.gif" => picture("image/gif", &padded(524_288)),
        "/large.gif" => picture("image/gif", &padded(524_289)),
        "/endless.gif" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\n\r\nGIF89a")?;
            loop {
                stream.write_all(&[0; 4096])?;
            }
        }
        "/silent" => wait(&mut stream),
        "/stall.gif" => {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nContent-Length: 9999\r\n\r\nGIF89a",
            )?;
            wait(&mut stream)
        }
        "/cut.png" => {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 99999\r\n\r\n",
            )?;
            stream.write_all(&png)
        }
        "/missing" => stream
            .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        "/away" => redirect(&mut stream, "http://images.example.org/avatar.png"),
        "/port" => {
            let other = ImageServer::start().origin;
            redirect(&mut stream, &format!("{other}/avatar.png"))
        }
        "/around" => redirect(&mut stream, "/around"),
        "/1" | "/2" | "/3" | "/4" => {
            let next = path.as_bytes()[1] - b'1';
            let next = if next == 0 {
                "avatar.png".to_owned()
            } else {
                next.to_string()
            };
            redirect(&mut stream, &format!("{own}/{next}"))
        }
        _ => Ok(()),
    }
}

fn padded(length: usize) -> Vec<u8> {
    let mut picture = fixtures::picture("avatar.gif");
    picture.resize(length, 0);
    picture
}

/// Sends nothing until the client goes away.
fn wait(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.read(&mut [0]).map(drop)
}

fn redirect(stream: &mut TcpStream, location: &str) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

fn create(server: &Server, username: &str, url: &str) -> Answer {
    let user = json!({ "username": username, "image": { "url": url } });
    server.send(&calls::create(&user))
}

fn picture_of(server: &Server, username: &str) -> Answer {
    server.send(&calls::netex("GET", &format!("/{username}/image")))
}

#[test]
fn fetched_images_are_stored() {
    let images = ImageServer::start();
    let server = Server::with(&[("image_url_origin", &images.origin)]);
    let url = |path: &str| format!("{}{path}", images.origin);
    for (username, path, expected) in [
        ("ana", "/avatar.png", fixtures::picture("avatar.png")),
        ("bob", "/3", fixtures::picture("avatar.png")),
        ("cleo", "/largest.gif", padded(524_288)),
    ] {
        create(&server, username, &url(path)).expect(200);
        let answer = picture_of(&server, username).expect(200);
        assert!(answer.body == expected, "{username}: {answer}");
    }
    let image = json!({ "image": { "url": url("/largest.gif") } });
    server.send(&calls::update("ana", &image)).expect(200);
    assert!(picture_of(&server, "ana").expect(200).body == padded(524_288));
    server.assert_no_trap();
}

#[test]
fn refused_images_leave_nothing_behind() {
    let images = ImageServer::start();
    let server = Server::with(&[("image_url_origin", &images.origin)]);
    server
        .send(&calls::create(&json!({ "username": "ana" })))
        .expect(200);
    server
        .send(&calls::add_image("ana", "avatar.gif"))
        .expect(200);
    let port = images.origin.rsplit(':').next().unwrap_or_default();
    let no_image = "image.url was not answered with an image.";
    let no_answer = "image.url could not be fetched in time.";
    let redirected = "image.url redirects too often, or to another origin.";
    let refused = "image.url is not of an origin that images are fetched from.";
    for (path, message) in [
        ("/lie.png", "image.url is of another type than declared."),
        ("/page.png", "image.url is not a PNG, JPEG or GIF image."),
        ("/empty.png", "image.url is empty."),
        ("/large.gif", "image.url is larger than 524288 bytes."),
        ("/endless.gif", "image.url is larger than 524288 bytes."),
        ("/silent", no_answer),
        ("/stall.gif", no_answer),
        ("/cut.png", no_answer),
        ("/closed", no_answer),
        ("/missing", no_image),
        ("/away", redirected),
        ("/port", redirected),
        ("/around", redirected),
        ("/4", redirected),
        ("http://images.example.org/avatar.png", refused),
        ("https://127.0.0.1/avatar.png", refused),
        ("http://localhost:PORT/avatar.png", refused),
        ("http://[::1]:PORT/avatar.png", refused),
        ("http://10.0.0.1/avatar.png", refused),
        (
            "http://u:p@127.0.0.1:PORT/avatar.png",
            "image.url must not hold credentials.",
        ),
        (
            "ftp://127.0.0.1:PORT/avatar.png",
            "image.url is not an http or https URL.",
        ),
        ("", "image.url is not an http or https URL."),
    ] {
        let url = match path.strip_prefix('/') {
            Some(path) => format!("{}/{path}", images.origin),
            None => path.replace("PORT", port),
        };
        let changes = json!({ "name": "changed", "image": { "url": url } });
        for request in [
            calls::create(&json!({ "username": "bob", "image": { "url": url } })),
            calls::update("ana", &changes),
        ] {
            let started = Instant::now();
            let answer = server.send(&request).expect(400);
            assert_eq!(answer.json()["message"], message, "{url}");
            let took = started.elapsed();
            assert!(took < LIMIT + PATIENCE, "{url} took {took:?}");
        }
        server.send(&calls::read("bob")).expect(404);
        let ana = server.send(&calls::read("ana")).expect(200).json();
        assert_eq!(ana["name"], json!(null), "{url}");
        let answer = picture_of(&server, "ana").expect(200);
        assert!(answer.body == fixtures::picture("avatar.gif"), "{url}");
    }
    server.assert_no_trap();
}

#[test]
fn nothing_is_fetched_unless_the_operator_says_from_where() {
    let images = ImageServer::start();
    let server = Server::start();
    let answer = create(&server, "ana", &format!("{}/avatar.png", images.origin)).expect(400);
    assert_eq!(
        answer.json()["message"],
        "image.url is not of an origin that images are fetched from."
    );
    server.send(&calls::read("ana")).expect(404);
}
