//! One connection and its socket.

use super::{app::App, server::Shared, timers::Timer};
use bowline::{
    CloseCode, Connection, Input, State,
    server::{Handshake, Progress},
};
use mio::net::TcpStream;
use std::{
    io::{ErrorKind, Read},
    net::Shutdown,
    sync::atomic::{AtomicU64, Ordering},
};

/// The maximum number of reads of a connection before the others get their turn.
const READS_PER_TURN: usize = 16;

/// Whether a read that does not fill the buffer has emptied the socket. With epoll and kqueue it has, and bytes that arrive
/// later cause a new event, so the loop can leave out the next read, which would only return `WouldBlock`. Other systems need
/// it.
const SHORT_READ_EMPTIES: bool = cfg!(unix);

/// A connection and its socket. While it is idle, it has no buffer, and nothing else on the heap.
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    pub(crate) timer: Timer,
    /// Whether the loop waits until the socket is writable, and not until it is readable.
    pub(crate) waits_to_write: bool,
    /// Whether it is in the list of connections that get another turn.
    pub(crate) is_listed: bool,
    phase: Phase,
    incoming: Incoming,
    is_shut_down: bool,
}

/// What can still be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Incoming {
    More,
    /// The poll reported that the stream ends after the bytes in the socket.
    Last,
    Ended,
}

/// The stage of a connection. The handshake is boxed, since it is short and would make every connection larger.
#[expect(clippy::large_enum_variant, reason = "nearly all are open")]
enum Phase {
    Opening(Box<Handshake>),
    /// With an accepted client, or with a refused one that has not received the whole answer yet.
    Open(Connection),
}

/// The next step of the loop for a connection, after its turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Wait for the socket, or for the deadline.
    Wait,
    /// Give it another turn after the others: there may be more to read.
    Again,
    /// Drop it: everything was read and written.
    Drop,
}

impl Peer {
    pub(crate) fn new(stream: TcpStream, shared: &Shared<impl App>) -> Self {
        Self {
            stream,
            timer: Timer::default(),
            waits_to_write: false,
            is_listed: false,
            phase: Phase::Opening(Box::new(Handshake::new(shared.app.config().clone()))),
            incoming: Incoming::More,
            is_shut_down: false,
        }
    }

    /// Handles a ready socket: writes queued bytes, then reads, and writes the answers to each read together. `is_last` means
    /// that the poll reported the end of the stream after the bytes in the socket.
    pub(crate) fn turn(&mut self, shared: &mut Shared<impl App>, is_last: bool) -> Next {
        if is_last && self.incoming == Incoming::More {
            self.incoming = Incoming::Last;
        }
        if self.is_blocked() && self.update(shared) == Next::Drop {
            return Next::Drop;
        }
        for _ in 0..READS_PER_TURN {
            // Back-pressure: do not read from a peer that does not read our answers.
            if self.is_blocked() || self.incoming == Incoming::Ended {
                return Next::Wait;
            }
            let may_have_more = self.read(shared);
            let next = self.update(shared);
            if next == Next::Drop || !may_have_more {
                return next;
            }
        }
        Next::Again
    }

    /// Does the work after each read and each deadline. The order matters: `tick` may queue a ping or a Close frame, which is
    /// written next, and the connection has not ended before everything is written.
    pub(crate) fn update(&mut self, shared: &mut Shared<impl App>) -> Next {
        self.tick(shared);
        self.write(&shared.counts);
        match &self.phase {
            Phase::Opening(_) if self.incoming == Incoming::Ended => Next::Drop,
            Phase::Open(connection) if connection.is_closed() => Next::Drop,
            Phase::Open(connection) if connection.should_shutdown() && !self.is_shut_down => {
                // If this fails since the peer has disconnected, the next read reports it.
                let _ = self.stream.shutdown(Shutdown::Write);
                self.is_shut_down = true;
                Next::Wait
            }
            _ => Next::Wait,
        }
    }

    /// Returns whether bytes are queued that the socket did not accept.
    pub(crate) fn is_blocked(&self) -> bool {
        matches!(&self.phase, Phase::Open(connection) if connection.buffered_amount() > 0)
    }

    fn tick(&mut self, shared: &mut Shared<impl App>) {
        let now = shared.now.into();
        let mut wait = None;
        if let Phase::Opening(handshake) = &mut self.phase {
            wait = handshake.tick(now);
            self.receive(&mut Input::default(), shared); // refuses the client if the deadline has passed
        }
        if let Phase::Open(connection) = &mut self.phase {
            let is_open = connection.state() == State::Open;
            let own = if is_open { shared.app.tick(shared.index, connection, shared.now) } else { None };
            wait = connection.tick(now).into_iter().chain(own).min();
        }
        self.timer.due = wait.map(|wait| shared.now.saturating_add(wait).into());
    }

    /// Reads once, and returns whether there may be more to read.
    fn read(&mut self, shared: &mut Shared<impl App>) -> bool {
        let stream = &mut self.stream;
        let (outcome, is_full) = if let Phase::Open(connection) = &mut self.phase
            && let Some(outcome) = connection.direct_read(|space| space.read_from(&mut *stream))
        {
            // Even if the read failed, the message may be complete.
            self.receive(&mut Input::default(), shared);
            (outcome, true)
        } else {
            let mut buffer = std::mem::take(&mut shared.buffer);
            let outcome = stream.read(&mut buffer);
            let bytes = outcome.as_ref().ok().and_then(|count| buffer.get_mut(..*count));
            self.receive(&mut Input::from(bytes.unwrap_or_default()), shared);
            let is_full = matches!(outcome, Ok(count) if count == buffer.len());
            shared.buffer = buffer;
            (outcome, is_full)
        };
        match outcome {
            Ok(0) => self.end(shared),
            Ok(_) => {
                count(&shared.counts.reads);
                return is_full || self.incoming == Incoming::Last || !SHORT_READ_EMPTIES;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => return true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => {
                self.incoming = Incoming::Ended;
                if let Phase::Open(connection) = &mut self.phase {
                    connection.transport_failed();
                }
            }
        }
        false
    }

    /// Processes the bytes of one read: the rest of the opening handshake, messages, or both.
    fn receive(&mut self, input: &mut Input<'_>, shared: &mut Shared<impl App>) {
        if let Phase::Opening(handshake) = &mut self.phase {
            let progress = handshake.receive(input);
            self.decide(progress, shared);
        }
        if let Phase::Open(connection) = &mut self.phase {
            while let Some(event) = connection.receive(input) {
                shared.app.receive(shared.index, connection, event, shared.now);
            }
        }
    }

    /// Handles the outcome of the opening handshake, if there is one. A refusal also becomes a connection, which delivers the
    /// answer.
    fn decide(&mut self, progress: Progress, shared: &mut Shared<impl App>) {
        let refusal = match progress {
            Progress::Incomplete => return,
            Progress::Request(request) => match shared.app.accept(shared.index, request, shared.now) {
                Ok(connection) => return self.phase = Phase::Open(connection),
                Err(refusal) => Some(refusal),
            },
            Progress::NotWebSocket(request) => shared.app.respond(request),
            Progress::Refused(refusal) => Some(refusal),
            _ => None, // an outcome that a later version adds
        };
        match refusal {
            Some(refusal) => {
                shared.app.refused(&refusal);
                self.phase = Phase::Open(refusal.into_connection());
            }
            None => self.incoming = Incoming::Ended,
        }
    }

    /// Handles the end of the peer's stream.
    fn end(&mut self, shared: &mut Shared<impl App>) {
        if let Phase::Opening(handshake) = &mut self.phase {
            let progress = handshake.receive_eof();
            self.decide(progress, shared);
        }
        if let Phase::Open(connection) = &mut self.phase {
            connection.receive_eof();
        }
        self.incoming = Incoming::Ended;
    }

    /// Writes as much as the socket accepts.
    fn write(&mut self, counts: &Counts) {
        let Phase::Open(connection) = &mut self.phase else { return };
        while connection.buffered_amount() > 0 {
            match connection.output().write_to(&mut self.stream) {
                Ok(_) => count(&counts.writes),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => return connection.write_failed(),
            }
        }
    }

    /// Sends the waiting messages of the application.
    pub(crate) fn deliver(&mut self, shared: &mut Shared<impl App>) -> Next {
        if let Phase::Open(connection) = &mut self.phase {
            shared.app.deliver(shared.index, connection);
        }
        self.update(shared)
    }

    /// Closes the connection, since the server is shutting down. A handshake is dropped.
    pub(crate) fn go_away(&mut self, shared: &mut Shared<impl App>) -> Next {
        let Phase::Open(connection) = &mut self.phase else { return Next::Drop };
        let _ = connection.close(CloseCode::GOING_AWAY, "the server is shutting down");
        self.update(shared)
    }

    /// Reports to the application how the connection ended.
    pub(crate) fn report(self, shared: &mut Shared<impl App>) {
        if let Phase::Open(connection) = &self.phase {
            shared.app.ended(shared.index, connection.closure());
        }
    }
}

/// The number of reads and writes that moved bytes. Compared with the number of messages, they show whether the answers to a
/// batch are one write.
#[derive(Debug, Default)]
pub struct Counts {
    /// Reads that returned bytes.
    pub reads: AtomicU64,
    /// Writes that accepted bytes.
    pub writes: AtomicU64,
}

/// Increments a counter. Only one thread writes to it, so the increment need not be atomic.
fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}
