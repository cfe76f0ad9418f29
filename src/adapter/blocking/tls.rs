//! TLS over a blocking stream, with few system calls in each read and each write.
//!
//! `StreamOwned` of rustls (0.23, in November 2026) is not used: its `read` repeats system calls until there is plaintext, and
//! each of them waits for the whole timeout. A peer that sends a byte now and then could delay one read beyond every deadline.

use super::{Socket, Transport, dial::Clock};
use crate::adapter::tls::{
    check_protocol,
    rustls::{ClientConfig, ClientConnection},
    server_name,
};
use alloc::sync::Arc;
use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};

/// A TLS client's stream. Each read and each write makes at most a few system calls, so that the timeout bounds it.
#[derive(Debug)]
pub(super) struct TlsStream<S> {
    pub(super) connection: ClientConnection,
    /// The layer below, usually a socket.
    pub(super) below: S,
    /// Reads and writes do not wait. On Unix a socket stays in blocking mode, which costs no system calls.
    is_nonblocking: bool,
}

/// The layer below TLS, in either mode.
struct Below<'a, S> {
    layer: &'a mut S,
    is_nonblocking: bool,
}

impl<S: Transport> Below<'_, S> {
    /// Calls the socket that does not wait, or the layer itself.
    fn call<T>(&mut self, call: impl FnOnce(&mut dyn super::driver::ReadWrite) -> io::Result<T>) -> io::Result<T> {
        let socket = if self.is_nonblocking { self.layer.socket() } else { None };
        match socket.and_then(Socket::without_waiting) {
            Some(mut socket) => call(&mut socket),
            None => call(self.layer),
        }
    }
}

impl<S: Transport> Read for Below<'_, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.call(|stream| stream.read(into))
    }
}

impl<S: Transport> Write for Below<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.call(|stream| stream.write(bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.call(|stream| stream.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.call(|stream| stream.flush())
    }
}

impl<S: Transport> TlsStream<S> {
    /// Makes the TLS handshake with the server or the proxy of this name, within the time of the clock.
    pub(super) fn client(below: S, name: &str, config: Arc<ClientConfig>, clock: Clock) -> io::Result<Self> {
        let connection = ClientConnection::new(config, server_name(name)?).map_err(io::Error::other)?;
        let mut stream = Self { connection, below, is_nonblocking: false };
        while stream.connection.is_handshaking() || stream.connection.wants_write() {
            stream.below.set_timeout(clock.timeout()?)?;
            match stream.handshake_step() {
                Err(error) if super::transport::is_timeout(&error) => {}
                step => step?,
            }
        }
        check_protocol(stream.connection.alpn_protocol())?;
        Ok(stream)
    }

    /// Writes or reads once.
    fn handshake_step(&mut self) -> io::Result<()> {
        if self.connection.wants_write() {
            return self.write_records();
        }
        // A layer of TLS below can have accepted bytes that its socket did not.
        self.below.flush()?;
        if self.read_record()? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ended during the handshake"));
        }
        Ok(())
    }

    /// Reads from the socket once, and returns the number of bytes.
    fn read_record(&mut self) -> io::Result<usize> {
        let count =
            self.connection.read_tls(&mut Below { layer: &mut self.below, is_nonblocking: self.is_nonblocking })?;
        if let Err(error) = self.connection.process_new_packets() {
            // Sends the alert for the peer. If that fails, too, the first error is still the cause.
            let _ =
                self.connection.write_tls(&mut Below { layer: &mut self.below, is_nonblocking: self.is_nonblocking });
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        Ok(count)
    }

    /// Writes the encrypted bytes to the socket. Fails with `Interrupted` if the socket accepted a part of them, so that the
    /// caller advances the clock, and calls again.
    fn write_records(&mut self) -> io::Result<()> {
        if self.connection.wants_write()
            && self.connection.write_tls(&mut Below { layer: &mut self.below, is_nonblocking: self.is_nonblocking })?
                == 0
        {
            return Err(io::ErrorKind::WriteZero.into());
        }
        if self.connection.wants_write() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    }

    /// Encrypts with `encrypt`, which returns the number of bytes that it accepted, and writes the result.
    fn encrypt(&mut self, encrypt: impl FnOnce(&mut dyn Write) -> io::Result<usize>) -> io::Result<usize> {
        // Everything before is written first. Otherwise the buffer of rustls could be full, and accept nothing.
        self.write_records()?;
        let count = encrypt(&mut self.connection.writer())?;
        // The bytes are accepted and must not be written again, even if the socket fails. The next call returns that error.
        let _ = self.write_records();
        Ok(count)
    }
}

impl<S: Transport> Read for TlsStream<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.connection.reader().read(into) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
        self.read_record()?;
        match self.connection.reader().read(into) {
            // It was a part of a record, or a record without data, such as a session ticket.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(io::ErrorKind::Interrupted.into()),
            read => read,
        }
    }
}

impl<S: Transport> Write for TlsStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.encrypt(|writer| writer.write(bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.encrypt(|writer| writer.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_records()?;
        Below { layer: &mut self.below, is_nonblocking: self.is_nonblocking }.flush()
    }
}

impl<S: Transport> Transport for TlsStream<S> {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.below.set_timeout(timeout)
    }

    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        self.is_nonblocking = nonblocking;
        // A socket on Unix has calls that do not wait, whatever its mode is.
        if self.below.socket().and_then(Socket::without_waiting).is_some() {
            return Ok(());
        }
        self.below.set_nonblocking(nonblocking)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.connection.send_close_notify();
        self.write_records()?;
        self.below.shutdown_write()
    }

    fn socket(&self) -> Option<Socket<'_>> {
        self.below.socket().map(Socket::layered)
    }
}
