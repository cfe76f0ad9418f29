//! The handshake of a client.

pub(super) mod role;

use super::{
    HandshakeRole, MidHandshake, failure,
    headers::{MAX_HEADERS, from_parsed},
    machine::TryParse,
    version_as_str,
};
use crate::{
    error::{Error, ProtocolError, Result, UrlError},
    protocol::{WebSocket, WebSocketConfig},
    uri::uri_mode,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, StatusCode, Version, header};
use httparse::{EMPTY_HEADER, Status};
use role::{ClientRole, Opened};
use std::{
    io::{Read, Write},
    marker::PhantomData,
};

/// A request of a client.
pub type Request = http::Request<()>;

/// The response to a client. If the server refused, it has the body: up to its end if its length is declared, and otherwise, or in a
/// redirect, what arrived with the head.
pub type Response = http::Response<Option<Vec<u8>>>;

/// The client's role in a handshake.
#[derive(Debug)]
pub struct ClientHandshake<S> {
    role: ClientRole,
    _stream: PhantomData<fn() -> S>,
}

impl<S: Read + Write> ClientHandshake<S> {
    /// Begins a handshake. Nothing is written before [`MidHandshake::handshake`].
    ///
    /// The request must have all header fields of an opening handshake: use
    /// [`IntoClientRequest`](crate::client::IntoClientRequest).
    ///
    /// # Errors
    ///
    /// [`ProtocolError::WrongHttpMethod`] or [`ProtocolError::WrongHttpVersion`] if the request is not an HTTP/1.1 GET,
    /// [`UrlError::UnsupportedUrlScheme`] if the scheme is neither `ws` nor `wss`, [`ProtocolError::InvalidHeader`] if a header field
    /// is missing, repeated or incorrect, and the errors of [`generate_request`].
    pub fn start(stream: S, request: Request, config: Option<WebSocketConfig>) -> Result<MidHandshake<Self>> {
        let role = ClientRole::new(request, config)?;
        Ok(MidHandshake::new(Self { role, _stream: PhantomData }, stream))
    }
}

impl<S: Read + Write> HandshakeRole for ClientHandshake<S> {
    type InternalStream = S;
    type Opened = Opened;
    type FinalResult = (WebSocket<S>, Response);

    fn advance(&mut self, stream: &mut S) -> Result<Opened> {
        self.role.advance(stream)
    }

    fn finish(stream: S, opened: Opened) -> Self::FinalResult {
        let Opened { connection, response, rest, config } = opened;
        (WebSocket::from_connection(stream, connection, rest, config), response)
    }
}

/// The fields that a request must have, as they are written, in this order. Some servers compare the case of names.
const REQUIRED: [(HeaderName, &str); 5] = [
    (header::HOST, "Host"),
    (header::CONNECTION, "Connection"),
    (header::UPGRADE, "Upgrade"),
    (header::SEC_WEBSOCKET_VERSION, "Sec-WebSocket-Version"),
    (header::SEC_WEBSOCKET_KEY, "Sec-WebSocket-Key"),
];

/// Returns the request as bytes, and its `Sec-WebSocket-Key`.
///
/// # Errors
///
/// [`ProtocolError::InvalidHeader`] if one of the fields `Host`, `Connection`, `Upgrade`, `Sec-WebSocket-Version` and
/// `Sec-WebSocket-Key` is missing or repeated, [`Error::Utf8`] if its value is not visible ASCII, [`UrlError::NoPathOrQuery`] if the
/// URI has no path, and [`ProtocolError::WrongHttpVersion`] if the version is newer than 1.1.
#[expect(clippy::needless_pass_by_value, reason = "the signature is the original's")]
pub fn generate_request(request: Request) -> Result<(Vec<u8>, String)> {
    let path = request.uri().path_and_query().ok_or(UrlError::NoPathOrQuery)?;
    let mut head = format!("GET {path} {}\r\n", version_as_str(request.version())?).into_bytes();
    let fields = request.headers();
    let mut key = String::new();
    for (name, written) in &REQUIRED {
        let mut values = fields.get_all(name).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(ProtocolError::InvalidHeader(name.clone().into()).into());
        };
        let value = value.to_str()?;
        push(&mut head, written, value.as_bytes());
        value.clone_into(&mut key);
    }
    for (name, value) in fields {
        if !REQUIRED.iter().any(|(required, _)| required == name) {
            push(&mut head, spelling(name), value.as_bytes());
        }
    }
    head.extend_from_slice(b"\r\n");
    // The key is the last of the fields above.
    Ok((head, key))
}

fn push(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

/// How the name of a field is written: the crate `http` has lower case only, and some servers compare the case.
fn spelling(name: &HeaderName) -> &str {
    match name.as_str() {
        "origin" => "Origin",
        "sec-websocket-extensions" => "Sec-WebSocket-Extensions",
        "sec-websocket-protocol" => "Sec-WebSocket-Protocol",
        other => other,
    }
}

/// Returns a new `Sec-WebSocket-Key`: 16 random bytes in base64 (RFC 6455 §4.1).
///
/// ```
/// use bowline_tungstenite::handshake::client::generate_key;
///
/// assert_eq!(generate_key().len(), 24);
/// assert_ne!(generate_key(), generate_key());
/// ```
#[must_use]
pub fn generate_key() -> String {
    let entropy = bowline::Config::default().entropy;
    STANDARD.encode([entropy(), entropy(), entropy(), entropy()].concat())
}

impl TryParse for Response {
    fn try_parse(data: &[u8]) -> Result<Option<(usize, Self)>> {
        let mut fields = [EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Response::new(&mut fields);
        let Status::Complete(length) = parsed.parse(data)? else { return Ok(None) };
        if parsed.version != Some(1) {
            return Err(ProtocolError::WrongHttpVersion.into());
        }
        let response = response(parsed.code.unwrap_or_default(), from_parsed(parsed.headers)?)?;
        Ok(Some((length, response)))
    }
}

fn response(status: u16, fields: http::HeaderMap) -> Result<Response> {
    let mut response = Response::new(None);
    *response.status_mut() = StatusCode::from_u16(status)?;
    *response.version_mut() = Version::HTTP_11;
    *response.headers_mut() = fields;
    Ok(response)
}

/// Checks the request line of a request.
fn check(request: &Request) -> Result<(), Error> {
    if request.method() != http::Method::GET {
        return Err(ProtocolError::WrongHttpMethod.into());
    }
    if request.version() < Version::HTTP_11 {
        return Err(ProtocolError::WrongHttpVersion.into());
    }
    uri_mode(request.uri()).map(|_| ())
}

/// Converts a request into the handshake of bowline.
fn begin(request: Request, config: bowline::Config) -> Result<bowline::client::Handshake> {
    let (head, _) = generate_request(request)?;
    bowline::client::Handshake::from_head(head, config).map_err(failure::of_request)
}
