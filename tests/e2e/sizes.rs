//! How large the components are: what a platform loads, compiles and keeps for each.

use visage_tests::{Server, root};

/// The most bytes of a component.
const MAX_BYTES: u64 = 800_000;

#[test]
fn components_are_small() {
    // Starting it builds them.
    drop(Server::start());
    let folder = root().join("target/wasm32-wasip2/release");
    let too_large: Vec<_> = [
        "netex_users",
        "netex_user",
        "netex_user_image",
        "bpm_avatar",
        "f5_user_image",
    ]
    .into_iter()
    .map(|name| {
        let file = folder.join(name).with_extension("wasm");
        (name, file.metadata().expect("it is built").len())
    })
    .filter(|(_, bytes)| *bytes >= MAX_BYTES)
    .collect();
    assert!(too_large.is_empty(), "bytes: {too_large:?}");
}
