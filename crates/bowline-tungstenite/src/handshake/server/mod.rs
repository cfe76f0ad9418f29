//! The handshake of a server.

pub(super) mod role;

use super::{
    HandshakeRole, MidHandshake, derive_accept_key,
    headers::{MAX_HEADERS, from_parsed},
    machine::TryParse,
    version_as_str,
};
use crate::{
    error::{ProtocolError, Result},
    protocol::{WebSocket, WebSocketConfig},
};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig},
    },
};
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, Version, header, response::Builder};
use httparse::{EMPTY_HEADER, Status};
use role::{Opened, ServerRole};
use std::{
    io::{Read, Write},
    marker::PhantomData,
    result::Result as StdResult,
};

/// The request of a client.
pub type Request = http::Request<()>;

/// The response that accepts a request.
pub type Response = http::Response<()>;

/// The response that refuses a request.
pub type ErrorResponse = http::Response<Option<String>>;

/// Decides about the request of a client.
///
/// It is implemented for closures, and is called once, when the request was received and keeps the rules of RFC 6455 §4.2.1.
#[expect(clippy::result_large_err, reason = "the type is the original's")]
pub trait Callback: Sized {
    /// Returns the response that accepts the request, or the one that refuses it.
    ///
    /// `response` is prepared with all that is needed. Add header fields to it. To accept a subprotocol, add the field
    /// `Sec-WebSocket-Protocol` with one of those that the client offers.
    ///
    /// A response that is returned with a status other than 101 also refuses the request.
    ///
    /// # Errors
    ///
    /// The response that refuses the request. Its status must not be a success.
    fn on_request(self, request: &Request, response: Response) -> StdResult<Response, ErrorResponse>;
}

impl<F> Callback for F
where
    F: FnOnce(&Request, Response) -> StdResult<Response, ErrorResponse>,
{
    fn on_request(self, request: &Request, response: Response) -> StdResult<Response, ErrorResponse> {
        self(request, response)
    }
}

/// Accepts each request, without a subprotocol.
#[derive(Clone, Copy, Debug)]
pub struct NoCallback;

impl Callback for NoCallback {
    fn on_request(self, _request: &Request, response: Response) -> StdResult<Response, ErrorResponse> {
        Ok(response)
    }
}

/// The server's role in a handshake.
#[derive(Debug)]
pub struct ServerHandshake<S, C> {
    role: ServerRole<C>,
    _stream: PhantomData<fn() -> S>,
}

impl<S: Read + Write, C: Callback> ServerHandshake<S, C> {
    /// Begins a handshake. Nothing is read before [`MidHandshake::handshake`].
    pub fn start(stream: S, callback: C, config: Option<WebSocketConfig>) -> MidHandshake<Self> {
        MidHandshake::new(Self { role: ServerRole::new(callback, config), _stream: PhantomData }, stream)
    }
}

impl<S: Read + Write, C: Callback> HandshakeRole for ServerHandshake<S, C> {
    type InternalStream = S;
    type Opened = Opened;
    type FinalResult = WebSocket<S>;

    fn advance(&mut self, stream: &mut S) -> Result<Opened> {
        self.role.advance(stream)
    }

    fn finish(stream: S, opened: Opened) -> WebSocket<S> {
        let Opened { connection, rest, config } = opened;
        WebSocket::from_connection(stream, connection, rest, config)
    }
}

/// Returns the response that accepts `request`, for a handshake that the program makes itself.
///
/// # Errors
///
/// [`ProtocolError`], with the variant for the part of the request that is missing or incorrect.
pub fn create_response(request: &Request) -> Result<Response> {
    create_response_with_body(request, || ())
}

/// Returns the response that accepts `request`, with the body that `generate_body` returns. It is for HTTP libraries whose responses
/// have a body type.
///
/// # Errors
///
/// As for [`create_response`].
pub fn create_response_with_body<T1, T2>(
    request: &http::Request<T1>,
    generate_body: impl FnOnce() -> T2,
) -> Result<http::Response<T2>> {
    Ok(parts(request)?.body(generate_body())?)
}

fn parts<T>(request: &http::Request<T>) -> Result<Builder> {
    if request.method() != Method::GET {
        return Err(ProtocolError::WrongHttpMethod.into());
    }
    if request.version() < Version::HTTP_11 {
        return Err(ProtocolError::WrongHttpVersion.into());
    }
    let fields = request.headers();
    if !lists(fields, header::CONNECTION, "upgrade") {
        return Err(ProtocolError::MissingConnectionUpgradeHeader.into());
    }
    if !lists(fields, header::UPGRADE, "websocket") {
        return Err(ProtocolError::MissingUpgradeWebSocketHeader.into());
    }
    if fields.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(ProtocolError::MissingSecWebSocketVersionHeader.into());
    }
    let key = fields.get(header::SEC_WEBSOCKET_KEY).ok_or(ProtocolError::MissingSecWebSocketKey)?.as_bytes();
    if !is_key(key) {
        return Err(ProtocolError::InvalidSecWebSocketKey.into());
    }
    Ok(Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .version(request.version())
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, derive_accept_key(key)))
}

/// Whether one of the fields with this name lists `wanted`, in any case.
fn lists(fields: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    let mut lines = fields.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.any(|line| line.split([',', ' ']).any(|element| element.eq_ignore_ascii_case(wanted)))
}

/// Whether this is 16 bytes in base64. The spare bits of the last digit need not be zero (erratum 3150).
fn is_key(key: &[u8]) -> bool {
    const BASE64: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
    );
    BASE64.decode(key).is_ok_and(|nonce| nonce.len() == 16)
}

/// Writes the head of a response.
///
/// # Errors
///
/// [`ProtocolError::WrongHttpVersion`] if the version is newer than 1.1, and [`Error::Io`](crate::Error::Io).
pub fn write_response<T>(mut w: impl Write, response: &http::Response<T>) -> Result<()> {
    write!(w, "{} {}\r\n", version_as_str(response.version())?, response.status())?;
    for (name, value) in response.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            w.write_all(part)?;
        }
    }
    Ok(w.write_all(b"\r\n")?)
}

impl TryParse for Request {
    fn try_parse(data: &[u8]) -> Result<Option<(usize, Self)>> {
        let mut fields = [EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut fields);
        let Status::Complete(length) = parsed.parse(data)? else { return Ok(None) };
        Ok(Some((length, from_httparse(&parsed)?)))
    }
}

/// Converts a complete request.
pub(crate) fn from_httparse(parsed: &httparse::Request<'_, '_>) -> Result<Request> {
    if parsed.method != Some("GET") {
        return Err(ProtocolError::WrongHttpMethod.into());
    }
    if parsed.version != Some(1) {
        return Err(ProtocolError::WrongHttpVersion.into());
    }
    request(parsed.path.unwrap_or_default().parse()?, from_parsed(parsed.headers)?)
}

#[expect(clippy::unnecessary_wraps, reason = "it ends the functions that fail before")]
fn request(target: Uri, fields: HeaderMap) -> Result<Request> {
    let mut request = Request::new(());
    *request.uri_mut() = target;
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = fields;
    Ok(request)
}
