//! The placeholders in a case's text.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::Values;
use crate::fixtures;

/// The encodings of a picture.
const PICTURES: [&str; 5] = [
    "raw",
    "base64",
    "base64-bare",
    "base64url",
    "base64url-bare",
];

/// A piece of an expected answer.
pub(super) enum Piece {
    /// Exactly these bytes.
    Bytes(Vec<u8>),
    /// Anything of a kind. The match is kept under the name.
    Pattern { name: Option<String>, kind: Kind },
    /// The match of an earlier pattern, in this answer or an earlier one.
    Value(String),
}

/// What a pattern matches.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Kind {
    /// Anything within a line.
    Any,
    /// A quoted string, like an entity tag.
    Etag,
    /// 16 lower-case hex digits.
    Hex16,
    /// 32 lower-case hex digits.
    Hex32,
    /// Decimal digits.
    Number,
    /// Visible ASCII characters.
    Token,
}

impl Kind {
    const NAMES: [(&str, Self); 6] = [
        ("any", Self::Any),
        ("etag", Self::Etag),
        ("hex16", Self::Hex16),
        ("hex32", Self::Hex32),
        ("number", Self::Number),
        ("token", Self::Token),
    ];

    /// The name of the kind in a case.
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
            .ok_or_else(|| format!("{name} is not a kind of pattern"))
    }
}

/// Parses a text.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut parts = text.split("${");
    let mut pieces = vec![Piece::Bytes(parts.next().unwrap_or_default().into())];
    for part in parts {
        let (placeholder, rest) = part
            .split_once('}')
            .ok_or_else(|| format!("${{{part} has no closing brace"))?;
        pieces.push(piece(placeholder)?);
        pieces.push(Piece::Bytes(rest.into()));
    }
    Ok(pieces)
}

/// Parses what stands between `${` and `}`.
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
            .ok_or_else(|| format!("{argument} is not hex"))?,
        _ => return Err(format!("${{{placeholder}}} is not a placeholder")),
    }))
}

/// Returns the values of the long placeholders in these texts and of all earlier captures, longest first, each with
/// its placeholder. New answers are written with them. A picture may come back in another encoding than it was sent
/// in.
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
    // A short value would match everywhere.
    known.retain(|(value, _)| value.len() >= 10);
    known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    known
}
