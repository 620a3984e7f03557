//! Authentication. Nobody passes without the exact secret, whatever the header and the list of tokens. The request's
//! body holds the list.
#![no_main]

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use visage::bpm::Logins;
use visage::login::HeldLogins;
use visage::name::Username;
use visage::store::{Fault, MemoryStore};
use visage::variable::{F5_TOKENS, NETEX_TOKENS, TokenList};
use visage::web::{self, Head};
use visage::{Error, bpm, f5, netex};
use visage_fuzz::{directory, new_user, now, request};

/// The hash of `hush-hush`, with argon2's lowest cost.
const HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$AStQ/AYEPjFnZTyA2StleA$qmHdYysjkyhiVV988rveYkZ0e52EuqmYo30KjdMlXOQ";

fuzz_target!(|input: &[u8]| {
    let Some((head, list)) = request(input) else {
        return;
    };
    let list = String::from_utf8_lossy(list);
    netex(&head, &list);
    f5(&head, &list);
    bpm(&head);
});

fn tokens(list: &str) -> TokenList {
    NETEX_TOKENS.read(list).expect("any text is a list")
}

fn netex(head: &Head, list: &str) {
    assert!(netex::authorize(head, &tokens(" ,\t")).is_err());
    let accepted = netex::authorize(head, &tokens(list)).is_ok();
    let given = head.header("x-cloud-auth-token").unwrap_or_default();
    let listed = list
        .split(|c: char| c == ',' || c.is_whitespace())
        .any(|entry| entry == given);
    assert_eq!(accepted, !given.is_empty() && listed);
}

fn f5(head: &Head, list: &str) {
    let directory = directory(MemoryStore::default());
    let nobody = F5_TOKENS.read(",").expect("a list of none");
    let authorize = |tokens| now(f5::authorize(head, tokens, &directory, async |_| ()));
    assert!(authorize(&nobody).is_err());
    let authorization = head.header("authorization").unwrap_or_default();
    let Ok(tokens) = F5_TOKENS.read(list) else {
        return assert_unreadable(list);
    };
    match authorize(&tokens).and_then(f5::CurrentUser::existing) {
        Err(f5::Error::Directory(Error::NoSuchUser(name))) => {
            let (_, token) = authorization
                .trim()
                .split_once(' ')
                .expect("a scheme and a token");
            assert!(list.contains(&format!("{name}={}", token.trim_start())));
        }
        outcome => assert!(matches!(
            outcome,
            Err(f5::Error::Request(web::Error::Unauthenticated))
        )),
    }
}

/// A list is refused if an entry is not a pair, a name is invalid, or a token occurs twice.
fn assert_unreadable(list: &str) {
    let mut pairs = Vec::new();
    for entry in list.split(|c: char| c == ',' || c.is_whitespace()) {
        match entry.split_once('=') {
            None if entry.is_empty() => {}
            Some((name, token))
                if !token.is_empty() && Username::try_from(name.to_owned()).is_ok() =>
            {
                pairs.push((token, name));
            }
            _ => return,
        }
    }
    pairs.sort_unstable();
    assert!(
        pairs
            .windows(2)
            .any(|two| two[0].0 == two[1].0 && two[0].1 != two[1].1)
    );
}

fn bpm(head: &Head) {
    let logins = Logins {
        key: Rc::new(None),
        held: Rc::new(HeldLogins::new().expect("there is randomness")),
    };
    // A store that fails at once shows whether the header is readable, without the cost of a hash.
    let dead = MemoryStore::default().failing_at(0, Fault::Death);
    let readable = match now(bpm::authenticate(head, &directory(dead), &logins)) {
        Err(bpm::Error::Directory(Error::Unavailable { .. })) => true,
        Err(bpm::Error::Request(web::Error::Unauthenticated)) => false,
        outcome => panic!("{:?}", outcome.map(|_| ())),
    };
    let authorization = head.header("authorization").unwrap_or_default();
    let scheme = authorization.get(..6).unwrap_or_default();
    assert!(!readable || scheme.eq_ignore_ascii_case("basic "));
    let sent = authorization
        .get(6..)
        .and_then(|text| STANDARD.decode(text.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((name, password)) = sent.as_deref().and_then(|sent| sent.split_once(':')) else {
        return;
    };
    // Other names cost a whole hash.
    if !scheme.eq_ignore_ascii_case("basic ") || !name.eq_ignore_ascii_case("alice") {
        return;
    }
    let store = MemoryStore::default();
    let alice = now(directory(store.clone()).create(new_user("alice"))).expect("alice is created");
    let record = now(visage::store::Store::get(&store, "visage.user.1"));
    let record =
        String::from_utf8(record.expect("the store works").expect("a record")).expect("JSON");
    let record = record.replace(r#""password":null"#, &format!(r#""password":"{HASH}""#));
    store.plant("visage.user.1", record.as_bytes());
    match now(bpm::authenticate(head, &directory(store), &logins)) {
        Ok(user) => assert!(user.number == alice.number && password == "hush-hush"),
        Err(error) => {
            assert_eq!(error, web::Error::Unauthenticated.into());
            assert_ne!(password, "hush-hush");
        }
    }
}
