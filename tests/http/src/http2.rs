//! WebSocket over HTTP/2 (RFC 8441), through hyper, and through h2 for tests of single DATA frames.

use crate::{
    frames::{End, From, record},
    kit::{Socket, converse, serve},
};
use bowline::{
    CloseCode, Closure, Config, Connection, Event, HandshakeError, Input, adapter::tokio::WebSocket, client,
};
use bytes::{Buf, Bytes};
use h2::{Reason, RecvStream, SendStream, client::SendRequest, ext::Protocol};
use http::{Method, Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::future::poll_fn;
use tokio::{io::DuplexStream, sync::mpsc::UnboundedReceiver};

fn request() -> client::Request {
    client::Request::from_uri("ws://localhost/chat").unwrap()
}

/// A client of HTTP/2, once the server has announced extended CONNECT.
async fn connect(stream: DuplexStream) -> SendRequest<Bytes> {
    let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    while !sender.is_extended_connect_protocol_enabled() {
        tokio::task::yield_now().await;
        sender = sender.ready().await.unwrap();
    }
    sender
}

/// Sends a request without a body, and returns the response.
async fn ask(
    sender: &mut SendRequest<Bytes>,
    mut message: Request<()>,
    protocol: Option<&str>,
) -> Response<RecvStream> {
    if let Some(protocol) = protocol {
        message.extensions_mut().insert(Protocol::from(protocol));
    }
    sender.send_request(message, true).unwrap().0.await.unwrap()
}

/// A WebSocket whose DATA frames are visible to a test.
struct Raw {
    connection: Connection,
    send: SendStream<Bytes>,
    receive: RecvStream,
}

impl Raw {
    async fn open(sender: &mut SendRequest<Bytes>) -> Self {
        let (mut message, upgrade) =
            client::extended_connect(request().protocol("chat").unwrap(), Config::default()).unwrap();
        message.extensions_mut().insert(Protocol::from_static("websocket"));
        let (response, send) = sender.send_request(message, false).unwrap();
        let response = response.await.unwrap();
        assert_eq!(
            (response.status(), response.headers()["sec-websocket-protocol"].as_bytes()),
            (http::StatusCode::OK, &b"chat"[..])
        );
        let connection = upgrade.conclude(&response).unwrap();
        Self { connection, send, receive: response.into_body() }
    }

    /// Sends what is queued, in DATA frames of this size.
    async fn write(&mut self, each: usize) {
        while self.connection.output().has_remaining() {
            let count = self.connection.output().chunk().len().min(each);
            let data = self.connection.output().copy_to_bytes(count);
            self.send.reserve_capacity(count);
            while self.send.capacity() < count {
                poll_fn(|cx| self.send.poll_capacity(cx)).await.unwrap().unwrap();
            }
            self.send.send_data(data, false).unwrap();
        }
    }

    /// The next events, or `None` at the end of the stream.
    async fn read(&mut self) -> Option<Vec<Event<'static>>> {
        let mut data = self.receive.data().await?.unwrap().to_vec();
        self.receive.flow_control().release_capacity(data.len()).unwrap();
        let mut input = Input::from(&mut data);
        let mut events = Vec::new();
        while let Some(event) = self.connection.receive(&mut input) {
            events.push(event.into_owned());
        }
        Some(events)
    }

    /// Ends the client's half of the stream, as `Connection::should_shutdown` demands.
    fn shut_down(&mut self) {
        assert!(self.connection.should_shutdown());
        self.send.send_data(Bytes::new(), true).unwrap();
    }
}

async fn raw() -> (Raw, SendRequest<Bytes>, UnboundedReceiver<Closure>) {
    let (stream, ended) = serve();
    let mut sender = connect(stream).await;
    (Raw::open(&mut sender).await, sender, ended)
}

/// [U-06] [U-11] A client and a server in hyper open a connection, and use it to its end.
#[tokio::test]
async fn both_sides_in_hyper() {
    let (stream, mut ended) = serve();
    let mut sender = hyper_client(stream).await;
    converse(open(&mut sender).await).await;
    let closure = ended.recv().await.unwrap();
    assert_eq!((closure.code(), closure.reason()), (CloseCode::NORMAL, "that was all"));
    assert!(closure.is_normal());
}

type Sender = hyper::client::conn::http2::SendRequest<String>;

/// A client in hyper, once the server has announced extended CONNECT.
async fn hyper_client(stream: DuplexStream) -> Sender {
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    // Any answer arrives after the settings.
    let probe = Request::builder().version(Version::HTTP_2).uri("http://localhost/").body(String::new()).unwrap();
    assert_eq!(sender.send_request(probe).await.unwrap().status(), 405);
    sender
}

async fn open(sender: &mut Sender) -> Socket {
    let request = request().origin("http://localhost").unwrap();
    let (mut message, upgrade) = client::extended_connect(request, Config::default()).unwrap();
    message.extensions_mut().insert(hyper::ext::Protocol::from_static("websocket"));
    let mut response = sender.send_request(message.map(|()| String::new())).await.unwrap();
    let connection = upgrade.conclude(&response).unwrap();
    let stream = hyper::upgrade::on(&mut response).await.unwrap();
    WebSocket::new(TokioIo::new(stream), connection)
}

/// [U-14] After a clean close, whichever endpoint began it, both halves of the stream end, and nothing resets it.
#[tokio::test]
async fn both_halves_end() {
    let (stream, mut ended) = serve();
    let (stream, ends) = record(stream);
    let mut sender = hyper_client(stream).await;
    let before = ends.settled(0).await.len(); // of the request that waited for the settings
    for round in 1..=10 {
        let mut socket = open(&mut sender).await;
        if round % 2 == 0 {
            socket.send("close, please").await.unwrap();
            assert_eq!(socket.recv().await.unwrap(), None);
        } else {
            socket.close(CloseCode::NORMAL, "").await.unwrap();
        }
        drop(socket);
        assert!(ended.recv().await.unwrap().is_normal());
    }
    let ends = ends.settled(before + 20).await.split_off(before);
    let count = |end| ends.iter().filter(|other| **other == end).count();
    assert_eq!(
        (ends.len(), count(End::EndStream(From::Client)), count(End::EndStream(From::Server))),
        (20, 10, 10),
        "{ends:?}"
    );
}

/// [U-14] A server does not wait longer than the close deadline for the client's half.
#[tokio::test]
async fn a_half_that_does_not_end() {
    tokio::time::pause();
    let (mut raw, _sender, mut ended) = raw().await;
    raw.connection.close(CloseCode::NORMAL, "bye").unwrap();
    raw.write(usize::MAX).await;
    let start = tokio::time::Instant::now();
    let closure = ended.recv().await.unwrap();
    assert!(closure.is_normal(), "{closure}");
    assert_eq!(start.elapsed().as_secs(), Config::default().deadlines.close.as_secs());
}

/// [U-13] [U-16] DATA frames are a stream of bytes, wherever one ends: within a header, within a key, or after several frames.
/// The client's frames are masked.
#[tokio::test]
async fn data_frames_are_a_stream() {
    let (mut raw, _sender, _ended) = raw().await;
    for (byte, each) in [(0, 1), (1, 2), (2, 3), (3, 7), (4, usize::MAX)] {
        for text in ["", "Hello", "Grüße"] {
            raw.connection.send_text(text).unwrap();
        }
        raw.connection.send_binary(&[byte; 300]).unwrap();
        assert_eq!(raw.connection.output().chunk()[1] & 0x80, 0x80);
        raw.write(each).await;
        let mut events = Vec::new();
        while events.len() < 4 {
            events.extend(raw.read().await.unwrap());
        }
        let texts = ["", "Hello", "Grüße"].map(|text| Event::Text(text.into()));
        assert_eq!(events[..3], texts);
        assert!(matches!(&events[3], Event::Binary(data) if **data == [byte; 300]));
    }
}

/// [U-14] After its Close frame the server ends its half of the stream, which the client waits for.
#[tokio::test]
async fn an_orderly_close() {
    let (mut raw, _sender, mut ended) = raw().await;
    raw.connection.close(CloseCode::NORMAL, "bye").unwrap();
    raw.write(usize::MAX).await;
    let mut events = Vec::new();
    while let Some(more) = raw.read().await {
        events.extend(more);
    }
    assert!(matches!(&events[..], [Event::Close(Some(frame))] if frame.code == CloseCode::NORMAL), "{events:?}");
    assert!(raw.receive.is_end_stream());
    raw.shut_down();
    assert!(!raw.connection.is_closed());
    raw.connection.receive_eof();
    assert!(raw.connection.is_closed() && raw.connection.closure().unwrap().is_clean());
    let closure = ended.recv().await.unwrap();
    assert!(closure.is_clean() && closure.reason() == "bye", "{closure}");
}

/// [U-14] `END_STREAM` without a Close frame is like the end of a TCP stream: the server sends nothing more, and the end is not
/// clean.
#[tokio::test]
async fn the_end_of_a_stream() {
    let (mut raw, _sender, mut ended) = raw().await;
    raw.send.send_data(Bytes::from_static(b"\x81"), true).unwrap();
    let closure = ended.recv().await.unwrap();
    assert_eq!(closure.code(), CloseCode::ABNORMAL);
    assert!(!closure.is_clean());
    while raw.read().await.is_some() {}
}

/// [U-15] A reset stream is a failed transport. Other streams of the same connection go on.
#[tokio::test]
async fn a_reset() {
    let (mut one, mut sender, mut ended) = raw().await;
    let mut other = Raw::open(&mut sender).await;
    one.send.send_reset(Reason::CANCEL);
    let closure = ended.recv().await.unwrap();
    assert_eq!(closure.code(), CloseCode::ABNORMAL);
    assert!(!closure.is_clean());
    other.connection.send_text("still here").unwrap();
    other.write(usize::MAX).await;
    assert_eq!(other.read().await.unwrap(), [Event::Text("still here".into())]);
}

/// [U-16] A server fails a connection with frames that are not masked, over HTTP/2 as well.
#[tokio::test]
async fn an_unmasked_frame() {
    let (mut raw, _sender, mut ended) = raw().await;
    raw.send.send_data(Bytes::from_static(b"\x81\x05Hello"), false).unwrap();
    let events = raw.read().await.unwrap();
    assert!(
        matches!(&events[..], [Event::Close(Some(frame))] if frame.code == CloseCode::PROTOCOL_ERROR),
        "{events:?}"
    );
    raw.write(usize::MAX).await;
    raw.send.send_data(Bytes::new(), true).unwrap();
    assert!(!ended.recv().await.unwrap().is_clean());
}

/// [U-05] [U-12] [V-03] Refusals have the statuses of the RFCs, and do not affect other streams.
#[tokio::test]
async fn refusals() {
    let (stream, _ended) = serve();
    let mut sender = connect(stream).await;
    let good = || client::extended_connect(request(), Config::default()).unwrap().0;
    let with = |name: &'static str, value: &'static str| {
        let mut message = good();
        message.headers_mut().insert(name, value.parse().unwrap());
        message
    };

    let refusal = ask(&mut sender, with("origin", "http://evil.example"), Some("websocket")).await;
    assert_eq!(refusal.status(), 403);
    let refusal = ask(&mut sender, with("sec-websocket-version", "8"), Some("websocket")).await;
    assert_eq!((refusal.status().as_u16(), refusal.headers()["sec-websocket-version"].as_bytes()), (400, &b"13"[..]));
    let refusal = ask(&mut sender, good(), Some("connect-udp")).await;
    assert_eq!(refusal.status(), 501);
    let mut body = refusal.into_body();
    let text = body.data().await.unwrap().unwrap();
    assert_eq!(text, HandshakeError::ConnectProtocol("connect-udp".into()).to_string());

    // Without a :protocol it is a classic CONNECT, which has neither scheme nor path.
    let mut tunnel = good();
    *tunnel.uri_mut() = "localhost:80".parse().unwrap();
    assert_eq!(ask(&mut sender, tunnel, None).await.status(), 501);
    let get = Request::builder().method(Method::GET).uri("http://localhost/chat").body(()).unwrap();
    let refusal = ask(&mut sender, get, None).await;
    assert_eq!((refusal.status().as_u16(), refusal.headers()["allow"].as_bytes()), (405, &b"CONNECT"[..]));

    let mut raw = Raw::open(&mut sender).await;
    raw.connection.send_text("after all that").unwrap();
    raw.write(usize::MAX).await;
    assert_eq!(raw.read().await.unwrap(), [Event::Text("after all that".into())]);
}

/// Many streams share one connection, and each keeps its order.
#[tokio::test]
async fn many_streams() {
    let (stream, mut ended) = serve();
    let mut sender = connect(stream).await;
    let mut raws = Vec::new();
    for _ in 0..20 {
        raws.push(Raw::open(&mut sender).await);
    }
    for round in 0..10 {
        for (number, raw) in raws.iter_mut().enumerate() {
            raw.connection.send_text(format!("{number} {round}")).unwrap();
            raw.write(3).await;
        }
    }
    for (number, mut raw) in raws.into_iter().enumerate() {
        let mut events = Vec::new();
        while events.len() < 10 {
            events.extend(raw.read().await.unwrap());
        }
        let expected: Vec<_> = (0..10).map(|round| Event::Text(format!("{number} {round}").into())).collect();
        assert_eq!(events, expected);
        raw.connection.close(CloseCode::NORMAL, "").unwrap();
        raw.write(usize::MAX).await;
        while raw.read().await.is_some() {}
        raw.shut_down();
        assert!(ended.recv().await.unwrap().is_clean());
    }
}
