//! The errors, with the variants of tungstenite.

use crate::protocol::{Message, frame::coding::Data};
#[cfg(feature = "handshake")]
use http::{Response, header::HeaderName};
use std::{io, result, str, string};
use thiserror::Error as ThisError;

/// The result of every function here.
pub type Result<T, E = Error> = result::Result<T, E>;

/// Why a call failed.
///
/// The variants are those of tungstenite 0.30, so that a `match` compiles, and each failure has the variant that it has there.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The connection has ended with a closing handshake: the stream can be dropped. It is reported once, and
    /// [`AlreadyClosed`](Self::AlreadyClosed) from then on.
    #[error("the connection is closed, after a closing handshake")]
    ConnectionClosed,
    /// The connection had ended before this call.
    #[error("the connection was already closed")]
    AlreadyClosed,
    /// The stream has failed. After [`WouldBlock`](io::ErrorKind::WouldBlock) and [`Interrupted`](io::ErrorKind::Interrupted),
    /// repeat the call.
    #[error("IO error: {0}")]
    Io(#[from] io::Error),
    /// TLS has failed. The variant exists also without a TLS feature.
    #[error("TLS error: {0}")]
    Tls(#[from] TlsError),
    /// A message or a head is larger than a limit of this endpoint.
    #[error("limit exceeded: {0}")]
    Capacity(#[from] CapacityError),
    /// The peer, or the caller, broke a rule of the protocol.
    #[error("WebSocket protocol error: {0}")]
    Protocol(#[from] ProtocolError),
    /// With this message, the queued output would exceed
    /// [`max_write_buffer_size`](crate::protocol::WebSocketConfig::max_write_buffer_size). It is returned as a frame, so that it can
    /// be sent again.
    #[error("the write buffer is full")]
    WriteBufferFull(Box<Message>),
    /// Text is not UTF-8.
    #[error("UTF-8 encoding error: {0}")]
    Utf8(String),
    /// The peer is probably attacking: it sent a length that is not in its shortest form, too many empty fragments, or a head that is
    /// too long.
    #[error(
        "attack suspected: a length not in its shortest form, too many empty fragments, or a head that is too long"
    )]
    AttackAttempt,
    /// The URL cannot be used.
    #[error("URL error: {0}")]
    Url(#[from] UrlError),
    /// The peer answered the opening handshake with another HTTP response than 101, or a server's callback refused the request.
    #[error("HTTP error: {}", .0.status())]
    #[cfg(feature = "handshake")]
    Http(Box<Response<Option<Vec<u8>>>>),
    /// A part of an HTTP message is malformed.
    #[error("HTTP format error: {0}")]
    #[cfg(feature = "handshake")]
    HttpFormat(#[from] http::Error),
}

impl From<str::Utf8Error> for Error {
    fn from(error: str::Utf8Error) -> Self {
        Self::Utf8(error.to_string())
    }
}

impl From<string::FromUtf8Error> for Error {
    fn from(error: string::FromUtf8Error) -> Self {
        Self::Utf8(error.to_string())
    }
}

#[cfg(feature = "handshake")]
impl From<http::header::ToStrError> for Error {
    fn from(error: http::header::ToStrError) -> Self {
        Self::Utf8(error.to_string())
    }
}

// The errors of the crate `http` that convert to its general one.
macro_rules! http_format_error {
    ($($error:ty),+) => {$(
        #[cfg(feature = "handshake")]
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::HttpFormat(error.into())
            }
        }
    )+};
}

http_format_error!(
    http::header::InvalidHeaderValue,
    http::header::InvalidHeaderName,
    http::uri::InvalidUri,
    http::status::InvalidStatusCode
);

#[cfg(feature = "handshake")]
impl From<httparse::Error> for Error {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::TooManyHeaders => Self::Capacity(CapacityError::TooManyHeaders),
            other => Self::Protocol(ProtocolError::HttparseError(other)),
        }
    }
}

/// Which limit was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum CapacityError {
    /// A head has more header fields than [`MAX_HEADERS`](https://docs.rs/tungstenite/0.30/tungstenite/handshake/headers/constant.MAX_HEADERS.html).
    #[error("too many header fields")]
    TooManyHeaders,
    /// A message or a frame is larger than the limit.
    #[error("message too long: {size} > {max_size}")]
    MessageTooLong {
        /// The size in bytes, as far as it is known. It is more than the limit.
        size: usize,
        /// The limit, in bytes.
        max_size: usize,
    },
}

/// What is wrong with a subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum SubProtocolError {
    /// The server chose a subprotocol, but the client offered none.
    #[error("the server chose a subprotocol, but none was offered")]
    ServerSentSubProtocolNoneRequested,
    /// The server chose a subprotocol that the client did not offer.
    #[error("the server chose a subprotocol that was not offered")]
    InvalidSubProtocol,
    /// The client offered subprotocols, and the server chose none.
    #[error("the server chose none of the subprotocols")]
    NoSubProtocol,
}

/// Which rule was broken.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum ProtocolError {
    /// The method of the request is not GET.
    #[error("the HTTP method is not supported: only GET is")]
    WrongHttpMethod,
    /// The version of HTTP is older than 1.1.
    #[error("the HTTP version is too old: 1.1 or newer is needed")]
    WrongHttpVersion,
    /// The field `Connection: upgrade` is missing.
    #[error("the header field \"Connection: upgrade\" is missing")]
    MissingConnectionUpgradeHeader,
    /// The field `Upgrade: websocket` is missing.
    #[error("the header field \"Upgrade: websocket\" is missing")]
    MissingUpgradeWebSocketHeader,
    /// The field `Sec-WebSocket-Version: 13` is missing.
    #[error("the header field \"Sec-WebSocket-Version: 13\" is missing")]
    MissingSecWebSocketVersionHeader,
    /// The field `Sec-WebSocket-Key` is missing.
    #[error("the header field \"Sec-WebSocket-Key\" is missing")]
    MissingSecWebSocketKey,
    /// The field `Sec-WebSocket-Key` is not valid.
    #[error("the value of the header field \"Sec-WebSocket-Key\" is not valid")]
    InvalidSecWebSocketKey,
    /// The field `Sec-WebSocket-Accept` is missing, or does not match the key.
    #[error("the header field \"Sec-WebSocket-Accept\" does not match the key")]
    SecWebSocketAcceptKeyMismatch,
    /// The subprotocol is not valid.
    #[error("subprotocol error: {0}")]
    SecWebSocketSubProtocolError(SubProtocolError),
    /// The client sent data directly after its request, before the response.
    #[error("there is data behind the request")]
    JunkAfterRequest,
    /// A callback refused the request with a response that means success.
    #[error("a response that refuses the request must not have a status of success")]
    CustomResponseSuccessful,
    /// A header field of a request is missing, repeated or not as it must be.
    #[error("the header field {0} is missing, repeated or incorrect")]
    #[cfg(feature = "handshake")]
    InvalidHeader(Box<HeaderName>),
    /// The stream ended during the opening handshake.
    #[error("the stream ended before the end of the opening handshake")]
    HandshakeIncomplete,
    /// The head is not HTTP.
    #[error("HTTP syntax error: {0}")]
    #[cfg(feature = "handshake")]
    HttparseError(#[from] httparse::Error),
    /// A message was to be sent after a Close frame was sent or received.
    #[error("nothing can be sent after a Close frame")]
    SendAfterClosing,
    /// The peer sent data after its Close frame. Here it is discarded instead (RFC 6455 §1.4), and this error does not occur.
    #[error("the peer sent data after its Close frame")]
    ReceivedAfterClosing,
    /// A reserved bit of a frame is set, and no extension defines it.
    #[error("a reserved bit is set")]
    NonZeroReservedBits,
    /// A client did not mask a frame.
    #[error("a frame from the client is not masked")]
    UnmaskedFrameFromClient,
    /// A server masked a frame.
    #[error("a frame from the server is masked")]
    MaskedFrameFromServer,
    /// A control frame is fragmented.
    #[error("a control frame is fragmented")]
    FragmentedControlFrame,
    /// A control frame has more than 125 bytes of payload.
    #[error("a control frame has more than 125 bytes of payload")]
    ControlFrameTooBig,
    /// The opcode of a control frame is not defined. [`InvalidOpcode`](Self::InvalidOpcode) is reported for frames of the peer.
    #[error("the control opcode {0} is not defined")]
    UnknownControlFrameType(u8),
    /// The opcode of a data frame is not defined. [`InvalidOpcode`](Self::InvalidOpcode) is reported for frames of the peer.
    #[error("the data opcode {0} is not defined")]
    UnknownDataFrameType(u8),
    /// A continuation frame has no message to continue.
    #[error("a continuation frame has no message to continue")]
    UnexpectedContinueFrame,
    /// A message begins while another is unfinished.
    #[error("a {0} frame begins a message while another is unfinished")]
    ExpectedFragment(Data),
    /// The stream ended without a closing handshake.
    #[error("the stream ended without a closing handshake")]
    ResetWithoutClosingHandshake,
    /// An opcode is not defined.
    #[error("the opcode {0} is not defined")]
    InvalidOpcode(u8),
    /// The body of a Close frame is not valid.
    #[error("the body of a Close frame is not valid")]
    InvalidCloseSequence,
}

/// What is wrong with a URL.
#[derive(Debug, PartialEq, Eq, ThisError)]
pub enum UrlError {
    /// The scheme is `wss`, but no TLS feature is enabled, or TLS was switched off with `Connector::Plain`.
    #[error("TLS is not enabled: use one of the TLS features")]
    TlsFeatureNotEnabled,
    /// The URL has no host.
    #[error("the URL has no host")]
    NoHostName,
    /// None of the addresses of the host accepts a connection.
    #[error("cannot connect to {0}")]
    UnableToConnect(String),
    /// The scheme is neither `ws` nor `wss`.
    #[error("the scheme of the URL is neither ws nor wss")]
    UnsupportedUrlScheme,
    /// The host is empty.
    #[error("the host of the URL is empty")]
    EmptyHostName,
    /// The URL has no path.
    #[error("the URL has no path")]
    NoPathOrQuery,
}

/// An error of TLS.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum TlsError {
    /// An error of native-tls.
    #[cfg(feature = "native-tls")]
    #[error("native-tls: {0}")]
    Native(Box<native_tls_crate::Error>),
    /// An error of rustls.
    #[cfg(feature = "__rustls-tls")]
    #[error("rustls: {0}")]
    Rustls(Box<rustls::Error>),
    /// The host is not a valid name for TLS.
    #[cfg(feature = "__rustls-tls")]
    #[error("the host is not a valid DNS name")]
    InvalidDnsName,
}

#[cfg(feature = "native-tls")]
impl From<native_tls_crate::Error> for TlsError {
    fn from(error: native_tls_crate::Error) -> Self {
        Self::Native(error.into())
    }
}

#[cfg(feature = "__rustls-tls")]
impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Rustls(error.into())
    }
}

// As small as the original's, since every result contains it.
const _: () = assert!(size_of::<Error>() <= 32 && size_of::<ProtocolError>() <= 16 && size_of::<TlsError>() <= 16);
