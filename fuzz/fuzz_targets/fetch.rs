//! Images by URL. The input is the URL, then the `Location` of each redirect on its own line.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use libfuzzer_sys::fuzz_target;
use url::{Host, Url};
use visage::netex::{Fetch, FetchResponse};
use visage::variable::ImageOrigin;
use visage::web::Error;
use visage_fuzz::assert_refusal;

fuzz_target!(|input: &str| {
    let mut lines = input.split('\n');
    let text = lines.next().unwrap_or_default();
    assert!(Fetch::new(text, None).is_err(), "nothing is allowed");
    let origin = ImageOrigin::try_from("https://*:*").expect("an origin");
    let mut fetch = match Fetch::new(text, Some(&origin)) {
        Ok(fetch) => fetch,
        Err(fault) => return assert_refusal(&Error::from(fault)),
    };
    let first = (fetch.is_https(), fetch.authority().to_owned());
    assert_target(&fetch);
    // A second URL parser, the one that follows the browsers' standard, must not find an internal address here.
    let read = Url::parse(&format!("http://{}/", fetch.authority()));
    match read.as_ref().map(Url::host) {
        Ok(Some(Host::Ipv4(address))) => assert!(!is_inside(address), "{address}"),
        Ok(Some(Host::Ipv6(address))) => {
            let inside = match address.to_canonical() {
                IpAddr::V4(address) => is_inside(address),
                IpAddr::V6(address) => {
                    address.is_loopback()
                        || address.is_unspecified()
                        || address.is_multicast()
                        || address.is_unique_local()
                        || address.is_unicast_link_local()
                }
            };
            assert!(!inside, "{address}");
        }
        _ => {}
    }
    for (count, location) in lines.enumerate() {
        let redirect = FetchResponse {
            status: 302,
            location: Some(location.to_owned()),
            ..FetchResponse::default()
        };
        match fetch.take(redirect) {
            Ok(image) => {
                assert!(image.is_none() && count < 3);
                assert_eq!((fetch.is_https(), fetch.authority().to_owned()), first);
                assert_target(&fetch);
            }
            Err(error) => {
                assert_refusal(&error);
                assert!(
                    count >= 3 || location != "/image.png",
                    "a redirect is not followed"
                );
                return;
            }
        }
    }
});

/// Checks the parts that a request uses: an authority without credentials, and a path.
fn assert_target(fetch: &Fetch) {
    let authority = fetch.authority();
    assert!(!authority.is_empty() && !authority.contains(['@', '/', '?', '#', '\\']));
    let path = fetch.path_with_query();
    assert!(path.starts_with('/') && !path.contains('#'), "{path}");
    assert!(path.bytes().all(|byte| byte.is_ascii_graphic()), "{path}");
}

fn is_inside(address: Ipv4Addr) -> bool {
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_unspecified()
        || address.is_broadcast()
}
