//! Bodies of JSON, read so that what is wrong with one can be said without repeating what it holds.

use std::fmt;

use base64_simd::STANDARD;
use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json_borrow::Value;

use crate::Error;

/// Reads a body that must be a JSON object. Strings are borrowed from the body where that is possible.
///
/// # Errors
/// [`Error::Invalid`] naming the place.
pub fn read_object(body: &[u8]) -> Result<Value<'_>, Error> {
    let value: Value<'_> = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Error::invalid(
            "The body",
            format!("is not valid JSON (line {line}, column {column})"),
        )
    })?;
    match value {
        Value::Object(_) => Ok(value),
        _ => Err(Error::invalid("The body", "must be a JSON object")),
    }
}

/// The members of a JSON object. Of members of one name the last counts.
///
/// What the readers return is `None` for an absent member and `Some(None)` for `null`.
#[derive(Clone, Copy)]
pub struct Members<'v> {
    object: &'v Value<'v>,
    /// What stands before a member's name in messages: nothing, or `image.`.
    path: &'static str,
    /// The object as it was sent, where members are to be kept so.
    text: &'v [u8],
}

impl<'v> Members<'v> {
    /// The members of an object; none where `object` is not one.
    pub fn of(object: &'v Value<'v>, path: &'static str) -> Self {
        let text = &[];
        Self { object, path, text }
    }

    /// The same with the text that the object was read from, which [`Members::object`] needs.
    pub fn with_text(self, text: &'v [u8]) -> Self {
        Self { text, ..self }
    }

    /// All members, in the order of the body.
    pub fn iter(&self) -> impl Iterator<Item = (&'v str, &'v Value<'v>)> {
        self.object.iter_object().into_iter().flatten()
    }

    /// A member as it is.
    pub fn get(&self, name: &str) -> Option<&'v Value<'v>> {
        self.iter()
            .filter_map(|(member, value)| (member == name).then_some(value))
            .last()
    }

    /// A string.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the member, as for all readers.
    pub fn string(&self, name: &str) -> Result<Option<Option<&'v str>>, Error> {
        self.read(name, "must be a string", Value::as_str)
    }

    /// A boolean.
    ///
    /// # Errors
    /// As [`Members::string`].
    pub fn boolean(&self, name: &str) -> Result<Option<Option<bool>>, Error> {
        self.read(name, "must be true or false", Value::as_bool)
    }

    /// A string that is checked by the type it becomes.
    ///
    /// # Errors
    /// As [`Members::string`], with what the type says.
    pub fn checked<T>(&self, name: &str) -> Result<Option<Option<T>>, Error>
    where
        T: TryFrom<String, Error = &'static str>,
    {
        let Some(Some(text)) = self.string(name)? else {
            return Ok(self.get(name).map(|_| None));
        };
        T::try_from(text.to_owned())
            .map(|value| Some(Some(value)))
            .map_err(|problem| self.invalid(name, problem))
    }

    /// An object that is kept to the letter: numbers may have more digits than any type of ours.
    ///
    /// # Errors
    /// As [`Members::checked`].
    pub fn object<T>(&self, name: &str) -> Result<Option<Option<T>>, Error>
    where
        T: TryFrom<Box<RawValue>, Error = &'static str>,
    {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(_) => raw_member(self.text, name)
                .ok_or("must be an object")
                .and_then(|text| T::try_from(text.to_owned()))
                .map(|object| Some(Some(object)))
                .map_err(|problem| self.invalid(name, problem)),
        }
    }

    /// The error that a member has this problem.
    pub fn invalid(&self, name: &str, problem: &'static str) -> Error {
        Error::invalid(format!("{}{name}", self.path), problem)
    }

    fn read<T>(
        &self,
        name: &str,
        problem: &'static str,
        read: impl FnOnce(&'v Value<'v>) -> Option<T>,
    ) -> Result<Option<Option<T>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(value) => read(value)
                .map(|value| Some(Some(value)))
                .ok_or_else(|| self.invalid(name, problem)),
        }
    }
}

/// Bytes in base64 as a JSON string, which nobody has to look through for what must be escaped.
///
/// # Errors
/// [`Error::Internal`] when the string cannot be written.
pub fn base64_string(bytes: &[u8]) -> Result<Box<RawValue>, Error> {
    let mut json = String::with_capacity(STANDARD.encoded_length(bytes.len()) + 2);
    json.push('"');
    STANDARD.encode_append(bytes, &mut json);
    json.push('"');
    RawValue::from_string(json).map_err(|error| Error::Internal {
        detail: format!("base64 cannot be written: {error}"),
    })
}

/// The text of an object's member; of members of one name the last one's.
pub fn raw_member<'b>(object: &'b [u8], name: &str) -> Option<&'b RawValue> {
    let mut reader = serde_json::Deserializer::from_slice(object);
    let member = reader.deserialize_map(LastMember(name)).ok()?;
    reader.end().ok()?;
    member
}

/// Reads an object for the last member of this name.
struct LastMember<'n>(&'n str);

impl<'b> Visitor<'b> for LastMember<'_> {
    type Value = Option<&'b RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'b>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut last = None;
        while let Some((name, value)) = members.next_entry::<String, &RawValue>()? {
            if name == self.0 {
                last = Some(value);
            }
        }
        Ok(last)
    }
}
