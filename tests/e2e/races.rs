//! Many callers at the same moment.

use serde_json::{Value, json};
use visage_tests::Server;

use crate::calls;

const CALLERS: usize = 64;

#[test]
fn of_many_creators_of_a_username_one_wins() {
    let server = Server::start();
    let statuses = calls::together(CALLERS, |caller| {
        let user = json!({ "username": "ana", "name": format!("creator {caller}") });
        server.send(&calls::create(&user)).status
    });
    let count = |status| statuses.iter().filter(|&&other| other == status).count();
    assert_eq!((count(200), count(400)), (1, CALLERS - 1), "{statuses:?}");
    server.assert_no_trap();
}

#[test]
fn no_update_of_a_distinct_field_is_lost() {
    let server = Server::start();
    server
        .send(&calls::create(&json!({ "username": "ana" })))
        .expect(200);
    // Each field by four callers or five with a value each: one of those must be there in the end.
    let change = |caller: usize| change(caller % FIELDS, caller / FIELDS);
    let statuses = calls::together(CALLERS, |caller| {
        let (field, value) = change(caller);
        server
            .send(&calls::update("ana", &json!({ field: value })))
            .status
    });
    assert_eq!(statuses, [200; CALLERS]);
    let user = server.send(&calls::read("ana")).expect(200).json();
    for field in 0..FIELDS {
        let (name, _) = change(field);
        let sent: Vec<_> = (field..CALLERS)
            .step_by(FIELDS)
            .map(|caller| change(caller).1)
            .collect();
        assert!(
            sent.contains(&user[name]),
            "{name}: none of {sent:?} in {user}"
        );
    }
    server.assert_no_trap();
}

const FIELDS: usize = 15;

/// A field and one of the values for it.
fn change(field: usize, value: usize) -> (&'static str, Value) {
    match field {
        0 => ("aboutMe", json!(format!("about {value}"))),
        1 => ("email", json!(format!("ana{value}@example.org"))),
        2 => ("extendedFields", json!({ "value": value })),
        3 => ("extra", json!({ "value": value })),
        4 => ("interests", json!(format!("interest {value}"))),
        5 => ("language", json!(["de", "en", "es", "fr", "it"][value])),
        6 => ("location", json!(format!("place {value}"))),
        7 => ("mobilePhone", json!(format!("+34 600 {value}"))),
        8 => ("name", json!(format!("Ana {value}"))),
        9 => ("officePhone", json!(format!("+34 900 {value}"))),
        10 => (
            "roles",
            json!({ "management": [(["user", "groupadmin", "admin", "user", "admin"][value])] }),
        ),
        11 => ("surname", json!(format!("Surname {value}"))),
        12 => (
            "timezone",
            json!(
                [
                    "UTC",
                    "Europe/Madrid",
                    "Europe/Rome",
                    "Asia/Tokyo",
                    "Asia/Dubai"
                ][value]
            ),
        ),
        13 => ("authSource", json!("LDAP")),
        _ => ("enabled", json!(false)),
    }
}

#[test]
fn an_image_and_fields_changed_together_are_both_there() {
    let server = Server::start();
    server
        .send(&calls::create(&json!({ "username": "ana" })))
        .expect(200);
    let statuses = calls::together(CALLERS, |caller| {
        let request = match caller % 3 {
            0 => calls::add_image("ana", "avatar.png"),
            1 => calls::put_image("hush-ana", "avatar.gif"),
            _ => calls::update("ana", &json!({ "name": format!("Ana {caller}") })),
        };
        server.send(&request).status
    });
    assert_eq!(statuses, [200; CALLERS]);
    let user = server.send(&calls::read("ana")).expect(200).json();
    assert!(
        user["image"]["url"].is_string() && user["name"].is_string(),
        "{user}"
    );
    server.assert_no_trap();
}
