//! Connections that have agreed on compression in a real opening handshake, and miniz on the other side of them.

use crate::{
    common::{self, frame_to, receive},
    miniz::{Compressor, Decompressor},
};
use bowline::{
    Config, Connection, Event, HandshakeError, Input, Message, Outgoing, Role, client,
    deflate::Options,
    server::{self, Accept},
};
use bytes::Buf;
use miniz_oxide::MZFlush;
use std::sync::Arc;

/// "permessage-deflate" with nothing else: context takeover in both directions, windows of 15 bits.
pub(crate) const PLAIN: &str = "permessage-deflate";
/// Nothing is kept between two messages.
pub(crate) const NO_CONTEXT_TAKEOVER: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// The first bytes of compressed messages, with FIN.
pub(crate) const TEXT: u8 = 0xC1;
pub(crate) const BINARY: u8 = 0xC2;

/// The default options with some changes.
pub(crate) fn options(change: impl FnOnce(&mut Options)) -> Options {
    let mut options = Options::default();
    change(&mut options);
    options
}

/// What compresses all but empty messages.
pub(crate) fn eager() -> Options {
    options(|options| options.threshold = 0)
}

fn config(options: Option<Options>, change: impl FnOnce(&mut Config)) -> Arc<Config> {
    Arc::new(common::config().with(|config| config.deflate = options).with(change))
}

/// A request with these lines of `Sec-WebSocket-Extensions`.
fn request(offers: &[&str]) -> Vec<u8> {
    let mut head = String::from(
        "GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
    );
    for offer in offers {
        head = head + "Sec-WebSocket-Extensions: " + offer + "\r\n";
    }
    (head + "\r\n").into_bytes()
}

fn accepted(mut request: Vec<u8>, config: &Arc<Config>) -> (Connection, String) {
    let mut input = Input::from(&mut request);
    let server::Progress::Request(request) = server::Handshake::new(config.clone()).receive(&mut input) else {
        panic!("the request is refused");
    };
    let mut connection = request.accept(&Accept::any_origin()).unwrap();
    let queued = connection.buffered_amount();
    let head = connection.output().copy_to_bytes(queued).to_vec();
    (connection, String::from_utf8(head).unwrap())
}

/// The value of `Sec-WebSocket-Extensions` in a head, if it is there; it must not be there twice.
fn extensions(head: &str) -> Option<String> {
    let mut values = head.split("\r\n").filter_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
    let value = values.next().map(Into::into);
    assert_eq!(values.next(), None);
    value
}

/// A server that was offered this, and what it answered.
pub(crate) fn serve(options: Option<Options>, offers: &[&str]) -> (Connection, Option<String>) {
    let (connection, head) = accepted(request(offers), &config(options, |_| {}));
    (connection, extensions(&head))
}

/// What a client with these options offers.
pub(crate) fn offer(options: Option<Options>) -> Option<String> {
    let (_, head) = asking(&config(options, |_| {}));
    extensions(&head)
}

fn asking(config: &Arc<Config>) -> (client::Handshake, String) {
    let request = client::Request::from_uri("ws://example.com/").unwrap();
    let mut handshake = client::Handshake::new(request, config.clone());
    let len = handshake.output().remaining();
    let head = handshake.output().copy_to_bytes(len).to_vec();
    (handshake, String::from_utf8(head).unwrap())
}

/// A client that got these lines of `Sec-WebSocket-Extensions` in the answer.
pub(crate) fn ask(options: Option<Options>, answers: &[&str]) -> Result<Connection, HandshakeError> {
    answered(&config(options, |_| {}), answers)
}

fn answered(config: &Arc<Config>, answers: &[&str]) -> Result<Connection, HandshakeError> {
    let (mut handshake, request) = asking(config);
    // The right answer but for the extensions comes from a server that knows none.
    let (_, head) = accepted(request.into_bytes(), &self::config(None, |_| {}));
    let mut head = String::from(head.strip_suffix("\r\n").unwrap());
    for answer in answers {
        head = head + "Sec-WebSocket-Extensions: " + answer + "\r\n";
    }
    let mut head = (head + "\r\n").into_bytes();
    match handshake.receive(&mut Input::from(&mut head)) {
        client::Progress::Connected(connection, _) => Ok(connection),
        client::Progress::Refused(error, _) => Err(error),
        other => panic!("the head is not over: {other:?}"),
    }
}

/// A connection in this role, with [`eager`] options, that was offered this, or was answered this.
pub(crate) fn agreed(role: Role, params: &str) -> Connection {
    agreed_with(role, params, |_| {})
}

/// The same with some changes to the configuration.
pub(crate) fn agreed_with(role: Role, params: &str, change: impl FnOnce(&mut Config)) -> Connection {
    let config = config(Some(eager()), change);
    match role {
        Role::Server => accepted(request(&[params]), &config).0,
        Role::Client => answered(&config, &[params]).unwrap(),
    }
}

/// A client and a server that have shaken hands.
pub(crate) fn pair(client: &Arc<Config>, server: &Arc<Config>) -> [Connection; 2] {
    let (mut handshake, request) = asking(client);
    let (server, head) = accepted(request.into_bytes(), server);
    match handshake.receive(&mut Input::from(&mut head.into_bytes())) {
        client::Progress::Connected(client, _) => [client, server],
        other => panic!("not connected: {other:?}"),
    }
}

/// A configuration with these options.
pub(crate) fn shared(options: Options) -> Arc<Config> {
    config(Some(options), |_| {})
}

/// A compressor of another make, whose window stays.
pub(crate) struct Miniz(Compressor);

impl Miniz {
    pub(crate) fn new(level: u8) -> Self {
        Self(Compressor::new(level))
    }

    /// The next message, without the tail.
    pub(crate) fn message(&mut self, data: &[u8]) -> Vec<u8> {
        let mut compressed = Vec::new();
        self.0.add(data, MZFlush::Sync, &mut compressed);
        let len = compressed.strip_suffix(&[0, 0, 0xFF, 0xFF]).expect("a tail").len();
        compressed.truncate(len);
        compressed
    }
}

/// A message on its own, compressed hard, without the tail.
pub(crate) fn deflated(data: &[u8]) -> Vec<u8> {
    Miniz::new(9).message(data)
}

/// A message on its own that is stored, in blocks of this size.
pub(crate) fn stored(data: &[u8], block: usize) -> Vec<u8> {
    let mut payload = Vec::new();
    for part in data.chunks(block) {
        let len = part.len() as u16;
        payload.push(0);
        payload.extend(len.to_le_bytes());
        payload.extend((!len).to_le_bytes());
        payload.extend(part);
    }
    payload.push(0);
    payload
}

/// A decompressor of another make.
pub(crate) struct Unminiz(Decompressor);

impl Unminiz {
    pub(crate) fn new() -> Self {
        Self(Decompressor::new())
    }

    /// The message whose payload this is.
    pub(crate) fn message(&mut self, payload: &[u8]) -> Vec<u8> {
        self.0.all(&[payload, &[0, 0, 0xFF, 0xFF]].concat())
    }
}

/// A message that may be compressed, or not.
pub(crate) fn outgoing(message: impl Into<Message>, compress: bool) -> Outgoing {
    let message = message.into();
    if compress { message.into() } else { message.uncompressed() }
}

/// Both kinds of message as events.
pub(crate) fn text(text: &str) -> Event<'static> {
    Event::Text(String::from(text).into())
}

pub(crate) fn binary(data: &[u8]) -> Event<'static> {
    Event::Binary(data.to_vec().into())
}

/// Asserts that a message in a single frame is received as this.
#[track_caller]
pub(crate) fn assert_received(connection: &mut Connection, first: u8, payload: &[u8], expected: Event<'_>) {
    let events = receive(connection, &frame_to(connection.role(), first, payload));
    assert_eq!(events, [expected.into_owned()]);
}

/// Text of `len` bytes in which much is there again, but not everything.
pub(crate) fn prose(len: usize) -> String {
    let words = ["window ", "of ", "the ", "peer ", "is ", "compressed ", "and ", "message ", "frame ", "a "];
    let mut state = 12_345_u32;
    let mut text = String::new();
    while text.len() < len {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text += words[(state >> 16) as usize % words.len()];
        if state >> 28 == 0 {
            text += &state.to_string();
        }
    }
    text.truncate(len);
    text
}

/// Bytes that cannot be compressed.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..len).map(next).collect()
}
