//! The interface to Spin: store, variables, requests and answers. No other module uses Spin.

mod body;
mod call;
mod fetch;
mod instance;
mod send;
mod store;
mod variable;

pub use call::{Call, serve};
pub use instance::{Alone, Undisturbed};
pub use spin_sdk::wasip3::exports::http::handler::Guest as Component;
pub use spin_sdk::wasip3::http::types::{ErrorCode, Request, Response};
pub use store::SpinStore;
