//! Many callers at the same moment.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use visage_tests::{Request, Server, fixtures};

use crate::{calls, uploads};

const CALLERS: usize = 64;

#[test]
fn one_of_many_creators_of_a_username_wins() {
    let server = Server::start();
    let statuses = calls::together(CALLERS, |caller| {
        let user = json!({ "username": "ana", "name": format!("creator {caller}") });
        server.send(&calls::create(&user)).status
    });
    let count = |status| statuses.iter().filter(|&&other| other == status).count();
    assert_eq!((count(200), count(400)), (1, CALLERS - 1), "{statuses:?}");
    server.assert_no_trap();
}

/// Each field has one writer. It must end with that writer's last acknowledged value, whatever the others do.
#[test]
fn no_update_of_a_distinct_field_is_lost() {
    let server = Server::start();
    server
        .send(&calls::create(&json!({ "username": "ana" })))
        .expect(200);
    calls::together(FIELDS, |field| {
        let mut connection = server.connect();
        for number in 0..VALUES {
            let (name, value) = change(field, number);
            let update = calls::update("ana", &json!({ name: value }));
            connection
                .send(&update)
                .expect("an answer comes")
                .expect(200);
            let read = connection.send(&calls::read("ana"));
            let user = read.expect("an answer comes").expect(200).json();
            assert_eq!(user[name], value, "{name} was acknowledged and is lost");
        }
    });
    let user = server.send(&calls::read("ana")).expect(200).json();
    for field in 0..FIELDS {
        let (name, value) = change(field, VALUES - 1);
        assert_eq!(user[name], value, "{name} was acknowledged and is lost");
    }
    server.assert_no_trap();
}

const FIELDS: usize = 15;
/// The number of values per field.
const VALUES: usize = 5;

/// A field and one of its values.
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

/// One caller changes the image, through all families and together with another field. The others change one field
/// each.
#[test]
fn an_image_and_fields_changed_together_are_both_there() {
    const CHANGES: usize = 12;
    const PASSWORD: &str = "hush-ana's";
    let server = Server::start();
    let ana = json!({ "username": "ana", "password": PASSWORD });
    server.send(&calls::create(&ana)).expect(200);
    let picture = |number: usize| {
        let mut picture = fixtures::picture("pixel.png");
        picture.extend(number.to_string().into_bytes());
        picture
    };
    let value = |number: usize| format!("value {number}");
    let fields = [
        "aboutMe",
        "interests",
        "location",
        "mobilePhone",
        "name",
        "officePhone",
    ];
    calls::together(1 + fields.len(), |caller| {
        let mut connection = server.connect();
        let mut send = |request: &Request| connection.send(request).expect("an answer comes");
        for number in 0..CHANGES {
            let Some(field) = fields.get(caller) else {
                let picture = picture(number);
                let image = json!({ "base64Image": STANDARD.encode(&picture) });
                let request = match number % 4 {
                    0 => uploads::netex("ana", &picture),
                    1 => uploads::bpm("ana", "ana", PASSWORD, &picture),
                    2 => uploads::f5("hush-ana", &picture),
                    _ => calls::update("ana", &json!({ "surname": value(number), "image": image })),
                };
                send(&request).expect(200);
                let shown = send(&calls::netex("GET", "/ana/image")).expect(200);
                assert!(shown.body == picture, "image {number} is lost");
                continue;
            };
            send(&calls::update("ana", &json!({ *field: value(number) }))).expect(200);
            let shown = send(&calls::read("ana")).expect(200).json();
            assert_eq!(shown[field], value(number));
        }
    });
    let user = server.send(&calls::read("ana")).expect(200).json();
    for field in fields.iter().chain(&["surname"]) {
        assert_eq!(user[field], value(CHANGES - 1), "{field} in {user}");
    }
    let shown = server.send(&calls::netex("GET", "/ana/image")).expect(200);
    assert!(shown.body == picture(CHANGES - 1), "the last image is lost");
    server.assert_no_trap();
}
