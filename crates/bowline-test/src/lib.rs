//! Tests of WebSocket clients and servers that use [bowline](https://docs.rs/bowline): without sockets, and without waiting.
pub mod blocking;
mod config;
mod end;
mod frame;
pub mod hostile;
mod pair;
mod received;
mod script;
mod scripted;
#[cfg(feature = "tokio")]
pub mod tokio;
mod wire;
pub use config::{KEY, config};
pub use end::End;
pub use frame::{Frame, LengthForm};
pub use pair::Pair;
pub use received::{Head, Received};
pub use script::{Mismatch, Played, Script};
pub use scripted::ScriptedPair;
pub use wire::{Call, Cut, Faults, Wire};
