//! The size of the components. A platform loads, compiles and keeps each of them.

use visage_tests::{Manifest, Server, root};

/// The largest allowed size of a component, in bytes.
const MAX_BYTES: u64 = 800_000;

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
        .filter(|(_, bytes)| *bytes > MAX_BYTES)
        .collect();
    assert!(
        too_large.is_empty(),
        "more than {MAX_BYTES} bytes: {too_large:?}"
    );
}
