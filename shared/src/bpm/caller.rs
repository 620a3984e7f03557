//! Authentication with HTTP Basic (RFC 7617) and the stored password.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::Error;
use crate::directory::{Admission, Directory};
use crate::login::{HeldLogins, Login, LoginKey, Remembrance};
use crate::name::NOBODY;
use crate::password::{MAX_BYTES, PasswordHash};
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
}

/// Returns the caller. A remembered login needs no hash.
///
/// It takes the same time and the same store operations to refuse a wrong password, an unknown user, a disabled user,
/// and a user without a local password. After [`MAX_FAILED`](crate::directory::MAX_FAILED) failed logins at a name
/// within a minute, further ones there are refused without a hash.
///
/// # Errors
/// [`web::Error::Unauthenticated`], [`crate::Error::Contended`] if too many other passwords were verified all the time,
/// and the directory's.
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
        let verified = logins.held.verify(hash, &password);
        let settled = directory.settle_login(attempt, !verified).await;
        let Some(user) = user.filter(|_| verified) else {
            settled?;
            return Err(web::Error::Unauthenticated.into());
        };
        logins.remember(&user, &password, directory).await;
        return Ok(user);
    }
    Err(crate::Error::Contended.into())
}

impl Logins {
    /// Returns the user if the login is remembered. If not, returns the user if its password must be verified. A login
    /// that the store does not remember, or will soon forget, is stored.
    async fn recognize<S: Store>(
        &self,
        user: Option<User>,
        password: &str,
        directory: &Directory<S>,
    ) -> Result<User, Option<User>> {
        let now = directory.now();
        let user = user.filter(|user| user.enabled && user.auth_source.is_local());
        let user = user.ok_or_else(|| self.recognize_nobody(password, now))?;
        let Some(login) = login(&user, password) else {
            self.recognize_nobody(password, now);
            return Err(Some(user));
        };
        let stored = self.stored(&user, login, now);
        if stored.is_none() && !self.held.hold(login, now) {
            return Err(Some(user));
        }
        if stored.is_none_or(|stored| stored.ends_soon) {
            self.store(&user, password, directory).await;
        }
        Ok(user)
    }

    /// Takes as long as for a user, and returns nobody.
    fn recognize_nobody(&self, password: &str, now: u64) -> Option<User> {
        let hash = PasswordHash::nobodys();
        let login = Login {
            number: NOBODY,
            hash: &hash,
            password,
        };
        if let Some(key) = &*self.key {
            std::hint::black_box(key.remember(login, now));
        }
        std::hint::black_box(self.held.hold(login, now));
        None
    }

    /// Remembers a verified login: in the store, or else in this instance.
    async fn remember<S: Store>(&self, user: &User, password: &str, directory: &Directory<S>) {
        let stored = self.store(user, password, directory).await;
        if let Some(login) = login(user, password).filter(|_| !stored) {
            self.held.add(login, directory.now());
        }
    }

    /// How the store remembers this login.
    fn stored(&self, user: &User, login: Login<'_>, now: u64) -> Option<Remembrance> {
        let remembered = user.remembered_login.as_ref()?;
        Option::as_ref(&self.key)?.recognizes(remembered, login, now)
    }

    /// Stores a verified login for all instances. Returns whether the store remembers it. If not, later logins are
    /// slower.
    async fn store<S: Store>(&self, user: &User, password: &str, directory: &Directory<S>) -> bool {
        let now = directory.now();
        let Some(key) = Option::as_ref(&self.key).filter(|_| self.held.may_store(now)) else {
            return false;
        };
        let mut is_stored = false;
        let remember = |found: &mut User| {
            let leave = || Error::from(web::Error::Unauthenticated);
            // The password was verified with the hash that the caller has read.
            let same = found.password == user.password;
            let login = login(found, password).filter(|_| same).ok_or_else(leave)?;
            // Another call may have stored it meanwhile.
            let stored = self.stored(found, login, now);
            is_stored = stored.is_some_and(|stored| !stored.ends_soon);
            if is_stored {
                return Err(leave());
            }
            found.remembered_login = Some(key.remember(login, now));
            Ok(())
        };
        let outcome = directory.update(user.number, remember).await;
        if let Err(Error::Directory(_)) = outcome {
            self.held.store_failed(now);
        }
        is_stored || outcome.is_ok()
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
    // No user has a longer password.
    if password.len() > MAX_BYTES {
        return None;
    }
    Some((username.to_owned(), password.to_owned()))
}
