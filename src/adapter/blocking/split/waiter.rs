//! Waiting for a socket without the stream above it, and waking a thread that does.

use super::super::socket::{Interest, OwnedSocket, Socket};
use core::time::Duration;
use std::io::{self, Read, Write};

#[cfg(unix)]
type Pipe = std::os::unix::net::UnixStream;
#[cfg(not(unix))]
type Pipe = std::net::TcpStream;

/// A clone of the socket, and a pipe whose bytes wake the receiver.
pub(super) struct Waiter {
    socket: OwnedSocket,
    wakes: Pipe,
    woken: Pipe,
}

impl Waiter {
    pub(super) fn new(socket: Socket<'_>) -> io::Result<Self> {
        let (wakes, woken) = pipe()?;
        wakes.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        Ok(Self { socket: socket.try_clone()?, wakes, woken })
    }

    /// Wakes the receiver. If the pipe is full, it is woken already.
    pub(super) fn wake(&self) {
        let _ = (&self.wakes).write(&[0]);
    }

    pub(super) fn wait(&self, interest: Interest, timeout: Option<Duration>) -> io::Result<()> {
        self.socket.as_socket().wait(interest, timeout)
    }

    /// Waits as the receiver, which can be woken.
    pub(super) fn wait_or_woken(&self, interest: Interest, timeout: Option<Duration>) -> io::Result<()> {
        self.socket.as_socket().wait_with(interest, timeout, Some(Socket::from(&self.woken)))?;
        let _ = (&self.woken).read(&mut [0; 64]); // `WouldBlock` if nobody has woken it
        Ok(())
    }
}

#[cfg(unix)]
fn pipe() -> io::Result<(Pipe, Pipe)> {
    Pipe::pair()
}

/// A connection on the loopback interface, whose other end is the socket that connected, and not a stranger's.
#[cfg(not(unix))]
fn pipe() -> io::Result<(Pipe, Pipe)> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    let near = Pipe::connect(listener.local_addr()?)?;
    loop {
        let (far, address) = listener.accept()?;
        if address == near.local_addr()? {
            return Ok((near, far));
        }
    }
}
