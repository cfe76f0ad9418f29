//! TLS over a blocking TCP stream, with few system calls in each read and each write.
//!
//! `StreamOwned` of rustls (0.23, in November 2026) is not used: its `read` repeats system calls until there is plaintext, and
//! each of them waits for the whole timeout. A peer that sends a byte now and then could delay one read beyond every deadline.

use super::socket::WithoutWaiting;
use super::{Socket, Transport};
use crate::adapter::{
    connect_error::late,
    tls::{
        check_protocol,
        rustls::{ClientConfig, ClientConnection},
        server_name,
    },
};
use alloc::sync::Arc;
use core::time::Duration;
use std::{
    io::{self, IoSlice, Read, Write},
    net::TcpStream,
    time::Instant,
};

/// A TLS client's stream. Each read and each write makes at most a few system calls, so that the timeout bounds it.
#[derive(Debug)]
pub(super) struct TlsStream {
    pub(super) connection: ClientConnection,
    pub(super) tcp: TcpStream,
    /// Reads and writes do not wait. On Unix the socket stays in blocking mode, which costs no system calls.
    is_nonblocking: bool,
}

/// The socket below TLS, in either mode.
struct Tcp<'a> {
    stream: &'a TcpStream,
    is_nonblocking: bool,
}

impl Tcp<'_> {
    fn without_waiting(&self) -> Option<WithoutWaiting<'_>> {
        if self.is_nonblocking { Socket::from(self.stream).plain().without_waiting() } else { None }
    }
}

impl Read for Tcp<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.without_waiting() {
            Some(mut socket) => socket.read(into),
            None => self.stream.read(into),
        }
    }
}

impl Write for Tcp<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.without_waiting() {
            Some(mut socket) => socket.write(bytes),
            None => self.stream.write(bytes),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self.without_waiting() {
            Some(mut socket) => socket.write_vectored(slices),
            None => self.stream.write_vectored(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TlsStream {
    /// Makes the TLS handshake, within `deadline` since `begun`.
    pub(super) fn client(
        tcp: TcpStream,
        host: &str,
        config: Arc<ClientConfig>,
        begun: Instant,
        deadline: Option<Duration>,
    ) -> io::Result<Self> {
        let connection = ClientConnection::new(config, server_name(host)?).map_err(io::Error::other)?;
        let mut stream = Self { connection, tcp, is_nonblocking: false };
        while stream.connection.is_handshaking() || stream.connection.wants_write() {
            let left = deadline.map(|deadline| deadline.saturating_sub(begun.elapsed()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(late());
            }
            stream.tcp.set_timeout(left)?;
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
        if self.read_record()? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the server closed the connection during the handshake",
            ));
        }
        Ok(())
    }

    /// Reads from the socket once, and returns the number of bytes.
    fn read_record(&mut self) -> io::Result<usize> {
        let count = self.connection.read_tls(&mut Tcp { stream: &self.tcp, is_nonblocking: self.is_nonblocking })?;
        if let Err(error) = self.connection.process_new_packets() {
            // Sends the alert for the peer. If that fails, too, the first error is still the cause.
            let _ = self.connection.write_tls(&mut Tcp { stream: &self.tcp, is_nonblocking: self.is_nonblocking });
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        Ok(count)
    }

    /// Writes the encrypted bytes to the socket. Fails with `Interrupted` if the socket accepted a part of them, so that the
    /// caller advances the clock, and calls again.
    fn write_records(&mut self) -> io::Result<()> {
        if self.connection.wants_write()
            && self.connection.write_tls(&mut Tcp { stream: &self.tcp, is_nonblocking: self.is_nonblocking })? == 0
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

impl Read for TlsStream {
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

impl Write for TlsStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.encrypt(|writer| writer.write(bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.encrypt(|writer| writer.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_records()?;
        self.tcp.flush()
    }
}

impl Transport for TlsStream {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.tcp.set_timeout(timeout)
    }

    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        self.is_nonblocking = nonblocking;
        if cfg!(unix) { Ok(()) } else { self.tcp.set_nonblocking(nonblocking) }
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.connection.send_close_notify();
        self.write_records()?;
        self.tcp.shutdown_write()
    }

    fn socket(&self) -> Option<Socket<'_>> {
        Some(Socket::from(&self.tcp))
    }
}
