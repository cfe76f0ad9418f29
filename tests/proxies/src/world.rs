//! The servers and the proxies that run.sh has started.

use crate::{Outcome, answers::Program};
use bowline::{adapter::ConnectOptions, proxy::Proxy};
use std::{
    env, io,
    net::{TcpListener, TcpStream},
};

/// The account that the proxies have, as in run.sh. In a URI, every character can be percent-encoded.
pub(crate) const USER: &str = "me";
pub(crate) const PASSWORD: &str = "s3cr3t-1";
pub(crate) const RIGHT: &str = "me:s3cr3t%2D1";

/// A name that is only in the hosts file of the proxies.
pub(crate) const NAME_FOR_PROXIES: &str = "for-proxies.test";
/// A name that their configurations forbid.
pub(crate) const FORBIDDEN: &str = "forbidden.test";
/// A name that nobody can resolve: its first label has 64 bytes, which DNS does not allow, so that there is no query for it.
pub(crate) const UNKNOWN: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.test";

pub(crate) struct World {
    /// The port of the server without TLS, on `127.0.0.1` and `::1`.
    pub(crate) plain: u16,
    /// The port of the server with TLS, whose certificate is for localhost.
    pub(crate) secure: u16,
    /// Whether the server is on `::1`, too.
    pub(crate) has_ipv6: bool,
    /// A port at which nobody listens.
    pub(crate) nobody: u16,
    pub(crate) services: Vec<Service>,
    /// Keep others from the port `nobody`.
    _sockets: (TcpListener, TcpStream),
}

/// A port of a proxy.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) program: Program,
    pub(crate) scheme: &'static str,
    pub(crate) host: &'static str,
    pub(crate) port: u16,
    /// Whether a password is required.
    pub(crate) is_locked: bool,
}

impl World {
    /// Takes the ports in the order of run.sh.
    pub(crate) fn new(ports: &[&str]) -> Outcome<Self> {
        let ports = ports.iter().map(|port| port.parse()).collect::<Result<Vec<u16>, _>>()?;
        let &[plain, secure, ref ports @ ..] = &*ports else {
            return Err("the ports of the servers are missing".into());
        };
        let local = "127.0.0.1";
        let services = [
            ("squid", Program::Squid, "http", local, false),
            ("squid with passwords", Program::Squid, "http", local, true),
            ("squid with TLS", Program::Squid, "https", "localhost", false),
            ("squid with TLS and passwords", Program::Squid, "https", "localhost", true),
            ("tinyproxy", Program::Tinyproxy, "http", local, false),
            ("tinyproxy with passwords", Program::Tinyproxy, "http", local, true),
            ("Dante", Program::Dante, "socks5h", local, false),
            ("Dante with passwords", Program::Dante, "socks5h", local, true),
            ("microsocks", Program::Microsocks, "socks5h", local, false),
            ("microsocks with passwords", Program::Microsocks, "socks5h", local, true),
        ];
        if ports.len() != services.len() {
            return Err(format!("there are {} ports for {} proxies", ports.len(), services.len()).into());
        }
        let services = services.into_iter().zip(ports);
        let services = services.map(|((name, program, scheme, host, is_locked), port)| Service {
            name,
            program,
            scheme,
            host,
            port: *port,
            is_locked,
        });
        let (nobody, sockets) = nobody()?;
        let has_ipv6 = env::var_os("IPV6").is_some();
        Ok(Self { plain, secure, has_ipv6, nobody, services: services.collect(), _sockets: sockets })
    }

    pub(crate) fn service(&self, name: &str) -> Outcome<&Service> {
        let found = self.services.iter().find(|service| service.name == name);
        found.ok_or_else(|| format!("there is no proxy \"{name}\"").into())
    }

    /// The URI of the server without TLS, under this name or address.
    pub(crate) fn plain(&self, host: &str) -> String {
        format!("ws://{host}:{}/", self.plain)
    }

    /// The URI of the server with TLS.
    pub(crate) fn secure(&self) -> String {
        format!("wss://localhost:{}/", self.secure)
    }
}

impl Service {
    /// The URI with this user information, as in `me:secret`.
    pub(crate) fn uri_with(&self, user_information: &str) -> String {
        format!("{}://{user_information}@{}:{}", self.scheme, self.host, self.port)
    }

    /// The URI with the password, if one is required.
    pub(crate) fn uri(&self) -> String {
        if self.is_locked { self.uri_with(RIGHT) } else { self.uri_without() }
    }

    /// The URI without a password.
    pub(crate) fn uri_without(&self) -> String {
        format!("{}://{}:{}", self.scheme, self.host, self.port)
    }

    /// Options with this proxy, and with the password if one is required.
    pub(crate) fn options(&self) -> Outcome<ConnectOptions> {
        through(&self.uri())
    }
}

/// Options with the proxy at a URI.
pub(crate) fn through(uri: &str) -> Outcome<ConnectOptions> {
    Ok(ConnectOptions::new().proxy(Proxy::from_uri(uri)?))
}

/// A port that is in use, but not by a listener: the client's port of a connection.
fn nobody() -> io::Result<(u16, (TcpListener, TcpStream))> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    Ok((client.local_addr()?.port(), (listener, client)))
}
