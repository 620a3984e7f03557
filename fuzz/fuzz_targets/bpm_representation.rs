//! The form of IBM BPM's documents. Whatever is asked for, the document has the type in its header. The request's
//! body holds the user's name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use visage::bpm::{self, Representation, ShownAvatar};
use visage::image::ImageFault;
use visage::web;
use visage_fuzz::{assert_answer, new_user, request, user};

fuzz_target!(|input: &[u8]| {
    let Some((head, name)) = request(input) else {
        return;
    };
    let name = String::from_utf8_lossy(name);
    let mut user = user(new_user("alice"));
    if let Ok(name) = name.clone().into_owned().try_into() {
        user.username = name;
    }
    let negotiated = Representation::negotiate(&head).and_then(|form| form.with_parameters(&head));
    match negotiated {
        Ok(representation) => {
            let answer = representation.show(&user, ShownAvatar::Default);
            let answer = answer.expect("a document is written");
            assert_eq!(answer.status(), 200);
            assert_answer(&answer);
        }
        Err(error) => {
            let answer = bpm::refuse(&head, &error, true);
            assert!(answer.status().is_client_error());
            assert_answer(&answer);
        }
    }
    for error in [
        visage::Error::NoSuchUser(name.clone().into_owned()).into(),
        web::Error::image(name.clone().into_owned(), ImageFault::Unsupported).into(),
        web::Error::UnsupportedMediaType(name.clone().into_owned()).into(),
        visage::Error::Internal {
            detail: name.clone().into_owned(),
        }
        .into(),
        web::Error::Unauthenticated.into(),
        bpm::Error::NotAcceptable(name.clone().into_owned()),
    ] {
        assert_answer(&bpm::refuse(&head, &error, false));
        assert_answer(&bpm::refuse(&head, &error, true));
    }
    if let Ok(boundary) = bpm::boundary(&head) {
        assert!(!boundary.is_empty());
    }
});
