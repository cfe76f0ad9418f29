//! The errors of bowline as those of tungstenite.

use super::frame::{FrameHeader, coding::Data, coding::OpCode};
use crate::{
    Error,
    error::{CapacityError, ProtocolError},
};
use bowline::{Violation, frame::Opcode};
use std::io;

/// Returns the error for a violation. `unread` begins with the frame in which it occurred, or with one before it, and is empty if
/// that is not known: it has the size of a message that is too large.
pub(super) fn error(error: bowline::ProtocolError, unread: &[u8]) -> Error {
    let protocol = match error.violation() {
        Violation::FrameTooBig { limit } => return too_long(limit, frame_len(unread, limit)),
        Violation::MessageTooBig { limit } => return too_long(limit, message_len(unread, limit)),
        Violation::LengthTopBit => return too_long(u64::MAX, None),
        Violation::InvalidText | Violation::InvalidCloseReason => return Error::Utf8(error.to_string()),
        Violation::EmptyFragments { .. } | Violation::LengthNotMinimal => return Error::AttackAttempt,
        Violation::NoMemory => return Error::Io(io::Error::new(io::ErrorKind::OutOfMemory, error)),
        Violation::ReservedBits(_) => ProtocolError::NonZeroReservedBits,
        Violation::ReservedOpcode(opcode) => ProtocolError::InvalidOpcode(opcode),
        Violation::FragmentedControl(_) => ProtocolError::FragmentedControlFrame,
        Violation::ControlTooLong(_) => ProtocolError::ControlFrameTooBig,
        Violation::NotMasked => ProtocolError::UnmaskedFrameFromClient,
        Violation::Masked => ProtocolError::MaskedFrameFromServer,
        Violation::NothingToContinue => ProtocolError::UnexpectedContinueFrame,
        Violation::MessageInMessage(Opcode::Text) => ProtocolError::ExpectedFragment(Data::Text),
        Violation::MessageInMessage(_) => ProtocolError::ExpectedFragment(Data::Binary),
        Violation::HalfCloseCode | Violation::InvalidCloseCode(_) => ProtocolError::InvalidCloseSequence,
        // Compressed data that is not valid: the original has no variant for it.
        _ => return Error::Io(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    protocol.into()
}

/// Returns the error for a message that is larger than a limit. If its size is not known, it is at least one byte more.
fn too_long(limit: u64, size: Option<u64>) -> Error {
    let [size, max_size] =
        [size.unwrap_or(limit.saturating_add(1)), limit].map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    CapacityError::MessageTooLong { size, max_size }.into()
}

/// Returns the length of the first frame that is larger than the limit.
fn frame_len(unread: &[u8], limit: u64) -> Option<u64> {
    frames(unread).map(|(_, length)| length).find(|length| *length > limit)
}

/// Returns the length of a message with its first frame that makes it larger than the limit.
fn message_len(unread: &[u8], limit: u64) -> Option<u64> {
    let mut total = 0_u64;
    for (opcode, length) in frames(unread) {
        total = match opcode {
            OpCode::Control(_) => continue,
            OpCode::Data(Data::Continue) => total.saturating_add(length),
            OpCode::Data(_) => length,
        };
        if total > limit {
            return Some(total);
        }
    }
    None
}

/// Returns the opcode and the length of each frame whose header is complete.
fn frames(unread: &[u8]) -> impl Iterator<Item = (OpCode, u64)> {
    let mut position = 0_usize;
    std::iter::from_fn(move || {
        let (header, length, size) = FrameHeader::decode(unread.get(position..)?).ok()??;
        position = position.saturating_add(size).saturating_add(usize::try_from(length).ok()?);
        Some((header.opcode, length))
    })
}
