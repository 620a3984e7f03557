//! Paths and queries. Segments are decoded once, to text. A lookup in an empty directory finds nobody.
#![no_main]

use http::Method;
use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use visage::Error::NoSuchUser;
use visage::netex::{Mode, Page, Target};
use visage::store::MemoryStore;
use visage::web::{decode_segment, request_id};
use visage::{bpm, libravatar, netex};
use visage_fuzz::{assert_refusal, directory, new_user, now, request, user};

fuzz_target!(|input: &[u8]| {
    let Some((mut head, _)) = request(input) else {
        return;
    };
    let directory = directory(MemoryStore::default());
    for segment in head.segments_below("/a") {
        assert!(!segment.is_empty() && !segment.contains('/'));
        match decode_segment(segment) {
            Ok(text) => {
                let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
                assert_eq!(decode_segment(&encoded), Ok(text));
            }
            Err(error) => assert_refusal(&error),
        }
        match now(netex::find_user(&directory, segment)) {
            Err(netex::Error::Directory(NoSuchUser(name))) => {
                assert_eq!(Ok(name), decode_segment(segment))
            }
            Err(error) => assert_refusal(&error),
            Ok(_) => panic!("an empty directory has a user"),
        }
    }

    let target = Target::of(&head);
    if let Ok(
        Target::User(user)
        | Target::Image(user)
        | Target::Activate(user)
        | Target::Deactivate(user)
        | Target::ChangePassword(user),
    ) = target
    {
        assert!(!user.is_empty() && head.path.contains(&user));
    }
    let caller = user(new_user("alice"));
    match now(bpm::find_user(&directory, &head, &caller)) {
        Ok(found) => assert_eq!(found.number, caller.number),
        Err(bpm::Error::Directory(NoSuchUser(name))) => assert_ne!(name, "current"),
        Err(error) => assert_refusal(&error),
    }

    match Page::of(&head) {
        Ok(page) => assert!(page.count <= 500),
        Err(error) => assert_refusal(&error),
    }
    if let Err(error) = Mode::of(&head) {
        assert_refusal(&error);
    }
    if let Err(error) = libravatar::Target::of(&head) {
        assert_refusal(&error);
    }
    let query = libravatar::Query::of(&head);
    assert!((1..=512).contains(&query.size.pixels()));
    if let Ok(answer) = libravatar::redirect(&head) {
        assert!(answer.headers()["location"].as_bytes().starts_with(b"/"));
    }
    for (name, _) in head.query_parameters() {
        assert!(head.query_parameter(&name).is_some());
    }
    match head.declared_length() {
        Ok(length) => assert!(length.is_none_or(|length| length <= visage::web::MAX_BODY_BYTES)),
        Err(error) => assert_refusal(&error),
    }
    if head.require_json(true).is_ok() {
        assert!(head.require_json(false).is_ok() && head.media_type().is_some());
    }
    let id = request_id(&head);
    assert!((1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()));

    let sent = head.method.clone();
    bpm::override_method(&mut head);
    assert!(head.method == sent || sent == Method::POST);
});
