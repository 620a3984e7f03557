//! The text of a case and the placeholders in it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::Values;
use crate::{Request, fixtures};

/// The forms in which a picture can be written.
const PICTURES: [&str; 5] = [
    "raw",
    "base64",
    "base64-bare",
    "base64url",
    "base64url-bare",
];

/// A piece of an answer that is expected.
pub(super) enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Anything of a kind, kept under the name.
    Pattern { name: Option<String>, kind: Kind },
    /// What a pattern took, in an earlier answer or further up in this one.
    Value(String),
}

/// What a pattern takes.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Kind {
    /// Anything within a line.
    Any,
    /// A quoted string: an entity tag.
    Etag,
    /// 32 lower-case hex digits.
    Hex32,
    /// Decimal digits.
    Number,
    /// Visible ASCII characters.
    Token,
}

impl Kind {
    const NAMES: [(&str, Self); 5] = [
        ("any", Self::Any),
        ("etag", Self::Etag),
        ("hex32", Self::Hex32),
        ("number", Self::Number),
        ("token", Self::Token),
    ];

    /// The name that a case has for it.
    pub(super) fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, kind)| *kind == self)
            .expect("every kind has a name")
            .0
    }

    fn named(name: &str) -> Result<Self, String> {
        let kind = Self::NAMES.iter().find(|(other, _)| *other == name);
        kind.map(|(_, kind)| *kind)
            .ok_or_else(|| format!("{name} is no kind of pattern"))
    }
}

/// A part of an answer as the case has it, and what it stands for.
pub(super) struct Part {
    pub(super) text: String,
    pub(super) pieces: Vec<Piece>,
}

/// An answer that is expected.
pub(super) struct Expected {
    pub(super) status: String,
    /// The header lines in the order of their names.
    pub(super) headers: Vec<(String, Part)>,
    pub(super) body: Part,
}

impl Expected {
    /// The answer as the case has it, its header lines in order.
    pub(super) fn text(&self) -> String {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.text.as_str()));
        message(&self.status, headers, &self.body.text)
    }
}

/// Puts an answer's text together.
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

/// Reads the request of a case.
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

/// Reads the answer of a case.
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

/// The values of the long placeholders in these texts and of all earlier captures, the longest first, each with the
/// placeholder: so that an answer is written down with placeholders too. A picture that was sent in one form may come
/// back in another.
pub(super) fn known(texts: &[&str], values: &Values) -> Vec<(Vec<u8>, String)> {
    let mut known: Vec<_> = values
        .iter()
        .map(|(name, value)| (value.clone(), name.clone()))
        .collect();
    let placeholders = texts
        .iter()
        .flat_map(|text| text.split("${").skip(1))
        .filter_map(|rest| rest.split_once('}'));
    for (placeholder, _) in placeholders {
        let mut forms = vec![placeholder.to_owned()];
        if let Some((_, picture)) = placeholder
            .split_once(':')
            .filter(|(verb, _)| PICTURES.contains(verb))
        {
            forms.extend(PICTURES.iter().map(|verb| format!("{verb}:{picture}")));
        }
        for form in forms {
            if let Ok(Piece::Bytes(bytes)) = piece(&form) {
                known.push((bytes, form));
            }
        }
    }
    // What is short would be found everywhere.
    known.retain(|(value, _)| value.len() >= 10);
    known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    known
}

/// The head and the body; one line end before the closing quotes belongs to neither.
fn split(text: &str) -> (&str, &str) {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split_once("\n\n").unwrap_or((text, ""))
}

fn header(line: &str) -> Result<(&str, &str), String> {
    let (name, value) = line
        .split_once(':')
        .ok_or_else(|| format!("{line:?} is no header line"))?;
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

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut parts = text.split("${");
    let mut pieces = vec![Piece::Bytes(parts.next().unwrap_or_default().into())];
    for part in parts {
        let (placeholder, rest) = part
            .split_once('}')
            .ok_or_else(|| format!("${{{part}: no end of it"))?;
        pieces.push(piece(placeholder)?);
        pieces.push(Piece::Bytes(rest.into()));
    }
    Ok(pieces)
}

/// What stands between `${` and `}`.
fn piece(placeholder: &str) -> Result<Piece, String> {
    let Some((verb, argument)) = placeholder.split_once(':') else {
        return Ok(match placeholder.split_once('=') {
            None if placeholder == "any" => Piece::Pattern {
                name: None,
                kind: Kind::Any,
            },
            Some((name, of)) => Piece::Pattern {
                name: Some(name.into()),
                kind: Kind::named(of)?,
            },
            None => Piece::Value(placeholder.into()),
        });
    };
    Ok(Piece::Bytes(match verb {
        "raw" => fixtures::bytes(argument)?,
        "base64" => STANDARD.encode(fixtures::bytes(argument)?).into(),
        "base64-bare" => STANDARD_NO_PAD.encode(fixtures::bytes(argument)?).into(),
        "base64url" => URL_SAFE.encode(fixtures::bytes(argument)?).into(),
        "base64url-bare" => URL_SAFE_NO_PAD.encode(fixtures::bytes(argument)?).into(),
        "basic" => format!("Basic {}", STANDARD.encode(argument)).into(),
        "repeat" => {
            let (text, count) = argument.rsplit_once(':').ok_or("${repeat:TEXT:COUNT}")?;
            text.repeat(count.parse().map_err(|_| format!("{count} is no count"))?)
                .into()
        }
        "hex" => (0..argument.len())
            .step_by(2)
            .map(|at| {
                argument
                    .get(at..at + 2)
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            })
            .collect::<Option<_>>()
            .ok_or_else(|| format!("{argument} is no hex"))?,
        _ => return Err(format!("${{{placeholder}}} is no placeholder")),
    }))
}
