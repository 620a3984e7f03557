//! Unreadable variables: calls that need them answer 503, and the log names them.

use serde_json::{Value, json};
use visage_tests::{Request, Server, Setup, fixtures};

use crate::calls;

const PASSWORD: &str = "hush-ana's";

/// Calls of all kinds, with each status when all variables are readable. `new` is a user to create.
fn calls_of_all_kinds(new: &str) -> Vec<(&'static str, Request, u16)> {
    let bpm = |method: &str, user: &str| {
        Request::new(method, &format!("/rest/bpm/wle/v1/avatar/{user}"))
            .header("Authorization", &calls::basic("ana", PASSWORD))
    };
    let f5_path = "/api/web/namespaces/system/user/settings/image";
    let f5 =
        |method: &str| Request::new(method, f5_path).header("Authorization", "APIToken hush-ana");
    let create =
        json!({ "username": new, "image": { "base64Image": fixtures::base64("pixel.png") } });
    let by_url = json!({ "image": { "url": "https://images.example.org/avatar.png" } });
    vec![
        ("netex create", calls::create(&create), 200),
        ("netex list", calls::netex("GET", ""), 200),
        ("netex show", calls::read("ana"), 200),
        ("netex image", calls::netex("GET", "/ana/image"), 200),
        (
            "netex update",
            calls::update("ana", &json!({ "name": "Ana" })),
            200,
        ),
        // Images by URL are disabled.
        ("netex by url", calls::update("ana", &by_url), 400),
        ("netex method", calls::netex("PATCH", ""), 405),
        (
            "netex caller",
            Request::new("GET", calls::USERS).header("X-Cloud-Auth-Token", "hush-wrong"),
            401,
        ),
        ("bpm show", bpm("GET", "ana"), 200),
        ("bpm unknown", bpm("GET", "nobody"), 404),
        (
            "bpm change",
            calls::change_avatar("ana", PASSWORD, "avatar.gif"),
            200,
        ),
        ("bpm method", bpm("PUT", "ana"), 405),
        (
            "bpm caller",
            Request::new("GET", "/rest/bpm/wle/v1/avatar/ana"),
            401,
        ),
        ("f5 show", f5("GET"), 200),
        ("f5 change", calls::put_image("hush-ana", "avatar.gif"), 200),
        ("f5 remove", f5("DELETE"), 200),
        ("f5 body", f5("PUT").json(&json!({})), 400),
        ("f5 method", f5("POST"), 405),
        (
            "f5 caller",
            calls::put_image("hush-wrong", "avatar.gif"),
            401,
        ),
        (
            "netex add image",
            calls::add_image("ana", "avatar.png"),
            200,
        ),
    ]
}

/// A family's answer when it is unavailable.
fn unavailable(call: &str) -> Value {
    let message = "The service is unavailable. Try again later.";
    match call.split(' ').next() {
        Some("netex") => {
            json!({ "location": null, "message": message, "responsePlatforms": {}, "status": 503 })
        }
        Some("f5") => json!({ "code": 14, "details": [], "message": message }),
        _ => json!({
            "status": "error",
            "Data": {
                "status": "error",
                "exceptionType": "com.ibm.bpm.wle.api.UnexpectedFailureException",
                "errorNumber": "CWTBG0019E",
                "errorMessage": "CWTBG0019E: Unexpected exception during execution.",
                "errorMessageParameters": [],
                "programmersDetails": null,
                "responses": null,
                "errorData": null,
            }
        }),
    }
}

#[test]
fn unreadable_variables_fail_closed() {
    const STORE: &[&str] = &[
        "netex create",
        "netex list",
        "netex show",
        "netex image",
        "netex update",
        "netex add image",
        "bpm show",
        "bpm unknown",
        "bpm change",
        "f5 show",
        "f5 change",
        "f5 remove",
        "f5 body",
    ];
    let mut server = Server::start();
    let ana = json!({ "username": "ana", "password": PASSWORD });
    server.send(&calls::create(&ana)).expect(200);
    server
        .send(&calls::add_image("ana", "avatar.png"))
        .expect(200);
    server.terminate();
    for (number, (name, value, usual, need_it)) in [
        ("store_timeout_ms", "5s", "", STORE),
        ("store_timeout_ms", "0", "", STORE),
        (
            "expose_details",
            "yes",
            "",
            &["bpm show", "bpm unknown", "bpm change"],
        ),
        (
            "login_key",
            "hush-fifteen-12",
            "",
            &["bpm show", "bpm unknown", "bpm change", "bpm caller"],
        ),
        ("f5_rate_limit", "10/min", "0", &["f5 change", "f5 remove"]),
        (
            "f5_tokens",
            "ana=hush-ana hush-justatoken",
            " ana=hush-ana\n",
            &["f5 show", "f5 change", "f5 remove", "f5 body", "f5 caller"],
        ),
        (
            "public_origin",
            "notaurl",
            " https://visage.example.org\n",
            &["netex create", "netex list", "netex show"],
        ),
        (
            "image_url_origin",
            "images.example.org",
            "",
            &["netex by url"],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        for (value, need_it) in [(value, need_it), (usual, &[])] {
            server.set(name, value);
            let before = server.log().len();
            server.restart();
            let new = format!("user-{number}-{}", need_it.len());
            for (call, request, status) in calls_of_all_kinds(&new) {
                let what = format!("{name}={value}: {call}");
                let answer = server.send(&request);
                if need_it.contains(&call) {
                    assert_eq!(answer.status, 503, "{what}: {answer}");
                    assert_eq!(answer.json(), unavailable(call), "{what}");
                } else {
                    assert_eq!(answer.status, status, "{what}: {answer}");
                }
            }
            server.terminate();
            let log = server.log();
            let log = &log[before..];
            let detail = format!("detail=\"the variable {name} must ");
            assert_eq!(
                log.matches(&detail).count(),
                need_it.len(),
                "{name}={value}:\n{log}"
            );
            assert!(!log.contains("hush"), "{name}={value}:\n{log}");
        }
    }
    server.assert_no_trap();
}

#[test]
fn nobody_is_created_if_the_answer_could_not_name_the_location() {
    let server = Server::of(Setup {
        manifest: "tests/e2e/without-origin.toml",
        variables: [("netex_tokens".into(), "hush-netex".into())].into(),
        ..Setup::with(&[])
    });
    let ana = calls::create(&json!({ "username": "ana" }));
    server.send(&ana).expect(503);
    // It is not the 400 for a taken name.
    server.send(&ana).expect(503);
    server.assert_no_trap();
}
