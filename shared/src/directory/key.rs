//! The keys. All begin with `visage.`, because Redis gives all applications one key space. They contain only `A-Z a-z
//! 0-9 - _ .`.

use sha2::{Digest as _, Sha256};

use crate::name::UserNumber;
use crate::rendering::Size;
use crate::store::COUNTER;

/// The counter of users: the last number given out.
pub(super) const SEQUENCE: &str = COUNTER;

/// The record of a user.
pub(super) fn user(number: UserNumber) -> String {
    format!("visage.user.{number}")
}

/// The avatar of a user.
pub(super) fn avatar(number: UserNumber) -> String {
    format!("visage.avatar.{number}")
}

/// A part of a picture that does not fit into the avatar's own value.
pub(super) fn avatar_part(number: UserNumber, slot: u8, index: usize) -> String {
    format!("visage.avatar.{number}.{slot}.{index}")
}

/// The pointer from a folded name to its user.
pub(super) fn name(folded: &str) -> String {
    format!("visage.name.{}", hash(folded))
}

/// The pointer from an `externalId` to its user.
pub(super) fn external(id: &str) -> String {
    format!("visage.external.{}", hash(id))
}

/// The pointer from a `commonId` to its user.
pub(super) fn common(id: &str) -> String {
    format!("visage.common.{}", hash(id))
}

/// The pointer from the SHA-256 of an e-mail address to a user.
pub(super) fn email(sha256: &[u8; 32]) -> String {
    format!("visage.email.{}", base16ct::lower::encode_string(sha256))
}

/// The SHA-256 of the e-mail address with this MD5.
pub(super) fn md5(md5: &[u8; 16]) -> String {
    format!("visage.md5.{}", base16ct::lower::encode_string(md5))
}

/// How far the users' e-mail addresses are indexed.
pub(super) const INDEXED: &str = "visage.indexed";

/// A rendering of a user's picture. Its first piece stands at index 0.
pub(super) fn rendering(number: UserNumber, size: Size, index: usize) -> String {
    let size = size.pixels();
    match index {
        0 => format!("visage.rendering.{number}.{size}"),
        _ => format!("visage.rendering.{number}.{size}.{index}"),
    }
}

/// The counter of deletions in a segment of numbers.
pub(super) fn segment_changes(segment: u64) -> String {
    format!("visage.segment.{segment}.changes")
}

/// The summaries of a group of segments.
pub(super) fn segment_group(group: u64) -> String {
    format!("visage.segments.{group}")
}

/// How many counters of failed logins there are, so that guessers cannot fill the store.
const FAILED_LOGINS: u16 = 1 << 14;

/// How many queues of logins there are.
const QUEUES: u16 = 4;

/// The counter of failed logins at a folded name. Other names may share it.
pub(super) fn failed_logins(folded: &str) -> String {
    format!("visage.failed.{}", short_hash(folded) % FAILED_LOGINS)
}

/// The counter of the passwords that are being verified in the queue of a folded name.
pub(super) fn verifying(folded: &str) -> String {
    format!("visage.verifying.{}", short_hash(folded) % QUEUES)
}

fn short_hash(text: &str) -> u16 {
    let [a, b, ..] = <[u8; 32]>::from(Sha256::digest(text));
    u16::from_be_bytes([a, b])
}

fn hash(text: &str) -> String {
    base16ct::lower::encode_string(&Sha256::digest(text))
}
