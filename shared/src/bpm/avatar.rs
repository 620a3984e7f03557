//! The UserAvatarData document.

use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Error;
use super::representation::{Document, Representation};
use super::xml::{self, Writer, base64_element, text_element};
use crate::directory::{Avatar, Change};
use crate::image::{Format, Image};
use crate::user::User;
use crate::web::{self, Answer};

/// The picture of users without an avatar, drawn for this project.
const DEFAULT_PICTURE: &[u8] = include_bytes!("default-avatar.png");

/// The vendor's timestamp of the default picture. It alone is also the picture's key.
const DEFAULT_TIMESTAMP: &str = "946681200000";

/// The picture to show.
#[derive(Clone, Copy)]
pub enum ShownAvatar<'a> {
    /// The user's own, newly stored.
    New(&'a Image, &'a Change),
    /// The user's own, as stored.
    Stored(&'a Avatar),
    /// The default picture.
    Default,
}

impl<'a> From<&'a Option<Avatar>> for ShownAvatar<'a> {
    fn from(avatar: &'a Option<Avatar>) -> Self {
        avatar.as_ref().map_or(Self::Default, Self::Stored)
    }
}

/// `userID` is a number, everything else a string, as on real servers.
#[derive(Serialize)]
struct UserAvatar<'u> {
    status: &'static str,
    data: UserAvatarData<'u>,
}

/// In the order of the vendor's samples.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserAvatarData<'u> {
    #[serde(rename = "userID")]
    user_id: u64,
    user_name: &'u str,
    user_avatar_image: Box<RawValue>,
    user_avatar_key: String,
    user_update_timestamp: String,
    image_format: &'static str,
    is_default: &'static str,
}

impl Representation {
    /// Writes the answer with a user's avatar.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] when the answer cannot be written.
    pub fn show(&self, user: &User, avatar: ShownAvatar<'_>) -> Result<Answer, Error> {
        let data = UserAvatarData::new(user, avatar)?;
        if self.bare {
            self.answer(StatusCode::OK, &data)
        } else {
            let status = "200";
            self.answer(StatusCode::OK, &UserAvatar { status, data })
        }
    }
}

impl<'u> UserAvatarData<'u> {
    fn new(user: &'u User, avatar: ShownAvatar<'_>) -> Result<Self, Error> {
        let own = |change: &Change| {
            let timestamp = change.timestamp.to_string();
            (format!("{timestamp}-{}", user.number), timestamp)
        };
        let default = || (DEFAULT_TIMESTAMP.to_owned(), DEFAULT_TIMESTAMP.to_owned());
        let (bytes, format, (user_avatar_key, user_update_timestamp), is_default) = match avatar {
            ShownAvatar::New(image, change) => {
                (image.bytes(), image.format(), own(change), "false")
            }
            ShownAvatar::Stored(avatar) => (
                avatar.bytes.as_ref(),
                avatar.format,
                own(&avatar.change),
                "false",
            ),
            ShownAvatar::Default => (DEFAULT_PICTURE, Format::Png, default(), "true"),
        };
        Ok(Self {
            user_id: user.number.0,
            user_name: user.username.as_str(),
            user_avatar_image: web::base64_string(bytes)?,
            user_avatar_key,
            user_update_timestamp,
            image_format: match format {
                Format::Png => "png",
                Format::Jpeg => "jpg",
                Format::Gif => "gif",
            },
            is_default,
        })
    }
}

impl Document for UserAvatar<'_> {
    /// Follows the vendor's sample, including the prefixes.
    fn to_xml(&self) -> Result<Vec<u8>, std::io::Error> {
        xml::document(|writer| {
            writer
                .create_element("bpm:ResponseData")
                .with_attributes([
                    ("xmlns:bpm", "http://rest.bpm.ibm.com/v1/data"),
                    ("xmlns:ex", "http://rest.bpm.ibm.com/v1/data/exception"),
                    ("xmlns:soc", "http://rest.bpm.ibm.com/v1/data/social"),
                    ("xmlns:sys", "http://rest.bpm.ibm.com/v1/data/system"),
                    ("xmlns:ug", "http://rest.bpm.ibm.com/v1/data/usergroup"),
                ])
                .write_inner_content(|writer| {
                    text_element(writer, "status", self.status)?;
                    self.data.write(writer)
                })?;
            Ok(())
        })
    }
}

impl Document for UserAvatarData<'_> {
    fn to_xml(&self) -> Result<Vec<u8>, std::io::Error> {
        xml::document(|writer| self.write(writer))
    }
}

impl UserAvatarData<'_> {
    fn write(&self, writer: &mut Writer) -> std::io::Result<()> {
        writer
            .create_element("data")
            .with_attributes([
                ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
                ("xmlns:ns8", "http://rest.bpm.ibm.com/v1/data/useravatar"),
                ("xsi:type", "ns8:UserAvatarData"),
            ])
            .write_inner_content(|writer| {
                text_element(writer, "userID", &self.user_id.to_string())?;
                text_element(writer, "userName", self.user_name)?;
                base64_element(
                    writer,
                    "userAvatarImage",
                    self.user_avatar_image.get().trim_matches('"'),
                )?;
                text_element(writer, "userAvatarKey", &self.user_avatar_key)?;
                text_element(writer, "userUpdateTimestamp", &self.user_update_timestamp)?;
                text_element(writer, "imageFormat", self.image_format)?;
                text_element(writer, "isDefault", self.is_default)
            })?;
        Ok(())
    }
}
