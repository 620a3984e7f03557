//! Roles, from requests and from the store.

use visage::roles::{RoleLists, Roles, RolesFault, Section};

fn roles(json: &str) -> Result<Roles, RolesFault> {
    let lists: RoleLists = serde_json::from_str(json).unwrap();
    Roles::try_from(lists)
}

#[test]
fn roles_are_stored_as_given() {
    for (given, stored) in [
        (r#"{"management":["user"]}"#, r#"{"management":["user"]}"#),
        (
            r#"{"play":["author","author"],"management":["admin","user","admin"],"social":[],"training":null}"#,
            r#"{"management":["admin","user"],"social":[],"play":["author"]}"#,
        ),
    ] {
        let roles = roles(given).unwrap();
        assert_eq!(serde_json::to_string(&roles).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Roles>(stored).unwrap(), roles);
    }
    let stored = serde_json::to_string(&Roles::default()).unwrap();
    assert_eq!(stored, r#"{"management":["user"]}"#);
}

#[test]
fn missing_and_unknown_roles_are_refused() {
    use RolesFault::{NoRole, UnknownRole, UnknownSection};
    for (given, fault) in [
        ("{}", NoRole(Section::Management)),
        (r#"{"management":[]}"#, NoRole(Section::Management)),
        (r#"{"management":null}"#, NoRole(Section::Management)),
        (r#"{"play":["user"]}"#, NoRole(Section::Management)),
        (
            r#"{"management":["trainer"]}"#,
            UnknownRole(Section::Management),
        ),
        (
            r#"{"management":["user"],"social":["author"]}"#,
            UnknownRole(Section::Social),
        ),
        (
            r#"{"management":["User"]}"#,
            UnknownRole(Section::Management),
        ),
        (r#"{"management":["user"],"sales":null}"#, UnknownSection),
    ] {
        assert_eq!(roles(given), Err(fault), "{given}");
        assert!(serde_json::from_str::<Roles>(given).is_err(), "{given}");
    }
}
