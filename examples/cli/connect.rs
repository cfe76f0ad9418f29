//! Connecting, and why it failed in words.

use crate::{
    arguments::Arguments,
    ending::{Ending, Status},
    screen::{Screen, Tone},
};
use bowline::{
    Config, Delivery, HandshakeError,
    adapter::tokio::{
        self as ws, ClientStream, Error, WebSocket,
        rustls::{
            self, ClientConfig, RootCertStore,
            crypto::ring,
            pki_types::{CertificateDer, pem::PemObject},
        },
    },
    client::{InvalidRequest, Request, Response},
    deflate,
};
use std::{fmt::Write, io, path::Path, sync::Arc};
use tokio::net::lookup_host;

pub(crate) type Socket = WebSocket<ClientStream>;

/// A connection, after its opening handshake.
pub(crate) async fn connect(arguments: &Arguments, screen: &Screen) -> Result<Socket, Ending> {
    let request = request(arguments).map_err(|error| Ending::new(Status::Usage, format!("cannot ask: {error}")))?;
    let target = Target { uri: &arguments.uri, host: request.host().into(), port: request.port() };
    let config = Arc::new(config(arguments));
    let opened = match &arguments.ca {
        Some(path) => ws::connect_tls(request, &config, &trust(path)?).await,
        None => ws::connect_with(request, &config).await,
    };
    match opened {
        Ok((mut socket, response)) => {
            tell(arguments, &mut socket, &response, screen);
            Ok(socket)
        }
        Err(Error::Handshake { error: HandshakeError::Deadline, .. }) => Err(target.too_slow(arguments)),
        Err(Error::Handshake { error, response }) => Err(target.refused(&error, response.as_deref())),
        Err(Error::Io(error)) => Err(target.unreachable(&error).await),
        Err(error) => Err(Ending::new(Status::NotConnected, error.to_string())),
    }
}

fn request(arguments: &Arguments) -> Result<Request, InvalidRequest> {
    let mut request = Request::from_uri(&arguments.uri)?;
    for protocol in &arguments.subprotocols {
        request = request.protocol(protocol)?;
    }
    if let Some(origin) = &arguments.origin {
        request = request.origin(origin)?;
    }
    for (name, value) in &arguments.headers {
        request = request.header(name, value)?;
    }
    Ok(request)
}

fn config(arguments: &Arguments) -> Config {
    let mut config = Config::default();
    (config.limits.message, config.limits.frame) = (arguments.limit, arguments.limit);
    if arguments.receive_file.is_some() {
        config.delivery = Delivery::Chunks;
    }
    config.deadlines.handshake = Some(arguments.connect_timeout);
    config.deadlines.close = arguments.close_timeout;
    config.deflate = arguments.compress.then(deflate::Options::default);
    config
}

/// TLS that trusts the authorities in a file.
fn trust(path: &Path) -> Result<Arc<ClientConfig>, Ending> {
    let unusable =
        |error: &dyn std::fmt::Display| Ending::new(Status::Here, format!("--ca {}: {error}", path.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))? {
        roots.add(certificate.map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))?;
    }
    if roots.is_empty() {
        return Err(unusable(&"there is no certificate in it: it must be a PEM file"));
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    Ok(Arc::new(tls.with_root_certificates(roots).with_no_client_auth()))
}

/// What was agreed.
fn tell(arguments: &Arguments, socket: &mut Socket, response: &Response, screen: &Screen) {
    if let Ok(address) = socket.get_ref().tcp().peer_addr() {
        let tls = socket.get_ref().tls_connection().and_then(|tls| tls.protocol_version());
        let tls = tls.map_or(String::new(), |version| format!(", {version:?}"));
        screen.detail(format_args!("connected to {} at {address}{tls}", arguments.uri));
    }
    match response.protocol() {
        Some(protocol) => screen.detail(format_args!("subprotocol: {protocol}")),
        None if !arguments.subprotocols.is_empty() => {
            screen.line(Tone::Plain, "the server chose none of the subprotocols that were offered");
        }
        None => {}
    }
    match socket.connection().deflate() {
        Some(agreement) => screen.detail(format_args!("compression: {agreement}")),
        None if arguments.compress => screen.line(Tone::Plain, "the server does not compress: messages go as they are"),
        None => {}
    }
}

/// What was to be reached.
struct Target<'a> {
    uri: &'a str,
    host: String,
    port: u16,
}

impl Target<'_> {
    fn too_slow(&self, arguments: &Arguments) -> Ending {
        Ending::new(
            Status::NotConnected,
            format!(
                "no connection to {} within {:?}: the server, or a firewall before it, does not answer. --connect-timeout \
                 waits longer.",
                self.uri, arguments.connect_timeout
            ),
        )
    }

    /// Names, TCP and TLS all fail with an error of IO; which of them it was, shows here.
    async fn unreachable(&self, error: &io::Error) -> Ending {
        let Self { uri, host, port } = self;
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Ending::new(
                Status::NotConnected,
                format!("TLS with {host}:{port} failed: {tls}. {}", tls_advice(tls)),
            );
        }
        let addresses: Vec<_> = match lookup_host((host.as_str(), *port)).await {
            Ok(addresses) => addresses.map(|address| address.to_string()).collect(),
            Err(error) => {
                let words =
                    format!("cannot find the host {host}: {error}. Is the name spelled right, and is there a network?");
                return Ending::new(Status::NotConnected, words);
            }
        };
        let advice = match error.kind() {
            io::ErrorKind::ConnectionRefused => "Nothing listens there: is the server running, and is the port right?",
            io::ErrorKind::UnexpectedEof => "The server hung up: does it speak TLS on this port? If not, use ws://.",
            io::ErrorKind::ConnectionReset => {
                "The server hung up: is it a WebSocket server, and does it speak TLS or not as the URI says?"
            }
            _ => "Is the server up, and does a firewall or a VPN stand in between?",
        };
        let words = format!("cannot connect to {uri} (tried {}): {error}. {advice}", addresses.join(", "));
        Ending::new(Status::NotConnected, words)
    }

    fn refused(&self, error: &HandshakeError, response: Option<&Response>) -> Ending {
        let Self { uri, .. } = self;
        let Some(response) = response else {
            let words = format!(
                "refused: {uri} did not answer the handshake as a WebSocket server: {error}. Are the port and the scheme \
                 right, ws:// or wss://?"
            );
            return Ending::new(Status::Refused, words);
        };
        let status = response.status();
        let mut words = match error {
            HandshakeError::Status(_) => format!("refused: {uri} answered with HTTP {status}"),
            _ => format!("refused: {uri} answered with HTTP {status}, but {error}"),
        };
        for name in ["Location", "WWW-Authenticate", "Retry-After"] {
            if let Some(value) = response.header(name) {
                let _ = write!(words, ", {name}: {}", value.escape_ascii());
            }
        }
        let _ = write!(words, ". {}", status_advice(status));
        Ending::new(Status::Refused, words)
    }
}

fn tls_advice(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => {
            "If you trust the authority that signed it, name its file with --ca."
        }
        rustls::Error::InvalidCertificate(_) => "Is it the right server, by the name that its certificate has?",
        rustls::Error::InvalidMessage(_) => "It does not seem to speak TLS on this port: try ws:// in place of wss://.",
        _ => "The two could not agree on how to encrypt.",
    }
}

fn status_advice(status: u16) -> &'static str {
    match status {
        101 => "The server, or something in between, does not speak WebSocket as it should.",
        300..=399 => "The server sends clients elsewhere: connect there.",
        400 | 426 => "The server did not take this for a WebSocket request: does this path speak WebSocket?",
        401 | 407 => "Say who you are, such as with --header 'Authorization: Bearer …'.",
        403 => "It may want another --origin, or other credentials in a --header.",
        404 | 410 => "Is the path right?",
        429 => "There were too many requests: wait.",
        500..=599 => "Something failed in the server, or behind it: try again later.",
        200..=299 => "That is a web page and no WebSocket: is the path right?",
        _ => "The documentation of the server may say what it wants.",
    }
}
