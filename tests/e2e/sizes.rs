//! The size of the components. A platform loads, compiles and keeps each of them.

use visage_tests::{Manifest, Server, root};

/// The largest allowed size of a component, in bytes.
fn most_bytes(component: &str) -> u64 {
    match component {
        // It has decoders and a font.
        "avatar" => 1_000_000,
        _ => 800_000,
    }
}

#[test]
fn components_are_small() {
    // Starting the server builds them.
    drop(Server::start());
    let too_large: Vec<_> = Manifest::of_visage()
        .components
        .into_iter()
        .map(|(name, component)| {
            let file = root().join(component.source);
            (name, file.metadata().expect("it is built").len())
        })
        .filter(|(name, bytes)| *bytes > most_bytes(name))
        .collect();
    assert!(too_large.is_empty(), "too many bytes: {too_large:?}");
}
