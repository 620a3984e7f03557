//! The files of cases, a test each.

use std::collections::BTreeSet;

use visage_tests::{cases, root};

macro_rules! files {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                cases::run($name);
            }
        )*

        const FILES: &[&str] = &[$($name),*];
    };
}

files! {
    bpm_avatar: "bpm-avatar",
    bpm_avatar_forms: "bpm-avatar-forms",
    bpm_avatar_read: "bpm-avatar-read",
    bpm_cross_site: "bpm-cross-site",
    bpm_cross_site_allowed: "bpm-cross-site-allowed",
    f5_rate_limit: "f5-rate-limit",
    f5_user_image: "f5-user-image",
    f5_user_image_read: "f5-user-image-read",
    main_path: "main-path",
    netex_image: "netex-image",
    netex_list: "netex-list",
    netex_public_origin: "netex-public-origin",
    netex_siblings: "netex-siblings",
    netex_user: "netex-user",
    netex_user_image: "netex-user-image",
    netex_users: "netex-users",
    unconfigured: "unconfigured",
}

#[test]
fn every_file_is_run() {
    let there: BTreeSet<_> = std::fs::read_dir(root().join("tests/cases"))
        .expect("the folder is read")
        .map(|entry| entry.expect("an entry is read").path())
        .map(|path| {
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(there, FILES.iter().map(|&name| name.to_owned()).collect());
}
