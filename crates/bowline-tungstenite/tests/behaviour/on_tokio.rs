//! The `Stream` and the `Sink` on Tokio.

use super::{
    OURS,
    tokio_tungstenite::{
        WebSocketStream,
        tungstenite::{
            Error, Message,
            error::ProtocolError,
            protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
        },
    },
};
use futures_util::{FutureExt, SinkExt, StreamExt, future, stream::FusedStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

type Pair = (WebSocketStream<DuplexStream>, WebSocketStream<DuplexStream>);

async fn pair(space: usize) -> Pair {
    let (ours, theirs) = tokio::io::duplex(space);
    future::join(
        WebSocketStream::from_raw_socket(ours, Role::Client, None),
        WebSocketStream::from_raw_socket(theirs, Role::Server, None),
    )
    .await
}

#[tokio::test]
async fn an_echo_and_a_close() {
    let (mut client, mut server) = pair(4096).await;
    client.send(Message::text("Hello")).await.unwrap();
    let message = server.next().await.unwrap().unwrap();
    server.send(message).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::text("Hello"));

    let frame = CloseFrame { code: CloseCode::Normal, reason: "bye".into() };
    client.close(Some(frame.clone())).await.unwrap();
    assert!(matches!(client.send(Message::text("x")).await, Err(Error::Protocol(ProtocolError::SendAfterClosing))));
    assert_eq!(server.next().await.unwrap().unwrap(), Message::Close(Some(frame)));
    assert!(!server.is_terminated());
    assert!(server.next().await.is_none() && server.is_terminated());
    assert!(server.next().await.is_none(), "it stays so");
    let answer = CloseFrame { code: CloseCode::Normal, reason: if OURS { "" } else { "bye" }.into() };
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Close(Some(answer)));
    assert!(client.next().now_or_never().is_none(), "a client waits until the server ends the stream");
    drop(server);
    assert!(client.next().await.is_none());
    assert!(matches!(client.send(Message::text("x")).await, Err(Error::AlreadyClosed)));
}

#[tokio::test]
async fn an_error_is_the_last_item() {
    let (ours, mut theirs) = tokio::io::duplex(4096);
    let mut client = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
    theirs.write_all(b"\x81\x02Hi\x83\x00\x81\x02Hi").await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::text("Hi"));
    assert!(matches!(client.next().await, Some(Err(Error::Protocol(ProtocolError::InvalidOpcode(3))))));
    assert!(client.next().await.is_none());
}

#[tokio::test]
async fn the_stream_ends_without_a_close_frame() {
    let (mut client, server) = pair(4096).await;
    drop(server);
    let error = client.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)));
    assert!(client.next().await.is_none());
}

#[tokio::test]
async fn closing_the_sink_sends_a_close_frame_without_a_code() {
    let (mut client, mut server) = pair(4096).await;
    SinkExt::close(&mut client).await.unwrap();
    SinkExt::close(&mut client).await.unwrap();
    assert_eq!(server.next().await.unwrap().unwrap(), Message::Close(None));
    SinkExt::close(&mut server).await.unwrap();
    assert!(server.next().await.is_none());
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Close(None));
}

#[tokio::test]
async fn feed_queues_and_flush_writes() {
    let (ours, mut theirs) = tokio::io::duplex(4096);
    let mut server = WebSocketStream::from_raw_socket(ours, Role::Server, None).await;
    server.feed(Message::text("one")).await.unwrap();
    server.feed(Message::text("two")).await.unwrap();
    let mut buffer = [0; 64];
    assert!(theirs.read(&mut buffer).now_or_never().is_none());
    server.flush().await.unwrap();
    let count = theirs.read(&mut buffer).await.unwrap();
    assert_eq!(buffer[..count], b"\x81\x03one\x81\x03two"[..]);
}

/// Two tasks use the halves, over a stream that accepts only a few bytes at a time: each must be woken.
#[tokio::test]
async fn split_halves_in_two_tasks() {
    const COUNT: u32 = 200;
    let (client, server) = pair(16).await;
    let (mut sink, mut stream) = client.split();
    let sender = tokio::spawn(async move {
        for i in 0..COUNT {
            sink.send(Message::text(i.to_string())).await.unwrap();
            sink.send(Message::Ping(vec![1; 20].into())).await.unwrap();
        }
        sink
    });
    let receiver = tokio::spawn(async move {
        let mut received = 0;
        while let Some(Ok(message)) = stream.next().await {
            if message.is_text() {
                assert_eq!(message, Message::text(received.to_string()));
                received += 1;
                if received == COUNT {
                    break;
                }
            }
        }
        stream
    });
    let (mut echo_sink, mut echo_stream) = server.split();
    let echo = async {
        while let Some(Ok(message)) = echo_stream.next().await {
            if message.is_text() {
                echo_sink.send(message).await.unwrap();
            }
        }
    };
    let both = future::join(sender, receiver);
    futures_util::pin_mut!(echo, both);
    let future::Either::Right(((sink, stream), _)) = future::select(echo, both).await else { panic!("the echo ended") };
    let whole = stream.unwrap().reunite(sink.unwrap()).unwrap();
    assert!(!whole.is_terminated());
}

#[tokio::test]
async fn forward() {
    let (client, mut server) = pair(64).await;
    let messages = futures_util::stream::iter((0..50).map(|i| Ok(Message::text(i.to_string()))));
    let forward = tokio::spawn(messages.forward(client)); // closes at the end
    for i in 0..50 {
        assert_eq!(server.next().await.unwrap().unwrap(), Message::text(i.to_string()));
    }
    assert_eq!(server.next().await.unwrap().unwrap(), Message::Close(None));
    forward.await.unwrap().unwrap();
}

/// A message that does not fit into the transport is accepted; the next one waits.
#[tokio::test]
async fn back_pressure() {
    let config = WebSocketConfig::default().write_buffer_size(0);
    let (ours, mut theirs) = tokio::io::duplex(8);
    let mut server = WebSocketStream::from_raw_socket(ours, Role::Server, Some(config)).await;
    server.feed(Message::text("twelve bytes")).await.unwrap();
    assert!(server.feed(Message::text("x")).now_or_never().is_none());
    let mut buffer = [0; 14];
    let (fed, read) = future::join(server.feed(Message::text("y")), theirs.read_exact(&mut buffer)).await;
    fed.unwrap();
    read.unwrap();
    assert_eq!(&buffer, b"\x81\x0ctwelve bytes");
}

/// A ping is answered while the task waits for the next message.
#[tokio::test]
async fn pings_are_answered_by_reading_on() {
    let (ours, mut theirs) = tokio::io::duplex(4096);
    let mut server = WebSocketStream::from_raw_socket(ours, Role::Server, None).await;
    theirs.write_all(b"\x89\x82\0\0\0\0hi").await.unwrap();
    assert_eq!(server.next().await.unwrap().unwrap(), Message::Ping("hi".into()));
    assert!(server.next().now_or_never().is_none());
    let mut pong = [0; 4];
    theirs.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"\x8a\x02hi");
}

#[tokio::test]
async fn bytes_that_were_read_before_and_the_way_out() {
    let (ours, mut theirs) = tokio::io::duplex(4096);
    let part = b"\x81\x02Hi\x81\x05wor".to_vec();
    let mut client = WebSocketStream::from_partially_read(ours, part, Role::Client, None).await;
    assert_eq!(client.next().await.unwrap().unwrap(), Message::text("Hi"));
    assert_eq!(client.get_config().write_buffer_size, 128 << 10);
    client.get_mut().write_all(b"raw").await.unwrap();
    let _: &DuplexStream = client.get_ref();
    let mut stream = client.into_inner();
    stream.write_all(b"out").await.unwrap();
    let mut buffer = [0; 6];
    theirs.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"rawout");
}
