//! The log, written to stderr.

use std::io::Write as _;

/// Writes one line; line breaks in `text` don't split it. A closed stderr is no error.
pub fn line(who: &str, text: &str) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = writeln!(std::io::stderr(), "{who}: {text}");
}
