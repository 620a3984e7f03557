//! Uploads of arbitrary bytes as a picture, by each family.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use visage_tests::Request;

use crate::calls;

/// Netex: gives a user this picture.
pub(crate) fn netex(user: &str, picture: &[u8]) -> Request {
    let image = json!({ "base64Image": STANDARD.encode(picture) });
    calls::netex("POST", &format!("/{user}/image")).json(&image)
}

/// BPM: gives the user of a path this picture. The caller has this name and password.
pub(crate) fn bpm(path: &str, name: &str, password: &str, picture: &[u8]) -> Request {
    let body = [
        b"--limit\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"picture\"\r\n\r\n",
        picture,
        b"\r\n--limit--\r\n",
    ]
    .concat();
    Request::new("POST", &format!("/rest/bpm/wle/v1/avatar/{path}"))
        .header("Authorization", &calls::basic(name, password))
        .body("multipart/form-data; boundary=limit", body)
}

/// F5: gives the token's owner this picture.
pub(crate) fn f5(token: &str, picture: &[u8]) -> Request {
    Request::new("PUT", "/api/web/namespaces/system/user/settings/image")
        .header("Authorization", &format!("APIToken {token}"))
        .json(&json!({ "image": STANDARD.encode(picture) }))
}
