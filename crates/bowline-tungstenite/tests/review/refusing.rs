//! Streams that do not accept all bytes at once.

use bowline_tungstenite::{
    Error, Message, WebSocket,
    error::ProtocolError,
    protocol::{CloseFrame, Role, frame::coding::CloseCode},
};
use std::{
    collections::VecDeque,
    io::{self, Cursor, ErrorKind, Read, Write},
};

/// A stream that refuses writes while `refuses` is set, as TLS of OpenSSL does: it keeps up to a record of the refused bytes, and
/// writes these at the next call, whatever that passes.
#[derive(Default)]
struct Tls {
    reads: VecDeque<Vec<u8>>,
    refuses: bool,
    record: Option<Vec<u8>>,
    longest: usize,
    wire: Vec<u8>,
}

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.reads.pop_front().ok_or(ErrorKind::WouldBlock)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.longest = self.longest.max(bytes.len());
        let record = self.record.take().unwrap_or_else(|| bytes[..bytes.len().min(16 * 1024)].to_vec());
        assert!(bytes.len() >= record.len(), "OpenSSL: bad write retry");
        if self.refuses {
            self.record = Some(record);
            return Err(ErrorKind::WouldBlock.into());
        }
        self.wire.extend_from_slice(&record);
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_blocked(result: Result<(), Error>) -> bool {
    matches!(result, Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock)
}

fn server(stream: Tls) -> WebSocket<Tls> {
    WebSocket::from_raw_socket(stream, Role::Server, None)
}

/// A client's frame, masked with zeros.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0], payload].concat()
}

/// A pong overtakes messages whose bytes the stream has refused once, and keeps: what it has kept is not written again, nor is
/// anything else left out.
#[test]
fn a_pong_during_a_refused_write() {
    for (first, second) in [(5000, 5), (5000, 6000), (5, 5000), (40_000, 40_000)] {
        let mut socket = server(Tls::default());
        socket.send(Message::binary(vec![1; 5000])).unwrap(); // the stream has no vectored writes
        socket.get_mut().refuses = true;
        for (size, byte) in [(first, 2), (second, 3)] {
            socket.write(Message::binary(vec![byte; size])).unwrap();
        }
        assert!(is_blocked(socket.flush()));
        for ping in [&b"one"[..], b"two"] {
            socket.get_mut().reads.push_back(masked(0x89, ping));
            assert!(socket.read().unwrap().is_ping());
            assert!(is_blocked(socket.flush()));
        }
        socket.get_mut().refuses = false;
        socket.flush().unwrap();
        let wire = Cursor::new(socket.into_inner().wire);
        let mut client = WebSocket::from_raw_socket(wire, Role::Client, None);
        let (mut sizes, mut pongs) = (Vec::new(), 0);
        while sizes.len() < 3 || pongs < 2 {
            match client.read().unwrap() {
                Message::Binary(data) => sizes.push(data.len()),
                Message::Pong(_) => pongs += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(sizes, [5000, first, second]);
    }
}

/// Only the begin of a payload is copied behind its header.
#[test]
fn the_rest_of_a_large_message_is_not_copied() {
    let mut socket = server(Tls::default());
    socket.send(Message::binary(vec![1; 5000])).unwrap();
    let stream = socket.get_mut();
    (stream.refuses, stream.longest) = (true, 0);
    assert!(is_blocked(socket.send(Message::binary(vec![1; 1 << 20]))));
    assert_eq!(socket.get_ref().longest, 16 * 1024);
}

/// A server whose Close frame, and a message before it, were refused: they are written before the connection ends.
#[test]
fn a_refused_close_frame_is_written_after_the_answer() {
    let mut socket = server(Tls { refuses: true, ..Tls::default() });
    socket.write(Message::text("last")).unwrap();
    assert!(is_blocked(socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))));
    socket.get_mut().reads.push_back(masked(0x88, b"\x03\xe8"));
    assert!(socket.read().unwrap().is_close());
    socket.get_mut().refuses = false;
    assert!(matches!(socket.read(), Err(Error::ConnectionClosed)));
    assert_eq!(socket.get_ref().wire, b"\x81\x04last\x88\x02\x03\xe8");
}

/// The Close frame of a violation is written by a later call, if the stream has refused it.
#[test]
fn the_refused_close_frame_of_a_violation() {
    let mut socket = server(Tls { refuses: true, ..Tls::default() });
    socket.get_mut().reads.push_back(masked(0x83, b""));
    assert!(matches!(socket.read(), Err(Error::Protocol(ProtocolError::InvalidOpcode(3)))));
    assert!(matches!(socket.read(), Err(Error::AlreadyClosed)));
    socket.get_mut().refuses = false;
    assert!(matches!(socket.read(), Err(Error::AlreadyClosed)));
    assert_eq!(socket.get_ref().wire[..1], [0x88]);
    assert_eq!(socket.get_ref().wire[2..4], 1002_u16.to_be_bytes());
}

/// A server that sends data without end behind its Close frame.
struct Endless {
    reads: u32,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        match self.reads {
            1 => {
                buffer[..2].copy_from_slice(b"\x88\x00");
                Ok(2)
            }
            2..1000 => {
                let count = buffer.len().min(1024);
                buffer[..count].fill(0);
                Ok(count)
            }
            _ => Ok(0),
        }
    }
}

impl Write for Endless {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn data_behind_the_close_frame_is_not_read_without_end() {
    let mut client = WebSocket::from_raw_socket(Endless { reads: 0 }, Role::Client, None);
    assert!(client.read().unwrap().is_close());
    assert!(matches!(client.read(), Err(Error::Protocol(ProtocolError::ReceivedAfterClosing))));
    let reads = client.get_ref().reads;
    assert!((64..70).contains(&reads), "{reads} reads");
    assert!(matches!(client.read(), Err(Error::AlreadyClosed)));
}
