//! What a path means.

use base16ct::lower::encode_string;

use super::{Error, Lifetime};
use crate::directory::{Change, EmailHash};
use crate::name::UserId;
use crate::web::{self, Head, decode_segment};

/// The extensions that are left out of a hash or an `id`.
const EXTENSIONS: [&str; 5] = ["png", "jpg", "jpeg", "gif", "webp"];

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `/avatar/{hash}`: the avatar of the user with this email address.
    Address(EmailHash),
    /// `/avatars/{id}`: a user's avatar. Nobody may have the `id`.
    User(String),
    /// `/avatars/{id}/{revision}`: the picture that this change put there.
    Revision {
        /// The user's `id`.
        id: String,
        /// The change.
        revision: String,
    },
    /// `/avatars/index`: makes users found by their addresses who came before addresses were kept.
    Index,
}

impl Target {
    /// The target of a request.
    ///
    /// # Errors
    /// [`Error::NoSuchPath`]; [`web::Error::Invalid`] for a malformed hash or `id`, and for a segment that can't be
    /// decoded.
    pub fn of(head: &Head) -> Result<Self, Error> {
        match *head.segments_below("").as_slice() {
            ["avatar", hash] => address(&decode_segment(hash)?).map(Self::Address),
            ["avatars", "index"] => Ok(Self::Index),
            ["avatars", id] => id_in(without_extension(&decode_segment(id)?)).map(Self::User),
            ["avatars", id, revision] => Ok(Self::Revision {
                id: id_in(&decode_segment(id)?)?,
                revision: without_extension(&decode_segment(revision)?).to_ascii_lowercase(),
            }),
            _ => Err(Error::NoSuchPath),
        }
    }

    /// The path of a request as the log may show it. An address can be guessed from its hash, so no hash is shown, even
    /// where an `id` belongs.
    pub fn path_to_log(head: &Head) -> &'static str {
        match *head.segments_below("").as_slice() {
            ["avatar", ..] => "/avatar/-",
            ["avatars", "index"] => "/avatars/index",
            _ => "/avatars/-",
        }
    }

    /// Whether this target shows the picture that this change stored, or what is drawn where there is none.
    pub fn is_of(&self, change: Option<&Change>) -> bool {
        match self {
            Self::Revision { revision, .. } => {
                change.is_some_and(|change| change.revision == *revision)
            }
            Self::Address(_) | Self::User(_) | Self::Index => true,
        }
    }

    /// How long caches may keep this target's picture.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Revision { .. } => Lifetime::Immutable,
            Self::Address(_) | Self::User(_) | Self::Index => Lifetime::Short,
        }
    }

    /// What tells this target's pictures without an avatar from those of others: the hash, or the `id`.
    pub fn name(&self) -> String {
        match self {
            Self::Address(EmailHash::Md5(hash)) => encode_string(hash),
            Self::Address(EmailHash::Sha256(hash)) => encode_string(hash),
            Self::User(id) | Self::Revision { id, .. } => id.clone(),
            Self::Index => String::new(),
        }
    }
}

fn address(text: &str) -> Result<EmailHash, Error> {
    EmailHash::from_hex(without_extension(text)).ok_or_else(|| {
        let problem = "is not the MD5 (32 hexadecimal digits) or SHA-256 (64) of an email address";
        web::Error::invalid("The hash", problem).into()
    })
}

fn id_in(text: &str) -> Result<String, Error> {
    let id = text.to_ascii_lowercase();
    match UserId::number_in(&id) {
        Some(_) => Ok(id),
        None => Err(web::Error::invalid("The id", "is not 32 hexadecimal digits").into()),
    }
}

fn without_extension(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((rest, extension))
            if EXTENSIONS
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known)) =>
        {
            rest
        }
        _ => text,
    }
}
