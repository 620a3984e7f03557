//! The application's variables: what the value of each must be, and what leaving it empty means.
//!
//! A value that can't be read makes the calls that need it fail as unavailable: nothing falls back to a default that
//! the operator did not ask for.

mod origin;
mod tokens;

use std::num::NonZeroU64;
use std::time::Duration;

pub use origin::{ImageOrigin, Origin};
pub use tokens::{TokenList, UserTokens};

use crate::Error;
use crate::login::LoginKey;

/// The tokens that Netex's API accepts.
pub static NETEX_TOKENS: Variable<TokenList> = Variable {
    name: "netex_tokens",
    read: |value| Ok(value.into()),
    when_empty: Some("every Netex call gets 401"),
};

/// Whom each token of F5's API stands for.
pub static F5_TOKENS: Variable<UserTokens> = Variable {
    name: "f5_tokens",
    read: |value| value.try_into(),
    when_empty: Some("every F5 call gets 401"),
};

/// Whether IBM BPM's error documents show what only the log does otherwise.
pub static EXPOSE_DETAILS: Variable<bool> = Variable::boolean("expose_details");

/// Whether pages of other sites may call IBM BPM's API with the credentials that a browser remembers.
pub static BPM_CROSS_SITE: Variable<bool> = Variable::boolean("bpm_cross_site");

/// Whether everybody may see the users' avatars.
pub static PUBLIC_AVATARS: Variable<bool> = Variable::boolean("public_avatars");

/// The key of the logins that the store remembers for all instances.
pub static LOGIN_KEY: Variable<Option<LoginKey>> = Variable {
    name: "login_key",
    read: optional,
    when_empty: Some("each instance remembers verified passwords alone"),
};

/// The origin that images given by URL are fetched from.
pub static IMAGE_URL_ORIGIN: Variable<Option<ImageOrigin>> = Variable {
    name: "image_url_origin",
    read: optional,
    when_empty: Some("an image given by URL is refused"),
};

/// The origin that clients know the service by, where that is not the request's own.
pub static PUBLIC_ORIGIN: Variable<Option<Origin>> = Variable {
    name: "public_origin",
    read: optional,
    when_empty: Some("Location and image URLs take the request's own scheme and host"),
};

/// The avatar changes a minute that F5's API allows one user; 60 when empty, no limit where there is none.
pub static F5_RATE_LIMIT: Variable<Option<NonZeroU64>> = Variable {
    name: "f5_rate_limit",
    read: |value| match value {
        "" => Ok(NonZeroU64::new(60)),
        value => value
            .parse()
            .map(NonZeroU64::new)
            .map_err(|_| "must be a whole number, of which 0 is no limit"),
    },
    when_empty: None,
};

/// How long a call waits for the store; 5 seconds when empty.
pub static STORE_TIMEOUT_MS: Variable<Duration> = Variable {
    name: "store_timeout_ms",
    read: |value| match value {
        "" => Ok(Duration::from_secs(5)),
        value => value
            .parse()
            .map(|milliseconds: NonZeroU64| Duration::from_millis(milliseconds.get()))
            .map_err(|_| "must be a whole number of milliseconds, at least 1"),
    },
    when_empty: None,
};

const ALL: [&dyn Check; 10] = [
    &NETEX_TOKENS,
    &F5_TOKENS,
    &EXPOSE_DETAILS,
    &BPM_CROSS_SITE,
    &PUBLIC_AVATARS,
    &LOGIN_KEY,
    &IMAGE_URL_ORIGIN,
    &PUBLIC_ORIGIN,
    &F5_RATE_LIMIT,
    &STORE_TIMEOUT_MS,
];

/// A variable of the application, whose value is read as a `T`.
pub struct Variable<T> {
    name: &'static str,
    /// Reads a value without white space around it. An error says what it must be, to be read after the name.
    read: fn(&str) -> Result<T, &'static str>,
    /// What leaving it empty means, where an operator should know.
    when_empty: Option<&'static str>,
}

impl Variable<bool> {
    /// A variable that is `true` or `false`, and false when empty.
    const fn boolean(name: &'static str) -> Self {
        Self {
            name,
            read: |value| match value {
                "true" => Ok(true),
                "false" | "" => Ok(false),
                _ => Err("must be true or false"),
            },
            when_empty: None,
        }
    }
}

impl<T> Variable<T> {
    /// The name in `spin.toml`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Reads a value. White space around it doesn't matter.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(&self, value: &str) -> Result<T, Unreadable> {
        (self.read)(value.trim()).map_err(|problem| Unreadable {
            name: self.name,
            problem,
        })
    }
}

/// A value is not what its variable's must be. The text never shows the value, which may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the variable {name} {problem}")]
pub struct Unreadable {
    name: &'static str,
    problem: &'static str,
}

impl From<Unreadable> for Error {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unavailable {
            detail: unreadable.to_string(),
        }
    }
}

/// What an operator should know of this value of the variable `name` before the first call: that it can't be read, or
/// what it means that it is empty.
pub fn warning(name: &str, value: &str) -> Option<String> {
    let variable = ALL.into_iter().find(|variable| variable.name() == name)?;
    variable.warning(value)
}

/// A variable of any type.
trait Check {
    fn name(&self) -> &'static str;
    fn warning(&self, value: &str) -> Option<String>;
}

impl<T> Check for Variable<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn warning(&self, value: &str) -> Option<String> {
        match (self.read(value), self.when_empty) {
            (Err(unreadable), _) => Some(format!("{unreadable}: calls that need it get 503")),
            (Ok(_), Some(effect)) if value.trim().is_empty() => {
                Some(format!("the variable {} is empty: {effect}", self.name))
            }
            (Ok(_), _) => None,
        }
    }
}

/// Reads a value that may be left empty.
fn optional<T>(value: &str) -> Result<Option<T>, &'static str>
where
    T: for<'v> TryFrom<&'v str, Error = &'static str>,
{
    match value {
        "" => Ok(None),
        value => value.try_into().map(Some),
    }
}
