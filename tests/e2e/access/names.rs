//! User names that look like another name, a path or a key. Names that fold together are one user. All others are
//! separate users, however a user is addressed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use visage_tests::{Answer, Request, Server, fixtures};

use super::paths::escaped;
use crate::stored::{self, Stored};
use crate::{calls, uploads};

/// How many users are tested at a time.
const CALLERS: usize = 4;

/// The users, each with all spellings of the name. The first spelling is created.
const USERS: [&[&str]; 31] = [
    &["ana", "ANA", "aNa"],
    // Look-alikes: Cyrillic, full width, mathematical, zero-width characters.
    &["\u{430}n\u{430}", "\u{410}N\u{410}"],
    &["\u{ff41}\u{ff4e}\u{ff41}", "\u{ff21}\u{ff2e}\u{ff21}"],
    &["\u{1d41a}na"],
    &["an\u{200b}a"],
    &["ana\u{200d}"],
    &["\u{feff}ana"],
    &["a\u{ad}na"],
    &["\u{202e}ana"],
    // Normal forms and case folding.
    &["\u{e1}na", "a\u{301}na", "\u{c1}NA", "A\u{301}NA"],
    &[
        "\u{1e9b}\u{323}x",
        "\u{17f}\u{323}\u{307}x",
        "\u{17f}\u{307}\u{323}x",
    ],
    &[
        "stra\u{df}e",
        "STRASSE",
        "stra\u{1e9e}e",
        "stra\u{17f}\u{17f}e",
    ],
    &["\u{fb01}n", "FIN", "fin"],
    &[
        "\u{3a3}\u{3c3}\u{3c2}",
        "\u{3c3}\u{3c3}\u{3c3}",
        "\u{3c2}\u{3a3}\u{3a3}",
    ],
    &["\u{2126}m", "\u{3c9}m", "\u{3a9}M"],
    &["\u{212a}elvin", "kelvin", "KELVIN"],
    &["\u{130}x", "i\u{307}x"],
    &["\u{131}x"],
    &["ix", "IX"],
    &["\u{ac00}\u{b098}", "\u{1100}\u{1161}\u{1102}\u{1161}"],
    // Keys, parts of keys, and values that could stand for a key.
    &["visage.user.1", "VISAGE.USER.1"],
    &["visage.avatar.1.0.0"],
    &["visage.sequence"],
    &["visage.name.24d4b96f58da6d4a8512313bbd02a28ebf0ca95dec6e4c86ef78ce7f01e788ac"],
    &["1"],
    &["2"],
    &["0000000000000001"],
    // Dots, and characters with a meaning in a shell, a URL or SQL.
    &["..ana"],
    &["ana."],
    &["ana'OR'1'--"],
    &["*"],
];

/// Invalid names.
const REFUSED: [&str; 33] = [
    "",
    ".",
    "..",
    "....",
    "../ana",
    "..\\ana",
    "/ana",
    "ana/",
    "ana/image",
    "a\\b",
    "ana\0",
    "\0ana",
    "an\0a",
    "ana%00",
    "%61na",
    "ana%2Fimage",
    "%2e%2e%2fana",
    "ana?x",
    "ana#x",
    "ana:x",
    "a,b",
    "a=b",
    " ana",
    "ana ",
    "an a",
    "ana\t",
    "ana\r\n",
    "ana\u{a0}",
    "ana\u{2028}",
    "ana\u{85}",
    "ana\u{fffe}",
    "current",
    "CURRENT",
];

fn password(user: usize) -> String {
    format!("hush-{user}'s")
}

/// A picture that is unique to this user.
fn picture(user: usize, by: &str) -> Vec<u8> {
    let mut picture = fixtures::picture("pixel.png");
    picture.extend(format!("{user} {by}").into_bytes());
    picture
}

fn upload(path: &str, user: usize, name: &str, picture: &[u8]) -> Request {
    uploads::bpm(path, name, &password(user), picture)
}

/// Sends a request. Prints it if the status differs.
fn expect(server: &Server, request: &Request, status: u16) -> Answer {
    let answer = server.send(request);
    assert_eq!(answer.status, status, "{request}\n\n{answer}");
    answer
}

/// Fails unless the user of this name has this picture.
fn shows(server: &Server, name: &str, picture: &[u8]) {
    let image = calls::netex("GET", &format!("/{}/image", escaped(name)));
    assert!(expect(server, &image, 200).body == picture, "{name}");
}

/// Makes all changes to a user by this spelling of the name, and checks the results.
fn by_spelling(server: &Server, user: usize, spelling: usize, name: &str) {
    let path = escaped(name);
    let taken = calls::create(&json!({ "username": name, "name": "a stranger" }));
    expect(server, &taken, 400);
    let about = format!("{user} by {spelling}");
    expect(
        server,
        &calls::update(&path, &json!({ "aboutMe": about })),
        200,
    );
    let read = expect(server, &calls::read(&path), 200).json();
    assert_eq!(read["username"], USERS[user][0], "by {name}");
    assert_eq!(read["aboutMe"], json!(about), "by {name}");

    let own = picture(user, &format!("{name} by BPM"));
    let change = expect(server, &upload("current", user, name, &own), 200).json();
    assert_eq!(change["data"]["userName"], USERS[user][0], "by {name}");
    shows(server, name, &own);
    // A name takes precedence over a number. A name that is a number finds the same user.
    let own = picture(user, &format!("{name} by BPM's path"));
    expect(server, &upload(&path, user, name, &own), 200);
    shows(server, name, &own);
    // Only the password's owner gets in.
    let other = upload("current", user + 1, name, &own);
    expect(server, &other, 401);

    let own = picture(user, &format!("{name} by F5"));
    let token = format!("hush-{user}-{spelling}");
    expect(server, &uploads::f5(&token, &own), 200);
    shows(server, name, &own);
    let shown = Request::new("GET", "/api/web/namespaces/system/user/settings/image")
        .header("Authorization", &format!("APIToken {token}"));
    let image = expect(server, &shown, 200).json();
    assert_eq!(image["data"], json!(STANDARD.encode(&own)));
}

#[test]
fn names_are_one_user_only_if_they_fold_together() {
    let tokens: Vec<_> = USERS
        .iter()
        .enumerate()
        .flat_map(|(user, spellings)| {
            let spellings = spellings.iter().enumerate();
            spellings.map(move |(spelling, name)| format!("{name}=hush-{user}-{spelling}"))
        })
        .collect();
    let server = Server::with(&[("f5_tokens", &tokens.join(" "))]);
    for (user, spellings) in USERS.iter().enumerate() {
        let new = json!({ "username": spellings[0], "name": user.to_string() });
        expect(&server, &calls::create(&new), 200);
    }
    calls::together(CALLERS, |caller| {
        for user in (caller..USERS.len()).step_by(CALLERS) {
            let path = format!("/{}/changePassword", escaped(USERS[user][0]));
            let change = calls::netex("PUT", &path).json(&json!({ "newPassword": password(user) }));
            expect(&server, &change, 200);
            for (spelling, name) in USERS[user].iter().enumerate() {
                by_spelling(&server, user, spelling, name);
            }
        }
    });
    // All worked in parallel. Each user must still have the right data.
    let all = expect(&server, &calls::netex("GET", ""), 200).json();
    let all: &Vec<Value> = all.as_array().expect("the users are an array");
    assert_eq!(all.len(), USERS.len());
    for (user, (shown, spellings)) in all.iter().zip(USERS).enumerate() {
        let (last, name) = (spellings.len() - 1, spellings[spellings.len() - 1]);
        assert_eq!(shown["username"], spellings[0]);
        assert_eq!(shown["name"], json!(user.to_string()));
        assert_eq!(shown["aboutMe"], json!(format!("{user} by {last}")));
        shows(&server, name, &picture(user, &format!("{name} by F5")));
    }
    server.assert_no_trap();
}

#[test]
fn an_id_for_a_name_leads_to_its_owner_and_the_name_to_nobody_else() {
    let server = Server::start();
    let ana =
        json!({ "username": "ana", "password": password(0), "externalId": "bob", "commonId": "1" });
    expect(&server, &calls::create(&ana), 200);
    let id = expect(&server, &calls::read("ana"), 200).json()["id"].clone();
    let id = id.as_str().expect("an id is text");
    for name in [id, "bob"] {
        let new = json!({ "username": name, "password": password(1) });
        expect(&server, &calls::create(&new), 200);
    }
    // Netex's order: id, username, externalId, commonId.
    for (path, username) in [(id, "ana"), ("bob", "bob"), ("1", "ana")] {
        let user = expect(&server, &calls::read(path), 200).json();
        assert_eq!(user["username"], username, "{path}");
    }
    // BPM knows only names and numbers.
    for (name, password, status) in [
        (id, password(1), 200),
        (id, password(0), 401),
        ("1", password(0), 401),
    ] {
        let own = Request::new("GET", "/rest/bpm/wle/v1/avatar/current")
            .header("Authorization", &calls::basic(name, &password));
        let answer = expect(&server, &own, status);
        if status == 200 {
            assert_eq!(answer.json()["data"]["userID"], 2);
        }
    }
}

#[test]
fn invalid_names_are_refused() {
    if !stored::is_there() {
        return;
    }
    let server = Server::start();
    expect(&server, &calls::create(&json!({ "username": "ana" })), 200);
    let stored = Stored::of(&server);
    let before = stored.rows();
    let too_long = [
        "a".repeat(256),
        "\u{1f600}".repeat(256),
        "a".repeat(100_000),
    ];
    let too_long = too_long.iter().map(String::as_str);
    for name in REFUSED.into_iter().chain(too_long) {
        let answer = expect(&server, &calls::create(&json!({ "username": name })), 400);
        assert!(answer.text().contains("username"), "{answer}");
        assert!(stored.rows() == before, "{name:?} left something behind");
    }
    for name in ["a".repeat(255), "\u{1f600}".repeat(255)] {
        expect(&server, &calls::create(&json!({ "username": name })), 200);
        let user = expect(&server, &calls::read(&escaped(&name)), 200).json();
        assert_eq!(user["username"], json!(name));
    }
    server.assert_no_trap();
}
