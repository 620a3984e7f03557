//! Compares an answer with the expected one, byte for byte.

use super::Values;
use super::message::Expected;
use super::placeholder::{Kind, Piece};
use crate::Answer;

/// Headers that depend on the connection or the clock.
const OF_THE_TRANSPORT: [&str; 3] = ["connection", "date", "keep-alive"];

/// Compares status, headers and body. Later cases can use what the patterns matched, even if another part of the
/// answer differs.
pub(super) fn matches(expected: &Expected, answer: &Answer, values: &mut Values) -> bool {
    let headers = headers(answer);
    let mut same =
        expected.status == answer.status.to_string() && expected.headers.len() == headers.len();
    for (name, part) in &expected.headers {
        let mut of_that_name = headers.iter().filter(|(other, _)| other == name);
        same &= of_that_name.any(|(_, value)| take(&part.pieces, value, values));
    }
    take(&expected.body.pieces, &answer.body, values) && same
}

/// The headers that are compared.
pub(super) fn headers(answer: &Answer) -> Vec<&(String, Vec<u8>)> {
    answer
        .headers
        .iter()
        .filter(|(name, _)| !OF_THE_TRANSPORT.contains(&name.as_str()))
        .collect()
}

/// Whether the pieces match these bytes. If they do, the values of the named patterns are kept.
pub(super) fn take(pieces: &[Piece], bytes: &[u8], values: &mut Values) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return bytes.is_empty();
    };
    match first {
        Piece::Bytes(expected) => bytes
            .strip_prefix(expected.as_slice())
            .is_some_and(|left| take(rest, left, values)),
        Piece::Value(name) => values
            .get(name)
            .and_then(|value| bytes.strip_prefix(value.as_slice()))
            .is_some_and(|left| take(rest, left, values)),
        Piece::Pattern { name, kind } => lengths(*kind, bytes).into_iter().any(|length| {
            let (taken, left) = bytes.split_at(length);
            if let Some(name) = name {
                values.insert(name.clone(), taken.to_vec());
            }
            take(rest, left, values)
        }),
    }
}

/// How many of the first bytes a pattern can match.
fn lengths(kind: Kind, bytes: &[u8]) -> Vec<usize> {
    let run = |of: fn(&u8) -> bool| bytes.iter().take_while(|byte| of(byte)).count();
    match kind {
        Kind::Any => (0..=run(|&byte| byte != b'\n')).collect(),
        Kind::Etag => bytes
            .strip_prefix(b"\"")
            .and_then(|rest| rest.iter().position(|&byte| byte == b'"'))
            .map(|inside| inside + 2)
            .into_iter()
            .collect(),
        Kind::Hex16 => match run(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            16 => vec![16],
            _ => Vec::new(),
        },
        Kind::Hex32 => match run(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            32 => vec![32],
            _ => Vec::new(),
        },
        Kind::Number => Some(run(u8::is_ascii_digit))
            .filter(|&length| length > 0)
            .into_iter()
            .collect(),
        Kind::Token => Some(run(u8::is_ascii_graphic))
            .filter(|&length| length > 0)
            .into_iter()
            .collect(),
    }
}
