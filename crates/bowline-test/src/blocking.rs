//! Streams in memory for [`bowline::adapter::blocking`], between two threads.

use crate::wire::Wire;
use bowline::{Role, adapter::blocking::Transport};
use std::{
    cell::Cell,
    fmt,
    io::{self, Read, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Joins two streams by a wire: that of the client, and that of the server. The wire runs in real time.
///
/// ```
/// use bowline::{CloseCode, Connection, Message, Role, adapter::blocking::WebSocket};
/// use bowline_test::{Wire, blocking::stream_pair, config};
/// use std::thread;
///
/// let (near, far) = stream_pair(Wire::new().with(|faults| faults.max_read = 1));
/// let server = thread::spawn(move || {
///     let mut socket = WebSocket::new(far, Connection::new(Role::Server, config()));
///     while let Some(message) = socket.recv()? {
///         socket.send(message)?;
///     }
///     Ok::<(), bowline::adapter::Error>(())
/// });
/// let mut client = WebSocket::new(near, Connection::new(Role::Client, config()));
/// client.send("byte by byte")?;
/// assert_eq!(client.recv()?, Some(Message::from("byte by byte")));
/// assert!(client.close(CloseCode::NORMAL, "")?.is_clean());
/// server.join().unwrap()?;
/// # Ok::<(), bowline::adapter::Error>(())
/// ```
#[must_use]
pub fn stream_pair(wire: Wire) -> (Stream, Stream) {
    let origin = Instant::now().checked_sub(wire.now()).unwrap_or_else(Instant::now);
    let shared = Arc::new(Shared { wire: Mutex::new(wire), changed: Condvar::new(), origin });
    let stream =
        |role| Stream { role, wire: WireHandle(Arc::clone(&shared)), timeout: Cell::new(None), is_nonblocking: false };
    (stream(Role::Client), stream(Role::Server))
}

struct Shared {
    wire: Mutex<Wire>,
    changed: Condvar,
    origin: Instant,
}

/// Access to the wire between two streams, also while they are in use: see [`Stream::wire`].
#[derive(Clone)]
pub struct WireHandle(Arc<Shared>);

impl WireHandle {
    /// Changes the wire, or looks at it. Threads that wait see the change.
    ///
    /// ```
    /// use bowline::Role;
    /// use bowline_test::{Wire, blocking::stream_pair};
    /// use std::io::{ErrorKind, Read};
    ///
    /// let (mut near, _far) = stream_pair(Wire::new());
    /// near.wire().with(|wire| wire.reset());
    /// assert_eq!(near.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    /// ```
    pub fn with<T>(&self, run: impl FnOnce(&mut Wire) -> T) -> T {
        let result = run(&mut self.lock());
        self.0.changed.notify_all();
        result
    }

    /// The wire, at the time of now.
    fn lock(&self) -> MutexGuard<'_, Wire> {
        let mut wire = self.0.wire.lock().unwrap_or_else(PoisonError::into_inner);
        wire.advance_to(self.0.origin.elapsed());
        wire
    }
}

/// A stream in memory: one end of a [`stream_pair`]. Dropping it closes the connection.
pub struct Stream {
    role: Role,
    wire: WireHandle,
    timeout: Cell<Option<Duration>>,
    is_nonblocking: bool,
}

impl Stream {
    /// Access to the wire: its faults, and what was done with it.
    #[must_use]
    pub fn wire(&self) -> WireHandle {
        self.wire.clone()
    }

    /// Which end this is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Repeats `call` until it need not wait, or the timeout has expired.
    fn wait_for(&self, mut call: impl FnMut(&mut Wire) -> io::Result<usize>) -> io::Result<usize> {
        let begun = self.wire.0.origin.elapsed();
        let until = self.timeout.get().map(|timeout| begun.saturating_add(timeout));
        let mut wire = self.wire.lock();
        loop {
            let result = call(&mut wire);
            if !matches!(&result, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
                drop(wire);
                self.wire.0.changed.notify_all();
                return result;
            }
            if self.is_nonblocking || until.is_some_and(|until| until <= wire.now()) {
                return result;
            }
            let next = wire.next_arrival_at(self.role);
            let wait = until.into_iter().chain(next).min().map(|at| at.saturating_sub(wire.now()));
            wire = match wait {
                Some(wait) => self.wire.0.changed.wait_timeout(wire, wait).unwrap_or_else(PoisonError::into_inner).0,
                None => self.wire.0.changed.wait(wire).unwrap_or_else(PoisonError::into_inner),
            };
            wire.advance_to(self.wire.0.origin.elapsed());
        }
    }
}

impl Read for Stream {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.wait_for(|wire| wire.read(self.role, space))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait_for(|wire| wire.write(self.role, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.wait_for(|wire| wire.flush(self.role).map(|()| 0)).map(|_| ())
    }
}

impl Transport for Stream {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.timeout.set(timeout);
        Ok(())
    }

    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        self.is_nonblocking = nonblocking;
        Ok(())
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.wait_for(|wire| wire.shut_down(self.role).map(|()| 0)).map(|_| ())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.wire.with(|wire| wire.close(self.role));
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("role", &self.role).finish_non_exhaustive()
    }
}

impl fmt::Debug for WireHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireHandle").finish_non_exhaustive()
    }
}
