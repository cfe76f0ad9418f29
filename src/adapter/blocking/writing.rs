//! The part of the driver that writes. A call that waits for the stream to accept output also receives meanwhile.

use super::{
    Error, Transport, Wait, WebSocket,
    driver::{MAX_ALTERNATION, MAX_DIRECT, Step, without_waiting},
    socket::Interest,
    transport::{check_blocking, is_timeout},
    websocket::StreamEnd,
};
use crate::{
    State,
    adapter::{
        link::{Link, MAX_LOOKS, can_be_explained},
        until::Until,
    },
    bug::OrBug,
    time::MIN_WAIT,
};
use core::{task::Poll, time::Duration};
use std::{
    io::{self, Write},
    thread,
};

/// The maximum number of writes without a look at what has arrived, if the peer reads as fast as this endpoint writes.
const MAX_WRITES: usize = 8;

/// How often a program that only sends looks at what has arrived. A system call for each message would be too many, and to the
/// peer this makes no difference.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

impl Link {
    pub(super) fn has_output(&self) -> bool {
        self.needs_flush || self.connection.buffered_amount() > 0
    }

    /// Makes one write, and flushes the stream after the last one.
    fn write_once(&mut self, stream: &mut (impl Write + ?Sized)) -> io::Result<()> {
        if self.connection.buffered_amount() > 0 {
            self.connection.output().write_to(&mut *stream)?;
            self.needs_flush = true;
        }
        if self.connection.buffered_amount() == 0 {
            stream.flush()?;
            self.needs_flush = false;
        }
        Ok(())
    }
}

impl<S: Transport> WebSocket<S> {
    /// Writes until `until` is reached. Meanwhile it receives into the inbox, since the peer may be waiting in a send of its own: if
    /// neither endpoint read, neither could continue. So pings are answered, and a violation or the peer's Close frame ends the
    /// wait.
    pub(super) fn write_until(&mut self, until: Until) -> Result<(), Error> {
        self.work_until(|socket| until.is_reached(&socket.link.connection))
    }

    /// Waits while 64 KiB or more are queued, so that the replies to a peer that does not read are bounded.
    ///
    /// The exception is a peer that has sent more than is received ahead: it may be one that reads nothing before it has sent
    /// everything. Without the exception, neither endpoint could continue.
    pub(super) fn hold_back(&mut self) -> Result<(), Error> {
        if Until::Fits(0).is_reached(&self.link.connection) {
            return Ok(());
        }
        let until =
            |socket: &mut Self| Until::Fits(0).is_reached(&socket.link.connection) || !socket.link.may_receive_ahead();
        match self.work_until(until) {
            // Reading shows how the connection ended.
            Err(_) if self.link.write_failure.is_some() || self.link.connection.is_closed() => Ok(()),
            written => written,
        }
    }

    fn work_until(&mut self, is_reached: impl Fn(&mut Self) -> bool) -> Result<(), Error> {
        loop {
            self.tick();
            if self.write(Wait::Unlimited)?.is_ready() {
                return self.link.write_outcome();
            }
            if is_reached(self) {
                return Ok(());
            }
            if self.link.is_over(self.origin.elapsed()) {
                return self.link.write_outcome();
            }
            self.read_ahead(true)?;
        }
    }

    /// Completes the closing handshake, and receives into the inbox meanwhile.
    pub(super) fn end_ahead(&mut self) -> Result<(), Error> {
        loop {
            self.tick();
            match self.write(Wait::Unlimited) {
                Err(_) if self.link.write_failure.is_some() => {} // reading shows how the connection ended
                written => drop(written?),
            }
            let is_shut_down = self.shut_down()?;
            if self.is_over() {
                return self.link.close_outcome();
            }
            self.read_ahead(self.link.has_output() || !is_shut_down)?;
        }
    }

    /// Receives what has arrived into the inbox. If there is nothing, it waits for it, and, if `writable`, until the stream accepts
    /// output.
    fn read_ahead(&mut self, writable: bool) -> Result<(), Error> {
        match self.prepare_read()? {
            None => {}
            Some(true) if self.can_wait() => {
                let step = self.read_without_waiting(MAX_DIRECT)?;
                if !self.receive_step(step) {
                    self.wait_for(Interest { readable: true, writable }, Wait::Unlimited)?;
                }
            }
            Some(true) => {
                let step = self.read_and_wait(Wait::Unlimited, Some(MAX_ALTERNATION))?;
                self.receive_step(step);
            }
            // The inbox is full, and nobody reads meanwhile: only the close deadline is left. A socket could not wait for it if the
            // peer has hung up.
            Some(false) if !writable => thread::sleep(self.next_wait(Wait::Unlimited).unwrap_or_default()),
            Some(false) if self.can_wait() => {
                self.wait_for(Interest { readable: false, writable }, Wait::Unlimited)?;
            }
            Some(false) => {} // the next write waits
        }
        Ok(())
    }

    /// Receives what has arrived into the inbox. Returns `None` if there was something, and otherwise whether more may be read.
    pub(super) fn read_ahead_now(&mut self) -> Result<Option<bool>, Error> {
        match self.prepare_read()? {
            Some(true) => {
                let step = self.read_without_waiting(MAX_DIRECT)?;
                Ok(if self.receive_step(step) { None } else { Some(true) })
            }
            readable => Ok(readable),
        }
    }

    /// Receives what was read before. Returns whether more may be read; `None` if the end of the stream was reported.
    ///
    /// The end waits, as a Close frame does, until the events before it are returned.
    fn prepare_read(&mut self) -> Result<Option<bool>, Error> {
        self.receive_ahead();
        if self.link.may_end_ahead() && self.end_left()? {
            return Ok(None);
        }
        Ok(Some(self.link.may_receive_ahead() && self.left == 0 && !self.has_ended()))
    }

    /// Receives into the inbox what a read returned. Returns whether it moved anything.
    fn receive_step(&mut self, step: Step) -> bool {
        match step {
            Step::Bytes(_) => self.receive_ahead(),
            Step::End(end) => self.stream_end = StreamEnd::Unreported(end),
            Step::Interrupted => {}
            Step::Blocked => return false,
        }
        true
    }

    /// Receives what was read into the inbox.
    fn receive_ahead(&mut self) {
        if self.left > 0 || self.link.connection.has_complete_frame() {
            let unread = self.buffer.get_mut(self.end - self.left..self.end).or_bug();
            let mut input = unread.into();
            self.link.receive_ahead(&mut input);
            self.left = input.len();
        }
    }

    /// Writes everything that is queued, and waits for it.
    ///
    /// A program that only sends never waits for the peer. So that its pings are answered all the same, and the peer's pongs and
    /// its Close frame are noticed, a flush that follows another one also looks at what has arrived, without waiting for it.
    pub(super) fn write_all(&mut self) -> Result<(), Error> {
        self.write_until(Until::Written).and_then(|()| self.look_sometimes()).map_err(|error| self.explain(error))
    }

    /// Returns the error of a call that cannot send. If the connection has ended, that is the reason. What has arrived, and the answer
    /// to a Close frame, may be what makes the end certain. So it receives and writes first, without waiting.
    pub(super) fn explain(&mut self, error: Error) -> Error {
        if !can_be_explained(&error) {
            return error;
        }
        for _ in 0..MAX_LOOKS {
            if self.link.connection.closure().is_some() || self.look().is_err() {
                break;
            }
        }
        self.link.explained(error)
    }

    /// Looks at what has arrived, if this call follows another one that sends and the last look was a while ago.
    pub(super) fn look_sometimes(&mut self) -> Result<(), Error> {
        let now = self.origin.elapsed();
        match self.looked_at {
            None => self.looked_at = Some(now),
            Some(at) if now.saturating_sub(at) < LOOK_INTERVAL => {}
            Some(_) => {
                self.looked_at = Some(now);
                self.look()?;
            }
        }
        Ok(())
    }

    /// Receives what has arrived into the inbox, answers it, and advances the clock.
    fn look(&mut self) -> Result<(), Error> {
        if self.prepare_read()? == Some(true) {
            match self.read_without_waiting(MAX_DIRECT) {
                Ok(step) => drop(self.receive_step(step)),
                Err(_) => return Ok(()), // a stream without such a mode: only a call that receives notices what arrives
            }
            self.prepare_read()?; // reports the end
        }
        self.tick();
        // A failure is in `Link::write_failure`. What is not written now leaves with the next call.
        let _ = self.write(Wait::Never);
        Ok(())
    }

    /// Writes what the stream accepts. Ready when everything is written, or when it was discarded.
    ///
    /// If writing fails, the queue is discarded, and reading may still find out why. If the error is that the mode or the timeout
    /// of the stream cannot be changed, the queue is unchanged.
    pub(super) fn write(&mut self, wait: Wait) -> io::Result<Poll<()>> {
        let mut writes: usize = 0;
        while self.link.has_output() {
            let written = if wait == Wait::Never || self.can_wait() {
                let Self { stream, link, .. } = self;
                without_waiting(stream, |stream| link.write_once(stream))?
            } else {
                // While bytes arrive, the write only tries.
                let at_most = if self.has_just_read { MIN_WAIT } else { MAX_ALTERNATION };
                self.arm(wait, Some(at_most))?;
                self.link.write_once(&mut self.stream)
            };
            match written {
                Err(error) if error.kind() != io::ErrorKind::Interrupted && is_timeout(&error) => {
                    if wait != Wait::Never && !self.can_wait() {
                        check_blocking(&error, self.timeout, self.origin.elapsed().saturating_sub(self.armed_at))?;
                    }
                    return Ok(Poll::Pending);
                }
                Err(error) if !is_timeout(&error) => return Err(self.link.write_failed(error)),
                _ if self.can_wait() => {
                    writes = writes.saturating_add(1);
                    if writes >= MAX_WRITES && self.link.has_output() {
                        return Ok(Poll::Pending); // what has arrived has its turn
                    }
                }
                // A peer that reads a few bytes now and then must not delay the close deadline, which only a tick detects.
                Ok(()) if self.link.connection.state() != State::Closing => {}
                _ => {
                    if wait.is_over(self.origin.elapsed()) {
                        return Ok(Poll::Pending);
                    }
                    self.tick();
                    if self.link.is_over(self.origin.elapsed()) {
                        return Ok(Poll::Ready(()));
                    }
                }
            }
        }
        Ok(Poll::Ready(()))
    }
}
