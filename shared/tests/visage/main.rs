//! Tests of the crate through its public API.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

mod accept;
mod addresses;
mod avatar_terms;
mod bpm_caller;
mod bpm_documents;
mod bpm_upload;
mod directory;
mod f5_image;
mod guesses;
mod image;
mod interrupted;
mod large_pictures;
mod leftovers;
mod libravatar;
mod list;
mod logins;
mod name;
mod netex_fetch;
mod netex_user;
mod operations;
mod password;
mod remembered;
mod renderings;
mod roles;
mod users;
mod variables;
