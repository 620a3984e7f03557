//! Who calls IBM BPM.

use http::{HeaderMap, HeaderValue, Method};
use visage::Error;
use visage::bpm::{allow_cross_site, is_cross_site};
use visage::web::Head;
use visage::web::header::SEC_FETCH_SITE;

fn head() -> Head {
    Head {
        method: Method::GET,
        origin: String::new(),
        path: String::new(),
        query: String::new(),
        headers: HeaderMap::new(),
    }
}

#[test]
fn what_comes_from_another_site() {
    for (values, expected) in [
        (&[][..], false),
        (&["same-origin"], false),
        (&["same-site"], false),
        (&["none"], false),
        (&["cross-site"], true),
        (&["same-origin", "cross-site"], true),
    ] {
        let mut head = head();
        for value in values {
            let value = HeaderValue::from_static(value);
            head.headers.append(SEC_FETCH_SITE, value);
        }
        assert_eq!(is_cross_site(&head), expected, "{values:?}");
    }
}

#[test]
fn whether_another_site_may() {
    for allowed in ["true", " true\n"] {
        assert_eq!(allow_cross_site(allowed), Ok(()));
    }
    for refused in ["false", "", " "] {
        let refusal = Error::NotAuthorized {
            action: "cross-site call",
        };
        assert_eq!(allow_cross_site(refused), Err(refusal));
    }
    for unreadable in ["yes", "1", "TRUE", "true false"] {
        let outcome = allow_cross_site(unreadable);
        let Err(Error::Unavailable { detail }) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(detail.contains("bpm_cross_site"));
    }
}
