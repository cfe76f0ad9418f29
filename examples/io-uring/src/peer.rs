//! One connection: its socket, and the operations that the kernel performs for it.

use super::{ring::Ring, server::Shared, timers::Timer};
use bowline::{
    CloseCode, Connection, Event, Input, SendError, State,
    server::{Handshake, Progress, Refusal},
};
use bytes::{Buf, Bytes};
use std::{
    io,
    net::{Shutdown, TcpStream},
    sync::atomic::{AtomicU64, Ordering},
};

/// Back-pressure: receiving stops when more bytes than this are queued.
const HIGH_WATER: usize = 256 * 1024;

/// Receiving starts again when at most this many bytes are queued.
const LOW_WATER: usize = 64 * 1024;

/// Up to this number of bytes, output is copied to be sent.
const MAX_COPIED: usize = 1024;

/// A connection and its socket. While it is idle, it has no buffer, and nothing else on the heap.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(super) struct Peer {
    pub(super) timer: Timer,
    /// Whether it is in the list of connections to be updated.
    pub(super) is_listed: bool,
    stream: TcpStream,
    phase: Phase,
    receiving: Receiving,
    is_sending: bool,
    /// Nothing more can be received.
    has_ended: bool,
    is_shut_down: bool,
    /// The connection has ended, but operations of the kernel may remain.
    is_over: bool,
}

/// The stage of a connection. The handshake is boxed, since it is short and would make every connection larger.
#[expect(clippy::large_enum_variant, reason = "nearly all are open")]
enum Phase {
    Opening(Box<Handshake>),
    /// With an accepted client, or with a refused one that has not received the whole answer yet.
    Open(Connection),
}

/// The state of the receive operation. There is at most one, since the kernel may complete two in any order.
#[derive(PartialEq, Eq)]
enum Receiving {
    Nothing,
    /// It found no free buffer. The loop starts it again, when there are some.
    Starved,
    /// Into one buffer after the other, until it is cancelled.
    All,
    /// Into a single buffer.
    Once,
    /// It was cancelled, and its last completion has not arrived yet.
    Stopping,
}

impl Peer {
    pub(super) fn new(stream: TcpStream, shared: &Shared) -> Self {
        Self {
            timer: Timer::default(),
            is_listed: false,
            stream,
            phase: Phase::Opening(Box::new(Handshake::new(shared.config.clone()))),
            receiving: Receiving::Nothing,
            is_sending: false,
            has_ended: false,
            is_shut_down: false,
            is_over: false,
        }
    }

    /// Processes a filled buffer: the rest of the opening handshake, messages, or both.
    pub(super) fn received(&mut self, bytes: &mut [u8], shared: &Shared) {
        count(&shared.counts.reads);
        self.receive(&mut Input::from(bytes), shared);
    }

    fn receive(&mut self, input: &mut Input<'_>, shared: &Shared) {
        if let Phase::Opening(handshake) = &mut self.phase {
            let progress = handshake.receive(input);
            self.decide(progress, shared);
        }
        if let Phase::Open(connection) = &mut self.phase {
            while let Some(event) = connection.receive(input) {
                echo(connection, event);
            }
        }
    }

    /// Handles the outcome of the opening handshake, if there is one. A refusal also becomes a connection, which delivers the
    /// answer.
    fn decide(&mut self, progress: Progress, shared: &Shared) {
        self.phase = Phase::Open(match progress {
            Progress::Incomplete => return,
            Progress::Request(request) => request.accept(&shared.accept).unwrap_or_else(Refusal::into_connection),
            Progress::NotWebSocket(request) => request.into_refusal().into_connection(),
            Progress::Refused(refusal) => refusal.into_connection(),
            _ => return self.has_ended = true, // an outcome that a later version adds
        });
    }

    /// Handles the end of the peer's stream.
    pub(super) fn end(&mut self, shared: &Shared) {
        if let Phase::Opening(handshake) = &mut self.phase {
            let progress = handshake.receive_eof();
            self.decide(progress, shared);
        }
        if let Phase::Open(connection) = &mut self.phase {
            connection.receive_eof();
        }
        self.has_ended = true;
    }

    /// Handles an error of the receive operation.
    pub(super) fn fail(&mut self) {
        if let Phase::Open(connection) = &mut self.phase {
            connection.transport_failed();
        }
        self.has_ended = true;
    }

    /// Notes the end of the receive operation.
    pub(super) fn has_stopped_receiving(&mut self) {
        if self.receiving != Receiving::Starved {
            self.receiving = Receiving::Nothing;
        }
    }

    /// Handles a receive operation that found no free buffer.
    pub(super) fn starve(&mut self) {
        self.receiving = Receiving::Starved;
    }

    /// Allows a starved connection to receive again.
    pub(super) fn feed(&mut self) {
        if self.receiving == Receiving::Starved {
            self.receiving = Receiving::Nothing;
        }
    }

    /// Handles the end of a send operation. Only now do its bytes count as written, and the next segment can be sent.
    pub(super) fn sent(&mut self, outcome: &io::Result<usize>, shared: &Shared) {
        self.is_sending = false;
        let Phase::Open(connection) = &mut self.phase else { return };
        if let Ok(sent @ 1..) = *outcome {
            connection.output().advance(sent);
            count(&shared.counts.writes);
        } else {
            connection.write_failed();
        }
    }

    /// Does the work after all completions and deadlines of a wait. The order matters: `tick` may queue a ping or a Close
    /// frame, which is sent next, and the connection has not ended before everything is sent. Returns false if the socket can
    /// be closed.
    pub(super) fn update(&mut self, index: usize, ring: &mut Ring, shared: &Shared) -> io::Result<bool> {
        if !self.is_over {
            self.tick(shared);
            self.send(index, ring)?;
            self.is_over = match &self.phase {
                Phase::Opening(_) => self.has_ended,
                Phase::Open(connection) => connection.is_closed(),
            };
            if self.is_over {
                self.leave(index, ring, shared)?;
            } else {
                self.shut_down();
                self.keep_receiving(index, ring)?;
            }
        }
        Ok(!self.is_over || self.is_in_use())
    }

    fn shut_down(&mut self) {
        if let Phase::Open(connection) = &self.phase
            && connection.should_shutdown()
            && !self.is_shut_down
        {
            // If this fails since the peer has disconnected, receiving reports it.
            let _ = self.stream.shutdown(Shutdown::Write);
            self.is_shut_down = true;
        }
    }

    /// Reports how the connection ended, and cancels its operations. The socket stays open until the kernel has finished with
    /// it.
    fn leave(&mut self, index: usize, ring: &mut Ring, shared: &Shared) -> io::Result<()> {
        if let Phase::Open(connection) = &self.phase
            && let Some(closure) = connection.closure()
        {
            (shared.ended)(closure);
        }
        self.timer.due = None;
        if self.is_in_use() { ring.stop_all(index, &self.stream) } else { Ok(()) }
    }

    fn is_in_use(&self) -> bool {
        self.is_sending || !matches!(self.receiving, Receiving::Nothing | Receiving::Starved)
    }

    /// Starts or stops receiving: back-pressure for a peer that does not read our answers. From a peer that only has to end its
    /// stream, one buffer is received at a time. Sending may have failed then, and a receive operation that continues by itself
    /// can miss a reset that arrived before it.
    fn keep_receiving(&mut self, index: usize, ring: &mut Ring) -> io::Result<()> {
        let queued = self.queued();
        let is_ending =
            matches!(&self.phase, Phase::Open(connection) if connection.state() != State::Open && queued == 0);
        match self.receiving {
            Receiving::Nothing if self.has_ended || queued > LOW_WATER => Ok(()),
            Receiving::Nothing if is_ending => {
                self.receiving = Receiving::Once;
                ring.receive_once(index, &self.stream)
            }
            Receiving::Nothing => {
                self.receiving = Receiving::All;
                ring.receive(index, &self.stream)
            }
            Receiving::All if is_ending || queued > HIGH_WATER => {
                self.receiving = Receiving::Stopping;
                ring.stop_receiving(index)
            }
            _ => Ok(()),
        }
    }

    /// Starts to send the first queued segment, unless one is being sent. It stays queued until the operation has ended.
    fn send(&mut self, index: usize, ring: &mut Ring) -> io::Result<()> {
        let Phase::Open(connection) = &mut self.phase else { return Ok(()) };
        if self.is_sending || connection.buffered_amount() == 0 {
            return Ok(());
        }
        let output = connection.output();
        let segment = match output.chunk() {
            // A copy costs less than a handle, and the connection keeps its memory for the next answers.
            short if short.len() <= MAX_COPIED => Bytes::copy_from_slice(short),
            _ => output.front().unwrap_or_default(),
        };
        self.is_sending = true;
        let has_more = connection.buffered_amount() > segment.len();
        ring.send(index, &self.stream, segment, has_more)
    }

    /// Returns the number of queued bytes, including those that are being sent.
    fn queued(&self) -> usize {
        match &self.phase {
            Phase::Opening(_) => 0,
            Phase::Open(connection) => connection.buffered_amount(),
        }
    }

    fn tick(&mut self, shared: &Shared) {
        let now = shared.now.into();
        let mut wait = None;
        if let Phase::Opening(handshake) = &mut self.phase {
            wait = handshake.tick(now);
            self.receive(&mut Input::default(), shared); // refuses the client if the deadline has passed
        }
        if let Phase::Open(connection) = &mut self.phase {
            wait = connection.tick(now);
        }
        self.timer.due = wait.map(|wait| shared.now.saturating_add(wait).into());
    }
}

/// The application of this program: it sends each message back. An error of `send` concerns only that message; the connection
/// can still be used.
fn echo(connection: &mut Connection, event: Event<'_>) {
    let sent = match event {
        Event::Text(text) => connection.send_text(text),
        Event::Binary(data) => connection.send_binary(data),
        _ => Ok(()),
    };
    if let Err(SendError::Full { .. }) = sent {
        let _ = connection.close(CloseCode::TRY_AGAIN_LATER, "too many answers are queued");
    }
}

/// The number of filled buffers, and of send operations that sent bytes. Compared with the number of messages, they show
/// whether the answers to a batch are one send. There are fewer system calls than operations, since one call serves many
/// connections.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) reads: AtomicU64,
    pub(crate) writes: AtomicU64,
}

/// Increments a counter. Only one thread writes to it, so the increment need not be atomic.
fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}
