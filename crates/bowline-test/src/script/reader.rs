//! What a scripted peer has read: frames, and the messages that they make up.

use crate::{frame::Frame, received::Received};
use bowline::{
    CloseCode, Role,
    frame::{Expect, Header, Opcode},
};

/// The bytes that were read and not yet looked at, and the unfinished message.
#[derive(Debug, Default)]
pub(super) struct Reader {
    bytes: Vec<u8>,
    /// How many of them are taken.
    taken: usize,
    /// The kind of the unfinished message, and its fragments so far.
    message: Option<(Opcode, Vec<u8>)>,
    /// How the stream has ended.
    end: Option<Received>,
}

impl Reader {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn end(&mut self, end: Received) {
        self.end.get_or_insert(end);
    }

    pub(super) fn unread(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.taken..).unwrap_or_default()
    }

    pub(super) fn take(&mut self, count: usize) {
        self.taken = self.taken.saturating_add(count).min(self.bytes.len());
    }

    /// Forgets what is not taken.
    pub(super) fn discard(&mut self) {
        (self.bytes, self.taken, self.message) = (Vec::new(), 0, None);
    }

    /// The end of the stream, once everything before it is taken.
    pub(super) fn at_end(&self) -> Option<&Received> {
        self.end.as_ref().filter(|_| self.taken == self.bytes.len())
    }

    /// The next frame from an endpoint with this role. `Err` for one that breaks a rule, and at the end of the stream.
    pub(super) fn next_frame(&mut self, from: Role) -> Option<Result<Frame, Received>> {
        if let Some(end) = self.at_end() {
            return Some(Err(end.clone()));
        }
        let mut expect = Expect::from(from);
        expect.in_message = self.message.is_some();
        let unread = self.unread();
        if let Err(error) = Header::decode(unread, &expect) {
            return Some(Err(Received::Illegal(format!("an illegal frame: {error}"))));
        }
        let Some((frame, len)) = Frame::decode(unread) else {
            let end = self.end.clone()?;
            let len = self.bytes.len() - self.taken;
            return Some(Err(Received::Illegal(format!("{end} inside a frame, of which {len} bytes arrived"))));
        };
        self.take(len);
        if let (Some(kind @ (Opcode::Text | Opcode::Binary)), false) = (frame.opcode(), frame.is_final()) {
            self.message = Some((kind, Vec::new()));
        }
        if let Some((_, payload)) = self.message.as_mut().filter(|_| frame.first & 0x08 == 0) {
            payload.extend(&frame.payload);
        }
        Some(Ok(frame))
    }

    /// The next message, control frame or end from an endpoint with this role.
    pub(super) fn next(&mut self, from: Role) -> Option<Received> {
        loop {
            let frame = match self.next_frame(from)? {
                Ok(frame) => frame,
                Err(received) => return Some(received),
            };
            if let Some(received) = self.finish(frame) {
                return Some(received);
            }
        }
    }

    /// What is complete with this frame.
    pub(super) fn finish(&mut self, frame: Frame) -> Option<Received> {
        if !frame.is_final() {
            return None;
        }
        let (kind, payload) = match frame.opcode()? {
            Opcode::Continuation => self.message.take()?,
            kind => (kind, frame.payload),
        };
        Some(match kind {
            Opcode::Text => text(payload).map_or_else(|error| error, Received::Text),
            Opcode::Binary | Opcode::Continuation => Received::Binary(payload),
            Opcode::Ping => Received::Ping(payload),
            Opcode::Pong => Received::Pong(payload),
            Opcode::Close => match payload.split_first_chunk() {
                Some((code, reason)) => match text(reason.to_vec()) {
                    Ok(reason) => Received::Close { code: CloseCode::new(u16::from_be_bytes(*code)), reason },
                    Err(error) => error,
                },
                None => Received::Close { code: CloseCode::NO_STATUS, reason: String::new() },
            },
        })
    }
}

fn text(bytes: Vec<u8>) -> Result<String, Received> {
    String::from_utf8(bytes).map_err(|error| {
        Received::Illegal(format!("text that is not UTF-8: {}", crate::received::Hex(error.as_bytes())))
    })
}
