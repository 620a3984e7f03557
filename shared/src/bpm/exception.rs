//! The error document: numbers and texts as the vendor's servers send them.

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::Error;
use super::representation::{Document, Representation};
use super::xml::{self, Writer, text_element};
use crate::image::ImageFault;
use crate::web::{self, Answer, Head, Refusal as _};

/// The realm is the application's name; RFC 7617 allows UTF-8 to be asked for.
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="Visage", charset="UTF-8""#);

/// JSON spells the outer member with a capital letter, as real servers do.
#[derive(Serialize)]
struct RestRuntimeException<'e> {
    status: &'static str,
    #[serde(rename = "Data")]
    data: ExceptionData<'e>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExceptionData<'e> {
    status: &'static str,
    exception_type: String,
    error_number: &'static str,
    error_message: String,
    error_message_parameters: Vec<&'e str>,
    programmers_details: Option<&'e str>,
    responses: Option<()>,
    error_data: Option<()>,
}

impl Document for RestRuntimeException<'_> {
    /// As the vendor's schema has it: the root is qualified, what is inside is not.
    fn to_xml(&self) -> Result<Vec<u8>, std::io::Error> {
        xml::document(|writer| {
            writer
                .create_element("ex:RestRuntimeException")
                .with_attribute(("xmlns:ex", "http://rest.bpm.ibm.com/v1/data/exception"))
                .write_inner_content(|writer| {
                    text_element(writer, "status", self.status)?;
                    writer
                        .create_element("Data")
                        .write_inner_content(|writer| self.data.write(writer))?;
                    Ok(())
                })?;
            Ok(())
        })
    }
}

impl ExceptionData<'_> {
    fn write(&self, writer: &mut Writer) -> std::io::Result<()> {
        text_element(writer, "status", self.status)?;
        text_element(writer, "exceptionType", &self.exception_type)?;
        text_element(writer, "errorNumber", self.error_number)?;
        text_element(writer, "errorMessage", &self.error_message)?;
        for parameter in &self.error_message_parameters {
            text_element(writer, "errorMessageParameters", parameter)?;
        }
        text_element(
            writer,
            "programmersDetails",
            self.programmers_details.unwrap_or_default(),
        )
    }
}

/// What the vendor says of a failure.
struct Exception<'e> {
    status: StatusCode,
    number: &'static str,
    class: &'static str,
    /// The text, with `{0}` for the parameter.
    text: &'static str,
    parameter: Option<&'e str>,
}

/// The answer to a request that failed. `expose_details` puts what the operator sees into `programmersDetails`.
pub fn refuse(head: &Head, error: &Error, expose_details: bool) -> Answer {
    if matches!(error, Error::Request(web::Error::Unauthenticated)) {
        let mut answer = web::empty(StatusCode::UNAUTHORIZED);
        answer.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
        return answer;
    }
    let Exception {
        status,
        number,
        class,
        text,
        parameter,
    } = exception(head, error);
    let text = text.replace("{0}", parameter.unwrap_or_default());
    let document = RestRuntimeException {
        status: "error",
        data: ExceptionData {
            status: "error",
            exception_type: format!("com.ibm.bpm.wle.api.{class}"),
            error_number: number,
            error_message: format!("{number}: {text}"),
            error_message_parameters: parameter.into_iter().collect(),
            programmers_details: error.detail().filter(|_| expose_details),
            responses: None,
            error_data: None,
        },
    };
    let answer = Representation::of_error(head)
        .answer(status, &document)
        .unwrap_or_else(|_| web::empty(status));
    match error {
        Error::Request(error) => web::with_headers_of(error, answer),
        _ => answer,
    }
}

fn exception<'e>(head: &'e Head, error: &'e Error) -> Exception<'e> {
    match error {
        Error::Request(error) => exception_of_request(head, error),
        Error::Directory(error) => exception_of_directory(error),
        Error::NotAuthorized { action } => Exception {
            status: StatusCode::FORBIDDEN,
            number: "CWTBG0549E",
            class: "NotAuthorizedActionException",
            text: "You are not authorized to perform the '{0}' action.",
            parameter: Some(action),
        },
        Error::NotAcceptable(accept) => Exception {
            status: StatusCode::NOT_ACCEPTABLE,
            number: "CWTBG0001E",
            class: "NotAcceptableException",
            text: "Not supported request '{0}'.",
            parameter: Some(accept),
        },
        Error::MissingParameter(name) => Exception {
            status: StatusCode::BAD_REQUEST,
            number: "CWTBG0023E",
            class: "QueryParameterNotSpecifiedOrEmptyException",
            text: "The '{0}' query parameter was required but was not specified or has no value.",
            parameter: Some(name),
        },
        Error::NoFile => Exception {
            status: StatusCode::BAD_REQUEST,
            number: "CWTBG0011E",
            class: "ParameterNotSpecifiedException",
            text: "The mandatory parameter '{0}' is not specified.",
            parameter: Some("avatar"),
        },
        Error::SeveralFiles => invalid_parameter(
            "CWTBG0538E",
            "Only one file is supported. Multiple files were detected.",
            None,
        ),
    }
}

fn exception_of_request<'e>(head: &'e Head, error: &'e web::Error) -> Exception<'e> {
    use web::Error;
    match error {
        // Answered without a document.
        Error::Unauthenticated => UNEXPECTED,
        Error::BodyTooLarge { .. }
        | Error::Image {
            fault: ImageFault::TooLarge,
            ..
        } => invalid_parameter(
            "CWTBG0562E",
            "The profile image is larger than the maximum allowed size of 512 kilo bytes.",
            None,
        ),
        Error::Image {
            fault: ImageFault::Empty,
            field,
        } => invalid_parameter(
            "CWTBG0583E",
            "A file with no content cannot be uploaded: {0}",
            Some(field),
        ),
        Error::Image { field, .. } => invalid_parameter(
            "CWTBG0566E",
            "The file that was uploaded is not of a supported type: {0}",
            Some(field),
        ),
        Error::Invalid { field, .. } => {
            invalid_parameter("CWTBG0012E", "The parameter '{0}' is invalid.", Some(field))
        }
        Error::BodyUnreadable => invalid_parameter(
            "CWTBG0012E",
            "The parameter '{0}' is invalid.",
            Some("avatar"),
        ),
        Error::UnsupportedMediaType(media_type) => Exception {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            number: "CWTBG0539E",
            class: "UnsupportedMediaTypeException",
            text: "The request cannot be media type '{0}'.",
            parameter: Some(media_type),
        },
        Error::MethodNotAllowed { .. } => Exception {
            status: StatusCode::METHOD_NOT_ALLOWED,
            number: "CWTBG0001E",
            class: "UnsupportedOperationException",
            text: "Not supported request '{0}'.",
            parameter: Some(head.method.as_str()),
        },
    }
}

fn exception_of_directory(error: &crate::Error) -> Exception<'_> {
    use crate::Error;
    match error {
        Error::NoSuchUser(name) => Exception {
            status: StatusCode::NOT_FOUND,
            number: "CWTBG0007E",
            class: "NoSuchUserException",
            text: "User '{0}' not found.",
            parameter: Some(name),
        },
        Error::Contended | Error::Unavailable { .. } | Error::TimedOut => Exception {
            status: StatusCode::SERVICE_UNAVAILABLE,
            ..UNEXPECTED
        },
        // Nobody is created here, and changes have no terms.
        Error::Taken { .. }
        | Error::PreconditionFailed
        | Error::TooManyChanges { .. }
        | Error::Internal { .. } => UNEXPECTED,
    }
}

fn invalid_parameter<'e>(
    number: &'static str,
    text: &'static str,
    parameter: Option<&'e str>,
) -> Exception<'e> {
    Exception {
        status: StatusCode::BAD_REQUEST,
        number,
        class: "InvalidParameterException",
        text,
        parameter,
    }
}

const UNEXPECTED: Exception<'static> = Exception {
    status: StatusCode::INTERNAL_SERVER_ERROR,
    number: "CWTBG0019E",
    class: "UnexpectedFailureException",
    text: "Unexpected exception during execution.",
    parameter: None,
};
