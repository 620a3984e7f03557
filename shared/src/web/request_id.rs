//! `X-Request-Id`: what ties an answer to its line in the log.

use super::Head;
use super::header::X_REQUEST_ID;

/// The most characters of an identifier that is taken over.
const MAX_CHARACTERS: usize = 128;

/// The request's own identifier if it is a sane token, of 1 to 128 visible ASCII characters, otherwise a new one.
pub fn request_id(head: &Head) -> String {
    let given = head.header(&X_REQUEST_ID).filter(|id| {
        (1..=MAX_CHARACTERS).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    });
    given.map_or_else(
        || format!("{:016x}", getrandom::u64().unwrap_or_default()),
        str::to_owned,
    )
}
