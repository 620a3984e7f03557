//! The folder `functions` and `spin.toml` must agree. Other tests check the rest of a function: its cases, its row in
//! the access table, its planted secrets and so on.

use std::collections::BTreeSet;

use visage_tests::{Manifest, root};

#[test]
fn each_function_is_a_component_with_a_route() {
    let folders = std::fs::read_dir(root().join("functions")).expect("the folder is read");
    let folders: BTreeSet<_> = folders
        .map(|folder| folder.expect("an entry is read").file_name())
        .map(|name| name.into_string().expect("a name of letters"))
        .collect();
    let manifest = Manifest::of_visage();
    let components: BTreeSet<_> = manifest.components.keys().cloned().collect();
    assert_eq!(
        folders, components,
        "the folders in functions/ and the [component.…]s of spin.toml: each needs the other, by the same name"
    );
    let routed: BTreeSet<_> = manifest
        .routes()
        .iter()
        .map(|route| route.component.clone())
        .collect();
    assert_eq!(
        routed, components,
        "the components of spin.toml's [[trigger.http]]s and its [component.…]s: each needs the other"
    );
}
