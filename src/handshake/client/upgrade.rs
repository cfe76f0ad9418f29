//! The client's opening handshake for HTTP libraries that send the request and read the response.

use super::{Request, RequestError, Response, offers, rules::Expected};
use crate::{
    Config, Connection, HandshakeError,
    handshake::{http1::fields::Fields, http1::http_crate, http1::shown, key},
};
use alloc::{string::String, sync::Arc, vec::Vec};
use http::{Method, Uri, Version};

/// Creates the opening handshake as an HTTP/1.1 request for an HTTP library such as hyper, and an [`Upgrade`] that checks the
/// response. It needs the feature `http`.
///
/// The `Sec-WebSocket-Key` comes from [`Config::entropy`](crate::Config::entropy). The URI of the request is the path and the
/// query alone, and there is a Host field, as a connection directly to the server needs them. If the library opens the connection
/// itself, replace the URI with one that has a host: [`uri_mut`](http::Request::uri_mut).
///
/// Over HTTP/2 and HTTP/3, use [`extended_connect`].
///
/// ```
/// use bowline::{Config, client};
///
/// let request = client::Request::from_uri("ws://server.example.com/chat")?.protocol("chat")?;
/// let (request, upgrade) = client::upgrade(request, Config::default())?;
/// assert_eq!((request.uri().path(), &request.headers()["host"]), ("/chat", &"server.example.com".parse().unwrap()));
///
/// let response = http::Response::builder().status(404).body(()).unwrap(); // from the library
/// let error = upgrade.conclude(&response).unwrap_err();
/// assert_eq!(error, bowline::HandshakeError::Status(404));
/// # Ok::<(), client::RequestError>(())
/// ```
///
/// # Errors
///
/// [`RequestError::HttpUri`] if path and query are too long for an [`http::Uri`]. The request is then lost.
pub fn upgrade(request: Request, config: impl Into<Arc<Config>>) -> Result<(http::Request<()>, Upgrade), RequestError> {
    let uri = uri(String::from(request.path_and_query()))?;
    let config = config.into();
    let key = key::fresh(&config);
    let mut message = http::Request::new(());
    *message.uri_mut() = uri;
    *message.headers_mut() = http_crate::to_map(&request.head(&key, offers(&config).as_deref()));
    Ok((message, Upgrade::new(request, Some(key::accept(&key)), config)))
}

/// Creates the opening handshake as an extended CONNECT request of HTTP/2 or HTTP/3 (RFC 8441, RFC 9220), and an [`Upgrade`] that
/// checks the response. It needs the feature `http`.
///
/// - `:protocol`: HTTP libraries read this pseudo-header field from [`http::Request::extensions`]. Insert it there with the value
///   `websocket`, for example as `hyper::ext::Protocol` or `h2::ext::Protocol`.
/// - `:scheme`, `:authority` and `:path` are in the URI of the request, with `https` for `wss`.
/// - The version of the message is HTTP/2. For HTTP/3, change it with [`version_mut`](http::Request::version_mut) if the library
///   uses the version.
///
/// Send the request only after the server has announced `SETTINGS_ENABLE_CONNECT_PROTOCOL` (RFC 8441 §3). Through a forward
/// proxy, first ask the proxy for a tunnel to the server, with a plain CONNECT (RFC 8441 §7).
///
/// ```
/// use bowline::{Config, client};
///
/// let request = client::Request::from_uri("wss://server.example.com/chat")?;
/// let (request, upgrade) = client::extended_connect(request, Config::default())?;
/// // For hyper: request.extensions_mut().insert(hyper::ext::Protocol::from_static("websocket"));
/// assert_eq!(request.uri(), "https://server.example.com/chat");
///
/// let response = http::Response::new(()); // from the library: status 200
/// let connection = upgrade.conclude(&response)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`RequestError::HttpUri`] if the URI is too long for an [`http::Uri`], or if its host has a `%`, which that does not accept.
/// The request is then lost.
pub fn extended_connect(
    request: Request,
    config: impl Into<Arc<Config>>,
) -> Result<(http::Request<()>, Upgrade), RequestError> {
    let config = config.into();
    let scheme = if request.is_secure() { &b"https://"[..] } else { b"http://" };
    let mut absolute = scheme.to_vec();
    request.push_host(&mut absolute);
    absolute.extend_from_slice(request.path_and_query().as_bytes());
    let uri = uri(absolute)?;
    let mut fields = Vec::new();
    request.push_fields(&mut fields, offers(&config).as_deref());
    let mut message = http::Request::new(());
    *message.method_mut() = Method::CONNECT;
    *message.version_mut() = Version::HTTP_2;
    *message.uri_mut() = uri;
    *message.headers_mut() = http_crate::to_map(&fields);
    Ok((message, Upgrade::new(request, None, config)))
}

fn uri(text: impl Into<Vec<u8>>) -> Result<Uri, RequestError> {
    let text = text.into();
    Uri::try_from(text.as_slice()).map_err(|_| RequestError::HttpUri(shown::uri(&text)))
}

/// Checks the response to a request that [`upgrade`] or [`extended_connect`] created, and opens the connection. It needs the
/// feature `http`.
#[derive(Debug)]
#[must_use]
pub struct Upgrade {
    expected: Expected,
    config: Arc<Config>,
}

impl Upgrade {
    fn new(request: Request, accept: Option<key::Accept>, config: Arc<Config>) -> Self {
        Self { expected: Expected { accept, protocols: request.into_protocols() }, config }
    }

    /// Opens the connection, if the server accepted. Use it on the stream that the HTTP library returns, with hyper by
    /// `hyper::upgrade::on`. If the stream is an `http` body, its bytes are those of the data frames, however they are split.
    ///
    /// [`Connection::protocol`] returns the subprotocol that the server chose.
    ///
    /// # Errors
    ///
    /// [`HandshakeError`], with the rule that the response breaks. There is no connection. With [`HandshakeError::Status`] the
    /// stream still carries HTTP, and the library can use it for other requests. After any other error, close the stream.
    pub fn conclude<B>(self, response: &http::Response<B>) -> Result<Connection, HandshakeError> {
        let is_http_1_1 = response.version() == Version::HTTP_11;
        let fields = Fields::of_response_message(response);
        // Only a request of HTTP/1.1 has a key.
        let is_connect = self.expected.accept.is_none();
        let connection =
            self.expected.open(self.config, &Response::new(response.status().as_u16(), is_http_1_1, fields))?;
        Ok(if is_connect { connection.over_multiplexed_stream() } else { connection })
    }
}
