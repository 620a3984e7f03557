//! End-to-end tests: the application over HTTP, as its callers see it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

mod access;
mod cases;
mod clients;
mod commits;
mod crashes;
mod families;
mod functions;
mod harness;
mod host;
mod hostile;
mod image_by_url;
mod latency;
mod load;
mod log;
mod logins;
mod mutation;
mod public_avatars;
mod races;
mod readme;
mod restart;
mod retirement;
mod secrets;
mod sizes;
mod store_faults;
mod stored;
mod uploads;
mod variables;

use visage_tests::calls;
