//! Netex's users. A body that creates a user can be stored, read back and shown. The same body as an update changes
//! nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;
use visage::directory::By;
use visage::netex::{Error, ImageSource, Update, new_user, refuse, view};
use visage::store::MemoryStore;
use visage::user::User;
use visage::web::json::Patch;
use visage_fuzz::{assert_answer, assert_image, assert_refusal, directory, now, stored};

fuzz_target!(|body: &[u8]| {
    match new_user(body) {
        Ok((mut new, image)) => {
            if let Some(ImageSource::Inline(image)) = &image {
                assert_image(image);
            }
            // Hashing takes long and parses nothing.
            new.password = None;
            let name = new.username.as_str().to_owned();
            let directory = directory(MemoryStore::default());
            let user = now(directory.create(new)).expect("the first user is created");
            let found = now(directory.find(&name, &[By::Username]));
            let found = found
                .expect("a record is read back")
                .expect("a user is found");
            assert_eq!(stored(&found), stored(&user));
            assert_shown(body, user.clone());

            let update = Update::read(body).expect("what creates a user can be repeated");
            now(directory.update(user.number, |user| update.apply(user)))
                .expect("what creates a user can be repeated");
            let found = now(directory.find(user.id.as_str(), &[By::Id]));
            let found = found
                .expect("a record is read back")
                .expect("a user is found");
            assert_eq!(stored(&found), stored(&user));
        }
        Err(error) => check_refusal(&error.into()),
    }
    match Update::read(body) {
        Ok(update) => {
            match update.image() {
                Ok(Patch::Set(ImageSource::Inline(image))) => assert_image(&image),
                Ok(_) => {}
                Err(error) => check_refusal(&error.into()),
            }
            let mut user = visage_fuzz::user(visage_fuzz::new_user("alice"));
            match update.apply(&mut user) {
                Ok(()) => {
                    let once = stored(&user);
                    update.apply(&mut user).expect("an update can be repeated");
                    assert_eq!(stored(&user), once);
                    let read: User = serde_json::from_str(&once).expect("a stored user");
                    assert_eq!(stored(&read), once);
                    assert_eq!(read.username.as_str(), "alice");
                    assert_shown(body, user);
                }
                Err(error) => check_refusal(&error),
            }
        }
        Err(error) => check_refusal(&error.into()),
    }
});

fn check_refusal(error: &Error) {
    // A section that doesn't exist is named too.
    if !error.to_string().starts_with("roles.") {
        assert_refusal(error);
    }
    assert_answer(&refuse(error));
}

/// The view has exactly its keys, with the given values.
fn assert_shown(body: &[u8], user: User) {
    const KEYS: [&str; 20] = [
        "aboutMe",
        "authSource",
        "commonId",
        "email",
        "enabled",
        "extendedFields",
        "externalId",
        "extra",
        "id",
        "image",
        "interests",
        "language",
        "location",
        "mobilePhone",
        "name",
        "officePhone",
        "roles",
        "surname",
        "timezone",
        "username",
    ];
    let view: Value =
        serde_json::from_str(&stored(&view(user, "http://localhost:3000", None, true)))
            .expect("a view");
    let keys: Vec<&str> = view
        .as_object()
        .into_iter()
        .flat_map(|view| view.keys().map(String::as_str))
        .collect();
    assert_eq!(keys, KEYS);
    // Ignored values may be nested deeper than a parsed one.
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        serde_json::from_slice::<IgnoredAny>(body).expect("what is accepted is JSON");
        return;
    };
    let given = body.get("user").unwrap_or(&body);
    for key in [
        "aboutMe",
        "email",
        "extendedFields",
        "extra",
        "language",
        "name",
        "timezone",
    ] {
        assert_eq!(
            whole(&view[key]),
            whole(given.get(key).unwrap_or(&Value::Null)),
            "{key}"
        );
    }
    let management = &view["roles"]["management"];
    assert!(management.as_array().is_some_and(|roles| !roles.is_empty()));
}

/// The value without its fractions, which are read with a float's precision.
fn whole(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => Value::Null,
        Value::Array(values) => values.iter().map(whole).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), whole(value)))
            .collect(),
        other => other.clone(),
    }
}
