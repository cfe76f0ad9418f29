//! One connection: its socket and what the crate knows about it.

use super::{alarms::Alarm, app::App, server::Shared};
use bowline::{
    CloseCode, Connection, Timestamp,
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

/// How long a client without a WebSocket may take to read its answer.
const LINGER: Duration = Duration::from_secs(2);

/// On epoll and kqueue, a read that brings less than there was room for has emptied the socket, and what comes later is
/// a new event: the read that would say so can be left out. Elsewhere it has to be made.
const SHORT_READ_EMPTIES: bool = cfg!(unix);

/// What an idle connection costs in this program: no buffer, and nothing else on the heap.
#[expect(clippy::struct_excessive_bools, reason = "six facts that do not depend on each other")]
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    pub(crate) alarm: Alarm,
    /// Whether the loop waits for room in the socket, and not for bytes.
    pub(crate) waits_to_write: bool,
    /// Whether another turn is promised to it.
    pub(crate) has_more: bool,
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
    Opening(Box<Opening>),
    Open(Connection),
    /// No WebSocket comes of it: this is the answer.
    Answered(Box<dyn Buf>),
}

struct Opening {
    handshake: Handshake,
    /// What it was given, which it does not give back. It is limited as the handshake is.
    head: Vec<u8>,
}

/// What the loop has to do for a connection after its turn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
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
    pub(crate) fn new(stream: TcpStream, shared: &Shared<impl App>) -> Self {
        let opening = Opening { handshake: Handshake::new(shared.app.config()), head: Vec::new() };
        Self {
            stream,
            alarm: Alarm::default(),
            waits_to_write: false,
            has_more: false,
            is_last: false,
            phase: Phase::Opening(Box::new(opening)),
            has_ended: false,
            has_taken: false,
            is_broken: false,
            is_shut_down: false,
        }
    }

    /// The socket is ready: what waited is written, then bytes are read, and the answers to what one read brought are
    /// written together. `is_last` is for a socket that has said that the end of the stream is behind the bytes in it.
    pub(crate) fn turn(&mut self, shared: &mut Shared<impl App>, is_last: bool) -> Next {
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
    pub(crate) fn ring(&mut self, shared: &mut Shared<impl App>) -> Next {
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
    pub(crate) fn settle(&mut self, shared: &mut Shared<impl App>) -> Next {
        self.tick(shared);
        self.write(shared);
        let (is_last_byte_written, is_over) = match &self.phase {
            Phase::Opening(_) => (false, self.has_ended),
            Phase::Open(connection) => (connection.should_shutdown(), connection.is_closed()),
            Phase::Answered(answer) => {
                let is_written = self.is_broken || !answer.has_remaining();
                (is_written, (is_written && self.has_ended) || self.alarm.due <= Some(shared.now))
            }
        };
        if is_over {
            return Next::Drop;
        }
        // To close the socket now would reset the connection if bytes lie unread in it, and the reset could destroy the
        // Close frame, or the answer, on its way. So only this half ends, and reading goes on until the other does.
        if is_last_byte_written && !self.is_shut_down {
            self.is_shut_down = true;
            // If the peer is gone already, reading will tell.
            let _ = self.stream.shutdown(Shutdown::Write);
        }
        if self.is_broken && !self.has_ended { Next::Again } else { Next::Wait }
    }

    /// Whether something is queued that the socket does not take.
    pub(crate) fn is_blocked(&self) -> bool {
        !self.is_broken && self.waiting() > 0
    }

    /// How many bytes are to be written.
    fn waiting(&self) -> usize {
        match &self.phase {
            Phase::Opening(_) => 0,
            Phase::Open(connection) => connection.queued(),
            Phase::Answered(answer) => answer.remaining(),
        }
    }

    fn tick(&mut self, shared: &mut Shared<impl App>) {
        let timestamp = Timestamp::since_origin(shared.now);
        let wait = match &mut self.phase {
            Phase::Opening(opening) => {
                let wait = opening.handshake.tick(timestamp);
                // Once the time is up, this refuses.
                if let Progress::Refused(refusal) = opening.handshake.receive(&mut &mut [][..]) {
                    return self.answer(refusal, shared);
                }
                wait
            }
            Phase::Open(connection) => {
                let own = shared.app.tick(shared.index, connection, shared.now);
                connection.tick(timestamp).into_iter().chain(own).min()
            }
            Phase::Answered(_) => return,
        };
        self.alarm.due = wait.map(|wait| shared.now + wait);
    }

    fn answer(&mut self, refusal: Refusal, shared: &mut Shared<impl App>) {
        let Phase::Opening(opening) = &self.phase else { return };
        self.phase = Phase::Answered(shared.app.answer(refusal, &opening.head));
        self.alarm.due = Some(shared.now + LINGER);
    }

    fn read(&mut self, shared: &mut Shared<impl App>) -> Came {
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
    fn receive(&mut self, mut input: &mut [u8], shared: &mut Shared<impl App>) {
        if let Phase::Opening(opening) = &mut self.phase {
            opening.head.extend_from_slice(input);
            match opening.handshake.receive(&mut input) {
                Progress::Incomplete => {}
                Progress::Refused(refusal) => self.answer(refusal, shared),
                Progress::Request(request) => match shared.app.accept(request) {
                    Ok(connection) => self.phase = Phase::Open(connection),
                    Err(refusal) => self.answer(refusal, shared),
                },
            }
        }
        if let Phase::Open(connection) = &mut self.phase {
            while let Some(event) = connection.receive(&mut input) {
                shared.app.receive(shared.index, connection, event, shared.now);
            }
        }
    }

    /// What others have for it, through the app.
    pub(crate) fn deliver(&mut self, shared: &mut Shared<impl App>) -> Next {
        if let Phase::Open(connection) = &mut self.phase {
            shared.app.deliver(shared.index, connection);
        }
        self.settle(shared)
    }

    /// The server ends. A handshake ends with it, an answer is still written.
    pub(crate) fn go_away(&mut self, shared: &mut Shared<impl App>) -> Next {
        match &mut self.phase {
            Phase::Opening(_) => return Next::Drop,
            Phase::Open(connection) => {
                let _ = connection.close(CloseCode::GOING_AWAY, "the server is going away");
            }
            Phase::Answered(_) => {}
        }
        self.settle(shared)
    }

    /// It is given up, and tells how it ended.
    pub(crate) fn part(self, shared: &mut Shared<impl App>) {
        if let Phase::Open(connection) = &self.phase {
            shared.app.ended(shared.index, connection.closure());
        }
    }

    fn end(&mut self, shared: &mut Shared<impl App>) -> Came {
        if self.is_broken {
            return self.fail(); // what is queued will never be written
        }
        self.has_ended = true;
        match &mut self.phase {
            Phase::Opening(opening) => {
                if let Progress::Refused(refusal) = opening.handshake.receive_eof() {
                    self.answer(refusal, shared);
                }
            }
            Phase::Open(connection) => connection.receive_eof(),
            Phase::Answered(_) => {}
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
    fn write(&mut self, shared: &Shared<impl App>) {
        if self.is_broken {
            return;
        }
        let waiting = self.waiting();
        let written = match &mut self.phase {
            Phase::Opening(_) => Ok(()),
            Phase::Open(connection) => write_all(&mut self.stream, connection.output(), &shared.counts),
            Phase::Answered(answer) => write_all(&mut self.stream, answer, &shared.counts),
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
#[derive(Debug, Default)]
pub struct Counts {
    /// Reads that brought something.
    pub reads: AtomicU64,
    /// Writes that took something.
    pub writes: AtomicU64,
}

/// Only one thread counts, so that this need not be one step.
fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}
