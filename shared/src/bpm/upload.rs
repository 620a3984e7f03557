//! The picture in a `multipart/form-data` body (RFC 7578).

use bytes::Bytes;
use futures::Stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use multer::{Constraints, Field, Multipart, SizeLimit, parse_boundary};

use super::Error;
use super::file_name::file_name;
use super::representation::require_identity;
use crate::image::{Image, ImageFault, MAX_BYTES};
use crate::web::{self, BrokenOff, Head, MAX_BODY_BYTES, shortened};

/// The vendor's name for the file part. Clients may use any name.
const PARAMETER: &str = "avatar";

/// Requires a multipart body without a content coding. Returns its boundary.
///
/// # Errors
/// [`web::Error::UnsupportedMediaType`]; [`web::Error::Invalid`] where there is no boundary.
pub fn boundary(head: &Head) -> Result<String, web::Error> {
    require_identity(head)?;
    match head.media_type() {
        Some(essence) if essence.eq_ignore_ascii_case("multipart/form-data") => {
            let content_type = head.header(&CONTENT_TYPE).unwrap_or_default();
            let boundary = parse_boundary(content_type).ok();
            boundary
                .filter(|boundary| !boundary.is_empty())
                .ok_or_else(broken)
        }
        other => Err(web::Error::UnsupportedMediaType(
            other.unwrap_or_default().to_owned(),
        )),
    }
}

/// Reads the only file part, which is the one with a `filename`; its name doesn't matter. Skips ordinary fields.
/// Holds at most one picture in memory.
///
/// # Errors
/// [`Error::NoFile`], [`Error::SeveralFiles`], [`web::Error::Image`] with the file's
/// name, [`web::Error::BodyTooLarge`], and [`web::Error::Invalid`] for a body that is not well formed.
pub async fn upload<B>(boundary: String, body: B) -> Result<Image, Error>
where
    B: Stream<Item = Result<Bytes, BrokenOff>> + Send + 'static,
{
    let limit = SizeLimit::new().whole_stream(MAX_BODY_BYTES as u64);
    let constraints = Constraints::new().size_limit(limit);
    let mut parts = Multipart::with_constraints(body, boundary, constraints);
    let mut image = None;
    while let Some(part) = parts.next_field().await? {
        let disposition = part.headers().get(CONTENT_DISPOSITION);
        let name = disposition.and_then(|value| file_name(value.as_bytes()));
        let Some(name) = name.as_deref().map(shortened) else {
            pass_over(part).await?;
            continue;
        };
        if image.is_some() {
            return Err(Error::SeveralFiles);
        }
        image = Some(read(part, name).await?);
    }
    image.ok_or(Error::NoFile)
}

async fn pass_over(mut part: Field<'_>) -> Result<(), Error> {
    while part.chunk().await?.is_some() {}
    Ok(())
}

async fn read(mut part: Field<'_>, name: String) -> Result<Image, Error> {
    let declared = part.content_type().map(ToString::to_string);
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(web::Error::image(name, ImageFault::TooLarge).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Image::new(bytes, declared.as_deref().unwrap_or_default())
        .map_err(|fault| web::Error::image(name, fault).into())
}

fn broken() -> web::Error {
    web::Error::invalid(PARAMETER, "is not well-formed multipart/form-data")
}

impl From<multer::Error> for Error {
    fn from(error: multer::Error) -> Self {
        let error = match error {
            multer::Error::StreamSizeExceeded { .. } => web::Error::BodyTooLarge {
                limit: MAX_BODY_BYTES,
            },
            multer::Error::StreamReadFailed(_) => web::Error::BodyUnreadable,
            _ => broken(),
        };
        error.into()
    }
}
