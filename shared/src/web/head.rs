//! A request without its body.

use std::borrow::Cow;

use http::header::{AsHeaderName, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Method};
use percent_encoding::percent_decode_str;

use super::{Error, MAX_BODY_BYTES};

/// The method, target and headers of a request.
#[derive(Debug, Clone)]
pub struct Head {
    /// The method.
    pub method: Method,
    /// Scheme and host that the client used: `http://localhost:3000`.
    pub origin: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// What stands behind the `?`, as it was sent.
    pub query: String,
    /// The headers, of which those that nobody reads may be missing.
    pub headers: HeaderMap,
}

impl Head {
    /// The header's value as text; `None` where it is absent or no text.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The values of a header that may be a list, as one; `None` where there are none or they are empty.
    pub fn list(&self, name: &HeaderName) -> Option<String> {
        let values = self.headers.get_all(name).iter();
        let texts: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        Some(texts.join(", ")).filter(|text| !text.trim().is_empty())
    }

    /// The segments of the path below `base`, as they were sent; a trailing or doubled slash makes none.
    pub fn segments_below(&self, base: &str) -> Vec<&str> {
        segments(&self.path).skip(segments(base).count()).collect()
    }

    /// The first query parameter of this name, decoded.
    pub fn query_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        self.query_parameters()
            .find_map(|(parameter, value)| (parameter == name).then_some(value))
    }

    /// All query parameters, decoded.
    pub fn query_parameters(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.query.as_bytes())
    }

    /// The media type of the body, without parameters; `None` where the header is absent or empty.
    pub fn media_type(&self) -> Option<&str> {
        // What is not text is no media type that anyone reads.
        let value = self.headers.get(CONTENT_TYPE)?.to_str().unwrap_or("?");
        let essence = value.split(';').next().unwrap_or_default().trim();
        (!essence.is_empty()).then_some(essence)
    }

    /// Requires a JSON body; `mandatory` says whether the header must be there.
    ///
    /// # Errors
    /// [`Error::UnsupportedMediaType`].
    pub fn require_json(&self, mandatory: bool) -> Result<(), Error> {
        match self.media_type() {
            Some(essence) if essence.eq_ignore_ascii_case("application/json") => Ok(()),
            None if !mandatory => Ok(()),
            other => Err(Error::UnsupportedMediaType(
                other.unwrap_or_default().to_owned(),
            )),
        }
    }

    /// The bytes that the client says it sends.
    ///
    /// # Errors
    /// [`Error::BodyTooLarge`] where that is more than [`MAX_BODY_BYTES`].
    pub fn declared_length(&self) -> Result<Option<usize>, Error> {
        // HTTP's own layer has seen to it that the header is one number; one that is no usize is too large.
        match self.headers.get(CONTENT_LENGTH) {
            None => Ok(None),
            Some(length) => length
                .to_str()
                .ok()
                .and_then(|length| length.parse().ok())
                .filter(|length| *length <= MAX_BODY_BYTES)
                .map(Some)
                .ok_or(Error::BodyTooLarge {
                    limit: MAX_BODY_BYTES,
                }),
        }
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// Decodes one segment of a path, once.
///
/// # Errors
/// [`Error::Invalid`] for a `%` without two hexadecimal digits, and for what is not UTF-8.
pub fn decode_segment(segment: &str) -> Result<String, Error> {
    let mut escapes = segment.split('%').skip(1);
    let well_formed = escapes.all(|rest| {
        let mut digits = rest.bytes().take(2).filter(u8::is_ascii_hexdigit);
        digits.next().is_some() && digits.next().is_some()
    });
    if !well_formed {
        return Err(Error::invalid(
            "The path",
            "has a '%' without two hexadecimal digits",
        ));
    }
    percent_decode_str(segment)
        .decode_utf8()
        .map(Into::into)
        .map_err(|_| Error::invalid("The path", "is not UTF-8"))
}
