//! Remembered logins, and the limit to failed ones.

use std::cell::Cell;
use std::rc::Rc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::executor::block_on;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use proptest::prelude::*;
use visage::bpm::{Error, Logins, authenticate};
use visage::directory::{Admission, By, Directory, MAX_FAILED};
use visage::login::{HeldLogins, Login, LoginKey, RememberedLogin, STORED_FOR};
use visage::name::UserNumber;
use visage::password::PasswordHash;
use visage::store::{Fault, MemoryStore, Store as _};
use visage::user::User;
use visage::web::{self, Head};

use crate::users::new_user;

const KEY: &str = "sixteen-bytes-16";
const MINUTE: u64 = 60_000;

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
}

fn later(milliseconds: u64) {
    NOW.set(NOW.get() + milliseconds);
}

fn directory(store: &MemoryStore) -> Directory<MemoryStore> {
    // The same content, with a new count of operations and no fault.
    let store = store.failing_at(usize::MAX, Fault::Before);
    Directory::with_clock(store, || NOW.get())
}

/// An instance with this key. It has verified no logins yet.
fn instance(key: Option<&str>) -> Logins {
    Logins {
        key: Rc::new(key.map(|key| LoginKey::try_from(key).unwrap())),
        held: Rc::new(HeldLogins::new().unwrap()),
    }
}

/// A hash with argon2's lowest cost.
fn cheap(password: &str) -> PasswordHash {
    let params = Params::new(8, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(password.as_bytes()).unwrap();
    serde_json::from_value(hash.to_string().into()).unwrap()
}

fn create(store: &MemoryStore, username: &str, password: &str) -> UserNumber {
    let user = block_on(directory(store).create(new_user(username))).unwrap();
    set_password(store, user.number, password);
    user.number
}

fn set_password(store: &MemoryStore, number: UserNumber, password: &str) {
    update(store, number, |user| user.password = Some(cheap(password)));
}

fn update(store: &MemoryStore, number: UserNumber, change: impl Fn(&mut User)) {
    let change = |user: &mut User| {
        change(user);
        Ok::<_, visage::Error>(())
    };
    block_on(directory(store).update(number, change)).unwrap();
}

/// The outcome of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The caller is known without a hash.
    Remembered(UserNumber),
    /// The password was verified.
    Verified(UserNumber),
    /// The password is wrong, or the user may not sign in.
    Failed,
    /// Refused without a hash.
    Refused,
}

fn head(username: &str, password: &str) -> Head {
    let credentials = STANDARD.encode(format!("{username}:{password}"));
    let basic = HeaderValue::try_from(format!("Basic {credentials}")).unwrap();
    Head {
        method: Method::GET,
        origin: String::new(),
        path: String::new(),
        query: String::new(),
        headers: HeaderMap::from_iter([(AUTHORIZATION, basic)]),
    }
}

/// How many operations come before the end of a login that is admitted.
const SETTLED: usize = 13;

/// The counters of logins. Each verification changes one.
fn counters(store: &MemoryStore) -> Vec<(String, Option<Vec<u8>>)> {
    let keys = store.keys().into_iter();
    let keys = keys.filter(|key| key.starts_with("visage.verifying."));
    keys.map(|key| {
        let value = block_on(store.get(&key)).unwrap();
        (key, value)
    })
    .collect()
}

fn login(store: &MemoryStore, logins: &Logins, username: &str, password: &str) -> Outcome {
    let before = counters(store);
    let outcome = block_on(authenticate(
        &head(username, password),
        &directory(store),
        logins,
    ));
    match (outcome, counters(store) == before) {
        (Ok(user), true) => Outcome::Remembered(user.number),
        (Ok(user), false) => Outcome::Verified(user.number),
        (Err(Error::Request(web::Error::Unauthenticated)), true) => Outcome::Refused,
        (Err(Error::Request(web::Error::Unauthenticated)), false) => Outcome::Failed,
        (Err(other), _) => panic!("{other:?}"),
    }
}

#[test]
fn an_instance_remembers_a_login_for_a_minute() {
    let store = MemoryStore::default();
    let ana = create(&store, "ana", "right");
    let one = instance(None);
    assert_eq!(login(&store, &one, "ana", "right"), Outcome::Verified(ana));
    later(MINUTE - 1);
    assert_eq!(
        login(&store, &one, "ANA", "right"),
        Outcome::Remembered(ana)
    );
    assert_eq!(
        login(&store, &instance(None), "ana", "right"),
        Outcome::Verified(ana)
    );
    later(1);
    assert_eq!(login(&store, &one, "ana", "right"), Outcome::Verified(ana));
}

#[test]
fn the_store_remembers_a_login_for_all_instances_with_the_key() {
    let store = MemoryStore::default();
    let ana = create(&store, "ana", "right");
    let new = || instance(Some(KEY));
    assert_eq!(
        login(&store, &new(), "ana", "right"),
        Outcome::Verified(ana)
    );
    assert_eq!(
        login(&store, &new(), "ana", "right"),
        Outcome::Remembered(ana)
    );
    assert_eq!(login(&store, &new(), "ana", "wrong"), Outcome::Failed);
    later(STORED_FOR - 1);
    for other in [None, Some("another-key-of-16")] {
        // Neither changes the stored login.
        let other = instance(other);
        assert_eq!(login(&store, &other, "ana", "wrong"), Outcome::Failed);
    }
    assert_eq!(
        login(&store, &instance(None), "ana", "right"),
        Outcome::Verified(ana)
    );
    assert_eq!(
        login(&store, &new(), "ana", "right"),
        Outcome::Remembered(ana)
    );
    // That login was stored anew, since its time was nearly over.
    later(STORED_FOR / 2);
    let before = block_on(directory(&store).find("ana", &[By::Username])).unwrap();
    assert_eq!(
        login(&store, &new(), "ana", "right"),
        Outcome::Remembered(ana)
    );
    let after = block_on(directory(&store).find("ana", &[By::Username])).unwrap();
    // Half of its time is left: not yet.
    assert_eq!(
        before.unwrap().remembered_login,
        after.unwrap().remembered_login
    );
    later(STORED_FOR / 2);
    assert_eq!(
        login(&store, &new(), "ana", "right"),
        Outcome::Verified(ana)
    );
}

#[test]
fn a_clock_that_was_set_back_ends_remembered_logins() {
    let store = MemoryStore::default();
    later(100 * MINUTE);
    let ana = create(&store, "ana", "right");
    let one = instance(Some(KEY));
    assert_eq!(login(&store, &one, "ana", "right"), Outcome::Verified(ana));
    NOW.set(90 * MINUTE);
    assert_eq!(login(&store, &one, "ana", "right"), Outcome::Verified(ana));
}

#[test]
fn a_login_that_cannot_be_stored_is_a_login() {
    for fault in [Fault::Before, Fault::After] {
        for operation in 0.. {
            let store = MemoryStore::default();
            let ana = create(&store, "ana", "right");
            let failing = store.failing_at(operation, fault);
            let directory = Directory::with_clock(failing.clone(), || NOW.get());
            let head = head("ana", "right");
            let outcome = block_on(authenticate(&head, &directory, &instance(Some(KEY))));
            let done = failing.operations() <= operation;
            // The user is found, and the login admitted and settled, before anything is stored.
            let verified = operation >= SETTLED;
            match outcome {
                Ok(user) => assert_eq!(user.number, ana),
                Err(other) if verified => panic!("{operation}: {other:?}"),
                Err(Error::Directory(visage::Error::Unavailable { .. })) => {}
                Err(other) => panic!("{other:?}"),
            }
            // Whatever failed, the next login passes.
            let next = login(&store, &instance(Some(KEY)), "ana", "right");
            assert!(
                matches!(next, Outcome::Remembered(_) | Outcome::Verified(_)),
                "{next:?}"
            );
            if done {
                break;
            }
        }
    }
}

#[test]
fn a_minute_has_ten_failed_logins_at_a_name() {
    let store = MemoryStore::default();
    let ana = create(&store, "ana", "right");
    let bob = create(&store, "bob", "right");
    let remembering = instance(Some(KEY));
    assert_eq!(
        login(&store, &remembering, "bob", "right"),
        Outcome::Verified(bob)
    );
    for name in ["ana", "bob", "nobody"] {
        for _ in 0..MAX_FAILED {
            assert_eq!(
                login(&store, &instance(None), name, "wrong"),
                Outcome::Failed
            );
        }
        assert_eq!(
            login(&store, &instance(None), name, "wrong"),
            Outcome::Refused
        );
        assert_eq!(
            login(&store, &instance(None), name, "right"),
            Outcome::Refused
        );
        // Every spelling of the name counts.
        let upper = name.to_uppercase();
        assert_eq!(
            login(&store, &instance(None), &upper, "wrong"),
            Outcome::Refused
        );
    }
    // A remembered login still passes, in the same instance and in another.
    assert_eq!(
        login(&store, &remembering, "bob", "right"),
        Outcome::Remembered(bob)
    );
    assert_eq!(
        login(&store, &instance(Some(KEY)), "bob", "right"),
        Outcome::Remembered(bob)
    );
    later(MINUTE);
    assert_eq!(
        login(&store, &instance(None), "ana", "right"),
        Outcome::Verified(ana)
    );
    assert_eq!(
        login(&store, &instance(None), "nobody", "right"),
        Outcome::Failed
    );
}

#[test]
fn logins_that_succeed_are_not_counted() {
    let store = MemoryStore::default();
    let ana = create(&store, "ana", "right");
    for _ in 0..3 * MAX_FAILED {
        assert_eq!(
            login(&store, &instance(None), "ana", "right"),
            Outcome::Verified(ana)
        );
    }
}

#[test]
fn guesses_at_many_names_take_a_bounded_number_of_keys() {
    let store = MemoryStore::default();
    let directory = directory(&store);
    for name in 0..60_000 {
        match block_on(directory.admit_login(&name.to_string())).unwrap() {
            Admission::Admitted(attempt) => {
                block_on(directory.settle_login(attempt, true)).unwrap();
            }
            // Other names with the same counter have failed.
            Admission::Refused | Admission::Crowded => {}
        }
    }
    let keys = store.keys().len();
    assert!((10_000..=(1 << 14) + 4).contains(&keys), "{keys}");
}

#[test]
fn a_counter_that_cannot_be_read_counts_for_nothing() {
    let store = MemoryStore::default();
    let ana = create(&store, "ana", "right");
    let one = instance(None);
    assert_eq!(login(&store, &one, "ana", "wrong"), Outcome::Failed);
    for key in counters(&store).into_iter().map(|(key, _)| key) {
        store.plant(&key, b"no counter");
    }
    assert_eq!(login(&store, &one, "ana", "right"), Outcome::Verified(ana));
}

#[test]
fn an_instance_is_spent_when_it_has_hashed_and_remembers_nothing() {
    let store = MemoryStore::default();
    let ana = create(&store, "ana", "right");
    let spent = |logins: &Logins| logins.held.is_spent(NOW.get());
    let alone = instance(None);
    assert!(!spent(&alone));
    assert_eq!(
        login(&store, &alone, "ana", "right"),
        Outcome::Verified(ana)
    );
    assert!(!spent(&alone));
    // A wrong password does not end what others are remembered by.
    assert_eq!(login(&store, &alone, "ana", "wrong"), Outcome::Failed);
    assert!(!spent(&alone));
    later(MINUTE);
    assert!(spent(&alone));
    // The store remembers the login.
    let sharing = instance(Some(KEY));
    assert_eq!(
        login(&store, &sharing, "ana", "right"),
        Outcome::Verified(ana)
    );
    assert!(spent(&sharing));
    let recognizing = instance(Some(KEY));
    assert_eq!(
        login(&store, &recognizing, "ana", "right"),
        Outcome::Remembered(ana)
    );
    assert!(!spent(&recognizing));
}

#[test]
fn a_short_key_is_none() {
    assert!(LoginKey::try_from("fifteen-bytes-1").is_err());
    assert!(LoginKey::try_from(KEY).is_ok());
}

/// A change, or a login, that a user or a guesser can make.
#[derive(Debug, Clone)]
enum Step {
    Create(usize, usize),
    Delete(usize),
    SetPassword(usize, usize),
    Enable(usize, bool),
    /// At an instance, as a user, with a password.
    Login(usize, usize, usize),
    /// Copies the remembered login of one user to another.
    Steal(usize, usize),
    Wait(u64),
}

const NAMES: [&str; 2] = ["ana", "bob"];
const PASSWORDS: [&str; 2] = ["one", "two"];

fn step() -> impl Strategy<Value = Step> {
    let (name, password) = (0..NAMES.len(), 0..PASSWORDS.len());
    prop_oneof![
        2 => (name.clone(), password.clone()).prop_map(|(name, password)| Step::Create(name, password)),
        1 => name.clone().prop_map(Step::Delete),
        2 => (name.clone(), password.clone())
            .prop_map(|(name, password)| Step::SetPassword(name, password)),
        2 => (name.clone(), any::<bool>()).prop_map(|(name, enabled)| Step::Enable(name, enabled)),
        12 => (0..3_usize, name.clone(), password)
            .prop_map(|(instance, name, password)| Step::Login(instance, name, password)),
        1 => (name.clone(), name).prop_map(|(from, to)| Step::Steal(from, to)),
        2 => (0..12 * MINUTE).prop_map(Step::Wait),
    ]
}

/// A user as the model has it.
#[derive(Clone, Copy)]
struct Known {
    number: UserNumber,
    password: usize,
    enabled: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_login_is_taken_for_another(
        steps in prop::collection::vec(step(), 1..80),
        with_key in any::<bool>(),
    ) {
        let store = MemoryStore::default();
        let instances: Vec<Logins> = (0..3).map(|_| instance(with_key.then_some(KEY))).collect();
        let mut users: [Option<Known>; 2] = [None; 2];
        for step in steps {
            match step {
                Step::Create(name, password) if users[name].is_none() => {
                    let number = create(&store, NAMES[name], PASSWORDS[password]);
                    users[name] = Some(Known { number, password, enabled: true });
                }
                Step::Delete(name) => if let Some(user) = users[name].take() {
                    block_on(directory(&store).delete(user.number)).unwrap();
                },
                Step::SetPassword(name, password) => if let Some(user) = &mut users[name] {
                    set_password(&store, user.number, PASSWORDS[password]);
                    user.password = password;
                },
                Step::Enable(name, enabled) => if let Some(user) = &mut users[name] {
                    update(&store, user.number, |user| user.enabled = enabled);
                    user.enabled = enabled;
                },
                Step::Steal(from, to) => if let (Some(from), Some(to)) = (users[from], users[to]) {
                    let number = from.number.to_string();
                    let found = block_on(directory(&store).find(&number, &[By::Number])).unwrap();
                    let stolen = found.unwrap().remembered_login;
                    update(&store, to.number, |user| user.remembered_login = stolen.clone());
                },
                Step::Wait(milliseconds) => later(milliseconds),
                Step::Login(instance, name, password) => {
                    let outcome = login(&store, &instances[instance], NAMES[name], PASSWORDS[password]);
                    let right = users[name].filter(|user| user.enabled && user.password == password);
                    match (right, outcome) {
                        (Some(user), Outcome::Remembered(number) | Outcome::Verified(number)) => {
                            prop_assert_eq!(user.number, number);
                        }
                        (Some(_), Outcome::Refused) | (None, Outcome::Failed | Outcome::Refused) => {}
                        (right, outcome) => prop_assert!(
                            false,
                            "{outcome:?} for {:?}",
                            right.map(|user| user.number)
                        ),
                    }
                }
                Step::Create(..) => {}
            }
        }
    }

    #[test]
    fn a_remembered_login_fits_nothing_else(
        number in 1..4_u64,
        other_number in 1..4_u64,
        password in "[ab]{1,3}",
        other_password in "[ab]{1,3}",
        now in 0..2 * STORED_FOR,
        same_hash in any::<bool>(),
        other_until in prop::option::of(0..3 * STORED_FOR),
    ) {
        let key = LoginKey::try_from(KEY).unwrap();
        let (hash, other_hash) = (cheap("a"), cheap("a"));
        let login = Login { number: UserNumber(number), hash: &hash, password: &password };
        let mut remembered = key.remember(login, STORED_FOR / 2);
        if let Some(until) = other_until {
            let mut value = serde_json::to_value(&remembered).unwrap();
            value["until"] = until.into();
            remembered = serde_json::from_value::<RememberedLogin>(value).unwrap();
        }
        let until = STORED_FOR / 2 + STORED_FOR;
        let other = Login {
            number: UserNumber(other_number),
            hash: if same_hash { &hash } else { &other_hash },
            password: &other_password,
        };
        let fits = number == other_number
            && same_hash
            && password == other_password
            && other_until.is_none_or(|other| other == until)
            && (STORED_FOR / 2..until).contains(&now);
        prop_assert_eq!(key.recognizes(&remembered, other, now).is_some(), fits);
    }
}
