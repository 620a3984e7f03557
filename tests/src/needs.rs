//! What a test needs of the machine beside Rust. Where it is missing the test is left out and says so; where `CI` is
//! set the test fails, so that nothing is left out there unnoticed.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// A program that the test needs, found in `PATH`; it must know `--version`. Nothing where the machine doesn't have it.
///
/// # Panics
/// Where it is missing and `CI` is set.
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
    leave_out(&format!("there is no {name}"));
    None
}

/// Says that the rest of a test is left out because the machine lacks something.
///
/// # Panics
/// Where `CI` is set.
pub fn leave_out(why: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "{why}, and with CI set no test is left out"
    );
    // Past the harness, which keeps to itself what a passing test prints.
    let _ = writeln!(std::io::stderr(), "left out: {why}");
}
