//! Decompression of the messages that are received (RFC 7692 §6.2, §7.2.2).

use super::{Agreement, MAX_WINDOW_BITS, Options};
use crate::{Role, bug::OrBug};
use alloc::boxed::Box;
use core::fmt;
use zlib_rs::{Inflate, InflateFlush, Status};

/// "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message" (§7.2.2). They complete the empty
/// stored block from which the sender has removed them.
///
/// The fifth byte is not part of the block. After a complete message, the decompressor stops behind the block and leaves the
/// fifth byte. After a message that was cut off, it can consume all four bytes and wait for more, and then it also consumes the
/// fifth. With only four, the two cases would look the same.
const TAIL: [u8; 5] = [0x00, 0x00, 0xFF, 0xFF, 0x00];

/// The state of decompression for the messages that a connection receives.
#[derive(Default)]
pub(crate) struct Decompression {
    /// `Some` if compression was agreed. It holds whether messages may refer to earlier ones.
    agreed: Option<ContextTakeover>,
    /// Whether the message that is arriving is compressed.
    compressed: bool,
    /// Whether the decompressor has consumed nothing of this message, or is between two DEFLATE streams.
    at_start: bool,
    /// The position in the peer's stream at which the message that is arriving began.
    start: u64,
    context: Option<Decompressor>,
}

/// A decompressor. In a box, since it moves between connections and the pool.
///
/// Its window always has the full size: zlib-rs uses no less memory for a smaller one. References to anything in the window are
/// accepted, so the outcome does not depend on how the bytes are split.
pub(super) struct Decompressor(Box<Inflate>);

impl Decompressor {
    pub(super) fn new() -> Self {
        Self(Box::new(Inflate::new(false, MAX_WINDOW_BITS)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ContextTakeover(bool);

/// Why a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// The output is full, and there may be more.
    FullOutput,
    /// All input is consumed and decompressed.
    EndOfInput,
}

/// The payload is not valid DEFLATE data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BadData;

/// The result of a step.
pub(crate) struct Step {
    pub(crate) consumed: usize,
    pub(crate) produced: usize,
    /// In case of an error, the bytes that were decompressed before it are valid.
    pub(crate) outcome: Result<Reached, BadData>,
}

impl Decompression {
    /// Creates the state for messages from an endpoint with this role.
    pub(crate) fn new(from: Role, agreement: Agreement) -> Self {
        Self { agreed: Some(ContextTakeover(agreement.context_takeover(from))), ..Self::default() }
    }

    /// Returns the reserved bits that may be set in the first frame of a message. 4 is RSV1 (RFC 7692 §6).
    pub(crate) const fn reserved(&self) -> u8 {
        if self.agreed.is_some() { 4 } else { 0 }
    }

    /// Whether the message that is arriving is compressed.
    pub(crate) const fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// Begins a message whose first header is at the position `start`.
    pub(crate) const fn begin(&mut self, compressed: bool, start: u64) {
        self.compressed = compressed;
        self.at_start = true;
        self.start = start;
    }

    /// Returns the position in the peer's stream at which the message that is arriving began.
    pub(crate) const fn start(&self) -> u64 {
        self.start
    }

    /// Decompresses `input` into `output`, until all input is consumed or the output is full.
    pub(crate) fn step(&mut self, input: &[u8], output: &mut [u8], options: &Options) -> Step {
        let (mut consumed, mut produced) = (0, 0);
        loop {
            let rest = input.get(consumed..).or_bug();
            let space = output.get_mut(produced..).or_bug();
            let is_full = space.is_empty();
            // Without input, the decompressor may still have output, except at the start.
            if rest.is_empty() && self.at_start || is_full {
                let reached = if is_full { Reached::FullOutput } else { Reached::EndOfInput };
                return Step { consumed, produced, outcome: Ok(reached) };
            }
            let (took, gave, status) = self.inflate(rest, space, InflateFlush::NoFlush, options);
            consumed += took;
            produced += gave;
            match status {
                Err(BadData) => return Step { consumed, produced, outcome: Err(BadData) },
                // A final block ends a DEFLATE stream (RFC 1951 §3.2.3). What follows begins a new one, with an empty window.
                Ok(Status::StreamEnd) => {
                    self.at_start = true;
                    if let Some(context) = &mut self.context {
                        context.0.reset(false);
                    }
                }
                Ok(_) if consumed == input.len() && produced < output.len() => {
                    return Step { consumed, produced, outcome: Ok(Reached::EndOfInput) };
                }
                // No progress, with input and space left: a decompressor that works never returns this. The loop must end in any
                // case.
                Ok(_) if took == 0 && gave == 0 => return Step { consumed, produced, outcome: Err(BadData) },
                Ok(_) => {}
            }
        }
    }

    /// Ends a message whose payload is complete and decompressed. Fails if the payload ends inside a block.
    pub(crate) fn finish(&mut self, options: &Options) -> Result<(), BadData> {
        self.compressed = false;
        if !self.at_start {
            // `Block` stops the decompressor between two blocks, ready for the next message. If the message was cut off inside a
            // block, the decompressor consumes another number of bytes, or decompresses the tail to content, for which there is
            // one byte of space.
            let (took, gave, status) = self.inflate(&TAIL, &mut [0], InflateFlush::Block, options);
            if status.is_err() || took != TAIL.len() - 1 || gave > 0 {
                return Err(BadData);
            }
        }
        // With no context takeover, the connection keeps nothing until the next message.
        if self.agreed != Some(ContextTakeover(true))
            && let Some(mut context) = self.context.take()
        {
            context.0.reset(false);
            options.pool.return_decompressor(context);
        }
        Ok(())
    }

    fn inflate(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        flush: InflateFlush,
        options: &Options,
    ) -> (usize, usize, Result<Status, BadData>) {
        let context = self.context.get_or_insert_with(|| options.pool.decompressor().unwrap_or_else(Decompressor::new));
        let context = &mut context.0;
        self.at_start &= input.is_empty();
        let before = (context.total_in(), context.total_out());
        let status = context.decompress(input, output, flush).map_err(|_| BadData);
        // Neither can be larger than the length of a slice.
        let moved = |now: u64, before: u64| usize::try_from(now.wrapping_sub(before)).or_bug();
        (moved(context.total_in(), before.0), moved(context.total_out(), before.1), status)
    }

    /// Frees the decompressor. To be called when nothing more is decompressed.
    pub(crate) fn discard(&mut self) {
        self.context = None;
        self.compressed = false;
    }
}

impl fmt::Debug for Decompression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompression")
            .field("agreed", &self.agreed)
            .field("compressed", &self.compressed)
            .field("holds_context", &self.context.is_some())
            .finish_non_exhaustive()
    }
}
