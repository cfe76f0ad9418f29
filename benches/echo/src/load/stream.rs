//! A connection of the load: over TCP, with or without TLS.

use crate::{Outcome, plan::Kind, wire};
use mio::{Interest, Poll, Token};
use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// If nothing comes for so long, the server has lost something.
pub(crate) const STALLED: Duration = Duration::from_secs(10);

/// A blocking one from [`open`](Self::open), and one that does not block after [`register`](Self::register).
pub(crate) enum Stream<S: Read + Write> {
    Plain(S),
    Tls(Box<StreamOwned<ClientConnection, S>>),
}

impl Stream<std::net::TcpStream> {
    /// Connects, and makes the opening handshake with these header fields, unless the server is a bare loop.
    pub(crate) fn open(address: SocketAddr, kind: Kind, is_raw: bool, extensions: &str) -> Outcome<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STALLED))?;
        let mut stream = Self::Plain(stream);
        if kind == Kind::EchoOverTls {
            stream = stream.with_tls()?;
        }
        if is_raw {
            return Ok(stream);
        }
        stream.write_all(format!("{}{extensions}\r\n", wire::REQUEST).as_bytes())?;
        stream.flush()?;
        let head = stream.read_upgraded()?;
        if !extensions.is_empty() && !head.windows(18).any(|word| word == b"permessage-deflate") {
            return Err("the server does not compress".into());
        }
        Ok(stream)
    }

    /// Reads the answer to the opening handshake.
    pub(crate) fn read_upgraded(&mut self) -> Outcome<Vec<u8>> {
        let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
        while !head.ends_with(b"\r\n\r\n") {
            match self.read(&mut buffer)? {
                0 => return Err("the server closed the connection in the opening handshake".into()),
                count => head.extend_from_slice(&buffer[..count]),
            }
        }
        if head.starts_with(b"HTTP/1.1 101 ") { Ok(head) } else { Err(String::from_utf8_lossy(&head).into()) }
    }

    /// Ends a connection with a reset.
    pub(crate) fn reset(self) -> Outcome<()> {
        rustix::net::sockopt::set_socket_linger(self.tcp(), Some(Duration::ZERO))?;
        Ok(())
    }

    fn with_tls(self) -> Outcome<Self> {
        let Self::Plain(stream) = self else { return Ok(self) };
        thread_local!(static CONFIG: Arc<ClientConfig> = Arc::new(trusting()));
        let connection = ClientConnection::new(CONFIG.with(Arc::clone), ServerName::try_from("localhost")?)?;
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, stream))))
    }

    pub(crate) fn tcp(&self) -> &std::net::TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }

    /// From now on, it does not block, and reports to `poll`.
    pub(crate) fn register(self, poll: &Poll, token: usize) -> Outcome<Stream<mio::net::TcpStream>> {
        self.tcp().set_nonblocking(true)?;
        let register = |stream| -> io::Result<_> {
            let mut stream = mio::net::TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(token), Interest::READABLE | Interest::WRITABLE)?;
            Ok(stream)
        };
        Ok(match self {
            Self::Plain(stream) => Stream::Plain(register(stream)?),
            Self::Tls(stream) => {
                let StreamOwned { conn, sock } = *stream;
                Stream::Tls(Box::new(StreamOwned::new(conn, register(sock)?)))
            }
        })
    }
}

impl<S: Read + Write> Read for Stream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl<S: Read + Write> Write for Stream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

fn trusting() -> ClientConfig {
    let builder = ClientConfig::builder().dangerous();
    builder.with_custom_certificate_verifier(Arc::new(Anyone)).with_no_client_auth()
}

/// The servers make their certificates themselves.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
