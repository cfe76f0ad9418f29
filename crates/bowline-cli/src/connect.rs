//! Connecting, and why it failed in words.

use crate::{
    arguments::Arguments,
    ending::{Ending, Status},
    screen::{Screen, Tone},
};
use bowline::{
    Config, Delivery, HandshakeError,
    adapter::tokio::{
        self as ws, ClientStream, ConnectError, ConnectStage, Error, WebSocket,
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

pub(crate) type Socket = WebSocket<ClientStream>;

/// A connection, after its opening handshake.
pub(crate) async fn connect(arguments: &Arguments, screen: &Screen) -> Result<Socket, Ending> {
    let request = request(arguments).map_err(|error| Ending::new(Status::Usage, format!("cannot ask: {error}")))?;
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
        Err(error) => Err(not_connected(arguments, &error)),
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

fn not_connected(arguments: &Arguments, error: &Error) -> Ending {
    let (uri, time) = (&arguments.uri, arguments.connect_timeout);
    let words = match error {
        Error::Handshake { error: HandshakeError::Deadline, .. } => format!(
            "no connection to {uri} within {time:?}: the server was reached, but does not answer the handshake. \
             --connect-timeout waits longer."
        ),
        Error::Handshake { error, response } => return refused(uri, error, response.as_deref()),
        Error::Connect(error) => format!("{error}. {}", connect_advice(error)),
        Error::Io(error) => format!(
            "the connection to {uri} broke in the handshake: {error}. Is it a WebSocket server, and does it speak TLS or not \
             as the URI says?"
        ),
        error => error.to_string(),
    };
    Ending::new(Status::NotConnected, words)
}

fn refused(uri: &str, error: &HandshakeError, response: Option<&Response>) -> Ending {
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
    if let Some(line) = first_line(response.body()) {
        let _ = write!(words, " The server says: {line:?}.");
    }
    Ending::new(Status::Refused, words)
}

/// The first line of text with something in it, unless it is markup. To be shown escaped, as it is the server's choice what is in
/// it.
fn first_line(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).filter(|line| !line.starts_with('<'))?;
    Some(line.chars().take(200).collect())
}

fn connect_advice(error: &ConnectError) -> &'static str {
    let reason = error.io_error();
    match (error.stage(), reason.kind()) {
        (_, io::ErrorKind::TimedOut) => "The server, or a firewall before it, is slow: --connect-timeout waits longer.",
        (ConnectStage::Name, _) => "Is the name spelled right, and is there a network?",
        (ConnectStage::Tls, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
            "The server hung up: does it speak TLS on this port? If not, use ws://."
        }
        (ConnectStage::Tls, _) => reason.get_ref().and_then(|inner| inner.downcast_ref()).map_or("", tls_advice),
        (_, io::ErrorKind::ConnectionRefused) => "Nothing listens there: is the server running, and is the port right?",
        _ => "Is the server up, and does a firewall or a VPN stand in between?",
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
