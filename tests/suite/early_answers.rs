//! Servers that answer a client of the blocking adapter before they have read its request.

#[cfg(unix)]
use crate::script::Above;
use crate::{
    blocking_both::Layer,
    script::{Reads, Script, Writes},
    sockets::tcp,
};
use bowline::{
    Config, HandshakeError,
    adapter::blocking::{self, Error},
    client, server,
};
use std::{
    io::{ErrorKind, Read, Write},
    net::Shutdown,
    thread,
    time::Duration,
};

/// A request that is larger than the buffers of the sockets.
fn large_request() -> client::Request {
    client::Request::from_uri("ws://localhost/").unwrap().header("Padding", "x".repeat(16_000_000)).unwrap()
}

/// A server that answers before it has read the whole request, and reads no more of it: its answer is received. One that goes away
/// is noticed.
#[test]
fn an_answer_to_a_part_of_the_request() {
    for (answers, closes) in [(true, false), (true, true), (false, true)] {
        for tells in [None, Some(true), Some(false)] {
            let [near, mut far] = tcp();
            if answers {
                far.write_all(b"HTTP/1.1 431 Too large\r\nContent-Length: 2\r\n\r\nNo").unwrap();
            }
            if closes {
                far.shutdown(Shutdown::Write).unwrap();
            }
            // The deadline ends it where the answer is not noticed.
            let config = Config::default().with(|config| config.deadlines.handshake = Some(Duration::from_secs(5)));
            let refused = match tells {
                None => blocking::client_handshake(near, large_request(), config).map(|_| ()),
                Some(tells) => {
                    let near = Layer { tcp: near, tells };
                    blocking::client_handshake(near, large_request(), config).map(|_| ())
                }
            };
            let Err(Error::Handshake { error, response }) = refused else { panic!("{refused:?}") };
            if answers {
                assert_eq!((error, response.unwrap().body()), (HandshakeError::Status(431), &b"No"[..]));
            } else {
                assert_eq!(error, HandshakeError::EndOfStream { received: 0 });
            }
        }
    }
}

/// A request that cannot be written to its end, since the server has closed the stream: what it sent before is the reason, and
/// otherwise the error of writing.
#[test]
fn an_answer_before_the_stream_breaks() {
    for answers in [true, false] {
        let mut reads = vec![];
        if answers {
            reads.insert(0, Reads::Bytes(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_vec()));
        }
        let request = client::Request::from_uri("ws://localhost/").unwrap();
        let script = Script::new(reads).writes([Writes::Error(ErrorKind::BrokenPipe)]);
        match blocking::client_handshake(script, request, Config::default()).map(|_| ()) {
            Err(Error::Handshake { error, .. }) => assert!(answers && error == HandshakeError::Status(503), "{error}"),
            Err(Error::Io(error)) => assert!(!answers && error.kind() == ErrorKind::BrokenPipe, "{error}"),
            other => panic!("{other:?}"),
        }
    }
}

/// Reading fails while the request waits to be written, as TLS does with an alert: that is the error, and not the one of a later
/// write or read.
#[cfg(unix)]
#[test]
fn reading_fails_before_the_request_is_written() {
    for later in [vec![Writes::Error(ErrorKind::BrokenPipe)], vec![]] {
        let writes: Vec<_> = [Writes::Error(ErrorKind::WouldBlock)].into_iter().chain(later).collect();
        let stream = Above::readable(Script::new([Reads::Error(ErrorKind::InvalidData)]).writes(writes));
        let request = client::Request::from_uri("ws://localhost/").unwrap();
        match blocking::client_handshake(stream, request, Config::default()).map(|_| ()) {
            Err(Error::Io(error)) => assert_eq!(error.kind(), ErrorKind::InvalidData),
            other => panic!("{other:?}"),
        }
    }
}

/// A write that a signal interrupts is repeated.
#[test]
fn an_interrupted_write() {
    let request = client::Request::from_uri("ws://localhost/").unwrap();
    let mut script = Script::new([]).writes([Writes::Error(ErrorKind::Interrupted), Writes::Takes(7)]);
    match blocking::client_handshake(&mut script, request, Config::default()).map(|_| ()) {
        Err(Error::Handshake { error, .. }) => assert_eq!(error, HandshakeError::EndOfStream { received: 0 }),
        other => panic!("{other:?}"),
    }
    assert!(script.written.ends_with(b"\r\n\r\n"));
}

/// The response that accepts a request with this `Sec-WebSocket-Key`.
fn acceptance(key: &str) -> Vec<u8> {
    let head = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {key}\r\n\r\n"
    );
    let mut script = Script::new([Reads::Bytes(head.into_bytes())]);
    blocking::accept(&mut script, &server::Accept::any_origin(), Config::default()).unwrap();
    script.written
}

/// A server that accepts before it has read the whole request still gets the rest of it.
#[test]
fn accepted_after_a_part_of_the_request() {
    let [near, mut far] = tcp();
    let server = thread::spawn(move || {
        let mut head = vec![0; 2000];
        far.read_exact(&mut head).unwrap();
        let key = String::from_utf8(head).unwrap();
        let key = key.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
        far.write_all(&acceptance(key)).unwrap();
        far.write_all(b"\x81\x02Hi").unwrap();
        let mut rest = vec![0; 65_536];
        let mut count = 4;
        while rest[count - 4..count] != *b"\r\n\r\n" {
            count = far.read(&mut rest).unwrap().max(4);
        }
        far
    });
    let request = large_request();
    let (mut socket, _) = blocking::client_handshake(near, request, Config::default()).unwrap();
    assert_eq!(socket.recv().unwrap(), Some("Hi".into()));
    drop(server.join().unwrap());
}
