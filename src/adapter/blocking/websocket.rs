use super::{
    Error, READ_SPACE, Transport,
    transport::{Patience, is_timeout},
};
use crate::{Batch, CloseCode, Closure, Connection, Event, Message, State, Timestamp};
use alloc::{boxed::Box, vec::Vec};
use bytes::Buf;
use core::{fmt, time::Duration};
use std::{
    io::{self, IoSlice},
    time::Instant,
};

/// How many pieces of output one write takes at the most.
const SLICES: usize = 32;

/// A connection over a blocking stream. One in non-blocking mode is an [`Error::Io`] with
/// [`WouldBlock`](io::ErrorKind::WouldBlock) from the first call that would wait, and the connection stays as it was.
///
/// It comes from [`accept`](super::accept()), [`connect`](super::connect) or [`client`](super::client()), or joins a stream and a
/// connection that were made elsewhere:
///
/// ```
/// use bowline::{CloseCode, Config, Connection, Message, Role, adapter::blocking::{Error, WebSocket}};
/// # #[cfg(unix)]
/// # fn main() -> Result<(), Error> {
/// use std::os::unix::net::UnixStream;
///
/// let config = Config::default().into();
/// let (near, far) = UnixStream::pair()?;
/// let mut client = WebSocket::new(near, Connection::new(Role::Client, config.clone()));
/// let mut server = WebSocket::new(far, Connection::new(Role::Server, config.clone()));
/// let echo = std::thread::spawn(move || -> Result<(), Error> {
///     while let Some(message) = server.recv()? {
///         server.send(message)?;
///     }
///     Ok(())
/// });
/// client.send("Hello")?;
/// assert_eq!(client.recv()?, Some(Message::from("Hello")));
/// assert!(client.close(CloseCode::NORMAL, "")?.is_clean());
/// echo.join().unwrap()
/// # }
/// # #[cfg(not(unix))]
/// # fn main() {}
/// ```
///
/// Dropping it ends the stream as it is; the peer sees an abnormal end unless [`close`](Self::close) came before.
pub struct WebSocket<S> {
    stream: S,
    connection: Connection,
    buffer: Vec<u8>,
    /// How much of the buffer the last read filled.
    end: usize,
    /// How many of these bytes are not yet received.
    left: usize,
    origin: Instant,
    /// What the stream's timeout is set to, once it has been set.
    timeout: Option<Duration>,
    timeout_is_set: bool,
    /// When the time was last told: just before a read or a write that waits.
    told_at: Duration,
    patience: Patience,
    /// Writing has failed: the peer may have said why, so that reading goes on.
    write_failure: Option<io::ErrorKind>,
    is_shut_down: bool,
}

impl<S: Transport> WebSocket<S> {
    /// Joins a stream and a connection whose opening handshake is over.
    #[must_use]
    pub fn new(stream: S, connection: Connection) -> Self {
        Self::with_input(stream, connection, alloc::vec![0; READ_SPACE], 0, 0)
    }

    /// The `left` bytes of the buffer before `end` came with the opening handshake.
    pub(super) fn with_input(stream: S, connection: Connection, buffer: Vec<u8>, end: usize, left: usize) -> Self {
        Self {
            stream,
            connection,
            buffer,
            end,
            left,
            origin: Instant::now(),
            timeout: None,
            timeout_is_set: false,
            told_at: Duration::ZERO,
            patience: Patience::default(),
            write_failure: None,
            is_shut_down: false,
        }
    }

    /// The pleasant door: writes what is queued, waits for the next message and returns it; `None` after a clean end.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] if the connection ended without both Close frames, [`Error::Io`] if the stream failed.
    pub fn recv(&mut self) -> Result<Option<Message>, Error> {
        loop {
            if let Some(message) = self.next_message() {
                return Ok(Some(message));
            }
            if !self.wait_for_input()? {
                return Ok(None);
            }
        }
    }

    /// The fast door: writes what is queued, waits for bytes, and hands out all that one read brought; `None` after a
    /// clean end.
    ///
    /// ```no_run
    /// # use bowline::{adapter::blocking::{self, WebSocket}, Event};
    /// # fn echo(mut socket: WebSocket<std::net::TcpStream>) -> Result<(), blocking::Error> {
    /// while let Some(mut batch) = socket.read()? {
    ///     while let Some((event, connection)) = batch.receive() {
    ///         match event {
    ///             Event::Text(text) => connection.send_text(text)?,
    ///             Event::Binary(data) => connection.send_binary(data)?,
    ///             _ => {}
    ///         }
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv).
    pub fn read(&mut self) -> Result<Option<Batch<'_>>, Error> {
        if !self.wait_for_input()? {
            return Ok(None);
        }
        let input = self.buffer.get_mut(self.end - self.left..self.end).unwrap_or_default();
        Ok(Some(Batch::new(&mut self.connection, input, &mut self.left)))
    }

    /// Queues a message and writes all that is queued.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if it cannot be sent, and then it is gone: [`SendError::Full`](crate::SendError::Full) says that it is larger than
    /// [`Limits::output`](crate::Limits::output) by itself and can never be sent, since what was queued before has been
    /// written to make room. [`Error::Io`] if the stream failed; [`recv`](Self::recv) may still tell why.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message)?;
        self.flush()
    }

    /// Queues a message; the next call that waits writes it. It waits itself only if the message does not fit under
    /// [`Limits::output`](crate::Limits::output) besides what is queued, which it then writes before.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        if !self.connection.fits(message.len()) {
            self.flush()?;
        }
        Ok(self.connection.send(message)?)
    }

    /// Writes all that is queued.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the stream failed, [`Error::Closed`] if the peer took nothing for so long that the connection
    /// ended.
    pub fn flush(&mut self) -> Result<(), Error> {
        let wait = self.tick();
        self.set_timeout(wait)?;
        self.write()?;
        if self.connection.state() == State::Closed { self.outcome() } else { Ok(()) }
    }

    /// Begins the closing handshake, or goes on with it, and returns when the connection has ended, with how it ended.
    /// Messages that still arrive are discarded.
    ///
    /// # Errors
    ///
    /// [`Error::Close`] if the code or the reason cannot be sent; then nothing has changed. [`Error::Io`] if the
    /// stream failed before both Close frames were exchanged.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closure, Error> {
        self.connection.close(code, reason)?;
        loop {
            match self.recv() {
                Ok(Some(_)) => {}
                Ok(None) | Err(Error::Closed(_)) => break,
                Err(error) => return Err(error),
            }
        }
        self.closure().cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    }

    /// How the connection ended: see [`Connection::closure`].
    pub fn closure(&self) -> Option<&Closure> {
        self.connection.closure()
    }

    /// The connection, for all that this adapter has no method for. What is queued on it leaves with the next call that
    /// waits.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The stream.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    fn next_message(&mut self) -> Option<Message> {
        loop {
            let mut input = self.buffer.get_mut(self.end - self.left..self.end).unwrap_or_default().into();
            let event: Option<Event<'_>> = self.connection.receive(&mut input);
            self.left = input.len();
            if let Ok(message) = Message::try_from(event?) {
                return Some(message);
            }
        }
    }

    /// True if something came that may hold an event, false after a clean end.
    fn wait_for_input(&mut self) -> Result<bool, Error> {
        while self.left == 0 && !self.connection.has_complete_frame() {
            let wait = self.tick();
            self.set_timeout(wait)?;
            if self.connection.buffered_amount() > 0 && self.write().is_ok() {
                continue; // what waiting for the peer took may have changed the time to wait
            }
            if self.connection.should_shutdown() && !self.is_shut_down {
                self.is_shut_down = true;
                // A peer that is gone already will be noticed by the read.
                let _ = self.stream.shutdown_write();
            }
            if self.connection.is_closed() {
                return self.outcome().map(|()| false);
            }
            if self.fill()? {
                break;
            }
        }
        Ok(true)
    }

    /// Reads once, straight into a large message if one is being assembled; whether it did.
    fn read_once(&mut self) -> (io::Result<usize>, bool) {
        // A direct read waits for much at once: not while the close deadline runs.
        if self.connection.state() == State::Open
            && let Some(read) = self.connection.direct_read(|space| space.read_from(&mut self.stream))
        {
            return (read, true);
        }
        (self.stream.read(&mut self.buffer), false)
    }

    /// Reads once. True if bytes went through the second door, where they may complete an event on their own.
    fn fill(&mut self) -> Result<bool, Error> {
        let (came, by_second_door) = self.read_once();
        match came {
            Ok(0) => self.connection.receive_eof(),
            Ok(count) => {
                self.patience.progress();
                if by_second_door {
                    return Ok(true);
                }
                (self.end, self.left) = (count, count);
            }
            Err(error) if is_timeout(&error) => self.came_back(&error)?,
            Err(error) => {
                // Once it is certain how the connection ended, a reset is only a rough end of the stream.
                let is_settled = self.closure().is_some();
                self.connection.transport_failed();
                if !is_settled {
                    return Err(self.write_failure.map_or(error, io::Error::from).into());
                }
            }
        }
        Ok(false)
    }

    /// Writes all that is queued. If that fails, the queue is dropped, and reading may still tell why.
    fn write(&mut self) -> io::Result<()> {
        while self.connection.buffered_amount() > 0 {
            if let Some(kind) = self.write_failure {
                // What was cut off cannot be gone on with.
                self.connection.write_failed();
                return Err(kind.into());
            }
            match write_once(&mut self.stream, self.connection.output()) {
                Ok(0) => return Err(self.write_failed(io::ErrorKind::WriteZero.into())),
                Ok(count) => {
                    self.connection.output().advance(count);
                    self.patience.progress();
                    // Who takes a little now and then must not hold up the close deadline.
                    if self.connection.state() == State::Closing && self.connection.buffered_amount() > 0 {
                        self.tick_and_set_timeout()?;
                    }
                }
                Err(error) if is_timeout(&error) => {
                    self.came_back(&error)?;
                    self.tick_and_set_timeout()?;
                }
                Err(error) => return Err(self.write_failed(error)),
            }
        }
        self.flush_stream()
    }

    fn flush_stream(&mut self) -> io::Result<()> {
        loop {
            match self.stream.flush() {
                Err(error) if is_timeout(&error) && !self.connection.is_closed() => {
                    self.came_back(&error)?;
                    self.tick_and_set_timeout()?;
                }
                Err(error) => return Err(self.write_failed(error)),
                Ok(()) => return Ok(()),
            }
        }
    }

    fn write_failed(&mut self, error: io::Error) -> io::Error {
        self.write_failure.get_or_insert(error.kind());
        self.connection.write_failed();
        error
    }

    fn outcome(&self) -> Result<(), Error> {
        match self.closure() {
            Some(closure) if !closure.is_clean() => Err(Error::Closed(Box::new(closure.clone()))),
            _ => Ok(()),
        }
    }

    fn tick(&mut self) -> Option<Duration> {
        self.told_at = self.origin.elapsed();
        self.connection.tick(Timestamp::since_origin(self.told_at))
    }

    /// A read or a write has waited in vain, or not at all, which is an error. The connection stays as it is.
    fn came_back(&mut self, error: &io::Error) -> io::Result<()> {
        let took = self.origin.elapsed().saturating_sub(self.told_at);
        self.patience.came_back(error, self.timeout, took)
    }

    fn tick_and_set_timeout(&mut self) -> io::Result<()> {
        let wait = self.tick();
        self.set_timeout(wait)
    }

    fn set_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        if self.timeout != timeout || !self.timeout_is_set {
            self.stream.set_timeout(timeout)?;
            (self.timeout, self.timeout_is_set) = (timeout, true);
        }
        Ok(())
    }
}

impl<S> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("connection", &self.connection).finish_non_exhaustive()
    }
}

/// Writes some of the output. Mostly all is in one piece; then the kernel has less to do for a simple write.
fn write_once(stream: &mut impl io::Write, output: &impl Buf) -> io::Result<usize> {
    if output.chunk().len() == output.remaining() {
        return stream.write(output.chunk());
    }
    let mut slices = [IoSlice::new(&[]); SLICES];
    let count = output.chunks_vectored(&mut slices);
    stream.write_vectored(slices.get(..count).unwrap_or_default())
}
