//! Connects, and describes why connecting failed.

use crate::{
    arguments::Arguments,
    ending::{Ending, Status},
    screen::{Screen, Tone},
    way::{self, invalid},
};
use bowline::{
    Config, Delivery, HandshakeError,
    adapter::tokio::{
        self as ws, ClientStream, ConnectError, ConnectHop, ConnectStage, Error, WebSocket,
        rustls::{self, AlertDescription, CertificateError},
    },
    client::{RedirectError, Request, Response},
    deflate,
    proxy::Proxy,
};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

pub(crate) type Socket = WebSocket<ClientStream>;

/// Connects and performs the opening handshake.
pub(crate) async fn connect(arguments: &Arguments, screen: &Screen) -> Result<Socket, Ending> {
    let request = request(arguments)?;
    let (options, proxies) = way::options(arguments)?;
    // After redirects, it is the last one.
    let asked = Arc::new(Mutex::new(request.clone()));
    let last = asked.clone();
    let options = options.before_request(move |request| {
        last.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&request);
        Ok(request)
    });
    let opened = ws::connect_using(request, &options, config(arguments)).await;
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    let proxy = proxies.select(&asked).ok().flatten().filter(|_| !uses_unix_socket(arguments));
    let server = Server { address: address(&asked), proxy, arguments };
    match opened {
        Ok((mut socket, response)) => {
            server.report(&mut socket, &response, screen);
            Ok(socket)
        }
        Err(error) => Err(server.not_connected(&error)),
    }
}

fn uses_unix_socket(arguments: &Arguments) -> bool {
    #[cfg(unix)]
    return arguments.unix_socket.is_some();
    #[cfg(not(unix))]
    {
        let _ = arguments;
        false
    }
}

fn request(arguments: &Arguments) -> Result<Request, Ending> {
    let mut request = Request::from_uri(&arguments.uri).map_err(|error| invalid(&error))?;
    for protocol in &arguments.subprotocols {
        request = request.protocol(protocol).map_err(|error| invalid(&error))?;
    }
    if let Some(origin) = &arguments.origin {
        request = request.origin(origin).map_err(|error| invalid(&error))?;
    }
    if let Some((user, password)) = way::credentials(arguments)? {
        request = request.basic_auth(&user, &password).map_err(|error| invalid(&error))?;
    }
    for header in &arguments.headers {
        let (name, value) =
            header.split_once(':').ok_or_else(|| invalid(&"--header without a colon: write it as 'Name: value'"))?;
        request = request.header(name.trim(), value.trim()).map_err(|error| invalid(&error))?;
    }
    Ok(request)
}

/// Returns the URI without the query, which can be a secret.
fn address(request: &Request) -> String {
    let (scheme, default) = if request.is_secure() { ("wss", 443) } else { ("ws", 80) };
    let host = request.host();
    let host = if host.contains(':') { format!("[{host}]") } else { host.into() };
    let port = if request.port() == default { String::new() } else { format!(":{}", request.port()) };
    format!("{scheme}://{host}{port}{}", request.path())
}

fn config(arguments: &Arguments) -> Config {
    Config::default().with(|config| {
        (config.limits.message, config.limits.frame) = (arguments.limit, arguments.limit);
        if arguments.receive_file.is_some() {
            config.delivery = Delivery::Chunks;
        }
        config.deadlines.close = arguments.close_timeout;
        config.deflate = arguments.compress.then(deflate::Options::default);
    })
}

/// The server, as messages to the user name it.
struct Server<'a> {
    address: String,
    proxy: Option<Proxy>,
    arguments: &'a Arguments,
}

impl Server<'_> {
    /// Prints the address and what was agreed.
    fn report(&self, socket: &mut Socket, response: &Response, screen: &Screen) {
        let Self { address, proxy, arguments } = self;
        match socket.get_ref().peer_addr() {
            Ok(ip) if arguments.verbose => {
                let proxy = if proxy.is_some() { " (the proxy)" } else { "" };
                let tls = socket.get_ref().tls_connection().and_then(|tls| tls.protocol_version());
                let tls = tls.map_or(String::new(), |version| format!(", {version:?}"));
                screen.detail(format_args!("connected to {address} at {ip}{proxy}{tls}"));
            }
            _ if screen.is_watched() => screen.line(Tone::Plain, format_args!("connected to {address}")),
            _ => {}
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

    /// Describes why there is no connection. What the library says needs only the advice about options of this program.
    fn not_connected(&self, error: &Error) -> Ending {
        let address = &self.address;
        let (status, advice) = match error {
            Error::Handshake { error: HandshakeError::Deadline { .. }, .. } => (
                Status::NotConnected,
                " The server was reached, but did not answer. Use --connect-timeout to wait longer.",
            ),
            Error::Handshake { error: HandshakeError::Status(status), .. } => (Status::Refused, status_advice(*status)),
            Error::Handshake { response: Some(_), .. } => {
                (Status::Refused, " The server, or a proxy in between, does not implement WebSocket correctly.")
            }
            Error::Handshake { .. } => (
                Status::Refused,
                " This is not the answer of a WebSocket server: check the port and the scheme (ws:// or wss://).",
            ),
            Error::Connect(error) => (Status::NotConnected, self.connect_advice(error)),
            Error::Redirect(error) => (Status::Refused, redirect_advice(error)),
            Error::Io(error) => (Status::NotConnected, self.tls_advice(error).unwrap_or(
                " The connection was lost during the handshake: check that this is a WebSocket server, and the scheme \
                 (ws:// or wss://).",
            )),
            _ => (Status::NotConnected, ""),
        };
        let line = match error {
            Error::Connect(_) => format!("{error}.{advice}"),
            _ if status == Status::Refused => format!("refused by {address}: {error}.{advice}"),
            _ => format!("no connection to {address}: {error}.{advice}"),
        };
        Ending::new(status, line)
    }

    fn connect_advice(&self, error: &ConnectError) -> &'static str {
        let reason = error.io_error();
        match (error.stage(), reason.kind()) {
            (ConnectStage::Proxy, _) if error.proxy().is_none() => " Correct it, or use --proxy or --noproxy.",
            // What is wrong with TLS itself, the library says.
            (stage, kind)
                if matches!(error.hop(), ConnectHop::Proxy(..))
                    && (stage != ConnectStage::Tls || kind == io::ErrorKind::TimedOut) =>
            {
                " Check --proxy, or the variables for proxies in the environment; with --noproxy '*', none is used."
            }
            (ConnectStage::Unix, _) => " Check the path of --unix-socket, and that the server is running.",
            (_, io::ErrorKind::TimedOut) => {
                " The server may be slow, or a firewall may block it: use --connect-timeout to wait longer."
            }
            (ConnectStage::Resolve, _) => " Check the host name and the network connection.",
            (ConnectStage::Tls, _) => self.tls_advice(reason).unwrap_or(""),
            (_, io::ErrorKind::ConnectionRefused) => {
                " Nothing is listening there: check the port, and that the server is running."
            }
            _ => " Check that the server is running, and that no firewall or VPN blocks it.",
        }
    }

    /// What this program can do about an error of TLS. `None` if it is not one.
    fn tls_advice(&self, error: &io::Error) -> Option<&'static str> {
        let error: &rustls::Error = error.get_ref()?.downcast_ref()?;
        Some(match error {
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) if self.arguments.cacert.is_some() => {
                " The file of --cacert replaces the authorities of the platform, and does not have the one that signed it."
            }
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                " To trust the authority that signed it, pass the PEM file of the authority with --cacert."
            }
            rustls::Error::General(_) if self.arguments.cacert.is_none() => {
                " Or pass the PEM file of an authority with --cacert."
            }
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => " Pass one with --cert.",
            _ => "",
        })
    }
}

fn redirect_advice(error: &RedirectError) -> &'static str {
    match error {
        RedirectError::TooMany { .. } => " Allow more of them with --follow=N.",
        _ => "",
    }
}

/// What the library's text about a status does not say, since it is about options of this program.
fn status_advice(status: u16) -> &'static str {
    match status {
        301 | 302 | 303 | 307 | 308 => " To follow it, use --follow.",
        401 => " Send credentials with --auth USER:PASSWORD, or with --header 'Authorization: Bearer …'.",
        403 => " Try with --origin, or with credentials in a --header.",
        _ => "",
    }
}
