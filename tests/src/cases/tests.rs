//! Tests of the runner itself: how it compares answers, and how it writes new ones.

use super::{Values, matching, message, pin, placeholder};
use crate::Answer;
use crate::fixtures;

fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
    let headers = headers
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.into()))
        .collect();
    Answer {
        status,
        headers,
        body: body.into(),
        at_once: true,
    }
}

fn matches(text: &str, answer: &Answer) -> bool {
    matching::matches(&message::answer(text).unwrap(), answer, &mut Values::new())
}

#[test]
fn the_whole_answer_counts() {
    let given = answer(200, &[("a", "1"), ("b", "2"), ("date", "now")], "body\n");
    assert!(matches("200\nb: 2\nA: 1\n\nbody\n\n", &given));
    for other in [
        "201\na: 1\nb: 2\n\nbody\n\n",
        "200\na: 1\n\nbody\n\n",
        "200\na: 1\nb: 3\n\nbody\n\n",
        "200\na: 1\nb: 2\nc: 3\n\nbody\n\n",
        "200\na: 1\nb: 2\n\nbody\n",
        "200\na: 1\nb: 2\n\nbody and more\n\n",
        "200\na: 1\nb: 2\n",
    ] {
        assert!(!matches(other, &given), "{other}");
    }
}

#[test]
fn patterns_match_their_kind_and_capture_it() {
    let id = "0123456789abcdef0123456789abcdef";
    let given = answer(
        200,
        &[("etag", "\"x\""), ("location", id)],
        format!("{{\"time\":17,\"key\":\"17-1\",\"id\":\"{id}\"}}"),
    );
    let text = "200\netag: ${tag=etag}\nlocation: ${id=hex32}\n\n{\"time\":${time=number},\"key\":\"${time}-${any}\",\"id\":\"${id}\"}";
    let mut values = Values::new();
    assert!(matching::matches(
        &message::answer(text).unwrap(),
        &given,
        &mut values
    ));
    assert_eq!(
        (values["tag"].as_slice(), values["time"].as_slice()),
        (&b"\"x\""[..], &b"17"[..])
    );
    assert_eq!(values["id"], id.as_bytes());

    let text = text.replace("${time}", "${id}");
    assert!(!matches(&text, &given));
    assert!(!matches(
        "200\nx: ${id=hex32}",
        &answer(200, &[("x", "0123")], "")
    ));
    assert!(!matches("200\n\n${any}", &answer(200, &[], "two\nlines")));
}

#[test]
fn a_request_is_sent_as_written() {
    let values = Values::from([("id".into(), b"7".to_vec())]);
    let text = "POST /users/${id}?a\nContent-Type: multipart/form-data\n\n--b\n\n${raw:pixel.png}\n${repeat:ab:2}${hex:00ff}\n";
    let request = message::request(text, &values).unwrap();
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/users/7?a")
    );
    let body = [
        b"--b\r\n\r\n",
        fixtures::picture("pixel.png").as_slice(),
        b"\r\nabab\0\xff",
    ]
    .concat();
    assert_eq!(request.body, body);
    assert!(message::request("GET /${id}", &Values::new()).is_err());
    assert!(message::request("GET /${no:such}", &values).is_err());
}

#[test]
fn a_new_answer_keeps_the_placeholders_of_the_case() {
    let request = "POST /\n\n${base64:pixel.png}";
    let expected =
        "200\nlocation: ${origin}/${id=hex32}\n\n{\"time\":\"${time=number}\",\"image\":null}";
    let image = fixtures::base64("pixel.png");
    let given = answer(
        201,
        &[
            ("location", "http://host:1/0123456789abcdef0123456789abcdef"),
            ("new", "é\u{1}"),
        ],
        format!("{{\"time\":\"1494925798718\",\"image\":\"{image}\"}}"),
    );
    let mut values = Values::from([("origin".into(), b"http://host:1".to_vec())]);
    let parsed = message::answer(expected).unwrap();
    assert!(!matching::matches(&parsed, &given, &mut values));
    let known = placeholder::known(&[request, expected], &values);
    let pinned = pin::pin(&parsed, &given, &known, &mut values);
    assert_eq!(
        pinned,
        "201\nlocation: ${origin}/${id=hex32}\nnew: é${hex:01}\n\n{\"time\":\"${time=number}\",\"image\":\"${base64:pixel.png}\"}"
    );
    assert!(matches(
        &pinned.replace("${origin}", "http://host:1"),
        &given
    ));
}
