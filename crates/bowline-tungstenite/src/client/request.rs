use crate::{
    error::{Result, UrlError},
    handshake::{
        client::{Request, generate_key},
        server::from_httparse,
    },
};
use http::{HeaderName, HeaderValue, Uri, header};

/// Conversion into the request of a client. It is implemented for URLs, requests of the crate `http`, and [`ClientRequestBuilder`].
///
/// From a URL, the request has all header fields of an opening handshake. A request is used as it is: it must have them already. To
/// add fields, convert the URL, and change the result:
///
/// ```
/// use bowline_tungstenite::client::IntoClientRequest;
///
/// let mut request = "wss://example.com/chat".into_client_request()?;
/// request.headers_mut().insert("Authorization", "Bearer 123".parse().unwrap());
/// # Ok::<(), bowline_tungstenite::Error>(())
/// ```
pub trait IntoClientRequest {
    /// Converts it into a request.
    ///
    /// # Errors
    ///
    /// [`Error::HttpFormat`](crate::Error::HttpFormat) if a part of it is malformed, and [`Error::Url`](crate::Error::Url) if there is
    /// no host.
    fn into_client_request(self) -> Result<Request>;
}

impl IntoClientRequest for &str {
    fn into_client_request(self) -> Result<Request> {
        self.parse::<Uri>()?.into_client_request()
    }
}

impl IntoClientRequest for &String {
    fn into_client_request(self) -> Result<Request> {
        self.as_str().into_client_request()
    }
}

impl IntoClientRequest for String {
    fn into_client_request(self) -> Result<Request> {
        self.as_str().into_client_request()
    }
}

impl IntoClientRequest for &Uri {
    fn into_client_request(self) -> Result<Request> {
        self.clone().into_client_request()
    }
}

impl IntoClientRequest for Uri {
    fn into_client_request(self) -> Result<Request> {
        let host = host(&self)?;
        let mut request = Request::new(());
        let fields = request.headers_mut();
        fields.insert(header::HOST, host);
        fields.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        fields.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        fields.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        fields.insert(header::SEC_WEBSOCKET_KEY, generate_key().parse()?);
        *request.uri_mut() = self;
        Ok(request)
    }
}

/// Returns the value of the field Host: the authority without its user.
pub(super) fn host(uri: &Uri) -> Result<HeaderValue> {
    let authority = uri.authority().ok_or(UrlError::NoHostName)?.as_str();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.is_empty() {
        return Err(UrlError::EmptyHostName.into());
    }
    Ok(host.parse()?)
}

#[cfg(feature = "url")]
impl IntoClientRequest for &url::Url {
    fn into_client_request(self) -> Result<Request> {
        self.as_str().into_client_request()
    }
}

#[cfg(feature = "url")]
impl IntoClientRequest for url::Url {
    fn into_client_request(self) -> Result<Request> {
        self.as_str().into_client_request()
    }
}

impl IntoClientRequest for Request {
    fn into_client_request(self) -> Result<Request> {
        Ok(self)
    }
}

impl IntoClientRequest for httparse::Request<'_, '_> {
    fn into_client_request(self) -> Result<Request> {
        from_httparse(&self)
    }
}

/// A request with header fields and subprotocols.
///
/// ```
/// use bowline_tungstenite::client::{ClientRequestBuilder, IntoClientRequest};
///
/// let request = ClientRequestBuilder::new("ws://localhost:8080/chat".parse().unwrap())
///     .with_header("Authorization", "Bearer 123")
///     .with_sub_protocol("chat.v2")
///     .with_sub_protocol("chat.v1")
///     .into_client_request()?;
/// assert_eq!(request.headers()["Sec-WebSocket-Protocol"], "chat.v2, chat.v1");
/// # Ok::<(), bowline_tungstenite::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientRequestBuilder {
    uri: Uri,
    fields: Vec<(String, String)>,
    subprotocols: Vec<String>,
}

impl ClientRequestBuilder {
    /// Creates a builder for the request to this URI.
    #[must_use]
    pub const fn new(uri: Uri) -> Self {
        Self { uri, fields: Vec::new(), subprotocols: Vec::new() }
    }

    /// Adds a header field. A second field of the same name is added, and does not replace the first.
    #[must_use]
    pub fn with_header<K: Into<String>, V: Into<String>>(mut self, key: K, value: V) -> Self {
        self.fields.push((key.into(), value.into()));
        self
    }

    /// Offers a subprotocol, the preferred one first.
    #[must_use]
    pub fn with_sub_protocol<P: Into<String>>(mut self, protocol: P) -> Self {
        self.subprotocols.push(protocol.into());
        self
    }
}

impl IntoClientRequest for ClientRequestBuilder {
    fn into_client_request(self) -> Result<Request> {
        let mut request = self.uri.into_client_request()?;
        let fields = request.headers_mut();
        for (name, value) in self.fields {
            fields.append(HeaderName::try_from(name)?, value.parse()?);
        }
        if !self.subprotocols.is_empty() {
            fields.append(header::SEC_WEBSOCKET_PROTOCOL, self.subprotocols.join(", ").parse()?);
        }
        Ok(request)
    }
}
