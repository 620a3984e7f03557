//! Users and their data.

use email_address::{EmailAddress, Options};
use oxilangtag::LanguageTag;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::image::Image;
use crate::login::RememberedLogin;
use crate::name::{MAX_CHARACTERS, UserId, UserNumber, Username};
use crate::password::{Password, PasswordHash};
use crate::roles::Roles;

/// The most characters of a profile text.
pub const MAX_TEXT_CHARACTERS: usize = 4096;

/// The most bytes of `extra` and of `extendedFields`, as JSON.
pub const MAX_OBJECT_BYTES: usize = 16 * 1024;

/// The only `authSource` whose passwords are stored and verified here.
pub const LOCAL: &str = "LOCAL";

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// The number, IBM BPM's `userID`.
    pub number: UserNumber,
    /// Netex's `id`.
    pub id: UserId,
    /// The sign-in name.
    pub username: Username,
    /// The system that validates the credentials.
    pub auth_source: AuthSource,
    /// Used only if the [`AuthSource`] is [`LOCAL`], and optional even then.
    pub password: Option<PasswordHash>,
    /// The last login that was verified with the password, if it is to be remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered_login: Option<RememberedLogin>,
    /// Whether the user may sign in.
    pub enabled: bool,
    /// The user's roles.
    pub roles: Roles,
    /// The client's own unique identifier.
    pub external_id: Option<ForeignId>,
    /// Another unique identifier of the client's.
    pub common_id: Option<ForeignId>,
    /// All other fields.
    pub profile: Profile,
}

/// Fields about a user that Visage only stores.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Profile {
    /// The given name.
    pub name: Option<Text>,
    /// The family name.
    pub surname: Option<Text>,
    /// The user's language.
    pub language: Option<Language>,
    /// The time zone.
    pub timezone: Option<TimeZone>,
    /// The email address.
    pub email: Option<Email>,
    /// The office phone.
    pub office_phone: Option<Text>,
    /// The mobile phone.
    pub mobile_phone: Option<Text>,
    /// Interests.
    pub interests: Option<Text>,
    /// A free text about the user.
    pub about_me: Option<Text>,
    /// The location.
    pub location: Option<Text>,
    /// The client's own fields, kept as given.
    pub extended_fields: Option<Object>,
    /// A parameter without a published meaning, kept as given.
    pub extra: Option<Object>,
}

/// The data for a new user.
pub struct NewUser {
    /// The sign-in name.
    pub username: Username,
    /// The system that validates the credentials.
    pub auth_source: AuthSource,
    /// The password in clear text. It is hashed when the user is created.
    pub password: Option<Password>,
    /// Whether the user may sign in.
    pub enabled: bool,
    /// The user's roles.
    pub roles: Roles,
    /// The client's own identifier.
    pub external_id: Option<ForeignId>,
    /// Another identifier of the client's.
    pub common_id: Option<ForeignId>,
    /// All other fields.
    pub profile: Profile,
    /// The avatar.
    pub image: Option<Image>,
}

/// Defines a text type that is checked on every construction.
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
    /// The system that validates a user's credentials. [`LOCAL`] means this service.
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
    /// Whether passwords of this source are stored and verified here.
    pub fn is_local(&self) -> bool {
        self.0 == LOCAL
    }
}

checked_text!(
    /// The client's own identifier for a user.
    ForeignId,
    |text| {
        at_most(text, MAX_CHARACTERS, "is longer than 255 characters")?;
        if text.is_empty() { Err("must not be empty") } else { Ok(()) }
    }
);

checked_text!(
    /// A single email address.
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
    /// A time zone in the syntax of IANA names: `Europe/Madrid`, `UTC`.
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
    // A character has at most four bytes, so most texts need no counting.
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
