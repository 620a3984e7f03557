//! Users for tests that are not about their creation.

use visage::user::{AuthSource, NewUser, Profile};

/// A user with only a name.
pub(crate) fn new_user(username: &str) -> NewUser {
    NewUser {
        username: username.to_owned().try_into().unwrap(),
        auth_source: AuthSource::default(),
        password: None,
        enabled: true,
        roles: Default::default(),
        external_id: None,
        common_id: None,
        profile: Profile::default(),
        image: None,
    }
}
