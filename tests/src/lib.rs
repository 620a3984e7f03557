//! The harness of the end-to-end tests. It builds and serves the application, sends requests byte for byte, and
//! compares whole answers with files of cases.
//!
//! The tests start `visage-host`. With `VISAGE_SPIN=/path/to/spin` in the environment they start `spin up` instead.
//! `VISAGE_REDIS=1` or `VISAGE_RUNTIME_CONFIG=/path/to/runtime-config.toml` then selects another store than SQLite.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "all of this runs in tests, where a panic is how a failure is told"
)]

mod artifacts;
pub mod calls;
pub mod cases;
pub mod client;
pub mod fixtures;
pub mod http;
mod manifest;
mod needs;
mod process;
pub mod server;
mod store;

pub use artifacts::{build_components, root, serves_with_spin};
pub use client::Connection;
pub use http::{Answer, Request};
pub use manifest::Manifest;
pub use needs::{leave_out, tool};
pub use server::{Server, Setup};
pub use store::keeps_in_sqlite;
