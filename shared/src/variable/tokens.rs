//! Tokens as an operator lists them: separated by commas or white space.

use crate::name::Username;
use crate::web::Secret;

fn entries(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|entry| !entry.is_empty())
}

/// Tokens that are accepted. Any text is a list of them.
pub struct TokenList(Vec<Secret>);

impl From<&str> for TokenList {
    fn from(value: &str) -> Self {
        Self(entries(value).map(Secret::new).collect())
    }
}

impl TokenList {
    /// Whether a token is among them. All are compared, so that the time doesn't tell which one it was.
    pub fn accepts(&self, token: &Secret) -> bool {
        self.0
            .iter()
            .fold(false, |found, accepted| found | accepted.is(token))
    }
}

/// Tokens, each of which stands for a user: `username=token`, split at the first `=`.
pub struct UserTokens(Vec<(Username, Secret)>);

impl TryFrom<&str> for UserTokens {
    type Error = &'static str;

    /// Reads the list. A token can't stand for two users.
    fn try_from(value: &str) -> Result<Self, Self::Error> {
        let expected = "must be pairs username=token, separated by commas or white space";
        let mut pairs: Vec<(Username, Secret)> = Vec::new();
        for entry in entries(value) {
            let (username, token) = entry.split_once('=').ok_or(expected)?;
            let username = Username::try_from(username.to_owned()).map_err(|_| expected)?;
            if token.is_empty() {
                return Err(expected);
            }
            let token = Secret::new(token);
            if pairs
                .iter()
                .any(|(user, known)| known.is(&token) && *user != username)
            {
                return Err("must not give two users the same token");
            }
            pairs.push((username, token));
        }
        Ok(Self(pairs))
    }
}

impl UserTokens {
    /// The user for whom a token stands. All are compared, so that the time doesn't tell which one it was.
    pub fn user_of(&self, token: &Secret) -> Option<&Username> {
        self.0.iter().fold(None, |found, (username, known)| {
            let same = known.is(token);
            if same { Some(username) } else { found }
        })
    }
}
