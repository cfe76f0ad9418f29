//! Deadlines, whichever half is polled.

use bowline_tungstenite::{
    Error, Message, WebSocket, WebSocketStream,
    error::ProtocolError,
    protocol::{Role, WebSocketConfig},
};
use futures_util::{SinkExt, StreamExt};
use std::{
    io::{self, ErrorKind, Read, Write},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::timeout,
};

const HOUR: Duration = Duration::from_secs(3600);

fn config(change: impl FnOnce(&mut bowline::Deadlines)) -> WebSocketConfig {
    let mut deadlines = bowline::Deadlines::default();
    change(&mut deadlines);
    WebSocketConfig::default().deadlines(Some(deadlines))
}

async fn connection(role: Role, config: WebSocketConfig) -> (WebSocketStream<DuplexStream>, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(64);
    (WebSocketStream::from_raw_socket(ours, role, Some(config)).await, theirs)
}

fn is_timed_out(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == ErrorKind::TimedOut)
}

/// Two tasks, and a peer that neither reads nor sends: both get the error, none waits on, and no write succeeds.
#[tokio::test(start_paused = true)]
async fn both_halves_time_out() {
    for role in [Role::Client, Role::Server] {
        let (socket, _peer) = connection(role, config(|_| {})).await;
        let (mut sink, mut stream) = socket.split();
        let writer = tokio::spawn(async move {
            let first = sink.send(Message::binary(vec![0; 1000])).await;
            (first, sink.send(Message::text("x")).await, sink.flush().await, sink.close().await)
        });
        let Some(Err(error)) = timeout(HOUR, stream.next()).await.unwrap() else { panic!("{role:?}") };
        assert!(is_timed_out(&error), "{error:?}");
        let (first, second, flushed, closed) = timeout(HOUR, writer).await.unwrap().unwrap();
        for result in [first, second, flushed, closed] {
            assert!(is_timed_out(result.as_ref().unwrap_err()), "{role:?}: {result:?}");
        }
    }
}

/// A program that sends, and does not read until that is done.
#[tokio::test(start_paused = true)]
async fn a_send_times_out_by_itself() {
    let only_write = config(|deadlines| (deadlines.ping, deadlines.idle) = (None, None));
    for config in [config(|_| {}), only_write] {
        let (mut socket, _peer) = connection(Role::Client, config).await;
        let sent = timeout(HOUR, socket.send(Message::binary(vec![0; 1000]))).await.unwrap();
        assert!(is_timed_out(&sent.unwrap_err()));
        assert!(is_timed_out(&socket.next().await.unwrap().unwrap_err()), "the stream reports it, too");
        assert!(socket.next().await.is_none());
    }
}

/// The answer to a ping arrives while the program writes, and does not read: the peer is alive.
#[tokio::test(start_paused = true)]
async fn a_pong_during_a_blocked_write() {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let config = config(|deadlines| (deadlines.ping, deadlines.pong) = (seconds(18), seconds(12)));
    let (mut socket, mut peer) = connection(Role::Server, config).await;
    assert!(timeout(Duration::from_secs(19), socket.next()).await.is_err());
    let mut ping = [0; 2];
    peer.read_exact(&mut ping).await.unwrap();
    assert_eq!(&ping, b"\x89\x00");
    peer.write_all(b"\x8a\x80\0\0\0\0").await.unwrap();
    let read_later = async {
        tokio::time::sleep(Duration::from_secs(25)).await; // the pong is due after 11 s
        let mut bytes = [0; 1004];
        peer.read_exact(&mut bytes).await
    };
    let (sent, read) = tokio::join!(socket.send(Message::binary(vec![0; 1000])), timeout(HOUR, read_later));
    read.unwrap().unwrap();
    sent.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong("".into()));
}

/// A message that arrives while a write is blocked is read with the deadline, and returned by the next read.
#[tokio::test(start_paused = true)]
async fn a_message_during_a_blocked_write() {
    let (socket, mut peer) = connection(Role::Server, config(|_| {})).await;
    let (mut sink, mut stream) = socket.split();
    let sender = tokio::spawn(async move {
        sink.send(Message::binary(vec![0; 1000])).await.unwrap();
        sink
    });
    for text in ["one", "two"] {
        peer.write_all(&[b"\x81\x83\0\0\0\0", text.as_bytes()].concat()).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(50)).await;
    let mut read = vec![0; 1004];
    peer.read_exact(&mut read).await.unwrap();
    let _sink = timeout(HOUR, sender).await.unwrap().unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), Message::text("one"));
    assert_eq!(stream.next().await.unwrap().unwrap(), Message::text("two"));
}

/// A server that never closes the stream after the closing handshake, and one that does not read the output before the Close frame.
#[tokio::test(start_paused = true)]
async fn the_close_deadline_of_a_client() {
    let (mut client, mut server) = connection(Role::Client, config(|_| {})).await;
    server.write_all(b"\x88\x00").await.unwrap();
    assert!(client.next().await.unwrap().unwrap().is_close());
    assert!(timeout(HOUR, client.next()).await.unwrap().is_none());
    assert!(client.closure().unwrap().is_clean());

    let (mut client, mut server) = connection(Role::Client, config(|_| {})).await;
    client.feed(Message::binary(vec![0; 1000])).await.unwrap();
    server.write_all(b"\x88\x00").await.unwrap();
    assert!(client.next().await.unwrap().unwrap().is_close());
    let flushed = timeout(HOUR, client.flush()).await.unwrap();
    assert!(is_timed_out(&flushed.unwrap_err()), "the message is lost");
}

/// A stream that never has bytes.
struct Silent;

impl Read for Silent {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::WouldBlock.into())
    }
}

impl Write for Silent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// After a deadline has sent our Close frame, nothing can be written.
#[tokio::test(start_paused = true)]
async fn nothing_can_be_written_after_a_deadline() {
    let config = config(|deadlines| deadlines.idle = Some(Duration::from_secs(10)));
    let mut socket = WebSocket::from_raw_socket(Silent, Role::Server, Some(config));
    for _ in 0..3 {
        let Err(Error::Io(error)) = socket.read() else { panic!() };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        tokio::time::advance(Duration::from_secs(6)).await;
    }
    let Err(Error::Io(_)) = socket.read() else { panic!() };
    assert!(socket.can_read() && !socket.can_write());
    let error = socket.send(Message::text("x")).unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::SendAfterClosing)));
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(is_timed_out(&socket.read().unwrap_err()));
    assert!(is_timed_out(&socket.send(Message::text("x")).unwrap_err()));
    assert!(matches!(socket.read(), Err(Error::AlreadyClosed)));
}
