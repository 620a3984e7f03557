//! Which form a client gets.

use visage::web::accept::{allows_identity, best};

const OFFERS: [&[&str]; 3] = [
    &["application/json"],
    &["application/xml", "text/xml"],
    &["application/x-javascript", "text/javascript"],
];

#[test]
fn the_form_that_is_liked_best() {
    const JSON: Option<usize> = Some(0);
    const XML: Option<usize> = Some(1);
    const JAVASCRIPT: Option<usize> = Some(2);
    for (accept, expected) in [
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", XML),
        ("application/json", JSON),
        ("Application/JSON; charset=utf-8", JSON),
        ("application/xml", XML),
        ("text/xml", XML),
        ("text/javascript", JAVASCRIPT),
        ("application/xml, application/json", XML),
        ("application/json, application/xml", JSON),
        ("application/json;q=0.5, application/xml", XML),
        ("application/json;q=0.5, application/xml;q=0.4", JSON),
        ("application/xml;q=0.001", XML),
        ("*/*;q=0.1, text/xml;q=0.2", XML),
        ("application/*, application/json;q=0", XML),
        ("*/*, application/json;q=0, application/xml;q=0", JAVASCRIPT),
        (
            "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8",
            XML,
        ),
        ("image/svg+xml", None),
        ("application/xml;q=0", None),
        ("application/xml;q=2", None),
        ("application/xml;q=0.0001", None),
        ("application/xml;q=x", None),
        ("text/plain", None),
        ("json", None),
        ("*/json", None),
        (",,", None),
        ("application/xml, ???", XML),
        ("a/b;x=\"application/json, \", text/xml", XML),
    ] {
        assert_eq!(best(accept, &OFFERS), expected, "{accept}");
    }
}

#[test]
fn whether_a_body_may_be_sent_as_it_is() {
    for (accept_encoding, expected) in [
        ("gzip", true),
        ("identity", true),
        ("gzip, identity;q=0.1", true),
        ("identity;q=0", false),
        ("gzip;q=1.0, IDENTITY; q=0.000", false),
        ("*;q=0", false),
        ("*;q=0, identity", true),
        ("identity;q=0, *", false),
        ("*", true),
    ] {
        assert_eq!(
            allows_identity(accept_encoding),
            expected,
            "{accept_encoding}"
        );
    }
}
