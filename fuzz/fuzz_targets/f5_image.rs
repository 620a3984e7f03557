//! The body of F5's UpdateUserImage, by proto3's JSON mapping.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use visage::f5::{image_body, refuse};
use visage_fuzz::{SECRET, assert_answer, assert_image, assert_refusal};

fuzz_target!(|body: &[u8]| {
    let object: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    match image_body(body) {
        Ok(image) => {
            assert_image(&image);
            let object = object.expect("what is accepted is a JSON object");
            let known = ["content_type", "contentType", "image"];
            assert!(object.keys().all(|name| known.contains(&name.as_str())));
            assert!(object.len() < 3, "both spellings of the type are accepted");
            assert!(object["image"].is_string());
        }
        Err(error) => {
            assert_answer(&refuse(&error.clone().into()));
            // Only the error about an unknown field repeats what the client sent: the field's name.
            let text = error.to_string();
            if !text.ends_with("is not a known field.") {
                assert_refusal(&error);
            }
            if object.is_some_and(|object| !object.keys().any(|name| name.contains(SECRET))) {
                assert!(!text.contains(SECRET));
            }
        }
    }
});
