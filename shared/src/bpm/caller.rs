//! Authentication with HTTP Basic (RFC 7617) and the stored password.

use std::cell::Cell;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::Error;
use crate::directory::{Admission, Directory};
use crate::login::{HeldLogins, Login, LoginKey, Remembrance};
use crate::password;
use crate::store::Store;
use crate::user::User;
use crate::web::header::SEC_FETCH_SITE;
use crate::web::{self, Authorization, Head};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How often a login looks whether others have been verified. The store's time limit usually ends it earlier.
const LOOKS: u32 = 256;

/// Whether a browser sent this for a page of another site. The browser may have added remembered credentials that the
/// page does not know.
pub fn is_cross_site(head: &Head) -> bool {
    let mut values = head.headers.get_all(SEC_FETCH_SITE).iter();
    values.any(|value| value == "cross-site")
}

/// Allows pages of other sites if the variable `bpm_cross_site` does.
///
/// # Errors
/// [`Error::NotAuthorized`].
pub fn allow_cross_site(bpm_cross_site: bool) -> Result<(), Error> {
    if bpm_cross_site {
        return Ok(());
    }
    Err(Error::NotAuthorized {
        action: "cross-site call",
    })
}

/// What an instance knows of logins.
pub struct Logins {
    /// The key of the logins in the store, the variable `login_key`. `None` if the store remembers none.
    pub key: Rc<Option<LoginKey>>,
    /// The logins that this instance has verified.
    pub held: Rc<HeldLogins>,
    /// Whether the last authentication took a hash, and left nothing that only this instance remembers.
    pub hashed_in_vain: Cell<bool>,
}

/// Returns the caller. A remembered login needs no hash.
///
/// It takes the same time and the same store operations to refuse a wrong password, an unknown user, a disabled user,
/// and a user without a local password. After [`MAX_FAILED`](crate::directory::MAX_FAILED) failed logins at a name
/// within a minute, further ones there are refused without a hash.
///
/// # Errors
/// [`web::Error::Unauthenticated`], and the directory's.
pub async fn authenticate<S: Store>(
    head: &Head,
    directory: &Directory<S>,
    logins: &Logins,
) -> Result<User, Error> {
    let (username, password) = credentials(head).ok_or(web::Error::Unauthenticated)?;
    for _ in 0..LOOKS {
        // Most callers are remembered in both ways, which takes one read.
        let user = directory.find_remembered(&username).await?;
        if let Ok(user) = logins.recognize(user, &password, directory).await {
            return Ok(user);
        }
        let user = directory.find_by_username(&username).await?;
        let user = match logins.recognize(user, &password, directory).await {
            Ok(user) => return Ok(user),
            Err(user) => user,
        };
        let attempt = match directory.admit_login(&username).await? {
            Admission::Admitted(attempt) => attempt,
            Admission::Refused => return Err(web::Error::Unauthenticated.into()),
            Admission::Crowded => {
                // Later the store may remember this login.
                directory.wait_for_logins().await?;
                continue;
            }
        };
        let hash = user.as_ref().and_then(|user| user.password.as_ref());
        let verified = password::verify(hash, &password);
        logins.hashed_in_vain.set(true);
        let settled = directory.settle_login(attempt, !verified).await;
        let Some(user) = user.filter(|_| verified) else {
            settled?;
            return Err(web::Error::Unauthenticated.into());
        };
        let stored = logins.remember(&user, &password, directory).await;
        logins.hashed_in_vain.set(stored);
        return Ok(user);
    }
    Err(crate::Error::Contended.into())
}

impl Logins {
    /// Returns the user if the login is remembered. If not, returns the user if its password must be verified. A login
    /// that the store will soon forget is stored anew.
    async fn recognize<S: Store>(
        &self,
        user: Option<User>,
        password: &str,
        directory: &Directory<S>,
    ) -> Result<User, Option<User>> {
        let user = user.filter(|user| user.enabled && user.auth_source.is_local());
        let user = user.ok_or(None)?;
        let Some(login) = login(&user, password) else {
            return Err(Some(user));
        };
        let now = directory.now();
        let stored = self.stored(&user, login, now);
        if stored.is_none() && !self.held.hold(login, now) {
            return Err(Some(user));
        }
        if stored.is_none_or(|stored| stored.ends_soon) {
            self.store(&user, password, directory).await;
        }
        Ok(user)
    }

    /// Remembers a verified login. Returns whether all instances do.
    async fn remember<S: Store>(
        &self,
        user: &User,
        password: &str,
        directory: &Directory<S>,
    ) -> bool {
        if let Some(login) = login(user, password) {
            self.held.add(login, directory.now());
        }
        self.store(user, password, directory).await
    }

    /// How the store remembers this login.
    fn stored(&self, user: &User, login: Login<'_>, now: u64) -> Option<Remembrance> {
        let remembered = user.remembered_login.as_ref()?;
        Option::as_ref(&self.key)?.recognizes(remembered, login, now)
    }

    /// Stores a verified login for all instances, and returns whether it did. If this fails, later logins are slower.
    async fn store<S: Store>(&self, user: &User, password: &str, directory: &Directory<S>) -> bool {
        let Some(key) = &*self.key else {
            return false;
        };
        let remember = |found: &mut User| {
            let now = directory.now();
            let login = login(found, password).ok_or(web::Error::Unauthenticated)?;
            let stored = self.stored(found, login, now);
            // The password was verified with the hash that the caller has read.
            if found.password != user.password || stored.is_some_and(|stored| !stored.ends_soon) {
                return Err(Error::from(web::Error::Unauthenticated));
            }
            found.remembered_login = Some(key.remember(login, now));
            Ok(())
        };
        directory.update(user.number, remember).await.is_ok()
    }
}

/// The login of a user with this password. `None` for a user without one.
fn login<'l>(user: &'l User, password: &'l str) -> Option<Login<'l>> {
    Some(Login {
        number: user.number,
        hash: user.password.as_ref()?,
        password,
    })
}

/// Reads user name and password. The name ends at the first colon.
fn credentials(head: &Head) -> Option<(String, String)> {
    let encoded = Authorization::of(head)?.credentials("Basic")?;
    let decoded = String::from_utf8(BASE64.decode(encoded).ok()?).ok()?;
    let (username, password) = decoded.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}
