//! Tests of the renderer through the crate's API, with pictures made here.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

mod attacks;
mod broken;
mod colours;
mod gif;
mod jpeg;
mod png;
mod sizes;
#[path = "../support/mod.rs"]
mod support;
