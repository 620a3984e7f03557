//! The log: lines on stderr.

use std::io::Write as _;

/// Writes one line, whatever breaks `text` has in it. Nobody may be reading: that is no error.
pub fn line(who: &str, text: &str) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = writeln!(std::io::stderr(), "{who}: {text}");
}
