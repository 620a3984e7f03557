//! Users, and what is known of them.

use email_address::{EmailAddress, Options};
use oxilangtag::LanguageTag;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::image::Image;
use crate::name::{MAX_CHARACTERS, UserId, UserNumber, Username};
use crate::password::{Password, PasswordHash};
use crate::roles::Roles;

/// The most characters of a text of the profile.
pub const MAX_TEXT_CHARACTERS: usize = 4096;

/// The most bytes of `extra` and of `extendedFields`, as JSON.
pub const MAX_OBJECT_BYTES: usize = 16 * 1024;

/// The one `authSource` whose passwords are kept and checked here.
pub const LOCAL: &str = "LOCAL";

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// The number, IBM BPM's `userID`.
    pub number: UserNumber,
    /// Netex's `id`.
    pub id: UserId,
    /// The name to sign in with.
    pub username: Username,
    /// Where the credentials are validated.
    pub auth_source: AuthSource,
    /// Counts only where the [`AuthSource`] is [`LOCAL`], and may be missing even there.
    pub password: Option<PasswordHash>,
    /// Whether the user may sign in.
    pub enabled: bool,
    /// What the user may do.
    pub roles: Roles,
    /// The client's own identifier; unique.
    pub external_id: Option<ForeignId>,
    /// Another identifier of the client's; unique.
    pub common_id: Option<ForeignId>,
    /// Everything else.
    pub profile: Profile,
}

/// What is told about a user and means nothing to us.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Profile {
    /// The given name.
    pub name: Option<Text>,
    /// The family name.
    pub surname: Option<Text>,
    /// The language to address the user in.
    pub language: Option<Language>,
    /// The time zone.
    pub timezone: Option<TimeZone>,
    /// The mail address.
    pub email: Option<Email>,
    /// The phone at the office.
    pub office_phone: Option<Text>,
    /// The mobile phone.
    pub mobile_phone: Option<Text>,
    /// Interests.
    pub interests: Option<Text>,
    /// A text about the user.
    pub about_me: Option<Text>,
    /// Where the user is.
    pub location: Option<Text>,
    /// Fields that the client has made up; kept as given.
    pub extended_fields: Option<Object>,
    /// A parameter whose meaning is unpublished; kept as given.
    pub extra: Option<Object>,
}

/// What a user is made of.
pub struct NewUser {
    /// The name to sign in with.
    pub username: Username,
    /// Where the credentials are validated.
    pub auth_source: AuthSource,
    /// The password in clear; it is hashed when the user is created.
    pub password: Option<Password>,
    /// Whether the user may sign in.
    pub enabled: bool,
    /// What the user may do.
    pub roles: Roles,
    /// The client's own identifier.
    pub external_id: Option<ForeignId>,
    /// Another identifier of the client's.
    pub common_id: Option<ForeignId>,
    /// Everything else.
    pub profile: Profile,
    /// The avatar.
    pub image: Option<Image>,
}

/// Makes a type of a text that is checked whenever it is made.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let check: fn(&str) -> Result<(), &'static str> = $check;
                check(&text).map(|()| Self(text))
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }
    };
}

checked_text!(
    /// A text of up to [`MAX_TEXT_CHARACTERS`].
    Text,
    |text| {
        at_most(text, MAX_TEXT_CHARACTERS, "is longer than 4096 characters")
    }
);

checked_text!(
    /// The system that validates a user's credentials; [`LOCAL`] is this one.
    AuthSource,
    |text| {
        at_most(text, MAX_CHARACTERS, "is longer than 255 characters")?;
        if text.is_empty() { Err("must not be empty") } else { Ok(()) }
    }
);

impl Default for AuthSource {
    fn default() -> Self {
        Self(LOCAL.to_owned())
    }
}

impl AuthSource {
    /// Whether passwords of this source are kept and checked here.
    pub fn is_local(&self) -> bool {
        self.0 == LOCAL
    }
}

checked_text!(
    /// An identifier that the client gives, for itself to find the user by.
    ForeignId,
    |text| {
        at_most(text, MAX_CHARACTERS, "is longer than 255 characters")?;
        if text.is_empty() { Err("must not be empty") } else { Ok(()) }
    }
);

checked_text!(
    /// One mail address.
    Email,
    |text| {
        EmailAddress::parse_with_options(text, Options::default().without_display_text())
            .map(drop)
            .map_err(|_| "is not an email address")
    }
);

checked_text!(
    /// A language code as in RFC 5646: `en`, `pt-BR`.
    Language,
    |text| {
        at_most(text, MAX_CHARACTERS, "is longer than 255 characters")?;
        LanguageTag::parse(text)
            .map(drop)
            .map_err(|_| "is not a language code such as en or pt-BR")
    }
);

checked_text!(
    /// A time zone with an IANA name's syntax: `Europe/Madrid`, `UTC`.
    TimeZone,
    |text| {
        let well_formed = text.len() <= MAX_CHARACTERS
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.split('/').all(|part| {
                !part.is_empty()
                    && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-_".contains(&b))
            });
        if well_formed { Ok(()) } else { Err("is not a time zone name such as Europe/Madrid") }
    }
);

fn at_most(text: &str, characters: usize, problem: &'static str) -> Result<(), &'static str> {
    // No character has more than four bytes, so that most texts need no counting.
    if text.len() > characters && text.chars().count() > characters {
        Err(problem)
    } else {
        Ok(())
    }
}

/// A JSON object of up to [`MAX_OBJECT_BYTES`], kept as given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub struct Object(Box<RawValue>);

impl TryFrom<Box<RawValue>> for Object {
    type Error = &'static str;

    fn try_from(json: Box<RawValue>) -> Result<Self, Self::Error> {
        if !json.get().starts_with('{') {
            Err("must be an object")
        } else if json.get().len() > MAX_OBJECT_BYTES {
            Err("is larger than 16384 bytes")
        } else {
            Ok(Self(json))
        }
    }
}
