//! The cost of an instance: its first answer, and its memory.

use std::time::{Duration, Instant};

use serde_json::json;
use visage_tests::calls::{add_image, change_avatar, create, put_image, update};
use visage_tests::{Request, Server};

use crate::calls::PASSWORD;
use crate::process;
use crate::spread::Spread;

/// Longer than Spin and the host keep an idle instance.
const IDLE: Duration = Duration::from_millis(1500);

/// How many requests wait for their bodies while memory is measured: eight times as many as an instance answers at
/// once, in Spin and in the host.
const WAITING: usize = 128;

/// Longer than it takes to verify the password of each waiting request.
const LOGINS: Duration = Duration::from_secs(10);

/// The head of the table of [`row`]s.
pub const HEAD: &str = "\
| component | first answer of an instance, ms | of one that is there, ms | memory for 128 requests that wait, MiB |
|---|--:|--:|--:|
";

/// One call per component, by the component's name.
pub fn components() -> [(&'static str, Request); 5] {
    const PICTURE: &str = "64x64.png";
    [
        ("netex-users", create(&json!({}))),
        ("netex-user", update("user0", &json!({}))),
        ("netex-user-image", add_image("user0", PICTURE)),
        ("bpm-avatar", change_avatar("login0", PASSWORD, PICTURE)),
        ("f5-user-image", put_image("user0", PICTURE)),
    ]
}

/// A row of the table.
pub fn row(
    server: &Server,
    component: &str,
    request: &Request,
    times: u32,
) -> anyhow::Result<String> {
    let (cold, warm) = answers(server, request, times)?;
    let mebibytes = memory(server, request)? as f64 / f64::from(1 << 20);
    let [cold, warm] = [cold, warm].map(|seconds| seconds.text(1e3, 2));
    Ok(format!(
        "| {component} | {cold} | {warm} | {mebibytes:.1} |\n"
    ))
}

/// How long the refusal of a request without credentials takes, in seconds: first by a new instance, then again by
/// the same one.
fn answers(server: &Server, request: &Request, times: u32) -> anyhow::Result<(Spread, Spread)> {
    let refused = Request::new(&request.method, &request.target);
    let mut connection = server.connect();
    let mut turns = Vec::new();
    for _ in 0..times {
        std::thread::sleep(IDLE);
        let mut time = || -> anyhow::Result<f64> {
            let started = Instant::now();
            connection.send(&refused)?;
            Ok(started.elapsed().as_secs_f64())
        };
        turns.push((time()?, time()?));
    }
    let cold = Spread::of(turns.iter().map(|(cold, _)| *cold));
    Ok((cold, Spread::of(turns.iter().map(|(_, warm)| *warm))))
}

/// The growth of the server's memory in bytes while requests wait for their bodies.
fn memory(server: &Server, request: &Request) -> anyhow::Result<u64> {
    std::thread::sleep(IDLE);
    let host = server.address().to_string();
    let head = request.clone().header("Content-Length", "1000");
    let head = Request {
        body: Vec::new(),
        ..head
    }
    .encode(&host);
    let before = process::usage(server.process_group())?;
    let mut waiting = Vec::new();
    for _ in 0..WAITING {
        let mut connection = server.connect();
        connection.write(&head)?;
        waiting.push(connection);
    }
    std::thread::sleep(LOGINS);
    let after = process::usage(server.process_group())?;
    Ok(after.resident_bytes.saturating_sub(before.resident_bytes))
}
