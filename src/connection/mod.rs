//! The state machine of an open connection.
//!
//! `receiving` and `sending` are the methods of [`Connection`] for bytes in and messages out, on top of `receive/` (bytes to
//! events) and `send/` (messages to bytes). `transitions` is the closing handshake as one table, and `closing` what goes by it.
//! `timers` are the deadlines.

mod batch;
mod close_frame;
mod closing;
mod closure;
mod event;
mod receive;
mod receiving;
mod send;
mod sending;
mod timers;
mod transitions;

pub use batch::Batch;
pub use close_frame::CloseFrame;
pub use closing::State;
pub use closure::{Cause, Closure, Deadline, Endpoint, Interrupted};
pub use event::Event;
pub use receive::DirectRead;
pub use send::{Output, Prepared};

#[cfg(feature = "deflate")]
use crate::deflate::Agreement;
use crate::{Config, Role};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::time::Duration;
use receive::Receiver;
use send::Sender;
use timers::Timers;
use transitions::Phase;

/// A WebSocket connection after the opening handshake, without any IO.
///
/// A driver repeats four steps:
///
/// 1. **Bytes in**: [`receive`](Self::receive) until it returns `None`; [`receive_eof`](Self::receive_eof) or
///    [`transport_failed`](Self::transport_failed) when the stream has ended.
/// 2. **Messages out**: [`send`](Self::send), [`send_text`](Self::send_text), [`send_binary`](Self::send_binary), … and
///    [`close`](Self::close), at any time, also while an event is held.
/// 3. **Time**: [`tick`](Self::tick), which returns the longest time to wait for bytes.
/// 4. **Bytes out**: write [`output`](Self::output), and report a failure to [`write_failed`](Self::write_failed). Then stop if
///    [`is_closed`](Self::is_closed), shut down the write half of the transport if
///    [`should_shutdown`](Self::should_shutdown), or wait for bytes.
///
/// The memory of a connection follows the bytes received, never the lengths that a peer declares: it is at most twice the payload
/// received of the current message and 1 KiB, besides the output. One second after its last output was written, the next `tick`
/// releases the memory of the output. From then on, an idle connection has no heap memory except the name of its subprotocol, if one
/// was agreed. Compression needs more: see the module `deflate`.
///
/// ```
/// use bowline::{Config, Connection, Event, Input, Role};
/// use std::sync::Arc;
///
/// let config = Arc::new(Config::default()); // one for any number of connections
/// let mut client = Connection::new(Role::Client, config.clone());
/// let mut server = Connection::new(Role::Server, config);
///
/// client.send_text("Grüße")?;
/// let mut wire = Vec::new();
/// client.output().write_to(&mut wire)?;
///
/// let mut input = Input::from(&mut wire);
/// while let Some(event) = server.receive(&mut input) {
///     if let Event::Text(text) = event {
///         assert_eq!(text, "Grüße");
///         server.send_text(text)?; // while the event is held
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    config: Arc<Config>,
    receiver: Receiver,
    sender: Sender,
    phase: Phase,
    timers: Timers,
    /// How it ends, as far as that is known: `Some` as soon as the phase is no longer `Open`.
    closure: Option<Box<Closure>>,
    protocol: Option<Box<Subprotocol>>,
    #[cfg(feature = "deflate")]
    agreement: Option<Agreement>,
}

/// In a box of its own, since most connections have none.
#[derive(Debug)]
struct Subprotocol(Box<str>);

const _: () = assert!(size_of::<Connection>() < 400, "an idle connection takes less than 400 bytes");

impl Connection {
    /// A connection whose opening handshake was made elsewhere, for example by an HTTP library. Otherwise use
    /// [`server::Handshake`](crate::server::Handshake) or [`client::Handshake`](crate::client::Handshake).
    #[must_use]
    pub fn new(role: Role, config: impl Into<Arc<Config>>) -> Self {
        Self::opened(role, config.into(), Vec::new())
    }

    /// `first` goes out before anything else: the server's answer to the opening handshake.
    pub(crate) fn opened(role: Role, config: Arc<Config>, first: Vec<u8>) -> Self {
        Self {
            receiver: Receiver::new(role, &config),
            config,
            sender: Sender::new(role, first),
            phase: Phase::Open,
            timers: Timers::default(),
            closure: None,
            protocol: None,
            #[cfg(feature = "deflate")]
            agreement: None,
        }
    }

    /// A connection of a server that only delivers `answer`, to a client that was refused: nothing is received, and it ends
    /// with the client's stream, or after at most a second.
    pub(crate) fn delivering(mut config: Arc<Config>, answer: Vec<u8>) -> Self {
        const DEADLINE: Duration = Duration::from_secs(1);
        if config.deadlines.close > DEADLINE {
            Arc::make_mut(&mut config).deadlines.close = DEADLINE;
        }
        Self { phase: Phase::Failed, ..Self::opened(Role::Server, config, answer) }
    }

    /// With the subprotocol that was agreed in the opening handshake.
    pub(crate) fn with_protocol(mut self, protocol: Option<&str>) -> Self {
        self.protocol = protocol.map(|protocol| Box::new(Subprotocol(protocol.into())));
        self
    }

    /// With what was agreed about compression in the opening handshake.
    #[cfg(feature = "deflate")]
    pub(crate) fn with_deflate(mut self, agreement: Option<Agreement>) -> Self {
        if let (Some(agreement), Some(options)) = (agreement, &self.config.deflate) {
            self.receiver.agree(agreement);
            self.sender.agree(agreement, options);
            self.agreement = Some(agreement);
        }
        self
    }

    /// The compression parameters that the opening handshake agreed on; `None` if compression was not agreed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub const fn deflate(&self) -> Option<Agreement> {
        self.agreement
    }

    /// The bytes to write: a [`bytes::Buf`], which you advance by the number of bytes that the transport accepted. With `std`,
    /// [`Output::write_to`] does both.
    #[inline]
    pub fn output(&mut self) -> &mut Output {
        &mut self.sender.output
    }

    /// The number of bytes queued and not yet written, frame headers included: the browser's `bufferedAmount`.
    #[must_use]
    #[inline]
    pub fn buffered_amount(&self) -> usize {
        self.sender.output.len()
    }

    /// The role of this endpoint: client or server.
    #[must_use]
    pub fn role(&self) -> Role {
        self.sender.role()
    }

    /// The subprotocol in use (§1.9), if one was agreed in the opening handshake.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref().map(|Subprotocol(protocol)| &**protocol)
    }

    /// The configuration that the connection was made with.
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }
}
