//! Both servers refuse a plain GET to their WebSocket route, as a browser sends it when a user opens the address as a page.
#![expect(clippy::unwrap_used, reason = "this is a test")]

mod server;

use server::Server;
use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// Sends a request without a body, and returns the answer in lower case.
fn answer(server: &Server, head: &str) -> String {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(stream, "{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.to_lowercase()
}

fn refuses_plain_requests(program: &str) {
    let server = Server::start(program);
    let text = answer(&server, "GET / HTTP/1.1");
    assert!(text.starts_with("http/1.1 426 "), "{text}");
    for field in ["upgrade: websocket", "sec-websocket-version: 13", "content-type: text/plain; charset=utf-8"] {
        assert_eq!(text.matches(&format!("\r\n{field}\r\n")).count(), 1, "{field} in {text}");
    }
    assert!(text.ends_with("\r\n\r\nthe header upgrade is missing: expected websocket (rfc 6455 §4.1)\n"), "{text}");

    let text = answer(&server, "POST / HTTP/1.1");
    assert!(text.starts_with("http/1.1 405 ") && text.contains("\r\nallow: get\r\n"), "{text}");
}

#[test]
fn hyper() {
    refuses_plain_requests(env!("CARGO_BIN_EXE_hyper-echo"));
}

#[test]
fn axum() {
    refuses_plain_requests(env!("CARGO_BIN_EXE_axum-echo"));
}
