//! Parses the request and the answer of a case.

use super::Values;
use super::placeholder::{Piece, pieces};
use crate::Request;

/// A part of an expected answer: its text in the case, and its meaning.
pub(super) struct Part {
    pub(super) text: String,
    pub(super) pieces: Vec<Piece>,
}

/// An expected answer.
pub(super) struct Expected {
    pub(super) status: String,
    /// The headers, sorted by name.
    pub(super) headers: Vec<(String, Part)>,
    pub(super) body: Part,
}

impl Expected {
    /// The answer's text in the case, with its headers sorted.
    pub(super) fn text(&self) -> String {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.text.as_str()));
        message(&self.status, headers, &self.body.text)
    }
}

/// Formats an answer.
pub(super) fn message<'a>(
    status: &str,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: &str,
) -> String {
    let mut text = status.to_owned();
    for (name, value) in headers {
        text += &format!("\n{name}: {value}");
    }
    if !body.is_empty() {
        text += "\n\n";
        text += body;
    }
    text
}

/// Parses the request of a case.
pub(super) fn request(text: &str, values: &Values) -> Result<Request, String> {
    let (head, body) = split(text);
    let mut lines = head.lines();
    let (method, target) = lines
        .next()
        .unwrap_or_default()
        .split_once(' ')
        .ok_or("a request begins METHOD PATH")?;
    let target = String::from_utf8(expand(target, values)?).map_err(|_| "a path is text")?;
    let mut request = Request::new(method, &target);
    for line in lines {
        let (name, value) = header(line)?;
        request.headers.push((name.into(), expand(value, values)?));
    }
    let body = if is_multipart(&request) {
        body.replace('\n', "\r\n")
    } else {
        body.into()
    };
    request.body = expand(&body, values)?;
    if !request.has("x-request-id") {
        request
            .headers
            .push(("X-Request-Id".into(), b"case".into()));
    }
    Ok(request)
}

/// Parses the answer of a case.
pub(super) fn answer(text: &str) -> Result<Expected, String> {
    let (head, body) = split(text);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = header(line)?;
        headers.push((name.to_ascii_lowercase(), part(value)?));
    }
    headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Expected {
        status,
        headers,
        body: part(body)?,
    })
}

/// Splits head from body. One line end before the closing quotes belongs to neither.
fn split(text: &str) -> (&str, &str) {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split_once("\n\n").unwrap_or((text, ""))
}

fn header(line: &str) -> Result<(&str, &str), String> {
    let (name, value) = line
        .split_once(':')
        .ok_or_else(|| format!("{line:?} is not a header"))?;
    Ok((name, value.trim()))
}

fn is_multipart(request: &Request) -> bool {
    request.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type")
            && value.to_ascii_lowercase().starts_with(b"multipart/")
    })
}

fn expand(text: &str, values: &Values) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for piece in pieces(text)? {
        match piece {
            Piece::Bytes(piece) => bytes.extend(piece),
            Piece::Value(name) => {
                bytes.extend(
                    values
                        .get(&name)
                        .ok_or_else(|| format!("no earlier answer gave ${{{name}}}"))?,
                );
            }
            Piece::Pattern { .. } => return Err(format!("{text}: a request has no patterns")),
        }
    }
    Ok(bytes)
}

fn part(text: &str) -> Result<Part, String> {
    Ok(Part {
        text: text.into(),
        pieces: pieces(text)?,
    })
}
