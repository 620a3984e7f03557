//! Files of cases: requests with their whole answers, run in order against a fresh server.
//!
//! The top of `tests/cases/main-path.toml` explains the format.

mod file;
mod matching;
mod message;
mod pin;
mod placeholder;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use similar::TextDiff;

use crate::{Server, root};
use file::{Case, CaseFile};

/// A part of every token and password in the tests. No answer and no log may contain it.
pub const SECRET: &str = "hush";

/// The values of placeholders: the server's origin, and captures from earlier answers.
type Values = BTreeMap<String, Vec<u8>>;

/// Runs `tests/cases/{name}.toml`. Fails with a report of all cases whose answers differ. With
/// `VISAGE_UPDATE_CASES=1` in the environment it writes the new answers into the file instead; review the diff.
pub fn run(name: &str) {
    let mut file = CaseFile::read(name);
    let server = Server::with(&file.variables());
    let mut values = Values::from([("origin".into(), server.origin().into())]);
    let mut report = String::new();
    let update = std::env::var_os("VISAGE_UPDATE_CASES").is_some();
    for (index, case) in file.cases().into_iter().enumerate() {
        match check(&case, &server, &mut values) {
            Ok(()) => {}
            Err(Failure::Answer { pinned, .. }) if update => file.set_answer(index, &pinned),
            Err(
                Failure::Answer {
                    report: failure, ..
                }
                | Failure::Case(failure),
            ) => {
                report += &format!("\n――― {name}.toml: {}\n{failure}\n", case.name);
            }
        }
    }
    if update {
        file.write();
    }
    assert!(report.is_empty(), "{report}");
    server.assert_no_trap();
    assert!(
        !server.log().contains(SECRET),
        "a token or a password is in the log:\n{}",
        server.log()
    );
}

/// The names of all files of cases.
#[must_use]
pub fn names() -> BTreeSet<String> {
    let files = std::fs::read_dir(root().join("tests/cases")).expect("the folder is read");
    files
        .map(|file| file.expect("an entry is read").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

/// The targets of all requests in all files of cases, as written.
#[must_use]
pub fn targets() -> Vec<String> {
    let cases = names()
        .into_iter()
        .flat_map(|name| CaseFile::read(&name).cases());
    cases
        .filter_map(|case| Some(case.request.split_ascii_whitespace().nth(1)?.to_owned()))
        .collect()
}

enum Failure {
    /// The case can't run: it has a wrong placeholder, or no answer came.
    Case(String),
    /// The answer differs. `pinned` is the case's text for this answer.
    Answer { report: String, pinned: String },
}

fn check(case: &Case, server: &Server, values: &mut Values) -> Result<(), Failure> {
    let request = message::request(&case.request, values).map_err(Failure::Case)?;
    let expected = message::answer(&case.answer).map_err(Failure::Case)?;
    let answer = server
        .connect()
        .send(&request)
        .map_err(|error| Failure::Case(format!("{request}\n\nno answer: {error}")))?;
    if answer.to_string().contains(SECRET) {
        return Err(Failure::Case(format!(
            "a token or a password is in the answer:\n{answer}"
        )));
    }
    if matching::matches(&expected, &answer, values) {
        return Ok(());
    }
    let known = placeholder::known(&[&case.request, &case.answer], values);
    let pinned = pin::pin(&expected, &answer, &known, values);
    let text = expected.text();
    let diff = TextDiff::from_lines(&text, &pinned);
    let mut diff = diff.unified_diff();
    diff.context_radius(20).missing_newline_hint(false);
    let report = format!("{}\n{}", case.request, diff.header("expected", "got"));
    Err(Failure::Answer { report, pinned })
}
