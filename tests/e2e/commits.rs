//! How often each call commits. On a disk, commits are nearly the whole cost of a call.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use serde_json::json;
use visage_tests::{Manifest, Request, Server, Setup, build_components};

use crate::{calls, stored};

/// The number of transactions that have changed the database. SQLite counts them in the file header (its file format,
/// 1.3.7).
fn commits(server: &Server) -> u32 {
    let path = server.state().join("sqlite_key_value.db");
    let mut file = File::open(path).expect("the database is there");
    let mut counter = [0; 4];
    file.seek(SeekFrom::Start(24)).expect("it has a header");
    file.read_exact(&mut counter).expect("it has a header");
    u32::from_be_bytes(counter)
}

#[test]
fn no_call_commits_more_often_than_it_must() {
    if !stored::is_there() {
        return;
    }
    let server = Server::with(&[("public_avatars", "true")]);
    // The first call creates the table.
    server.send(&calls::read("nobody")).expect(404);

    let user = |name: &str| json!({ "username": name, "password": "secret" });
    let with_ids = json!({ "username": "ids", "externalId": "e", "commonId": "c" });
    let with_image =
        json!({ "image": { "base64Image": visage_tests::fixtures::base64("64x64.png") } });
    let avatar = |method, accept| {
        Request::new(method, "/rest/bpm/wle/v1/avatar/ana")
            .header("Authorization", &calls::basic("ana", "secret"))
            .header("Accept", accept)
    };
    let largest_in_one_value = format!("64x64.png@{}", 252 * 1024);
    let calls = [
        ("create", 4, calls::create(&user("ana"))),
        (
            "create where the name is taken",
            0,
            calls::create(&user("ana")),
        ),
        ("create with an image", 4, {
            let mut user = with_image.clone();
            user["username"] = "bob".into();
            calls::create(&user)
        }),
        // Five commits: the start mark, the record, the end mark, the avatar's keys, the record's keys.
        ("delete", 5, calls::netex("DELETE", "/bob")),
        (
            "create for a name used before",
            3,
            calls::create(&user("bob")),
        ),
        // Two more pointers, each created and moved, and the record that goes live last.
        ("create with both identifiers", 9, calls::create(&with_ids)),
        // One commit more: the address's pointer and its MD5.
        (
            "create with an address",
            5,
            calls::create(&with_address("uma", "uma@example.org")),
        ),
        (
            "create with the address of another user",
            5,
            calls::create(&with_address("ulf", "uma@example.org")),
        ),
        (
            "update of an address",
            2,
            update_address("uma", "uma@example.com"),
        ),
        (
            "update with the same address",
            1,
            update_address("uma", "uma@example.com"),
        ),
        (
            "update with another user's address",
            2,
            update_address("uma", "uma@example.org"),
        ),
        (
            "add an image of uma's",
            1,
            calls::add_image("uma", "avatar.png"),
        ),
        // The claim of a rendering, and the rendering.
        (
            "show an avatar to everybody",
            2,
            calls::public_avatar("uma@example.org", ""),
        ),
        (
            "show it again",
            0,
            calls::public_avatar("uma@example.org", ""),
        ),
        (
            "show it in another size",
            2,
            calls::public_avatar("uma@example.org", "?s=32"),
        ),
        (
            "show it in a size between",
            0,
            calls::public_avatar("uma@example.org", "?s=31"),
        ),
        (
            "show nobody's",
            0,
            calls::public_avatar("nobody@example.org", ""),
        ),
        // The renderings are removed, too.
        (
            "replace an image that was rendered",
            2,
            calls::add_image("uma", "avatar.png@30000"),
        ),
        // A picture of this size is set apart.
        (
            "show a larger one",
            3,
            calls::public_avatar("uma@example.org", ""),
        ),
        (
            // One more for the parts of the picture.
            "delete a user with renderings",
            6,
            calls::netex("DELETE", "/uma"),
        ),
        ("update", 1, calls::update("ana", &json!({ "name": "Ana" }))),
        ("update with an image", 1, calls::update("ana", &with_image)),
        ("update with an image and a name", 2, {
            let mut changes = with_image.clone();
            changes["name"] = "Anna".into();
            calls::update("ana", &changes)
        }),
        // The pointer of the address. Its MD5's translation is written together with the user or with the pointer.
        ("create with an address", 5, {
            calls::create(&json!({ "username": "eve", "email": "eve@example.com" }))
        }),
        ("update of the address", 2, {
            calls::update("ana", &json!({ "email": "ana@example.com" }))
        }),
        ("update to another user's address", 2, {
            calls::update("ana", &json!({ "email": "Eve@example.com" }))
        }),
        (
            "update of a user with an address",
            1,
            calls::update("ana", &json!({ "name": "Anne" })),
        ),
        ("activate", 1, calls::netex("PUT", "/ana/activate")),
        ("add a small image", 1, calls::add_image("ana", "64x64.png")),
        (
            "add an image of 252 KiB",
            1,
            calls::add_image("ana", &largest_in_one_value),
        ),
        // Two commits: the value that names the parts, and the parts.
        (
            "add an image of 512 KiB",
            2,
            calls::add_image("ana", "64x64.png@524288"),
        ),
        (
            "add another",
            2,
            calls::add_image("ana", "64x64.png@524288"),
        ),
        ("F5 update with an image of 480,000 bytes", 2, large()),
        // Only a swap can check a precondition, so it takes one more.
        (
            "F5 update on a precondition",
            3,
            large().header("If-Match", "*"),
        ),
        // Seven commits for the login: its queue and its bucket are made, it begins and ends in both, and the record
        // remembers it. Three for the
        // picture: the value, the removal of the parts, the note that they are removed.
        (
            "BPM change",
            10,
            calls::change_avatar("ana", "secret", "64x64.png"),
        ),
        (
            "BPM change again",
            1,
            calls::change_avatar("ana", "secret", "64x64.png"),
        ),
        ("F5 update", 1, calls::put_image("hush-ana", "64x64.png")),
        ("show", 0, calls::read("ana")),
        // What it has found out of the users.
        ("list", 1, calls::netex("GET", "")),
        ("list again", 0, calls::netex("GET", "")),
        ("show the image", 0, calls::netex("GET", "/ana/image")),
        ("BPM show", 0, avatar("GET", "application/json")),
        ("BPM show as XML", 0, avatar("GET", "text/xml")),
        ("F5 get", 0, f5_image("GET")),
        ("F5 delete", 1, f5_image("DELETE")),
        ("BPM delete", 1, avatar("DELETE", "application/json")),
    ];
    Manifest::of_visage().assert_each_component_is_sent(
        calls.iter().map(|(_, _, request)| request.target.as_str()),
        "tests/e2e/commits.rs, with the commits that they may make",
    );
    assert_commits(&server, &calls);
}

/// If the floor did less work than Visage must, it would be no floor.
#[test]
fn the_floor_of_the_benchmarks_commits_as_often() {
    if !stored::is_there() {
        return;
    }
    build_components("bench/spin.toml");
    let server = Server::of(Setup {
        manifest: "bench/spin.toml",
        variables: BTreeMap::new(),
        ..Setup::with(&[])
    });
    let calls = [
        (
            "create with an address",
            5,
            calls::create(&json!({ "username": "ana" })),
        ),
        ("update", 1, calls::update("ana", &json!({ "name": "Ana" }))),
        ("add a small image", 1, calls::add_image("ana", "64x64.png")),
        (
            "add an image of 512 KiB",
            2,
            calls::add_image("ana", "64x64.png@524288"),
        ),
        (
            "BPM change",
            1,
            calls::change_avatar("ana", "secret", "64x64.png"),
        ),
        ("F5 update", 1, calls::put_image("ana", "64x64.png")),
        ("F5 get", 0, f5_image("GET")),
    ];
    for call in calls {
        // The first call has nothing to replace.
        server.send(&call.2).expect(200);
        assert_commits(&server, &[call]);
    }
}

fn with_address(name: &str, address: &str) -> serde_json::Value {
    json!({ "username": name, "email": address })
}

fn update_address(name: &str, address: &str) -> Request {
    calls::update(name, &json!({ "email": address }))
}

fn f5_image(method: &str) -> Request {
    Request::new(method, "/api/web/namespaces/system/user/settings/image")
        .header("Authorization", "APIToken hush-ana")
}

/// A change of the image by one that is stored in parts.
fn large() -> Request {
    calls::put_image("hush-ana", "64x64.png@480000")
}

/// Fails unless each call, sent in this order, makes the expected number of commits.
fn assert_commits(server: &Server, calls: &[(&str, u32, Request)]) {
    let counted = calls.iter().map(|(name, expected, request)| {
        let before = commits(server);
        let status = if name.contains("taken") { 400 } else { 200 };
        server.send(request).expect(status);
        (name, expected, commits(server) - before)
    });
    let wrong: Vec<_> = counted
        .filter(|(_, expected, counted)| *expected != counted)
        .collect();
    assert!(
        wrong.is_empty(),
        "call, commits expected, counted: {wrong:#?}"
    );
}
