//! IBM BPM's documents in every form.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::executor::block_on;
use http::{HeaderMap, Method};
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};
use visage::bpm::{Error, Representation, ShownAvatar, refuse};
use visage::directory::{Change, Directory};
use visage::image::Image;
use visage::store::MemoryStore;
use visage::user::User;
use visage::web::{self, Answer, Head, Refusal as _};

use crate::users::new_user;

const GIF: &[u8] = include_bytes!("../../../tests/fixtures/avatar.gif");

fn head(query: &str) -> Head {
    Head {
        method: Method::GET,
        origin: String::new(),
        path: String::new(),
        query: query.to_owned(),
        headers: HeaderMap::new(),
    }
}

fn user(name: &str) -> User {
    block_on(Directory::new(MemoryStore::default()).create(new_user(name))).unwrap()
}

fn shown(query: &str, name: &str, image: &Image) -> Answer {
    let change = Change {
        timestamp: 1_494_925_798_718,
        revision: String::new(),
    };
    let representation = Representation::negotiate(&head(query)).unwrap();
    let representation = representation.with_parameters(&head(query)).unwrap();
    let avatar = ShownAvatar::New(image, &change);
    representation.show(&user(name), avatar).unwrap()
}

fn text(answer: Answer) -> String {
    String::from_utf8(answer.into_body()).unwrap()
}

/// The texts of a document's elements by name, from a real parser. Texts of the same name are joined by a bar.
fn elements(xml: &str) -> BTreeMap<String, String> {
    let mut reader = Reader::from_str(xml);
    let mut path: Vec<String> = Vec::new();
    let mut found = BTreeMap::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                let text = found.entry(name.clone()).or_insert_with(String::new);
                if !text.is_empty() {
                    text.push('|');
                }
                path.push(name);
            }
            Event::Text(text) => {
                let text: &str = &text;
                found
                    .entry(path.last().unwrap().clone())
                    .or_default()
                    .push_str(text);
            }
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref().unwrap() {
                    Some(character) => character.to_string(),
                    None => {
                        let name: &str = &reference;
                        quick_xml::escape::resolve_predefined_entity(name)
                            .unwrap()
                            .to_owned()
                    }
                };
                found
                    .entry(path.last().unwrap().clone())
                    .or_default()
                    .push_str(&character);
            }
            Event::End(_) => drop(path.pop()),
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn errors() -> Vec<Error> {
    vec![
        visage::Error::NoSuchUser("bob".to_owned()).into(),
        visage::Error::NoSuchUser("<&>\"'\u{1}\u{fffe}]]>".to_owned()).into(),
        Error::NotAuthorized {
            action: "change avatar",
        },
        Error::NoFile,
        Error::SeveralFiles,
        Error::MissingParameter("callback"),
        visage::Error::Unavailable {
            detail: "<disk & co>".to_owned(),
        }
        .into(),
    ]
}

#[test]
fn the_vendors_sample_comes_out() {
    let image = Image::new(GIF.to_vec(), "").unwrap();
    let base64 = STANDARD.encode(GIF);
    assert_eq!(
        text(shown("", "tw_admin", &image)),
        format!(
            r#"{{"status":"200","data":{{"userID":1,"userName":"tw_admin","userAvatarImage":"{base64}","userAvatarKey":"1494925798718-1","userUpdateTimestamp":"1494925798718","imageFormat":"gif","isDefault":"false"}}}}"#
        )
    );
    let sample = [
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
        r#"<bpm:ResponseData xmlns:bpm="http://rest.bpm.ibm.com/v1/data" xmlns:ex="http://rest.bpm.ibm.com/v1/data/exception" xmlns:soc="http://rest.bpm.ibm.com/v1/data/social" xmlns:sys="http://rest.bpm.ibm.com/v1/data/system" xmlns:ug="http://rest.bpm.ibm.com/v1/data/usergroup">"#,
        "<status>200</status>",
        r#"<data xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ns8="http://rest.bpm.ibm.com/v1/data/useravatar" xsi:type="ns8:UserAvatarData">"#,
        "<userID>1</userID><userName>tw_admin</userName>",
        &format!("<userAvatarImage>{base64}</userAvatarImage>"),
        "<userAvatarKey>1494925798718-1</userAvatarKey><userUpdateTimestamp>1494925798718</userUpdateTimestamp>",
        "<imageFormat>gif</imageFormat><isDefault>false</isDefault></data></bpm:ResponseData>",
    ]
    .concat();
    assert_eq!(
        text(shown("accept=application/xml", "tw_admin", &image)),
        sample
    );
}

#[test]
fn a_character_that_xml_does_not_allow_is_replaced() {
    let error = visage::Error::NoSuchUser("a\0b\u{b}c\u{fffe}d\te".to_owned()).into();
    let xml = text(refuse(&head("accept=text/xml"), &error, false));
    assert_eq!(
        elements(&xml)["errorMessageParameters"],
        "a\u{fffd}b\u{fffd}c\u{fffd}d\te"
    );
}

/// Requires that xmllint accepts a document by a schema. Without xmllint the check is skipped, or fails if `CI` is
/// set.
fn assert_valid(schema: &str, xml: &str) {
    let schema = format!("{}/tests/schema/{schema}", env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new("xmllint");
    command.args(["--noout", "--schema", &schema, "-"]);
    let Ok(mut child) = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
        assert!(std::env::var_os("CI").is_none(), "CI needs xmllint");
        // Bypasses the harness, which hides the output of a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: xmllint is missing");
        return;
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(xml.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{xml}");
}

#[test]
fn xml_follows_the_vendors_schemas() {
    let image = Image::new(GIF.to_vec(), "").unwrap();
    for name in ["tw_admin", "a<b>&\"c'", "用户"] {
        assert_valid(
            "ResponseData.xsd",
            &text(shown("accept=text/xml", name, &image)),
        );
    }
    for error in errors() {
        for details in [false, true] {
            let xml = text(refuse(&head("accept=application/xml"), &error, details));
            assert_valid("Exception.xsd", &xml);
        }
    }
}

#[test]
fn errors_say_the_same_in_every_form() {
    for error in errors() {
        let json: Value = serde_json::from_str(&text(refuse(&head(""), &error, true))).unwrap();
        let script = text(refuse(
            &head("accept=text/javascript&callback=a.b"),
            &error,
            true,
        ));
        let script = script
            .strip_prefix("a.b(")
            .and_then(|rest| rest.strip_suffix(");"));
        assert_eq!(
            serde_json::from_str::<Value>(script.unwrap()).unwrap(),
            json
        );

        let xml = elements(&text(refuse(&head("accept=text/xml"), &error, true)));
        let data = &json["Data"];
        for name in ["exceptionType", "errorNumber"] {
            assert_eq!(data[name], json!(xml[name]));
        }
        let details = data["programmersDetails"].as_str().unwrap_or_default();
        assert_eq!(xml["programmersDetails"], details);
        assert_eq!(error.detail().unwrap_or_default(), details);
    }
}

#[test]
fn callbacks() {
    let script = |callback: &str| {
        let head = head(&format!(
            "accept=application/javascript&callback={callback}"
        ));
        Representation::negotiate(&head)
            .unwrap()
            .with_parameters(&head)
            .map(drop)
    };
    let longest = "a".repeat(128);
    for callback in [
        "cb",
        "$",
        "_a1",
        "jQuery.fn.done",
        "%C3%A9t%C3%A9",
        &longest,
    ] {
        assert_eq!(script(callback), Ok(()), "{callback}");
    }
    let too_long = "a".repeat(129);
    for callback in [
        "1a",
        "a.",
        ".a",
        "a..b",
        "a-b",
        "a%28%29",
        "alert%281%29%3B%2F%2F",
        "a%0Ab",
        "a+b",
        &too_long,
    ] {
        let invalid = web::Error::invalid("callback", "is not the name of a function").into();
        assert_eq!(script(callback), Err(invalid), "{callback}");
    }
    assert_eq!(script(""), Err(Error::MissingParameter("callback")));
}

prop_compose! {
    fn username()(name in "[^\\pC\\s/\\\\?#%:,=]{1,40}") -> Option<String> {
        visage::name::Username::try_from(name.clone()).is_ok().then_some(name)
    }
}

proptest! {
    #[test]
    fn any_name_and_picture_come_through_every_form(
        name in username().prop_filter_map("a user's name", |name| name),
        tail in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let image = Image::new([GIF, &tail].concat(), "").unwrap();
        let json = text(shown("", &name, &image));
        let script = text(shown("accept=text/javascript&callback=f", &name, &image));
        let xml = elements(&text(shown("accept=text/xml", &name, &image)));
        prop_assert_eq!(&script, &format!("f({json});"));

        let json: Value = serde_json::from_str(&json).unwrap();
        let bare: Value = serde_json::from_str(&text(shown("federationMode=true", &name, &image))).unwrap();
        prop_assert_eq!(&json["data"], &bare);
        prop_assert_eq!(&bare["userName"], &name);
        prop_assert_eq!(&xml["userName"], &name);
        for base64 in [bare["userAvatarImage"].as_str().unwrap(), &xml["userAvatarImage"]] {
            prop_assert_eq!(STANDARD.decode(base64).unwrap(), image.bytes());
        }
    }
}
