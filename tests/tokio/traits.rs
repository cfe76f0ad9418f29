//! `Stream` and `Sink`, driven by hand as combinators do it.

use crate::{
    common::{ROLES, close_to, frame_to},
    kit::{Reads, Script, data, pair, socket},
    wire::plain,
};
use bowline::{
    Message, Role,
    adapter::tokio::{Error, Receiver, Sender, WebSocket},
};
use futures_core::Stream;
use futures_sink::Sink;
use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use tokio::net::TcpStream;

async fn next<T: Stream + Unpin>(stream: &mut T) -> Option<T::Item> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

async fn feed<T: Sink<Message> + Unpin>(sink: &mut T, message: impl Into<Message>) -> Result<(), T::Error> {
    poll_fn(|cx| Pin::new(&mut *sink).poll_ready(cx)).await?;
    Pin::new(sink).start_send(message.into())
}

async fn flush<T: Sink<Message> + Unpin>(sink: &mut T) -> Result<(), T::Error> {
    poll_fn(|cx| Pin::new(&mut *sink).poll_flush(cx)).await
}

async fn close<T: Sink<Message> + Unpin>(sink: &mut T) -> Result<(), T::Error> {
    poll_fn(|cx| Pin::new(&mut *sink).poll_close(cx)).await
}

/// Messages through the traits, to a clean end, which is the end of the stream.
#[tokio::test(start_paused = true)]
async fn there_and_back() {
    let [mut client, mut server] = pair(1000, |_| {});
    let echo = tokio::spawn(async move {
        while let Some(message) = next(&mut server).await {
            feed(&mut server, message.unwrap()).await.unwrap();
            flush(&mut server).await.unwrap();
        }
    });
    for len in [0, 100, 100_000] {
        feed(&mut client, data(len, 1)).await.unwrap();
        flush(&mut client).await.unwrap();
        assert!(next(&mut client).await.unwrap().unwrap() == data(len, 1));
    }
    feed(&mut client, "answered after the Close frame is sent").await.unwrap();
    close(&mut client).await.unwrap();
    assert!(matches!(feed(&mut client, "too late").await, Err(Error::Send(_))));
    // The answer may come or not: after a Close frame nothing is sent any more, and the server has both at once.
    while let Some(message) = next(&mut client).await {
        assert_eq!(message.unwrap(), "answered after the Close frame is sent".into());
    }
    assert!(client.closure().unwrap().is_clean());
    assert!(next(&mut client).await.is_none());
    let _ = echo.await;
}

/// After an error the stream has ended: a loop that looks only for `None` ends, too.
#[tokio::test(start_paused = true)]
async fn an_error_is_the_last_item() {
    for role in ROLES {
        for split in [false, true] {
            let script = Script::new([Reads::Bytes(frame_to(role, 0x81, b"fine")), Reads::End]);
            let socket = socket(role, &script);
            let items = if split { all(socket.split().0).await } else { all(socket).await };
            assert_eq!(items.len(), 2);
            assert!(items[0].is_ok() && items[1].is_err());
        }
    }
}

async fn all<T: Stream + Unpin>(mut stream: T) -> Vec<T::Item> {
    let mut items = Vec::new();
    while let Some(item) = next(&mut stream).await {
        items.push(item);
    }
    items
}

/// `poll_ready` pushes back, and what `start_send` took is written at the latest by `poll_flush`.
#[tokio::test(start_paused = true)]
async fn readiness() {
    for role in ROLES {
        let script = Script::new([]);
        pushes_back(socket(role, &script), &script, role).await;
        let script = Script::new([]);
        let (_receiver, sender) = socket(role, &script).split();
        pushes_back(sender, &script, role).await;
    }
}

async fn pushes_back(mut sink: impl Sink<Message, Error = Error> + Unpin, script: &Script, role: Role) {
    script.room(Some(0));
    let mut cx = Context::from_waker(Waker::noop());
    let mut count = 0;
    while let Poll::Ready(ready) = Pin::new(&mut sink).poll_ready(&mut cx) {
        ready.unwrap();
        Pin::new(&mut sink).start_send(data(10_000, count)).unwrap();
        count += 1;
    }
    assert_eq!(count, 7);
    assert!(Pin::new(&mut sink).poll_flush(&mut cx).is_pending());
    script.room(None);
    flush(&mut sink).await.unwrap();
    assert_eq!(plain(&script.written()).len(), 7);
    script.push(Reads::Bytes(close_to(role, 1000, "")));
    close(&mut sink).await.unwrap();
    assert_eq!(plain(&script.written())[7].0, 0x88);
}

/// Futures and halves can go to other threads.
#[test]
fn everything_is_send() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Sync>() {}
    fn check(mut socket: WebSocket<TcpStream>) {
        is_send(&socket.recv());
        is_send(&socket.read());
        is_send(&socket.send("x"));
        is_send(&socket.close(bowline::CloseCode::NORMAL, ""));
        let (mut receiver, mut sender) = socket.split();
        is_send(&receiver.recv());
        is_send(&sender.send("x"));
        is_send(&sender.ping(b""));
    }
    let _ = check;
    is_sync::<Sender<TcpStream>>();
    is_sync::<Receiver<TcpStream>>();
    is_sync::<WebSocket<TcpStream>>();
}
