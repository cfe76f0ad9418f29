//! The client's side of the opening handshake (RFC 6455 §4.1): write a request, then read the server's response.
//!
//! ```
//! use bowline::{Config, Input, client};
//!
//! let request = client::Request::from_uri("ws://example.com/chat")?.protocol("chat")?;
//! // Connect to `request.host()` and `request.port()`, with TLS if `request.is_secure()`. Then:
//! let mut handshake = client::Handshake::new(request, Config::default());
//! let mut transport = Vec::new();
//! while !handshake.output().is_empty() {
//!     handshake.output().write_to(&mut transport)?;
//! }
//! let mut bytes = *b"HTTP/1.1 404 Not Found\r\n\r\n"; // as read from the transport
//! match handshake.receive(&mut Input::from(&mut bytes)) {
//!     client::Progress::Incomplete => { /* read more */ }
//!     client::Progress::Connected(connection, response) => { /* the connection is open */ }
//!     client::Progress::Refused(error, response) => assert_eq!(response.unwrap().status(), 404),
//!     _ => { /* outcomes of later versions of this crate */ }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! If an HTTP library such as hyper sends the request and reads the response, use `upgrade` for HTTP/1.1 and `extended_connect`
//! for HTTP/2 and HTTP/3. They check the same rules, and need the feature `http`.

mod error;
mod explanation;
mod redirect_error;
mod redirects;
mod request;
mod response;
mod rules;
#[cfg(feature = "http")]
mod upgrade;
mod uri;

pub use error::RequestError;
pub(crate) use explanation::Explanation;
pub use redirect_error::RedirectError;
pub use redirects::Redirects;
pub use request::Request;
pub(crate) use request::USER_AGENT;
pub use response::Response;
#[cfg(feature = "http")]
pub use upgrade::{Upgrade, extended_connect, upgrade};

use super::{
    deadline::Deadline,
    error::HandshakeError,
    http1::field_line,
    http1::field_name::FieldName,
    http1::fields::Fields,
    http1::grammar,
    http1::head::{Head, Start},
    key, server,
};
use crate::{Config, Connection, Input, Output, Timestamp};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::{fmt, time::Duration};

/// A client's opening handshake on a transport that is already connected. It makes the request, checks the server's response, and
/// returns the open [`Connection`].
///
/// The adapters use it themselves. With a driver of your own:
///
/// 1. Write the [`output`](Self::output), which is the request.
/// 2. Call [`tick`](Self::tick) before each wait. It enforces the deadline.
/// 3. Pass the bytes of each read to [`receive`](Self::receive), and report the end of the stream with
///    [`receive_eof`](Self::receive_eof), until one of them returns an outcome.
///
/// The [module](super::client) has an example.
///
/// Memory is bounded: while the response is incomplete, at most twice the received bytes are stored.
/// [`Limits::head_bytes`](crate::Limits::head_bytes) limits those, over all interim responses and the final one.
///
/// In the response, Upgrade must be `websocket` and nothing else, in any case (§4.1). The same value may be there again. Besides
/// `Upgrade`, other tokens in Connection are ignored. An empty `Sec-WebSocket-Extensions` means no extension. An empty
/// `Sec-WebSocket-Protocol` is an error, since §4.2.2 does not allow it.
#[must_use]
pub struct Handshake {
    /// `None` after the outcome.
    config: Option<Arc<Config>>,
    request: Output,
    expected: rules::Expected,
    head: Head,
    deadline: Deadline,
}

/// The request is left out, since it can contain secrets.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, request, expected, head, deadline } = self;
        f.debug_struct("Handshake")
            .field("to_be_written", &request.len())
            .field("expected", expected)
            .field("head", head)
            .field("deadline", deadline)
            .field("done", &config.is_none())
            .finish_non_exhaustive()
    }
}

/// What to do next in an opening handshake: the result of [`Handshake::receive`] and [`Handshake::receive_eof`].
#[non_exhaustive]
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::large_enum_variant,
    reason = "it is matched at once, and a box would cost an allocation per connection"
)]
pub enum Progress {
    /// Read more: all input was consumed, and the response is not complete. Calls after the outcome return this, too, and consume
    /// nothing.
    Incomplete,
    /// The server accepted, and the connection is open. The response has the [`protocol`](Response::protocol) in use, and header
    /// fields such as cookies.
    Connected(Connection, Response),
    /// There is no connection: close the transport. The response is `Some` if its head was valid HTTP, and has, for example, the
    /// `Location` of a redirect.
    ///
    /// To read the server's explanation before you close, pass the rest of the input and further reads to
    /// [`Response::receive_body`].
    Refused(HandshakeError, Option<Response>),
}

impl Handshake {
    /// Creates the request, with a new `Sec-WebSocket-Key` from [`Config::entropy`](crate::Config::entropy) (§4.1). It waits in
    /// the [`output`](Self::output).
    pub fn new(request: Request, config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        let key = key::fresh(&config);
        let head = request.head(&key, offers(&config).as_deref());
        let expected = rules::Expected { accept: Some(key::accept(&key)), protocols: request.into_protocols() };
        Self::start(head, expected, config)
    }

    /// Creates the handshake for a request that the caller has written: the complete head, up to and including its empty line. Use
    /// it if the server needs other header fields, or another order or spelling of their names, than [`new`](Self::new) writes.
    ///
    /// The head is sent as it is. If [`Config::deflate`](crate::Config#structfield.deflate) is set and the head has no
    /// `Sec-WebSocket-Extensions`, the offer of compression is added at its end. The response must match the key and the
    /// subprotocols of the head. An extension that the head offers is refused unless it is permessage-deflate, and
    /// `Config::deflate` is set.
    ///
    /// Only the rules that the connection depends on are checked: an HTTP/1.1 GET without a body, and the fields `Host`,
    /// `Connection`, `Upgrade`, `Sec-WebSocket-Version` and `Sec-WebSocket-Key`. Other fields can have values that RFC 6455 does not
    /// allow, for a server that expects them. A subprotocol that is not a token, such as one with `/` or `=`, is compared with the
    /// response as it is.
    ///
    /// Draw a new `Sec-WebSocket-Key` for each connection (§4.1). The length of the head is not limited.
    ///
    /// ```
    /// use bowline::{Config, Input, client::{Handshake, Progress}};
    ///
    /// let head = "GET /chat HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    ///     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let mut handshake = Handshake::from_head(head, Config::default())?;
    /// let mut response = *b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    /// assert!(matches!(handshake.receive(&mut Input::from(&mut response)), Progress::Connected(..)));
    /// # Ok::<(), bowline::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError::Head`] if the head breaks one of these rules, or if it is not complete.
    /// [`RequestError::AfterHead`] if bytes follow it.
    pub fn from_head(head: impl Into<Vec<u8>>, config: impl Into<Arc<Config>>) -> Result<Self, RequestError> {
        let (mut bytes, config) = (head.into(), config.into());
        let mut reader = Head::new(Start::Request, usize::MAX);
        let mut input = Input::from(&mut bytes);
        if !reader.receive(&mut input).map_err(RequestError::Head)? {
            return Err(RequestError::Head(HandshakeError::EndOfStream { received: reader.taken() }));
        }
        if !input.is_empty() {
            return Err(RequestError::AfterHead(input.len()));
        }
        let mut head = reader.finish();
        let (line, fields) = Fields::of_request(head.clone(), usize::MAX).map_err(RequestError::Head)?;
        let key = server::check_own_head(&line, &fields).map_err(RequestError::Head)?;
        if let Some(offers) = offers(&config).filter(|_| !fields.has(FieldName::Extensions)) {
            head.truncate(head.len() - b"\r\n".len());
            field_line::push(&mut head, "Sec-WebSocket-Extensions", offers.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        let expected = rules::Expected {
            accept: Some(key::accept(&key)),
            protocols: grammar::strings(fields.values(FieldName::Protocol)).map(String::from).collect(),
        };
        Ok(Self::start(head, expected, config))
    }

    fn start(request: Vec<u8>, expected: rules::Expected, config: Arc<Config>) -> Self {
        Self {
            request: Output::starting_with(request),
            expected,
            head: Head::new(Start::Response, config.limits.head_bytes),
            deadline: Deadline::new(config.deadlines.handshake),
            config: Some(config),
        }
    }

    /// Returns the request, to be written to the transport. With `std`, `Output::write_to` writes it. It is empty once all is
    /// written.
    pub fn output(&mut self) -> &mut Output {
        &mut self.request
    }

    /// Consumes the head of the response from the front of `input`, as far as it has arrived. Interim responses, with a status of
    /// 1xx other than 101, are skipped (RFC 9110 §15.2).
    ///
    /// Nothing behind the head is consumed. After [`Progress::Connected`], pass the rest of `input` to
    /// [`Connection::receive`](crate::Connection::receive): it can be the server's first frames. After [`Progress::Refused`] it
    /// is the beginning of the response's body.
    ///
    /// The outcome does not depend on how the bytes are split into calls, except for the excerpt in
    /// [`HandshakeError::StartLine`]. After the outcome, further calls consume nothing and return [`Progress::Incomplete`].
    pub fn receive(&mut self, input: &mut Input<'_>) -> Progress {
        let Some(config) = self.config.take() else { return Progress::Incomplete };
        match self.advance(input, config.limits.head_fields) {
            Ok(Some(response)) => match self.expected.open(config, &response) {
                Ok(connection) => Progress::Connected(connection, response),
                Err(error) => Progress::Refused(error, Some(response)),
            },
            Ok(None) => {
                self.config = Some(config);
                Progress::Incomplete
            }
            Err(error) => Progress::Refused(error, None),
        }
    }

    /// Reports that the server's stream has ended, and returns [`HandshakeError::EndOfStream`]. After an outcome it returns
    /// [`Progress::Incomplete`].
    pub fn receive_eof(&mut self) -> Progress {
        if self.config.take().is_none() {
            return Progress::Incomplete;
        }
        Progress::Refused(HandshakeError::EndOfStream { received: self.head.taken() }, None)
    }

    /// Advances the clock, and returns how long to wait for input before the next call. `None` means that there is no deadline,
    /// or that there was an outcome. The result is never zero.
    ///
    /// [`Deadlines::handshake`](crate::Deadlines::handshake) counts from the first call. Once it has passed, the next
    /// [`receive`](Self::receive) fails with [`HandshakeError::Deadline`], also if its input is empty.
    ///
    /// ```
    /// use bowline::{Config, HandshakeError, Input, client::{Handshake, Progress, Request}};
    /// use std::time::Duration;
    ///
    /// let mut handshake = Handshake::new(Request::from_uri("ws://localhost/")?, Config::default());
    /// let wait = handshake.tick(Duration::ZERO.into()).unwrap();
    /// // Wait for input, but no longer than that. Nothing arrives:
    /// let _ = handshake.tick(wait.into());
    /// let Progress::Refused(error, None) = handshake.receive(&mut Input::default()) else { panic!() };
    /// assert_eq!(error, HandshakeError::Deadline { limit: wait });
    /// # Ok::<(), bowline::client::RequestError>(())
    /// ```
    #[must_use]
    pub fn tick(&mut self, now: Timestamp) -> Option<Duration> {
        if self.config.is_none() { None } else { self.deadline.tick(now) }
    }

    /// Returns the final response, once its head is complete. `limit` is the limit on its fields.
    fn advance(&mut self, input: &mut Input<'_>, limit: usize) -> Result<Option<Response>, HandshakeError> {
        self.deadline.check()?;
        loop {
            if !self.head.receive(input)? {
                return Ok(None);
            }
            let (status, is_http_1_1, fields) = Fields::of_response(self.head.finish(), limit)?;
            // "A client MUST be able to parse one or more 1xx responses received prior to a final response" (RFC 9110
            // §15.2). The limit on the head counts all of them together, so they cannot go on indefinitely.
            if status == 101 || !(100..200).contains(&status) {
                return Ok(Some(Response::new(status, is_http_1_1, fields)));
            }
        }
    }
}

/// Returns the extensions to offer, as the value of the header field.
fn offers(config: &Config) -> Option<String> {
    #[cfg(feature = "deflate")]
    return config.deflate.as_ref().map(crate::deflate::offer);
    #[cfg(not(feature = "deflate"))]
    {
        let _ = config;
        None
    }
}
