//! The forms of a document, and how the client chooses one.

use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, HeaderName};
use serde::Serialize;

use super::Error;
use crate::web::{self, Answer, Head, accept};

/// The most characters of a callback's name.
const MAX_CALLBACK_CHARACTERS: usize = 128;

/// A document that can be written in every form.
pub(super) trait Document: Serialize {
    /// Writes the document as XML.
    fn to_xml(&self) -> Result<Vec<u8>, std::io::Error>;
}

/// A media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Xml,
    JavaScript,
}

/// The forms in order of preference. Each has its media type, then the synonyms that are accepted for it.
const FORMS: [(Form, &[&str]); 3] = [
    (Form::Json, &["application/json"]),
    (Form::Xml, &["application/xml", "text/xml"]),
    (
        Form::JavaScript,
        &[
            "application/x-javascript",
            "application/javascript",
            "text/javascript",
        ],
    ),
];

/// The form of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representation {
    form: Form,
    callback: Option<String>,
    /// Whether only the data is written, without its envelope.
    pub(super) bare: bool,
}

impl Representation {
    /// JSON, also for clients that accept none of the forms.
    pub(super) const JSON: Self = Self {
        form: Form::Json,
        callback: None,
        bare: false,
    };

    /// Returns the representation that the client prefers. The query parameter `accept` takes precedence over the
    /// header. The default is JSON.
    ///
    /// # Errors
    /// [`Error::NotAcceptable`], also where the body may not even be sent as it is.
    pub fn negotiate(head: &Head) -> Result<Self, Error> {
        let form = match requested(head, "accept", &ACCEPT) {
            Some(accept) => best_form(&accept).ok_or(Error::NotAcceptable(accept))?,
            None => Form::Json,
        };
        match head.list(&ACCEPT_ENCODING) {
            Some(encodings) if !accept::allows_identity(&encodings) => {
                Err(Error::NotAcceptable(encodings))
            }
            _ => Ok(Self { form, ..Self::JSON }),
        }
    }

    /// Reads the form's parameters from the query: for JavaScript the `callback`, a dotted identifier, and
    /// `federationMode`, which leaves out everything around the data.
    ///
    /// # Errors
    /// [`Error::MissingParameter`], [`web::Error::Invalid`].
    pub fn with_parameters(self, head: &Head) -> Result<Self, Error> {
        let bare = match head.query_parameter("federationMode").as_deref() {
            Some("true") => true,
            Some("false" | "") | None => false,
            Some(_) => {
                return Err(web::Error::invalid("federationMode", "must be true or false").into());
            }
        };
        Ok(Self {
            bare,
            ..self.with_callback(head)?
        })
    }

    fn with_callback(mut self, head: &Head) -> Result<Self, Error> {
        if self.form == Form::JavaScript {
            let callback = head.query_parameter("callback").unwrap_or_default();
            if callback.is_empty() {
                return Err(Error::MissingParameter("callback"));
            }
            if !is_dotted_identifier(&callback) {
                return Err(
                    web::Error::invalid("callback", "is not the name of a function").into(),
                );
            }
            self.callback = Some(callback.into_owned());
        }
        Ok(self)
    }

    /// The representation of errors: as negotiated, but JSON where that cannot be.
    pub(super) fn of_error(head: &Head) -> Self {
        Self::negotiate(head)
            .and_then(|representation| representation.with_callback(head))
            .unwrap_or(Self::JSON)
    }

    /// Writes a document.
    pub(super) fn answer(
        &self,
        status: StatusCode,
        document: &impl Document,
    ) -> Result<Answer, Error> {
        let unwritable = |error: std::io::Error| crate::Error::Internal {
            detail: format!("a document cannot be written: {error}"),
        };
        let mut answer = web::json(status, self.media_type(), document)?;
        match (self.form, &self.callback) {
            (Form::Xml, _) => *answer.body_mut() = document.to_xml().map_err(unwritable)?,
            (Form::JavaScript, Some(callback)) => {
                let json = String::from_utf8_lossy(answer.body())
                    // Line ends in older JavaScript, but not in JSON.
                    .replace('\u{2028}', "\\u2028")
                    .replace('\u{2029}', "\\u2029");
                *answer.body_mut() = format!("{callback}({json});").into_bytes();
            }
            _ => {}
        }
        Ok(answer)
    }

    /// The media type of the answer. It has no parameter, because clients compare JSON's letter by letter.
    fn media_type(&self) -> &'static str {
        match (self.form, &self.callback) {
            (Form::Xml, _) => "application/xml",
            (Form::JavaScript, Some(_)) => "application/x-javascript",
            _ => "application/json",
        }
    }
}

/// Requires a body without a content coding.
///
/// # Errors
/// [`web::Error::UnsupportedMediaType`] naming the coding.
pub(super) fn require_identity(head: &Head) -> Result<(), web::Error> {
    match head.list(&CONTENT_ENCODING) {
        Some(coding) if !coding.trim().eq_ignore_ascii_case("identity") => {
            Err(web::Error::UnsupportedMediaType(coding))
        }
        _ => Ok(()),
    }
}

/// Reads the client's wish from the query or a header. An empty value counts as none.
fn requested(head: &Head, parameter: &str, header: &HeaderName) -> Option<String> {
    head.query_parameter(parameter)
        .map(std::borrow::Cow::into_owned)
        .filter(|value| !value.trim().is_empty())
        .or_else(|| head.list(header))
}

fn best_form(accept: &str) -> Option<Form> {
    let offers = FORMS.map(|(_, names)| names);
    let best = accept::best(accept, &offers)?;
    FORMS.get(best).map(|(form, _)| *form)
}

fn is_dotted_identifier(name: &str) -> bool {
    let is_identifier = |part: &str| {
        let starts = part.starts_with(|c: char| c.is_alphabetic() || matches!(c, '$' | '_'));
        starts
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '$' | '_'))
    };
    name.chars().count() <= MAX_CALLBACK_CHARACTERS && name.split('.').all(is_identifier)
}
