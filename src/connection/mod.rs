//! The state machine of an open connection.
//!
//! `receiving` and `sending` have the methods of [`Connection`] for bytes in and messages out. They use `receive/` (bytes to
//! events) and `send/` (messages to bytes), which are independent: code in `receive/` never queues output, and code in `send/`
//! never reads input. `transitions` is the closing handshake as one table, and `closing` has the methods that use it. `timers` has
//! the deadlines.

mod batch;
mod close_frame;
mod closing;
mod closure;
mod event;
#[cfg(feature = "std")]
mod inbox;
mod progress;
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
#[cfg(feature = "std")]
pub(crate) use inbox::Inbox;
pub use receive::DirectRead;
pub use send::{Output, Prepared};

#[cfg(feature = "std")]
use crate::Delivery;
#[cfg(feature = "deflate")]
use crate::deflate::Agreement;
use crate::{Config, Limits, Role};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::time::Duration;
use progress::Progress;
use receive::Receiver;
use send::Sender;
use timers::Timers;
use transitions::Phase;

/// A WebSocket connection after the opening handshake, without any IO: bytes in, events out, bytes to write.
///
/// Use it directly for event loops, `io_uring`, tests and other IO libraries. With sockets and threads, or with Tokio, use an
/// adapter. The code that moves the bytes is the connection's driver. A driver repeats four steps:
///
/// 1. **Bytes in**: call [`receive`](Self::receive) until it returns `None`. When the stream has ended, call
///    [`receive_eof`](Self::receive_eof) or [`transport_failed`](Self::transport_failed).
/// 2. **Messages out**: call [`send`](Self::send), [`send_text`](Self::send_text), [`send_binary`](Self::send_binary), … and
///    [`close`](Self::close), at any time, also while an event is held.
/// 3. **Time**: call [`tick`](Self::tick), which returns the longest time to wait for bytes.
/// 4. **Bytes out**: write the [`output`](Self::output), and report a failure with [`write_failed`](Self::write_failed). Then stop
///    if [`is_closed`](Self::is_closed), shut down the write half of the transport if [`should_shutdown`](Self::should_shutdown),
///    or wait for bytes.
///
/// # Memory
///
/// The memory of a connection follows the bytes received, never the lengths that a peer declares. Besides the output, it is at most
/// twice the payload received of the current message and 1 KiB. One second after the last output was queued, and when all of it is
/// written, a `tick` frees the memory of the output. From then on, an idle connection has no heap memory except the name of its
/// subprotocol, if one was agreed. Compression needs more: see the module `deflate`.
///
/// # Example
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
    progress: Progress,
    /// How the connection ends, as far as that is known. Invariant: `None` while the phase is `Open`, and afterwards `Some`, except
    /// in a connection that only [delivers](Self::delivering) an answer.
    closure: Option<Box<Closure>>,
    protocol: Option<Box<Subprotocol>>,
    /// The transport is a stream of HTTP/2 or HTTP/3: each endpoint ends its own half, and reads to the end of the other.
    is_multiplexed: bool,
    #[cfg(feature = "deflate")]
    agreement: Option<Agreement>,
}

/// Boxed twice, since most connections have none: the outer box takes one word of the connection, where `Box<str>` takes two.
#[derive(Debug)]
struct Subprotocol(Box<str>);

const _: () = assert!(size_of::<Connection>() < 400, "an idle connection takes less than 400 bytes");

impl Connection {
    /// Creates an open connection, without an opening handshake. Use it in tests, and if an HTTP library made the handshake.
    ///
    /// Otherwise use [`server::Handshake`](crate::server::Handshake) or [`client::Handshake`](crate::client::Handshake), which
    /// return a connection. Neither compression nor a subprotocol is agreed.
    #[must_use]
    pub fn new(role: Role, config: impl Into<Arc<Config>>) -> Self {
        Self::opened(role, config.into(), Vec::new())
    }

    /// Creates an open connection that writes `first` before anything else: the server's answer to the opening handshake.
    pub(crate) fn opened(role: Role, config: Arc<Config>, first: Vec<u8>) -> Self {
        Self {
            receiver: Receiver::new(role, &config),
            config,
            sender: Sender::new(role, first),
            phase: Phase::Open,
            timers: Timers::default(),
            progress: Progress::default(),
            closure: None,
            protocol: None,
            is_multiplexed: false,
            #[cfg(feature = "deflate")]
            agreement: None,
        }
    }

    /// Creates a connection of a server that only delivers `answer`, to a client that was refused. It discards what it receives,
    /// and ends with the client's stream, or after at most a second.
    ///
    /// For a driver, it is a connection like any other. The phase `Failed` has the right behaviour: write, shut down the write
    /// half, and wait for the end of the stream.
    pub(crate) fn delivering(mut config: Arc<Config>, answer: Vec<u8>) -> Self {
        const DEADLINE: Duration = Duration::from_secs(1);
        if config.deadlines.close > DEADLINE {
            Arc::make_mut(&mut config).deadlines.close = DEADLINE;
        }
        Self { phase: Phase::Failed, ..Self::opened(Role::Server, config, answer) }
    }

    /// Sets the subprotocol that was agreed in the opening handshake.
    pub(crate) fn with_protocol(mut self, protocol: Option<&str>) -> Self {
        self.protocol = protocol.map(|protocol| Box::new(Subprotocol(protocol.into())));
        self
    }

    /// Records that the transport is a stream of HTTP/2 or HTTP/3.
    #[cfg(feature = "http")]
    pub(crate) fn over_multiplexed_stream(mut self) -> Self {
        self.is_multiplexed = true;
        self
    }

    /// Sets the compression parameters that were agreed in the opening handshake.
    #[cfg(feature = "deflate")]
    pub(crate) fn with_deflate(mut self, agreement: Option<Agreement>) -> Self {
        if let (Some(agreement), Some(options)) = (agreement, &self.config.deflate) {
            self.receiver.agree(agreement);
            self.sender.agree(agreement, options);
            self.agreement = Some(agreement);
        }
        self
    }

    /// Sets the compression parameters, for a connection whose opening handshake was made elsewhere, by a framework for example.
    /// Call it before anything is sent or received. Without [`Config::deflate`](crate::Config::deflate), it changes nothing.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role, deflate::Options};
    ///
    /// let options = Options::default();
    /// let agreement = options.agreement(Role::Server);
    /// let config = Config::default().with(|config| config.deflate = Some(options));
    /// let server = Connection::new(Role::Server, config).with_agreement(agreement);
    /// assert_eq!(server.deflate(), Some(agreement));
    /// ```
    #[doc(alias("permessage-deflate"))]
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_agreement(self, agreement: Agreement) -> Self {
        self.with_deflate(Some(agreement))
    }

    /// Returns the compression parameters that were agreed in the opening handshake, or `None` if compression was not agreed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub const fn deflate(&self) -> Option<Agreement> {
        self.agreement
    }

    /// Returns the bytes to write. Call `Output::write_to` on it, or use it as a [`bytes::Buf`]: write a chunk, and advance by
    /// the number of bytes that the transport accepted.
    #[inline]
    pub fn output(&mut self) -> &mut Output {
        &mut self.sender.output
    }

    /// Returns the number of bytes that are queued and not yet written, frame headers included: the browser's `bufferedAmount`.
    ///
    /// Use it for back-pressure: while it is above a bound of your choice, do not read more from this peer, or send it less.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role};
    /// # let mut server = Connection::new(Role::Server, Config::default());
    /// server.send_text("Hello")?;
    /// assert_eq!(server.buffered_amount(), 7);
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    #[doc(alias("bufferedAmount", "back-pressure", "backpressure"))]
    #[must_use]
    #[inline]
    pub fn buffered_amount(&self) -> usize {
        self.sender.output.len()
    }

    /// Returns the role of this endpoint: client or server.
    #[must_use]
    pub fn role(&self) -> Role {
        self.sender.role()
    }

    /// Returns the subprotocol (§1.9), or `None` if none was agreed in the opening handshake.
    #[doc(alias("subprotocol", "Sec-WebSocket-Protocol"))]
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref().map(|Subprotocol(protocol)| &**protocol)
    }

    /// Changes the limits, for example when a peer has logged in and may send larger messages.
    ///
    /// A message that is arriving is measured by the new limit from its next frame on. What is queued stays queued.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role};
    ///
    /// let config = Config::default().with(|config| config.limits.message = 4096);
    /// let mut server = Connection::new(Role::Server, config);
    /// let mut limits = server.config().limits;
    /// limits.message = 1024 * 1024;
    /// server.set_limits(limits);
    /// assert_eq!(server.config().limits.message, 1024 * 1024);
    /// ```
    pub fn set_limits(&mut self, limits: Limits) {
        Arc::make_mut(&mut self.config).limits = limits;
        self.receiver.set_limits(&self.config);
    }

    /// Delivers messages in chunks or as a whole from now on. Returns the part of an unfinished binary message that was kept.
    #[cfg(feature = "std")]
    pub(crate) fn set_delivery(&mut self, delivery: Delivery) -> Vec<u8> {
        if self.config.delivery == delivery {
            return Vec::new();
        }
        Arc::make_mut(&mut self.config).delivery = delivery;
        self.receiver.set_delivery(&self.config)
    }

    /// Returns the configuration that the connection was created with, with the limits of the last
    /// [`set_limits`](Self::set_limits).
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }
}
