//! Passwords are stored only as hashes.

use visage::password::{MAX_BYTES, Password, PasswordHash, verify};

fn hash(password: &str) -> PasswordHash {
    Password::try_from(password.to_owned())
        .unwrap()
        .hash()
        .unwrap()
}

#[test]
fn only_the_password_itself_is_verified() {
    for password in [
        "secret",
        "a:b:c",
        "p\u{e4}ssw\u{f6}rd",
        " ",
        &"x".repeat(MAX_BYTES),
    ] {
        let hash = hash(password);
        assert!(verify(Some(&hash), password));
        assert!(!verify(Some(&hash), &format!("{password} ")));
        assert!(!verify(Some(&hash), ""));
    }
    assert!(!verify(None, "secret"));
}

#[test]
fn length_counts_in_bytes() {
    assert!(Password::try_from(String::new()).is_err());
    assert!(Password::try_from("x".repeat(MAX_BYTES + 1)).is_err());
    assert!(Password::try_from("é".repeat(MAX_BYTES / 2 + 1)).is_err());
}

#[test]
fn hashes_are_argon2id_with_owasps_parameters_and_a_salt() {
    let one = serde_json::to_string(&hash("secret")).unwrap();
    let other = serde_json::to_string(&hash("secret")).unwrap();
    assert!(one.starts_with("\"$argon2id$v=19$m=7168,t=5,p=1$"), "{one}");
    assert_ne!(one, other);
    assert!(!one.contains("secret"));
}

#[test]
fn a_hash_does_not_show_in_a_debug_print() {
    assert_eq!(format!("{:?}", hash("secret")), "PasswordHash(…)");
}
