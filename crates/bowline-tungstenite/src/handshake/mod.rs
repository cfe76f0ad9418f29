//! The opening handshake (RFC 6455 §4).
//!
//! [`client`](crate::client::client) and [`accept`](crate::accept) make it on a stream. If the stream does not block, they can return
//! [`HandshakeError::Interrupted`], and [`MidHandshake::handshake`] continues.

pub mod client;
pub mod headers;
pub mod machine;
pub mod server;

mod failure;

use crate::{
    error::{Error, ProtocolError},
    protocol::{Role, WebSocketConfig},
    util::NonBlockingResult,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bowline::Timestamp;
use http::Version;
use machine::HandshakeMachine;
use sha1::{Digest, Sha1};
use std::{
    fmt,
    io::{self, Read, Write},
    sync::Arc,
    time::Instant,
};

pub(crate) use {client::role::ClientRole, server::role::ServerRole};

/// A handshake that has begun.
#[derive(Debug)]
pub struct MidHandshake<Role: HandshakeRole> {
    // In a box, since every result of a handshake has the size of this type.
    role: Box<Role>,
    machine: HandshakeMachine<Role::InternalStream>,
}

impl<Role: HandshakeRole> MidHandshake<Role> {
    fn new(role: Role, stream: Role::InternalStream) -> Self {
        Self { role: Box::new(role), machine: HandshakeMachine::start_read(stream) }
    }

    /// Returns the machine, for its [stream](HandshakeMachine::get_ref).
    pub fn get_ref(&self) -> &HandshakeMachine<Role::InternalStream> {
        &self.machine
    }

    /// Returns the machine, for its [stream](HandshakeMachine::get_mut).
    pub fn get_mut(&mut self) -> &mut HandshakeMachine<Role::InternalStream> {
        &mut self.machine
    }

    /// Continues the handshake.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::Interrupted`] if the stream would block: call `handshake` of what it holds when the stream is ready again.
    /// [`HandshakeError::Failure`] if the handshake failed. The stream is then dropped.
    pub fn handshake(mut self) -> Result<Role::FinalResult, HandshakeError<Role>> {
        match self.role.advance(self.machine.get_mut()).no_block()? {
            Some(opened) => Ok(Role::finish(self.machine.into_inner(), opened)),
            None => Err(HandshakeError::Interrupted(self)),
        }
    }
}

/// Why a handshake is not complete.
pub enum HandshakeError<Role: HandshakeRole> {
    /// The stream would block.
    Interrupted(MidHandshake<Role>),
    /// The handshake failed.
    Failure(Error),
}

impl<Role: HandshakeRole> fmt::Debug for HandshakeError<Role> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted(_) => f.write_str("HandshakeError::Interrupted(...)"),
            Self::Failure(error) => write!(f, "HandshakeError::Failure({error:?})"),
        }
    }
}

impl<Role: HandshakeRole> fmt::Display for HandshakeError<Role> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted(_) => f.write_str("the handshake is not complete: the stream would block"),
            Self::Failure(error) => error.fmt(f),
        }
    }
}

impl<Role: HandshakeRole> std::error::Error for HandshakeError<Role> {}

impl<Role: HandshakeRole> From<Error> for HandshakeError<Role> {
    fn from(error: Error) -> Self {
        Self::Failure(error)
    }
}

/// One of the two roles of a handshake: [`ClientHandshake`](client::ClientHandshake) or [`ServerHandshake`](server::ServerHandshake).
pub trait HandshakeRole: Sized {
    #[doc(hidden)]
    type InternalStream: Read + Write;
    #[doc(hidden)]
    type Opened;
    #[doc(hidden)]
    type FinalResult;

    /// Does all that is possible without blocking. `WouldBlock` is an error.
    #[doc(hidden)]
    fn advance(&mut self, stream: &mut Self::InternalStream) -> Result<Self::Opened, Error>;

    #[doc(hidden)]
    fn finish(stream: Self::InternalStream, opened: Self::Opened) -> Self::FinalResult;
}

/// Returns the `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455 §4.2.2).
///
/// Use it for a handshake of your own, before
/// [`WebSocket::from_raw_socket`](crate::protocol::WebSocket::from_raw_socket).
///
/// ```
/// use bowline_tungstenite::handshake::derive_accept_key;
///
/// assert_eq!(derive_accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
#[must_use]
pub fn derive_accept_key(request_key: &[u8]) -> String {
    const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    STANDARD.encode(Sha1::new().chain_update(request_key).chain_update(GUID).finalize())
}

/// Writes to a stream until all is written and flushed. `written` is how much of `bytes` has been written.
fn write_all(stream: &mut (impl Write + ?Sized), bytes: &[u8], written: &mut usize) -> io::Result<()> {
    while let Some(rest) = bytes.get(*written..).filter(|rest| !rest.is_empty()) {
        match stream.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => *written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    uninterrupted(|| stream.flush())
}

/// Repeats a call that a signal has interrupted.
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// How a version of HTTP is written in the first line of a head.
fn version_as_str(version: Version) -> Result<&'static str, Error> {
    match version {
        Version::HTTP_09 => Ok("HTTP/0.9"),
        Version::HTTP_10 => Ok("HTTP/1.0"),
        Version::HTTP_11 => Ok("HTTP/1.1"),
        _ => Err(ProtocolError::WrongHttpVersion.into()),
    }
}

/// The limits of a head are the original's.
fn bowline_config(config: &WebSocketConfig, role: Role) -> bowline::Config {
    Arc::unwrap_or_clone(config.for_bowline(role)).with(|config| {
        config.limits.head_bytes = machine::MAX_HEAD;
        config.limits.head_fields = headers::MAX_HEADERS;
    })
}

/// The clock of a handshake that has a deadline.
#[derive(Debug)]
struct Clock(Option<Instant>);

impl Clock {
    fn of(config: &WebSocketConfig) -> Self {
        Self(config.deadlines.map(|_| Instant::now()))
    }

    fn now(&self) -> Option<Timestamp> {
        self.0.map(|start| start.elapsed().into())
    }
}
