//! Requests with secrets in every place.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use visage_tests::{Request, fixtures};

use super::{F5, NETEX, PASSWORD};
use crate::calls;

const USERS: &str = "/integration/ws/management/rest/users";
const F5_PATH: &str = "/api/web/namespaces/system/user/settings/image";
const AVATAR: &str = "/rest/bpm/wle/v1/avatar";

const INDEX: &str = "/avatars/index";

pub(super) fn netex(method: &str, below: &str) -> Request {
    Request::new(method, &format!("{USERS}{below}")).header("X-Cloud-Auth-Token", NETEX)
}

pub(super) fn f5(method: &str) -> Request {
    Request::new(method, F5_PATH).header("Authorization", &format!("APIToken {F5}"))
}

fn bpm(method: &str, user: &str) -> Request {
    Request::new(method, &format!("{AVATAR}/{user}"))
        .header("Authorization", &calls::basic("ana", PASSWORD))
}

/// Valid and invalid credentials.
pub(super) fn callers() -> Vec<Request> {
    let mut callers = Vec::new();
    for token in [
        NETEX,
        "hush-wrong",
        "HUSH-NETEX-VB3",
        &"hush".repeat(2048),
        "hush-\u{fc}",
        F5,
    ] {
        for below in ["", "/ana", "/ana/image"] {
            callers.push(
                Request::new("GET", &format!("{USERS}{below}")).header("X-Cloud-Auth-Token", token),
            );
        }
        callers.push(Request::new("POST", INDEX).header("X-Cloud-Auth-Token", token));
    }
    let encoded = STANDARD.encode(format!("ana:{PASSWORD}"));
    for authorization in [
        calls::basic("ana", PASSWORD),
        calls::basic("ana", "hush-wrong"),
        calls::basic("nobody", PASSWORD),
        calls::basic(PASSWORD, "ana"),
        calls::basic("ana", &PASSWORD.repeat(500)),
        format!("Basic {}", &encoded[..encoded.len() - 5]),
        format!("Basic ana:{PASSWORD}"),
        format!("Digest {PASSWORD}"),
        PASSWORD.to_owned(),
        format!("APIToken {F5}"),
        format!("Bearer {F5}"),
        format!("APIToken ana={F5}"),
        format!("APIToken {F5}, APIToken {F5}"),
        format!("Token {F5}"),
        format!("APIToken {NETEX}"),
        F5.to_owned(),
    ] {
        for path in [F5_PATH, &format!("{AVATAR}/current")] {
            callers.push(Request::new("GET", path).header("Authorization", &authorization));
            callers.push(
                Request::new("DELETE", path)
                    .header("Authorization", &authorization)
                    .header("Authorization", &authorization),
            );
        }
    }
    callers
}

/// Bodies with secrets in the right fields and in wrong ones, whole and broken.
pub(super) fn bodies() -> Vec<Request> {
    let mut all = Vec::new();
    let long = "hush".repeat(300);
    let user = |password: serde_json::Value| json!({ "user": { "username": "new", "password": password, "authSource": "LDAP" } });
    for password in [
        json!(PASSWORD),
        json!([PASSWORD]),
        json!({ PASSWORD: PASSWORD }),
        json!(long),
        json!("hush-\0-\u{1f600}"),
    ] {
        all.push(netex("POST", "").json(&user(password.clone())));
        all.push(netex("PUT", "/ana").json(&json!({ "name": "Ana", "password": password })));
        all.push(netex("PUT", "/ana/changePassword").json(&json!({ "newPassword": [password] })));
        all.push(netex("PUT", "/nobody/changePassword").json(&json!({ "newPassword": password })));
        all.push(netex("PUT", "/ana/deactivate").json(&json!({ "message": [password] })));
        all.push(f5("PUT").json(&json!({ "image": password })));
        all.push(f5("PUT").json(&json!({ "image": "", "token": password })));
        all.push(f5("PUT").json(&json!({ "content_type": password, "image": "aGk=" })));
        all.push(
            netex("POST", "/ana/image")
                .json(&json!({ "base64Image": password, "mimeType": password })),
        );
        all.push(
            netex("PUT", "/ana")
                .json(&json!({ "email": password, "language": password, "timezone": password })),
        );
    }
    for text in [
        format!("\"{PASSWORD}\""),
        format!("[\"{PASSWORD}\"]"),
        format!("{{\"user\":{{\"username\":\"new\",\"password\":\"{PASSWORD}"),
        format!("{{\"user\":{{\"username\":\"new\",\"password\":{PASSWORD}}}}}"),
        format!("{{\"newPassword\":\"{PASSWORD}\\q\"}}"),
        format!("{{\"newPassword\":'{PASSWORD}'}}"),
        format!("newPassword={PASSWORD}"),
        PASSWORD.to_owned(),
    ] {
        for request in [
            netex("POST", ""),
            netex("PUT", "/ana"),
            netex("PUT", "/ana/changePassword"),
            netex("POST", "/ana/image"),
            f5("PUT"),
        ] {
            all.push(request.clone().body("application/json", text.as_str()));
            all.push(request.body("application/x-www-form-urlencoded", text.as_str()));
        }
        all.push(bpm("POST", "current").body("multipart/form-data; boundary=limit", text.as_str()));
    }
    let url = format!("http://ana:{PASSWORD}@127.0.0.1:1/picture?token={F5}");
    all.push(netex("PUT", "/ana").json(&json!({ "image": { "url": url } })));
    let field = format!(
        "--limit\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n{PASSWORD}\r\n--limit--\r\n"
    );
    all.push(bpm("POST", "current").body("multipart/form-data; boundary=limit", field.as_str()));
    all.push(bpm("POST", "current").body(
        "multipart/form-data; boundary=limit",
        field.replace("--limit--", "--lim"),
    ));
    all
}

/// Valid calls with secrets in places that nothing reads.
pub(super) fn right_ones() -> Vec<Request> {
    let picture = json!({ "image": fixtures::base64("pixel.png") });
    let query =
        format!("?avatar={PASSWORD}&token={F5}&password={PASSWORD}&X-Cloud-Auth-Token={NETEX}");
    let mut upload = calls::change_avatar("ana", PASSWORD, "pixel.png");
    upload.target += &query;
    let all = vec![
        // Even if a caller puts credentials there, the URLs in answers have none.
        netex("GET", "/ana").header("Host", "ana:hush-ana's-Qm9@example.org"),
        upload,
        netex("GET", &format!("/ana{query}")),
        netex("GET", &query),
        netex("GET", &format!("/ana/image{query}")),
        netex("GET", &format!("/nobody{query}")),
        netex("PATCH", &format!("/ana{query}")),
        netex("PUT", "/ana/changePassword").json(&json!({ "newPassword": PASSWORD })),
        bpm("GET", &format!("current{query}")),
        bpm("GET", &format!("nobody{query}")),
        bpm("GET", &format!("current{query}&accept=application/xml")),
        bpm("PUT", &format!("current{query}")),
        f5("GET"),
        f5("PUT").json(&picture),
        f5("PUT")
            .json(&picture)
            .header("If-Match", &format!("\"{F5}\"")),
        f5("POST"),
        calls::public_avatar("ana@example.org", &query),
        Request::new("GET", &format!("/avatar/{PASSWORD}{query}")),
        Request::new(
            "GET",
            &format!("/avatars/0123456789abcdef0123456789abcdef/x{query}"),
        ),
        Request::new("POST", INDEX).header("X-Cloud-Auth-Token", NETEX),
    ];
    all.into_iter()
        .map(|request| {
            request
                .header("Cookie", &format!("session={PASSWORD}"))
                .header(
                    "Referer",
                    &format!("http://ana:{PASSWORD}@example.org/?token={F5}"),
                )
                .header("Proxy-Authorization", &calls::basic("ana", PASSWORD))
                .header("User-Agent", F5)
        })
        .collect()
}
