//! How large the components are: what a platform loads, compiles and keeps for each.

use visage_tests::{Manifest, Server, root};

/// The most bytes of a component.
const MAX_BYTES: u64 = 800_000;

#[test]
fn components_are_small() {
    // Starting it builds them.
    drop(Server::start());
    let too_large: Vec<_> = Manifest::of_visage()
        .components
        .into_iter()
        .map(|(name, component)| {
            let file = root().join(component.source);
            (name, file.metadata().expect("it is built").len())
        })
        .filter(|(_, bytes)| *bytes > MAX_BYTES)
        .collect();
    assert!(
        too_large.is_empty(),
        "more than {MAX_BYTES} bytes: {too_large:?}"
    );
}
