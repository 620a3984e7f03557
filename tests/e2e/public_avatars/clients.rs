//! Real clients of public avatars: libraries that make addresses, a library that opens pictures, a browser.

use std::process::{Command, Stdio};

use serde_json::json;
use visage_tests::server::NETEX_TOKEN;
use visage_tests::{leave_out, root, tool};

use super::server;
use crate::calls::{self, address_hash};

/// A Python with the libraries that the clients need, as `.ci/run` installs it, or the machine's own.
fn python() -> Option<Command> {
    let own = root().join("target/python/bin/python");
    let python = if own.exists() { own } else { "python3".into() };
    let imported = Command::new(&python)
        .args(["-c", "import libgravatar, libravatar, PIL"])
        .stderr(Stdio::null())
        .status();
    if imported.is_ok_and(|status| status.success()) {
        return Some(Command::new(python));
    }
    leave_out("Python's pyLibravatar, libgravatar and Pillow are missing");
    None
}

#[test]
fn pictures_of_many_kinds_through_libravatar_and_libgravatar() {
    let Some(mut python) = python() else { return };
    let server = server();
    let output = python
        .arg(root().join("tests/e2e/clients/avatars.py"))
        .args([&server.origin(), NETEX_TOKEN])
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", text(&output));
    server.assert_no_trap();
}

#[test]
fn a_page_with_fifty_avatars_in_chromium() {
    if tool("chromium").is_none() {
        return;
    }
    let server = server();
    let mut addresses = Vec::new();
    let pictures = [
        ("avatar.png", "f2c9a1"),
        ("avatar.jpg", "8d5524"),
        ("avatar.gif", "e0ac69"),
    ];
    for (number, (picture, colour)) in pictures.into_iter().enumerate() {
        let (name, address) = (format!("user{number}"), format!("user{number}@example.org"));
        let user = json!({ "username": name, "email": address });
        server.send(&calls::create(&user)).expect(200);
        server.send(&calls::add_image(&name, picture)).expect(200);
        for size in [16, 32, 48, 64, 80, 96, 100, 128, 200, 512] {
            let hash = address_hash(&address);
            addresses.push(format!(
                "{}/avatar/{hash}?s={size}#{colour}",
                server.origin()
            ));
        }
    }
    for number in 0..10 {
        let hash = address_hash(&format!("nobody{number}@example.org"));
        addresses.push(format!(
            "{}/avatar/{hash}?s=40&d=identicon",
            server.origin()
        ));
        addresses.push(format!(
            "{}/avatar/{hash}?s={}&d=mp",
            server.origin(),
            number + 20
        ));
    }
    assert_eq!(addresses.len(), 50);

    let folder = tempfile::tempdir().expect("a folder is made");
    let page = std::fs::read_to_string(root().join("tests/e2e/clients/avatars.html"));
    let addresses = serde_json::to_string(&addresses).expect("addresses are text");
    let page =
        page.expect("the page is read")
            .replacen("= ADDRESSES", &format!("= {addresses}"), 1);
    let file = folder.path().join("page.html");
    std::fs::write(&file, page).expect("the page is written");
    let output = Command::new("chromium")
        // Chromium's sandbox does not work for root, nor in most containers.
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-proxy-server",
        ])
        .args(["--timeout=120000", "--dump-dom"])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!("file://{}", file.display()))
        .output()
        .expect("Chromium starts");
    let page = String::from_utf8_lossy(&output.stdout);
    let title = page.lines().find(|line| line.contains("<title>"));
    assert!(
        title.is_some_and(|title| title.contains("<title>50 shown</title>")),
        "{title:?}"
    );
    server.assert_no_trap();
}

fn text(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
