//! Bytes in: the methods of a connection that receive. A fast path for messages that are complete in the input comes first.
//! Everything else goes to the general path, which alone has the last word on errors.

use super::{Cause, CloseFrame, Connection, DirectRead, Endpoint, Event, receive::Whole, transitions::Trigger};
use crate::{Input, Payload, ProtocolError};

impl Connection {
    /// Consumes bytes from the front of `input` and returns the next event, or `None` once `input` is used up.
    ///
    /// Call it in a loop after each read. A payload that is complete in `input` is unmasked there and borrowed. The received part
    /// of an unfinished message is copied to the connection, so that the buffer is free for the next read, of this connection or of
    /// another.
    ///
    /// It does not return errors. If the peer breaks a rule, the last event is [`Event::Failed`], and the Close frame for the peer
    /// is queued in the [`output`](Self::output), as are pongs and the answer to a Close frame. After the last event, all input is
    /// discarded (RFC 6455 §1.4, §7.1.7).
    ///
    /// ```
    /// # use bowline::{Config, Connection, Event, Input, Role};
    /// # let mut connection = Connection::new(Role::Client, Config::default());
    /// let mut buffer = *b"\x81\x05Hello\x89\x00";
    /// let mut input = Input::from(&mut buffer);
    /// assert_eq!(connection.receive(&mut input), Some(Event::Text("Hello".into())));
    /// assert!(matches!(connection.receive(&mut input), Some(Event::Ping(_))));
    /// assert_eq!(connection.receive(&mut input), None);
    /// ```
    #[expect(
        clippy::inline_always,
        reason = "without it, every event is copied, through memory that was just written in other widths: 5 ns"
    )]
    #[inline(always)]
    pub fn receive<'b>(&mut self, input: &mut Input<'b>) -> Option<Event<'b>> {
        if !self.phase.receives() {
            *input = Input::default();
            return None;
        }
        match self.receiver.receive_whole(input) {
            Some(Whole::Binary(data)) if self.receiver.in_chunks => {
                Some(Event::BinaryChunk { data: Payload::borrowed(data), last: true })
            }
            Some(Whole::Binary(data)) => Some(Event::Binary(Payload::borrowed(data))),
            Some(Whole::Text(payload, is_ascii)) => match self.receiver.validate(payload, is_ascii) {
                Ok(text) => Some(Event::Text(text.into())),
                Err(error) => Some(self.fail(error, input)),
            },
            // A loop over `receive` ends like this after each read.
            None if input.is_empty() && !self.receiver.may_hold_event() => None,
            None => self.receive_any(input),
        }
    }

    /// The general path. It is never inlined, so that the fast path stays small.
    #[inline(never)]
    fn receive_any<'b>(&mut self, input: &mut Input<'b>) -> Option<Event<'b>> {
        match self.receiver.receive(input, &self.config) {
            Ok(Some(event)) => Some(self.answer(event)),
            Ok(None) => None,
            Err(error) => Some(self.fail(error, input)),
        }
    }

    /// Returns an event that is ready without new bytes, or `None`. Call it after a [`direct_read`](Self::direct_read): it returns
    /// the message if that is now complete.
    ///
    /// With compression and [`Delivery::Chunks`](crate::Delivery::Chunks), chunks can also be ready after all input is consumed. A
    /// loop over [`receive`](Self::receive) until `None` returns them. Call this method if your loop ends as soon as the input is
    /// empty.
    #[must_use = "it may be a message"]
    pub fn poll_event(&mut self) -> Option<Event<'static>> {
        self.receive(&mut Input::default())
    }

    /// Returns whether the next frame in `input` is a Close frame. Adapters that receive ahead stop before it, as nothing can be
    /// sent once it is received.
    #[cfg(feature = "std")]
    pub(crate) fn next_is_close(&self, input: &Input<'_>) -> bool {
        self.receiver.next_is_close(input)
    }

    /// Queues the answers to pings and Close frames.
    fn answer<'b>(&mut self, event: Event<'b>) -> Event<'b> {
        match &event {
            Event::Ping(payload) => self.sender.pong(payload, &self.config),
            Event::Pong(_) => self.progress.pong_received(),
            Event::Close(frame) => {
                let received = frame.clone().map_or_else(CloseFrame::without_body, CloseFrame::into_owned);
                let answer = received.answer();
                self.transition(Trigger::CloseReceived, Endpoint::Remote, Cause::Closed, answer);
                if let Some(closure) = &mut self.closure {
                    closure.received.get_or_insert(received);
                }
            }
            _ => {}
        }
        event
    }

    /// Fails the connection (§7.1.7): queues the Close frame, discards the input, and returns the last event.
    #[cold]
    fn fail(&mut self, error: ProtocolError, input: &mut Input<'_>) -> Event<'static> {
        *input = Input::default();
        let close = CloseFrame { code: error.close_code(), reason: "".into() };
        self.transition(Trigger::Violation, Endpoint::Local, Cause::Protocol(error), close);
        Event::Failed(error)
    }

    /// Calls `read` with spare capacity inside the message being assembled, so that a large binary payload is read straight into
    /// its message, without a copy from a read buffer.
    ///
    /// Use it for messages that are much larger than your read buffer. Call it before each read. It returns the result of `read`,
    /// or `None` if there is nothing to read directly, which is the normal case. Then read into a buffer, and call
    /// [`receive`](Self::receive). After each direct read, [`poll_event`](Self::poll_event) returns the message if it is complete.
    ///
    /// A direct read is possible if an uncompressed binary message is being assembled, if at least 4 KiB of it are received, and if
    /// at least 4 KiB of its current frame are missing.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Event, Input, Role};
    /// # let mut connection = Connection::new(Role::Client, Config::default());
    /// # let payload = vec![7; 100_000];
    /// # let mut first = b"\x82\x7f\x00\x00\x00\x00\x00\x01\x86\xa0".to_vec();
    /// # first.extend_from_slice(&payload[..50_000]);
    /// # let mut stream = &payload[50_000..]; // not yet read
    /// # let mut input = Input::from(&mut first);
    /// assert_eq!(connection.receive(&mut input), None); // the first half of a message of 100,000 bytes
    /// while let Some(read) = connection.direct_read(|space| space.read_from(&mut stream)) {
    ///     println!("{} bytes read", read?);
    ///     if let Some(event) = connection.poll_event() {
    ///         assert_eq!(event, Event::Binary(payload.into()));
    ///         break;
    ///     }
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn direct_read<T>(&mut self, read: impl FnOnce(&mut DirectRead<'_>) -> T) -> Option<T> {
        self.receiver.direct_read(read)
    }

    /// Returns whether a [`direct_read`](Self::direct_read) has completed a frame that [`receive`](Self::receive) has not yet
    /// processed.
    #[cfg(feature = "std")]
    pub(crate) const fn has_complete_frame(&self) -> bool {
        self.phase.receives() && self.receiver.has_complete_frame()
    }

    /// Returns whether an event may be ready without new bytes. If not, there is no need to [`receive`](Self::receive).
    #[inline]
    pub(crate) fn may_hold_event(&self) -> bool {
        self.receiver.may_hold_event()
    }
}
