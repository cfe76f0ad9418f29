//! A driver of a connection over a wire.

use crate::wire::Wire;
use bowline::{Connection, Event, Input, bytes::Buf};
use std::{fmt, io, time::Duration};

/// How many bytes a read returns at most.
const READ_SPACE: usize = 64 * 1024;

/// One end of a [`Pair`](crate::Pair): a connection, and what it has received.
pub struct End {
    /// The connection. Send messages with it, look at its state, or close it; the next call of [`Pair::run`](crate::Pair::run) moves
    /// the bytes.
    pub connection: Connection,
    /// All events since the beginning, or since [`take_events`](Self::take_events).
    pub events: Vec<Event<'static>>,
    /// The stream has ended for reading.
    has_ended: bool,
    is_shut_down: bool,
    /// The end of the wire is closed.
    is_closed: bool,
    due: Option<Duration>,
    space: Vec<u8>,
}

impl End {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            events: Vec::new(),
            has_ended: false,
            is_shut_down: false,
            is_closed: false,
            due: None,
            space: vec![0; READ_SPACE],
        }
    }

    /// Returns the events, and forgets them.
    pub fn take_events(&mut self) -> Vec<Event<'static>> {
        std::mem::take(&mut self.events)
    }

    /// When the connection is next due to be called, as of its last tick; `None` if it is waiting for bytes only.
    #[must_use]
    pub const fn due(&self) -> Option<Duration> {
        self.due
    }

    /// Reads once. Returns whether there was anything to read.
    pub(crate) fn read(&mut self, wire: &mut Wire, mut handle: impl FnMut(&mut Connection, Event<'_>)) -> bool {
        if self.has_ended || self.connection.is_closed() {
            return false;
        }
        match wire.read(self.connection.role(), &mut self.space) {
            Ok(0) => {
                self.has_ended = true;
                self.connection.receive_eof();
            }
            Ok(count) => {
                let mut input = Input::from(self.space.get_mut(..count).unwrap_or_default());
                while let Some(event) = self.connection.receive(&mut input) {
                    handle(&mut self.connection, event);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(_) => {
                self.has_ended = true;
                self.connection.transport_failed();
            }
        }
        true
    }

    pub(crate) fn tick(&mut self, now: Duration) {
        self.due = self.connection.tick(now.into()).map(|wait| now.saturating_add(wait));
    }

    /// Reads once, ticks and writes. Returns whether it read or wrote.
    pub(crate) fn step(&mut self, wire: &mut Wire, handle: impl FnMut(&mut Connection, Event<'_>)) -> bool {
        let has_read = self.read(wire, handle);
        self.tick(wire.now());
        self.write(wire) | has_read
    }

    /// Writes what the wire accepts, and ends this half of the stream if it is time. Returns whether anything happened.
    pub(crate) fn write(&mut self, wire: &mut Wire) -> bool {
        let (role, mut moved) = (self.connection.role(), false);
        while self.connection.buffered_amount() > 0 {
            match wire.write(role, self.connection.output().chunk()) {
                Ok(count) => self.connection.output().advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.connection.write_failed(),
            }
            moved = true;
        }
        if self.connection.should_shutdown() && !self.is_shut_down && wire.shut_down(role).is_ok() {
            (self.is_shut_down, moved) = (true, true);
        }
        if self.connection.is_closed() && !self.is_closed {
            (self.is_closed, moved) = (true, true);
            wire.close(role);
        }
        moved
    }
}

/// Without the space for reads.
impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, events, has_ended, is_shut_down, is_closed, due, .. } = self;
        f.debug_struct("End")
            .field("connection", connection)
            .field("events", events)
            .field("has_ended", has_ended)
            .field("is_shut_down", is_shut_down)
            .field("is_closed", is_closed)
            .field("due", due)
            .finish_non_exhaustive()
    }
}
