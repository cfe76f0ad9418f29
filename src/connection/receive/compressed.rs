//! Messages that come compressed (RFC 7692 §6.2).
//!
//! They are decompressed piece by piece, and each piece goes the way of a plain one: text is validated, limits are checked,
//! memory grows with what has come out.

use super::{Event, Kind, Received, Receiver};
use crate::{
    Config, Delivery, Input, ProtocolError, Text, Violation,
    deflate::{Options, Reached},
};
use alloc::vec::Vec;

/// How much comes out of the decompressor at a time. The longer the chunk, the less is copied from its window; the shorter, the
/// less has to be zeroed for a short message.
const CHUNK: usize = 16 * 1024;
const MEDIUM_CHUNK: usize = 2 * 1024;
const SHORT_CHUNK: usize = 512;

/// How far a chunk has come.
enum Filled {
    /// There is more in the message.
    Chunk,
    /// No more can be had from the input.
    Starved,
    /// The frame is over, but not the message.
    Frame,
    Message,
}

impl Receiver {
    /// Takes compressed payload off the front of `input`, up to the next event, the end of the frame or that of `input`.
    pub(super) fn receive_compressed<'b>(&mut self, input: &mut Input<'_>, config: &Config) -> Received<'b> {
        let Some(options) = &config.deflate else { return Ok(None) };
        self.message_seen = true;
        let left = self.frame.map_or(0, |frame| frame.left);
        // Text becomes three to eight times as long, mostly.
        match left.min(input.len() as u64) {
            0..=128 => self.receive_chunks(input, &mut [0; SHORT_CHUNK], config, options),
            129..=512 => self.receive_chunks(input, &mut [0; MEDIUM_CHUNK], config, options),
            _ => self.receive_chunks(input, &mut [0; CHUNK], config, options),
        }
    }

    fn receive_chunks<'b>(
        &mut self,
        input: &mut Input<'_>,
        chunk: &mut [u8],
        config: &Config,
        options: &Options,
    ) -> Received<'b> {
        loop {
            let (len, filled) = self.fill(input, chunk, options);
            let last = matches!(filled, Ok(Filled::Message));
            // What came out before an error is judged first: whichever is first does not depend on the reads.
            let event = self.deliver(chunk.get(..len).unwrap_or_default(), last, config)?;
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

    /// Fills `chunk` as far as `input` goes.
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
            let piece = frame.show_piece(input.0);
            let step = self.inflating.step(piece, chunk.get_mut(len..).unwrap_or_default(), options);
            frame.take_shown(input, step.consumed);
            self.position = self.position.wrapping_add(step.consumed as u64);
            len += step.produced;
            let frame_is_over = left == step.consumed as u64;
            match step.outcome {
                Err(_) => return (len, Err(Violation::BadDeflate)),
                Ok(Reached::FullOutput) => return (len, Ok(Filled::Chunk)),
                Ok(Reached::EndOfInput) if !frame_is_over && input.is_empty() => return (len, Ok(Filled::Starved)),
                Ok(Reached::EndOfInput) if !frame_is_over => {}
                Ok(Reached::EndOfInput) if !fin => return (len, Ok(Filled::Frame)),
                Ok(Reached::EndOfInput) => {
                    let finished = self.inflating.finish(options);
                    return (len, finished.map(|()| Filled::Message).map_err(|_| Violation::BadDeflate));
                }
            }
        }
    }

    /// A piece that came out of the decompressor. The limit on the message is for what comes out.
    fn deliver(&mut self, piece: &[u8], last: bool, config: &Config) -> Received<'static> {
        let Some(kind) = self.kind else { return Ok(None) };
        if config.delivery == Delivery::Chunks {
            return self.deliver_chunk(kind, piece, last);
        }
        let limit = config.limits.message;
        let (piece, beyond) = piece.split_at_checked(limit - self.message_len).unwrap_or((piece, &[]));
        let last = last && beyond.is_empty();
        self.message_len += piece.len();
        // A short message takes no more than it needs.
        let most = if last { self.message_len } else { limit };
        match kind {
            Kind::Text => {
                let text = self.valid_text(piece, last).map_err(|error| self.in_compressed(error.violation()))?;
                self.store.push_text(&text, most)
            }
            Kind::Binary => self.store.push_binary(piece, most),
        }
        .map_err(|violation| self.in_compressed(violation))?;
        if !beyond.is_empty() {
            return Err(self.in_compressed(Violation::MessageTooBig { limit: limit as u64 }));
        }
        Ok(last.then(|| match kind {
            Kind::Text => Event::Text(self.store.take_text()),
            Kind::Binary => Event::Binary(self.store.take_binary()),
        }))
    }

    fn deliver_chunk(&mut self, kind: Kind, piece: &[u8], last: bool) -> Received<'static> {
        Ok(match kind {
            Kind::Binary => {
                (last || !piece.is_empty()).then(|| Event::BinaryChunk { data: Vec::from(piece).into(), last })
            }
            Kind::Text => {
                let text = self.valid_text(piece, last).map_err(|error| self.in_compressed(error.violation()))?;
                let text = Text::from(text).into_owned();
                (last || !text.is_empty()).then_some(Event::TextChunk { text, last })
            }
        })
    }

    /// Which compressed byte shows it cannot be told, so the message's first stands for all.
    #[cold]
    fn in_compressed(&self, violation: Violation) -> ProtocolError {
        ProtocolError::new(violation, self.inflating.start())
    }
}
