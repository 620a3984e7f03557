//! The files of cases, one test each.

use std::collections::BTreeSet;

use visage_tests::{Manifest, cases};

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
    avatars: "avatars",
    avatars_private: "avatars-private",
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
    netex_other_source: "netex-other-source",
    netex_public_origin: "netex-public-origin",
    netex_siblings: "netex-siblings",
    netex_user: "netex-user",
    netex_user_image: "netex-user-image",
    netex_users: "netex-users",
    unconfigured: "unconfigured",
}

#[test]
fn every_file_is_run() {
    let run = BTreeSet::from_iter(FILES.iter().map(|&name| name.to_owned()));
    let not_run: Vec<_> = cases::names().difference(&run).cloned().collect();
    assert!(
        not_run.is_empty(),
        "files in tests/cases that no test runs: {not_run:?}. Give each a line in `files!`, tests/e2e/cases.rs."
    );
}

#[test]
fn every_component_has_cases() {
    let targets = cases::targets();
    Manifest::of_visage().assert_each_component_is_sent(
        targets.iter().map(String::as_str),
        "a file of cases in tests/cases",
    );
}
