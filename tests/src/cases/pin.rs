//! Writes an answer as a case's text, with placeholders for known values.

use super::Values;
use super::matching::{headers, take};
use super::message::{Expected, Part, message};
use super::placeholder::Piece;
use crate::Answer;

/// Returns the text of a case for this answer. Parts that match stay as written.
pub(super) fn pin(
    expected: &Expected,
    answer: &Answer,
    known: &[(Vec<u8>, String)],
    values: &mut Values,
) -> String {
    let headers: Vec<_> = headers(answer)
        .into_iter()
        .map(|(name, value)| {
            let parts = expected
                .headers
                .iter()
                .filter(|(other, _)| other == name)
                .map(|(_, part)| part);
            (name.as_str(), pin_part(parts, value, known, values))
        })
        .collect();
    let body = pin_part([&expected.body].into_iter(), &answer.body, known, values);
    message(
        &answer.status.to_string(),
        headers.iter().map(|(name, value)| (*name, value.as_str())),
        &body,
    )
}

/// The text of the matching part, or the bytes as text.
fn pin_part<'a>(
    parts: impl Iterator<Item = &'a Part> + Clone,
    bytes: &[u8],
    known: &[(Vec<u8>, String)],
    values: &mut Values,
) -> String {
    if let Some(part) = parts.clone().find(|part| take(&part.pieces, bytes, values)) {
        return part.text.clone();
    }
    let mut text = with_placeholders(bytes, known);
    for piece in parts.flat_map(|part| &part.pieces) {
        if let Piece::Pattern {
            name: Some(name),
            kind,
        } = piece
        {
            text = text.replacen(
                &format!("${{{name}}}"),
                &format!("${{{name}={}}}", kind.name()),
                1,
            );
        }
    }
    text
}

fn with_placeholders(mut bytes: &[u8], known: &[(Vec<u8>, String)]) -> String {
    let mut text = String::new();
    while let Some(&byte) = bytes.first() {
        if let Some((value, placeholder)) = known.iter().find(|(value, _)| bytes.starts_with(value))
        {
            text += &format!("${{{placeholder}}}");
            bytes = &bytes[value.len()..];
            continue;
        }
        let valid = bytes[..bytes.len().min(4)]
            .utf8_chunks()
            .next()
            .map_or("", |chunk| chunk.valid());
        let length = match valid.chars().next() {
            // Escapes placeholders, closing quotes and invisible characters.
            Some(_) if bytes.starts_with(b"${") || bytes.starts_with(b"'''") => 0,
            Some(character) if character.is_control() && character != '\n' => 0,
            Some(character) => {
                text.push(character);
                character.len_utf8()
            }
            None => 0,
        };
        if length == 0 {
            text += &format!("${{hex:{byte:02x}}}");
        }
        bytes = &bytes[length.max(1)..];
    }
    text
}
