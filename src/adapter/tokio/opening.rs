//! The opening handshake over an asynchronous stream.

use super::{WebSocket, clock::Clock, input::Input};
use crate::{
    Config, Connection, HandshakeError,
    adapter::{BODY_TIME, error::Error},
    client, server,
};
use ::tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    time::{Instant, timeout},
};
use alloc::{boxed::Box, sync::Arc};
use bytes::Buf;
use core::{
    fmt,
    future::{Future, poll_fn},
    time::Duration,
};
use std::io;

/// How long, and for how many reads, a refused client gets to take the answer before the stream is closed.
const LINGER: (Duration, usize) = (Duration::from_secs(1), 16);

/// Waits for a client's opening handshake, and accepts it.
///
/// # Errors
///
/// [`Error::Handshake`] if the request breaks a rule or its Origin is refused; the client has been told. [`Error::Io`] if
/// the stream fails.
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    accept: &server::Accept,
    config: impl Into<Arc<Config>>,
) -> Result<WebSocket<S>, Error> {
    accept_with(stream, config, |request| request.accept(accept)).await
}

/// Waits for a client's opening handshake, and lets `decide` accept or refuse it.
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, server::Accept, Config};
/// # async fn serve(stream: tokio::net::TcpStream) -> Result<(), Box<dyn std::error::Error>> {
/// # let config = std::sync::Arc::new(Config::default());
/// let socket = ws::accept_with(stream, &config, |request| match request.path() {
///     "/chat" if request.protocols().any(|offered| offered == "chat.v2") => {
///         request.accept(&Accept::same_origin().require_protocol("chat.v2"))
///     }
///     "/chat" => request.accept(&Accept::same_origin()),
///     _ => Err(request.refuse(404, "There is nothing here.")),
/// })
/// .await?;
/// # Ok(())
/// # }
/// ```
///
/// If the decision has to wait for something, such as a database, use [`receive_request`].
///
/// # Errors
///
/// As for [`accept()`], and [`Error::Refused`] if `decide` refused; the client has been told.
pub async fn accept_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl FnOnce(server::Request) -> Result<Connection, server::Refusal>,
) -> Result<WebSocket<S>, Error> {
    // Apart, so that the task of a connection does not stay as large as its handshake was.
    let opened = Box::pin(async move {
        let (request, client) = receive_request(stream, config).await?;
        let decision = decide(request);
        client.answer(decision).await
    });
    opened.await
}

/// Waits for a client's opening handshake, and leaves the answer to be given later.
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, server::Accept, Config};
/// # async fn is_known(cookie: Option<&[u8]>) -> bool { cookie.is_some() }
/// # async fn serve(stream: tokio::net::TcpStream) -> Result<(), Box<dyn std::error::Error>> {
/// # let config = std::sync::Arc::new(Config::default());
/// let (request, client) = ws::receive_request(stream, &config).await?;
/// let decision = if is_known(request.header("Cookie")).await {
///     request.accept(&Accept::same_origin())
/// } else {
///     Err(request.refuse(401, "Who are you?").header("WWW-Authenticate", "Basic realm=\"chat\"")?)
/// };
/// let socket = client.answer(decision).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::Handshake`] if the request breaks a rule; the client has been told. [`Error::Io`] if the stream fails.
pub async fn receive_request<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
) -> Result<(server::Request, Client<S>), Error> {
    let mut opening = Opening::new(stream);
    let mut handshake = server::Handshake::new(config);
    loop {
        let progress = opening.advance(|input| match input {
            Some(input) => handshake.receive(input),
            None => handshake.receive_eof(),
        });
        match progress {
            server::Progress::Request(request) => return Ok((request, Client(opening))),
            server::Progress::Refused(refusal) => return Err(opening.refuse(refusal).await),
            server::Progress::NotWebSocket(request) => return Err(opening.refuse(request.into_refusal()).await),
            server::Progress::Incomplete => {
                let wait = handshake.tick(opening.clock.timestamp(Instant::now()));
                opening.read(wait).await?;
            }
        }
    }
}

/// A client that waits for the answer to its request: see [`receive_request`]. Dropping it closes the stream.
#[must_use = "the client waits for an answer"]
pub struct Client<S>(Opening<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Answers with what was decided about the request, and opens the connection if it was accepted.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] or [`Error::Handshake`] if it was refused; the client has been told. [`Error::Io`] if the stream
    /// fails.
    pub async fn answer(self, decision: Result<Connection, server::Refusal>) -> Result<WebSocket<S>, Error> {
        match decision {
            Ok(connection) => {
                let mut socket = self.0.into_socket(connection);
                socket.flush().await?;
                Ok(socket)
            }
            Err(refusal) => Err(self.0.refuse(refusal).await),
        }
    }

    /// The stream.
    pub fn get_ref(&self) -> &S {
        &self.0.stream
    }
}

impl<S> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// Makes the opening handshake over a stream that is connected already, such as a Unix socket, a proxy's tunnel, or TLS
/// of one's own.
///
/// ```no_run
/// # use bowline::{adapter::tokio as ws, client::Request, Config};
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let stream = tokio::net::TcpStream::connect("127.0.0.1:9001").await?;
/// let request = Request::from_uri("ws://localhost/chat")?.protocol("chat")?;
/// let (mut socket, response) = ws::client(stream, request, Config::default()).await?;
/// assert_eq!(response.protocol(), Some("chat"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::Handshake`] if the server does not agree, [`Error::Io`] if the stream fails.
pub async fn client<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    request: client::Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, client::Response), Error> {
    client_since(Instant::now(), stream, request, config).await
}

/// The deadline counts from when it was begun.
pub(super) async fn client_since<S: AsyncRead + AsyncWrite + Unpin>(
    begun: Instant,
    stream: S,
    request: client::Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, client::Response), Error> {
    let config = config.into();
    let mut opening = Opening::since(begun, stream);
    let mut handshake = client::Handshake::new(request, config.clone());
    let _ = handshake.tick(opening.clock.timestamp(begun));
    let wait = handshake.tick(opening.clock.timestamp(Instant::now()));
    if within(wait, opening.write(handshake.output())).await?.is_none() {
        return Err(Error::Handshake { error: HandshakeError::Deadline, response: None });
    }
    loop {
        let progress = opening.advance(|input| match input {
            Some(input) => handshake.receive(input),
            None => handshake.receive_eof(),
        });
        match progress {
            client::Progress::Connected(connection, response) => {
                return Ok((opening.into_socket(connection), response));
            }
            client::Progress::Refused(error, mut response) => {
                if let Some(response) = &mut response {
                    let left = config.deadlines.handshake.map(|deadline| deadline.saturating_sub(begun.elapsed()));
                    let time = left.unwrap_or(BODY_TIME).min(BODY_TIME);
                    // What does not come in time, or breaks off, is not needed.
                    let _ = within(Some(time), opening.read_body(response)).await;
                }
                return Err(Error::Handshake { error, response: response.map(Box::new) });
            }
            client::Progress::Incomplete => {
                let wait = handshake.tick(opening.clock.timestamp(Instant::now()));
                opening.read(wait).await?;
            }
        }
    }
}

/// `None` if it took longer than `wait`.
pub(super) async fn within<T>(
    wait: Option<Duration>,
    run: impl Future<Output = io::Result<T>>,
) -> io::Result<Option<T>> {
    match wait {
        Some(wait) => timeout(wait, run).await.ok().transpose(),
        None => run.await.map(Some),
    }
}

/// A stream on which the handshake is being made.
struct Opening<S> {
    stream: S,
    input: Input,
    clock: Clock,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Opening<S> {
    fn new(stream: S) -> Self {
        Self::since(Instant::now(), stream)
    }

    fn since(begun: Instant, stream: S) -> Self {
        Self { stream, input: Input::default(), clock: Clock::since(begun), ended: false }
    }

    /// Passes on what was read, or `None` if the stream has ended.
    fn advance<T>(&mut self, receive: impl FnOnce(Option<&mut crate::Input<'_>>) -> T) -> T {
        if self.ended {
            return receive(None);
        }
        let (unread, left) = self.input.unread();
        let mut unread = unread.into();
        let progress = receive(Some(&mut unread));
        *left = unread.len();
        progress
    }

    /// Reads once, or waits in vain.
    async fn read(&mut self, wait: Option<Duration>) -> io::Result<()> {
        let read = poll_fn(|cx| self.input.poll_read(&mut self.stream, cx).map(Ok));
        within(wait, read).await?;
        match self.input.take_end() {
            Some(Err(error)) => return Err(error),
            Some(Ok(())) => self.ended = true,
            None => {}
        }
        Ok(())
    }

    /// Reads the beginning of the body.
    async fn read_body(&mut self, response: &mut client::Response) -> io::Result<()> {
        while self.advance(|input| input.is_some_and(|input| response.receive_body(input))) {
            self.read(None).await?;
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &mut impl Buf) -> io::Result<()> {
        self.stream.write_all_buf(bytes).await?;
        self.stream.flush().await
    }

    /// Answers with the refusal, and lets the client take it: to close at once while bytes lie unread would reset the
    /// connection, and could destroy the answer.
    async fn refuse(mut self, mut refusal: server::Refusal) -> Error {
        let (linger, reads) = LINGER;
        let farewell = async {
            self.write(&mut refusal).await?;
            self.stream.shutdown().await?;
            for _ in 0..reads {
                if self.input.is_over() {
                    break;
                }
                *self.input.unread().1 = 0;
                poll_fn(|cx| self.input.poll_read(&mut self.stream, cx)).await;
            }
            Ok(())
        };
        // Whether the client takes it is for the client to decide.
        let _ = within(Some(linger), farewell).await;
        match refusal.error() {
            Some(error) => Error::Handshake { error: HandshakeError::clone(error), response: None },
            None => Error::Refused(refusal.status()),
        }
    }

    fn into_socket(self, connection: Connection) -> WebSocket<S> {
        WebSocket::with_input(self.stream, connection, self.input)
    }
}
