//! Clients that connect by a URI.

#[cfg(unix)]
use super::dial::dial_unix;
#[cfg(feature = "rustls")]
use super::tls::TlsStream;
use super::{
    ClientStream, Error, WebSocket,
    dial::{Clock, dial, resolve},
    handshake::client_since,
    layer::Layer,
    tunnel,
};
use crate::{
    Config,
    adapter::{
        ConnectOptions,
        addresses::reachable,
        connect_stage::End,
        hops::Hops,
        route::{Route, no_address, tunnel_io_error},
    },
    client::{Request, Response},
    proxy::{Proxy, Target, Tunnel},
};
#[cfg(feature = "rustls")]
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::net::SocketAddr;
use std::time::Instant;

/// Connects to a `ws://` URI over TCP, or to a `wss://` URI over TLS, and makes the opening handshake (RFC 6455 §4.1).
///
/// ```no_run
/// # use bowline::{adapter::blocking, Config};
/// # fn run() -> Result<(), bowline::adapter::Error> {
/// let (mut socket, _response) = blocking::connect("ws://127.0.0.1:9001/", Config::default())?;
/// socket.send("Hello")?;
/// println!("{:?}", socket.recv()?);
/// # Ok(())
/// # }
/// ```
///
/// [`Deadlines::handshake`](crate::Deadlines::handshake) bounds TCP, TLS and the opening handshake together. The time of the DNS
/// lookup counts, but only the operating system can end it. If a host has several addresses, the next one
/// is attempted after 250 ms, in a thread of its own, while the previous attempt continues (RFC 8305). The first that accepts is
/// used. `TCP_NODELAY` is set.
///
/// As in curl, the proxy is the one in the environment, such as in `https_proxy`
/// ([`Proxies::from_env`](crate::proxy::Proxies::from_env)), and redirects are not followed. Both can be changed with
/// [`connect_using`].
///
/// `wss://` needs the feature `rustls`. The platform verifies the server's certificate, with the root certificates that it
/// trusts. For another TLS configuration use `ConnectOptions::tls`. For another TLS library, pass its stream to
/// [`client_handshake`](super::client_handshake).
///
/// # Errors
///
/// - [`Error::Request`] if the URI is not valid. Nothing was sent.
/// - [`Error::Connect`] if the DNS lookup, TCP, a proxy or TLS failed, or did not finish before the handshake deadline.
/// - [`Error::Handshake`] if the server refused the request, broke a rule, or did not answer before the handshake deadline.
/// - [`Error::Io`] if the stream failed during the opening handshake.
///
/// There is no connection then, and the stream has been dropped. Whether to try again is in the table at
/// [`Error`](Error#whether-to-try-again).
#[doc(alias("wss"))]
pub fn connect(uri: &str, config: impl Into<Arc<Config>>) -> Result<(WebSocket<ClientStream>, Response), Error> {
    connect_with(Request::from_uri(uri)?, config)
}

/// Connects as [`connect`] does, with a request that can offer subprotocols and have header fields such as `Authorization` or
/// `Cookie`.
///
/// ```no_run
/// # use bowline::{adapter::blocking, client::Request, Config};
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let request = Request::from_uri("wss://example.com/chat")?
///     .protocol("chat.v2")?
///     .header("Authorization", "Bearer 123")?;
/// let (socket, response) = blocking::connect_with(request, Config::default())?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`connect`].
pub fn connect_with(
    request: Request,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<ClientStream>, Response), Error> {
    connect_using(request, &ConnectOptions::new(), config)
}

/// Connects as [`connect_with`] does, with options for the way to the server: proxies, redirects, a timeout, addresses, a local
/// address, a Unix socket, the configuration of TLS, and functions for cookies and tokens.
///
/// ```no_run
/// # use bowline::{adapter::{ConnectOptions, blocking}, client::Request, proxy::Proxy, Config};
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let options = ConnectOptions::new()
///     .proxy(Proxy::from_uri("socks5h://127.0.0.1:9050")?)
///     .follow_redirects(5);
/// let request = Request::from_uri("wss://example.com/chat")?;
/// let (socket, response) = blocking::connect_using(request, &options, Config::default())?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`connect`], and [`Error::Redirect`] if a redirect is not followed although redirects are switched on.
#[doc(alias("proxy", "redirect", "client_tls_with_config", "TLS", "wss"))]
pub fn connect_using(
    request: Request,
    options: &ConnectOptions,
    config: impl Into<Arc<Config>>,
) -> Result<(WebSocket<ClientStream>, Response), Error> {
    let config = options.with_deadline(config.into());
    let clock = Clock { begun: Instant::now(), deadline: config.deadlines.handshake };
    let mut hops = Hops::new(request, options);
    loop {
        let request = hops.next_request()?;
        let opened = Hop {
            request: &request,
            options,
            #[cfg(feature = "rustls")]
            hops: &hops,
            clock,
        }
        .open(config.clone());
        if let Some(connected) = hops.advance(&request, opened) {
            return connected;
        }
    }
}

/// One request, and what is the same for all of them.
struct Hop<'a> {
    request: &'a Request,
    options: &'a ConnectOptions,
    /// It has the name for TLS.
    #[cfg(feature = "rustls")]
    hops: &'a Hops<'a>,
    clock: Clock,
}

impl Hop<'_> {
    /// Makes all stages: the way to the server, TLS, and the opening handshake.
    fn open(self, config: Arc<Config>) -> Result<(WebSocket<ClientStream>, Response), Error> {
        let Self { request, options, .. } = self;
        let direct = Route { request, proxy: None };
        let proxy = options.proxy_for(request).map_err(|error| direct.invalid_proxy(error))?;
        let route = Route { proxy: proxy.as_ref(), ..direct };
        // Before anything is opened.
        route.with_tls().try_for_each(|end| self.check_tls(route, end))?;
        let (mut layer, address) = self.reach(route)?;
        if request.is_secure() {
            layer = self.secure(route, End::Server, layer, address)?;
        }
        let stream = ClientStream::new(layer, request.is_secure());
        let opened = client_since(self.clock.begun, stream, request.clone(), config);
        opened.map_err(|error| route.opening(address, error))
    }

    /// Connects to the server, directly or through the proxy. Also returns the address to which TCP is connected.
    fn reach(&self, route: Route<'_>) -> Result<(Layer, Option<SocketAddr>), Error> {
        let Self { request, clock, .. } = *self;
        #[cfg(unix)]
        if let Some(path) = &self.options.unix_socket {
            let connected = dial_unix(path, clock);
            return connected.map(|stream| (Layer::Unix(stream), None)).map_err(|error| route.unix(path, &error));
        }
        let Some(proxy) = route.proxy else { return self.tcp(route, request.host(), request.port(), End::Server) };
        let tunnel = self.tunnel(route, proxy)?;
        let (mut layer, address) = self.tcp(route, proxy.host(), proxy.port(), End::Proxy)?;
        if proxy.is_secure() {
            layer = self.secure(route, End::Proxy, layer, address)?;
        }
        let opened = tunnel::open(&mut layer, tunnel, clock);
        opened.map(|()| (layer, address)).map_err(|error| route.tunnel(address, error))
    }

    /// Connects to a host over TCP.
    fn tcp(&self, route: Route<'_>, host: &str, port: u16, end: End) -> Result<(Layer, Option<SocketAddr>), Error> {
        let Self { options, clock, .. } = *self;
        let found = resolve(host, port, options);
        let addresses = found.and_then(|found| reachable(found, options.local_address));
        let addresses = addresses.map_err(|error| route.resolve(end, error))?;
        let stream = dial(addresses, options, clock).map_err(|failures| route.tcp(failures))?;
        let address = stream.peer_addr().ok();
        Ok((Layer::Tcp(stream), address))
    }

    /// Prepares the dialogue with the proxy. If the proxy does not resolve names, the name of the server is resolved for it.
    fn tunnel(&self, route: Route<'_>, proxy: &Proxy) -> Result<Tunnel, Error> {
        let (host, port) = (self.request.host(), self.request.port());
        let target = if proxy.resolves_names() {
            Target::Name(host, port)
        } else {
            let found = resolve(host, port, self.options);
            let address = found.and_then(|found| found.front().copied().ok_or_else(no_address));
            Target::Address(address.map_err(|error| route.resolve(End::Server, error))?)
        };
        Tunnel::new(proxy, target).map_err(|error| route.tunnel(None, tunnel_io_error(error)))
    }

    /// Returns an error if there can be no TLS.
    #[cfg(feature = "rustls")]
    fn check_tls(&self, route: Route<'_>, end: End) -> Result<(), Error> {
        self.options.tls_config().map(drop).map_err(|error| route.tls(end, None, error))
    }

    #[cfg(not(feature = "rustls"))]
    #[expect(clippy::unused_self, reason = "with TLS it is used")]
    fn check_tls(&self, route: Route<'_>, end: End) -> Result<(), Error> {
        Err(route.no_tls(end, "bowline::adapter::blocking::client_handshake"))
    }

    /// Makes the TLS handshake with the server or the proxy.
    #[cfg(feature = "rustls")]
    fn secure(&self, route: Route<'_>, end: End, layer: Layer, address: Option<SocketAddr>) -> Result<Layer, Error> {
        let name = match (end, route.proxy) {
            (End::Proxy, Some(proxy)) => proxy.host(),
            _ => self.hops.server_name(self.request),
        };
        let config = self.options.tls_config().map_err(|error| route.tls(end, None, error))?;
        let secured = TlsStream::client(layer, name, config, self.clock);
        secured.map(|stream| Layer::Tls(Box::new(stream))).map_err(|error| route.tls(end, address, error))
    }

    #[cfg(not(feature = "rustls"))]
    fn secure(&self, route: Route<'_>, end: End, layer: Layer, _: Option<SocketAddr>) -> Result<Layer, Error> {
        self.check_tls(route, end).map(|()| layer)
    }
}
