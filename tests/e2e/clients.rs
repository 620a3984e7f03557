//! Real clients, each of which builds its own upload. A client that the machine lacks is skipped, since Visage itself
//! needs only Rust. If `CI` is set, all must be there.

use serde_json::{Value, json};
use visage_tests::{Server, fixtures, root, tool};

use crate::calls;

const PASSWORD: &str = "päss:wörd";

/// The `Accept` header of `HttpURLConnection` in JDK 8.
const ACCEPT_OF_OLDER_JAVA: &str = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";

const PICTURES: [(&str, &str, &str); 4] = [
    ("avatar.png", "image/png", "png"),
    ("avatar.jpg", "image/jpeg", "jpg"),
    ("progressive.jpg", "image/jpeg", "jpg"),
    ("avatar.gif", "image/gif", "gif"),
];

/// Lets a client upload each picture, and checks what it prints of the answer.
fn uploads(program: &str, arguments: impl Fn(&str, &str, &str) -> Vec<String>) {
    if tool(program).is_none() {
        return;
    }
    let server = Server::start();
    let ana = json!({ "username": "ana", "password": PASSWORD });
    server.send(&calls::create(&ana)).expect(200);
    let url = format!("{}/rest/bpm/wle/v1/avatar/ana?avatar=x", server.origin());
    for (picture, media_type, format) in PICTURES {
        let file = root().join("tests/fixtures").join(picture);
        let output = std::process::Command::new(program)
            .args(arguments(&url, &file.display().to_string(), media_type))
            .env("NO_PROXY", "127.0.0.1")
            // Java decodes its arguments by the locale.
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("the client starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?} {errors}"));
        assert_eq!(answer["data"]["userAvatarImage"], fixtures::base64(picture));
        assert_eq!(answer["data"]["imageFormat"], format);
    }
}

/// Lets a client upload each picture. The client's source is a file in `tests/e2e/clients`.
fn uploads_by_source(program: &str, source: &str, more: &[&str]) {
    let source = root().join("tests/e2e/clients").join(source);
    let source = source.display().to_string();
    uploads(program, |url, file, media_type| {
        [&source, url, file, media_type, &credentials()]
            .into_iter()
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect()
    });
}

fn credentials() -> String {
    format!("ana:{PASSWORD}")
}

#[test]
fn curl_uploads_each_format() {
    uploads("curl", |url, file, _| {
        let file = format!("avatar=@{file}");
        ["-s", "-u", &credentials(), "-F", &file, url]
            .map(str::to_owned)
            .into()
    });
}

#[test]
fn nodes_form_data_and_fetch() {
    uploads_by_source("node", "fetch.mjs", &[]);
}

#[test]
fn pythons_urllib() {
    uploads_by_source("python3", "urllib_request.py", &[]);
}

#[test]
fn javas_url_connection() {
    uploads_by_source("java", "UrlConnection.java", &[]);
}

#[test]
fn javas_url_connection_as_older_ones_accept() {
    uploads_by_source("java", "UrlConnection.java", &[ACCEPT_OF_OLDER_JAVA]);
}

#[test]
fn javas_http_client() {
    uploads_by_source("java", "NetHttp.java", &[]);
}
