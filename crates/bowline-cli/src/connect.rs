//! Connects, and describes why connecting failed.

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
    client::{Request, RequestError, Response},
    deflate,
};
use std::{fmt::Write, io, path::Path, sync::Arc};

pub(crate) type Socket = WebSocket<ClientStream>;

/// Connects and performs the opening handshake.
pub(crate) async fn connect(arguments: &Arguments, screen: &Screen) -> Result<Socket, Ending> {
    let request =
        request(arguments).map_err(|error| Ending::new(Status::Usage, format!("invalid request: {error}")))?;
    let config = config(arguments);
    let opened = match &arguments.ca {
        Some(path) => ws::connect_tls(request, config, trust(path)?).await,
        None => ws::connect_with(request, config).await,
    };
    match opened {
        Ok((mut socket, response)) => {
            report(arguments, &mut socket, &response, screen);
            Ok(socket)
        }
        Err(error) => Err(not_connected(arguments, &error)),
    }
}

fn request(arguments: &Arguments) -> Result<Request, RequestError> {
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
    Config::default().with(|config| {
        (config.limits.message, config.limits.frame) = (arguments.limit, arguments.limit);
        if arguments.receive_file.is_some() {
            config.delivery = Delivery::Chunks;
        }
        config.deadlines.handshake = Some(arguments.connect_timeout);
        config.deadlines.close = arguments.close_timeout;
        config.deflate = arguments.compress.then(deflate::Options::default);
    })
}

/// A TLS configuration that trusts the authorities in a file.
fn trust(path: &Path) -> Result<Arc<ClientConfig>, Ending> {
    let unusable =
        |error: &dyn std::fmt::Display| Ending::new(Status::Here, format!("--ca {}: {error}", path.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))? {
        roots.add(certificate.map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))?;
    }
    if roots.is_empty() {
        return Err(unusable(&"there is no certificate in the file: expected a PEM file"));
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    Ok(Arc::new(tls.with_root_certificates(roots).with_no_client_auth()))
}

/// Prints the address and what was agreed.
fn report(arguments: &Arguments, socket: &mut Socket, response: &Response, screen: &Screen) {
    if let Ok(address) = socket.get_ref().tcp().peer_addr() {
        let tls = socket.get_ref().tls_connection().and_then(|tls| tls.protocol_version());
        let tls = tls.map_or(String::new(), |version| format!(", {version:?}"));
        screen.detail(format_args!("connected to {} at {address}{tls}", arguments.uri));
    }
    match response.protocol() {
        Some(protocol) => screen.detail(format_args!("subprotocol: {protocol}")),
        None if !arguments.subprotocols.is_empty() => {
            screen.line(Tone::Plain, "the server chose none of the offered subprotocols");
        }
        None => {}
    }
    match socket.connection().deflate() {
        Some(agreement) => screen.detail(format_args!("compression: {agreement}")),
        None if arguments.compress => screen.line(Tone::Plain, "the server did not agree to compression"),
        None => {}
    }
}

fn not_connected(arguments: &Arguments, error: &Error) -> Ending {
    let (uri, time) = (&arguments.uri, arguments.connect_timeout);
    let line = match error {
        Error::Handshake { error: HandshakeError::Deadline, .. } => format!(
            "no connection to {uri} within {time:?}: the server was reached, but did not answer the handshake. \
             Use --connect-timeout to wait longer."
        ),
        Error::Handshake { error, response } => return refused(uri, error, response.as_deref()),
        Error::Connect(error) => format!("{error}. {}", connect_advice(error)),
        Error::Io(error) => format!(
            "the connection to {uri} was lost during the handshake: {error}. Check that it is a WebSocket server, and the \
             scheme (ws:// or wss://)."
        ),
        error => error.to_string(),
    };
    Ending::new(Status::NotConnected, line)
}

fn refused(uri: &str, error: &HandshakeError, response: Option<&Response>) -> Ending {
    let Some(response) = response else {
        let line = format!(
            "refused: {uri} did not answer the handshake as a WebSocket server: {error}. Check the port and the scheme \
             (ws:// or wss://)."
        );
        return Ending::new(Status::Refused, line);
    };
    let status = response.status();
    let mut line = match error {
        HandshakeError::Status(_) => format!("refused: {uri} answered with HTTP {status}"),
        _ => format!("refused: {uri} answered with HTTP {status}, but {error}"),
    };
    for name in ["Location", "WWW-Authenticate", "Retry-After"] {
        if let Some(value) = response.header(name) {
            let _ = write!(line, ", {name}: {}", value.escape_ascii());
        }
    }
    let _ = write!(line, ". {}", status_advice(status));
    if let Some(beginning) = first_line(response.body()) {
        let _ = write!(line, " The answer begins with {beginning:?}.");
    }
    Ending::new(Status::Refused, line)
}

/// Returns the first line that is not empty, unless it is markup. It may contain control characters, so print it escaped.
fn first_line(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).filter(|line| !line.starts_with('<'))?;
    Some(line.chars().take(200).collect())
}

fn connect_advice(error: &ConnectError) -> &'static str {
    let reason = error.io_error();
    match (error.stage(), reason.kind()) {
        (_, io::ErrorKind::TimedOut) => {
            "The server may be slow, or a firewall may block it: use --connect-timeout to wait longer."
        }
        (ConnectStage::Resolve, _) => "Check the host name and the network connection.",
        (ConnectStage::Tls, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
            "The server closed the connection: if it does not use TLS on this port, use ws://."
        }
        (ConnectStage::Tls, _) => reason.get_ref().and_then(|inner| inner.downcast_ref()).map_or("", tls_advice),
        (_, io::ErrorKind::ConnectionRefused) => {
            "Nothing is listening there: check the port, and that the server is running."
        }
        _ => "Check that the server is running, and that no firewall or VPN blocks it.",
    }
}

fn tls_advice(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => {
            "To trust the authority that signed it, pass the PEM file of the authority with --ca."
        }
        rustls::Error::InvalidCertificate(_) => {
            "Check the host name, and that the certificate of the server is valid for it today."
        }
        rustls::Error::InvalidMessage(_) => {
            "The server does not seem to use TLS on this port: try ws:// instead of wss://."
        }
        _ => "Client and server do not support the same TLS parameters.",
    }
}

fn status_advice(status: u16) -> &'static str {
    match status {
        101 => "The server or a proxy does not implement WebSocket correctly.",
        200..=299 => "This is a web page, not a WebSocket endpoint: check the path.",
        300..=399 => "The server redirects: connect to that address instead.",
        400 | 426 => "The server did not accept the request as a WebSocket handshake: check the path.",
        401 | 407 => "Send credentials, for example with --header 'Authorization: Bearer …'.",
        403 => "The server may require --origin, or credentials in a --header.",
        404 | 410 => "Check the path.",
        429 => "The server received too many requests: wait before the next one.",
        500..=599 => "The server, or another one behind it, failed: try again later.",
        _ => "See the documentation of the server.",
    }
}
