//! One connection: its socket, what the crate knows about it, and what is asked of the kernel for it.

use super::{alarms::Alarm, ring::Ring, server::Shared};
use bowline::{
    CloseCode, Connection, Event, SendError, Timestamp,
    server::{Handshake, Progress, Refusal},
};
use bytes::{Buf, Bytes};
use std::{
    io,
    net::{Shutdown, TcpStream},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Back-pressure: if more bytes than this wait to be sent, no more are received …
const MUCH: usize = 256 * 1024;

/// … until only this many wait.
const LITTLE: usize = 64 * 1024;

/// How long a client that was refused may take to read the answer.
const LINGER: Duration = Duration::from_secs(2);

/// What an idle connection costs in this program: no buffer, and nothing else on the heap.
#[expect(clippy::struct_excessive_bools, reason = "six facts that do not depend on each other")]
pub(super) struct Peer {
    pub(super) alarm: Alarm,
    /// Whether it is in the list of those that have to be settled.
    pub(super) is_listed: bool,
    stream: TcpStream,
    phase: Phase,
    receiving: Receiving,
    is_sending: bool,
    /// The stream has no more bytes.
    has_ended: bool,
    /// Bytes were taken since the last deadline.
    has_taken: bool,
    /// Sending has failed.
    is_broken: bool,
    is_shut_down: bool,
}

/// Few are in another phase than `Open`, and never for long: in a box, they do not make the others larger.
#[expect(clippy::large_enum_variant, reason = "nearly all are open")]
enum Phase {
    Opening(Box<Handshake>),
    Open(Connection),
    /// What of the refusal is to be sent.
    Refused(Bytes),
    /// All is over, except for what the kernel still does with the socket.
    Over,
}

/// What the kernel was asked for. Never for two things at a time: the order of what comes would not be certain.
#[derive(PartialEq, Eq)]
enum Receiving {
    Nothing,
    /// All that comes, until further notice.
    All,
    /// What comes next, and no more.
    Once,
    /// It was told to stop, and has not said its last yet.
    Stopping,
}

impl Peer {
    pub(super) fn new(stream: TcpStream, shared: &Shared) -> Self {
        Self {
            alarm: Alarm::default(),
            is_listed: false,
            stream,
            phase: Phase::Opening(Box::new(Handshake::new(&shared.config))),
            receiving: Receiving::Nothing,
            is_sending: false,
            has_ended: false,
            has_taken: false,
            is_broken: false,
            is_shut_down: false,
        }
    }

    /// Bytes have come: the rest of the opening handshake, messages, or both. The buffer is the kernel's choice; what is
    /// still needed of it is kept by the connection.
    pub(super) fn receive(&mut self, mut input: &mut [u8], shared: &Shared) {
        count(&shared.counts.reads);
        if let Phase::Opening(handshake) = &mut self.phase {
            match handshake.receive(&mut input) {
                Progress::Incomplete => {}
                Progress::Refused(refusal) => self.refuse(refusal, shared.now),
                Progress::Request(request) => match request.accept(&shared.accept) {
                    Ok(connection) => self.phase = Phase::Open(connection),
                    Err(refusal) => self.refuse(refusal, shared.now),
                },
            }
        }
        if let Phase::Open(connection) = &mut self.phase {
            while let Some(event) = connection.receive(&mut input) {
                // If sending has failed, this is only to hear what the peer's last word is.
                if !self.is_broken {
                    echo(connection, event);
                }
            }
        }
    }

    /// The end of the stream.
    pub(super) fn end(&mut self, shared: &Shared) {
        if self.is_broken {
            return self.fail(); // what is queued will never be sent
        }
        self.has_ended = true;
        match &mut self.phase {
            Phase::Opening(handshake) => {
                if let Progress::Refused(refusal) = handshake.receive_eof() {
                    self.refuse(refusal, shared.now);
                }
            }
            Phase::Open(connection) => connection.receive_eof(),
            Phase::Refused(_) | Phase::Over => {}
        }
    }

    /// Receiving has failed: nothing more will come.
    pub(super) fn fail(&mut self) {
        (self.has_ended, self.is_broken) = (true, true);
        if let Phase::Open(connection) = &mut self.phase {
            connection.transport_failed();
        }
    }

    /// The kernel does not receive any more for this connection, unless it is asked again.
    pub(super) fn has_stopped_receiving(&mut self) {
        self.receiving = Receiving::Nothing;
    }

    /// A send is over. Only now are these bytes written, and the place of the next piece is known. If sending fails, what
    /// the peer said before that is still received.
    pub(super) fn sent(&mut self, outcome: &io::Result<usize>, shared: &Shared) {
        self.is_sending = false;
        let &Ok(sent @ 1..) = outcome else {
            self.is_broken = true;
            if self.has_ended {
                self.fail();
            }
            return;
        };
        count(&shared.counts.writes);
        self.has_taken = true;
        match &mut self.phase {
            Phase::Open(connection) => connection.output().advance(sent),
            Phase::Refused(bytes) => bytes.advance(sent.min(bytes.len())),
            Phase::Opening(_) | Phase::Over => {}
        }
    }

    /// The deadline has come. Nothing was received from a peer that is slow to take our answers, so that it would look
    /// silent. If it has taken some since the last deadline, it may show that it is alive: one byte is enough for that, and
    /// does not undo the back-pressure. A peer that takes nothing at all is given up like a silent one.
    pub(super) fn ring(&mut self, index: usize, ring: &mut Ring) -> io::Result<()> {
        let has_taken = std::mem::take(&mut self.has_taken);
        if has_taken && self.receiving == Receiving::Nothing && !self.has_ended && self.waiting() > LITTLE {
            self.receiving = Receiving::Once;
            ring.receive_once(index, &self.stream, 1)?;
        }
        Ok(())
    }

    /// What is to be done after all completions and deadlines of a wait: tell the time, send, end, receive. In this order,
    /// as time may queue a ping or a Close frame, and as the end has to wait until all is sent. False if nothing is left to
    /// be done for this connection, and its socket can be closed.
    pub(super) fn settle(&mut self, index: usize, ring: &mut Ring, shared: &Shared) -> io::Result<bool> {
        self.tick(shared.now);
        self.send(index, ring)?;
        let (is_last_byte_sent, is_over) = match &self.phase {
            Phase::Opening(_) => (false, self.has_ended),
            Phase::Open(connection) => (connection.should_shutdown(), connection.is_closed()),
            Phase::Refused(bytes) => {
                let is_sent = self.is_broken || bytes.is_empty();
                (is_sent, (is_sent && self.has_ended) || self.alarm.due <= Some(shared.now))
            }
            Phase::Over => return Ok(self.is_sending || self.receiving != Receiving::Nothing),
        };
        // To close the socket now would reset the connection if bytes lie unread in it, and the reset could destroy the
        // Close frame, or the refusal, on its way. So only this half ends, and receiving goes on until the other does.
        if is_last_byte_sent && !self.is_shut_down {
            self.is_shut_down = true;
            // If the peer is gone already, receiving will tell.
            let _ = self.stream.shutdown(Shutdown::Write);
        }
        if is_over { self.leave(index, ring, shared) } else { self.see_to_receiving(index, ring).map(|()| true) }
    }

    /// The connection is over. Its socket is open until the kernel is done with it.
    fn leave(&mut self, index: usize, ring: &mut Ring, shared: &Shared) -> io::Result<bool> {
        if let Phase::Open(connection) = &self.phase
            && let Some(closure) = connection.closure()
        {
            (shared.ended)(closure);
        }
        self.phase = Phase::Over;
        self.alarm.due = None;
        let is_in_use = self.is_sending || self.receiving != Receiving::Nothing;
        if is_in_use {
            ring.stop_all(index, &self.stream)?;
        }
        Ok(is_in_use)
    }

    /// Who does not take our answers is not asked for more. And if sending has failed, what lies in the socket is fetched
    /// piece by piece: to receive all that comes is to wait for news after the last byte, and a reset that came before is
    /// none.
    fn see_to_receiving(&mut self, index: usize, ring: &mut Ring) -> io::Result<()> {
        let waiting = self.waiting();
        match self.receiving {
            Receiving::Nothing if self.has_ended => Ok(()),
            Receiving::Nothing if self.is_broken => {
                self.receiving = Receiving::Once;
                ring.receive_once(index, &self.stream, u32::MAX)
            }
            Receiving::Nothing if waiting <= LITTLE => {
                self.receiving = Receiving::All;
                ring.receive(index, &self.stream)
            }
            Receiving::All if waiting > MUCH || self.is_broken => {
                self.receiving = Receiving::Stopping;
                ring.stop_receiving(index)
            }
            _ => Ok(()),
        }
    }

    /// Sends the first piece of what is queued, unless one is under way. It stays queued, so that it is not sent twice
    /// only because of `is_sending`.
    fn send(&mut self, index: usize, ring: &mut Ring) -> io::Result<()> {
        if self.is_sending || self.is_broken {
            return Ok(());
        }
        let piece = match &mut self.phase {
            Phase::Open(connection) => connection.output().front(),
            Phase::Refused(bytes) => Some(bytes.clone()).filter(|bytes| !bytes.is_empty()),
            Phase::Opening(_) | Phase::Over => None,
        };
        let Some(piece) = piece else { return Ok(()) };
        self.is_sending = true;
        let has_more = self.waiting() > piece.len();
        ring.send(index, &self.stream, piece, has_more)
    }

    /// How many bytes are to be sent, those under way included. None of them will be if sending has failed.
    fn waiting(&self) -> usize {
        match &self.phase {
            _ if self.is_broken => 0,
            Phase::Opening(_) | Phase::Over => 0,
            Phase::Open(connection) => connection.queued(),
            Phase::Refused(bytes) => bytes.len(),
        }
    }

    fn tick(&mut self, now: Duration) {
        let timestamp = Timestamp::since_origin(now);
        let wait = match &mut self.phase {
            Phase::Opening(handshake) => {
                let wait = handshake.tick(timestamp);
                // Once the time is up, this refuses.
                if let Progress::Refused(refusal) = handshake.receive(&mut &mut [][..]) {
                    return self.refuse(refusal, now);
                }
                wait
            }
            Phase::Open(connection) => connection.tick(timestamp),
            Phase::Refused(_) | Phase::Over => return,
        };
        self.alarm.due = wait.map(|wait| now + wait);
    }

    fn refuse(&mut self, mut refusal: Refusal, now: Duration) {
        self.phase = Phase::Refused(refusal.copy_to_bytes(refusal.remaining()));
        self.alarm.due = Some(now + LINGER);
    }
}

/// What this program is for. An error of `send` is not one of the connection: here, nothing can be done about it.
fn echo(connection: &mut Connection, event: Event<'_>) {
    let sent = match event {
        Event::Text(text) => connection.send_text(text),
        Event::Binary(data) => connection.send_binary(data),
        _ => Ok(()),
    };
    if let Err(SendError::Full { .. }) = sent {
        let _ = connection.close(CloseCode::TRY_AGAIN_LATER, "too much is waiting to be sent to you");
    }
}

/// How many buffers were filled, and how many sends took something: whoever compares them with the messages sees whether
/// the answers to a batch leave together. Calls to the kernel are fewer, as one serves many connections.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) reads: AtomicU64,
    pub(crate) writes: AtomicU64,
}

/// Only one thread counts, so that this need not be one step.
fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}
