//! What the components of Visage have in common, in three layers, each of which knows only those before it:
//!
//! 1. what things are: [`user`], [`name`], [`roles`], [`image`], [`rendering`], [`password`] and [`login`];
//! 2. where they are kept: the [`directory`] in a [`store`], and what both can answer, [`Error`];
//! 3. how a family of endpoints says it: [`netex`], [`bpm`], [`f5`] and [`libravatar`], over what all need of HTTP,
//!    [`web`], and of the operator's settings, [`variable`].
//!
//! What is only there inside a component is in `spin`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod image;
pub mod login;
pub mod name;
pub mod password;
pub mod rendering;
pub mod roles;
pub mod user;

pub mod directory;
mod error;
pub mod store;

pub mod variable;
pub mod web;

pub mod bpm;
pub mod f5;
pub mod libravatar;
pub mod netex;

#[cfg(target_family = "wasm")]
pub mod spin;

pub use error::Error;
