//! What a client asks for: UpdateUserImage's body, and the conditions in its headers.

use std::borrow::Cow;
use std::num::NonZeroU64;

use headers::{HeaderMapExt as _, IfMatch, IfNoneMatch};
use http::header::{IF_MATCH, IF_NONE_MATCH};
use serde::Deserialize;

use crate::directory::{Change, Terms};
use crate::image::{Format, Image};
use crate::web::json::{self, Borrowed};
use crate::web::{self, Head, etag};

/// The message of this name, by the rules of proto3's JSON mapping: two spellings of a field, `null` for an absent one,
/// no unknown field, and none twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateImageRequest<'b> {
    #[serde(alias = "contentType", borrow)]
    content_type: Option<Borrowed<'b>>,
    #[serde(borrow)]
    image: Option<Borrowed<'b>>,
}

/// Reads an `UpdateImageRequest`.
///
/// # Errors
/// [`web::Error::Invalid`] and [`web::Error::Image`] naming the field.
pub fn image_body(body: &[u8]) -> Result<Image, web::Error> {
    let request: UpdateImageRequest<'_> = json::read(body, str::to_owned)?;
    let content_type = request
        .content_type
        .map_or(Cow::Borrowed(""), |text| text.0);
    let image = request
        .image
        .filter(|image| !image.0.is_empty())
        .ok_or_else(|| web::Error::invalid("image", "is mandatory"))?;
    // Stricter than elsewhere: what is given must be a type that is taken.
    if !content_type.is_empty() && Format::named(&content_type).is_none() {
        return Err(web::Error::invalid(
            "content_type",
            "must be image/png, image/jpeg or image/gif",
        ));
    }
    Image::from_base64(&image.0, &content_type).map_err(|fault| web::Error::image("image", fault))
}

/// The terms of a change: what `If-Match` and `If-None-Match` say of the present picture, and how many changes a minute
/// one user may make.
pub fn terms(head: &Head, changes_a_minute: Option<NonZeroU64>) -> Terms<'_> {
    let is_conditional = [IF_MATCH, IF_NONE_MATCH]
        .iter()
        .any(|name| head.headers.contains_key(name));
    Terms {
        precondition: is_conditional
            .then(|| Box::new(|present: Option<&Change>| is_met(head, present)) as _),
        changes_a_minute: changes_a_minute.map(NonZeroU64::get),
    }
}

/// Whether the present picture is as the request's headers say. What cannot be read is not met.
fn is_met(head: &Head, present: Option<&Change>) -> bool {
    let present = present.map(etag).transpose();
    let Ok(present) = present else { return false };
    let matches = !head.headers.contains_key(IF_MATCH)
        || match (head.headers.typed_get::<IfMatch>(), &present) {
            (Some(condition), Some(etag)) => condition.precondition_passes(etag),
            _ => false,
        };
    let differs = !head.headers.contains_key(IF_NONE_MATCH)
        || match (head.headers.typed_get::<IfNoneMatch>(), &present) {
            (Some(condition), Some(etag)) => condition.precondition_passes(etag),
            (Some(_), None) => true,
            (None, _) => false,
        };
    matches && differs
}
