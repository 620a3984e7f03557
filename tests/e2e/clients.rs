//! Clients that people have: each builds an upload of its own making. A client that the machine doesn't have is passed
//! over, for the tests need nothing but Rust.

use std::process::Command;

use serde_json::{Value, json};
use visage_tests::{Server, fixtures, root};

use crate::calls;

const PASSWORD: &str = "päss:wörd";

const NODE: &str = r#"
const { readFileSync } = require("node:fs");
(async () => {
  const [url, file, type, credentials] = process.argv.slice(1);
  const form = new FormData();
  form.append("note", "an ordinary field");
  form.append("avatar", new Blob([readFileSync(file)], { type }), "päss \"1\".img");
  const answer = await fetch(url, {
    method: "POST",
    headers: { Authorization: "Basic " + Buffer.from(credentials).toString("base64") },
    body: form,
  });
  console.log(await answer.text());
})();
"#;

const PYTHON: &str = r#"
import base64, sys, urllib.request, uuid
url, file, type, credentials = sys.argv[1:]
boundary = uuid.uuid4().hex
with open(file, "rb") as picture:
    body = b"".join([
        f'--{boundary}\r\nContent-Disposition: form-data; name="avatar"; filename="a.img"\r\n'.encode(),
        f"Content-Type: {type}\r\n\r\n".encode(),
        picture.read(),
        f"\r\n--{boundary}--\r\n".encode(),
    ])
request = urllib.request.Request(url, body, {
    "Content-Type": f"multipart/form-data; boundary={boundary}",
    "Authorization": "Basic " + base64.b64encode(credentials.encode()).decode(),
})
print(urllib.request.urlopen(request).read().decode())
"#;

const PICTURES: [(&str, &str, &str); 4] = [
    ("avatar.png", "image/png", "png"),
    ("avatar.jpg", "image/jpeg", "jpg"),
    ("progressive.jpg", "image/jpeg", "jpg"),
    ("avatar.gif", "image/gif", "gif"),
];

/// Has a client upload each picture, and looks at what it prints of the answer.
fn uploads(program: &str, arguments: impl Fn(&str, &str, &str) -> Vec<String>) {
    if Command::new(program).arg("--version").output().is_err() {
        eprintln!("there is no {program} here");
        return;
    }
    let server = Server::start();
    let ana = json!({ "username": "ana", "password": PASSWORD });
    server.send(&calls::create(&ana)).expect(200);
    let url = format!("{}/rest/bpm/wle/v1/avatar/ana?avatar=x", server.origin());
    for (picture, media_type, format) in PICTURES {
        let file = root().join("tests/fixtures").join(picture);
        let output = Command::new(program)
            .args(arguments(&url, &file.display().to_string(), media_type))
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .expect("the client starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?} {errors}"));
        assert_eq!(answer["data"]["userAvatarImage"], fixtures::base64(picture));
        assert_eq!(answer["data"]["imageFormat"], format);
    }
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
    uploads("node", |url, file, media_type| {
        ["-e", NODE, url, file, media_type, &credentials()]
            .map(str::to_owned)
            .into()
    });
}

#[test]
fn pythons_urllib() {
    uploads("python3", |url, file, media_type| {
        ["-c", PYTHON, url, file, media_type, &credentials()]
            .map(str::to_owned)
            .into()
    });
}
