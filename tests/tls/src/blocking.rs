//! `wss://` with the blocking adapter, against a server of rustls with a certificate that is made here.

use bowline::{
    Cause, CloseCode, Config, Connection, Deadline, Interrupted, Role,
    adapter::{
        ConnectOptions, ConnectStage, Error,
        blocking::{
            self, ClientStream, Socket, Transport, WebSocket,
            rustls::{
                self, ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
                version::{TLS12, TLS13},
            },
        },
    },
    client::Request,
    server::Accept,
};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, mpsc},
    task::Poll,
    thread::{self, JoinHandle},
    time::Duration,
};

/// The server's stream, as a program would make it for itself.
pub(crate) struct Tls(pub(crate) StreamOwned<ServerConnection, TcpStream>);

impl Read for Tls {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Tls {
    /// `StreamOwned` (0.23.46) accepts nothing, and returns 0, if it could write only a part of what it has encrypted before.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes)? {
            0 if !bytes.is_empty() => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Transport for Tls {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.sock.set_timeout(timeout)
    }

    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        self.0.sock.set_nonblocking(nonblocking)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.0.conn.send_close_notify();
        self.0.flush()?;
        self.0.sock.shutdown(Shutdown::Write)
    }

    fn socket(&self) -> Option<Socket<'_>> {
        Some(Socket::from(&self.0.sock))
    }
}

/// A server with a certificate for `localhost`, for one connection, with what it does after the TLS handshake was begun. Returns
/// its port, and a client's configuration that trusts it.
fn server<T: Send + 'static>(serve: impl FnOnce(Tls) -> T + Send + 'static) -> (u16, Arc<ClientConfig>, JoinHandle<T>) {
    let (tls, client) = super::certified();
    let (port, serves) = server_with(tls, serve);
    (port, client, serves)
}

/// The same with this configuration.
fn server_with<T: Send + 'static>(
    tls: Arc<ServerConfig>,
    serve: impl FnOnce(Tls) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serves = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        serve(Tls(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream)))
    });
    (port, serves)
}

/// Accepts the opening handshake.
fn accept(stream: Tls) -> Result<WebSocket<Tls>, Error> {
    blocking::accept(stream, &Accept::same_origin(), Config::default())
}

fn connect_with(port: u16, tls: Arc<ClientConfig>, config: Config) -> Result<WebSocket<ClientStream>, Error> {
    let request = Request::from_uri(&format!("wss://localhost:{port}/")).unwrap();
    Ok(blocking::connect_using(request, &ConnectOptions::new().tls(tls), config)?.0)
}

fn connect(port: u16, tls: Arc<ClientConfig>) -> WebSocket<ClientStream> {
    connect_with(port, tls, Config::default()).unwrap()
}

fn data(len: u32) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

/// Messages of all sizes there and back, and a normal end on both sides.
#[test]
fn round_trip() {
    let (port, tls, server) = server(|stream| {
        let mut socket = accept(stream)?;
        while let Some(message) = socket.recv()? {
            socket.send(message)?;
        }
        let is_normal = socket.closure().unwrap().is_normal();
        // What came after the last frame is the end of TLS, and not only that of TCP.
        let mut stream = socket.into_inner();
        stream.0.sock.set_timeout(None).unwrap();
        Ok::<_, Error>((is_normal, stream.read(&mut [0; 10])?))
    });
    let mut socket = connect(port, tls);
    assert!(socket.get_ref().tls_connection().unwrap().peer_certificates().is_some());
    assert!(socket.get_ref().tcp().unwrap().nodelay().unwrap());
    for len in [0, 20, 70_000, 2 * 1024 * 1024] {
        socket.send(data(len)).unwrap();
        assert!(socket.recv().unwrap() == Some(data(len).into()), "{len} bytes come back as they were");
        socket.feed("one").unwrap();
        socket.feed(data(5000)).unwrap();
        assert_eq!(socket.recv().unwrap(), Some("one".into()));
        assert_eq!(socket.recv().unwrap(), Some(data(5000).into()));
    }
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_normal());
    drop(socket);
    let (is_normal, read) = server.join().unwrap().unwrap();
    assert!(is_normal);
    assert_eq!(read, 0);
}

/// `try_recv` and `recv_timeout` over TLS: also a message in many records.
#[test]
fn polling() {
    let (go, wait) = mpsc::channel();
    let (port, tls, server) = server(move |stream| {
        let mut socket = accept(stream).unwrap();
        wait.recv().unwrap();
        socket.send(data(3_000_000)).unwrap();
        wait.recv().unwrap();
        socket.close(CloseCode::NORMAL, "").unwrap().is_normal()
    });
    let mut socket = connect(port, tls);
    assert_eq!(socket.try_recv().unwrap(), Poll::Pending);
    assert_eq!(socket.recv_timeout(Duration::from_millis(5)).unwrap(), Poll::Pending);
    go.send(()).unwrap();
    let message = loop {
        match socket.try_recv().unwrap() {
            Poll::Pending => thread::yield_now(),
            Poll::Ready(message) => break message.unwrap(),
        }
    };
    assert!(message == data(3_000_000).into());
    go.send(()).unwrap();
    while socket.try_recv().unwrap() != Poll::Ready(None) {
        thread::yield_now();
    }
    assert!(server.join().unwrap());
}

/// What is said when TLS fails, and the error of rustls below.
fn without_tls<T: std::fmt::Debug>(connected: Result<T, Error>) -> (String, Option<rustls::Error>) {
    let Err(Error::Connect(error)) = connected else { panic!("{connected:?}") };
    assert_eq!(error.stage(), ConnectStage::Tls);
    let attempts: Vec<_> = error.attempts().map(|(address, _)| address.port()).collect();
    assert_eq!(attempts, [error.port()], "the address that answered");
    let tls = error.io_error().get_ref().and_then(|inner| inner.downcast_ref()).cloned();
    (error.to_string(), tls)
}

/// A certificate is refused that the platform, or the given roots, do not know, and one for another name.
#[test]
fn a_certificate_that_is_not_valid() {
    let fails = |stream: Tls| accept(stream).map(|_| ());
    let (port, _, server_of_one) = server(fails);
    without_tls(blocking::connect(&format!("wss://localhost:{port}/"), Config::default()));
    server_of_one.join().unwrap().unwrap_err();

    let (port, tls, server_of_one) = server(fails);
    let nobody = ClientConfig::builder_with_provider(tls.crypto_provider().clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let (text, error) = without_tls(connect_with(port, Arc::new(nobody), Config::default()));
    let expected = format!(
        "cannot connect to localhost port {port}: TLS: invalid peer certificate: UnknownIssuer: none of the \
         trusted authorities has signed the server's certificate"
    );
    assert_eq!(text, expected);
    assert_eq!(error, Some(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)));
    server_of_one.join().unwrap().unwrap_err();

    let (port, tls, server_of_one) = server(fails);
    let request = Request::from_uri(&format!("wss://127.0.0.1:{port}/")).unwrap();
    let (text, _) = without_tls(blocking::connect_using(request, &ConnectOptions::new().tls(tls), Config::default()));
    assert!(text.contains("TLS: invalid peer certificate: certificate not valid for name"), "{text}");
    server_of_one.join().unwrap().unwrap_err();
}

/// A client certificate that is missing, or that the server does not trust, is an error of TLS in both versions, as in the Tokio
/// adapter. With TLS 1.3 the server refuses it when the client has finished its TLS handshake already.
#[test]
fn a_client_certificate_that_is_refused() {
    for version in [&TLS12, &TLS13] {
        for presents in [false, true] {
            let (tls, client) = super::endings::without_trust(version, presents);
            let (port, server) = server_with(tls, |stream| accept(stream).map(|_| ()));
            let (text, error) = without_tls(connect_with(port, client, Config::default()));
            assert!(text.contains(": TLS: received fatal alert"), "{version:?}: {text}");
            assert!(matches!(error, Some(rustls::Error::AlertReceived(_))), "{error:?}");
            server.join().unwrap().unwrap_err();
        }
    }
}

/// The handshake of TLS is within the deadline: for a server that says nothing, and for one that ends the stream.
#[test]
fn a_server_without_tls() {
    let hasty = Config::default().with(|config| config.deadlines.handshake = Some(Duration::from_millis(300)));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("wss://127.0.0.1:{}/", silent.local_addr().unwrap().port());
    let (text, _) = without_tls(blocking::connect(&uri, hasty));
    assert!(
        text.ends_with(
            "TLS: there was no answer within the time limit of `ConnectOptions::timeout` or `deadlines.handshake`"
        ),
        "{text}"
    );

    let (port, tls, server) = server(|stream| stream.0.sock.shutdown(Shutdown::Write));
    let (text, _) = without_tls(connect_with(port, tls, Config::default()));
    assert!(text.contains("the stream ended during the handshake: the server closed"), "{text}");
    assert!(text.ends_with("so it may not use TLS on this port; then connect with ws://"), "{text}");
    server.join().unwrap().unwrap();
}

/// A `ws://` URI goes without TLS.
#[test]
fn no_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        blocking::accept(listener.accept().unwrap().0, &Accept::same_origin(), Config::default()).unwrap().recv()
    });
    let (_, tls, _) = self::server(|_| ());
    let (mut socket, _) =
        blocking::connect_using(Request::from_uri(&uri).unwrap(), &ConnectOptions::new().tls(tls), Config::default())
            .unwrap();
    assert!(socket.get_ref().tls_connection().is_none());
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_normal());
    assert_eq!(server.join().unwrap().unwrap(), None);
}

/// A stream that ends without `close_notify` has ended: whether a message was cut off, the frames show.
#[test]
fn an_end_without_close_notify() {
    let mut large = b"\x82\x7f\0\0\0\0\0\x10\0\0".to_vec();
    large.resize(300_000, 7); // of 1 MiB
    for (bytes, interrupted) in
        [(vec![], Interrupted::Nothing), (b"\x81\x05Hel".to_vec(), Interrupted::Frame), (large, Interrupted::Frame)]
    {
        let (port, tls, server) = server(move |stream| {
            let mut stream = accept(stream).unwrap().into_inner();
            stream.write_all(&bytes).unwrap();
            stream.flush()
        });
        let mut socket = connect(port, tls);
        let Err(Error::Closed(closure)) = socket.recv() else { panic!("it has not ended") };
        assert_eq!(closure.cause(), Cause::EndOfStream(interrupted));
        server.join().unwrap().unwrap();
    }
}

/// A peer that sends a byte of a TLS record now and then holds neither `close` nor `recv_timeout`.
#[test]
fn a_peer_that_hardly_sends() {
    for closes in [false, true] {
        let (port, tls, server) = server(|stream| {
            let mut stream = accept(stream).unwrap().into_inner();
            let mut frame = vec![0x82, 126, 0x3F, 0xFF];
            frame.resize(4 + 0x3FFF, 7);
            stream.0.conn.writer().write_all(&frame).unwrap();
            let mut record = Vec::new();
            while stream.0.conn.wants_write() {
                stream.0.conn.write_tls(&mut record).unwrap();
            }
            for byte in record {
                if stream.0.sock.write_all(&[byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(2));
            }
            panic!("it was received to the end");
        });
        let config = Config::default().with(|config| config.deadlines.close = Duration::from_millis(50));
        let mut socket = connect_with(port, tls, config).unwrap();
        socket.get_ref().tcp().unwrap().set_nodelay(true).unwrap();
        if closes {
            let closure = socket.close(CloseCode::NORMAL, "").unwrap();
            assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
        } else {
            assert_eq!(socket.recv_timeout(Duration::from_millis(50)).unwrap(), Poll::Pending);
        }
        drop(socket);
        server.join().unwrap();
    }
}

/// A peer that reads nothing: the deadlines count, and that TLS has no space is not a failure of the stream.
#[test]
fn a_peer_that_never_reads() {
    let (port, tls, server) = server(accept);
    let config = Config::default().with(|config| {
        config.deadlines.ping = Some(Duration::from_millis(200));
        config.deadlines.pong = Some(Duration::from_millis(200));
        config.deadlines.write = Some(Duration::from_millis(200)); // the ping is still queued
        config.deadlines.close = Duration::from_millis(200);
    });
    let mut socket = connect_with(port, tls, config).unwrap();
    let _open = server.join().unwrap().unwrap();
    let sent = socket.send(vec![0; 15 * 1024 * 1024]);
    let Err(Error::Closed(closure)) = sent else { panic!("{sent:?}") };
    assert_eq!(closure.cause(), Cause::Deadline(Deadline::Write));
}

/// A peer that reads slowly gets everything.
#[test]
fn a_peer_that_reads_slowly() {
    let (port, tls, server) = server(|stream| {
        let mut stream = accept(stream).unwrap().into_inner();
        let mut connection = Connection::new(Role::Server, Config::default());
        let mut buffer = vec![0; 40_000];
        loop {
            let count = stream.read(&mut buffer).unwrap();
            assert_ne!(count, 0, "the stream has ended in the middle of the message");
            let mut input = (&mut buffer[..count]).into();
            if let Some(event) = connection.receive(&mut input) {
                return event.into_owned();
            }
            thread::sleep(Duration::from_micros(200));
        }
    });
    let config = Config::default().with(|config| config.deadlines.ping = Some(Duration::from_millis(3)));
    let mut socket = connect_with(port, tls, config).unwrap();
    socket.send(data(9_000_000)).unwrap();
    let event = server.join().unwrap();
    assert!(event == bowline::Event::Binary(data(9_000_000).into()));
}

/// Two endpoints that send 12 MiB each before they receive anything do not wait for each other.
#[test]
fn two_that_send_first() {
    fn send_then_receive<S: Transport>(mut socket: WebSocket<S>) -> WebSocket<S> {
        for _ in 0..3 {
            socket.send(data(4_000_000)).unwrap();
        }
        for _ in 0..3 {
            assert!(socket.recv().unwrap() == Some(data(4_000_000).into()));
        }
        socket
    }
    let (port, tls, server) = server(|stream| {
        let mut socket = send_then_receive(accept(stream).unwrap());
        socket.recv().unwrap()
    });
    let mut socket = send_then_receive(connect(port, tls));
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_normal());
    assert_eq!(server.join().unwrap(), None);
}

/// One thread receives while another sends.
#[test]
fn halves() {
    let (port, tls, server) = server(|stream| -> Result<(), Error> {
        let (mut receiver, sender) = accept(stream)?.split()?;
        while let Some(message) = receiver.recv()? {
            sender.send(message)?;
        }
        Ok(())
    });
    let (mut receiver, sender) = connect(port, tls).split().unwrap();
    let sends = thread::spawn(move || {
        (0..20).for_each(|_| sender.send(data(700_000)).unwrap());
        sender
    });
    for _ in 0..20 {
        assert!(receiver.recv().unwrap() == Some(data(700_000).into()));
    }
    let mut socket = receiver.reunite(sends.join().unwrap()).unwrap();
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_normal());
    server.join().unwrap().unwrap();
}
