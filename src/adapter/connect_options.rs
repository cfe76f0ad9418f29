//! What a client does on the way to a server.

use crate::{
    Config,
    client::{Request, RequestError, Response},
    handshake::http1::address::without_zone,
    proxy::{Proxies, Proxy},
};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use std::io;
#[cfg(unix)]
use std::path::PathBuf;

#[cfg(feature = "rustls")]
use super::tls::rustls::ClientConfig;

/// A DNS lookup of the caller.
pub(super) type Resolver = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;
type BeforeRequest = dyn Fn(Request) -> Result<Request, RequestError> + Send + Sync;
type AfterResponse = dyn Fn(&Request, &Response) + Send + Sync;

/// How a client reaches the server: proxies, redirects, DNS, TCP and TLS. Pass it to `connect_using` of an adapter.
///
/// [`Request`] is what the client asks the server for. [`Config`] is how the open connection behaves.
///
/// ```no_run
/// use bowline::{Config, adapter::{ConnectOptions, blocking}, client::Request, proxy::Proxy};
/// use std::time::Duration;
///
/// let options = ConnectOptions::new()
///     .proxy(Proxy::from_uri("http://me:secret@proxy.example:3128")?)
///     .follow_redirects(5)
///     .timeout(Duration::from_secs(20));
/// let request = Request::from_uri("wss://example.com/chat")?;
/// let (socket, response) = blocking::connect_using(request, &options, Config::default())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// By default, the proxy is the one in the environment, as in curl ([`proxies`](Self::proxies)), redirects are not followed, and
/// `TCP_NODELAY` is set. Clone the options freely: a clone shares the closures.
#[doc(alias("proxy", "redirect", "cookie", "dns", "builder"))]
#[derive(Clone)]
#[must_use]
pub struct ConnectOptions {
    /// `None`: those of the environment, at the time of the call.
    proxies: Option<Proxies>,
    pub(super) redirects: usize,
    timeout: Option<Duration>,
    pub(super) local_address: Option<IpAddr>,
    pub(super) nodelay: bool,
    #[cfg(unix)]
    pub(super) unix_socket: Option<PathBuf>,
    overrides: Vec<(String, Vec<SocketAddr>)>,
    resolver: Option<Arc<Resolver>>,
    pub(super) server_name: Option<String>,
    #[cfg(feature = "rustls")]
    tls: Option<Arc<ClientConfig>>,
    before_request: Option<Arc<BeforeRequest>>,
    after_response: Option<Arc<AfterResponse>>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl ConnectOptions {
    /// Creates the options that `connect` and `connect_with` use.
    pub const fn new() -> Self {
        Self {
            proxies: None,
            redirects: 0,
            timeout: None,
            local_address: None,
            nodelay: true,
            #[cfg(unix)]
            unix_socket: None,
            overrides: Vec::new(),
            resolver: None,
            server_name: None,
            #[cfg(feature = "rustls")]
            tls: None,
            before_request: None,
            after_response: None,
        }
    }

    /// Sets the rules that choose a proxy. By default they are read from the environment with each call that connects
    /// ([`Proxies::from_env`]).
    ///
    /// To ignore the environment and connect directly:
    ///
    /// ```
    /// use bowline::{adapter::ConnectOptions, proxy::Proxies};
    ///
    /// let options = ConnectOptions::new().proxies(Proxies::none());
    /// ```
    #[doc(alias("http_proxy", "no_proxy", "direct"))]
    pub fn proxies(self, proxies: Proxies) -> Self {
        Self { proxies: Some(proxies), ..self }
    }

    /// Uses this proxy for every server: the same as [`proxies`](Self::proxies) with [`Proxies::always`].
    #[doc(alias("socks5", "http proxy"))]
    pub fn proxy(self, proxy: Proxy) -> Self {
        self.proxies(Proxies::always(proxy))
    }

    /// Follows up to `limit` redirects (RFC 9110 §15.4), by the rules of [`Redirects`](crate::client::Redirects). The default is 0:
    /// a redirect is then an error like every other refusal, [`Error::Handshake`](super::Error::Handshake) with the response.
    ///
    /// A redirect that is not followed, because of the limit or because it leads from `wss` to `ws`, is
    /// [`Error::Redirect`](super::Error::Redirect).
    #[doc(alias("redirect", "Location", "max_redirects"))]
    pub fn follow_redirects(self, limit: usize) -> Self {
        Self { redirects: limit, ..self }
    }

    /// Sets how long the whole call may take: all redirects, and for each of them DNS lookup, TCP, proxy, TLS and the opening
    /// handshake. The default is [`Deadlines::handshake`](crate::Deadlines::handshake) of the [`Config`], also for all of them
    /// together.
    #[doc(alias("deadline", "connect timeout", "open_timeout"))]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Sets the local IP address of TCP connections. Only addresses of the same family are attempted then.
    #[doc(alias("bind", "interface", "source address"))]
    pub fn local_address(self, address: IpAddr) -> Self {
        Self { local_address: Some(address), ..self }
    }

    /// Sets whether TCP sends short messages at once (`TCP_NODELAY`). The default is `true`. With `false`, a short message can wait
    /// until the peer has acknowledged the previous one, which makes fewer packets of several short messages.
    #[doc(alias("TCP_NODELAY", "Nagle"))]
    pub fn nodelay(self, nodelay: bool) -> Self {
        Self { nodelay, ..self }
    }

    /// Connects to the Unix socket with this path, and not over TCP. Proxies and DNS are then not used.
    ///
    /// The URI is still used for the `Host` field, the path and, with `wss://`, TLS. A redirect goes to the same socket.
    #[doc(alias("unix domain socket", "UDS"))]
    #[cfg(unix)]
    pub fn unix_socket(self, path: impl Into<PathBuf>) -> Self {
        Self { unix_socket: Some(path.into()), ..self }
    }

    /// Sets the addresses of a host, instead of a DNS lookup. An address with the port 0 gets the port of the URI. Call it once for
    /// each host.
    ///
    /// The name in the URI is still sent in the `Host` field, and the server's certificate must be valid for it. The addresses are
    /// also used for a proxy with this name. A server whose name is resolved by its proxy is not affected.
    ///
    /// ```
    /// use bowline::adapter::ConnectOptions;
    ///
    /// let options = ConnectOptions::new().resolve("example.com", [([127, 0, 0, 1], 8443).into()]);
    /// ```
    #[doc(alias("dns", "hosts"))]
    pub fn resolve(mut self, host: &str, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.overrides.push((host.into(), addresses.into_iter().collect()));
        self
    }

    /// Sets a function that makes the DNS lookups instead of the operating system. It gets the host and the port of a server or a
    /// proxy, and is not called for IP addresses, nor for hosts with [`resolve`](Self::resolve).
    ///
    /// The function may block. On Tokio it runs in a thread for blocking work.
    ///
    /// ```
    /// use bowline::adapter::ConnectOptions;
    /// use std::net::ToSocketAddrs;
    ///
    /// let options = ConnectOptions::new().resolver(|host, port| {
    ///     // Here: IPv4 only.
    ///     Ok((host, port).to_socket_addrs()?.filter(|address| address.is_ipv4()).collect())
    /// });
    /// ```
    #[doc(alias("dns"))]
    pub fn resolver<F>(self, resolver: F) -> Self
    where
        F: Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    {
        Self { resolver: Some(Arc::new(resolver)), ..self }
    }

    /// Sets the name that TLS sends to the server (SNI), and for which its certificate must be valid, to another name than the host
    /// of the URI. It is a DNS name or an IP address.
    ///
    /// It is used for the server of the request, and for redirects to the same host and port. Other servers and proxies must have
    /// certificates for their own names. The `Host` field has the host of the URI unless
    /// [`Request::host_header`] changes it.
    #[doc(alias("SNI", "domain"))]
    pub fn server_name(self, name: &str) -> Self {
        Self { server_name: Some(name.into()), ..self }
    }

    /// Sets the configuration of TLS, for `wss://` and for `https://` proxies. The default is the platform's verifier, with the root
    /// certificates that it trusts.
    ///
    /// Use it for other root certificates, such as those of the crate `webpki-roots` where the platform has none, for a client
    /// certificate, or for another cryptography provider. The [guide](crate::guide::tls) has examples.
    ///
    /// ```
    /// use bowline::adapter::{ConnectOptions, blocking::rustls::{ClientConfig, RootCertStore, crypto::ring}};
    /// use std::sync::Arc;
    ///
    /// # fn run(own_roots: RootCertStore) -> Result<(), Box<dyn std::error::Error>> {
    /// let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(own_roots)
    ///     .with_no_client_auth();
    /// let options = ConnectOptions::new().tls(tls);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("client_tls_with_config", "connect_async_tls_with_config", "certificate", "wss"))]
    #[cfg(feature = "rustls")]
    pub fn tls(self, config: impl Into<Arc<ClientConfig>>) -> Self {
        Self { tls: Some(config.into()), ..self }
    }

    /// Sets a function that changes each request before it is sent, for example to add cookies or a token for its host. It is also
    /// called for each redirect, with the request for the new URI.
    ///
    /// What it adds is for one request only: the request for a redirect does not have it. The function must not change the URI, as
    /// relative redirects refer to it.
    ///
    /// ```
    /// use bowline::adapter::ConnectOptions;
    ///
    /// let options = ConnectOptions::new().before_request(|request| match request.host() {
    ///     "example.com" => request.header("Cookie", "session=4711"),
    ///     _ => Ok(request),
    /// });
    /// ```
    ///
    /// The function is called by the thread that connects, so it should not block. Its error ends the call with
    /// [`Error::Request`](super::Error::Request).
    #[doc(alias("cookie", "token", "hook"))]
    pub fn before_request<F>(self, hook: F) -> Self
    where
        F: Fn(Request) -> Result<Request, RequestError> + Send + Sync + 'static,
    {
        Self { before_request: Some(Arc::new(hook)), ..self }
    }

    /// Sets a function that gets each response and its request, for example to store cookies. It is called for the response that
    /// accepts, for each redirect, and for a refusal.
    ///
    /// ```
    /// use bowline::adapter::ConnectOptions;
    ///
    /// let options = ConnectOptions::new().after_response(|request, response| {
    ///     for cookie in response.headers().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie")) {
    ///         println!("{} sets {:?}", request.host(), cookie.1);
    ///     }
    /// });
    /// ```
    ///
    /// A response that is not valid HTTP is not passed to it. The function is called by the thread that connects, so it should not
    /// block.
    #[doc(alias("Set-Cookie", "hook"))]
    pub fn after_response<F>(self, hook: F) -> Self
    where
        F: Fn(&Request, &Response) + Send + Sync + 'static,
    {
        Self { after_response: Some(Arc::new(hook)), ..self }
    }

    /// Chooses the proxy for a request.
    pub(super) fn proxy_for(&self, request: &Request) -> Result<Option<Proxy>, crate::proxy::ProxyUriError> {
        #[cfg(unix)]
        if self.unix_socket.is_some() {
            return Ok(None);
        }
        match &self.proxies {
            Some(proxies) => proxies.select(request),
            None => Proxies::from_env().select(request),
        }
    }

    /// Returns the configuration for the connection, whose handshake deadline is that of the whole call.
    pub(super) fn with_deadline(&self, config: Arc<Config>) -> Arc<Config> {
        match self.timeout {
            None => config,
            Some(timeout) => {
                let config = Config::clone(&config);
                Arc::new(config.with(|config| config.deadlines.handshake = Some(timeout)))
            }
        }
    }

    /// Returns the addresses that the caller has set for a host.
    pub(super) fn known(&self, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
        let (_, addresses) = self.overrides.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(host))?;
        let with_port = |address: &SocketAddr| match address.port() {
            0 => SocketAddr::new(address.ip(), port),
            _ => *address,
        };
        Some(addresses.iter().map(with_port).collect())
    }

    /// Returns the caller's resolver, unless `host` is an address already.
    pub(super) fn resolver_for(&self, host: &str) -> Option<&Arc<Resolver>> {
        self.resolver.as_ref().filter(|_| without_zone(host).parse::<IpAddr>().is_err())
    }

    /// Returns the configuration of TLS.
    #[cfg(feature = "rustls")]
    pub(super) fn tls_config(&self) -> io::Result<Arc<ClientConfig>> {
        match &self.tls {
            Some(config) => Ok(config.clone()),
            None => super::tls::platform(),
        }
    }

    pub(super) fn call_before(&self, request: Request) -> Result<Request, RequestError> {
        match &self.before_request {
            Some(hook) => hook(request),
            None => Ok(request),
        }
    }

    pub(super) fn call_after(&self, request: &Request, response: &Response) {
        if let Some(hook) = &self.after_response {
            hook(request, response);
        }
    }
}

/// Closures and the configuration of TLS are left out.
impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("ConnectOptions");
        text.field("proxies", &self.proxies)
            .field("follow_redirects", &self.redirects)
            .field("timeout", &self.timeout)
            .field("local_address", &self.local_address)
            .field("nodelay", &self.nodelay);
        #[cfg(unix)]
        text.field("unix_socket", &self.unix_socket);
        text.field("resolve", &self.overrides).field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use std::vec;

    /// The last addresses of a host count, in any case of its name. Port 0 is that of the URI.
    #[test]
    fn addresses_of_a_host() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let options = ConnectOptions::new()
            .resolve("example.com", [address("192.0.2.1:1")])
            .resolve("Example.com", [address("192.0.2.2:0"), address("[2001:db8::1]:7")])
            .resolver(|host, _| panic!("{host} is known"));
        let expected = vec![address("192.0.2.2:80"), address("[2001:db8::1]:7")];
        assert_eq!(options.known("EXAMPLE.com", 80), Some(expected));
        assert_eq!(options.known("example.org", 80), None);
        assert!(options.resolver_for("example.com").is_some() && options.resolver_for("192.0.2.1").is_none());
        assert!(options.resolver_for("fe80::1%eth0").is_none(), "an address with a zone is not a name either");
    }

    /// `Debug` has no password.
    #[test]
    fn no_secrets() {
        let proxy = Proxy::from_uri("http://me:secret@proxy.example:3128").unwrap();
        let text = format!("{:?}", ConnectOptions::default().proxy(proxy));
        assert!(text.contains("proxy.example:3128") && !text.contains("secret"), "{text}");
    }

    /// The environment is not read if the caller has said which proxies to use.
    #[test]
    fn proxies_of_the_caller() {
        let request = Request::from_uri("ws://example.com/").unwrap();
        let none = ConnectOptions::new().proxies(Proxies::none());
        assert_eq!(none.proxy_for(&request), Ok(None));
        let always = none.proxy(Proxy::from_uri("proxy.example").unwrap());
        assert_eq!(always.proxy_for(&request).unwrap().unwrap().host(), "proxy.example");
        #[cfg(unix)]
        assert_eq!(always.unix_socket("/nowhere").proxy_for(&request), Ok(None));
    }
}
