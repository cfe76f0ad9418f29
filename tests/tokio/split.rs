//! Two halves in different tasks.

use crate::{
    common::{ROLES, close_from, close_to, frame_from, frame_to},
    kit::{Reads, Script, data, hesitant_pair, pair, poll_times, socket, socket_with, waits},
    wire::plain,
};
use bowline::{
    Cause, CloseCode, Config, Deadline, Message, SendError,
    adapter::tokio::{self as ws, Error},
    client, server,
};
use bowline_test::Call;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Both halves know the subprotocol.
#[tokio::test]
async fn the_subprotocol() {
    let (near, far) = tokio::io::duplex(1000);
    let accept = server::Accept::any_origin().protocols(["chat"]);
    let server = tokio::spawn(async move { ws::accept(far, &accept, Config::default()).await });
    let request = client::Request::from_uri("ws://localhost/").unwrap().protocol("chat").unwrap();
    let (client, _) = ws::client_handshake(near, request, Config::default()).await.unwrap();
    for socket in [client, server.await.unwrap().unwrap()] {
        let (receiver, sender) = socket.split();
        assert_eq!((receiver.protocol().as_deref(), sender.protocol().as_deref()), (Some("chat"), Some("chat")));
    }
}

/// Many senders in tasks of their own, and a receiver in another, in both directions at once: all arrives, and what one
/// sender sends stays in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_senders() {
    const SENDERS: usize = 8;
    const EACH: usize = 200;
    let [client, server] = pair(3000, |_| {});
    let mut receivers = Vec::new();
    let mut keep = Vec::new();
    for socket in [client, server] {
        let (mut receiver, sender) = socket.split();
        for seed in 0..SENDERS {
            let mut sender = sender.clone();
            tokio::spawn(async move {
                for i in 0..EACH {
                    let text = format!("{seed} {i} {}", "x".repeat(i * 7));
                    if i % 3 == 0 { sender.feed(text).await.unwrap() } else { sender.send(text).await.unwrap() }
                }
                sender.flush().await.unwrap();
            });
        }
        keep.push(sender);
        receivers.push(tokio::spawn(async move {
            let mut next = [0; SENDERS];
            for _ in 0..SENDERS * EACH {
                let Some(Message::Text(text)) = receiver.recv().await.unwrap() else { panic!() };
                let mut words = text.split(' ');
                let [seed, i] = [(); 2].map(|()| words.next().unwrap().parse::<usize>().unwrap());
                assert_eq!((i, words.next().unwrap().len()), (next[seed], i * 7));
                next[seed] += 1;
            }
            assert_eq!(next, [EACH; SENDERS]);
            // What the other end still has to send.
            let _ = timeout(Duration::from_millis(200), receiver.recv()).await;
        }));
    }
    for receiver in receivers {
        timeout(Duration::from_secs(60), receiver).await.expect("somebody was not woken").unwrap();
    }
}

/// `feed` wakes the receiver, which writes.
#[tokio::test(start_paused = true)]
async fn what_is_fed_the_receiver_writes() {
    for role in ROLES {
        let script = Script::new([]);
        let (mut receiver, mut sender) = socket(role, &script).split();
        let receives = tokio::spawn(async move { receiver.recv().await });
        sleep(Duration::from_millis(1)).await;
        sender.feed("one").await.unwrap();
        sender.feed("two").await.unwrap();
        assert_eq!(script.written(), b"");
        sleep(Duration::from_millis(1)).await;
        assert_eq!(script.written(), [frame_from(role, 0x81, b"one"), frame_from(role, 0x81, b"two")].concat());
        assert_eq!((script.count(Call::Write), sender.buffered_amount()), (1, 0));
        script.push(Reads::Bytes(frame_to(role, 0x81, b"there")));
        assert_eq!(receives.await.unwrap().unwrap(), Some("there".into()));
    }
}

/// Senders that wait for room are all served when there is some, and none is when one is dropped.
#[tokio::test(start_paused = true)]
async fn senders_that_wait() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let (receiver, mut sender) = socket(role, &script).split();
        sender.feed(vec![0; 70_000]).await.unwrap();
        let mut waiting: Vec<_> = (0..5_u8)
            .map(|i| {
                let mut sender = sender.clone();
                tokio::spawn(async move { sender.send(vec![i]).await })
            })
            .collect();
        sleep(Duration::from_millis(1)).await;
        assert!(waiting.iter().all(|task| !task.is_finished()));
        // The last one that polled the stream.
        waiting.remove(4).abort();
        sleep(Duration::from_millis(1)).await;
        script.room(None);
        for task in waiting {
            timeout(Duration::from_secs(1), task).await.expect("it was not woken").unwrap().unwrap();
        }
        let mut payloads: Vec<_> =
            plain(&script.written()).into_iter().skip(1).map(|(_, payload)| payload[0]).collect();
        payloads.sort_unstable();
        assert_eq!(payloads, [0, 1, 2, 3]);
        drop(receiver);
    }
}

/// What the receiver writes makes room, and the senders that wait for it learn that.
#[tokio::test(start_paused = true)]
async fn room_that_the_receiver_makes() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let (mut receiver, mut sender) = socket(role, &script).split();
        sender.feed(vec![0; 70_000]).await.unwrap();
        let sends = tokio::spawn(async move { sender.feed("no room").await });
        sleep(Duration::from_millis(1)).await;
        script.room_silently(None);
        assert!(waits(receiver.recv()));
        timeout(Duration::from_millis(100), sends).await.expect("it was not woken").unwrap().unwrap();
    }
}

/// A sender that was dropped in the middle of a frame has sent it: the receiver writes the rest.
#[tokio::test(start_paused = true)]
async fn a_dropped_send_is_finished_by_the_receiver() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(3));
        let (mut receiver, mut sender) = socket(role, &script).split();
        let receives = tokio::spawn(async move { receiver.recv().await });
        sleep(Duration::from_millis(1)).await;
        assert!(waits(sender.send("cut off")));
        script.room(None);
        sleep(Duration::from_millis(1)).await;
        assert_eq!(script.written(), frame_from(role, 0x81, b"cut off"));
        receives.abort();
    }
}

/// The halves' futures, too, can be dropped after every number of polls.
#[tokio::test(start_paused = true)]
async fn cancelled() {
    for times in 1..8 {
        let [client, server] = hesitant_pair(300, 50);
        let (mut receiver, _sender) = client.split();
        let (_receiver, mut sender) = server.split();
        let (mut sent, mut received) = (0, 0);
        while received < 60 {
            if sent < 60 && sender.buffered_amount() < 60_000 {
                let _ = poll_times(times, sender.send(data(sent * 13, sent)));
                sent += 1;
            } else {
                let _ = poll_times(times, sender.flush());
            }
            if let Some(message) = poll_times(times, receiver.recv()) {
                assert!(message.unwrap() == Some(data(received * 13, received)));
                received += 1;
            }
        }
    }
}

/// A sender closes: the receiver goes on to the end, and other senders cannot send any more.
#[tokio::test(start_paused = true)]
async fn a_sender_closes() {
    let [client, mut server] = pair(1000, |_| {});
    let (mut receiver, mut sender) = client.split();
    let mut another = sender.clone();
    let receives = tokio::spawn(async move {
        let last = receiver.recv().await;
        (last, receiver.recv().await, receiver.closure())
    });
    sleep(Duration::from_millis(1)).await;
    sender.close(CloseCode::GOING_AWAY, "bye").await.unwrap();
    assert!(matches!(another.send("too late").await, Err(Error::Send(SendError::Closing))));
    server.feed("before it read that").await.unwrap();
    assert_eq!(server.recv().await.unwrap(), None);
    drop(server);
    let (last, end, closure) = receives.await.unwrap();
    assert_eq!(last.unwrap(), Some("before it read that".into()));
    assert_eq!(end.unwrap(), None);
    assert!(closure.unwrap().is_clean());
    assert!(sender.closure().is_some());
}

/// The close deadline counts from `Sender::close` on, though the receiver was waiting already, for something else.
#[tokio::test(start_paused = true)]
async fn a_close_that_is_not_answered() {
    for role in ROLES {
        let script = Script::new([]);
        let socket = socket_with(role, &script, |config| config.deadlines.ping = Some(Duration::from_secs(1000)));
        let (mut receiver, mut sender) = socket.split();
        let receives = tokio::spawn(async move { receiver.recv().await });
        sleep(Duration::from_millis(1)).await;
        let begun = Instant::now();
        sender.close(CloseCode::NORMAL, "").await.unwrap();
        let Err(Error::Closed(closure)) = receives.await.unwrap() else { panic!("it has not ended") };
        assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
        assert_eq!(begun.elapsed().as_secs(), 5);
    }
}

/// A sender that waits for room learns that the peer has closed.
#[tokio::test(start_paused = true)]
async fn the_peer_closes_while_a_sender_waits() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let (mut receiver, mut sender) = socket(role, &script).split();
        sender.feed(vec![0; 70_000]).await.unwrap();
        let sends = tokio::spawn(async move { sender.feed("no room").await });
        let receives = tokio::spawn(async move { receiver.recv().await });
        sleep(Duration::from_millis(1)).await;
        script.push(Reads::Bytes(close_to(role, 1000, "")));
        assert!(matches!(sends.await.unwrap(), Err(Error::Send(SendError::Closing))));
        receives.abort();
    }
}

/// A sender that waits for room learns at once that this endpoint closes, by either half and although the peer takes nothing.
#[tokio::test(start_paused = true)]
async fn a_half_closes_while_a_sender_waits() {
    for role in ROLES {
        for by_receiver in [true, false] {
            let script = Script::new([]);
            script.room(Some(0));
            let (mut receiver, mut sender) = socket(role, &script).split();
            sender.feed(vec![0; 70_000]).await.unwrap();
            let mut waiting = sender.clone();
            let feeds = tokio::spawn(async move { (waiting.feed("no room").await, Instant::now()) });
            sleep(Duration::from_millis(1)).await;
            let begun = Instant::now();
            let closes = tokio::spawn(async move {
                if by_receiver {
                    let _ = receiver.close(CloseCode::NORMAL, "").await;
                } else {
                    let _ = sender.close(CloseCode::NORMAL, "").await;
                }
            });
            let (fed, woken) = feeds.await.unwrap();
            assert!(matches!(fed, Err(Error::Send(SendError::Closing))), "{fed:?}");
            assert_eq!(woken, begun, "no time has passed");
            closes.abort();
        }
    }
}

/// Without a receiver the senders answer the peer, and drop its messages.
#[tokio::test(start_paused = true)]
async fn without_a_receiver() {
    for role in ROLES {
        let script = Script::new([]);
        let (receiver, mut sender) = socket(role, &script).split();
        drop(receiver);
        script.push(Reads::Bytes([frame_to(role, 0x81, b"unheard"), frame_to(role, 0x89, b"ping")].concat()));
        sender.send("one").await.unwrap();
        assert_eq!(plain(&script.written()), [(0x8A, b"ping".to_vec()), (0x81, b"one".to_vec())]);
        script.push(Reads::Bytes(close_to(role, 1001, "")));
        script.push(Reads::End);
        assert!(matches!(sender.send("two").await, Err(Error::Closed(closure)) if closure.code() == 1001));
        assert!(script.written().ends_with(&close_from(role, 1001, "")));
        assert_eq!(sender.closure().unwrap().code().get(), 1001);
    }
}

/// Without a receiver, a sender's `close` goes to the end itself.
#[tokio::test(start_paused = true)]
async fn a_sender_alone_closes() {
    let [client, mut server] = pair(1000, |_| {});
    let (receiver, mut sender) = client.split();
    drop(receiver);
    let serves = tokio::spawn(async move {
        server.feed("unheard").await.unwrap();
        server.recv().await
    });
    sender.close(CloseCode::NORMAL, "").await.unwrap();
    assert!(sender.closure().unwrap().is_clean());
    assert_eq!(serves.await.unwrap().unwrap(), None);
}

/// Without senders the receiver goes on; when all are gone, the stream ends.
#[tokio::test(start_paused = true)]
async fn without_senders() {
    let [client, mut server] = pair(1000, |_| {});
    let (mut receiver, sender) = client.split();
    assert!(receiver.is_pair_of(&sender));
    drop(sender);
    server.send("still there?").await.unwrap();
    assert_eq!(receiver.recv().await.unwrap(), Some("still there?".into()));
    drop(receiver);
    assert!(matches!(server.recv().await, Err(Error::Closed(_))));
}
