//! Both examples refuse a plain GET to their WebSocket route, as a browser sends it when a user opens the address as a page.
#![expect(clippy::unwrap_used, clippy::panic, reason = "this is a test")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

/// A running example. It is killed at the end of the test.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(program: &str) -> Self {
        let mut process = Command::new(program).arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(address) = line.trim().strip_prefix("listening on ws://") else { panic!("unexpected: {line:?}") };
        Self { process, address: address.into() }
    }

    /// Sends a request without a body, and returns the answer in lower case.
    fn answer(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.to_lowercase()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn refuses_plain_requests(program: &str) {
    let server = Server::start(program);
    let answer = server.answer("GET / HTTP/1.1");
    assert!(answer.starts_with("http/1.1 426 "), "{answer}");
    for field in ["upgrade: websocket", "sec-websocket-version: 13", "content-type: text/plain; charset=utf-8"] {
        assert_eq!(answer.matches(&format!("\r\n{field}\r\n")).count(), 1, "{field} in {answer}");
    }
    assert!(
        answer.ends_with("\r\n\r\nthe header upgrade is missing: expected websocket (rfc 6455 §4.1)\n"),
        "{answer}"
    );

    let answer = server.answer("POST / HTTP/1.1");
    assert!(answer.starts_with("http/1.1 405 ") && answer.contains("\r\nallow: get\r\n"), "{answer}");
}

#[test]
fn hyper() {
    refuses_plain_requests(env!("CARGO_BIN_EXE_hyper-echo"));
}

#[test]
fn axum() {
    refuses_plain_requests(env!("CARGO_BIN_EXE_axum-echo"));
}
