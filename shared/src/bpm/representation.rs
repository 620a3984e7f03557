//! The forms in which a document is answered, and how the client chooses one.

use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, HeaderName};
use serde::Serialize;

use super::Error;
use crate::web::{self, Answer, Head, accept};

/// The most characters of a callback's name.
const MAX_CALLBACK_CHARACTERS: usize = 128;

/// A document that can be answered in every form.
pub(super) trait Document: Serialize {
    /// The document as XML.
    fn to_xml(&self) -> Result<Vec<u8>, std::io::Error>;
}

/// A media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Xml,
    JavaScript,
}

/// The forms in the order in which we prefer them, each with its media type and what is read as its twin.
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

/// How an answer is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representation {
    form: Form,
    callback: Option<String>,
    /// Whether the data is to stand alone.
    pub(super) bare: bool,
}

impl Representation {
    /// JSON: what a client gets that accepts nothing we have.
    pub(super) const JSON: Self = Self {
        form: Form::Json,
        callback: None,
        bare: false,
    };

    /// The representation that the client likes best. The query parameter `accept` wins over the header, and where
    /// neither says anything it is JSON.
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

    /// Takes what the query says of the form: with JavaScript the name of the `callback`, a dotted identifier, and
    /// with `federationMode` that what stands around the data is left out.
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
                    // Ends of lines to older JavaScript, but not to JSON.
                    .replace('\u{2028}', "\\u2028")
                    .replace('\u{2029}', "\\u2029");
                *answer.body_mut() = format!("{callback}({json});").into_bytes();
            }
            _ => {}
        }
        Ok(answer)
    }

    /// The media type of the answer. Clients compare that of JSON letter by letter, so that none has a parameter.
    fn media_type(&self) -> &'static str {
        match (self.form, &self.callback) {
            (Form::Xml, _) => "application/xml",
            (Form::JavaScript, Some(_)) => "application/x-javascript",
            _ => "application/json",
        }
    }
}

/// Requires that the body is sent as it is.
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

/// What the client says in the query or in a header; an empty value says nothing.
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
