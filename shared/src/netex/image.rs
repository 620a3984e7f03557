//! Images in Netex's requests.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Error, Mode, Operation, find_user, find_user_with, succeed};
use crate::directory::Directory;
use crate::image::Image;
use crate::store::Store;
use crate::web::json::{self, Borrowed, Members, Patch};
use crate::web::{self, Answer, Head};

/// Where a user's image is to come from.
#[derive(Debug)]
pub enum ImageSource {
    /// It was in the request.
    Inline(Image),
    /// It is to be fetched from this URL.
    Url(String),
}

/// The members of an image in a request.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ImageFields<'b, U> {
    #[serde(borrow)]
    base64_image: Option<Borrowed<'b>>,
    #[serde(borrow)]
    mime_type: Option<Borrowed<'b>>,
    /// A [`Patch`] of a string where one is taken, [`IgnoredAny`] where not.
    url: U,
}

/// The body of "Add Image to User", where the image has a name.
#[derive(Deserialize)]
struct ImageBody<'b> {
    #[serde(borrow, default)]
    image: Patch<Members<ImageFields<'b, IgnoredAny>>>,
}

/// Reads the body of "Add Image to User": `{"image":{"base64Image":…,"mimeType":…}}`, or the inner object alone.
///
/// # Errors
/// [`web::Error::Invalid`] and [`web::Error::Image`] naming the field.
pub fn image_body(body: &[u8]) -> Result<Image, web::Error> {
    let ImageBody { image } = json::read(body, str::to_owned)?;
    let fields = match image {
        Patch::Set(Members(fields)) => fields,
        Patch::Clear => return Err(web::Error::invalid("image", "must be an object")),
        Patch::Keep => json::read(body, |member| format!("image.{member}"))?,
    };
    fields
        .inline()?
        .ok_or_else(|| web::Error::invalid("image.base64Image", "is mandatory"))
}

impl ImageFields<'_, Patch<String>> {
    /// Where the image of a user is to come from: `{"url":null}` means that there is none.
    pub(super) fn source(&self) -> Result<Patch<ImageSource>, web::Error> {
        match (self.inline()?, &self.url) {
            (Some(image), Patch::Keep | Patch::Clear) => Ok(Patch::Set(ImageSource::Inline(image))),
            (None, Patch::Set(url)) => Ok(Patch::Set(ImageSource::Url(url.clone()))),
            (None, Patch::Clear) => Ok(Patch::Clear),
            (None, Patch::Keep) => {
                Err(web::Error::invalid("image", "must have base64Image or url"))
            }
            (Some(_), Patch::Set(_)) => Err(web::Error::invalid(
                "image",
                "must not have both base64Image and url",
            )),
        }
    }
}

impl<U> ImageFields<'_, U> {
    fn inline(&self) -> Result<Option<Image>, web::Error> {
        let Some(text) = &self.base64_image else {
            return Ok(None);
        };
        let declared = self.mime_type.as_ref().map_or("", |text| &text.0);
        Image::from_base64(&text.0, declared)
            .map(Some)
            .map_err(|fault| web::Error::image("image.base64Image", fault))
    }
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
    succeed(Operation::AddImage, mode)
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
    let read = async |number| directory.avatar(number).await;
    let (_, avatar) = find_user_with(directory, user, read).await?;
    Ok(web::picture(head, avatar?.ok_or(Error::NoImage)?)?)
}
