//! Netex's small bodies: an image, a new password, a message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;
use visage::netex::{check_message, image_body, new_password, refuse};
use visage_fuzz::{assert_answer, assert_image, assert_refusal};

fuzz_target!(|body: &[u8]| {
    let is_json = serde_json::from_slice::<IgnoredAny>(body).is_ok();
    // Ignored values may be nested deeper than a parsed one.
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let member = |name: &str| json.as_ref().and_then(|json| json.get(name));
    let outcomes = [
        image_body(body).map(|image| assert_image(&image)),
        new_password(body).map(|_| {
            let password = member("newPassword").and_then(Value::as_str);
            let is_sound = password.is_some_and(|text| (1..=1024).contains(&text.len()));
            assert!(is_json && (is_sound || json.is_none()));
        }),
        check_message(body).map(|()| {
            let message = member("message").unwrap_or(&Value::Null);
            assert!(body.is_empty() || is_json);
            assert!(message.is_null() || message.is_string());
        }),
    ];
    for error in outcomes.into_iter().filter_map(Result::err) {
        assert_refusal(&error);
        assert_answer(&refuse(&error.into()));
    }
});
