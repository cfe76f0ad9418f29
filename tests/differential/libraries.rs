//! The libraries, each fed a stream in reads of the same size until it ends or the bytes do.

use crate::{
    model::{Message, Outcome, Reason},
    streams::Stream,
};
use bytes::{Buf, BytesMut};
use std::{
    collections::VecDeque,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

pub(crate) fn bowline(stream: &Stream) -> Outcome {
    use bowline::{Config, Connection, Event, Input, Role, Violation};
    let mut config = Config::default();
    (config.limits.frame, config.limits.message) = (stream.limit, stream.limit);
    let role = if stream.to_server { Role::Server } else { Role::Client };
    let mut connection = Connection::new(role, config);
    let mut outcome = Outcome::default();
    for piece in stream.bytes.chunks(stream.cut) {
        let mut piece = piece.to_vec();
        let mut input = Input::from(&mut piece);
        while let Some(event) = connection.receive(&mut input) {
            outcome.push(match event {
                Event::Text(text) => Message::Text(text.as_bytes().to_vec()),
                Event::Binary(data) => Message::Binary(data.to_vec()),
                Event::Ping(data) => Message::Ping(data.to_vec()),
                Event::Pong(data) => Message::Pong(data.to_vec()),
                Event::Close(frame) => {
                    return outcome.closed(frame.map(|frame| (frame.code.get(), frame.reason.as_bytes().to_vec())));
                }
                Event::Failed(error) => {
                    return outcome.failed(match error.violation() {
                        Violation::InvalidText | Violation::InvalidCloseReason => Reason::Text,
                        Violation::FrameTooBig { .. } | Violation::MessageTooBig { .. } => Reason::Size,
                        _ => Reason::Protocol,
                    });
                }
                other => panic!("{other:?}"),
            });
        }
    }
    outcome
}

pub(crate) fn tungstenite(stream: &Stream) -> Outcome {
    use tungstenite::{
        Error, Message as Theirs,
        protocol::{Role, WebSocket, WebSocketConfig},
    };
    let mut config = WebSocketConfig::default();
    (config.max_frame_size, config.max_message_size) = (Some(stream.limit), Some(stream.limit));
    config.read_buffer_size = 1024; // it is filled with zeros at each read
    let role = if stream.to_server { Role::Server } else { Role::Client };
    let mut socket = WebSocket::from_raw_socket(Wire::new(stream), role, Some(config));
    let mut outcome = Outcome::default();
    loop {
        outcome.push(match socket.read() {
            Ok(Theirs::Text(text)) => Message::Text(text.as_bytes().to_vec()),
            Ok(Theirs::Binary(data)) => Message::Binary(data.to_vec()),
            Ok(Theirs::Ping(data)) => Message::Ping(data.to_vec()),
            Ok(Theirs::Pong(data)) => Message::Pong(data.to_vec()),
            Ok(Theirs::Close(frame)) => {
                return outcome.closed(frame.map(|frame| (frame.code.into(), frame.reason.as_bytes().to_vec())));
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return outcome,
            Err(Error::Protocol(_)) => return outcome.failed(Reason::Protocol),
            Err(Error::Utf8(_)) => return outcome.failed(Reason::Text),
            Err(Error::Capacity(_)) => return outcome.failed(Reason::Size),
            other => panic!("{other:?}"),
        });
    }
}

pub(crate) fn tokio_websockets(stream: &Stream) -> Outcome {
    use futures_core::Stream as _;
    use tokio_websockets::{ClientBuilder, Error, Limits, ServerBuilder, proto::ProtocolError};
    let limits = Limits::default().max_payload_len(Some(stream.limit));
    let wire = Wire::new(stream);
    let mut socket = pin!(if stream.to_server {
        ServerBuilder::new().limits(limits).serve(wire)
    } else {
        ClientBuilder::new().limits(limits).take_over(wire)
    });
    let mut outcome = Outcome::default();
    loop {
        let message = match socket.as_mut().poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => return outcome,
            Poll::Ready(Some(Ok(message))) => message,
            Poll::Ready(Some(Err(Error::Protocol(ProtocolError::InvalidUtf8)))) => return outcome.failed(Reason::Text),
            Poll::Ready(Some(Err(Error::Protocol(_)))) => return outcome.failed(Reason::Protocol),
            Poll::Ready(Some(Err(Error::PayloadTooLong { .. }))) => return outcome.failed(Reason::Size),
            Poll::Ready(other) => panic!("{other:?}"),
        };
        let kind = if message.is_text() {
            Message::Text
        } else if message.is_binary() {
            Message::Binary
        } else if message.is_ping() {
            Message::Ping
        } else if message.is_pong() {
            Message::Pong
        } else {
            let body = message.into_payload().to_vec();
            return outcome
                .closed(body.split_first_chunk().map(|(code, reason)| (u16::from_be_bytes(*code), reason.to_vec())));
        };
        outcome.push(kind(message.into_payload().to_vec()));
    }
}

pub(crate) fn sockudo_ws(stream: &Stream) -> Outcome {
    use sockudo_ws::{
        Message as Theirs,
        error::Error,
        protocol::{Protocol, Role},
    };
    let role = if stream.to_server { Role::Server } else { Role::Client };
    let mut protocol = Protocol::new(role, stream.limit, stream.limit);
    let (mut outcome, mut buffer, mut messages) = (Outcome::default(), BytesMut::new(), Vec::new());
    // In one piece: for a fragment that is not text and makes its message too big, its answer depends on the reads.
    buffer.extend_from_slice(&stream.bytes);
    let result = protocol.process_into(&mut buffer, &mut messages);
    for message in messages {
        outcome.push(match message {
            Theirs::Text(text) => Message::Text(text.to_vec()),
            Theirs::Binary(data) => Message::Binary(data.to_vec()),
            Theirs::Ping(data) => Message::Ping(data.to_vec()),
            Theirs::Pong(data) => Message::Pong(data.to_vec()),
            Theirs::Close(reason) => {
                return outcome.closed(reason.map(|reason| (reason.code, reason.reason.to_string().into_bytes())));
            }
        });
    }
    match result {
        Ok(()) => outcome,
        Err(Error::InvalidUtf8) => outcome.failed(Reason::Text),
        Err(Error::FrameTooLarge | Error::MessageTooLarge) => outcome.failed(Reason::Size),
        Err(_) => outcome.failed(Reason::Protocol),
    }
}

/// A stream to be read, that takes whatever is written.
struct Wire {
    bytes: VecDeque<u8>,
    cut: usize,
}

impl Wire {
    fn new(stream: &Stream) -> Self {
        Self { bytes: stream.bytes.clone().into(), cut: stream.cut }
    }
}

impl io::Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.cut).min(self.bytes.len());
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.bytes.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tokio::io::AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = buffer.remaining().min(self.cut).min(self.bytes.len());
        if count == 0 {
            return Poll::Pending;
        }
        self.bytes.copy_to_slice(buffer.initialize_unfilled_to(count));
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
