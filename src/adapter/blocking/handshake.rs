//! The opening handshake over a blocking stream.

use super::{
    Error, READ_SPACE, Transport, WebSocket,
    transport::{check_blocking, is_timeout},
};
use crate::{Config, Connection, Input, Timestamp, adapter::outcome, client, server};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{fmt, time::Duration};
use std::{io, time::Instant};

/// Waits for a client's opening handshake, and accepts it.
///
/// ```no_run
/// # use bowline::{adapter::blocking, server::Accept, Config};
/// # fn serve(stream: std::net::TcpStream) -> Result<(), bowline::adapter::Error> {
/// let mut socket = blocking::accept(stream, &Accept::same_origin(), Config::default())?;
/// socket.send("Hello")?;
/// # Ok(())
/// # }
/// ```
///
/// It waits at most [`Deadlines::handshake`](crate::Deadlines::handshake). To look at the request before, use [`accept_with`] or
/// [`receive_request`].
///
/// # Errors
///
/// [`Error::Handshake`] if the request breaks a rule or its Origin is refused; the client has been sent the status for it.
/// [`Error::Refused`] if it is a plain HTTP request. [`Error::Io`] if the stream fails.
pub fn accept<S: Transport>(
    stream: S,
    accept: &server::Accept,
    config: impl Into<Arc<Config>>,
) -> Result<WebSocket<S>, Error> {
    receive_request(stream, config)?.accept(accept)
}

/// Waits for a client's opening handshake, and lets `decide` accept or refuse it.
///
/// ```no_run
/// # use bowline::{adapter::blocking, server::Accept, Config};
/// # fn serve(stream: std::net::TcpStream) -> Result<(), bowline::adapter::Error> {
/// let socket = blocking::accept_with(stream, Config::default(), |request| match request.path() {
///     "/chat" => request.accept(&Accept::same_origin()),
///     _ => Err(request.refuse(404, "Not found.\n")),
/// })?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`accept()`], and [`Error::Refused`] if `decide` refused; the client has been sent the answer.
pub fn accept_with<S: Transport>(
    stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl FnOnce(server::Request) -> Result<Connection, server::Refusal>,
) -> Result<WebSocket<S>, Error> {
    receive_request(stream, config)?.decide(decide)
}

/// Waits for a client's opening handshake, and returns it to be answered later.
///
/// Use it instead of [`accept_with`] if the answer depends on the stream, or has to be looked up:
///
/// ```no_run
/// # use bowline::{adapter::blocking, server::Accept, Config};
/// # fn is_known(cookie: Option<&[u8]>) -> bool { cookie.is_some() }
/// # fn serve(stream: std::net::TcpStream) -> Result<(), bowline::adapter::Error> {
/// let incoming = blocking::receive_request(stream, Config::default())?;
/// let address = incoming.get_ref().peer_addr()?;
/// if !is_known(incoming.request().header("Cookie")) {
///     println!("refused: {address}");
///     incoming.refuse(403, "Please log in first.\n");
///     return Ok(());
/// }
/// let mut socket = incoming.accept(&Accept::same_origin())?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`accept()`].
pub fn receive_request<S: Transport>(stream: S, config: impl Into<Arc<Config>>) -> Result<Incoming<S>, Error> {
    let mut opening = Opening::since(Instant::now(), stream);
    let mut handshake = server::Handshake::new(config);
    loop {
        let progress = opening.advance(|input| match input {
            Some(input) => handshake.receive(input),
            None => handshake.receive_eof(),
        });
        match progress {
            server::Progress::Request(request) => return Ok(Incoming { request, opening }),
            server::Progress::Refused(refusal) => return Err(opening.refuse(refusal)),
            server::Progress::NotWebSocket(request) => return Err(opening.refuse(request.into_refusal())),
            server::Progress::Incomplete => opening.read(handshake.tick(opening.now()))?,
        }
    }
}

/// A client that waits for the answer to its opening handshake: see [`receive_request`]. Dropping it closes the stream.
#[must_use = "the client waits for an answer"]
pub struct Incoming<S> {
    request: server::Request,
    opening: Opening<S>,
}

impl<S> Incoming<S> {
    /// The request: its path, its header fields, and the subprotocols that the client offers.
    pub const fn request(&self) -> &server::Request {
        &self.request
    }

    /// The stream, for example to ask for the address of the client.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.opening.stream
    }
}

impl<S: Transport> Incoming<S> {
    /// Accepts the client, and opens the connection.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] if `accept` does not admit the request, because of its Origin for example; the client has been sent
    /// the status for it. [`Error::Io`] if the stream fails.
    pub fn accept(self, accept: &server::Accept) -> Result<WebSocket<S>, Error> {
        self.decide(|request| request.accept(accept))
    }

    /// Refuses the client with an HTTP status such as 403, and with a text for the body of the answer.
    ///
    /// It returns when the client has received the answer and closed its half of the stream, or after a second. To add header
    /// fields, use [`decide`](Self::decide).
    pub fn refuse(self, status: u16, body: impl AsRef<[u8]>) {
        let Self { request, opening } = self;
        opening.deliver(request.refuse(status, body));
    }

    /// Accepts or refuses the client, as `decide` does with the request.
    ///
    /// ```no_run
    /// # use bowline::{adapter::{Error, blocking::{Incoming, WebSocket}}, server::Accept};
    /// # use std::net::TcpStream;
    /// fn limited(incoming: Incoming<TcpStream>, is_full: bool) -> Result<WebSocket<TcpStream>, Error> {
    ///     incoming.decide(|request| {
    ///         if !is_full {
    ///             return request.accept(&Accept::same_origin());
    ///         }
    ///         let refusal = request.refuse(503, "Too many connections.\n");
    ///         Err(refusal.header("Retry-After", "10").expect("a valid header field"))
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`accept`](Self::accept), and [`Error::Refused`] if `decide` refused; the client has been sent the answer.
    pub fn decide(
        self,
        decide: impl FnOnce(server::Request) -> Result<Connection, server::Refusal>,
    ) -> Result<WebSocket<S>, Error> {
        let Self { request, opening } = self;
        match decide(request) {
            Ok(connection) => {
                let mut socket = opening.into_socket(connection);
                socket.flush()?;
                Ok(socket)
            }
            Err(refusal) => Err(opening.refuse(refusal)),
        }
    }
}

impl<S> fmt::Debug for Incoming<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("request", &self.request).finish_non_exhaustive()
    }
}

/// Makes the opening handshake of a client over a stream that is connected already: a Unix socket, a tunnel of a proxy, or TLS of
/// your own.
///
/// ```no_run
/// # use bowline::{adapter::blocking, client::Request, Config};
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let stream = std::net::TcpStream::connect("127.0.0.1:9001")?;
/// let request = Request::from_uri("ws://localhost/chat")?.protocol("chat")?;
/// let (mut socket, response) = blocking::client_handshake(stream, request, Config::default())?;
/// assert_eq!(response.protocol(), Some("chat"));
/// # Ok(())
/// # }
/// ```
///
/// It waits at most [`Deadlines::handshake`](crate::Deadlines::handshake).
///
/// # Errors
///
/// [`Error::Handshake`] if the server does not agree, or not in time; [`Error::Io`] if the stream fails.
pub fn client_handshake<S: Transport>(
    stream: S,
    request: client::Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<S>, client::Response), Error> {
    client_since(Instant::now(), stream, request, config.into())
}

/// The deadline counts from `begun`.
pub(super) fn client_since<S: Transport>(
    begun: Instant,
    stream: S,
    request: client::Request,
    config: Arc<Config>,
) -> Result<(WebSocket<S>, client::Response), Error> {
    let mut opening = Opening::since(begun, stream);
    let deadline = config.deadlines.handshake;
    let mut handshake = client::Handshake::new(request, config);
    let _ = handshake.tick(Timestamp::since_origin(Duration::ZERO));
    opening.write(&mut handshake, deadline)?;
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
                    opening.read_body(response, outcome::body_timeout(deadline, begun.elapsed()));
                }
                return Err(Error::Handshake { error, response: response.map(Box::new) });
            }
            client::Progress::Incomplete => opening.read(handshake.tick(opening.now()))?,
        }
    }
}

/// A stream on which the handshake is being made.
struct Opening<S> {
    stream: S,
    origin: Instant,
    buffer: Vec<u8>,
    end: usize,
    /// How many of the bytes before `end` are not yet received.
    left: usize,
    has_ended: bool,
}

impl<S: Transport> Opening<S> {
    fn since(origin: Instant, stream: S) -> Self {
        Self { stream, origin, buffer: alloc::vec![0; READ_SPACE], end: 0, left: 0, has_ended: false }
    }

    fn now(&self) -> Timestamp {
        Timestamp::since_origin(self.origin.elapsed())
    }

    /// Passes on what was read, or `None` if the stream has ended.
    fn advance<T>(&mut self, receive: impl FnOnce(Option<&mut Input<'_>>) -> T) -> T {
        if self.has_ended {
            return receive(None);
        }
        let mut input = self.buffer.get_mut(self.end - self.left..self.end).unwrap_or_default().into();
        let outcome = receive(Some(&mut input));
        self.left = input.len();
        outcome
    }

    /// Reads once, for as long as `timeout`.
    fn read(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_timeout(timeout)?;
        (self.end, self.left) = (0, 0);
        let begun = Instant::now();
        match self.stream.read(&mut self.buffer) {
            Ok(0) => self.has_ended = true,
            Ok(count) => (self.end, self.left) = (count, count),
            // TLS that ends without `close_notify`, as in the connection.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => self.has_ended = true,
            Err(error) if is_timeout(&error) => check_blocking(&error, timeout, begun.elapsed())?,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads the beginning of the body, as far as it arrives within `timeout`.
    fn read_body(&mut self, response: &mut client::Response, timeout: Duration) {
        let begun = Instant::now();
        while self.advance(|input| input.is_some_and(|input| response.receive_body(input))) {
            let left = timeout.saturating_sub(begun.elapsed());
            // What does not arrive in time, or breaks off, is not needed.
            if left.is_zero() || self.read(Some(left)).is_err() {
                return;
            }
        }
    }

    /// Writes the request of a client. Once the deadline has passed, it stops, and the next `receive` fails.
    fn write(&mut self, handshake: &mut client::Handshake, deadline: Option<Duration>) -> io::Result<()> {
        loop {
            let timeout = handshake.tick(self.now());
            if deadline.is_some_and(|deadline| deadline <= self.origin.elapsed()) {
                return Ok(());
            }
            self.stream.set_timeout(timeout)?;
            let begun = Instant::now();
            let written = match handshake.output().write_to(&mut self.stream) {
                Ok(0) => self.stream.flush().map(|()| 0),
                written => written,
            };
            match written {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if is_timeout(&error) => check_blocking(&error, timeout, begun.elapsed())?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends the refusal, and lets the client read it: to close at once while bytes lie unread would reset the connection, and
    /// could destroy the answer.
    fn deliver(self, refusal: server::Refusal) {
        let mut connection = refusal.into_connection();
        if self.has_ended {
            connection.receive_eof();
        }
        // Whether the client reads it is for the client to decide.
        let _ = self.into_socket(connection).run_to_end();
    }

    fn refuse(self, refusal: server::Refusal) -> Error {
        let error = outcome::refused(&refusal);
        self.deliver(refusal);
        error
    }

    fn into_socket(self, connection: Connection) -> WebSocket<S> {
        WebSocket::with_input(self.stream, connection, self.buffer, self.end, self.left)
    }
}
