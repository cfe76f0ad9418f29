//! Which task is woken, after the halves were given to two tasks.

use bowline_tungstenite::{Message, WebSocketStream, protocol::Role};
use futures_util::{SinkExt, StreamExt};
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};
use tokio::io::AsyncWriteExt;

#[derive(Default)]
struct Counter(AtomicU32);

impl Counter {
    fn new() -> (Arc<Self>, Waker) {
        let counter = Arc::new(Self::default());
        (counter.clone(), counter.into())
    }

    fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A task that has written and waits for something else is not woken by each message that arrives.
#[tokio::test]
async fn a_task_that_does_not_poll_is_not_woken() {
    let (ours, mut theirs) = tokio::io::duplex(4096);
    let client = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
    let (mut sink, mut stream) = client.split();
    let ((reader, reader_waker), (writer, writer_waker)) = (Counter::new(), Counter::new());
    let mut reader_cx = Context::from_waker(&reader_waker);
    assert!(stream.poll_next_unpin(&mut reader_cx).is_pending());
    let mut send = pin!(sink.send(Message::text("x")));
    assert!(send.as_mut().poll(&mut Context::from_waker(&writer_waker)).is_ready());
    for round in 1..=10 {
        while stream.poll_next_unpin(&mut reader_cx).is_ready() {}
        let before = reader.count();
        theirs.write_all(b"\x81\x02Hi").await.unwrap();
        assert_eq!(reader.count(), before + 1, "round {round}");
    }
    assert!(writer.count() <= 1, "{} wake-ups", writer.count());
}

/// Both are woken if both wait, again and again.
#[tokio::test]
async fn tasks_that_wait_are_woken() {
    let (ours, mut theirs) = tokio::io::duplex(16);
    let client = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
    let (mut sink, mut stream) = client.split();
    let ((reader, reader_waker), (writer, writer_waker)) = (Counter::new(), Counter::new());
    let (mut reader_cx, mut writer_cx) = (Context::from_waker(&reader_waker), Context::from_waker(&writer_waker));
    assert!(stream.poll_next_unpin(&mut reader_cx).is_pending());
    let mut send = pin!(sink.send(Message::binary(vec![0; 200])));
    for _ in 0..10 {
        assert!(send.as_mut().poll(&mut writer_cx).is_pending());
        let before = (reader.count(), writer.count());
        let mut buffer = [0; 16];
        tokio::io::AsyncReadExt::read_exact(&mut theirs, &mut buffer).await.unwrap();
        assert!(writer.count() > before.1, "the stream accepts bytes again");
        theirs.write_all(b"\x81\x02Hi").await.unwrap();
        assert!(reader.count() > before.0, "a message arrives");
        let Poll::Ready(Some(Ok(message))) = stream.poll_next_unpin(&mut reader_cx) else { panic!() };
        assert_eq!(message, Message::text("Hi"));
        assert!(stream.poll_next_unpin(&mut reader_cx).is_pending());
    }
}
