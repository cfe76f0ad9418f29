//! Redirects beyond those that the original can follow.

use super::ws::{
    Error, accept_hdr,
    client::{IntoClientRequest, connect_with_config},
    handshake::server::{Request, Response},
    http::HeaderMap,
};
use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

/// Connects to a server that answers with this location, and returns the target and the fields of the second request.
fn follow(location: &str) -> (String, HeaderMap, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let location = location.replace("PORT", &port.to_string());
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut head = [0; 1000];
        assert!(stream.read(&mut head).unwrap() > 0);
        write!(stream, "HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}\r\n\r\n").unwrap();
        drop(stream);
        let mut seen = None;
        let socket = accept_hdr(listener.accept().unwrap().0, |request: &Request, response: Response| {
            seen = Some((request.uri().to_string(), request.headers().clone()));
            Ok(response)
        });
        assert!(socket.is_ok());
        seen.unwrap()
    });
    let mut request = format!("ws://127.0.0.1:{port}/a/b?c").into_client_request().unwrap();
    request.headers_mut().insert("Authorization", "Bearer x".parse().unwrap());
    let key = request.headers()["sec-websocket-key"].clone();
    connect_with_config(request, None, 1).unwrap();
    let (target, fields) = server.join().unwrap();
    assert_ne!(fields["sec-websocket-key"], key, "a key is for one connection");
    (target, fields, port)
}

/// Locations are resolved against the URL of the request, and `http` means `ws`.
#[test]
fn relative_locations() {
    for (location, target) in [
        ("/c?d", "/c?d"),
        ("c", "/a/c"),
        ("?d", "/a/b?d"),
        ("http://127.0.0.1:PORT/c", "/c"),
        ("//127.0.0.1:PORT/c", "/c"),
        ("ws://127.0.0.1:PORT", "/"),
    ] {
        let (to, fields, _) = follow(location);
        assert_eq!(to, target, "{location}");
        assert_eq!(fields["authorization"], "Bearer x");
    }
}

/// The field Host is that of the new location, and another host does not get the credentials.
#[test]
fn to_another_host() {
    let (_, fields, port) = follow("ws://localhost:PORT/");
    assert_eq!(fields["host"], format!("localhost:{port}").as_str());
    assert!(!fields.contains_key("authorization"));
}

/// `connect` does not wait for the body of a redirect.
#[test]
fn a_body_that_does_not_arrive() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let mut first = listener.accept().unwrap().0;
        assert!(first.read(&mut [0; 1000]).unwrap() > 0);
        first.write_all(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 100\r\n\r\n<html>").unwrap();
        listener.set_nonblocking(true).unwrap();
        let start = std::time::Instant::now();
        let second = loop {
            match listener.accept() {
                Ok((stream, _)) => break Some(stream),
                Err(_) if start.elapsed().as_secs() < 10 => thread::sleep(std::time::Duration::from_millis(5)),
                Err(_) => break None,
            }
        };
        let second = second.expect("the client waits for the body");
        second.set_nonblocking(false).unwrap();
        assert!(super::ws::accept(second).is_ok());
        drop(first);
    });
    connect_with_config(format!("ws://127.0.0.1:{port}/a"), None, 1).unwrap();
    server.join().unwrap();
}

/// Without a location, the response is the error.
#[test]
fn without_location() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        assert!(stream.read(&mut [0; 1000]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 300 Multiple Choices\r\n\r\n").unwrap();
    });
    let result = connect_with_config(format!("ws://127.0.0.1:{port}/"), None, 3);
    assert!(matches!(result, Err(Error::Http(response)) if response.status() == 300));
    server.join().unwrap();
}
