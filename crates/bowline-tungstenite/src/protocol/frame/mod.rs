//! Frames.

pub mod coding;
#[expect(clippy::module_inception, reason = "the file of the type `Frame`")]
mod frame;
mod header;
mod socket;
mod utf8;

pub use frame::{CloseFrame, Frame};
pub use header::FrameHeader;
pub use socket::FrameSocket;
pub use utf8::Utf8Bytes;
