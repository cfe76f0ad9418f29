//! Compressed messages (RFC 7692 §6.2).
//!
//! Compressed payload goes through three steps, in chunks of the thread's scratch memory (16 KiB):
//!
//! 1. `fill` unmasks payload in the input and passes it to the decompressor, until the chunk is full or the input is used up. The
//!    decompressor may stop in the middle of the payload, since a few bytes can decompress to more than a chunk. So payload is
//!    first peeked, then consumed as far as it was used, and the rest is masked again.
//! 2. `deliver` treats the chunk like plain payload: text is validated, the message limit is checked, and the chunk is appended to
//!    the message. So memory follows the bytes that were decompressed, and a small message that decompresses to gigabytes stops at
//!    the limit.
//! 3. At the end of the last frame, `finish` appends the four bytes that the sender has removed. A message that ends inside a block
//!    is an error then.
//!
//! The errors must not depend on how the bytes were split into reads. So bytes that were decompressed before an error go through
//! `deliver` first, and an earlier violation in them wins. All errors in the payload have the position of the message's first byte.

use super::{Event, Kind, RawPayload, Received, Receiver, message::into_text};
use crate::{
    Config, Delivery, Input, ProtocolError, Violation,
    bug::OrBug,
    deflate::{Options, Reached, with_scratch},
};
use alloc::vec::Vec;

/// Why filling a chunk stopped.
enum Filled {
    /// The chunk is full. There may be more, even if the input is used up.
    Chunk,
    /// The input is used up, and the frame is incomplete.
    Starved,
    /// The frame is complete, but not the message.
    Frame,
    /// The message is complete.
    Message,
}

impl Receiver {
    /// Consumes compressed payload from the front of `input`, up to the next event, the end of the frame or that of `input`.
    pub(super) fn receive_compressed<'b>(
        &mut self,
        kind: Kind,
        input: &mut Input<'_>,
        config: &Config,
    ) -> Received<'b> {
        let Some(options) = &config.deflate else {
            debug_assert!(false, "compression was agreed without options");
            return Err(self.in_compressed(Violation::InvalidDeflate));
        };
        // As for plain payload: a call without new bytes must not put off the idle deadline.
        self.message_seen |= !input.is_empty() || self.has_complete_frame();
        with_scratch(|chunk| self.receive_chunks(kind, input, chunk, config, options))
    }

    /// Fills and delivers chunks, until there is an event or the input or the frame is used up.
    fn receive_chunks<'b>(
        &mut self,
        kind: Kind,
        input: &mut Input<'_>,
        chunk: &mut [u8],
        config: &Config,
        options: &Options,
    ) -> Received<'b> {
        loop {
            let (len, filled) = self.fill(input, chunk, options);
            let last = matches!(filled, Ok(Filled::Message));
            // Before the error of `fill`: bytes that were decompressed before it may contain an earlier violation.
            let event = self.deliver(kind, chunk.get_mut(..len).or_bug(), last, config)?;
            match filled.map_err(|violation| self.in_compressed(violation))? {
                Filled::Chunk if event.is_none() => {}
                Filled::Chunk | Filled::Starved => return Ok(event),
                Filled::Frame => {
                    self.frame = None;
                    return Ok(event);
                }
                Filled::Message => {
                    (self.frame, self.kind, self.message_len) = (None, None, 0);
                    return Ok(event);
                }
            }
        }
    }

    /// Decompresses payload into `chunk`, as far as `input` goes. Returns the length that is filled, also if there is an error.
    fn fill(
        &mut self,
        input: &mut Input<'_>,
        chunk: &mut [u8],
        options: &Options,
    ) -> (usize, Result<Filled, Violation>) {
        let mut len = 0;
        loop {
            let Some(frame) = &mut self.frame else { return (len, Ok(Filled::Starved)) };
            let (fin, left) = (frame.fin, frame.left);
            let payload = frame.peek_payload(input.0);
            let step = self.decompression.step(payload, chunk.get_mut(len..).or_bug(), options);
            frame.take_peeked(input, step.consumed);
            self.position = self.position.wrapping_add(step.consumed as u64);
            len += step.produced;
            let frame_is_over = left == step.consumed as u64;
            match step.outcome {
                Err(_) => return (len, Err(Violation::InvalidDeflate)),
                Ok(Reached::FullOutput) => return (len, Ok(Filled::Chunk)),
                Ok(Reached::EndOfInput) if !frame_is_over && input.is_empty() => return (len, Ok(Filled::Starved)),
                Ok(Reached::EndOfInput) if !frame_is_over => {}
                Ok(Reached::EndOfInput) if !fin => return (len, Ok(Filled::Frame)),
                Ok(Reached::EndOfInput) => {
                    let finished = self.decompression.finish(options);
                    return (len, finished.map(|()| Filled::Message).map_err(|_| Violation::InvalidDeflate));
                }
            }
        }
    }

    /// Receives a chunk of decompressed payload, and returns the event if the message is complete. The message limit counts
    /// decompressed bytes.
    fn deliver(&mut self, kind: Kind, chunk: &mut [u8], last: bool, config: &Config) -> Received<'static> {
        if config.delivery == Delivery::Chunks {
            return self.deliver_chunk(kind, chunk, last);
        }
        let limit = config.limits.message;
        // Up to the limit exactly, and only then the error, so that invalid text before the limit is reported as such.
        let fits = chunk.len().min(limit - self.message_len);
        let (chunk, beyond) = chunk.split_at_mut_checked(fits).or_bug();
        let last = last && beyond.is_empty();
        self.message_len += chunk.len();
        // The size is certain in the last chunk, so that a message of one chunk gets no more memory than it needs.
        let max_len = if last { self.message_len } else { limit };
        self.append(kind, RawPayload::new(chunk, None), last, self.message_len, max_len)
            .map_err(|error| self.in_compressed(error.violation()))?;
        if !beyond.is_empty() {
            return Err(self.in_compressed(Violation::MessageTooBig { limit: limit as u64 }));
        }
        Ok(last.then(|| self.take_message(kind)))
    }

    /// Returns the event for a chunk, with `Delivery::Chunks`. It is owned, since the scratch memory is used again.
    fn deliver_chunk(&mut self, kind: Kind, chunk: &[u8], last: bool) -> Received<'static> {
        Ok(match kind {
            Kind::Binary => {
                (last || !chunk.is_empty()).then(|| Event::BinaryChunk { data: Vec::from(chunk).into(), last })
            }
            Kind::Text => {
                let text = self.validate_chunk(chunk, last).map_err(|error| self.in_compressed(error.violation()))?;
                let text = into_text(text).into_owned();
                (last || !text.is_empty()).then_some(Event::TextChunk { text, last })
            }
        })
    }

    /// Returns the error for a violation in a compressed message. Its position is that of the message's first byte, since the
    /// decompressor does not report which byte is invalid.
    #[cold]
    fn in_compressed(&self, violation: Violation) -> ProtocolError {
        ProtocolError::new(violation, self.decompression.start())
    }
}
