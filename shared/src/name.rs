//! Names, numbers and identifiers of users.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use unicase::UniCase;

/// The most characters of a user name, an `externalId` and a `commonId`.
pub const MAX_CHARACTERS: usize = 255;

/// The name that stands for the caller in IBM BPM's paths.
pub const CURRENT: &str = "current";

/// A user's number, which IBM BPM calls the user id. Numbers start at 1 and are never reused.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct UserNumber(pub u64);

/// No user's number: users are numbered from 1.
pub(crate) const NOBODY: UserNumber = UserNumber(0);

impl fmt::Display for UserNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A user's `id` of 32 lower-case hexadecimal digits. The first 16 are the number and lead to the record without an
/// index. The other 16 are random, so an id cannot be guessed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UserId(String);

impl UserId {
    /// Creates the identifier of the user `number` from these random bits.
    pub fn new(number: UserNumber, random: u64) -> Self {
        Self(format!("{:016x}{random:016x}", number.0))
    }

    /// Returns the number in a possible identifier.
    pub fn number_in(text: &str) -> Option<UserNumber> {
        let mut bytes = [0; 16];
        let decoded = base16ct::lower::decode(text, &mut bytes).ok()?;
        let (number, random) = decoded.split_first_chunk()?;
        (random.len() == 8).then(|| UserNumber(u64::from_be_bytes(*number)))
    }

    /// The 32 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user's name, kept as given.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl TryFrom<String> for Username {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() {
            return Err("is mandatory");
        }
        if text.chars().count() > MAX_CHARACTERS {
            return Err("is longer than 255 characters");
        }
        let forbidden = |c: char| {
            c.is_control()
                || c.is_whitespace()
                || r"/\?#%:,=".contains(c)
                || matches!(c, '\u{fffe}' | '\u{ffff}')
        };
        if text.contains(forbidden) {
            return Err(
                r"must not contain control characters, white space or any of / \ ? # % : , =",
            );
        }
        if text.chars().all(|c| c == '.') {
            return Err("must not consist of dots alone");
        }
        let name = Self(text);
        if name.folded() == CURRENT {
            return Err("must not be 'current'");
        }
        Ok(name)
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

impl Username {
    /// The name as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are compared; see [`fold`].
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// Maps all spellings of a name to one form: NFC, full case folding, then NFC again.
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let folded = UniCase::unicode(nfc.normalize(name)).to_folded_case();
    nfc.normalize(&folded).into_owned()
}
