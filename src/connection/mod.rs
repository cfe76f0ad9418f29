//! The state machine of an open connection.
//!
//! `receive` turns bytes into events, `send` turns messages into bytes. `closing` is the closing handshake as one table, with
//! `ending` for what is reported about it; `timers` are the deadlines, fired in `ticking`.

mod batch;
mod close_frame;
mod closing;
mod closure;
mod ending;
mod event;
mod receive;
mod send;
mod sending;
mod ticking;
mod timers;

pub use batch::Batch;
pub use close_frame::CloseFrame;
pub use closure::{Cause, Closure, Deadline, Endpoint, Interrupted};
pub use ending::State;
pub use event::Event;
pub use receive::DirectRead;
pub use send::{Output, Prepared};

#[cfg(feature = "deflate")]
use crate::deflate::Agreement;
use crate::{Config, Input, Payload, ProtocolError, Role};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use closing::{Phase, Trigger};
use core::time::Duration;
use receive::{Receiver, Whole};
use send::Sender;
use timers::Timers;

/// A WebSocket connection after the opening handshake, without any IO.
///
/// Four kinds of methods drive it, in this order, again and again:
///
/// 1. **Bytes in**: [`receive`](Self::receive) until it returns `None`; [`receive_eof`](Self::receive_eof) or
///    [`transport_failed`](Self::transport_failed) when the stream is over.
/// 2. **Messages out**: [`send`](Self::send), [`send_text`](Self::send_text), [`send_binary`](Self::send_binary), … and
///    [`close`](Self::close), at any time, also while an event is held.
/// 3. **Time**: [`tick`](Self::tick), which returns how long to wait for bytes at most.
/// 4. **Bytes out**: write [`output`](Self::output), and report a failure to [`write_failed`](Self::write_failed). Then stop if
///    [`is_closed`](Self::is_closed), shut down the write half of the transport if
///    [`should_shutdown`](Self::should_shutdown), or wait for bytes.
///
/// What a connection holds depends on the bytes that were received, never on lengths that a peer declares: at most twice the
/// payload received of the current message and 1 KiB, besides the output. An idle one has no heap memory, once a `tick` has
/// been made a second after its last output was written, but for the name of the subprotocol if one is in use. Compression needs
/// more: see the module `deflate`.
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
    /// The position in the peer's stream at the last tick.
    position_at_tick: u64,
    /// How it ends, as far as that is known: there from the moment at which the phase is no longer `Open`.
    closure: Option<Box<Closure>>,
    protocol: Option<Box<Subprotocol>>,
    #[cfg(feature = "deflate")]
    agreement: Option<Agreement>,
}

/// In a box of its own, since most connections have none.
#[derive(Debug)]
struct Subprotocol(Box<str>);

const _: () = assert!(size_of::<Connection>() <= 400, "an idle connection costs at most 400 bytes");

impl Connection {
    /// A connection whose opening handshake was made elsewhere, by an HTTP library for example. Otherwise
    /// [`server::Handshake`](crate::server::Handshake) and [`client::Handshake`](crate::client::Handshake) lead to one.
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
            position_at_tick: 0,
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

    /// What was agreed about compression in the opening handshake; `None` if nothing was, and messages go as they are.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub const fn deflate(&self) -> Option<Agreement> {
        self.agreement
    }

    /// Takes bytes off the front of `input` and returns the next event, or `None` once `input` is used up.
    ///
    /// Payloads that are whole in `input` are unmasked there and borrowed. The rest of an unfinished message is kept in the
    /// connection, so that the buffer is free for the next read, of this connection or of another.
    ///
    /// It cannot fail: when the peer breaks a rule, that is the last event, [`Event::Failed`], and the Close frame is in
    /// the [`output`](Self::output) already. Pongs, and the answer to a Close frame, are queued there too. After the last
    /// event all input is discarded (RFC 6455 §1.4, §7.1.7).
    ///
    /// ```
    /// # use bowline::{Config, Connection, Event, Input, Role};
    /// # let mut connection = Connection::new(Role::Client, Config::default());
    /// let mut buffer = *b"\x81\x05Hello\x89\x00";
    /// let mut input = Input::from(&mut buffer);
    /// assert_eq!(connection.receive(&mut input), Some(Event::Text("Hello".into())));
    /// assert!(matches!(connection.receive(&mut input), Some(Event::Ping(_))));
    /// assert_eq!(connection.receive(&mut input), None);
    /// ```
    #[expect(
        clippy::inline_always,
        reason = "without it, every event is copied, through memory that was just written in other widths: 5 ns"
    )]
    #[inline(always)]
    pub fn receive<'b>(&mut self, input: &mut Input<'b>) -> Option<Event<'b>> {
        if !self.phase.receives() {
            *input = Input::default();
            return None;
        }
        match self.receiver.receive_whole(input) {
            Some(Whole::Binary(payload)) => Some(Event::Binary(Payload::borrowed(payload))),
            Some(Whole::Text(payload)) => match self.receiver.validate(payload) {
                Ok(text) => Some(Event::Text(text.into())),
                Err(error) => Some(self.fail(error, input)),
            },
            None => self.receive_any(input),
        }
    }

    #[inline(never)]
    fn receive_any<'b>(&mut self, input: &mut Input<'b>) -> Option<Event<'b>> {
        match self.receiver.receive(input, &self.config) {
            Ok(Some(event)) => Some(self.answer(event)),
            Ok(None) => None,
            Err(error) => Some(self.fail(error, input)),
        }
    }

    /// Returns an event that is ready without new bytes: after a [`direct_read`](Self::direct_read), or with compression and
    /// [`Delivery::Chunks`](crate::Delivery::Chunks), where one read can bring several chunks.
    pub fn poll_event(&mut self) -> Option<Event<'static>> {
        self.receive(&mut Input::default())
    }

    /// Answers what has to be answered.
    fn answer<'b>(&mut self, event: Event<'b>) -> Event<'b> {
        match &event {
            Event::Ping(payload) => self.sender.pong(payload, &self.config),
            Event::Close(frame) => {
                let received = frame.clone().map_or_else(CloseFrame::without_body, CloseFrame::into_owned);
                let answer = received.answer();
                self.transition(Trigger::CloseReceived, Endpoint::Remote, Cause::Closed, answer);
                if let Some(closure) = &mut self.closure {
                    closure.received.get_or_insert(received);
                }
            }
            _ => {}
        }
        event
    }

    #[cold]
    fn fail(&mut self, error: ProtocolError, input: &mut Input<'_>) -> Event<'static> {
        *input = Input::default();
        let close = CloseFrame { code: error.close_code(), reason: "".into() };
        self.transition(Trigger::Violation, Endpoint::Local, Cause::Protocol(error), close);
        Event::Failed(error)
    }

    /// Lets `read` fill spare capacity inside the message being assembled, so that a large binary payload can be read straight
    /// into place instead of being copied from a read buffer. Returns what `read` returned, or `None` if there is no such payload,
    /// which is the normal case: then read into a buffer and call [`receive`](Self::receive).
    ///
    /// After each direct read, [`poll_event`](Self::poll_event) returns the message if it is complete.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Event, Input, Role};
    /// # let mut connection = Connection::new(Role::Client, Config::default());
    /// # let payload = vec![7; 100_000];
    /// # let mut first = b"\x82\x7f\x00\x00\x00\x00\x00\x01\x86\xa0".to_vec();
    /// # first.extend_from_slice(&payload[..50_000]);
    /// # let mut stream = &payload[50_000..]; // what is not read yet
    /// # let mut input = Input::from(&mut first);
    /// assert_eq!(connection.receive(&mut input), None); // one half of a message of 100,000 bytes
    /// while let Some(read) = connection.direct_read(|space| space.read_from(&mut stream)) {
    ///     println!("{} bytes read", read?);
    ///     if let Some(event) = connection.poll_event() {
    ///         assert_eq!(event, Event::Binary(payload.into()));
    ///         break;
    ///     }
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn direct_read<T>(&mut self, read: impl FnOnce(&mut DirectRead<'_>) -> T) -> Option<T> {
        self.receiver.direct_read(read)
    }

    /// Whether a [`direct_read`](Self::direct_read) has completed a frame that [`receive`](Self::receive) has not looked at.
    #[cfg(feature = "std")]
    pub(crate) const fn has_complete_frame(&self) -> bool {
        self.phase.receives() && self.receiver.has_complete_frame()
    }

    /// What is to be written: a [`bytes::Buf`], to be advanced by what the transport accepted. With `std`,
    /// [`Output::write_to`] does both.
    #[inline]
    pub fn output(&mut self) -> &mut Output {
        &mut self.sender.output
    }

    /// How many bytes are queued and not yet written, frame headers included: the browser's `bufferedAmount`.
    #[must_use]
    #[inline]
    pub fn buffered_amount(&self) -> usize {
        self.sender.output.len()
    }

    /// Whether this endpoint is the client or the server.
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
