//! Programs that tests need besides Rust. If one is missing, the test is skipped with a message. If `CI` is set, the
//! test fails instead.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Finds a program in `PATH`. The program must support `--version`. Returns nothing if the machine lacks it.
///
/// # Panics
/// If it is missing and `CI` is set.
#[must_use]
pub fn tool(name: &str) -> Option<Command> {
    let version = Command::new(name)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if version.is_ok_and(|status| status.success()) {
        return Some(Command::new(name));
    }
    leave_out(&format!("{name} is missing"));
    None
}

/// Reports that the rest of a test is skipped, because the machine lacks something.
///
/// # Panics
/// If `CI` is set.
pub fn leave_out(why: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "{why}, and CI is set: no test may be skipped"
    );
    // Bypasses the harness, which hides the output of a test that passes.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
