//! A transport that follows a script.

use bowline::{Connection, adapter::blocking::Transport};
use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    thread,
    time::Duration,
};

#[cfg(unix)]
use {bowline::adapter::blocking::Socket, std::os::unix::net::UnixStream};

/// What a read does.
#[derive(Clone, Debug)]
pub(crate) enum Reads {
    Bytes(Vec<u8>),
    /// One byte after a millisecond, again and again.
    Trickle(u8),
    /// These bytes, again and again.
    Flood(Vec<u8>),
    /// Waits until the timeout has expired.
    Timeout,
    Error(ErrorKind),
}

/// What a write does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Writes {
    /// Takes so many bytes.
    Takes(usize),
    /// Takes one byte after a millisecond, again and again.
    Trickle,
    /// Waits until the timeout is over, again and again.
    Never,
    Error(ErrorKind),
}

/// Reads end with the end of the stream; writes, in the end, take everything.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) reads: VecDeque<Reads>,
    pub(crate) writes: VecDeque<Writes>,
    pub(crate) flushes: VecDeque<ErrorKind>,
    pub(crate) shutdowns: VecDeque<ErrorKind>,
    /// What came of it.
    pub(crate) written: Vec<u8>,
    pub(crate) calls: Vec<&'static str>,
    pub(crate) bytes_read: usize,
    pub(crate) is_nonblocking: bool,
    /// How long reads and writes waited.
    pub(crate) waits: RefCell<Vec<Duration>>,
    timeout: RefCell<Option<Duration>>,
}

impl Script {
    pub(crate) fn new(reads: impl Into<VecDeque<Reads>>) -> Self {
        Self { reads: reads.into(), ..Self::default() }
    }

    pub(crate) fn writes(mut self, writes: impl Into<VecDeque<Writes>>) -> Self {
        self.writes = writes.into();
        self
    }

    fn wait(&self) -> io::Error {
        if self.is_nonblocking {
            return ErrorKind::WouldBlock.into();
        }
        let timeout = self.timeout.borrow().expect("it would wait indefinitely");
        assert_ne!(timeout, Duration::ZERO);
        self.waits.borrow_mut().push(timeout);
        thread::sleep(timeout);
        ErrorKind::WouldBlock.into()
    }
}

impl Read for Script {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.calls.push("read");
        let count = match self.reads.pop_front() {
            None => 0,
            Some(Reads::Bytes(mut bytes)) => {
                let count = bytes.len().min(space.len());
                let rest = bytes.split_off(count);
                space[..count].copy_from_slice(&bytes);
                if !rest.is_empty() {
                    self.reads.push_front(Reads::Bytes(rest));
                }
                count
            }
            Some(Reads::Flood(bytes)) => {
                let count = bytes.len().min(space.len());
                space[..count].copy_from_slice(&bytes[..count]);
                self.reads.push_front(Reads::Flood(bytes));
                count
            }
            Some(Reads::Trickle(byte)) => {
                thread::sleep(Duration::from_millis(1));
                space[0] = byte;
                self.reads.push_front(Reads::Trickle(byte));
                1
            }
            Some(Reads::Timeout) => return Err(self.wait()),
            Some(Reads::Error(kind)) => return Err(kind.into()),
        };
        self.bytes_read += count;
        Ok(count)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls.push("write");
        let count = match self.writes.pop_front() {
            None => bytes.len(),
            Some(Writes::Takes(count)) => count.min(bytes.len()),
            Some(Writes::Trickle) => {
                thread::sleep(Duration::from_millis(1));
                self.writes.push_front(Writes::Trickle);
                1
            }
            Some(Writes::Never) => {
                self.writes.push_front(Writes::Never);
                return Err(self.wait());
            }
            Some(Writes::Error(kind)) => return Err(kind.into()),
        };
        self.written.extend(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.calls.push("flush");
        self.flushes.pop_front().map_or(Ok(()), |kind| Err(kind.into()))
    }
}

impl Transport for Script {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        assert_ne!(timeout, Some(Duration::ZERO));
        *self.timeout.borrow_mut() = timeout;
        Ok(())
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.calls.push("shutdown");
        match self.shutdowns.pop_front() {
            Some(ErrorKind::TimedOut) => Err(self.wait()),
            kind => kind.map_or(Ok(()), |kind| Err(kind.into())),
        }
    }

    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        self.is_nonblocking = nonblocking;
        Ok(())
    }
}

/// A connection with an opening handshake behind it, on a script.
pub(crate) fn socket(connection: Connection, script: Script) -> bowline::adapter::blocking::WebSocket<Script> {
    bowline::adapter::blocking::WebSocket::new(script, connection)
}

/// A stream that follows a script, above a socket that can never be written: waiting for output alone does not end.
#[cfg(unix)]
pub(crate) struct Above {
    pub(crate) script: Script,
    socket: UnixStream,
    peer: UnixStream,
}

#[cfg(unix)]
impl Above {
    /// The socket can always be read: waiting for input ends at once.
    pub(crate) fn readable(script: Script) -> Self {
        let mut stream = Self::silent(script);
        stream.peer.write_all(b"unread").unwrap();
        stream
    }

    /// The socket cannot be read: waiting for input does not end.
    pub(crate) fn silent(script: Script) -> Self {
        let (mut socket, peer) = UnixStream::pair().unwrap();
        socket.set_nonblocking(true).unwrap();
        while socket.write(&[0; 4096]).is_ok() {}
        Self { script, socket, peer }
    }
}

#[cfg(unix)]
impl Read for Above {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.script.read(space)
    }
}

#[cfg(unix)]
impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.script.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.script.flush()
    }
}

#[cfg(unix)]
impl Transport for Above {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.script.set_timeout(timeout)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.script.shutdown_write()
    }

    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        self.script.set_nonblocking(nonblocking)
    }

    fn socket(&self) -> Option<Socket<'_>> {
        Some(Socket::from(&self.socket))
    }
}
