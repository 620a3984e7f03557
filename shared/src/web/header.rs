//! The headers of requests that Visage reads.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    HeaderName, IF_MATCH, IF_NONE_MATCH,
};

/// BPM: whether a browser sends the request for a page of another site.
pub const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Netex: the caller's credentials.
pub const X_CLOUD_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-cloud-auth-token");
/// Netex: whether the caller waits for all platforms.
pub const X_CLOUD_SYNCHRONIZATION: HeaderName = HeaderName::from_static("x-cloud-synchronization");
/// BPM: the method that a `POST` stands for.
pub const X_HTTP_METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
/// BPM: the same, as others write it.
pub const X_METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-method-override");
/// What ties an answer to its line in the log.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header of this name, in lower case; `None` where nobody reads it.
///
/// A request has some twenty headers, of which Spin adds seven. To parse all their names took a fifth of the instructions
/// of a refused request, and 15 KB of most components.
pub fn read(name: &str) -> Option<HeaderName> {
    Some(match name {
        "accept" => ACCEPT,
        "accept-encoding" => ACCEPT_ENCODING,
        "authorization" => AUTHORIZATION,
        "content-encoding" => CONTENT_ENCODING,
        "content-length" => CONTENT_LENGTH,
        "content-type" => CONTENT_TYPE,
        "if-match" => IF_MATCH,
        "if-none-match" => IF_NONE_MATCH,
        "sec-fetch-site" => SEC_FETCH_SITE,
        "x-cloud-auth-token" => X_CLOUD_AUTH_TOKEN,
        "x-cloud-synchronization" => X_CLOUD_SYNCHRONIZATION,
        "x-http-method-override" => X_HTTP_METHOD_OVERRIDE,
        "x-method-override" => X_METHOD_OVERRIDE,
        "x-request-id" => X_REQUEST_ID,
        _ => return None,
    })
}
