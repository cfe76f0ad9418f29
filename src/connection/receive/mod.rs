//! Bytes to events (RFC 6455 §5.2–§5.6, §6.2).
//!
//! A payload that is complete in the caller's buffer is unmasked there and borrowed. Of frames and messages that span reads, the
//! received part is kept: at most 13 bytes of a header, the payload of a control frame, or the content of a message.
//!
//! Nothing here queues output or changes the phase. Pings, Close frames and violations are returned, and `Connection` acts on them.

mod assembly;
#[cfg(feature = "deflate")]
mod compressed;
mod current_frame;
mod direct_read;
mod fast;
mod message;
mod raw_payload;

pub use direct_read::DirectRead;
pub(crate) use fast::Whole;

use super::{CloseFrame, Event, Interrupted, close_frame};
#[cfg(feature = "deflate")]
use crate::deflate::{Agreement, Decompression};
use crate::{
    Config, Delivery, Input, Payload, ProtocolError, Role, Violation,
    bug::OrBug,
    frame::{DecodeError, Expect, Header, MAX_HEADER_LEN, Opcode},
    utf8::{InvalidAt, Unfinished},
};
use alloc::vec::Vec;
use assembly::Store;
use core::mem;
use current_frame::{Content, Frame};
use raw_payload::RawPayload;

/// The receiving half of a connection.
///
/// Between two messages, it has no heap memory, except for the decompressor.
#[derive(Debug)]
pub(crate) struct Receiver {
    /// The role of the peer.
    from: Role,
    /// Whether messages are delivered in chunks.
    pub(super) in_chunks: bool,
    /// Messages with a shorter payload may take the fast path: see [`receive_whole`](Self::receive_whole). It is one more than the
    /// lower of the limits.
    whole_limit: u32,
    /// A header of which only the first bytes were received.
    header: [u8; MAX_HEADER_LEN],
    /// The number of these bytes. Invariant: 0 while `frame` is `Some`.
    header_len: u8,
    /// The frame whose payload is arriving. It may be a control frame between two fragments of a message.
    frame: Option<Frame>,
    /// The kind of the message that is unfinished: from its first header until its last byte.
    kind: Option<Kind>,
    /// The number of bytes of its payload that were received, or decompressed. Not counted with `Delivery::Chunks`, where a message
    /// may have any size.
    message_len: usize,
    /// The part of the message that had to be kept, validated if it is text.
    store: Store,
    /// The character at which a text is cut off. Its bytes are counted in `message_len`, and are not in `store`.
    unfinished: Unfinished,
    /// The number of consecutive empty fragments received so far.
    empty_run: u32,
    /// The payload of a control frame that spans reads.
    control: Vec<u8>,
    /// The number of bytes received in all. It wraps after 2^64 bytes, which no connection reaches.
    position: u64,
    /// The low half of `position` at the last [`take_seen`](Self::take_seen).
    seen_position: u32,
    /// Whether a part of a message was received since then.
    message_seen: bool,
    #[cfg(feature = "deflate")]
    decompression: Decompression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
}

type Received<'b> = Result<Option<Event<'b>>, ProtocolError>;

impl Receiver {
    pub(crate) fn new(role: Role, config: &Config) -> Self {
        Self {
            from: role.peer(),
            in_chunks: config.delivery == Delivery::Chunks,
            whole_limit: whole_limit(config),
            header: [0; MAX_HEADER_LEN],
            header_len: 0,
            frame: None,
            kind: None,
            message_len: 0,
            store: Store::Empty,
            unfinished: Unfinished::default(),
            empty_run: 0,
            control: Vec::new(),
            position: 0,
            seen_position: 0,
            message_seen: false,
            #[cfg(feature = "deflate")]
            decompression: Decompression::default(),
        }
    }

    /// Applies the limits of a changed configuration.
    pub(crate) fn set_limits(&mut self, config: &Config) {
        self.whole_limit = whole_limit(config);
    }

    /// Applies a changed delivery. Returns the part of an unfinished binary message that was kept. That of a text is dropped.
    #[cfg(feature = "std")]
    pub(crate) fn set_delivery(&mut self, config: &Config) -> Vec<u8> {
        self.in_chunks = config.delivery == Delivery::Chunks;
        self.set_limits(config);
        self.message_len = 0;
        match mem::take(&mut self.store) {
            Store::Binary(data) => data,
            Store::Text(_) | Store::Empty => Vec::new(),
        }
    }

    /// Allows compressed messages from now on.
    #[cfg(feature = "deflate")]
    pub(crate) fn agree(&mut self, agreement: Agreement) {
        self.decompression = Decompression::new(self.from, agreement);
    }

    /// The general path: consumes bytes from the front of `input`, up to the next event or to its end.
    pub(crate) fn receive<'b>(&mut self, input: &mut Input<'b>, config: &Config) -> Received<'b> {
        loop {
            if self.frame.is_none() {
                if matches!(self.store, Store::Binary(_)) && self.header_len == 0 {
                    self.receive_fragments(input, config);
                }
                self.begin_frame(input, config)?;
            }
            let Some(frame) = &mut self.frame else { return Ok(None) };
            #[cfg(feature = "deflate")]
            if self.decompression.is_compressed()
                && let Content::Message(kind) = frame.content
            {
                let event = self.receive_compressed(kind, input, config)?;
                if event.is_some() || self.frame.is_some() {
                    return Ok(event);
                }
                continue;
            }
            let payload = frame.take_payload(input);
            self.position = self.position.wrapping_add(payload.len() as u64);
            // A copy, so that the methods below can borrow all of `self`. It is small.
            let frame = *frame;
            if frame.left == 0 {
                self.frame = None;
            }
            let event = match frame.content {
                Content::Control(opcode) => self.control_payload(opcode, frame, payload.unmask())?,
                Content::Message(kind) => self.message_payload(kind, frame, payload, config)?,
            };
            if event.is_some() || frame.left > 0 {
                return Ok(event);
            }
        }
    }

    /// Consumes a header. If it is incomplete, its received part is kept.
    fn begin_frame(&mut self, input: &mut Input<'_>, config: &Config) -> Result<(), ProtocolError> {
        let kept = usize::from(self.header_len);
        let known = (kept + input.len()).min(MAX_HEADER_LEN);
        // A header that is not cut is decoded in place, without a copy.
        let bytes = if kept == 0 {
            &*input.0
        } else {
            self.keep_header(input.0);
            self.header.get(..known).or_bug()
        };
        let start = self.position.wrapping_sub(kept as u64);
        let decoded = Header::decode(bytes, &self.expect(config)).map_err(|DecodeError { violation, index }| {
            ProtocolError::new(violation, start.wrapping_add(index as u64))
        })?;
        let used = match decoded {
            Some((header, len)) => {
                self.header_len = 0;
                let content = self.begin_payload(&header, start);
                self.frame = Some(Frame { fin: header.fin, content, key: header.key, left: header.payload_len });
                len - kept
            }
            None => {
                self.keep_header(input.0);
                self.header_len = u8::try_from(known).or_bug();
                known - kept
            }
        };
        input.take(used);
        self.position = self.position.wrapping_add(used as u64);
        Ok(())
    }

    /// Copies `input` behind the kept part of the header, up to the length of the longest header. `header_len` stays as it is,
    /// since bytes behind the header may be among them.
    fn keep_header(&mut self, input: &[u8]) {
        for (slot, byte) in self.header.iter_mut().skip(self.header_len.into()).zip(input) {
            *slot = *byte;
        }
    }

    /// Begins a message or a control frame with this header. Returns what the payload belongs to.
    #[cfg_attr(not(feature = "deflate"), expect(unused_variables, reason = "for compressed messages"))]
    fn begin_payload(&mut self, header: &Header, start: u64) -> Content {
        let kind = match header.opcode {
            Opcode::Text => Kind::Text,
            Opcode::Binary => Kind::Binary,
            Opcode::Continuation => {
                self.count_empty(header);
                debug_assert!(self.kind.is_some(), "a continuation without a message is a violation");
                return Content::Message(self.kind.unwrap_or(Kind::Binary));
            }
            control => return Content::Control(control),
        };
        self.kind = Some(kind);
        self.empty_run = 0;
        #[cfg(feature = "deflate")]
        self.decompression.begin(header.reserved != 0, start);
        self.count_empty(header);
        Content::Message(kind)
    }

    /// Counts consecutive empty fragments.
    fn count_empty(&mut self, header: &Header) {
        let is_empty = header.payload_len == 0 && !header.fin;
        self.empty_run = if is_empty { self.empty_run.saturating_add(1) } else { 0 };
    }

    /// Returns the context for validating the next header.
    #[inline]
    fn expect(&self, config: &Config) -> Expect {
        let (frame_limit, message_limit) = match config.delivery {
            Delivery::Messages => (config.limits.frame as u64, config.limits.message as u64),
            Delivery::Chunks => (u64::MAX, u64::MAX),
        };
        Expect {
            in_message: self.kind.is_some(),
            empty_limit: config.limits.empty_fragments,
            empty_run: self.empty_run as usize,
            frame_limit,
            message_limit,
            message_len: self.message_len as u64,
            #[cfg(feature = "deflate")]
            reserved: self.decompression.reserved(),
            #[cfg(feature = "deflate")]
            in_compressed: self.decompression.is_compressed(),
            ..Expect::new(self.from)
        }
    }

    /// Receives payload of a control frame, and returns its event once it is complete.
    fn control_payload<'b>(&mut self, opcode: Opcode, frame: Frame, payload: &'b mut [u8]) -> Received<'b> {
        let complete = frame.left == 0;
        if payload.is_empty() && !complete {
            return Ok(None);
        }
        let payload = if complete && self.control.is_empty() {
            Payload::borrowed(payload)
        } else {
            // For the whole frame at once, since that is at most 125 bytes. The sum saturates, as an overflow must not panic.
            let missing = payload.len().saturating_add(usize::try_from(frame.left).or_bug());
            self.control.try_reserve_exact(missing).map_err(|_| self.no_memory())?;
            self.control.extend_from_slice(payload);
            mem::take(&mut self.control).into()
        };
        // Also before the frame is complete, so that a violation is reported at the byte that proves it.
        if opcode == Opcode::Close {
            let start = self.position.wrapping_sub(payload.len() as u64);
            close_frame::check(&payload, complete)
                .map_err(|(violation, at)| ProtocolError::new(violation, start.wrapping_add(at as u64)))?;
        }
        if !complete {
            self.control = payload.into_vec();
            return Ok(None);
        }
        Ok(Some(match opcode {
            Opcode::Ping => Event::Ping(payload),
            Opcode::Pong => Event::Pong(payload),
            _ => Event::Close(CloseFrame::from_checked(payload)),
        }))
    }

    /// Returns the error for invalid text. `InvalidAt` counts from the first of the `len` bytes that were just received.
    #[cold]
    fn invalid_text(&self, len: usize, InvalidAt(at): InvalidAt) -> ProtocolError {
        let start = self.position.wrapping_sub(len as u64);
        ProtocolError::new(Violation::InvalidText, start.wrapping_add(at as u64))
    }

    /// Returns the error for a failed allocation, at the byte that was received last.
    #[cold]
    fn no_memory(&self) -> ProtocolError {
        ProtocolError::new(Violation::NoMemory, self.position.wrapping_sub(1))
    }

    /// Returns the number of bytes that were received since the last call, and whether a part of a message was.
    pub(crate) fn take_seen(&mut self) -> (u32, bool) {
        // The low half is enough, as long as fewer than 4 GiB arrive between two ticks.
        let position = u32::try_from(self.position & u64::from(u32::MAX)).or_bug();
        let received = position.wrapping_sub(mem::replace(&mut self.seen_position, position));
        (received, mem::take(&mut self.message_seen))
    }

    /// Returns whether the next frame, of which perhaps some bytes are kept, is a Close frame.
    #[cfg(feature = "std")]
    pub(crate) fn next_is_close(&self, input: &Input<'_>) -> bool {
        let kept = self.header.first().filter(|_| self.header_len > 0);
        let first = kept.copied().or_else(|| input.0.first().copied()).filter(|_| self.frame.is_none());
        first.is_some_and(|first| first & 0x0F == 0x8)
    }

    /// Returns what is unfinished now: a frame, a message, or nothing.
    pub(crate) const fn interrupted(&self) -> Interrupted {
        if self.frame.is_some() || self.header_len > 0 {
            Interrupted::Frame
        } else if self.kind.is_some() {
            Interrupted::Message
        } else {
            Interrupted::Nothing
        }
    }

    /// Frees the received part of an unfinished message, whose rest will be discarded.
    pub(crate) fn discard(&mut self) {
        self.store = Store::Empty;
        self.control = Vec::new();
        #[cfg(feature = "deflate")]
        self.decompression.discard();
    }
}

/// Returns the value of [`Receiver::whole_limit`].
fn whole_limit(config: &Config) -> u32 {
    let limit = config.limits.frame.min(config.limits.message);
    match config.delivery {
        Delivery::Messages => u32::try_from(limit).map_or(u32::MAX, |limit| limit.saturating_add(1)),
        Delivery::Chunks => u32::MAX,
    }
}
