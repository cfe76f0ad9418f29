//! Many senders of one connection: whose turn it is, what "ready" promises, and what a sender learns about the end.

use crate::{
    common::{ROLES, close_to, frame_to},
    kit::{Reads, Script, data, pair, socket, socket_with},
    wire::plain,
};
use bowline::{
    Cause, CloseCode, Config, Connection, Deadline, Message, Prepared, Role, SendError,
    adapter::tokio::{Error, WebSocket},
};
use futures_sink::Sink;
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};
use tokio::time::{sleep, timeout};

/// Runs `future`, and adds the number of its polls to `polls`.
async fn counted<T>(polls: Arc<AtomicUsize>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|cx| {
        polls.fetch_add(1, Relaxed);
        future.as_mut().poll(cx)
    })
    .await
}

const EACH: usize = 8;

/// Returns the number of polls that so many senders need for eight messages each.
async fn polls_of(senders: usize, has_receiver: bool, len: usize) -> usize {
    let [client, mut server] = pair(4000, |_| {});
    let (mut receiver, sender) = client.split();
    let polls = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..senders {
        let mut sender = sender.clone();
        let sends = async move {
            for i in 0..EACH {
                if i % 2 == 0 {
                    sender.send(data(len, i)).await.unwrap();
                } else {
                    sender.feed(data(len, i)).await.unwrap();
                }
            }
            sender.flush().await.unwrap();
        };
        tasks.push(tokio::spawn(counted(polls.clone(), sends)));
    }
    let receives = has_receiver.then(|| tokio::spawn(async move { receiver.recv().await }));
    for _ in 0..senders * EACH {
        timeout(Duration::from_secs(10), server.recv()).await.expect("nobody was woken").unwrap().unwrap();
    }
    for task in tasks {
        timeout(Duration::from_secs(10), task).await.expect("it was not woken").unwrap();
    }
    if let Some(receives) = receives {
        receives.abort();
    }
    polls.load(Relaxed)
}

/// Senders are woken one by one: each message needs a few polls, however many senders there are, and whether the messages are short, so
/// that the senders wait for the write, or long, so that they wait for space.
#[tokio::test(start_paused = true)]
async fn the_work_is_linear() {
    for (has_receiver, len) in [(true, 100), (false, 100), (true, 3000), (false, 3000)] {
        for senders in [50, 200, 800] {
            let polls = polls_of(senders, has_receiver, len).await;
            assert!(polls < 5 * senders * EACH, "{polls} polls of {senders} senders, {len} bytes");
        }
    }
}

#[derive(Default)]
struct Flag(AtomicUsize);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// A sender that was woken and then dropped wakes the next one, which would wait indefinitely otherwise.
#[tokio::test(start_paused = true)]
async fn a_woken_sender_that_is_dropped() {
    for role in ROLES {
        for flushes in [false, true] {
            let script = Script::new([]);
            script.room(Some(0));
            let (_receiver, mut first) = socket(role, &script).split();
            first.feed(vec![0; 70_000]).await.unwrap();
            let (mut second, mut third) = (first.clone(), first.clone());
            let flags = [(); 3].map(|()| Arc::new(Flag::default()));
            let woken = |nth: usize| flags[nth].0.load(Relaxed) > 0;
            let run = async |sender: &mut bowline::adapter::tokio::Sender<Script>| {
                if flushes { sender.flush().await } else { sender.feed("more").await }
            };
            let mut futures = [Box::pin(run(&mut first)), Box::pin(run(&mut second)), Box::pin(run(&mut third))];
            for (future, flag) in futures.iter_mut().zip(&flags) {
                let waker = Waker::from(flag.clone());
                assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            }
            script.room(None);
            assert_eq!([0, 1, 2].map(woken), [true, false, false]);
            let [one, two, mut three] = futures;
            drop(one);
            assert_eq!([0, 1, 2].map(woken), [true, true, false]);
            drop(two);
            assert!(woken(2));
            assert!(three.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        }
    }
}

/// A message that the stream accepts at once is written by the call that sends it: the receiving half, which would write it otherwise, is
/// not woken. It is woken for one that was only queued.
#[tokio::test]
async fn sending_does_not_wake_the_receiver() {
    let (near, _far) = tokio::io::duplex(10_000);
    let (mut receiver, mut sender) = WebSocket::new(near, Connection::new(Role::Server, Config::default())).split();
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(flag.clone());
    let mut receives = pin!(receiver.recv());
    assert!(receives.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    sender.send("one").await.unwrap();
    sender.send_prepared(&Prepared::text("two")).await.unwrap();
    sender.ping(b"three").await.unwrap();
    assert_eq!((sender.buffered_amount(), flag.0.load(Relaxed)), (0, 0));
    sender.feed("four").await.unwrap();
    assert_eq!(flag.0.load(Relaxed), 1);
}

/// Asks until the sink is ready, at most once.
fn is_ready(sink: &mut (impl Sink<Message, Error = Error> + Unpin)) -> bool {
    match Pin::new(sink).poll_ready(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(ready) => ready.is_ok(),
        Poll::Pending => false,
    }
}

/// Senders that were told at the same time that they can send can all send, once each.
#[tokio::test(start_paused = true)]
async fn ready_means_ready() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let (_receiver, sender) = socket(role, &script).split();
        let mut senders = [(); 4].map(|()| sender.clone());
        assert!(senders.iter_mut().all(is_ready));
        for sender in &mut senders {
            Pin::new(&mut *sender).start_send(vec![7; 10_000_000].into()).unwrap();
            assert!(!is_ready(sender));
            // Nobody told it that there is space for a second one.
            let second = Pin::new(&mut *sender).start_send(vec![7; 30_000_000].into());
            assert!(matches!(second, Err(Error::Send(SendError::Full { .. }))));
        }
        script.room(None);
        poll_fn(|cx| Pin::new(&mut senders[3]).poll_flush(cx)).await.unwrap();
        assert_eq!(plain(&script.written()).len(), 4);
    }
}

/// A sink that is ready accepts every message that fits alone, also one that is longer than those that may be received.
#[tokio::test(start_paused = true)]
async fn between_the_limits() {
    for role in ROLES {
        for is_split in [false, true] {
            let script = Script::new([]);
            script.room(Some(0));
            let socket = socket_with(role, &script, |config| {
                (config.limits.message, config.limits.output) = (1000, 3000);
            });
            if is_split { accepts(socket.split().1) } else { accepts(socket) }
        }
    }
}

fn accepts(mut sink: impl Sink<Message, Error = Error> + Unpin) {
    assert!(is_ready(&mut sink));
    Pin::new(&mut sink).start_send(data(1500, 1)).unwrap();
    assert!(is_ready(&mut sink));
    Pin::new(&mut sink).start_send(data(2900, 2)).unwrap();
    assert!(!is_ready(&mut sink));

    let too_long = Pin::new(&mut sink).start_send(data(3000, 3));
    assert!(matches!(too_long, Err(Error::Send(SendError::Full { .. }))));
}

/// A `close` whose Close frame could not be written, or does not count, is an error with the closure.
#[tokio::test(start_paused = true)]
async fn a_close_that_is_not_clean() {
    for role in ROLES {
        for has_receiver in [true, false] {
            for by_sink in [true, false] {
                let script = Script::new([]);
                script.room(Some(0));
                let (mut receiver, mut sender) = socket(role, &script).split();
                let receives = has_receiver.then(|| tokio::spawn(async move { receiver.recv().await }));
                let closed = if by_sink {
                    poll_fn(|cx| Pin::new(&mut sender).poll_close(cx)).await
                } else {
                    sender.close(CloseCode::NORMAL, "").await
                };
                let Err(Error::Closed(closure)) = closed else { panic!("{closed:?}") };
                assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
                if let Some(receives) = receives {
                    receives.await.unwrap().unwrap_err();
                }
            }
        }
        // A sink that is closed after the peer broke a rule.
        let script = Script::new([Reads::Bytes(frame_to(role, 0x83, b""))]);
        let mut socket = socket(role, &script);
        assert!(crate::kit::waits(socket.recv()));
        let closed = poll_fn(|cx| Pin::new(&mut socket).poll_close(cx)).await;
        assert!(matches!(closed, Err(Error::Closed(_))), "{closed:?}");
    }
}

/// A close with an unusual code that the peer answers is clean, and not an error.
#[tokio::test(start_paused = true)]
async fn a_clean_close_with_another_code() {
    for role in ROLES {
        let script = Script::new([Reads::Bytes(close_to(role, 1011, "")), Reads::End]);
        let (receiver, mut sender) = socket(role, &script).split();
        drop(receiver);
        sender.close(CloseCode::INTERNAL_ERROR, "").await.unwrap();
    }
}

/// While a peer reads nothing, this endpoint closes: everything ends within the close deadline, and whoever waited to send learns how.
#[tokio::test(start_paused = true)]
async fn a_shutdown_with_a_peer_that_does_not_read() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let (mut receiver, mut sender) = socket(role, &script).split();
        let mut another = sender.clone();
        let sends = tokio::spawn(async move {
            let error = sender.send(vec![0; 70_000]).await.unwrap_err();
            (error, sender)
        });
        sleep(Duration::from_secs(1)).await;
        let feeds = tokio::spawn(async move { another.feed("no space").await });
        sleep(Duration::from_secs(1)).await;
        let begun = tokio::time::Instant::now();
        let closure = receiver.close(CloseCode::GOING_AWAY, "shutting down").await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 5);
        assert_eq!((closure.cause(), closure.unsent() > 70_000), (Cause::Deadline(Deadline::Close), true));
        let (error, mut sender) = sends.await.unwrap();
        assert!(matches!(error, Error::Closed(reported) if *reported == closure));
        assert!(matches!(feeds.await.unwrap(), Err(Error::Send(SendError::Closing))));
        // Once the closure is known, it is the error.
        assert!(matches!(sender.send("late").await, Err(Error::Closed(reported)) if *reported == closure));
        assert!(matches!(sender.try_feed("late"), Err(Error::Closed(_))));
        assert!(matches!(Pin::new(&mut sender).start_send("late".into()), Err(Error::Closed(_))));
        assert_eq!(begun.elapsed().as_secs(), 5);
    }
    let script = Script::new([]);
    script.room(Some(0));
    let mut socket: WebSocket<_> = socket(Role::Server, &script);
    let begun = tokio::time::Instant::now();
    // The handler of a connection that is told to stop while it sends.
    let sends = timeout(Duration::from_secs(2), socket.send(vec![0; 70_000])).await;
    assert!(sends.is_err());
    let closure = socket.close(CloseCode::GOING_AWAY, "shutting down").await.unwrap();
    assert_eq!((begun.elapsed().as_secs(), closure.cause()), (7, Cause::Deadline(Deadline::Close)));
}
