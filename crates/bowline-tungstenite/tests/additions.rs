//! What this crate has beyond the originals: compression, deadlines, and how a connection ended.

#![cfg_attr(feature = "deflate", expect(clippy::unwrap_used, reason = "that is how helpers of tests fail"))]

use bowline_tungstenite::{
    Error, Message, WebSocket, WebSocketStream,
    protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
};
use futures_util::{SinkExt, StreamExt};
use std::{
    io::{self, Cursor, Read, Write},
    time::Duration,
};
use tokio::io::AsyncReadExt;

/// What one endpoint writes is what the other reads.
struct Wire {
    input: Cursor<Vec<u8>>,
    output: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut self.input, buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut self.output, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn socket(role: Role, input: Vec<u8>, config: WebSocketConfig) -> WebSocket<Wire> {
    WebSocket::from_raw_socket(Wire { input: Cursor::new(input), output: Vec::new() }, role, Some(config))
}

#[cfg(feature = "deflate")]
mod compression {
    use super::*;
    use bowline_tungstenite::{
        error::CapacityError,
        extensions::compression::deflate::{Compression, DeflateConfig},
    };

    fn config(deflate: DeflateConfig) -> WebSocketConfig {
        let mut config = WebSocketConfig::default();
        config.extensions.permessage_deflate = Some(deflate);
        config
    }

    fn sent(role: Role, config: WebSocketConfig, messages: &[Message]) -> Vec<u8> {
        let mut socket = socket(role, Vec::new(), config);
        for message in messages {
            socket.send(message.clone()).unwrap();
        }
        socket.into_inner().output
    }

    /// Parameters that were agreed elsewhere: both ends use them, in both roles.
    #[test]
    fn raw_sockets() {
        let text = "The quick brown fox jumps over the lazy dog. ".repeat(100);
        let messages = [Message::text(text.clone()), Message::binary(text.clone()), Message::text(text.clone())];
        let deflate = DeflateConfig::default();
        let variants = [
            deflate,
            deflate.set_no_context_takeover(Role::Server, true).set_no_context_takeover(Role::Client, true),
            deflate.set_max_window_bits(Role::Server, 9).unwrap().set_max_window_bits(Role::Client, 10).unwrap(),
        ];
        for config in variants.map(config) {
            for (sender, receiver) in [(Role::Client, Role::Server), (Role::Server, Role::Client)] {
                let bytes = sent(sender, config, &messages);
                assert!(bytes.len() < 4500 / 2, "{} bytes", bytes.len());
                let mut socket = socket(receiver, bytes, config);
                for message in &messages {
                    assert_eq!(socket.read().unwrap(), *message);
                }
            }
        }
    }

    /// Context takeover makes a repeated message shorter.
    #[test]
    fn parameters_count() {
        let text = Message::text((0..500).map(|i| i.to_string()).collect::<Vec<_>>().join(" "));
        let length = |deflate| sent(Role::Server, config(deflate), &[text.clone(), text.clone()]).len();
        let [with, without] =
            [false, true].map(|none| length(DeflateConfig::new().set_no_context_takeover(Role::Server, none)));
        assert!(with < without * 2 / 3, "{with} and {without}");
        let mut deflate = DeflateConfig::new();
        deflate.compression = Compression::new(0);
        assert!(length(deflate) > without * 2, "level 0");
        assert!(DeflateConfig::new().set_max_window_bits(Role::Server, 8).is_err());
    }

    /// The limit counts decompressed bytes.
    #[test]
    fn a_bomb() {
        let deflate = config(DeflateConfig::default());
        let bytes = sent(Role::Client, deflate, &[Message::binary(vec![0; 1 << 20])]);
        let mut socket = socket(Role::Server, bytes, deflate.max_message_size(Some(1 << 16)));
        let Err(Error::Capacity(CapacityError::MessageTooLong { size, max_size })) = socket.read() else { panic!() };
        assert!(size > max_size && max_size == 1 << 16);
    }

    #[test]
    fn without_it_a_compressed_frame_is_refused() {
        let bytes = sent(Role::Client, config(DeflateConfig::default()), &[Message::text("a".repeat(100))]);
        let mut socket = socket(Role::Server, bytes, WebSocketConfig::default());
        let error = bowline_tungstenite::error::ProtocolError::NonZeroReservedBits;
        assert!(matches!(socket.read(), Err(Error::Protocol(found)) if found == error));
    }
}

/// How the connection ended, in the words of bowline.
#[test]
fn closure() {
    let mut server = socket(Role::Server, b"\x88\x82\0\0\0\0\x03\xe9".to_vec(), WebSocketConfig::default());
    assert!(server.closure().is_none());
    server.read().unwrap();
    let closure = server.closure().unwrap();
    assert_eq!((closure.code().get(), closure.is_clean()), (1001, true));
    assert_eq!(closure.begun_by(), bowline::Endpoint::Remote);

    let mut client = socket(Role::Client, b"\x83\x00".to_vec(), WebSocketConfig::default());
    client.read().unwrap_err();
    assert!(matches!(client.closure().unwrap().cause(), bowline::Cause::Protocol(_)));
}

fn deadlines(change: impl FnOnce(&mut bowline::Deadlines)) -> WebSocketConfig {
    let mut deadlines = bowline::Deadlines::default();
    change(&mut deadlines);
    WebSocketConfig::default().deadlines(Some(deadlines))
}

/// A peer that does not answer pings: a ping is sent, then a Close frame, then the stream ends with an error.
#[tokio::test(start_paused = true)]
async fn a_dead_peer_is_noticed() {
    let (ours, mut theirs) = tokio::io::duplex(1024);
    let config = deadlines(|deadlines| {
        deadlines.ping = Some(Duration::from_secs(20));
        deadlines.pong = Some(Duration::from_secs(10));
        deadlines.close = Duration::from_secs(3);
    });
    let mut server = WebSocketStream::from_raw_socket(ours, Role::Server, Some(config)).await;
    let start = tokio::time::Instant::now();
    let Some(Err(Error::Io(error))) = server.next().await else { panic!() };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    let elapsed = start.elapsed().as_secs();
    assert!((33..36).contains(&elapsed), "{elapsed} s");
    assert!(server.next().await.is_none());
    assert!(matches!(server.closure().unwrap().cause(), bowline::Cause::Deadline(_)));
    drop(server);
    let mut written = Vec::new();
    theirs.read_to_end(&mut written).await.unwrap();
    assert_eq!(written[0], 0x89, "a ping");
    assert!(written.windows(2).any(|code| code == 1011_u16.to_be_bytes()), "a Close frame: {written:02x?}");
}

/// Without deadlines, a connection waits indefinitely, as in the original.
#[tokio::test(start_paused = true)]
async fn without_deadlines_nothing_is_sent() {
    let (ours, mut theirs) = tokio::io::duplex(1024);
    let mut server = WebSocketStream::from_raw_socket(ours, Role::Server, None).await;
    let day = Duration::from_secs(24 * 3600);
    assert!(tokio::time::timeout(day, server.next()).await.is_err());
    server.close(Some(CloseFrame { code: CloseCode::Away, reason: "".into() })).await.unwrap();
    assert!(tokio::time::timeout(day, server.next()).await.is_err());
    let mut written = [0; 16];
    assert_eq!(theirs.read(&mut written).await.unwrap(), 4);
}

/// A peer that is alive keeps the connection open.
#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_pings() {
    let (ours, theirs) = tokio::io::duplex(1024);
    let mut server = WebSocketStream::from_raw_socket(ours, Role::Server, Some(deadlines(|_| {}))).await;
    let mut client = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
    let client = tokio::spawn(async move {
        while let Some(Ok(message)) = client.next().await {
            if message.is_text() {
                client.send(message).await.unwrap();
            }
        }
    });
    let hour = Duration::from_secs(3600);
    let pongs = async {
        let mut pongs = 0;
        while let Some(Ok(message)) = server.next().await {
            assert!(message.is_pong(), "{message:?}");
            pongs += 1;
            if pongs == 100 {
                break;
            }
        }
        pongs
    };
    assert_eq!(tokio::time::timeout(hour, pongs).await, Ok(100));
    drop(server);
    client.await.unwrap();
}

/// Large messages, in any cut, and as long as the buffers of a socket: text and binary, both roles, over TCP.
#[tokio::test]
async fn large_messages_over_tcp() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let echo = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut server = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        while let Some(Ok(message)) = server.next().await {
            if !message.is_close() {
                server.send(message).await.unwrap();
            }
        }
    });
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sink, mut stream) = WebSocketStream::from_raw_socket(stream, Role::Client, None).await.split();
    let sizes = [0, 1, 125, 126, 4095, 4096, 65_535, 65_536, 131_072, 300_000, 3];
    let messages = sizes.map(|size| {
        let text: String = "grün und blau ".chars().cycle().take(size).collect();
        if size % 2 == 0 { Message::text(text) } else { Message::binary(text) }
    });
    let expected = messages.clone();
    tokio::spawn(async move {
        for message in messages {
            sink.feed(message).await.unwrap();
        }
        sink.close().await.unwrap();
    });
    for message in expected {
        assert!(stream.next().await.unwrap().unwrap() == message, "{} bytes", message.len());
    }
    assert!(stream.next().await.unwrap().unwrap().is_close());
    assert!(stream.next().await.is_none());
    echo.await.unwrap();
}
