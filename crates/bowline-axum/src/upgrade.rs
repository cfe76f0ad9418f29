//! The extractor.

use crate::{WebSocket, rejection::WebSocketUpgradeRejection};
use axum_core::{
    Error,
    body::Body,
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use bowline::{
    Config,
    server::{Accept, OriginError, Upgrade},
};
use http::{HeaderValue, Request, Version, header, request::Parts};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::{borrow::Cow, fmt, future::Future, marker::PhantomData, mem, sync::Arc};

/// Handlers create their options for each request. All of them share compressors, or each idle connection would keep one.
#[cfg(feature = "deflate")]
static POOL: std::sync::LazyLock<crate::deflate::Options> = std::sync::LazyLock::new(crate::deflate::Options::default);

/// The stream of a WebSocket: the connection of the request over HTTP/1.1, one stream of it over HTTP/2.
pub type Stream = TokioIo<Upgraded>;

/// The extractor for the opening handshake of a WebSocket: it takes the place of `axum::extract::ws::WebSocketUpgrade`.
///
/// A request that breaks a rule of the handshake is rejected before the handler runs, a plain GET with status 426. To serve
/// something else to a request that does not ask for a WebSocket, extract `Option<WebSocketUpgrade>`, which is `None` then.
///
/// Return the response of [`on_upgrade`](Self::on_upgrade) from the handler. The other methods change what the server agrees to.
///
/// `W` is the type of the socket that the callback receives: [`WebSocket`], or [`ws::WebSocket`](crate::ws::WebSocket) with
/// axum's methods, in [`ws::WebSocketUpgrade`](crate::ws::WebSocketUpgrade).
///
/// ```
/// use axum::{extract::Path, response::Response};
/// use bowline_axum::{WebSocket, WebSocketUpgrade};
///
/// async fn room(Path(room): Path<String>, upgrade: WebSocketUpgrade) -> Response {
///     upgrade.protocols(["chat.v2", "chat.v1"]).max_message_size(64 * 1024).on_upgrade(|mut socket: WebSocket| async move {
///         let _ = socket.send(format!("You are in {room}.")).await;
///     })
/// }
/// # let _ = axum::Router::<()>::new().route("/{room}", axum::routing::any(room));
/// ```
#[must_use = "the client waits for a response: return the one of `on_upgrade`"]
pub struct WebSocketUpgrade<F = DefaultOnFailedUpgrade, W = WebSocket> {
    upgrade: Upgrade,
    stream: OnUpgrade,
    config: Arc<Config>,
    accept: Accept,
    requested: Vec<HeaderValue>,
    selected: Option<HeaderValue>,
    on_failed_upgrade: F,
    socket: PhantomData<fn() -> W>,
}

impl<F, W> WebSocketUpgrade<F, W> {
    /// Offers compression (permessage-deflate, RFC 7692), if the client does as well: all browsers do.
    ///
    /// Do not compress a secret beside text that somebody else can choose: see [`deflate`](crate::deflate).
    ///
    /// ```
    /// # fn f(upgrade: bowline_axum::WebSocketUpgrade) -> bowline_axum::WebSocketUpgrade {
    /// upgrade.compression(bowline_axum::deflate::Options::default())
    /// # }
    /// ```
    #[cfg(feature = "deflate")]
    pub fn compression(self, options: crate::deflate::Options) -> Self {
        self.configure(|config| config.deflate = Some(options.with_pool_of(&POOL)))
    }

    /// Lets pages of any site connect, as axum does. Only for a server that has nothing to protect, or that authenticates each
    /// client by something other than cookies.
    ///
    /// By default, only pages of the server's own host may connect, and clients that are not browsers, which send no Origin. A
    /// page of any other site could otherwise use the cookies of its visitor (RFC 6455 §10.2).
    #[doc(alias("CORS", "CSWSH", "origin"))]
    pub fn any_origin(mut self) -> Self {
        self.accept = Accept::any_origin();
        self
    }

    /// Lets pages of these sites connect, and no others: see [`Accept::origins`].
    ///
    /// ```
    /// # fn f(upgrade: bowline_axum::WebSocketUpgrade) -> Result<(), Box<dyn std::error::Error>> {
    /// let upgrade = upgrade.origins(["https://example.com", "https://app.example.com"])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if one of them is not an origin, such as a URI with a path.
    #[doc(alias("CORS", "CSWSH"))]
    pub fn origins(mut self, origins: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, OriginError> {
        self.accept = Accept::origins(origins)?;
        Ok(self)
    }

    /// Changes the configuration: limits and deadlines, such as the ping interval.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # fn f(upgrade: bowline_axum::WebSocketUpgrade) -> bowline_axum::WebSocketUpgrade {
    /// upgrade.configure(|config| {
    ///     config.deadlines.ping = Some(Duration::from_secs(15));
    ///     config.deadlines.idle = Some(Duration::from_secs(600));
    /// })
    /// # }
    /// ```
    #[doc(alias("timeout", "keepalive", "ping interval"))]
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(Arc::make_mut(&mut self.config));
        self
    }

    /// Replaces the configuration, for example by an `Arc<Config>` in the state of the router, which connections share.
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.config = config.into();
        self
    }

    /// Sets the max message size in bytes. A larger message is refused with close code 1009. Default: 16 MiB.
    pub fn max_message_size(self, max: usize) -> Self {
        self.configure(|config| config.limits.message = max)
    }

    /// Sets the max frame size in bytes. A larger frame is refused with close code 1009. Default: 16 MiB.
    pub fn max_frame_size(self, max: usize) -> Self {
        self.configure(|config| config.limits.frame = max)
    }

    /// Sets the max size of the queued output in bytes: see [`Limits::output`](bowline::Limits::output). Default: 32 MiB.
    pub fn max_write_buffer_size(self, max: usize) -> Self {
        self.configure(|config| config.limits.output = max)
    }

    /// Has no effect: reads have a buffer of 64 KiB. It is there for handlers that were written for axum.
    pub fn read_buffer_size(self, _size: usize) -> Self {
        self
    }

    /// Has no effect: `send` writes at once, and `feed` never does. It is there for handlers that were written for axum.
    pub fn write_buffer_size(self, _size: usize) -> Self {
        self
    }

    /// Lists the subprotocols that the server supports, the preferred one first. The first one that the client offers is used
    /// (RFC 6455 §1.9). If it offers none of them, no subprotocol is used.
    #[doc(alias("Sec-WebSocket-Protocol", "subprotocol"))]
    pub fn protocols<I>(mut self, protocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Cow<'static, str>>,
    {
        self.selected = protocols.into_iter().map(Into::into).find_map(|protocol| {
            self.requested.iter().find(|requested| requested.as_bytes() == protocol.as_bytes()).cloned()
        });
        self
    }

    /// Returns the subprotocols that the client offers, the preferred one first.
    pub fn requested_protocols(&self) -> impl Iterator<Item = &HeaderValue> {
        self.requested.iter()
    }

    /// Sets the subprotocol, which should be one of [`requested_protocols`](Self::requested_protocols): another one is not sent,
    /// since the client would have to fail the connection (RFC 6455 §4.1).
    pub fn set_selected_protocol(&mut self, protocol: HeaderValue) {
        self.selected = Some(protocol).filter(|protocol| self.requested.contains(protocol));
    }

    /// Returns the subprotocol that will be used, if there is one.
    #[must_use]
    pub fn selected_protocol(&self) -> Option<&HeaderValue> {
        self.selected.as_ref()
    }

    /// Returns the request as bowline sees it: path, parameters of the query, cookies, Origin.
    pub fn request(&self) -> &bowline::server::Request {
        self.upgrade.request()
    }

    /// Sets a callback for a connection that breaks after the response and before the WebSocket begins. By default, such an error
    /// is ignored.
    pub fn on_failed_upgrade<C: OnFailedUpgrade>(self, callback: C) -> WebSocketUpgrade<C, W> {
        let Self { upgrade, stream, config, accept, requested, selected, socket, .. } = self;
        WebSocketUpgrade { upgrade, stream, config, accept, requested, selected, on_failed_upgrade: callback, socket }
    }

    /// Accepts the handshake, and returns the response for the client. A new task waits for the stream and runs `callback` on the
    /// WebSocket.
    ///
    /// If the Origin is not allowed, the response has status 403, and `callback` is dropped.
    ///
    /// End the connection with [`close`](bowline::adapter::tokio::WebSocket::close), which performs the closing handshake within
    /// the close timeout. If the socket is only dropped, the client sees an abnormal closure (1006).
    pub fn on_upgrade<C, Fut>(mut self, callback: C) -> Response
    where
        C: FnOnce(W) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
        F: OnFailedUpgrade,
        W: From<WebSocket> + 'static,
    {
        // A valid subprotocol is a token, and so ASCII (RFC 6455 §4.1).
        let protocol = self.selected.as_ref().and_then(|protocol| protocol.to_str().ok());
        let accept = self.accept.protocols(protocol);
        self.upgrade.set_config(self.config);
        let (response, connection) = match self.upgrade.accept(&accept) {
            Ok(accepted) => accepted,
            Err(refusal) => return WebSocketUpgradeRejection::Handshake(refusal).into_response(),
        };
        let (stream, on_failed_upgrade) = (self.stream, self.on_failed_upgrade);
        tokio::spawn(async move {
            match stream.await {
                Ok(stream) => callback(W::from(WebSocket::new(TokioIo::new(stream), connection))).await,
                Err(error) => on_failed_upgrade.call(Error::new(error)),
            }
        });
        response.map(|()| Body::empty())
    }
}

impl<F, W> fmt::Debug for WebSocketUpgrade<F, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUpgrade")
            .field("config", &self.config)
            .field("accept", &self.accept)
            .field("selected_protocol", &self.selected)
            .finish_non_exhaustive()
    }
}

/// What happens if the connection breaks before the WebSocket begins: see
/// [`on_failed_upgrade`](WebSocketUpgrade::on_failed_upgrade). Any `FnOnce(axum::Error)` is one.
pub trait OnFailedUpgrade: Send + 'static {
    /// Is called with the error.
    fn call(self, error: Error);
}

impl<F: FnOnce(Error) + Send + 'static> OnFailedUpgrade for F {
    fn call(self, error: Error) {
        self(error);
    }
}

/// Ignores the error: the default of [`on_failed_upgrade`](WebSocketUpgrade::on_failed_upgrade).
#[non_exhaustive]
#[derive(Debug)]
pub struct DefaultOnFailedUpgrade;

impl OnFailedUpgrade for DefaultOnFailedUpgrade {
    fn call(self, _error: Error) {}
}

impl<S: Send + Sync, W> FromRequestParts<S> for WebSocketUpgrade<DefaultOnFailedUpgrade, W> {
    type Rejection = WebSocketUpgradeRejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, WebSocketUpgradeRejection> {
        let config = Arc::new(Config::default());
        let upgrade = check(parts, &config).map_err(WebSocketUpgradeRejection::Handshake)?;
        let stream = parts.extensions.remove().ok_or(WebSocketUpgradeRejection::ConnectionNotUpgradable)?;
        let requested = parts
            .headers
            .get_all(header::SEC_WEBSOCKET_PROTOCOL)
            .iter()
            .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
            .filter_map(|protocol| HeaderValue::from_bytes(protocol.trim_ascii()).ok())
            .filter(|protocol| !protocol.is_empty())
            .collect();
        Ok(Self {
            upgrade,
            stream,
            config,
            accept: Accept::same_origin(),
            requested,
            selected: None,
            on_failed_upgrade: DefaultOnFailedUpgrade,
            socket: PhantomData,
        })
    }
}

/// `None` is a request that does not ask for a WebSocket. One that asks for it and breaks a rule is rejected.
impl<S: Send + Sync, W> OptionalFromRequestParts<S> for WebSocketUpgrade<DefaultOnFailedUpgrade, W> {
    type Rejection = WebSocketUpgradeRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, WebSocketUpgradeRejection> {
        let asks = match parts.version {
            Version::HTTP_2 | Version::HTTP_3 => parts.method == http::Method::CONNECT,
            _ => parts.headers.contains_key(header::UPGRADE),
        };
        if !asks {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
    }
}

/// Checks the request with the rules of the handshake. They need a whole request, and extractors have its parts.
#[expect(clippy::result_large_err, reason = "the response is what the caller needs")]
fn check(parts: &mut Parts, config: &Arc<Config>) -> Result<Upgrade, http::Response<bowline::HandshakeError>> {
    let empty = Request::new(()).into_parts().0;
    let request = Request::from_parts(mem::replace(parts, empty), ());
    let checked = match request.version() {
        Version::HTTP_2 | Version::HTTP_3 => Upgrade::from_connect(&request, protocol(&request), config.clone()),
        _ => Upgrade::new(&request, config.clone()),
    };
    *parts = request.into_parts().0;
    checked
}

/// The pseudo-header field `:protocol` (RFC 8441 §4).
#[cfg(feature = "http2")]
fn protocol(request: &Request<()>) -> Option<&str> {
    request.extensions().get().map(hyper::ext::Protocol::as_str)
}

/// Without HTTP/2, no request has one.
#[cfg(not(feature = "http2"))]
fn protocol(_request: &Request<()>) -> Option<&str> {
    None
}
