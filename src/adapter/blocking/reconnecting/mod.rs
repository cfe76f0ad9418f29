//! A client that reconnects: one connection after the other, as one sequence of updates.

mod running;

use super::{ClientStream, WebSocket, connect_using};
use crate::{
    Closure, Config, Outgoing,
    adapter::{
        connect_options::ConnectOptions,
        error::Error,
        reconnect::{Attempt, Backoff, QueueError, RetryPolicy, Session},
    },
    client::{Request, Response},
};
use alloc::{boxed::Box, sync::Arc};
use core::{fmt, time::Duration};
use std::time::Instant;

/// A client that reconnects: it connects, receives until the connection ends, waits for a random delay, and connects again (RFC
/// 6455 §7.2.3).
///
/// ```no_run
/// use bowline::{Config, adapter::{Error, blocking::Reconnecting, reconnect::Update}, client::Request};
///
/// # fn run() -> Result<(), Error> {
/// let request = Request::from_uri("wss://example.com/feed")?;
/// let mut client = Reconnecting::to(request, Config::default());
/// while let Some(update) = client.recv()? {
///     match update {
///         Update::Message(message) => println!("{message:?}"),
///         Update::Disconnected { error, retry_in } => eprintln!("{error}; next attempt in {retry_in:.1?}"),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// All its work is done by [`recv`](Self::recv) and [`recv_timeout`](Self::recv_timeout): connecting, receiving, writing, and the
/// delays. It has at most one connection at a time. The [`RetryPolicy`] decides how long it waits, and which ends are final. The
/// [guide](crate::guide::reconnecting) has examples.
///
/// # Messages that are sent
///
/// [`send`](Self::send) accepts a message and returns its number, and `recv` writes it. Without a connection, `send` refuses,
/// unless [`queue_limit`](Self::queue_limit) is set. The fate of each accepted message is reported once, by
/// [`Update::Sent`](crate::adapter::reconnect::Update::Sent) or [`Update::Unsent`](crate::adapter::reconnect::Update::Unsent). No
/// message is written twice: one that was being written when the connection broke is not repeated, since the server may have
/// received it.
///
/// # Dropping it
///
/// It drops the connection, so that the server sees an abnormal end. The fate of queued messages is not reported then. To end the
/// connection properly, use [`close`](Self::close).
#[doc(alias("reconnect", "retry", "auto-reconnect", "ReconnectingWebSocket", "backoff"))]
pub struct Reconnecting<S> {
    connect: Connect<S>,
    prepare: Option<Prepare<S>>,
    session: Session,
    state: State<S>,
    origin: Instant,
}

type Connect<S> = Box<dyn FnMut(Attempt) -> Result<(WebSocket<S>, Response), Error> + Send>;
type Prepare<S> = Box<dyn FnMut(&mut WebSocket<S>, &Response) -> Result<(), Error> + Send>;

enum State<S> {
    /// An attempt is due.
    Idle,
    Connected(Box<WebSocket<S>>),
    Waiting {
        since: Instant,
        delay: Duration,
    },
    Ended,
}

impl Reconnecting<ClientStream> {
    /// Creates a client that connects with this request, as [`connect_with`](super::connect_with) does. It connects when [`recv`](Self::recv) is
    /// called.
    ///
    /// For a request that changes from attempt to attempt, use [`new`](Self::new).
    #[must_use]
    pub fn to(request: Request, config: impl Into<Arc<Config>>) -> Self {
        Self::using(request, ConnectOptions::default(), config)
    }

    /// Creates a client that connects with this request and these options, as [`connect_using`] does: through a proxy, with
    /// redirects, with another TLS configuration.
    ///
    /// The hook [`ConnectOptions::before_request`] is called for each attempt, so that it can add a fresh token.
    #[must_use]
    pub fn using(request: Request, options: ConnectOptions, config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        Self::new(move |_| connect_using(request.clone(), &options, config.clone()))
    }
}

impl<S> Reconnecting<S> {
    /// Creates a client that connects with a function. It is called before each attempt, so it can fetch a new token, choose
    /// another server, or use a transport of its own. It connects when [`recv`](Self::recv) is called.
    ///
    /// ```no_run
    /// use bowline::{Config, adapter::blocking::{self, Reconnecting}, client::Request};
    ///
    /// # fn new_token() -> std::io::Result<String> { Ok(String::new()) }
    /// let mut client = Reconnecting::new(|attempt| {
    ///     let server = ["wss://a.example.com/", "wss://b.example.com/"][attempt.number() as usize % 2];
    ///     let request = Request::from_uri(server)?.header("Authorization", format!("Bearer {}", new_token()?))?;
    ///     blocking::connect_with(request, Config::default())
    /// });
    /// ```
    ///
    /// An error of the function is an attempt that failed. For an error that has nothing to do with this crate, use
    /// [`io::Error::other`](std::io::Error::other): as an [`Error::Io`], it is not final, unless [`RetryPolicy::decide`] decides
    /// otherwise.
    #[must_use]
    pub fn new(connect: impl FnMut(Attempt) -> Result<(WebSocket<S>, Response), Error> + Send + 'static) -> Self {
        Self {
            connect: Box::new(connect),
            prepare: None,
            session: Session::new(),
            state: State::Idle,
            origin: Instant::now(),
        }
    }

    /// Sets how long it waits before it reconnects, and which ends are final.
    #[must_use]
    pub fn policy(mut self, policy: RetryPolicy) -> Self {
        self.session.backoff = Backoff::new(policy);
        self
    }

    /// Sets a function that is called with each new connection, before
    /// [`Update::Connected`](crate::adapter::reconnect::Update::Connected) and before queued messages are sent. Use it to
    /// subscribe again, or to resume after the last message that was received.
    ///
    /// ```no_run
    /// # use bowline::{Config, adapter::{Error, blocking::Reconnecting}, client::Request};
    /// # fn run(request: Request) {
    /// let client = Reconnecting::to(request, Config::default())
    ///     .after_connect(|socket, _response| socket.send("subscribe: news"));
    /// # }
    /// ```
    ///
    /// If it fails, the attempt has failed, and the connection is dropped. It has no time limit, apart from the deadlines of the
    /// connection: to wait for an answer for a limited time, use [`recv_timeout`](WebSocket::recv_timeout) in it.
    #[doc(alias("subscribe", "resubscribe", "resume", "on_connect"))]
    #[must_use]
    pub fn after_connect(
        self,
        prepare: impl FnMut(&mut WebSocket<S>, &Response) -> Result<(), Error> + Send + 'static,
    ) -> Self {
        Self { prepare: Some(Box::new(prepare)), ..self }
    }

    /// Sets how many bytes of messages [`send`](Self::send) queues while there is no connection, or while the connection does not
    /// accept more. A message counts with its payload and 64 bytes.
    ///
    /// Default: 0. Then `send` refuses messages while there is no connection.
    #[must_use]
    pub fn queue_limit(mut self, bytes: usize) -> Self {
        self.session.outbox.set_limit(bytes);
        self
    }

    /// Drops the oldest queued messages for a new one that exceeds the [`queue_limit`](Self::queue_limit), instead of refusing
    /// the new one. Use it for messages that lose their value, such as positions. Dropped messages are reported by
    /// [`Update::Unsent`](crate::adapter::reconnect::Update::Unsent).
    #[must_use]
    pub fn drop_oldest(mut self) -> Self {
        self.session.outbox.drop_oldest();
        self
    }

    /// Accepts a message to be sent, and returns its number: 0 for the first, and one more for each further message. It does not
    /// wait: [`recv`](Self::recv) writes the message, and reports its fate with this number.
    ///
    /// ```no_run
    /// # use bowline::{adapter::{Error, reconnect::Update, blocking::Reconnecting}};
    /// # use std::{net::TcpStream, sync::mpsc::Receiver, task::Poll, time::Duration};
    /// # fn run(mut client: Reconnecting<TcpStream>, lines: Receiver<String>) -> Result<(), Error> {
    /// loop {
    ///     for line in lines.try_iter() {
    ///         if let Err(error) = client.send(line) {
    ///             eprintln!("not sent: {error}");
    ///         }
    ///     }
    ///     match client.recv_timeout(Duration::from_millis(100))? {
    ///         Poll::Ready(Some(Update::Message(message))) => println!("{message:?}"),
    ///         Poll::Ready(None) => return Ok(()),
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// At most 64 KiB and one message are passed to the connection at once. Further messages wait in the queue until these are
    /// written.
    ///
    /// # Errors
    ///
    /// The message was not accepted, and nothing has changed.
    ///
    /// - [`QueueError::Disconnected`] if there is no connection, and no [`queue_limit`](Self::queue_limit).
    /// - [`QueueError::Full`] if the queue is full, also while connected. Continue with [`recv`](Self::recv) until an
    ///   [`Update::Sent`](crate::adapter::reconnect::Update::Sent), and send the message again.
    /// - [`QueueError::Rejected`] if the message is too large for the connection.
    /// - [`QueueError::Chunk`] if it is a part of a message.
    /// - [`QueueError::Ended`] after `recv` has returned `None` or an error, and after [`close`](Self::close).
    pub fn send(&mut self, message: impl Into<Outgoing>) -> Result<u64, QueueError> {
        let connection = match &mut self.state {
            State::Ended => return Err(QueueError::Ended),
            State::Connected(socket) => Some(&mut socket.link.connection),
            _ => None,
        };
        self.session.outbox.send(message.into(), connection)
    }

    /// Returns the size of the queued messages, in bytes, as the [`queue_limit`](Self::queue_limit) counts them. Messages that
    /// were passed to the connection are not among them.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.session.outbox.queued()
    }

    /// Returns the connection, if there is one, for example for its [`protocol`](WebSocket::protocol), or to send a
    /// [`ping`](WebSocket::ping).
    ///
    /// Messages that are received from it directly are not returned by [`recv`](Self::recv), and the fate of those that are sent
    /// on it is not reported.
    #[must_use]
    pub fn socket(&mut self) -> Option<&mut WebSocket<S>> {
        match &mut self.state {
            State::Connected(socket) => Some(socket),
            _ => None,
        }
    }

    /// Returns how the last connection ended. `None` if none has ended.
    #[must_use]
    pub fn closure(&self) -> Option<&Closure> {
        self.session.closure.as_ref()
    }
}

impl<S> fmt::Debug for Reconnecting<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Idle => "idle",
            State::Connected(_) => "connected",
            State::Waiting { .. } => "waiting",
            State::Ended => "ended",
        };
        f.debug_struct("Reconnecting")
            .field("state", &state)
            .field("backoff", &self.session.backoff)
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}
