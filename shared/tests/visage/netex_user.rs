//! Netex's users: parsed and shown.

use futures::executor::block_on;
use visage::directory::{By, Directory};
use visage::image::Image;
use visage::netex::{Error, Update, new_password, new_user, update_user_and_image, view};
use visage::store::{Fault, MemoryStore};
use visage::user::User;

const PNG: &[u8] = include_bytes!("../../../tests/fixtures/pixel.png");

/// The user as shown after a creation by one body and an update by another.
fn shown(create: &str, update: &str) -> String {
    let directory = Directory::new(MemoryStore::default());
    let (new, _) = new_user(create.as_bytes()).unwrap();
    let mut user: User = block_on(directory.create(new)).unwrap();
    Update::read(update.as_bytes())
        .unwrap()
        .apply(&mut user)
        .unwrap();
    block_on(directory.update(user.number, |stored| {
        *stored = user.clone();
        Ok::<_, Error>(())
    }))
    .unwrap();
    let by_id = [By::Id];
    let user = block_on(directory.find(user.id.as_str(), &by_id))
        .unwrap()
        .unwrap();
    serde_json::to_string(&view(user, "http://localhost", None, false)).unwrap()
}

#[test]
fn objects_are_kept_unchanged() {
    let object = r#"{ "b":1e2, "a":[1.50,123456789012345678901234567890,-0], "b":"\u00e9" }"#;
    for create in [
        format!(r#"{{"user":{{"username":"ana","extra":{object},"extendedFields":{object}}}}}"#),
        format!(r#"{{"extra":{object},"username":"ana","extendedFields":{object}}}"#),
    ] {
        let shown = shown(&create, r#"{"user":{"name":"Ana"}}"#);
        assert!(shown.contains(&format!(r#""extra":{object}"#)), "{shown}");
        assert!(
            shown.contains(&format!(r#""extendedFields":{object}"#)),
            "{shown}"
        );
    }
    let update = format!(r#"{{"user":{{"extra":null,"extendedFields":{object}}}}}"#);
    let shown = shown(r#"{"username":"ana","extra":{}}"#, &update);
    assert!(shown.contains(r#""extra":null"#), "{shown}");
    assert!(
        shown.contains(&format!(r#""extendedFields":{object}"#)),
        "{shown}"
    );
}

#[test]
fn a_failed_update_says_whether_the_image_has_changed() {
    let image = Image::new(PNG.to_vec(), "").unwrap();
    let update = Update::read(br#"{"user":{"name":"Ana"}}"#).unwrap();
    let change = |store| {
        let directory = Directory::new(store);
        let fields = |user: &mut User| update.apply(user);
        block_on(update_user_and_image(
            &directory,
            "ana",
            Some(&image),
            fields,
        ))
    };
    let (mut before, mut between) = (0, 0);
    for operation in 0.. {
        let store = MemoryStore::default();
        let directory = Directory::new(store.clone());
        let (new, _) = new_user(br#"{"username":"ana"}"#).unwrap();
        let user = block_on(directory.create(new)).unwrap();
        let outcome = change(store.failing_at(operation, Fault::Death));
        let found = block_on(directory.find("ana", &[By::Username])).unwrap();
        let name = found.unwrap().profile.name;
        let has_image = block_on(directory.avatar_change(user.number))
            .unwrap()
            .is_some();
        match outcome {
            Ok(()) => {
                assert!(has_image && name.as_deref() == Some("Ana"));
                break;
            }
            Err(Error::ImageAlone(cause)) => {
                assert!(
                    matches!(*cause, Error::Directory(visage::Error::Unavailable { .. })),
                    "{cause}"
                );
                assert!(has_image && name.is_none());
                between += 1;
            }
            Err(error) => {
                assert!(
                    matches!(error, Error::Directory(visage::Error::Unavailable { .. })),
                    "{error}"
                );
                assert!(!has_image && name.is_none());
                before += 1;
            }
        }
        assert_eq!(change(store), Ok(()), "the same again completes it");
    }
    assert!(before > 0 && between > 0, "{before} {between}");
}

#[test]
fn every_client_can_read_the_objects() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let accepts = |object: &str| {
        let body = format!(r#"{{"user":{{"username":"ana","extra":{object}}}}}"#);
        let update = format!(r#"{{"user":{{"extendedFields":{object}}}}}"#);
        let accepted = new_user(body.as_bytes()).is_ok();
        assert_eq!(Update::read(update.as_bytes()).is_ok(), accepted);
        accepted
    };
    assert!(accepts(&nested(100)));
    assert!(!accepts(&nested(126)));
    assert!(!accepts(&nested(5000)));
    assert!(accepts(r#"{"a":"\ud83d\udc26"}"#));
    assert!(!accepts(r#"{"a":"\ud83d"}"#));
    // Ignored values are not stored.
    let unknown = format!(r#"{{"username":"ana","unknown":{}}}"#, nested(5000));
    assert!(new_user(unknown.as_bytes()).is_ok());
}

#[test]
fn a_refusal_repeats_no_value() {
    for field in [
        "username",
        "password",
        "authSource",
        "enabled",
        "roles",
        "externalId",
        "commonId",
        "name",
        "email",
        "language",
        "timezone",
        "extendedFields",
        "extra",
        "image",
    ] {
        for value in [
            r#""hush, expected nothing at line 1 column 2""#,
            r#"{"key":"hush"}"#,
            r#"["hush"]"#,
            r#"{"management":["hush"]}"#,
            r#"{"base64Image":"hush"}"#,
        ] {
            let body = format!(r#"{{"user":{{"{field}":{value}}}}}"#);
            for error in [
                new_user(body.as_bytes()).map(drop),
                Update::read(body.as_bytes()).map(drop),
            ] {
                let text = error.map_or_else(|error| error.to_string(), |()| String::new());
                assert!(!text.contains("hush"), "{body}: {text}");
            }
        }
    }
    let error = new_password(br#"{"newPassword":["hush"]}"#).map(drop);
    let text = error.unwrap_err().to_string();
    assert_eq!(text, "newPassword must be a string.");
}
