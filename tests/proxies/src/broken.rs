//! Proxies that hang, and those that answer nonsense.

use crate::{
    Outcome,
    adapters::{Adapter, Visit},
    answers::{at_the_proxy, not_reached},
    equal, verify,
    world::{World, through},
};
use bowline::{
    HandshakeError,
    adapter::{ConnectHop, ConnectStage, Error},
    proxy::TunnelError,
};
use std::{
    io::{self, Write},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

/// For proxies that hang.
const TIMEOUT: Duration = Duration::from_secs(2);
/// For those that do not.
const LONG: Duration = Duration::from_secs(60);
const OPEN: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// What a proxy does when it has sent its bytes.
#[derive(Clone, Copy)]
enum Then {
    Close,
    Hang,
    /// It sends one more byte again and again.
    Drip,
}

/// Starts a proxy for one connection, which sends these bytes, whatever it receives. Returns its port.
fn proxy(bytes: &[u8], then: Then) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let bytes = bytes.to_vec();
    thread::spawn(move || {
        let (stream, _) = listener.accept()?;
        play(stream, &bytes, then)
    });
    Ok(port)
}

fn play(mut stream: TcpStream, bytes: &[u8], then: Then) -> io::Result<()> {
    stream.write_all(bytes)?;
    match then {
        Then::Close => stream.shutdown(Shutdown::Write)?,
        Then::Hang => {}
        Then::Drip => loop {
            stream.write_all(b"x")?;
            thread::sleep(TIMEOUT / 20);
        },
    }
    // Until the client has closed, so that nothing is lost in a reset.
    io::copy(&mut stream, &mut io::sink()).map(|_| ())
}

/// Connects through such a proxy.
fn visit(adapter: &Adapter, scheme: &str, to: &str, port: u16, timeout: Duration) -> Outcome<Result<Visit, Error>> {
    let options = through(&format!("{scheme}://me:wrong-1@127.0.0.1:{port}"))?.timeout(timeout);
    Ok(adapter.visit(to, &options))
}

/// The call ends at its time limit with an error that names the proxy, wherever the proxy hangs. All of them hang at the same time.
pub(crate) fn hangs(_: &World, adapter: &Adapter) -> Outcome {
    use ConnectStage::{Proxy, Tls};
    let cases = [
        ("http", &b""[..], Then::Hang, Proxy),
        ("http", b"HTTP/1.1 200 OK\r\nVia: ", Then::Hang, Proxy),
        ("http", b"HTTP/1.1 200 OK\r\nVia: ", Then::Drip, Proxy),
        ("http", b"HTTP/1.1 100 Continue\r\n\r\n", Then::Hang, Proxy),
        ("https", b"", Then::Hang, Tls),
        ("https", b"\x16\x03\x03\x40\x00\x02\x00\x30\x00", Then::Drip, Tls),
        ("socks5h", b"", Then::Hang, Proxy),
        ("socks5h", b"\x05\x02", Then::Hang, Proxy),
        ("socks5h", b"\x05\x02\x01\x00", Then::Hang, Proxy),
        ("socks5h", b"\x05\x00\x05\x00\x00\x03\xFF", Then::Drip, Proxy),
    ];
    thread::scope(|scope| {
        // An error leaves its thread as a text, as other errors cannot.
        let threads = cases.map(|(scheme, bytes, then, stage)| {
            scope.spawn(move || {
                hang(adapter, scheme, bytes, then, stage).map_err(|error| format!("{scheme}, {bytes:?}: {error}"))
            })
        });
        let server = scope.spawn(move || hanging_server(adapter).map_err(|error| format!("the server: {error}")));
        let refusal = scope.spawn(move || endless_refusal(adapter).map_err(|error| format!("a refusal: {error}")));
        for thread in threads.into_iter().chain([server, refusal]) {
            thread.join().map_err(|_| "panicked")??;
        }
        Ok(())
    })
}

fn hang(adapter: &Adapter, scheme: &str, bytes: &[u8], then: Then, stage: ConnectStage) -> Outcome {
    let port = proxy(bytes, then)?;
    let begun = Instant::now();
    let error = not_reached(visit(adapter, scheme, "wss://example.com/", port, TIMEOUT)?)?;
    verify(begun.elapsed() >= TIMEOUT, || format!("too early: {error}"))?;
    verify(error.io_error().kind() == io::ErrorKind::TimedOut, || error.to_string())?;
    at_the_proxy(&error, stage, "127.0.0.1", port)
}

/// The proxy refuses, and its explanation does not end.
fn endless_refusal(adapter: &Adapter) -> Outcome {
    let answer = b"HTTP/1.1 407 No\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nBecause";
    let error = not_reached(visit(adapter, "http", "wss://example.com/", proxy(answer, Then::Hang)?, TIMEOUT)?)?;
    let status = error.tunnel_error().and_then(TunnelError::status);
    verify(status == Some(407), || error.to_string())
}

/// The proxy has opened the tunnel, so it is the server that hangs.
fn hanging_server(adapter: &Adapter) -> Outcome {
    let error = not_reached(visit(adapter, "http", "wss://example.com/", proxy(OPEN, Then::Hang)?, TIMEOUT)?)?;
    equal((error.stage(), error.hop()), (ConnectStage::Tls, ConnectHop::Server("example.com", 443)))?;
    equal(error.io_error().kind(), io::ErrorKind::TimedOut)?;
    match visit(adapter, "http", "ws://example.com/", proxy(OPEN, Then::Hang)?, TIMEOUT)? {
        Err(Error::Handshake { error: HandshakeError::Deadline { .. }, .. }) => Ok(()),
        Err(error) => Err(format!("another error: {error}").into()),
        Ok(_) => Err("there is a connection".into()),
    }
}

/// Nonsense is an error at once, with what is wrong about it.
pub(crate) fn nonsense(_: &World, adapter: &Adapter) -> Outcome {
    let endless = [b"HTTP/1.1 200 OK\r\nX: ", &*vec![b'x'; 200_000]].concat();
    for (scheme, bytes, then, words) in [
        ("http", &b"SSH-2.0-OpenSSH_9.2\r\n"[..], Then::Hang, "\"SSH-2.0-OpenSS"),
        ("http", &[0xFF; 40], Then::Hang, "not the start of an HTTP/1 response"),
        ("http", &endless, Then::Hang, "is longer than"),
        ("http", b"HTTP/1.1 200 OK\r\nno field\r\n\r\n", Then::Hang, "not valid HTTP"),
        ("http", b"\x15\x03\x03\x00\x02\x02\x32", Then::Hang, "begin its URI with https://"),
        ("http", b"", Then::Close, "closed the connection after 0 bytes"),
        ("http", b"HTTP/1.1 200 OK\r\n", Then::Close, "closed the connection after 17 bytes"),
        ("socks5h", b"HTTP/1.1 400 Bad Request\r\n\r\n", Then::Hang, "begin its URI with http://"),
        ("socks5h", b"\x00\x5B\x00\x00\x00\x00\x00\x00", Then::Hang, "a SOCKS4 proxy"),
        ("socks5h", b"SSH-2.0-OpenSSH_9.2\r\n", Then::Hang, "begins with the byte 83"),
        ("socks5h", b"\x05\x01", Then::Hang, "by method 1"),
        ("socks5h", b"\x05\xFF", Then::Hang, "neither"),
        ("socks5h", b"\x05\x02\x01\x01", Then::Hang, "did not accept the user name and the password"),
        ("socks5h", b"\x05\x00\x05\x00\x00\x09", Then::Hang, "unknown type 9"),
        ("socks5h", b"\x05\x00\x05\x63", Then::Hang, "reply 99"),
        ("socks5h", b"\x05\x00\x05\x00\x00\x01\x00", Then::Close, "closed the connection after 7 bytes"),
    ] {
        let port = proxy(bytes, then)?;
        let error = not_reached(visit(adapter, scheme, "ws://example.com/", port, LONG)?)?;
        let text = error.to_string();
        verify(error.tunnel_error().is_some() && text.contains(words), || format!("\"{words}\" is not in \"{text}\""))?;
        at_the_proxy(&error, ConnectStage::Proxy, "127.0.0.1", port)?;
    }
    for (bytes, then) in [(&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], Then::Hang), (b"", Then::Close)] {
        let port = proxy(bytes, then)?;
        let error = not_reached(visit(adapter, "https", "ws://example.com/", port, LONG)?)?;
        at_the_proxy(&error, ConnectStage::Tls, "127.0.0.1", port)?;
        verify(error.to_string().contains("http://"), || error.to_string())?;
    }
    Ok(())
}

/// What comes directly after the answer of the proxy is from the server.
pub(crate) fn nonsense_of_the_server(_: &World, adapter: &Adapter) -> Outcome {
    let port = proxy(&[OPEN, b"SSH-2.0-OpenSSH_9.2\r\n"].concat(), Then::Hang)?;
    match visit(adapter, "http", "ws://example.com/", port, LONG)? {
        Err(Error::Handshake { error: HandshakeError::StartLine(line), .. }) => equal(&*line, "SSH-2.0-OpenSSH_9.2"),
        Err(error) => Err(format!("another error: {error}").into()),
        Ok(_) => Err("there is a connection".into()),
    }
}
