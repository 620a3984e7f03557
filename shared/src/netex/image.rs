//! Images in Netex's requests.

use serde_json_borrow::Value;

use super::{Mode, Operation, find_user, succeed};
use crate::Error;
use crate::directory::Directory;
use crate::image::Image;
use crate::store::Store;
use crate::web::{self, Answer, Head, Members, read_object};

/// Where a user's image is to come from.
#[derive(Debug)]
pub enum ImageSource {
    /// It was in the request.
    Inline(Image),
    /// It is to be fetched from this URL.
    Url(String),
}

/// Reads the body of "Add Image to User": `{"image":{"base64Image":…,"mimeType":…}}`, or the inner object alone.
///
/// # Errors
/// [`Error::Invalid`] and [`Error::Image`] naming the field.
pub fn image_body(body: &[u8]) -> Result<Image, Error> {
    let root = read_object(body)?;
    let object = Members::of(&root, "").get("image").unwrap_or(&root);
    inline(object)?.ok_or_else(|| Error::invalid("image.base64Image", "is mandatory"))
}

/// Reads the `image` of a user: `null` and `{"url":null}` mean none.
pub(super) fn image_of_user(image: &Value<'_>) -> Result<Option<ImageSource>, Error> {
    if image.is_null() {
        return Ok(None);
    }
    let inline = inline(image)?;
    match (inline, Members::of(image, "image.").string("url")?) {
        (Some(image), None | Some(None)) => Ok(Some(ImageSource::Inline(image))),
        (None, Some(Some(url))) => Ok(Some(ImageSource::Url(url.to_owned()))),
        (None, Some(None)) => Ok(None),
        (None, None) => Err(Error::invalid("image", "must have base64Image or url")),
        (Some(_), Some(Some(_))) => Err(Error::invalid(
            "image",
            "must not have both base64Image and url",
        )),
    }
}

fn inline(image: &Value<'_>) -> Result<Option<Image>, Error> {
    if !image.is_object() {
        return Err(Error::invalid("image", "must be an object"));
    }
    let members = Members::of(image, "image.");
    let declared = members.string("mimeType")?.flatten().unwrap_or_default();
    let Some(text) = members.string("base64Image")?.flatten() else {
        return Ok(None);
    };
    Image::from_base64(text, declared)
        .map(Some)
        .map_err(|fault| Error::image("image.base64Image", fault))
}

/// Adds the image in this body to the user whom the path means.
///
/// # Errors
/// Those of [`image_body`], [`Mode::of`] and [`find_user`], and the directory's.
pub async fn add_image<S: Store>(
    head: &Head,
    directory: &Directory<S>,
    user: &str,
    body: &[u8],
) -> Result<Answer, Error> {
    let mode = Mode::of(head)?;
    let image = image_body(body)?;
    let user = find_user(directory, user).await?;

    directory.put_avatar(user.number, Some(&image)).await?;
    succeed(Operation::Image, mode)
}

/// Shows the image of the user whom the path means.
///
/// # Errors
/// [`Error::NoImage`], those of [`find_user`], and the directory's.
pub async fn show_image<S: Store>(
    head: &Head,
    directory: &Directory<S>,
    user: &str,
) -> Result<Answer, Error> {
    let user = find_user(directory, user).await?;
    let avatar = directory.avatar(user.number).await?;
    web::picture(head, avatar.ok_or(Error::NoImage)?)
}
