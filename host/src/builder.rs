//! Builds the components as `spin build` does.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use crate::manifest::Manifest;

/// The target that this repository's components are built for.
const TARGET: &str = "wasm32-wasip2";

/// Runs the components' build commands. A command that several components share runs once.
pub fn build(manifest: &Manifest) -> anyhow::Result<()> {
    let mut steps: Vec<(&str, PathBuf)> = Vec::new();
    let components = manifest.components.values();
    for build in components.filter_map(|component| component.build.as_ref()) {
        let folder = build.workdir.as_deref().unwrap_or(Path::new(""));
        let folder = manifest.folder.join(folder);
        for command in build.commands() {
            let step = (command.as_str(), folder.clone());
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
    // Other tools than cargo need no Rust.
    if steps
        .iter()
        .any(|(command, _)| command.starts_with("cargo "))
    {
        ensure_target(&manifest.folder)?;
    }
    for (command, folder) in steps {
        eprintln!("Building components with `{command}`");
        let status = shell(command)
            .current_dir(&folder)
            .status()
            .with_context(|| format!("cannot run `{command}` in {}", folder.display()))?;
        ensure!(
            status.success(),
            "the components were not built: `{command}` ended with {status}"
        );
    }
    Ok(())
}

fn shell(command: &str) -> Command {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let mut process = Command::new(shell);
    process.args([flag, command]);
    process
}

/// Installs the standard library for the components' target if it is missing.
fn ensure_target(folder: &Path) -> anyhow::Result<()> {
    let found = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(folder)
        .output()
        .context("cannot run rustc: is Rust installed?")?;
    let libraries = String::from_utf8_lossy(&found.stdout);
    if found.status.success() && Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    eprintln!("Installing the Rust target {TARGET}");
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(folder)
        .status();
    if added.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    bail!(
        "the Rust target {TARGET} is missing and `rustup target add {TARGET}` failed: \
         run that command where there is a network; if Rust did not come from rustup, \
         install the package that brings the standard library for {TARGET}"
    );
}
