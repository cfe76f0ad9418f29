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
pub use closure::{Cause, Closure, Deadline, During, Side};
pub use ending::State;
pub use event::Event;
pub use receive::Assembly;
pub use send::{Output, Prepared};

#[cfg(feature = "deflate")]
use crate::deflate::Agreement;
use crate::{Config, Input, Payload, ProtocolError, Role};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use closing::{Happening, Phase};
use core::time::Duration;
use receive::Receiver;
use send::Sender;
use timers::Timers;

/// A WebSocket connection after the opening handshake, without any IO.
///
/// Four kinds of methods drive it, in this order, again and again:
///
/// 1. **Bytes in**: [`receive`](Self::receive) until it returns `None`; [`receive_eof`](Self::receive_eof) or
///    [`transport_failed`](Self::transport_failed) when the stream is over.
/// 2. **Messages out**: [`send_text`](Self::send_text), [`send_binary`](Self::send_binary), … and
///    [`close`](Self::close), at any time, also while an event is held.
/// 3. **Time**: [`tick`](Self::tick), which says how long to wait for bytes at the most.
/// 4. **Bytes out**: write [`output`](Self::output) and advance it. Then stop if [`is_closed`](Self::is_closed), shut
///    the write half of the transport if [`should_shutdown`](Self::should_shutdown), or wait for bytes.
///
/// The connection holds what peers make it hold and nothing else: at most twice the payload received of the message that
/// is coming in and 1 KiB, besides the output. An idle one has no heap memory, once a `tick` has come a second after its
/// last output was written. What compression takes comes on top: see the module `deflate`.
///
/// ```
/// use bowline::{Config, Connection, Event, Role};
/// use bytes::Buf;
/// use std::sync::Arc;
///
/// let config = Arc::new(Config::default());
/// let mut client = Connection::new(Role::Client, config.clone());
/// let mut server = Connection::new(Role::Server, config.clone());
///
/// client.send_text("Grüße")?;
/// let queued = client.queued();
/// let mut wire = client.output().copy_to_bytes(queued).to_vec();
///
/// let mut input = &mut wire[..];
/// while let Some(event) = server.receive(&mut input) {
///     if let Event::Text(text) = event {
///         assert_eq!(&*text, "Grüße");
///         server.send_text(text)?; // while the event is held
///     }
/// }
/// # Ok::<(), bowline::SendError>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    config: Arc<Config>,
    receiver: Receiver,
    sender: Sender,
    output: Output,
    phase: Phase,
    timers: Timers,
    /// How far the stream had come at the last tick.
    position_at_tick: u64,
    /// How it ends, as far as that is known: there from the moment at which the phase is no longer `Open`.
    closure: Option<Box<Closure>>,
    #[cfg(feature = "deflate")]
    agreement: Option<Agreement>,
}

const _: () = assert!(size_of::<Connection>() <= 400, "an idle connection costs 400 bytes at the most");

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
            config,
            receiver: Receiver::new(role),
            sender: Sender::new(role),
            output: Output::starting_with(first),
            phase: Phase::Open,
            timers: Timers::default(),
            position_at_tick: 0,
            closure: None,
            #[cfg(feature = "deflate")]
            agreement: None,
        }
    }

    /// A connection that only delivers the answer to a failed handshake: it receives nothing, and is over when the client has
    /// ended its stream, or after at most a second.
    pub(crate) fn delivering(mut config: Arc<Config>, answer: Vec<u8>) -> Self {
        const DEADLINE: Duration = Duration::from_secs(1);
        if config.deadlines.close > DEADLINE {
            Arc::make_mut(&mut config).deadlines.close = DEADLINE;
        }
        Self { phase: Phase::Failed, ..Self::opened(Role::Server, config, answer) }
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
    /// Payloads that lie whole in `input` are unmasked there and lent. What is left over of a message is kept here, so
    /// the buffer is free for the next read, of this connection or of another.
    ///
    /// It cannot fail: when the peer breaks a rule, that is the last event, [`Event::Failed`], and the Close frame is in
    /// the [`output`](Self::output) already. Pongs, and the answer to a Close frame, are queued there too. After the last
    /// event all input is discarded (RFC 6455 §1.4, §7.1.7).
    ///
    /// The slice must live outside of the loop: `while let Some(event) = connection.receive(&mut &mut buffer[..n])`
    /// compiles, and receives the same bytes for ever.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Event, Role};
    /// # let mut connection = Connection::new(Role::Client, Config::default());
    /// let mut buffer = *b"\x81\x05Hello\x89\x00";
    /// let mut input = &mut buffer[..];
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
        match self.receiver.receive_short(input, &self.config) {
            Some((false, payload)) => Some(Event::Binary(Payload::lent(payload))),
            Some((true, payload)) => match self.receiver.whole_text(payload) {
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

    /// Answers what has to be answered.
    fn answer<'b>(&mut self, event: Event<'b>) -> Event<'b> {
        match &event {
            Event::Ping(payload) => self.sender.pong(payload, &mut self.output, &self.config),
            Event::Close(frame) => {
                let received = frame.clone().map_or_else(CloseFrame::without_body, CloseFrame::into_owned);
                let answer = received.answer();
                self.happened(Happening::CloseReceived, Side::Peer, Cause::Closed, answer);
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
        self.happened(Happening::Violation, Side::Local, Cause::Protocol(error), close);
        Event::Failed(error)
    }

    /// The second door: space in which to read a part of a large binary payload that is coming in, without the copy from
    /// a read buffer. `None` if there is no such payload, which is the normal case; then read into a buffer and call
    /// [`receive`](Self::receive).
    ///
    /// After bytes were put into it, call `receive`, with an empty slice: it returns the message if it is complete.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Event, Role};
    /// # let mut connection = Connection::new(Role::Client, Config::default());
    /// # let payload = vec![7; 100_000];
    /// # let mut first = b"\x82\x7f\x00\x00\x00\x00\x00\x01\x86\xa0".to_vec();
    /// # first.extend_from_slice(&payload[..50_000]);
    /// # let mut stream = &payload[50_000..]; // what is not read yet
    /// # let mut read = &mut first[..];
    /// assert_eq!(connection.receive(&mut read), None); // one half of a message of 100,000 bytes
    /// while let Some(mut space) = connection.assembly() {
    ///     space.read_from(&mut stream)?;
    ///     if let Some(event) = connection.receive(&mut Default::default()) {
    ///         assert_eq!(event, Event::Binary(payload.into()));
    ///         break;
    ///     }
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn assembly(&mut self) -> Option<Assembly<'_>> {
        self.receiver.assembly()
    }

    /// What is to be written: a [`bytes::Buf`], to be advanced by what the transport took.
    #[inline]
    pub fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// How many bytes are queued and not yet written: the browser's `bufferedAmount`, frame headers included.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.output.len()
    }

    /// Which end this is.
    #[must_use]
    pub fn role(&self) -> Role {
        self.sender.role()
    }

    #[cfg(feature = "std")]
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the second door has completed a frame that [`receive`](Self::receive) has not looked at.
    #[cfg(feature = "std")]
    pub(crate) fn holds_frame(&mut self) -> bool {
        self.phase.receives() && self.receiver.holds_frame()
    }
}
