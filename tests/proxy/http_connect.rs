//! Tunnels by HTTP CONNECT.

use crate::kit::{error, error_at_end, proxy, run, sent, to};
use bowline::{
    HandshakeError, Role,
    proxy::{Target, Tunnel, TunnelError},
};

const OPEN: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

fn head(mut tunnel: Tunnel) -> String {
    String::from_utf8(sent(&mut tunnel)).unwrap()
}

fn tunnel() -> Tunnel {
    to("http://h", "example.com", 443)
}

/// The whole request, byte by byte (RFC 9110 §9.3.6, §7.2).
#[test]
fn requests() {
    let agent = concat!("User-Agent: bowline/", env!("CARGO_PKG_VERSION"), "\r\n");
    let plain = format!("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n{agent}\r\n");
    assert_eq!(head(tunnel()), plain);
    let with_password =
        plain.replace(agent, &format!("{agent}Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    assert_eq!(head(to("https://Aladdin:open%20sesame@h", "example.com", 443)), with_password);
    let given = proxy("http://me:pw@h").basic_auth("Aladdin", "open sesame").unwrap();
    assert_eq!(head(Tunnel::new(&given, Target::Name("example.com", 443)).unwrap()), with_password);
    for (host, authority) in
        [("::1", "[::1]:80"), ("fe80::1%eth0", "[fe80::1]:80"), ("192.0.2.7", "192.0.2.7:80"), ("a%20b", "a%20b:80")]
    {
        assert!(head(to("h", host, 80)).starts_with(&format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n")));
    }
    for (address, authority) in
        [("192.0.2.7:80", "192.0.2.7:80"), ("[::1]:8", "[::1]:8"), ("[fe80::1%3]:8", "[fe80::1]:8")]
    {
        let tunnel = Tunnel::new(&proxy("h"), Target::Address(address.parse().unwrap())).unwrap();
        assert!(head(tunnel).starts_with(&format!("CONNECT {authority} HTTP/1.1\r\n")));
    }
}

/// A name that is not a host is refused: it could end the line.
#[test]
fn names_that_are_not_hosts() {
    for name in ["", "a b", "a\r\nX: y", "h:80", "[::1]", "me@h", "h/", "ü", "::g"] {
        for proxy in [proxy("http://h"), proxy("socks5h://h")] {
            let error = Tunnel::new(&proxy, Target::Name(name, 80)).unwrap_err();
            assert!(matches!(error, TunnelError::Target(_)), "{name:?}: {error:?}");
        }
    }
    assert!(Tunnel::new(&proxy("http://h"), Target::Name(&"a".repeat(256), 80)).is_ok());
}

/// "Any 2xx (Successful) response" opens the tunnel, and nothing behind its head is consumed, whatever its fields say.
#[test]
fn open() {
    for answer in [
        OPEN,
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 299 x\r\nVia: 1.1 x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 x\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        for rest in ["", "\x16\x03", "HTTP/1.1 101"] {
            let outcome = run(tunnel(), format!("{answer}{rest}").as_bytes(), &[]);
            assert_eq!(outcome.result, Some(Ok(rest.into())), "{answer}");
        }
        for at in 0..answer.len() {
            assert_eq!(run(tunnel(), &answer.as_bytes()[..at], &[]).result, None);
        }
    }
}

/// Each refusal has its status, what the proxy explains, and what to do.
#[test]
fn refusals() {
    for (answer, expected) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 9\r\n\r\n<html>...",
            "the proxy answered with HTTP status 407 (Proxy Authentication Required): check the user name and the password in its \
             URI, such as http://user:password@proxy:3128; Proxy-Authenticate: Basic realm=\\\"x\\\" (RFC 9110 §11.7.1)",
        ),
        (
            "HTTP/1.1 401 Unauthorized\r\n\r\n",
            "the proxy answered with HTTP status 401 (Unauthorized): check the user name and the password in its URI, such as \
             http://user:password@proxy:3128 (RFC 9110 §9.3.6)",
        ),
        (
            "HTTP/1.1 403 Filtered\r\n\r\n",
            "the proxy answered with HTTP status 403 (Forbidden): it does not allow a tunnel to this host and port; many proxies \
             allow port 443 only, so try wss://; the reason is \"Filtered\" (RFC 9110 §9.3.6)",
        ),
        (
            "HTTP/1.1 599 x\r\nRetry-After: 5\r\n\r\n",
            "the proxy answered with HTTP status 599; the reason is \"x\"; Retry-After: 5 (RFC 9110 §9.3.6)",
        ),
        (
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 15\r\n\r\n\nno \x1b upstream\nx",
            "the proxy answered with HTTP status 503 (Service Unavailable): it may not have reached the server, so check the host \
             and the port of the server; the body begins with \"no \\u{1b} upstream\" (RFC 9110 §9.3.6)",
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "the proxy answered with HTTP status 101; the reason is \"Switching Protocols\" (RFC 9110 §9.3.6)",
        ),
        (
            "HTTP/1.1 405 Method Not Allowed\r\n\r\n",
            "the proxy answered with HTTP status 405 (Method Not Allowed): it may not support CONNECT, so check that this is the \
             port of a forward proxy (RFC 9110 §9.3.6)",
        ),
    ] {
        let error = error(tunnel(), answer.as_bytes());
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.status(), answer[9..12].parse().ok());
    }
    for status in [300, 302, 400, 401, 404, 408, 429, 500, 501, 502, 504] {
        let error = error(tunnel(), format!("HTTP/1.1 {status} x\r\n\r\n").as_bytes());
        assert_eq!(error.status(), Some(status));
    }
}

/// A body is awaited only if it is plain text of a known length, and only its beginning.
#[test]
fn explanations() {
    let head = |fields: &str| format!("HTTP/1.1 403 Forbidden\r\n{fields}\r\n");
    for fields in [
        "",
        "Content-Length: 5\r\n",
        "Content-Type: text/html\r\nContent-Length: 5\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: text/plain\r\nContent-Length: 0\r\n",
        "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n",
        "Content-Type: text\r\nContent-Length: 5\r\n",
    ] {
        assert_eq!(error(tunnel(), head(fields).as_bytes()).status(), Some(403), "{fields}");
    }
    let text = head("Content-Type: TEXT/plain\r\nContent-Length: 5000\r\n");
    for length in [0, 1, 1023] {
        assert_eq!(run(tunnel(), format!("{text}{}", "x".repeat(length)).as_bytes(), &[]).result, None);
    }
    let long = error(tunnel(), format!("{text}{}", "x".repeat(1024)).as_bytes());
    assert!(long.to_string().contains(&format!("\"{}\"", "x".repeat(200))), "{long}");
    // A driver whose deadline has passed has the status, too.
    let cut = error_at_end(tunnel(), format!("{text}because").as_bytes());
    assert!(cut.to_string().contains("the body begins with \"because\""), "{cut}");
}

/// Answers that are not valid HTTP are refused at the first byte that proves it.
#[test]
fn garbage() {
    for (answer, expected) in [
        ("\x15\x03\x01", "the proxy uses TLS on this port: begin its URI with https:// instead of http://"),
        (
            "\x05\0",
            "the proxy answered \"\\x05\\x00\", which is not the start of an HTTP/1 response: check its port; for a SOCKS5 proxy, begin \
             its URI with socks5h:// (RFC 9112 §2.1)",
        ),
        ("SSH-2.0-OpenSSH", "the proxy answered \"SSH-2.0-OpenSSH\", which is not the start"),
        ("HTTP/1.1 200 OK\n\n", "the response of the proxy is not valid HTTP: a line of the head ends in LF alone"),
        ("HTTP/1.1 200 OK\r\nA b\r\n\r\n", "the response of the proxy is not valid HTTP: a line of the head"),
        ("HTTP/x\r\n\r\n", "the proxy answered"),
    ] {
        let error = error(tunnel(), answer.as_bytes());
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(error.status(), None);
    }
    assert_eq!(error(tunnel(), b"\x16"), TunnelError::Http(HandshakeError::Tls(Role::Server)));
}

/// The head is limited, also over many interim responses.
#[test]
fn limits() {
    let long = format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(20_000));
    let limit = 16 * 1024;
    assert_eq!(error(tunnel(), long.as_bytes()), TunnelError::Http(HandshakeError::HeadTooLong { limit }));
    assert_eq!(
        error(tunnel(), long.as_bytes()).to_string(),
        "the head of the proxy's response is longer than 16384 bytes (RFC 9110 §5.4)"
    );
    let line = format!("HTTP/1.1 200 {}", "x".repeat(20_000));
    assert_eq!(error(tunnel(), line.as_bytes()), TunnelError::Http(HandshakeError::StartLineTooLong { limit }));
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
    assert!(error(tunnel(), interim.as_bytes()).to_string().contains("is longer than 16384 bytes"));
    let fields = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(101));
    assert_eq!(
        error(tunnel(), fields.as_bytes()).to_string(),
        "the response of the proxy has more than 100 header fields (RFC 9110 §5.4)"
    );
}

/// The end of the stream says how far it had come.
#[test]
fn end_of_stream() {
    let error = error_at_end(tunnel(), b"HTTP/1.1 200");
    assert_eq!(error, TunnelError::EndOfStream { received: 12 });
    assert!(
        error.to_string().starts_with("the proxy closed the connection after 12 bytes, before the tunnel was open")
    );
}
