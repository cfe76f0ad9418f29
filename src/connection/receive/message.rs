//! Plain payload of a message: borrowed, appended to the part that was received before, or delivered in chunks.

use super::{Frame, Kind, RawPayload, Received, Receiver};
use crate::{
    Config, Event, Payload, ProtocolError, Text,
    utf8::{InvalidAt, Utf8Chunk},
};
use alloc::string::String;

impl Receiver {
    /// Receives plain payload of a message, and returns its event once it is complete.
    pub(super) fn message_payload<'b>(
        &mut self,
        kind: Kind,
        frame: Frame,
        payload: RawPayload<'b>,
        config: &Config,
    ) -> Received<'b> {
        // A call without new bytes in the middle of a frame must not put off the idle deadline.
        self.message_seen |= !payload.is_empty() || frame.left == 0;
        let last = frame.fin && frame.left == 0;
        if last {
            self.kind = None;
        }
        if self.in_chunks {
            return self.chunk(kind, payload.unmask(), last);
        }
        let received_len = self.message_len.saturating_add(payload.len());
        self.message_len = if last { 0 } else { received_len };
        // Nothing was kept of this message, so that its payload can be borrowed.
        if last && payload.len() == received_len {
            let payload = payload.unmask();
            return Ok(Some(match kind {
                Kind::Text => Event::Text(self.validate(payload, false)?.into()),
                Kind::Binary => Event::Binary(Payload::borrowed(payload)),
            }));
        }
        // In the last frame the size of the message is certain. Before that it is only limited.
        let max_len = match usize::try_from(frame.left) {
            Ok(left) if frame.fin => received_len.saturating_add(left),
            _ => config.limits.message,
        };
        self.append(kind, payload, last, received_len, max_len)?;
        Ok(last.then(|| self.take_message(kind)))
    }

    /// Appends payload to the message. `len` is the number of bytes received, and `max_len` the largest size that the message can
    /// reach.
    #[inline]
    pub(super) fn append(
        &mut self,
        kind: Kind,
        payload: RawPayload<'_>,
        last: bool,
        len: usize,
        max_len: usize,
    ) -> Result<(), ProtocolError> {
        match kind {
            Kind::Text => self.append_text(payload, last, len, max_len),
            Kind::Binary => {
                let data = self.store.binary(len, max_len);
                data.map(|data| payload.append_to(data)).map_err(|_| self.no_memory())
            }
        }
    }

    fn append_text(
        &mut self,
        payload: RawPayload<'_>,
        last: bool,
        len: usize,
        max_len: usize,
    ) -> Result<(), ProtocolError> {
        let Ok(text) = self.store.text(len, max_len) else { return Err(self.no_memory()) };
        let payload_len = payload.len();
        let appended = payload.append_to_text(text, &mut self.unfinished);
        appended.map_err(|invalid| self.invalid_text(payload_len, invalid))?;
        self.end_text(last)
    }

    /// Takes out the message, which is complete, and returns its event.
    pub(super) fn take_message(&mut self, kind: Kind) -> Event<'static> {
        match kind {
            Kind::Text => Event::Text(self.store.take_text()),
            Kind::Binary => Event::Binary(self.store.take_binary()),
        }
    }

    /// Returns the event for a chunk, with `Delivery::Chunks`. An empty chunk is an event only if it is the last.
    fn chunk<'b>(&mut self, kind: Kind, payload: &'b mut [u8], last: bool) -> Received<'b> {
        match kind {
            Kind::Binary if payload.is_empty() && !last => Ok(None),
            Kind::Binary => Ok(Some(Event::BinaryChunk { data: Payload::borrowed(payload), last })),
            Kind::Text => {
                let text = into_text(self.validate_chunk(payload, last)?);
                Ok((last || !text.is_empty()).then_some(Event::TextChunk { text, last }))
            }
        }
    }

    /// Validates a chunk of a text message. After the last chunk, the text must not end inside a character.
    pub(super) fn validate_chunk<'b>(&mut self, payload: &'b [u8], last: bool) -> Result<Utf8Chunk<'b>, ProtocolError> {
        if last && self.unfinished.is_empty() {
            return Ok(Utf8Chunk { first: None, rest: self.validate(payload, false)? });
        }
        let valid = self.unfinished.push(payload).map_err(|invalid| self.invalid_text(payload.len(), invalid))?;
        self.end_text(last)?;
        Ok(valid)
    }

    /// Checks that a text message does not end inside a character, if this was its `last` byte.
    fn end_text(&self, last: bool) -> Result<(), ProtocolError> {
        if last && !self.unfinished.is_empty() {
            // The last byte proves it.
            return Err(self.invalid_text(1, InvalidAt(0)));
        }
        Ok(())
    }
}

/// Joins a chunk of text. It is borrowed, unless it begins with a character that was cut.
pub(super) fn into_text(Utf8Chunk { first, rest }: Utf8Chunk<'_>) -> Text<'_> {
    match first {
        None => rest.into(),
        Some(first) => {
            let mut text = String::with_capacity(first.len_utf8() + rest.len());
            text.push(first);
            text.push_str(rest);
            text.into()
        }
    }
}
