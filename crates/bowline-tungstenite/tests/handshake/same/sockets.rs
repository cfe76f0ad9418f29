//! Over sockets, blocking.

use super::ws::{
    Error, Message, accept, accept_hdr, client,
    client::{IntoClientRequest, connect_with_config},
    connect,
    error::UrlError,
    handshake::server::{ErrorResponse, Request, Response},
    http::StatusCode,
    stream::MaybeTlsStream,
};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
};

fn listen<T: Send + 'static>(serve: impl FnOnce(TcpListener) -> T + Send + 'static) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    (listener.local_addr().unwrap().port(), thread::spawn(move || serve(listener)))
}

/// Reads a request.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn both_roles() {
    let (port, server) = listen(|listener| {
        let mut socket = accept(listener.accept().unwrap().0).unwrap();
        let message = socket.read().unwrap();
        socket.send(message).unwrap();
    });
    let (mut socket, response) = connect(format!("ws://127.0.0.1:{port}/")).unwrap();
    assert_eq!(response.status(), 101);
    assert!(matches!(socket.get_ref(), MaybeTlsStream::Plain(stream) if stream.nodelay().unwrap()));
    socket.send(Message::text("Hello")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("Hello"));
    server.join().unwrap();
}

#[test]
fn on_a_given_stream() {
    let (port, server) = listen(|listener| {
        accept_hdr(listener.accept().unwrap().0, |request: &Request, response: Response| {
            assert_eq!(request.headers()["host"], "example.com");
            Ok(response)
        })
        .map(|_| ())
        .unwrap();
    });
    client("ws://example.com/", TcpStream::connect(("127.0.0.1", port)).unwrap()).unwrap();
    server.join().unwrap();
}

#[test]
fn the_refusal_arrives() {
    let (port, server) = listen(|listener| {
        accept_hdr(listener.accept().unwrap().0, |_: &Request, _: Response| {
            let mut refusal = ErrorResponse::new(Some("no".into()));
            *refusal.status_mut() = StatusCode::FORBIDDEN;
            Err(refusal)
        })
        .map(|_| ())
        .unwrap_err();
    });
    let Err(Error::Http(response)) = connect(format!("ws://127.0.0.1:{port}/")) else { panic!() };
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    server.join().unwrap();
}

/// A redirect is followed, with the header fields of the request.
#[test]
fn redirected() {
    let (port, server) = listen(|listener| {
        let port = listener.local_addr().unwrap().port();
        let mut stream = listener.accept().unwrap().0;
        let first = head(&mut stream);
        let answer = format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: ws://127.0.0.1:{port}/there?x=y\r\n\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
        drop(stream);
        let socket = accept_hdr(listener.accept().unwrap().0, |request: &Request, response: Response| {
            assert_eq!(request.uri(), "/there?x=y");
            assert_eq!(request.headers()["x-own"], "1");
            Ok(response)
        });
        assert!(socket.is_ok());
        first
    });
    let mut request = format!("ws://127.0.0.1:{port}/here").into_client_request().unwrap();
    request.headers_mut().insert("X-Own", "1".parse().unwrap());
    connect(request).unwrap();
    assert!(server.join().unwrap().starts_with("GET /here HTTP/1.1\r\n"));
}

/// No more redirects than allowed are followed.
#[test]
fn redirected_too_often() {
    for allowed in 0..3 {
        let (port, server) = listen(move |listener| {
            for n in 0..=allowed {
                let mut stream = listener.accept().unwrap().0;
                assert!(head(&mut stream).starts_with(&format!("GET /{n} ")));
                let port = listener.local_addr().unwrap().port();
                let next = n + 1;
                let answer = format!("HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:{port}/{next}\r\n\r\n");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let result = connect_with_config(format!("ws://127.0.0.1:{port}/0"), None, allowed);
        let Err(Error::Http(response)) = result else { panic!() };
        assert_eq!(response.status(), StatusCode::FOUND);
        server.join().unwrap();
    }
}

#[test]
fn unreachable() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Err(Error::Url(UrlError::UnableToConnect(_))) = connect(format!("ws://127.0.0.1:{port}/")) else { panic!() };
    assert!(matches!(connect("http://127.0.0.1/"), Err(Error::Url(UrlError::UnsupportedUrlScheme))));
}
