//! F5's image: read and written.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::header::{ACCEPT, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use visage::directory::{Avatar, Change};
use visage::f5::{image_body, show};
use visage::image::Image;
use visage::web::Head;

const GIF: &[u8] = include_bytes!("../../../tests/fixtures/avatar.gif");

fn head(headers: &[(HeaderName, &str)]) -> Head {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, value.parse().unwrap());
    }
    Head {
        method: Method::GET,
        origin: String::new(),
        path: String::new(),
        query: String::new(),
        headers: map,
    }
}

fn avatar(image: &Image) -> Avatar {
    Avatar {
        format: image.format(),
        bytes: image.bytes().to_vec().into(),
        change: Change {
            timestamp: 1,
            revision: "0123456789abcdef".to_owned(),
        },
    }
}

#[test]
fn json_or_the_picture() {
    let image = Image::new(GIF.to_vec(), "").unwrap();
    for (accept, picture) in [
        ("*/*", false),
        ("application/json", false),
        ("image/*", true),
        ("image/gif", true),
        ("image/png", false),
        ("image/*, application/json", false),
        ("application/json, image/*", false),
        ("application/json, image/gif", false),
        ("image/avif,image/webp,*/*;q=0.8", false),
        ("image/avif,image/webp,image/*,*/*;q=0.8", true),
        ("image/*;q=0, */*", false),
        ("text/html", false),
    ] {
        let answer = show(&head(&[(ACCEPT, accept)]), avatar(&image)).unwrap();
        assert_eq!(answer.body() == GIF, picture, "{accept}");
        assert_eq!(answer.headers()[VARY], "Accept", "{accept}");
        assert_eq!(answer.headers()[ETAG], "\"0123456789abcdef\"", "{accept}");
    }
}

#[test]
fn a_picture_that_the_client_has_is_not_sent_again() {
    let image = Image::new(GIF.to_vec(), "").unwrap();
    for (tags, known) in [
        ("\"0123456789abcdef\"", true),
        ("W/\"0123456789abcdef\"", true),
        ("\"other\", \"0123456789abcdef\"", true),
        ("*", true),
        ("\"other\"", false),
        ("0123456789abcdef", false),
    ] {
        for accept in ["application/json", "image/gif"] {
            let head = head(&[(ACCEPT, accept), (IF_NONE_MATCH, tags)]);
            let answer = show(&head, avatar(&image)).unwrap();
            let expected = if known {
                StatusCode::NOT_MODIFIED
            } else {
                StatusCode::OK
            };
            assert_eq!(answer.status(), expected, "{tags} {accept}");
            assert_eq!(answer.body().is_empty(), known, "{tags} {accept}");
            assert_eq!(answer.headers()[ETAG], "\"0123456789abcdef\"");
        }
    }
}

proptest! {
    #[test]
    fn any_picture_comes_back_as_it_was_put(tail in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [GIF, &tail].concat();
        for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
            let text = engine.encode(&bytes);
            for body in [
                json!({ "image": text }),
                json!({ "content_type": "image/gif", "image": text }),
                json!({ "image": format!("data:image/gif;base64,{text}"), "contentType": "image/gif" }),
            ] {
                let body = body.to_string();
                let image = image_body(body.as_bytes()).unwrap();
                let answer = show(&head(&[]), avatar(&image)).unwrap();
                let shown: Value = serde_json::from_slice(answer.body()).unwrap();
                prop_assert_eq!(&shown["content_type"], "image/gif");
                prop_assert_eq!(&shown["data"], &STANDARD.encode(&bytes));
                let answer = show(&head(&[(ACCEPT, "image/gif")]), avatar(&image)).unwrap();
                prop_assert_eq!(answer.body(), &bytes);
            }
        }
    }

    #[test]
    fn no_body_upsets_the_reader(body in ".{0,300}", image in ".{0,60}") {
        let _ = image_body(body.as_bytes());
        let _ = image_body(json!({ "image": image }).to_string().as_bytes());
    }
}
