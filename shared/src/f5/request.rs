//! What a client asks for: UpdateUserImage's body, and the conditions in its headers.

use std::num::NonZeroU64;

use headers::{HeaderMapExt as _, IfMatch, IfNoneMatch};
use http::header::{IF_MATCH, IF_NONE_MATCH};
use serde_json_borrow::Value;

use crate::Error;
use crate::directory::{Change, Terms};
use crate::image::{Format, Image};
use crate::web::{Head, Members, etag, read_object, shortened};

/// Reads an `UpdateImageRequest` by the rules of proto3's JSON mapping: two spellings of a field, `null` for an
/// absent one, no unknown field, and none twice.
///
/// # Errors
/// [`Error::Invalid`] and [`Error::Image`] naming the field.
pub fn image_body(body: &[u8]) -> Result<Image, Error> {
    let root = read_object(body)?;
    let mut content_type = None;
    let mut image = None;
    for (name, value) in Members::of(&root, "").iter() {
        let field = match name {
            "content_type" | "contentType" => &mut content_type,
            "image" => &mut image,
            _ => return Err(Error::invalid(shortened(name), "is not a known field")),
        };
        if field.replace(value).is_some() {
            return Err(Error::invalid(name.to_owned(), "is given twice"));
        }
    }
    let content_type = text("content_type", content_type)?.unwrap_or_default();
    let image = text("image", image)?
        .filter(|image| !image.is_empty())
        .ok_or_else(|| Error::invalid("image", "is mandatory"))?;
    // Stricter than elsewhere: what is given must be a type that is taken.
    if !content_type.is_empty() && Format::named(content_type).is_none() {
        return Err(Error::invalid(
            "content_type",
            "must be image/png, image/jpeg or image/gif",
        ));
    }
    Image::from_base64(image, content_type).map_err(|fault| Error::image("image", fault))
}

fn text<'v>(name: &'static str, value: Option<&'v Value<'v>>) -> Result<Option<&'v str>, Error> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_str()
            .map(Some)
            .ok_or_else(|| Error::invalid(name, "must be a string")),
    }
}

/// The terms of a change: what `If-Match` and `If-None-Match` say of the present picture, and how many changes a minute
/// one user may make.
pub fn terms(head: &Head, changes_a_minute: Option<NonZeroU64>) -> Terms<'_> {
    Terms {
        precondition: Some(Box::new(|present| is_met(head, present))),
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
