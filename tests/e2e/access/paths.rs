//! Paths that lead elsewhere than they seem to.

use serde_json::json;
use visage_tests::{Request, Server};

use crate::calls;
use crate::stored::{self, Stored};

const USERS: &str = "/integration/ws/management/rest/users";
const AVATAR: &str = "/rest/bpm/wle/v1/avatar";

/// Segments in place of a user that lead to nobody: neither to ana nor to a key of the store.
const NOBODY: [&str; 40] = [
    "..",
    ".",
    "..%2Fana",
    "%2e%2e%2fana",
    "%2E%2E/ana",
    "../ana",
    "./ana",
    "..;/ana",
    "bob/../ana",
    "ana/..",
    "ana%2F",
    "%2Fana",
    "ana%2Fimage",
    "ana%2f..%2fana",
    "ana%5C",
    "ana%00",
    "%00ana",
    "%00",
    "ana%00.png",
    "ana%0D%0A",
    "ana%20",
    "+ana",
    "ana+",
    "ana;x",
    "ana%3Bx",
    "%2561na",
    "%25%36%31na",
    "an%u0061",
    "ana%",
    "ana%4",
    "%zzana",
    "%ff",
    "%C0%AE%C0%AE%2Fana",
    "%ed%a0%80",
    "%d0%b0na",
    "visage.user.1",
    "visage%2Euser%2E1",
    "visage.sequence",
    "01",
    "-1",
];

/// Other spellings of ana: segments are decoded once, and extra slashes don't count.
const ANA: [&str; 6] = ["ana", "an%61", "%41%4e%41", "/ana", "//ana/", "ana//"];

/// A name as a path segment, with each byte escaped.
pub(super) fn escaped(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn server() -> Server {
    let server = Server::start();
    let ana = json!({ "username": "ana", "password": "hush-ana's" });
    server.send(&calls::create(&ana)).expect(200);
    server
        .send(&calls::add_image("ana", "avatar.png"))
        .expect(200);
    // The store remembers this login, so no later one writes to it.
    server
        .send(&calls::show_avatar("ana", "hush-ana's"))
        .expect(200);
    server
}

/// All requests for the user of a path. BPM's caller is ana.
fn requests(user: &str) -> Vec<Request> {
    let ana = calls::basic("ana", "hush-ana's");
    let upload = calls::change_avatar("ana", "hush-ana's", "avatar.gif");
    let netex = |method, below: &str| calls::netex(method, &format!("/{user}{below}"));
    let bpm =
        |method| Request::new(method, &format!("{AVATAR}/{user}")).header("Authorization", &ana);
    vec![
        netex("GET", ""),
        netex("PUT", "").json(&json!({ "name": "Nobody" })),
        netex("DELETE", ""),
        netex("PUT", "/deactivate"),
        netex("PUT", "/changePassword").json(&json!({ "newPassword": "hush-new" })),
        netex("GET", "/image"),
        Request {
            target: format!("{USERS}/{user}/image"),
            ..calls::add_image("", "avatar.gif")
        },
        bpm("GET"),
        bpm("DELETE"),
        Request {
            target: format!("{AVATAR}/{user}"),
            ..upload
        },
    ]
}

#[test]
fn paths_that_lead_to_nobody_change_nobody() {
    if !stored::is_there() {
        return;
    }
    let server = server();
    let stored = Stored::of(&server);
    let before = stored.rows();
    let long = ["a".repeat(8000), "%61".repeat(8000), "../".repeat(2000)];
    for user in NOBODY.into_iter().chain(long.iter().map(String::as_str)) {
        for request in requests(user) {
            let answer = server.send(&request);
            assert!(matches!(answer.status, 400 | 404), "{request}\n\n{answer}");
            assert!(stored.rows() == before, "{request}\n\n{answer}");
        }
    }
    // These are invalid paths. The host rejects them before they reach a component.
    for user in ["ana\0", "\x01", "ana\x7f", "an a"] {
        let answer = server.send(&Request::new("GET", &format!("{USERS}/{user}")));
        answer.expect(400);
    }
    server.assert_no_trap();
}

#[test]
fn spellings_of_one_path_lead_to_one_user() {
    let server = server();
    for (number, user) in ANA.into_iter().enumerate() {
        let name = json!({ "name": format!("Ana {number}") });
        server.send(&calls::update(user, &name)).expect(200);
        let shown = server.send(&calls::read("ana")).expect(200).json();
        assert_eq!(shown["name"], name["name"], "{user}");
        let avatar = calls::change_avatar("ana", "hush-ana's", "avatar.gif");
        let avatar = Request {
            target: format!("{AVATAR}/{user}"),
            ..avatar
        };
        let avatar = server.send(&avatar).expect(200).json();
        assert_eq!(avatar["data"]["userID"], 1, "{user}");
    }
    server.assert_no_trap();
}
