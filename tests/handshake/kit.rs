//! A client's head and a server's head to be bent, and short ways to see what becomes of them.

use bowline::{
    Config, Connection, HandshakeError,
    client::{self, Response},
    server::{self, Refusal},
};
use bytes::Buf;
use std::sync::Arc;

/// The key of RFC 6455 §1.3, and what answers it.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

pub(crate) fn config() -> Arc<Config> {
    Arc::new(Config::new(sample_nonce))
}

/// "the sample nonce", four bytes at a time: with it, a client's key is [`KEY`].
fn sample_nonce() -> [u8; 4] {
    use std::cell::Cell;
    thread_local!(static WORD: Cell<usize> = const { Cell::new(0) });
    let word = WORD.replace((WORD.get() + 1) % 4);
    b"the sample nonce".as_chunks().0[word]
}

/// Fields of a head, to be changed before they are written.
#[derive(Clone)]
pub(crate) struct Head {
    first: String,
    fields: Vec<(String, Vec<u8>)>,
}

impl Head {
    /// A request that keeps all rules.
    pub(crate) fn request() -> Self {
        Self::new("GET /chat HTTP/1.1")
            .and("Host", "server.example.com")
            .and("Upgrade", "websocket")
            .and("Connection", "Upgrade")
            .and("Sec-WebSocket-Key", KEY)
            .and("Sec-WebSocket-Version", "13")
    }

    /// The answer to a client whose key is [`KEY`].
    pub(crate) fn response() -> Self {
        Self::new("HTTP/1.1 101 Switching Protocols")
            .and("Upgrade", "websocket")
            .and("Connection", "Upgrade")
            .and("Sec-WebSocket-Accept", ACCEPT)
    }

    pub(crate) fn new(first: &str) -> Self {
        Self { first: first.into(), fields: Vec::new() }
    }

    pub(crate) fn first(mut self, line: &str) -> Self {
        self.first = line.into();
        self
    }

    /// With a further field.
    pub(crate) fn and(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.fields.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// Without the fields of this name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self
    }

    /// With this value for a field.
    pub(crate) fn with(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).and(name, value)
    }

    pub(crate) fn reversed(mut self) -> Self {
        self.fields.reverse();
        self
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.fields.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The same as a message of the crate `http`, if that can hold it.
    #[cfg(feature = "http")]
    pub(crate) fn request_message(&self) -> Option<http::Request<()>> {
        let mut words = self.first.split(' ');
        let builder = http::Request::builder().method(words.next()?).uri(words.next()?);
        let mut message = builder.version(version(words.next()?)?).body(()).ok()?;
        *message.headers_mut() = self.map()?;
        Some(message)
    }

    /// The same as a message of the crate `http`, if that can hold it.
    #[cfg(feature = "http")]
    pub(crate) fn response_message(&self) -> Option<http::Response<()>> {
        let mut words = self.first.split(' ');
        let builder = http::Response::builder().version(version(words.next()?)?);
        let mut message = builder.status(words.next()?).body(()).ok()?;
        *message.headers_mut() = self.map()?;
        Some(message)
    }

    #[cfg(feature = "http")]
    fn map(&self) -> Option<http::HeaderMap> {
        let mut map = http::HeaderMap::new();
        for (name, value) in &self.fields {
            let name = http::HeaderName::from_bytes(name.as_bytes()).ok()?;
            map.append(name, http::HeaderValue::from_bytes(value).ok()?);
        }
        Some(map)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{}\r\n", self.first).into_bytes();
        for (name, value) in &self.fields {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

#[cfg(feature = "http")]
fn version(text: &str) -> Option<http::Version> {
    match text {
        "HTTP/1.0" => Some(http::Version::HTTP_10),
        "HTTP/1.1" => Some(http::Version::HTTP_11),
        _ => None,
    }
}

impl From<Head> for Vec<u8> {
    fn from(head: Head) -> Self {
        head.bytes()
    }
}

/// What a server makes of a head.
pub(crate) fn serve(head: impl Into<Vec<u8>>) -> Result<server::Request, Refusal> {
    let mut bytes = head.into();
    match server::Handshake::new(config()).receive(&mut bytes.as_mut_slice().into()) {
        server::Progress::Request(request) => Ok(request),
        server::Progress::Refused(refusal) => Err(refusal),
        server::Progress::NotWebSocket(request) => Err(request.into_refusal()),
        other => panic!("the head is not over: {other:?}"),
    }
}

/// The request of a head that keeps the rules.
pub(crate) fn request(head: impl Into<Vec<u8>>) -> server::Request {
    serve(head).unwrap_or_else(|refusal| panic!("refused: {}", refusal.error().unwrap()))
}

/// The error for a head that does not.
pub(crate) fn refused(head: impl Into<Vec<u8>>) -> HandshakeError {
    let refusal = serve(head).expect_err("the head should be refused");
    let error = refusal.error().expect("a broken rule").clone();
    assert_eq!(refusal.status(), error.status());
    let answer = text(refusal);
    assert!(answer.starts_with(&format!("HTTP/1.1 {} ", error.status())), "{answer}");
    assert!(answer.ends_with(&format!("\r\n\r\n{error}\n")), "{answer}");
    error
}

/// All of a refusal.
pub(crate) fn text(refusal: Refusal) -> String {
    String::from_utf8(refusal.into_bytes()).unwrap()
}

/// All that is in a buffer.
pub(crate) fn drain(mut bytes: impl Buf) -> String {
    let n = bytes.remaining();
    String::from_utf8(bytes.copy_to_bytes(n).to_vec()).unwrap()
}

/// What a connection has to write.
pub(crate) fn output(connection: &mut Connection) -> String {
    let n = connection.output().remaining();
    String::from_utf8(connection.output().copy_to_bytes(n).to_vec()).unwrap()
}

/// The lines of a head that are the field `name`.
pub(crate) fn lines<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let head = head.split_once("\r\n\r\n").unwrap().0;
    head.split("\r\n").filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
}

pub(crate) fn ask() -> client::Request {
    client::Request::from_uri("ws://server.example.com/chat").unwrap()
}

/// What a client that asked makes of a head.
pub(crate) fn answer(request: client::Request, head: impl Into<Vec<u8>>) -> client::Progress {
    let mut bytes = head.into();
    client::Handshake::new(request, config()).receive(&mut bytes.as_mut_slice().into())
}

/// The response of a head that opens the connection.
pub(crate) fn connected(request: client::Request, head: impl Into<Vec<u8>>) -> Response {
    match answer(request, head) {
        client::Progress::Connected(_, response) => response,
        other => panic!("not connected: {other:?}"),
    }
}

/// The error for a head that does not.
pub(crate) fn failed(request: client::Request, head: impl Into<Vec<u8>>) -> HandshakeError {
    match answer(request, head) {
        client::Progress::Refused(error, _) => error,
        other => panic!("not refused: {other:?}"),
    }
}

pub(crate) fn invalid(name: &'static str, received: &str) -> HandshakeError {
    HandshakeError::Invalid { name, received: received.into() }
}
