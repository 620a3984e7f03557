//! Method override, for clients that can only send `POST`.

use std::borrow::Cow;

use http::{HeaderName, Method};

use crate::web::Head;
use crate::web::header::{X_HTTP_METHOD_OVERRIDE, X_METHOD_OVERRIDE};

/// The headers or query parameters that name the method.
static NAMES: [HeaderName; 2] = [X_HTTP_METHOD_OVERRIDE, X_METHOD_OVERRIDE];

/// Replaces `POST` by the method in its override. A value that is no method is ignored.
pub fn override_method(head: &mut Head) {
    if head.method != Method::POST {
        return;
    }
    let in_header = NAMES.iter().find_map(|name| head.header(name));
    let in_query = head
        .query_parameters()
        .find(|(parameter, _)| {
            NAMES
                .iter()
                .any(|name| parameter.eq_ignore_ascii_case(name.as_str()))
        })
        .map(|(_, value)| value);
    let named = in_header.map(Cow::Borrowed).or(in_query);
    let method = named.and_then(|name| name.trim().to_ascii_uppercase().parse().ok());
    head.method = method.unwrap_or(Method::POST);
}
