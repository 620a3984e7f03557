//! Netex's users, in and out.

use futures::executor::block_on;
use visage::directory::Directory;
use visage::netex::{Update, new_user, view};
use visage::store::MemoryStore;
use visage::user::User;

/// The user as it is shown after it was created by one body and updated by another.
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
        Ok(())
    }))
    .unwrap();
    let by_id = [visage::directory::By::Id];
    let user = block_on(directory.find(user.id.as_str(), &by_id))
        .unwrap()
        .unwrap();
    serde_json::to_string(&view(user, "http://localhost", false)).unwrap()
}

#[test]
fn objects_are_kept_to_the_letter() {
    let object = r#"{ "b":1e2, "a":[1.50,123456789012345678901234567890,-0], "b":"\u00e9" }"#;
    for create in [
        format!(r#"{{"user":{{"username":"ana","extra":{object},"extendedFields":{object}}}}}"#),
        format!(r#"{{"extra":1,"username":"ana","extra":{object},"extendedFields":{object}}}"#),
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
