//! Bodies of JSON, read into types that declare what they hold. What is wrong with one is said without repeating what
//! it holds.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use base64_simd::STANDARD;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json_borrow::Value;

use super::{Error, shortened};

/// Reads a body that must be a JSON object. `name` makes of a member's path in the body what messages call it.
///
/// # Errors
/// [`Error::Invalid`] for what is no JSON, and otherwise for the first member that is wrong.
pub fn read<'b, T: Deserialize<'b>>(
    body: &'b [u8],
    name: impl Fn(&str) -> String,
) -> Result<T, Error> {
    let text = std::str::from_utf8(body).map_err(|_| Error::invalid(BODY, "is not UTF-8"))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize(&mut reader) {
        Ok(Members(value)) => {
            reader.end().map_err(|error| malformed(&error))?;
            Ok(value)
        }
        Err(error) => {
            // Syntax comes before members, wherever they stand.
            check(body)?;
            Err(fault(&error, name))
        }
    }
}

/// What messages call the body itself.
const BODY: &str = "The body";

/// Checks that a body is JSON that any reader takes: not nested too deep, and without half a surrogate pair, which
/// [`read`] accepts in what it skips or keeps to the letter.
///
/// # Errors
/// [`Error::Invalid`] naming the place.
pub fn check(body: &[u8]) -> Result<(), Error> {
    serde_json::from_slice::<Value<'_>>(body)
        .map(drop)
        .map_err(|error| malformed(&error))
}

fn malformed(error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    let problem = format!("is not valid JSON (line {line}, column {column})");
    Error::invalid(BODY, problem)
}

/// The error that a member is wrong. Of serde's text only that is taken which does not repeat the member's value.
fn fault(
    error: &serde_path_to_error::Error<serde_json::Error>,
    name: impl Fn(&str) -> String,
) -> Error {
    let text = error.inner().to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(problem, _)| problem);
    if let Some(member) = text.strip_prefix("duplicate field ") {
        let member = member.trim_matches('`');
        let path = match error.path().iter().len() {
            0 => member.to_owned(),
            _ => format!("{}.{member}", error.path()),
        };
        return Error::invalid(name(&path), "is given twice");
    }
    if error.path().iter().len() == 0 {
        return Error::invalid(BODY, "must be a JSON object");
    }
    let field = shortened(&name(&error.path().to_string()));
    if text.starts_with("unknown field ") {
        return Error::invalid(field, "is not a known field");
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => Error::invalid(field, format!("must be {}", words(expected))),
        // What the member's own type says.
        None => Error::invalid(field, text.to_owned()),
    }
}

/// What serde expects, in the words of JSON.
fn words(expected: &str) -> &str {
    match expected {
        "a boolean" => "true or false",
        "a map" => "an object",
        "a sequence" => "a list",
        other => other,
    }
}

/// An object whose members make a `T`. A derived type alone would also take a list of its members' values.
pub struct Members<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor(PhantomData))
    }
}

struct MembersVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MembersVisitor<T> {
    type Value = Members<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Members)
    }
}

/// What a request says of a value that may be there already. A member of this type needs `#[serde(default)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The member is absent: the value stays as it is.
    #[default]
    Keep,
    /// The member is `null`: there is to be no value.
    Clear,
    /// This is the value.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::deserialize(deserializer)?;
        Ok(value.map_or(Self::Clear, Self::Set))
    }
}

impl<T: Clone> Patch<T> {
    /// Changes a value.
    pub fn apply(&self, value: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *value = None,
            Self::Set(new) => *value = Some(new.clone()),
        }
    }
}

/// A string that is borrowed from the body, unless it holds escapes.
#[derive(Deserialize)]
pub struct Borrowed<'b>(#[serde(borrow)] pub Cow<'b, str>);

/// Bytes in base64 as a JSON string, which nobody has to look through for what must be escaped.
///
/// # Errors
/// [`crate::Error::Internal`] when the string cannot be written.
pub fn base64_string(bytes: &[u8]) -> Result<Box<RawValue>, crate::Error> {
    let mut json = String::with_capacity(STANDARD.encoded_length(bytes.len()) + 2);
    json.push('"');
    STANDARD.encode_append(bytes, &mut json);
    json.push('"');
    RawValue::from_string(json).map_err(|error| crate::Error::Internal {
        detail: format!("base64 cannot be written: {error}"),
    })
}
