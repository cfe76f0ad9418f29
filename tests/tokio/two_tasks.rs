//! `Stream` and `Sink` of one connection, polled from two tasks, as the combinators of `futures` do it.

use crate::{
    common::{ROLES, frame_to},
    kit::{Duplex, Reads, Script, data, pair, socket},
};
use bowline::{Message, adapter::tokio::Error};
use futures_core::Stream;
use futures_sink::Sink;
use futures_util::{SinkExt as _, StreamExt as _};
use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};
use tokio::time::{sleep, timeout};

const MESSAGES: usize = 10_000;

/// Lengths from an empty message to one that is longer than the pipe.
fn message(i: usize) -> Message {
    data(i * 37 % 1500, i)
}

/// What a task of each end does with its half.
async fn send(mut sink: impl Sink<Message, Error = Error> + Unpin) {
    for i in 0..MESSAGES {
        // Flushing each message, or only now and then.
        if i % 3 == 0 {
            sink.send(message(i)).await.unwrap();
        } else {
            sink.feed(message(i)).await.unwrap();
        }
    }
    sink.flush().await.unwrap();
}

async fn receive(mut stream: impl Stream<Item = Result<Message, Error>> + Unpin, is_slow: bool) {
    for i in 0..MESSAGES {
        assert!(stream.next().await.unwrap().unwrap() == message(i), "message {i}");
        if is_slow && i % 100 == 0 {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Both halves of a connection that is shared by means of a mutex.
#[derive(Clone)]
struct Locked(Arc<Mutex<Duplex>>);

impl Stream for Locked {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.lock().unwrap()).poll_next(cx)
    }
}

impl Sink<Message> for Locked {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *self.0.lock().unwrap()).poll_ready(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        Pin::new(&mut *self.0.lock().unwrap()).start_send(message)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *self.0.lock().unwrap()).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *self.0.lock().unwrap()).poll_close(cx)
    }
}

/// Both directions are loaded at the same time, over pipes of 1 KiB, and each half is in a task of its own.
async fn both_directions(is_split: bool, is_slow: bool) {
    let mut tasks = Vec::new();
    for socket in pair(1024, |_| {}) {
        if is_split {
            let (sink, stream) = socket.split_by_futures();
            tasks.extend([tokio::spawn(send(sink)), tokio::spawn(receive(stream, is_slow))]);
        } else {
            let locked = Locked(Arc::new(Mutex::new(socket)));
            tasks.extend([tokio::spawn(send(locked.clone())), tokio::spawn(receive(locked, is_slow))]);
        }
    }
    for task in tasks {
        timeout(Duration::from_secs(120), task).await.expect("a task sleeps").unwrap();
    }
}

/// `StreamExt::split`, whose name is hidden by the method of the connection.
trait SplitByFutures: Sized {
    fn split_by_futures(
        self,
    ) -> (futures_util::stream::SplitSink<Self, Message>, futures_util::stream::SplitStream<Self>);
}

impl<T: Stream + Sink<Message>> SplitByFutures for T {
    fn split_by_futures(self) -> (futures_util::stream::SplitSink<T, Message>, futures_util::stream::SplitStream<T>) {
        futures_util::StreamExt::split(self)
    }
}

#[tokio::test(start_paused = true)]
async fn in_one_thread() {
    for (is_split, is_slow) in [(false, false), (false, true), (true, false), (true, true)] {
        both_directions(is_split, is_slow).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_two_threads() {
    for (is_split, is_slow) in [(false, false), (true, true)] {
        both_directions(is_split, is_slow).await;
    }
}

/// An echo server of generic code: one task that forwards its stream to its sink, and a client in two tasks.
#[tokio::test(start_paused = true)]
async fn forward() {
    let [client, server] = pair(1024, |_| {});
    let (sink, stream) = server.split_by_futures();
    let echo = tokio::spawn(stream.forward(sink));
    let (mut sink, stream) = client.split_by_futures();
    let receives = tokio::spawn(receive(stream, true));
    let sends = tokio::spawn(async move {
        for i in 0..MESSAGES {
            sink.send(message(i)).await.unwrap();
        }
        sink
    });
    let mut sink = timeout(Duration::from_secs(120), sends).await.expect("the sink sleeps").unwrap();
    timeout(Duration::from_secs(120), receives).await.expect("the stream sleeps").unwrap();
    let _ = sink.close().await;
    let _ = timeout(Duration::from_secs(120), echo).await.expect("the echo sleeps");
}

/// The receiving task is woken by bytes and by the timer, although the sending task polled last; and the other way round.
#[tokio::test(start_paused = true)]
async fn each_is_woken_for_its_own() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let (mut sink, mut stream) = socket(role, &script).split_by_futures();
        let receives = tokio::spawn(async move { (stream.next().await, stream) });
        sleep(Duration::from_millis(1)).await;
        let sends = tokio::spawn(async move { sink.send("waits".into()).await });
        sleep(Duration::from_millis(1)).await;
        script.push(Reads::Bytes(frame_to(role, 0x81, b"there")));
        let (received, mut stream) = timeout(Duration::from_secs(1), receives).await.expect("it sleeps").unwrap();
        assert_eq!(received.unwrap().unwrap(), "there".into());
        let receives = tokio::spawn(async move { stream.next().await });
        sleep(Duration::from_millis(1)).await;
        script.room(None);
        timeout(Duration::from_secs(1), sends).await.expect("it sleeps").unwrap().unwrap();
        receives.abort();
    }
}

/// A method of the connection in between does not take the waker of a task that waits for the stream.
#[tokio::test(start_paused = true)]
async fn methods_in_between() {
    for role in ROLES {
        let script = Script::new([]);
        let shared = Arc::new(Mutex::new(socket(role, &script)));
        let stream = shared.clone();
        let receives = tokio::spawn(poll_fn(move |cx| Pin::new(&mut *stream.lock().unwrap()).poll_next(cx)));
        sleep(Duration::from_millis(1)).await;
        script.room_silently(Some(0));
        assert!(crate::kit::waits(shared.lock().unwrap().send("a")));
        assert_eq!(shared.lock().unwrap().try_recv().unwrap(), Poll::Pending);
        assert!(shared.lock().unwrap().try_feed("b").is_ok());
        script.push(Reads::Bytes(frame_to(role, 0x81, b"there")));
        let received = timeout(Duration::from_secs(1), receives).await.expect("it sleeps").unwrap();
        assert_eq!(received.unwrap().unwrap(), "there".into());
    }
}
