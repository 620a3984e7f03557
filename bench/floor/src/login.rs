//! Logins. The floor verifies as many as Visage: one for each user and instance.

use std::cell::RefCell;

use argon2::Argon2;
use spin_sdk::wasip3::http::types::ErrorCode;

thread_local! {
    static REMEMBERED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Does the work of a password's verification, unless this user has logged in before.
pub(crate) fn verify(user: &str) -> Result<(), ErrorCode> {
    if REMEMBERED.with_borrow(|users| users.iter().any(|known| known == user)) {
        return Ok(());
    }
    let mut hash = [0; 32];
    Argon2::default()
        .hash_password_into(b"password", b"salt of a login", &mut hash)
        .map_err(|_| ErrorCode::InternalError(None))?;
    REMEMBERED.with_borrow_mut(|users| users.push(user.to_owned()));
    Ok(())
}
