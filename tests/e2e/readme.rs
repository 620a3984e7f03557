//! The README's curl lines give the answers that it prints.
//!
//! A `sh` fence that begins with `curl` runs as written, but against the test's server. The next fence is the
//! expected answer: `json` ignores white space, `text` and `http` are compared line by line. Ids and times vary, so
//! they count as equal; `…` matches anything within a line. The server uses the variables of the README's `cargo run`
//! line.

use std::process::Command;

use similar::TextDiff;
use visage_tests::{Manifest, Server, root, tool};

const ADDRESS: &str = "http://127.0.0.1:3000";

#[test]
fn each_curl_line_gives_the_printed_answer() {
    if tool("curl").is_none() || tool("bash").is_none() {
        return;
    }
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md is read");
    let fences = fences(&readme);
    let variables = variables(&fences);
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let server = Server::with(&variables);
    let curls: Vec<_> = fences.windows(2).filter(|pair| pair[0].is_curl()).collect();
    assert_eq!(
        curls.len(),
        fences.iter().filter(|fence| fence.is_curl()).count(),
        "the last curl line has no answer"
    );
    Manifest::of_visage().assert_each_component_is_sent(
        curls.iter().filter_map(|pair| pair[0].target()),
        "README.md, \"Try it\", as a curl line with its answer",
    );
    let mut report = String::new();
    for pair in curls {
        let (succeeded, output) = bash(&pair[0].text.replace(ADDRESS, &server.origin()));
        let output = output.replace(&server.origin(), ADDRESS);
        let (printed, got) = (
            pair[1].lines(),
            Fence {
                text: output,
                ..pair[1]
            }
            .lines(),
        );
        let same = printed.len() == got.len()
            && printed
                .iter()
                .zip(&got)
                .all(|(printed, got)| stands_for(printed, got));
        if !(succeeded && same) {
            let (printed, got) = (printed.join("\n"), got.join("\n"));
            let diff = TextDiff::from_lines(&printed, &got);
            let diff = diff.unified_diff().header("README.md", "got").to_string();
            report += &format!("\n――― {}\n{diff}", pair[0].text);
        }
    }
    assert!(report.is_empty(), "{report}");
    server.assert_no_trap();
}

struct Fence<'a> {
    language: &'a str,
    text: String,
}

impl Fence<'_> {
    fn is_curl(&self) -> bool {
        self.language == "sh" && self.text.starts_with("curl ")
    }

    /// The path of a curl line.
    fn target(&self) -> Option<&str> {
        let (_, target) = self.text.split_once(ADDRESS)?;
        target.split([' ', '\'', '"', '\n']).next()
    }

    /// The lines to compare.
    fn lines(&self) -> Vec<String> {
        let text = if self.language == "json" {
            a_line_for_each_value(&self.text)
        } else {
            self.text.clone()
        };
        let lines = text.trim().lines().map(str::trim_end);
        lines
            .filter(|line| !line.to_ascii_lowercase().starts_with("date:"))
            .map(mask)
            .collect()
    }
}

fn fences(markdown: &str) -> Vec<Fence<'_>> {
    let mut fences = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside = lines
                .by_ref()
                .take_while(|line| *line != "```")
                .map(|line| format!("{line}\n"));
            fences.push(Fence {
                language,
                text: inside.collect(),
            });
        }
    }
    fences
}

/// The variables of the `cargo run` line, without the quotes for the shell.
fn variables(fences: &[Fence<'_>]) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for fence in fences {
        let Some(run) = fence.text.find("cargo run") else {
            continue;
        };
        let (_, arguments) = bash(&format!(
            "cargo() {{ printf '%s\\n' \"$@\"; }}\n{}",
            &fence.text[run..]
        ));
        let arguments: Vec<_> = arguments.lines().collect();
        for pair in arguments.windows(2).filter(|pair| pair[0] == "--variable") {
            let (name, value) = pair[1].split_once('=').expect("a variable has a value");
            variables.push((name.to_owned(), value.to_owned()));
        }
    }
    variables
}

/// Runs a script in the workspace's folder. Returns whether it succeeds, and its stdout.
fn bash(script: &str) -> (bool, String) {
    let output = Command::new("bash")
        .args(["-c", script])
        .current_dir(root())
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .expect("bash starts");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

/// JSON without insignificant white space, broken into lines.
fn a_line_for_each_value(json: &str) -> String {
    let (mut lines, mut in_string, mut escaped) = (String::new(), false, false);
    for character in json.chars() {
        if in_string || !character.is_whitespace() {
            lines.push(character);
        }
        if !in_string && matches!(character, ',' | '{' | '[') {
            lines.push('\n');
        }
        in_string ^= character == '"' && !escaped;
        escaped = in_string && character == '\\' && !escaped;
    }
    lines
}

/// The line with ids and times removed.
fn mask(line: &str) -> String {
    let (mut masked, mut rest) = (String::new(), line);
    while !rest.is_empty() {
        let word = rest
            .find(|character: char| !character.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(word);
        masked += match word.len() {
            32 if word
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) =>
            {
                "<id>"
            }
            13 if word.bytes().all(|byte| byte.is_ascii_digit()) => "<time>",
            _ => word,
        };
        let character = after.chars().next();
        masked.extend(character);
        rest = &after[character.map_or(0, char::len_utf8)..];
    }
    masked
}

fn stands_for(printed: &str, got: &str) -> bool {
    printed
        .split_once('…')
        .map_or(printed == got, |(before, after)| {
            got.len() >= before.len() + after.len()
                && got.starts_with(before)
                && got.ends_with(after)
        })
}
