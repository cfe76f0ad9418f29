//! One connection: its socket and what the crate knows about it.

use super::{alarms::Alarm, server::Shared};
use bowline::{
    CloseCode, Connection, Event, SendError, Timestamp,
    server::{Handshake, Progress, Refusal},
};
use bytes::Buf;
use mio::net::TcpStream;
use std::{
    io::{self, ErrorKind, IoSlice, Read, Write},
    net::Shutdown,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// How many reads a connection may make before others have their turn.
const READS_IN_A_TURN: usize = 16;

/// How many pieces of output one write takes at the most.
const SLICES: usize = 32;

/// How long a client that was refused may take to read the answer.
const LINGER: Duration = Duration::from_secs(2);

/// On epoll and kqueue, a read that brings less than there was room for has emptied the socket, and what comes later is
/// a new event: the read that would say so can be left out. Elsewhere it has to be made.
const SHORT_READ_EMPTIES: bool = cfg!(unix);

/// What an idle connection costs in this program: no buffer, and nothing else on the heap.
#[expect(clippy::struct_excessive_bools, reason = "six facts that do not depend on each other")]
pub(super) struct Peer {
    pub(super) stream: TcpStream,
    pub(super) alarm: Alarm,
    /// Whether the loop waits for room in the socket, and not for bytes.
    pub(super) waits_to_write: bool,
    /// Whether another turn is promised to it.
    pub(super) has_more: bool,
    phase: Phase,
    /// The socket has said that the end of the stream is behind the bytes that lie in it.
    is_last: bool,
    /// The stream has no more bytes.
    has_ended: bool,
    /// Bytes were written since the last deadline.
    has_taken: bool,
    /// Writing has failed.
    is_broken: bool,
    is_shut_down: bool,
}

/// Few are in the first or the last phase, and never for long: in boxes, they do not make the others larger.
#[expect(clippy::large_enum_variant, reason = "nearly all are open")]
enum Phase {
    Opening(Box<Handshake>),
    Open(Connection),
    Refused(Box<Refusal>),
}

/// What the loop has to do for a connection after its turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Wait for the socket.
    Wait,
    /// Give it another turn after the others: there may be more to read.
    Again,
    /// Drop it: all is read and written.
    Drop,
}

/// What a read brought.
enum Came {
    /// As much as there was room for, so that there may be more.
    Much,
    Little,
    Nothing,
    /// The end of the stream, or of the transport.
    End,
}

impl Peer {
    pub(super) fn new(stream: TcpStream, shared: &Shared) -> Self {
        Self {
            stream,
            alarm: Alarm::default(),
            waits_to_write: false,
            has_more: false,
            is_last: false,
            phase: Phase::Opening(Box::new(Handshake::new(&shared.config))),
            has_ended: false,
            has_taken: false,
            is_broken: false,
            is_shut_down: false,
        }
    }

    /// The socket is ready: what waited is written, then bytes are read, and the answers to what one read brought are
    /// written together. `is_last` is for a socket that has said that the end of the stream is behind the bytes in it.
    pub(super) fn turn(&mut self, shared: &mut Shared, is_last: bool) -> Next {
        self.is_last |= is_last;
        if self.is_blocked() && self.settle(shared) == Next::Drop {
            return Next::Drop;
        }
        for _ in 0..READS_IN_A_TURN {
            // Back-pressure: who does not take our answers is not asked for more.
            if self.is_blocked() || self.has_ended {
                return Next::Wait;
            }
            let came = self.read(shared);
            let next = self.settle(shared);
            match came {
                _ if next == Next::Drop => return next,
                Came::Much | Came::End => {}
                Came::Little if self.is_last || !SHORT_READ_EMPTIES => {}
                Came::Little | Came::Nothing => return next,
            }
        }
        Next::Again
    }

    /// The deadline has come. Nothing was read from a peer that is slow to take our answers, so that it would look silent.
    /// If it has taken some since the last deadline, it may show that it is alive: one byte is enough for that, and does
    /// not undo the back-pressure. A peer that takes nothing at all is given up like a silent one.
    pub(super) fn ring(&mut self, shared: &mut Shared) -> Next {
        if self.is_blocked() && std::mem::take(&mut self.has_taken) {
            let mut byte = [0];
            if let Ok(1) = self.stream.read(&mut byte) {
                self.receive(&mut byte, shared);
            }
        }
        self.settle(shared)
    }

    /// What is to be done after each read, and after each deadline: tell the time, write, end. In this order, as time may
    /// queue a ping or a Close frame, and as the end has to wait until all is written.
    pub(super) fn settle(&mut self, shared: &mut Shared) -> Next {
        self.tick(shared.now);
        self.write(shared);
        let (is_last_byte_written, is_over) = match &self.phase {
            Phase::Opening(_) => (false, self.has_ended),
            Phase::Open(connection) => (connection.should_shutdown(), connection.is_closed()),
            Phase::Refused(refusal) => {
                let is_written = self.is_broken || !refusal.has_remaining();
                (is_written, (is_written && self.has_ended) || self.alarm.due <= Some(shared.now))
            }
        };
        if is_over {
            if let Phase::Open(connection) = &self.phase
                && let Some(closure) = connection.closure()
            {
                (shared.ended)(closure);
            }
            return Next::Drop;
        }
        // To close the socket now would reset the connection if bytes lie unread in it, and the reset could destroy the
        // Close frame, or the refusal, on its way. So only this half ends, and reading goes on until the other does.
        if is_last_byte_written && !self.is_shut_down {
            self.is_shut_down = true;
            // If the peer is gone already, reading will tell.
            let _ = self.stream.shutdown(Shutdown::Write);
        }
        if self.is_broken && !self.has_ended { Next::Again } else { Next::Wait }
    }

    /// Whether something is queued that the socket does not take.
    pub(super) fn is_blocked(&self) -> bool {
        !self.is_broken && self.waiting() > 0
    }

    /// How many bytes are to be written.
    fn waiting(&self) -> usize {
        match &self.phase {
            Phase::Opening(_) => 0,
            Phase::Open(connection) => connection.queued(),
            Phase::Refused(refusal) => refusal.remaining(),
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
            Phase::Refused(_) => return,
        };
        self.alarm.due = wait.map(|wait| now + wait);
    }

    fn refuse(&mut self, refusal: Refusal, now: Duration) {
        self.phase = Phase::Refused(Box::new(refusal));
        self.alarm.due = Some(now + LINGER);
    }

    fn read(&mut self, shared: &mut Shared) -> Came {
        // The second door: what is missing of a large message is read to where it belongs.
        let came = if let Phase::Open(connection) = &mut self.phase
            && let Some(mut space) = connection.assembly()
        {
            space.read_from(&mut self.stream).map(|count| (count, Came::Much))
        } else {
            let mut buffer = std::mem::take(&mut shared.buffer);
            let came = self.stream.read(&mut buffer);
            if let Ok(count) = came {
                self.receive(buffer.get_mut(..count).unwrap_or_default(), shared);
            }
            let is_full = came.as_ref().is_ok_and(|count| *count == buffer.len());
            shared.buffer = buffer;
            came.map(|count| (count, if is_full { Came::Much } else { Came::Little }))
        };
        match came {
            Ok((0, _)) => self.end(shared),
            Ok((_, came)) => {
                count(&shared.counts.reads);
                self.receive(&mut [], shared);
                came
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Came::Much,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.receive(&mut [], shared); // the second door may have been given something before that
                if self.is_broken { self.fail() } else { Came::Nothing }
            }
            Err(_) => self.fail(),
        }
    }

    /// All that one read brought: the rest of the opening handshake, messages, or both.
    fn receive(&mut self, mut input: &mut [u8], shared: &Shared) {
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
                echo(connection, event);
            }
        }
    }

    fn end(&mut self, shared: &Shared) -> Came {
        if self.is_broken {
            return self.fail(); // what is queued will never be written
        }
        self.has_ended = true;
        match &mut self.phase {
            Phase::Opening(handshake) => {
                if let Progress::Refused(refusal) = handshake.receive_eof() {
                    self.refuse(refusal, shared.now);
                }
            }
            Phase::Open(connection) => connection.receive_eof(),
            Phase::Refused(_) => {}
        }
        Came::End
    }

    fn fail(&mut self) -> Came {
        (self.has_ended, self.is_broken) = (true, true);
        if let Phase::Open(connection) = &mut self.phase {
            connection.transport_failed();
        }
        Came::End
    }

    /// Writes as much as the socket takes. If writing fails, what the peer said before that is still read.
    fn write(&mut self, shared: &Shared) {
        if self.is_broken {
            return;
        }
        let waiting = self.waiting();
        let written = match &mut self.phase {
            Phase::Opening(_) => Ok(()),
            Phase::Open(connection) => write_all(&mut self.stream, connection.output(), &shared.counts),
            Phase::Refused(refusal) => write_all(&mut self.stream, &mut **refusal, &shared.counts),
        };
        self.has_taken |= self.waiting() < waiting;
        if written.is_err_and(|error| error.kind() != ErrorKind::WouldBlock) {
            self.is_broken = true;
            if self.has_ended {
                self.fail();
            }
        }
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

fn write_all(stream: &mut TcpStream, output: &mut impl Buf, counts: &Counts) -> io::Result<()> {
    while output.has_remaining() {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let filled = output.chunks_vectored(&mut slices);
        // Mostly all is in one piece; then the kernel has less to do for a simple write.
        let written = match slices.get(..filled).unwrap_or_default() {
            [only] => stream.write(only),
            all => stream.write_vectored(all),
        };
        match written {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => {
                count(&counts.writes);
                output.advance(written);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// How many reads brought something, and how many writes took something: whoever compares them with the messages sees
/// whether the answers to a batch leave together.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) reads: AtomicU64,
    pub(crate) writes: AtomicU64,
}

/// Only one thread counts, so that this need not be one step.
fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}
