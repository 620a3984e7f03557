//! Content negotiation: the form that a client gets.

use visage::web::accept::{allows_identity, best};

const OFFERS: [&[&str]; 3] = [
    &["application/json"],
    &["application/xml", "text/xml"],
    &["application/x-javascript", "text/javascript"],
];

const JSON: Option<usize> = Some(0);
const XML: Option<usize> = Some(1);
const JAVASCRIPT: Option<usize> = Some(2);

#[test]
fn the_preferred_form() {
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
        ("image/svg+xml", None),
        ("application/xml;q=0", None),
        ("text/plain", None),
        ("json", None),
        ("*/json", None),
        (",,", None),
        ("application/xml, ???", XML),
        ("a/b;x=\"application/json, \", text/xml", XML),
        ("a/b;x=\"\\\", application/json\", text/xml", XML),
        ("a/b;x=\"never closed, application/json", None),
        // A bare asterisk means `*/*`.
        ("*", JSON),
        ("*;q=0.1, text/xml;q=0.2", XML),
        ("*, application/json;q=0", XML),
        ("*;q=0", None),
        ("text/plain, *;q=0", None),
    ] {
        assert_eq!(best(accept, &OFFERS), expected, "{accept}");
    }
}

/// JSON has weight 0.5. It wins against XML of up to 0.5.
#[test]
fn weights() {
    for (weight, expected) in [
        ("q=.2", JSON),
        ("q=.6", XML),
        ("q=.50", JSON),
        ("q=.51", XML),
        ("q=0.", JSON),
        ("q=1.", XML),
        ("q=1.000", XML),
        ("Q=0.2", JSON),
        ("q = 0.2", JSON),
        ("q=\"0.2\"", JSON),
        ("charset=utf-8;q=0.2", JSON),
        ("level=\";q=1\";q=0.2", JSON),
        ("q=0.2;extension=1", JSON),
        ("q=0.49999", JSON),
        ("q=0.50001", XML),
        ("q=0.3333333333333333", JSON),
        ("q=0.6666666666666666", XML),
        // Unreadable weights count as 1.
        ("q=", XML),
        ("q=.", XML),
        ("q", XML),
        ("q=x", XML),
        ("q=2", XML),
        ("q=1.1", XML),
        ("q=-0.2", XML),
        ("q=0.+2", XML),
        ("q=0.2x", XML),
        ("q=0.٢", XML),
        ("q=00.2", XML),
        ("q=NaN", XML),
        ("q=2e-1", XML),
    ] {
        let accept = format!("application/json;q=0.5, application/xml;{weight}");
        assert_eq!(best(&accept, &OFFERS), expected, "{accept}");
        // A low weight is not a refusal.
        let alone = format!("application/xml;{weight}");
        let refused = weight == "q=0.";
        assert_eq!(best(&alone, &OFFERS), XML.filter(|_| !refused), "{alone}");
    }
    for refused in ["q=0", "q=.0", "q=0.0", "q=0.000", "q=0.000000"] {
        assert_eq!(best(&format!("*/*;{refused}"), &OFFERS), None, "{refused}");
    }
    assert_eq!(best("application/xml;q=0.0001", &OFFERS), XML);
}

/// The headers that clients send by default.
#[test]
fn headers_of_real_clients() {
    for (client, accept, expected) in [
        (
            "HttpURLConnection of JDK 8",
            "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
            JSON,
        ),
        (
            "HttpURLConnection of JDK 17",
            "text/html, image/gif, image/jpeg, */*; q=0.2",
            JSON,
        ),
        (
            "RestTemplate of Spring",
            "text/plain, application/json, application/*+json, */*",
            JSON,
        ),
        (
            "RestTemplate of Spring with Jackson for XML",
            "application/xml, text/xml, application/json, application/*+xml, application/*+json",
            XML,
        ),
        (
            "HttpURLConnection of JDK 25, curl, Wget, Python's requests and httpx",
            "*/*",
            JSON,
        ),
        ("fetch of Node and browsers", "*/*", JSON),
        ("Axios", "application/json, text/plain, */*", JSON),
        ("Postman", "*/*", JSON),
        ("SuperAgent", "application/json", JSON),
        (
            "jQuery asking for JSON",
            "application/json, text/javascript, */*; q=0.01",
            JSON,
        ),
        (
            "jQuery asking for JSONP",
            "text/javascript, application/javascript, application/ecmascript, application/x-ecmascript, */*; q=0.01",
            JAVASCRIPT,
        ),
        (
            "Firefox",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            XML,
        ),
        (
            "Safari",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            XML,
        ),
        (
            "Chrome and Edge",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
            XML,
        ),
        (
            "an image of Chrome's",
            "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
            JSON,
        ),
        (
            "PowerShell and .NET told to ask for JSON",
            "application/json",
            JSON,
        ),
        (
            "Internet Explorer",
            "image/gif, image/jpeg, image/pjpeg, application/x-ms-application, application/xaml+xml, */*",
            JSON,
        ),
    ] {
        assert_eq!(best(accept, &OFFERS), expected, "{client}: {accept}");
    }
}

#[test]
fn whether_a_body_may_be_sent_as_it_is() {
    for (accept_encoding, expected) in [
        ("identity", true),
        ("gzip, identity;q=0.1", true),
        ("gzip, identity;q=.1", true),
        ("identity;q=x", true),
        ("identity;q=0", false),
        ("identity;q=.0", false),
        ("gzip;q=1.0, IDENTITY; q=0.000", false),
        ("identity;q = 0", false),
        ("*;q=0", false),
        ("*;q=0, identity", true),
        ("identity;q=0, *", false),
        ("*", true),
        // curl and Wget, Go, Apache's client, requests, httpx, .NET, Axios, Postman, browsers, Ruby.
        ("identity", true),
        ("gzip", true),
        ("gzip, x-gzip, deflate", true),
        ("gzip, deflate", true),
        ("gzip, deflate, br, zstd", true),
        ("gzip, deflate, br", true),
        ("gzip, compress, deflate, br", true),
        ("br, gzip, deflate", true),
        ("gzip;q=1.0,deflate;q=0.6,identity;q=0.3", true),
    ] {
        assert_eq!(
            allows_identity(accept_encoding),
            expected,
            "{accept_encoding}"
        );
    }
}
