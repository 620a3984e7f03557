//! Authentication of IBM BPM's callers.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::executor::block_on;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use visage::bpm::{Error, Logins, allow_cross_site, authenticate, is_cross_site};
use visage::directory::{Directory, RememberedNumbers};
use visage::login::HeldLogins;
use visage::password::Password;
use visage::store::{Fault, MemoryStore};
use visage::user::NewUser;
use visage::web::header::SEC_FETCH_SITE;
use visage::web::{self, Head};

use crate::users::new_user;

const PASSWORD: &str = "hush-hush";

fn head() -> Head {
    Head {
        method: Method::GET,
        origin: String::new(),
        path: String::new(),
        query: String::new(),
        headers: HeaderMap::new(),
    }
}

/// What an instance remembers.
struct Instance {
    logins: Logins,
    numbers: Rc<RememberedNumbers>,
}

impl Instance {
    fn new() -> Self {
        Self {
            logins: Logins {
                key: Rc::new(Some("sixteen-bytes-16".try_into().unwrap())),
                held: Rc::new(HeldLogins::new().unwrap()),
            },
            numbers: Rc::default(),
        }
    }

    /// Whether the caller passes, and how many store operations that takes.
    fn login(&self, store: &MemoryStore, username: &str, password: &str) -> (bool, usize) {
        let mut head = head();
        let credentials = STANDARD.encode(format!("{username}:{password}"));
        let basic = HeaderValue::try_from(format!("Basic {credentials}")).unwrap();
        head.headers.insert(AUTHORIZATION, basic);
        // The same content, with a new count of operations and no fault.
        let store = store.failing_at(usize::MAX, Fault::Before);
        let directory = Directory::new(store.clone()).remembering(Rc::clone(&self.numbers));
        let outcome = block_on(authenticate(&head, &directory, &self.logins));
        assert!(matches!(
            outcome,
            Ok(_) | Err(Error::Request(web::Error::Unauthenticated))
        ));
        (outcome.is_ok(), store.operations())
    }
}

fn with_password(username: &str) -> NewUser {
    NewUser {
        password: Some(Password::try_from(PASSWORD.to_owned()).unwrap()),
        ..new_user(username)
    }
}

#[test]
fn a_remembered_login_takes_one_read() {
    let store = MemoryStore::default();
    block_on(Directory::new(store.clone()).create(with_password("ana"))).unwrap();
    let one = Instance::new();
    assert!(one.login(&store, "ana", PASSWORD).0);
    assert_eq!(one.login(&store, "ana", PASSWORD), (true, 1));
    // Another instance has to look the name up.
    let another = Instance::new();
    assert_eq!(another.login(&store, "ana", PASSWORD), (true, 3));
    assert_eq!(another.login(&store, "ANA", PASSWORD), (true, 1));
}

#[test]
fn an_unknown_user_costs_as_many_operations_as_a_known_one() {
    let store = MemoryStore::default();
    let directory = Directory::new(store.clone());
    let create = |user| block_on(directory.create(user)).unwrap();
    for username in ["ana", "remembered"] {
        create(with_password(username));
    }
    create(NewUser {
        enabled: false,
        ..with_password("disabled")
    });
    create(new_user("no-password"));
    let deleted = create(with_password("deleted"));
    block_on(directory.delete(deleted.number)).unwrap();
    // The queues of logins were used before.
    for queue in 0..4 {
        store.plant(&format!("visage.verifying.{queue}"), &[0; 8]);
    }
    let instance = Instance::new();
    assert!(instance.login(&store, "remembered", PASSWORD).0);
    // The first login at a name makes its counter.
    let first = (false, 15);
    let later = (false, 13);
    assert_eq!(instance.login(&store, "remembered", "hush"), later);
    for (username, password) in [
        ("ana", "hush"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("0", PASSWORD),
        ("disabled", PASSWORD),
        ("no-password", PASSWORD),
        ("deleted", PASSWORD),
    ] {
        let login = || instance.login(&store, username, password);
        assert_eq!((login(), login()), (first, later), "{username}");
    }
    // Creations that died at each operation. In some cases the name led to a record that was not live.
    for operation in 0.. {
        let abandoned = format!("abandoned-{operation}");
        let user = NewUser {
            external_id: Some(abandoned.clone().try_into().unwrap()),
            ..new_user(&abandoned)
        };
        let dying = Directory::new(store.failing_at(operation, Fault::Death));
        let created = block_on(dying.create(user)).is_ok();
        assert_eq!(
            instance.login(&store, &abandoned, PASSWORD),
            first,
            "{abandoned}"
        );
        if created {
            break;
        }
    }
}

#[test]
fn cross_site_requests() {
    for (values, expected) in [
        (&[][..], false),
        (&["same-origin"], false),
        (&["same-site"], false),
        (&["none"], false),
        (&["cross-site"], true),
        (&["same-origin", "cross-site"], true),
    ] {
        let mut head = head();
        for value in values {
            let value = HeaderValue::from_static(value);
            head.headers.append(SEC_FETCH_SITE, value);
        }
        assert_eq!(is_cross_site(&head), expected, "{values:?}");
    }
}

#[test]
fn cross_site_calls_can_be_allowed() {
    assert_eq!(allow_cross_site(true), Ok(()));
    let refusal = Error::NotAuthorized {
        action: "cross-site call",
    };
    assert_eq!(allow_cross_site(false), Err(refusal));
}
