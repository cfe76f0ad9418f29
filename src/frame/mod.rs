//! The frame codec alone: headers, opcodes, masking and close codes as pure functions over slices (RFC 6455 §5.2, §5.3, §7.4).
//!
//! Use it for tools that work on single frames, such as fuzzers and benchmarks. [`Connection`](crate::Connection) is built on it
//! and does everything else: assembly of messages, UTF-8, control frames, closing.
//!
//! ```
//! use bowline::Role;
//! use bowline::frame::{Expect, Header, Opcode, mask};
//!
//! let mut bytes = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"; // a masked frame from a client
//! let (header, len) = Header::decode(&bytes, &Expect::from(Role::Client))?.unwrap();
//! assert_eq!((header.opcode, header.payload_len), (Opcode::Text, 5));
//! let payload = &mut bytes[len..];
//! mask(payload, header.key.unwrap());
//! assert_eq!(payload, b"Hello");
//! # Ok::<(), bowline::frame::DecodeError>(())
//! ```

mod close_code;
mod copying;
mod header;
mod mask;
mod opcode;
mod violation;

pub use close_code::CloseCode;
pub(crate) use copying::{extend, part_len, to_vec};
pub use header::{DecodeError, Expect, Header, MAX_HEADER_LEN};
pub(crate) use header::{encode, encoded_len, first_byte};
pub(crate) use mask::{copy_masked, extend_masked, mask_text};
pub use mask::{mask, rotate_key};
pub use opcode::Opcode;
pub use violation::Violation;

/// The longest payload of a control frame, in bytes (RFC 6455 §5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;
