//! Avatars for everybody: what is shown of pictures that came through each of the three doors, and what is kept.

mod clients;

use serde_json::json;
use visage_tests::{Answer, Request, Server, fixtures};

use crate::calls::{self, address_hash, public_avatar};
use crate::stored::{self, Stored};

const PASSWORD: &str = "hush-ana's";
const ADDRESS: &str = "ana@example.org";

/// A server that shows avatars to everybody.
fn server() -> Server {
    Server::with(&[
        ("netex_tokens", "hush-netex"),
        ("f5_tokens", "ana=hush-ana bob=hush-bob"),
        ("f5_rate_limit", "0"),
        ("public_avatars", "true"),
    ])
}

/// Creates a user named like the address, without the domain.
fn create(server: &Server, address: &str) -> Answer {
    let name = address.split('@').next().expect("a local part");
    let user = json!({ "username": name, "password": PASSWORD, "email": address });
    server.send(&calls::create(&user)).expect(200)
}

/// The keys of the renderings that are stored.
fn renderings(stored: &Stored) -> Vec<String> {
    let rows = stored.rows();
    let keys = rows.into_keys();
    keys.filter(|key| key.starts_with("visage.rendering."))
        .collect()
}

#[test]
fn a_picture_from_each_door_is_shown_at_once() {
    let server = server();
    create(&server, ADDRESS);
    let show = public_avatar(ADDRESS, "?s=64&d=404");
    server.send(&show).expect(404);
    let mut seen = Vec::new();
    for (request, media_type) in [
        (calls::put_image("hush-ana", "avatar.png"), "image/png"),
        (
            calls::change_avatar("ana", PASSWORD, "avatar.jpg"),
            "image/jpeg",
        ),
        (calls::add_image("ana", "avatar.gif"), "image/png"),
        (
            calls::put_image("hush-ana", "avatar.png@480000"),
            "image/png",
        ),
        (
            calls::put_image("hush-ana", "progressive.jpg"),
            "image/jpeg",
        ),
    ] {
        server.send(&request).expect(200);
        let shown = server.send(&show).expect(200);
        assert_eq!(shown.header("content-type"), Some(media_type));
        let again = server.send(&show).expect(200);
        assert!(again.body == shown.body, "a kept rendering differs");
        seen.push(shown.header("etag").expect("a tag").to_owned());
    }
    seen.dedup();
    assert_eq!(seen.len(), 5, "{seen:?}");
    server
        .send(
            &Request::new("DELETE", "/api/web/namespaces/system/user/settings/image")
                .header("Authorization", "APIToken hush-ana"),
        )
        .expect(200);
    server.send(&show).expect(404);
    server.assert_no_trap();
}

#[test]
fn renderings_go_with_the_picture_and_the_user() {
    if !stored::is_there() {
        return;
    }
    let server = server();
    let stored = Stored::of(&server);
    create(&server, ADDRESS);
    let sizes = [32, 48, 64, 80, 96, 128, 160, 256, 512];
    let show_all = || {
        for size in sizes {
            server
                .send(&public_avatar(ADDRESS, &format!("?s={size}")))
                .expect(200);
        }
        // A size in between is made of the next larger one, and not kept.
        server.send(&public_avatar(ADDRESS, "?s=100")).expect(200);
        assert_eq!(renderings(&stored).len(), sizes.len());
    };
    for picture in ["avatar.jpg", "avatar.png@300000"] {
        server
            .send(&calls::put_image("hush-ana", picture))
            .expect(200);
        assert_eq!(renderings(&stored), [""; 0]);
        show_all();
    }
    let remove = json!({ "image": null });
    server.send(&calls::update("ana", &remove)).expect(200);
    assert_eq!(renderings(&stored), [""; 0]);
    server
        .send(&calls::add_image("ana", "avatar.gif"))
        .expect(200);
    show_all();
    server.send(&calls::netex("DELETE", "/ana")).expect(200);
    assert_eq!(renderings(&stored), [""; 0]);
}

#[test]
fn the_last_who_set_an_address_is_shown() {
    let server = server();
    let shared = "team@example.org";
    let show = public_avatar(shared, "?d=404");
    let email = json!({ "email": shared });
    for (name, picture) in [("ana", "avatar.jpg"), ("bob", "avatar.png")] {
        create(&server, &format!("{name}@example.org"));
        server.send(&calls::add_image(name, picture)).expect(200);
        server.send(&calls::update(name, &email)).expect(200);
    }
    let shown = |media_type| {
        let answer = server.send(&show).expect(200);
        assert_eq!(answer.header("content-type"), Some(media_type));
    };
    shown("image/png");
    // A change of something else does not take the address.
    let phone = json!({ "mobilePhone": "1" });
    server.send(&calls::update("ana", &phone)).expect(200);
    shown("image/png");
    server.send(&calls::netex("DELETE", "/bob")).expect(200);
    server.send(&show).expect(404);
    server.send(&calls::update("ana", &phone)).expect(200);
    shown("image/jpeg");
    let none = json!({ "email": null });
    server.send(&calls::update("ana", &none)).expect(200);
    server.send(&show).expect(404);
}

#[test]
fn the_log_has_no_address() {
    let mut server = server();
    create(&server, ADDRESS);
    let hash = address_hash(ADDRESS);
    for target in [
        format!("/avatar/{hash}"),
        format!("/avatar/{hash}.png?s=9"),
        format!("/avatar/{hash}/"),
        format!("/avatar/{hash}/more"),
        format!("/avatar/x{hash}"),
    ] {
        server.send(&Request::new("GET", &target));
    }
    server.assert_logged("GET /avatar/- 200 ");
    server.terminate();
    let log = server.log();
    assert!(!log.contains(&hash), "{log}");
}

#[test]
fn what_cannot_be_decoded_shows_as_none_and_is_logged_once() {
    let server = server();
    create(&server, ADDRESS);
    let broken = "64x64.png";
    server
        .send(&calls::put_image("hush-ana", broken))
        .expect(200);
    for size in [32, 64, 100, 512] {
        server
            .send(&public_avatar(ADDRESS, &format!("?s={size}&d=404")))
            .expect(404);
    }
    server.assert_logged("the avatar of user 1 is not shown");
    assert_eq!(
        server.log().matches("is not shown").count(),
        1,
        "{}",
        server.log()
    );
    let kept = server.send(&calls::netex("GET", "/ana/image")).expect(200);
    assert!(kept.body == fixtures::picture(broken));
    server.assert_no_trap();
}

#[test]
fn netex_names_the_public_address() {
    let server = server();
    create(&server, ADDRESS);
    server
        .send(&calls::add_image("ana", "avatar.jpg"))
        .expect(200);
    let user = server.send(&calls::read("ana")).expect(200).json();
    let url = user["image"]["url"].as_str().expect("a URL").to_owned();
    let list = server.send(&calls::netex("GET", "")).expect(200).json();
    assert_eq!(list[0]["image"]["url"], url);
    let target = url.strip_prefix(&server.origin()).expect("on this service");
    let shown = server.send(&Request::new("GET", target)).expect(200);
    assert_eq!(
        shown.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
}

#[test]
fn a_revision_never_shows_another_picture() {
    const READERS: usize = 8;
    let server = server();
    create(&server, ADDRESS);
    for round in 0..8 {
        let [before, after] = match round % 2 {
            0 => ["avatar.jpg", "avatar.png@300000"],
            _ => ["avatar.png@300000", "progressive.jpg"],
        };
        server
            .send(&calls::put_image("hush-ana", before))
            .expect(200);
        let user = server.send(&calls::read("ana")).expect(200).json();
        let url = user["image"]["url"].as_str().expect("a URL").to_owned();
        let target = url.strip_prefix(&server.origin()).expect("it is ours");
        let (_, revision) = target.rsplit_once('/').expect("a revision");
        let answers = calls::together(READERS + 1, |caller| match caller {
            READERS => server
                .send(&calls::put_image("hush-ana", after))
                .expect(200),
            _ => {
                let size = 32 + 16 * caller;
                server.send(&Request::new("GET", &format!("{target}?s={size}")))
            }
        });
        for answer in answers.iter().take(READERS) {
            let tag = answer.header("etag").unwrap_or_default();
            let is_right = match answer.status {
                200 => tag.starts_with(&format!("\"{revision}-")),
                status => status == 302,
            };
            assert!(is_right, "{answer}");
        }
    }
    server.assert_no_trap();
}
