//! Builds the host and the components of spin.toml, once per test process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::manifest::Manifest;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    build_components("spin.toml");
    std::env::var_os("VISAGE_SPIN").map_or_else(
        || Runtime::Host(build_host()),
        |spin| Runtime::Spin(spin.into()),
    )
});

/// The program that serves the application.
pub(crate) enum Runtime {
    /// `visage-host` of this workspace.
    Host(PathBuf),
    /// A `spin` binary, named by `VISAGE_SPIN`.
    Spin(PathBuf),
}

/// Returns the program that serves the application, after building everything it needs.
pub(crate) fn runtime() -> &'static Runtime {
    &RUNTIME
}

/// Whether `VISAGE_SPIN` selects Spin. A few tests are about the host only.
#[must_use]
pub fn serves_with_spin() -> bool {
    std::env::var_os("VISAGE_SPIN").is_some()
}

/// The workspace's folder.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate stands in the workspace")
}

/// Builds a manifest's components and Visage's with one cargo call. The manifest's path is relative to the workspace.
/// Each component is named like its package. The target folder is the manifest's, whatever the environment says.
pub fn build_components(manifest: &str) {
    // Selecting fewer packages would change the features of their dependencies and build them a second time.
    let mut components = Manifest::of_visage().components;
    components.extend(Manifest::read(manifest).components);
    let status = Command::new(env!("CARGO"))
        .current_dir(root())
        .args([
            "build",
            "--quiet",
            "--release",
            "--target",
            "wasm32-wasip2",
            "--target-dir",
            "target",
        ])
        .args(components.keys().flat_map(|name| ["-p", name]))
        .status()
        .expect("cargo starts");
    assert!(status.success(), "the components don't build");
}

/// Builds the workspace's default packages. Selecting one package would change the features of its dependencies and
/// build them a second time. Optimised tests and benchmarks get an optimised host.
fn build_host() -> PathBuf {
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "bench-host"
    };
    escargot::CargoBuild::new()
        .manifest_path(root().join("Cargo.toml"))
        .bin("visage-host")
        .args(["--profile", profile])
        .run()
        .unwrap_or_else(|error| panic!("the host doesn't build: {error}"))
        .path()
        .to_owned()
}
