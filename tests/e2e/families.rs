//! One user and one avatar behind all three families.

use serde_json::json;
use visage_tests::{Answer, Request, Server, fixtures};

use crate::calls;

const PASSWORD: &str = "hush-ana's";
const F5: &str = "/api/web/namespaces/system/user/settings/image";

fn f5(method: &str) -> Request {
    Request::new(method, F5).header("Authorization", "APIToken hush-ana")
}

fn bpm(method: &str) -> Request {
    Request::new(method, "/rest/bpm/wle/v1/avatar/current")
        .header("Authorization", &calls::basic("ana", PASSWORD))
}

fn server() -> Server {
    let server = Server::start();
    let ana = json!({ "username": "ana", "password": PASSWORD });
    server.send(&calls::create(&ana)).expect(200);
    server
}

fn etag(answer: &Answer) -> String {
    answer.header("etag").expect("an ETag").to_owned()
}

/// The timestamp and the entity tag that the three families show.
fn shown(server: &Server, picture: &str) -> (u64, String) {
    let base64 = fixtures::base64(picture);
    let avatar = server.send(&bpm("GET")).expect(200).json();
    assert_eq!(avatar["data"]["userAvatarImage"], base64);
    let image = server.send(&f5("GET")).expect(200);
    assert_eq!(image.json()["data"], base64);
    let raw = server.send(&calls::netex("GET", "/ana/image")).expect(200);
    assert!(raw.body == fixtures::picture(picture));
    assert_eq!(etag(&raw), etag(&image));
    let timestamp = avatar["data"]["userUpdateTimestamp"].as_str();
    let timestamp = timestamp.and_then(|time| time.parse().ok());
    (timestamp.expect("a timestamp"), etag(&image))
}

#[test]
fn an_avatar_is_the_same_for_all() {
    let server = server();
    server.send(&f5("GET")).expect(404);
    let mut last = (946_681_200_000, String::new());
    for (request, picture) in [
        (calls::put_image("hush-ana", "avatar.png"), "avatar.png"),
        (
            calls::change_avatar("ana", PASSWORD, "avatar.jpg"),
            "avatar.jpg",
        ),
        (calls::add_image("ana", "avatar.gif"), "avatar.gif"),
        (calls::put_image("hush-ana", "avatar.gif"), "avatar.gif"),
    ] {
        server.send(&request).expect(200);
        let now = shown(&server, picture);
        assert!(now.0 > last.0 && now.1 != last.1, "{now:?} after {last:?}");
        last = now;
    }
    for (request, put_back) in [(f5("DELETE"), "avatar.png"), (bpm("DELETE"), "avatar.jpg")] {
        server.send(&request).expect(200);
        server.send(&f5("GET")).expect(404);
        server.send(&calls::netex("GET", "/ana/image")).expect(404);
        let avatar = server.send(&bpm("GET")).expect(200).json();
        assert_eq!(avatar["data"]["isDefault"], "true");
        server.send(&calls::add_image("ana", put_back)).expect(200);
        let now = shown(&server, put_back);
        assert!(now.0 > last.0, "{now:?} after {last:?}");
    }
}

#[test]
fn one_of_many_conditional_changes_succeeds() {
    const CALLERS: usize = 64;
    let server = server();
    for [first, second] in [
        ["avatar.png", "avatar.gif"],
        ["avatar.png@480000", "avatar.gif@500000"],
    ] {
        server
            .send(&calls::put_image("hush-ana", first))
            .expect(200);
        let (_, tag) = shown(&server, first);
        let request = calls::put_image("hush-ana", second).header("If-Match", &tag);
        let statuses = calls::together(CALLERS, |_| server.send(&request).status);
        let count = |status| statuses.iter().filter(|&&other| other == status).count();
        assert_eq!((count(200), count(409)), (1, CALLERS - 1), "{statuses:?}");
        shown(&server, second);
    }
    server.assert_no_trap();
}

#[test]
fn a_deleted_user_is_gone_for_all_and_the_name_is_free() {
    let server = server();
    server
        .send(&calls::add_image("ana", "avatar.png"))
        .expect(200);
    server.send(&bpm("GET")).expect(200);
    server.send(&calls::netex("DELETE", "/ana")).expect(200);
    server.send(&bpm("GET")).expect(401);
    server.send(&f5("GET")).expect(404);
    server.send(&calls::read("ana")).expect(404);

    let ana = json!({ "username": "ANA", "password": "another" });
    server.send(&calls::create(&ana)).expect(200);
    server.send(&bpm("GET")).expect(401);
    let again = bpm("GET").header("X-Ignored", "");
    let again = Request {
        headers: vec![(
            "Authorization".into(),
            calls::basic("ana", "another").into(),
        )],
        ..again
    };
    let avatar = server.send(&again).expect(200).json();
    assert_eq!(avatar["data"]["userID"], 2);
    assert_eq!(avatar["data"]["isDefault"], "true");
}

#[test]
fn a_remembered_login_ends_with_the_password_or_the_activation() {
    let server = server();
    server.send(&bpm("GET")).expect(200);
    server.send(&bpm("GET")).expect(200);
    server
        .send(&calls::netex("PUT", "/ana/deactivate"))
        .expect(200);
    server.send(&bpm("GET")).expect(401);
    server.send(&f5("GET")).expect(403);
    server
        .send(&calls::netex("PUT", "/ana/activate"))
        .expect(200);
    server.send(&bpm("GET")).expect(200);
    let password = json!({ "newPassword": "another" });
    server
        .send(&calls::netex("PUT", "/ana/changePassword").json(&password))
        .expect(200);
    server.send(&bpm("GET")).expect(401);
}

#[test]
fn a_revoked_token_is_refused_after_the_next_start() {
    let mut server = server();
    server
        .send(&calls::put_image("hush-ana", "avatar.png"))
        .expect(200);
    server.terminate();
    server.set("f5_tokens", "bob=hush-bob");
    server.restart();
    server
        .send(&calls::put_image("hush-ana", "avatar.png"))
        .expect(401);
}
