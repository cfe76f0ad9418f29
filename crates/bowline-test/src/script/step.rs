//! The steps of a script.

use crate::received::{Received, Shown, WithSize};
use bowline::{
    CloseCode, Connection, client,
    server::{self, Refusal},
};
use std::{fmt, sync::Arc, time::Duration};

/// One step of a script.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Expect(Expected),
    /// Sends bytes: what they are, and the bytes.
    Send(String, Vec<u8>),
    /// Sends the same bytes again and again, as long as the other end accepts them.
    Flood(Vec<u8>, u64),
    /// Sends one byte, waits, and so on, as long as the other end accepts them.
    Trickle(Vec<u8>, Duration),
    /// Lets time pass, and reads nothing.
    Wait(Duration),
    /// Reads until the stream ends.
    Ignore,
    End,
    Reset,
    Request(Box<client::Request>),
    ExpectResponse(u16),
    /// For any path, or this one.
    ExpectRequest(Option<String>),
    Answer(Answer),
}

/// What is expected to be received next.
#[derive(Clone, Debug)]
pub(crate) enum Expected {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(CloseCode),
    End,
    Any,
    /// This frame, of which only the first byte and the payload are compared.
    Frame(u8, Vec<u8>),
    Matching(String, Condition),
}

/// What an item has to fulfil.
#[derive(Clone)]
pub(crate) struct Condition(pub(crate) Arc<dyn Fn(&Received) -> bool + Send + Sync>);

type Decide = dyn Fn(server::Request) -> Result<Connection, Refusal> + Send + Sync;

/// How a request is answered.
#[derive(Clone)]
pub(crate) struct Answer(pub(crate) Arc<Decide>);

impl Step {
    /// Whether it is a part of the opening handshake.
    pub(crate) const fn is_opening(&self) -> bool {
        matches!(self, Self::Request(_) | Self::ExpectResponse(_) | Self::ExpectRequest(_) | Self::Answer(_))
    }
}

impl Expected {
    pub(crate) fn matches(&self, received: &Received) -> bool {
        match (self, received) {
            (Self::Text(text), Received::Text(received)) => text == received,
            (Self::Binary(data), Received::Binary(received))
            | (Self::Ping(data), Received::Ping(received))
            | (Self::Pong(data), Received::Pong(received)) => data == received,
            (Self::Close(code), Received::Close { code: received, .. }) => code == received,
            (Self::End, Received::End) => true,
            (Self::Any, received) => !matches!(received, Received::Illegal(_)),
            (Self::Matching(_, condition), received) => (condition.0)(received),
            _ => false,
        }
    }
}

/// What the step is to do, for a mismatch.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expect(expected) => write!(f, "expected {expected}"),
            Self::Send(what, _) => write!(f, "send {what}"),
            Self::Flood(bytes, times) => write!(f, "send {} bytes {times} times", bytes.len()),
            Self::Trickle(bytes, every) => write!(f, "send {} bytes, one every {every:?}", bytes.len()),
            Self::Wait(time) => write!(f, "wait for {time:?}"),
            Self::Ignore => f.write_str("read until the stream ends"),
            Self::End => f.write_str("end the stream"),
            Self::Reset => f.write_str("reset the stream"),
            Self::Request(request) => write!(f, "send a request for {}", request.path_and_query()),
            Self::ExpectResponse(status) => write!(f, "expected a response with status {status}"),
            Self::ExpectRequest(None) => f.write_str("expected an opening handshake"),
            Self::ExpectRequest(Some(path)) => write!(f, "expected an opening handshake for {path}"),
            Self::Answer(_) => f.write_str("answer the request"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "text {}", Shown(text.as_bytes())),
            Self::Binary(data) => write!(f, "binary {}", WithSize(data)),
            Self::Ping(payload) => write!(f, "a ping {}", Shown(payload)),
            Self::Pong(payload) => write!(f, "a pong {}", Shown(payload)),
            Self::Close(code) => write!(f, "a Close frame with {code}"),
            Self::End => f.write_str("the end of the stream"),
            Self::Any => f.write_str("anything"),
            Self::Frame(first, payload) => write!(f, "a frame {first:#04x} {}", Shown(payload)),
            Self::Matching(what, _) => f.write_str(what),
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Condition")
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}
