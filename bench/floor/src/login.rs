//! Logins. The floor verifies as many as Visage: one for each user, which the user's record remembers.

use argon2::{Algorithm, Argon2, Params, Version};
use spin_sdk::wasip3::http::types::ErrorCode;

use crate::store::Store;

/// The second byte of a record that remembers a login.
const VERIFIED: u8 = b'v';

/// Does the work of a password's verification, unless the record at this key remembers it.
pub(crate) fn verify(store: &Store, key: &str, record: &[u8]) -> Result<(), ErrorCode> {
    if record.get(1) == Some(&VERIFIED) {
        return Ok(());
    }
    store.increment("floor.verifying")?;
    let failed = || ErrorCode::InternalError(None);
    let params = Params::new(7 * 1024, 5, 1, None).map_err(|_| failed())?;
    let mut hash = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(b"password", b"salt of a login", &mut hash)
        .map_err(|_| failed())?;
    store.increment("floor.verifying")?;
    let mut record = record.to_vec();
    if let Some(second) = record.get_mut(1) {
        *second = VERIFIED;
    }
    store.swap(key, record)
}
