//! What a call that sends returns when the connection has ended, or is about to: the reason, if it can be known.

use crate::{
    common::{ROLES, close_from, close_to, frame_to},
    kit::{Reads, Script, over, socket, waits},
};
use bowline::{
    Cause, CloseCode, Message, SendError,
    adapter::tokio::{Error, WebSocket},
};
use futures_sink::Sink;
use std::{
    fmt::Debug,
    future::poll_fn,
    io::{self, ErrorKind},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The ways to send.
const WAYS: [&str; 6] = ["send", "feed", "try_feed", "ping", "sink", "half"];

async fn send(socket: &mut WebSocket<Script>, way: &str) -> Result<(), Error> {
    match way {
        "send" => socket.send("late").await,
        "feed" => socket.feed("late").await,
        "try_feed" => socket.try_feed("late"),
        "ping" => socket.ping(b"late").await,
        _ => {
            poll_fn(|cx| Pin::new(&mut *socket).poll_ready(cx)).await?;
            Pin::new(socket).start_send(Message::from("late"))
        }
    }
}

#[track_caller]
fn code<T: Debug>(result: Result<T, Error>) -> u16 {
    match result {
        Err(Error::Closed(closure)) => closure.code().get(),
        other => panic!("{other:?}"),
    }
}

/// A peer that restarts has sent 1001 and closed its stream. Writing fails, and the error of the send is that code.
#[tokio::test(start_paused = true)]
async fn a_close_frame_that_lies_unread() {
    for role in ROLES {
        for way in WAYS {
            // Messages that arrived before the Close frame do not hide it, and are still received.
            for messages in [0, 2] {
                let script = Script::new([]);
                let mut socket = socket(role, &script);
                socket.send("early").await.unwrap();
                let before = frame_to(role, 0x81, b"before").repeat(messages);
                script.push(Reads::Bytes([before, close_to(role, 1001, "restart")].concat()));
                script.push(Reads::End);
                script.write_error(Some(ErrorKind::BrokenPipe));
                if way == "half" {
                    let (mut receiver, mut sender) = socket.split();
                    sender.feed("queued").await.unwrap();
                    assert_eq!(code(sender.send("late").await), 1001);
                    assert_eq!(receiver.closure().unwrap().reason(), "restart");
                    for _ in 0..messages {
                        assert_eq!(receiver.recv().await.unwrap(), Some("before".into()));
                    }
                    continue;
                }
                socket.feed("queued").await.unwrap();
                assert_eq!(code(socket.flush().await), 1001);
                assert_eq!(socket.closure().unwrap().reason(), "restart");
                assert_eq!(code(send(&mut socket, way).await), 1001);
                for _ in 0..messages {
                    assert_eq!(socket.recv().await.unwrap(), Some("before".into()));
                }
            }
        }
    }
}

/// A Close frame that was received, and is answered by the call that cannot send any more.
#[tokio::test(start_paused = true)]
async fn a_close_frame_that_is_answered() {
    for role in ROLES {
        for way in WAYS.into_iter().filter(|way| *way != "half") {
            let script = Script::new([Reads::Bytes(close_to(role, 1008, "banned"))]);
            script.room(Some(0));
            let mut socket = socket(role, &script);
            assert!(waits(socket.send("a")), "{way}");
            assert!(
                matches!(socket.try_feed("b"), Err(Error::Send(SendError::Closing))),
                "the answer cannot be written"
            );
            assert!(socket.closure().is_none());
            script.room(None);
            assert_eq!(code(send(&mut socket, way).await), 1008);
            assert!(socket.closure().unwrap().is_clean());
            assert!(script.written().ends_with(&close_from(role, 1008, "")));
        }
    }
}

/// If the stream failed in both directions, the error is that of the stream, and the closure is there.
#[tokio::test(start_paused = true)]
async fn a_stream_that_is_gone() {
    for role in ROLES {
        let script = Script::new([Reads::Error(ErrorKind::ConnectionReset)]);
        script.write_error(Some(ErrorKind::BrokenPipe));
        let mut socket = socket(role, &script);
        assert!(matches!(socket.send("a").await, Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe));
        assert_eq!(socket.closure().unwrap().cause(), Cause::Transport);
        assert_eq!(code(socket.send("b").await), 1006);
    }
}

/// While this endpoint closes, a send cannot know the end: it fails, and is not delayed.
#[tokio::test(start_paused = true)]
async fn an_end_that_is_not_certain() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket(role, &script);
        socket.connection().close(CloseCode::NORMAL, "").unwrap();
        for way in WAYS.into_iter().filter(|way| *way != "half") {
            assert!(matches!(send(&mut socket, way).await, Err(Error::Send(SendError::Closing))), "{way}");
        }
        assert!(socket.closure().is_none());
        assert_eq!(socket.try_recv().unwrap(), Poll::Pending);
    }
}

/// A stream that always has another ping, and accepts nothing.
#[derive(Debug)]
struct Flood {
    ping: Vec<u8>,
    reads: usize,
}

impl AsyncRead for Flood {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.reads += 1;
        assert!(self.reads < 10_000, "one poll reads without end");
        into.put_slice(&self.ping);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A peer that sends without end does not keep a poll of a call that sends from returning: neither one that waits, nor one that
/// looks for the reason why it cannot send.
#[tokio::test(start_paused = true)]
async fn a_flood_of_pings() {
    for role in ROLES {
        let flood = || over(Flood { ping: frame_to(role, 0x89, b""), reads: 0 }, role);
        assert!(waits(flood().send("a")));
        let mut closing = flood();
        closing.connection().close(CloseCode::NORMAL, "").unwrap();
        assert!(matches!(closing.feed("a").await, Err(Error::Send(SendError::Closing))));
    }
}
