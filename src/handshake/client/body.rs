//! The beginning of the body of an answer that refuses, which often says why (RFC 9112 §6, §7.1).

use crate::Input;
use alloc::vec::Vec;
use core::fmt;

/// How much of a body is kept, in bytes.
pub(super) const MOST: usize = 1024;

/// How much of a chunked body is looked at, in bytes: chunks may be tiny, and what stands before them long.
const MOST_RAW: usize = 4 * MOST;

/// How the end of the body is known.
#[derive(Debug)]
pub(super) enum Framing {
    /// It has so many more bytes.
    Length(u64),
    /// It comes in chunks (RFC 9112 §7.1).
    Chunked(Chunk),
    /// It goes on to the end of the stream.
    ToTheEnd,
}

/// What comes next in a chunked body.
#[derive(Debug)]
pub(super) enum Chunk {
    /// The size of a chunk, of which so much was read.
    Size(u64),
    /// The rest of the line that has the size: extensions, or the CR.
    Line(u64),
    /// So many more bytes of the chunk.
    Data(u64),
    /// The end of the line behind the data.
    End,
}

/// What has come of a body.
pub(super) struct Body {
    framing: Framing,
    raw: usize,
    bytes: Vec<u8>,
}

impl Body {
    pub(super) fn new(framing: Framing) -> Self {
        Self { framing, raw: 0, bytes: Vec::new() }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes bytes off the front of `input`. True if all was taken, and there may be more to keep.
    pub(super) fn receive(&mut self, input: &mut Input<'_>) -> bool {
        while !self.is_over() {
            if input.is_empty() {
                return true;
            }
            let used = self.step(input.0);
            self.raw = self.raw.saturating_add(used);
            input.take(used);
        }
        false
    }

    fn is_over(&self) -> bool {
        self.bytes.len() >= MOST || self.raw >= MOST_RAW || matches!(self.framing, Framing::Length(0))
    }

    /// Takes some bytes, at least one, and returns how many.
    fn step(&mut self, input: &[u8]) -> usize {
        match &mut self.framing {
            Framing::Length(left) | Framing::Chunked(Chunk::Data(left @ 1..)) => {
                let most = MOST.saturating_sub(self.bytes.len()).min(usize::try_from(*left).unwrap_or(usize::MAX));
                let data = input.get(..most).unwrap_or(input);
                self.bytes.extend_from_slice(data);
                *left = left.saturating_sub(data.len() as u64);
                data.len()
            }
            Framing::ToTheEnd => {
                let data = input.get(..MOST.saturating_sub(self.bytes.len())).unwrap_or(input);
                self.bytes.extend_from_slice(data);
                data.len()
            }
            Framing::Chunked(chunk) => {
                match chunk.after(input.first().copied().unwrap_or_default()) {
                    Some(next) => *chunk = next,
                    None => self.framing = Framing::Length(0),
                }
                1
            }
        }
    }
}

impl Chunk {
    /// What comes after a byte between the data of two chunks; `None` after the last chunk, and if it is no chunk at all.
    fn after(&self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16)?;
                Some(Self::Size(size.checked_mul(16)?.checked_add(u64::from(digit))?))
            }
            (Self::Size(0) | Self::Line(0), b'\n') => None,
            (Self::Size(size) | Self::Line(size), b'\n') => Some(Self::Data(*size)),
            (Self::Size(size), b'\r' | b';' | b' ' | b'\t') | (Self::Line(size), _) => Some(Self::Line(*size)),
            (Self::Data(_) | Self::End, b'\r') => Some(Self::End),
            (Self::Data(_) | Self::End, b'\n') => Some(Self::Size(0)),
            _ => None,
        }
    }
}

/// Without the bytes: there may be secrets in them.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}
