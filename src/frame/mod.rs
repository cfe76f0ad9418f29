//! The frame codec: headers, opcodes, masking and close codes as pure functions over slices (RFC 6455 §5.2, §5.3,
//! §7.4).
//!
//! [`Connection`](crate::Connection) is built on it. It is public for fuzzing, benchmarks and other uses of the codec.

mod close_code;
mod header;
mod mask;
mod opcode;
mod violation;

pub use close_code::CloseCode;
pub use header::{DecodeError, Expect, Header, MAX_HEADER_LEN};
pub(crate) use mask::extend_masked;
pub use mask::{mask, rotate_key};
pub use opcode::Opcode;
pub use violation::Violation;

/// The longest payload a control frame may have, in bytes (RFC 6455 §5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;
