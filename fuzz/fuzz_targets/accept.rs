//! `Accept` and `Accept-Encoding`. Each offer is accepted on its own merits, and the preferred offer is also
//! preferred alone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use visage::web::accept::{allows_identity, best};

const OFFERS: [&[&str]; 4] = [
    &["application/json"],
    &["application/xml", "text/xml"],
    &["application/x-javascript", "text/javascript"],
    &["image/png"],
];

fuzz_target!(|header: &str| {
    let liked = best(header, &OFFERS);
    let alone = OFFERS.map(|offer| best(header, &[offer]));
    assert_eq!(liked.is_some(), alone.contains(&Some(0)));
    assert!(liked.is_none_or(|liked| alone[liked] == Some(0)));
    assert_eq!(best(header, &[]), None);
    // A range has a slash, except a bare asterisk.
    if !header.contains(['/', '*']) {
        assert_eq!(liked, None);
    }
    // The first of several equal offers wins, so the order of the others doesn't matter.
    if let Some(liked) = liked {
        let only: Vec<&[&str]> = OFFERS
            .into_iter()
            .zip(alone)
            .filter_map(|(offer, alone)| alone.map(|_| offer))
            .collect();
        assert_eq!(
            best(header, &only).map(|best| only[best]),
            Some(OFFERS[liked])
        );
    }

    let allowed = allows_identity(header);
    let lower = header.to_ascii_lowercase();
    assert!(allowed || lower.contains("identity") || lower.contains('*'));
    assert!(allows_identity(&format!("identity,{header}")));
    assert!(!allows_identity(&format!("identity;q=0,{header}")));
});
