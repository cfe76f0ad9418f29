//! Streams that do not accept, keep or end as one would wish: what is written then, and what is reported.

#![expect(clippy::cast_possible_truncation, clippy::indexing_slicing, reason = "that is how helpers of tests fail")]

use bowline_tungstenite::{
    Error, Message, WebSocket, WebSocketStream,
    error::ProtocolError,
    protocol::{Role, WebSocketConfig},
};
use futures_util::{SinkExt, StreamExt};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    time::Duration,
};

/// A stream like OpenSSL's: bytes that it cannot write it keeps, encrypted, and the next call must begin with the same bytes.
#[derive(Debug, Default)]
struct Encrypted {
    reads: VecDeque<Vec<u8>>,
    is_blocked: bool,
    kept: Vec<u8>,
    written: Vec<u8>,
}

impl Read for Encrypted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.reads.pop_front().ok_or(ErrorKind::WouldBlock)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Write for Encrypted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.kept.is_empty() {
            self.kept = bytes[..bytes.len().min(16 * 1024)].to_vec();
        }
        assert!(bytes.starts_with(&self.kept), "the same bytes must be written again");
        if self.is_blocked {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.written.extend_from_slice(&self.kept);
        Ok(std::mem::take(&mut self.kept).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_blocked<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock)
}

/// Pings that arrive while a write is blocked are answered between frames, and change nothing of what was tried before.
#[test]
fn a_blocked_write_is_repeated_with_the_same_bytes() {
    for size in [10, 4096, 5000, 40_000] {
        let mut socket = WebSocket::from_raw_socket(Encrypted::default(), Role::Server, None);
        socket.send(Message::binary(vec![1; 5000])).unwrap(); // the stream has no vectored writes: that is known now
        socket.get_mut().is_blocked = true;
        let mut expected = 1;
        for _ in 0..3 {
            // Two messages in one write: later, pongs go between them.
            let _ = socket.write(Message::binary(vec![2; size])); // blocked as well, once much is queued
            assert!(is_blocked(&socket.send(Message::binary(vec![2; size]))));
            expected += 2;
            socket.get_mut().reads.push_back(b"\x89\x80\0\0\0\0".to_vec());
            assert!(socket.read().unwrap().is_ping());
            assert!(is_blocked(&socket.read()));
        }
        socket.get_mut().is_blocked = false;
        socket.flush().unwrap();

        // What was written is a sequence of whole frames.
        let written = std::mem::take(&mut socket.get_mut().written);
        let mut client = WebSocket::from_partially_read(Encrypted::default(), written, Role::Client, None);
        let mut messages = 0;
        loop {
            match client.read() {
                Ok(message) if message.is_pong() => {}
                Ok(message) => messages += usize::from([5000, size].contains(&message.len())),
                Err(error) => break assert!(is_blocked::<()>(&Err(error))),
            }
        }
        assert_eq!(messages, expected, "of {size} bytes");
    }
}

/// Our Close frame is blocked when that of the peer arrives: it is written before the end.
#[test]
fn a_close_frame_that_is_blocked() {
    let stream = Encrypted { is_blocked: true, ..Encrypted::default() };
    let mut server = WebSocket::from_raw_socket(stream, Role::Server, None);
    assert!(is_blocked(&server.send(Message::text("last"))));
    assert!(is_blocked(&server.close(None)));
    server.get_mut().reads.push_back(b"\x88\x80\0\0\0\0".to_vec());
    assert_eq!(server.read().unwrap(), Message::Close(None));
    assert!(is_blocked(&server.read()));
    server.get_mut().is_blocked = false;
    assert!(matches!(server.read(), Err(Error::ConnectionClosed)));
    assert_eq!(server.get_ref().written, b"\x81\x04last\x88\x00");
}

/// The Close frame for a violation is blocked: the next call writes it.
#[test]
fn a_violation_whose_close_frame_is_blocked() {
    let stream = Encrypted { is_blocked: true, reads: [b"\x83\x00".to_vec()].into(), ..Encrypted::default() };
    let mut client = WebSocket::from_raw_socket(stream, Role::Client, None);
    assert!(matches!(client.read(), Err(Error::Protocol(ProtocolError::InvalidOpcode(3)))));
    client.get_mut().is_blocked = false;
    assert!(matches!(client.read(), Err(Error::AlreadyClosed)));
    assert_eq!((client.get_ref().written[0], client.get_ref().written.len()), (0x88, 8));
}

/// A server that closes, and then sends without end: a client does not read that indefinitely.
#[test]
fn data_after_a_close_frame() {
    let mut client = WebSocket::from_raw_socket(Encrypted::default(), Role::Client, None);
    client.get_mut().reads.push_back(b"\x88\x00\x81\x01a".to_vec());
    client.get_mut().reads.extend((0..100).map(|_| vec![7; 1024]));
    assert_eq!(client.read().unwrap(), Message::Close(None));
    assert!(matches!(client.read(), Err(Error::Protocol(ProtocolError::ReceivedAfterClosing))));
    assert!(client.get_ref().reads.len() > 30);
    assert!(matches!(client.read(), Err(Error::AlreadyClosed)));
}

/// Neither what was received, nor what is in the buffer behind it, is in the output of `Debug`.
#[test]
fn debug_shows_no_contents() {
    let secret = |text: &str| [&[0x81, text.len() as u8], text.as_bytes()].concat();
    let reads: VecDeque<_> = [[secret("a secret"), secret("seldom seen"), vec![0x81]].concat()].into();
    let mut client = WebSocket::from_raw_socket(Encrypted { reads, ..Encrypted::default() }, Role::Client, None);
    assert_eq!(client.read().unwrap(), Message::text("a secret"));
    let shown = format!("{client:?}");
    assert!(shown.contains("unread: 14"), "{shown}");
    assert!(!shown.contains("101, 108, 100") && !shown.contains("seldom"), "{shown}");
}

fn deadlines() -> WebSocketConfig {
    let mut deadlines = bowline::Deadlines::default();
    deadlines.close = Duration::from_secs(3);
    WebSocketConfig::default().deadlines(Some(deadlines))
}

/// A peer that reads nothing: a task that only sends is not left waiting, whether or not another one reads.
#[tokio::test(start_paused = true)]
async fn a_sender_notices_a_deadline() {
    for is_read in [false, true] {
        let (ours, theirs) = tokio::io::duplex(64);
        let server = WebSocketStream::from_raw_socket(ours, Role::Server, Some(deadlines())).await;
        let (mut sink, mut stream) = server.split();
        let reader = tokio::spawn(async move { if is_read { stream.next().await } else { None } });
        let start = tokio::time::Instant::now();
        let sent = tokio::time::timeout(Duration::from_secs(600), sink.send(Message::binary(vec![0; 1000]))).await;
        let Ok(Err(Error::Io(error))) = sent else { panic!("{sent:?}") };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(start.elapsed() > Duration::from_secs(50));
        let read = reader.await.unwrap();
        assert!(!is_read || matches!(read, Some(Err(Error::Io(error))) if error.kind() == ErrorKind::TimedOut));
        drop(theirs);
    }
}
