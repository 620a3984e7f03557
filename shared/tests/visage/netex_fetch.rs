//! Images by URL: which are fetched, and from where.

use visage::netex::{Fetch, FetchFault, FetchResponse};
use visage::variable::IMAGE_URL_ORIGIN;
use visage::web::Error;

/// A fetch with this value of the variable `image_url_origin`.
fn fetch(url: &str, origin: &str) -> Result<Fetch, FetchFault> {
    let origin = IMAGE_URL_ORIGIN.read(origin).expect("an origin");
    Fetch::new(url, origin.as_ref())
}

const PNG: &[u8] = include_bytes!("../../../tests/fixtures/pixel.png");

#[test]
fn allowed_urls() {
    for (url, origin, authority, target) in [
        (
            "https://images.example.org/a.png",
            "https://images.example.org",
            "images.example.org",
            "/a.png",
        ),
        (
            "https://images.example.org:8443?a=b",
            "https://*.example.org:8443",
            "images.example.org:8443",
            "/?a=b",
        ),
        (
            "HTTP://images.example.org/",
            "http://*:*",
            "images.example.org",
            "/",
        ),
        (
            "http://93.184.216.34/a%20b?c#d",
            "https://*:*",
            "93.184.216.34",
            "/a%20b?c",
        ),
        (
            "http://127.0.0.1:8080/",
            "http://127.0.0.1:8080",
            "127.0.0.1:8080",
            "/",
        ),
        (
            "http://127.0.0.1:8081/",
            "http://127.0.0.1:*",
            "127.0.0.1:8081",
            "/",
        ),
        ("http://[::1]:8080/", "http://[::1]:8080", "[::1]:8080", "/"),
        ("http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "[::1]", "/"),
        (
            "https://[2606:2800:220:1::1]/",
            "https://*:*",
            "[2606:2800:220:1::1]",
            "/",
        ),
        (
            "http://[::ffff:93.184.216.34]/",
            "http://*:*",
            "[::ffff:93.184.216.34]",
            "/",
        ),
        (
            "http://[64:ff9b::93.184.216.34]/",
            "http://*:*",
            "[64:ff9b::93.184.216.34]",
            "/",
        ),
    ] {
        let fetch = fetch(url, origin).unwrap_or_else(|fault| panic!("{url}: {fault}"));
        assert_eq!(fetch.authority(), authority, "{url}");
        assert_eq!(fetch.path_with_query(), target, "{url}");
        assert_eq!(fetch.is_https(), url.starts_with("https"), "{url}");
    }
}

#[test]
fn refused_urls() {
    use FetchFault::{Credentials, NotAUrl, Refused};
    for (url, fault) in [
        ("", NotAUrl),
        ("images.example.org/a.png", NotAUrl),
        ("/a.png", NotAUrl),
        ("ftp://images.example.org/a.png", NotAUrl),
        ("file:///etc/passwd", NotAUrl),
        ("data:image/png;base64,AAAA", NotAUrl),
        ("http:///a.png", NotAUrl),
        ("http://images.example.org/a b", NotAUrl),
        ("http://images.example.org/\r\nHost: other", NotAUrl),
        ("http://bücher.example/", NotAUrl),
        ("http://user@images.example.org/", Credentials),
        ("http://user:secret@images.example.org/", Credentials),
        ("http://images.example.org@127.0.0.1/", Credentials),
        ("http://127.0.0.1/", Refused),
        ("http://127.8.9.10/", Refused),
        ("http://10.0.0.1/", Refused),
        ("http://172.16.0.1/", Refused),
        ("http://192.168.0.1/", Refused),
        ("http://169.254.169.254/latest/meta-data/", Refused),
        ("http://100.64.0.1/", Refused),
        ("http://224.0.0.1/", Refused),
        ("http://192.0.2.1/", Refused),
        ("http://198.18.0.1/", Refused),
        ("http://240.0.0.1/", Refused),
        ("http://255.255.255.255/", Refused),
        ("http://0.0.0.0/", Refused),
        ("http://[::]/", Refused),
        ("http://[::1]/", Refused),
        ("http://[::ffff:127.0.0.1]/", Refused),
        ("http://[::127.0.0.1]/", Refused),
        ("http://[64:ff9b::10.0.0.1]/", Refused),
        ("http://[fc00::1]/", Refused),
        ("http://[fe80::1]/", Refused),
        ("http://[fec0::1]/", Refused),
        ("http://[2001:db8::1]/", Refused),
        ("http://[ff02::1]/", Refused),
        ("http://[ff0e::1]/", Refused),
        ("http://[v1.x]/", Refused),
        ("http://2130706433/", Refused),
        ("http://127.1/", Refused),
        ("http://0x7f000001/", Refused),
        ("http://0x7f.1/", Refused),
        ("http://127.0.0.0x1./", Refused),
        ("http://%31%32%37.0.0.1.example/", Refused),
    ] {
        assert_eq!(fetch(url, "*://*:*").map(drop), Err(fault), "{url}");
    }
    let outcome = fetch("http://127.0.0.2/", "http://127.0.0.1");
    assert_eq!(outcome.map(drop), Err(Refused));
    for origin in ["", "  "] {
        let outcome = fetch("https://images.example.org/", origin);
        assert_eq!(outcome.map(drop), Err(Refused));
    }
}

fn redirect(location: &str) -> FetchResponse {
    FetchResponse {
        status: 302,
        location: Some(location.to_owned()),
        ..FetchResponse::default()
    }
}

fn invalid(problem: &str) -> Error {
    Error::invalid("image.url", problem.to_owned())
}

#[test]
fn redirects_stay_with_their_origin() {
    for (location, expected) in [
        ("/b.png", Some("/b.png")),
        ("b.png?x", Some("/dir/b.png?x")),
        ("../c.png", Some("/c.png")),
        ("?x", Some("/dir/a.png?x")),
        ("https://images.example.org/d.png", Some("/d.png")),
        ("//images.example.org/e.png", Some("/e.png")),
        ("http://images.example.org/d.png", None),
        ("https://images.example.org:444/d.png", None),
        ("https://other.example.org/d.png", None),
        ("//other.example.org/d.png", None),
        ("https://u:p@images.example.org/d.png", None),
        ("https://127.0.0.1/", None),
        ("file:///etc/passwd", None),
        ("https://images.example.org/ d.png", None),
    ] {
        let mut fetch = fetch("https://images.example.org/dir/a.png", "https://*:*").unwrap();
        match (fetch.take(redirect(location)), expected) {
            (Ok(None), Some(target)) => assert_eq!(fetch.path_with_query(), target, "{location}"),
            (Err(error), None) => {
                assert_eq!(
                    error,
                    invalid("redirects too often, or to another origin"),
                    "{location}"
                );
            }
            (outcome, _) => panic!("{location}: {outcome:?}"),
        }
    }
}

#[test]
fn a_fragment_is_not_sent() {
    let mut fetch = fetch("https://images.example.org/a#b", "https://*:*").unwrap();
    assert_eq!(fetch.take(redirect("/c#d")), Ok(None));
    assert_eq!(fetch.take(redirect("e")), Ok(None));
    assert_eq!(fetch.path_with_query(), "/e");
}

#[test]
fn the_fourth_redirect_is_one_too_many() {
    let mut fetch = fetch("https://images.example.org/", "https://*:*").unwrap();
    for _ in 0..3 {
        assert_eq!(fetch.take(redirect("/again")), Ok(None));
    }
    assert!(fetch.take(redirect("/again")).is_err());
}

#[test]
fn accepted_answers() {
    let answer = |status, content_type: &str, body: &[u8]| {
        let mut fetch = fetch("https://images.example.org/", "https://*:*").unwrap();
        fetch.take(FetchResponse {
            status,
            location: None,
            content_type: Some(content_type.to_owned()).filter(|value| !value.is_empty()),
            body: body.to_vec(),
        })
    };
    for content_type in [
        "image/png",
        "",
        "IMAGE/PNG; q=1",
        "application/octet-stream",
    ] {
        let image = answer(200, content_type, PNG).unwrap().unwrap();
        assert_eq!(image.bytes(), PNG);
    }
    for (status, content_type, body, problem) in [
        (200, "image/jpeg", PNG, "is of another type than declared"),
        (200, "text/html", PNG, "is of another type than declared"),
        (
            200,
            "image/png",
            b"<html>".as_slice(),
            "is not a PNG, JPEG or GIF image",
        ),
        (200, "image/png", b"", "is empty"),
        (
            200,
            "image/png",
            &vec![0; 524_289],
            "is larger than 524288 bytes",
        ),
        (204, "image/png", b"", "was not answered with an image"),
        (206, "image/png", PNG, "was not answered with an image"),
        (302, "image/png", PNG, "was not answered with an image"),
        (404, "image/png", PNG, "was not answered with an image"),
        (500, "image/png", PNG, "was not answered with an image"),
    ] {
        assert_eq!(
            answer(status, content_type, body),
            Err(invalid(problem)),
            "{status} {content_type}"
        );
    }
}
