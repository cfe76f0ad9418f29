//! What becomes of the messages that are sent by a client that reconnects.

use crate::{
    kit::{poll_times, streams, waits},
    reconnecting::{client, client_with_space, connect, fate, lost, open, policy, request},
};
use bowline::{
    Cause, CloseCode, Config, Message,
    adapter::{
        reconnect::{QueueError, Unsent, Update},
        tokio::{self as ws, Error, Reconnecting},
    },
};
use bowline_test::tokio::{Peer, Stream};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::mpsc::unbounded_channel;

/// Without a connection, messages are refused by default.
#[tokio::test(start_paused = true)]
async fn refused_while_disconnected() {
    let (mut client, mut servers) = client();
    assert_eq!(client.send("early"), Err(QueueError::Disconnected));
    let mut server = connect(&mut client, &mut servers).await;
    assert_eq!(client.send("now"), Ok(0), "a message that was refused has no number");
    assert_eq!(client.send(Message::text_chunk("now", true)), Err(QueueError::Chunk));
    let (sent, ()) = tokio::join!(fate(&mut client), server.expect_text("now"));
    assert_eq!(sent, (Ok(()), 0..=0));
    server.send_close(1001, "").await;
    assert!(matches!(client.socket().unwrap().next_event().await, Ok(Some(bowline::Event::Close(_)))));
    assert_eq!(client.send("closing"), Err(QueueError::Disconnected));
    lost(&mut client).await;
    assert_eq!(client.send("late"), Err(QueueError::Disconnected));
    assert!(client.socket().is_none());
}

/// Messages are queued up to the bound, which counts 64 bytes for each, and are sent in order.
#[tokio::test(start_paused = true)]
async fn queued_while_disconnected() {
    let (client, mut servers) = client();
    let mut client = client.queue_limit(200);
    assert_eq!((client.send("one"), client.send("two"), client.queued()), (Ok(0), Ok(1), 2 * 67));
    assert_eq!(client.send("three"), Err(QueueError::Full { message: 69, queued: 134, limit: 200 }));
    assert_eq!((client.send("3"), client.queued()), (Ok(2), 199));
    let mut server = connect(&mut client, &mut servers).await;
    let serve = async {
        for text in ["one", "two", "3"] {
            server.expect_text(text).await;
        }
    };
    let (sent, ()) = tokio::join!(fate(&mut client), serve);
    assert_eq!((sent, client.queued()), ((Ok(()), 0..=2), 0));
}

/// With `drop_oldest`, new messages replace the oldest, whose fate is reported once for all of them.
#[tokio::test(start_paused = true)]
async fn the_oldest_is_dropped() {
    let (client, mut servers) = client();
    let mut client = client.queue_limit(200).drop_oldest();
    for number in 0..1000 {
        assert_eq!(client.send("12"), Ok(number));
    }
    let too_large = client.send(vec![0; 200]);
    assert_eq!(too_large, Err(QueueError::Full { message: 264, queued: 198, limit: 200 }));
    assert_eq!(fate(&mut client).await, (Err(Unsent::Dropped), 0..=996));
    let mut server = connect(&mut client, &mut servers).await;
    let serve = async {
        for _ in 0..3 {
            server.expect_text("12").await;
        }
    };
    assert_eq!(tokio::join!(fate(&mut client), serve).0, (Ok(()), 997..=999));
}

/// A message that was being written when the connection broke is reported, and not repeated. Those behind it are sent on the next
/// connection.
#[tokio::test(start_paused = true)]
async fn interrupted() {
    let (client, mut servers) = client_with_space(1000);
    let mut client = client.queue_limit(1_000_000);
    let mut server = connect(&mut client, &mut servers).await;
    assert_eq!(client.send("whole"), Ok(0));
    assert_eq!(tokio::join!(fate(&mut client), server.expect_text("whole")).0, (Ok(()), 0..=0));
    let large = vec![7; 70_000];
    assert_eq!(client.send(large), Ok(1));
    assert_eq!((client.send("behind it"), client.queued()), (Ok(2), 73));
    assert!(waits(client.recv()));
    server.reset();
    assert_eq!(fate(&mut client).await, (Err(Unsent::Interrupted), 1..=1));
    assert!(client.closure().unwrap().unsent() > 60_000);
    lost(&mut client).await;
    let mut server = connect(&mut client, &mut servers).await;
    assert_eq!(tokio::join!(fate(&mut client), server.expect_text("behind it")).0, (Ok(()), 2..=2));
}

/// A message that was written before the connection broke counts as sent, although that was not yet reported.
#[tokio::test(start_paused = true)]
async fn written_in_time() {
    let (mut client, mut servers) = client();
    let mut server = connect(&mut client, &mut servers).await;
    client.send("in time").unwrap();
    client.socket().unwrap().flush().await.unwrap();
    server.expect_text("in time").await;
    server.reset();
    assert_eq!(fate(&mut client).await, (Ok(()), 0..=0));
    lost(&mut client).await;
    // It is written, and the end of the stream is read, in one poll.
    let mut server = connect(&mut client, &mut servers).await;
    server.end().await;
    client.send("late, but written").unwrap();
    assert_eq!(fate(&mut client).await, (Ok(()), 1..=1));
    lost(&mut client).await;
    server.expect_text("late, but written").await;
}

/// What the stream accepts at once is reported at once, and before an answer that is already there.
#[tokio::test(start_paused = true)]
async fn reported_at_once() {
    let (mut client, mut servers) = client();
    let mut server = connect(&mut client, &mut servers).await;
    client.send("one").unwrap();
    let sent = poll_times(1, client.recv());
    assert!(matches!(&sent, Some(Ok(Some(Update::Sent(numbers)))) if *numbers == (0..=0)), "{sent:?}");
    server.expect_text("one").await;
    server.end().await;
    lost(&mut client).await;
    let mut server = connect(&mut client, &mut servers).await;
    server.send_text("answer").await;
    client.send("question").unwrap();
    assert_eq!(fate(&mut client).await, (Ok(()), 1..=1));
    assert!(matches!(poll_times(1, client.recv()), Some(Ok(Some(Update::Message(_))))));
}

/// A program that never stops to send to a slow server is told all the same which messages are written.
#[tokio::test(start_paused = true)]
async fn a_program_that_never_stops_to_send() {
    let (client, mut servers) = client_with_space(3000);
    let mut client = client.queue_limit(1_000_000);
    let mut server = connect(&mut client, &mut servers).await;
    for _ in 0..5 {
        client.send(vec![7; 1000]).unwrap();
    }
    for round in 0..100 {
        client.send(vec![7; 1000]).unwrap();
        if let Some(update) = poll_times(1, client.recv()) {
            return assert!(matches!(update, Ok(Some(Update::Sent(_)))) && round > 50, "{update:?} in round {round}");
        }
        server.expect_binary(vec![7; 1000]).await;
    }
    panic!("it is not told");
}

/// Much more than a slow connection accepts at once: each message arrives once and in order, and its fate is reported once.
#[tokio::test(start_paused = true)]
async fn more_than_fits() {
    let (client, mut servers) = client_with_space(3000);
    let mut client = client.queue_limit(10_000_000);
    let mut server = connect(&mut client, &mut servers).await;
    for number in 0..500_u64 {
        assert_eq!(client.send(vec![number as u8; 1000]), Ok(number));
    }
    assert!(client.queued() > 400 * 1064, "the connection gets 64 KiB at most: {}", client.queued());
    let mut next = 0;
    let follow = async {
        while next < 500 {
            let (fate, messages) = fate(&mut client).await;
            assert_eq!((fate, *messages.start()), (Ok(()), next));
            next = messages.end() + 1;
        }
    };
    let serve = async {
        for number in 0..500_u64 {
            server.expect_binary(vec![number as u8; 1000]).await;
        }
    };
    tokio::join!(follow, serve);
    assert_eq!(client.queued(), 0);
}

/// A message that no connection accepts is refused at once, or reported if it had to wait.
#[tokio::test(start_paused = true)]
async fn too_large() {
    let (sender, mut servers) = unbounded_channel();
    let client = Reconnecting::new(move |_| {
        let [near, far] = streams(usize::MAX);
        sender.send(far).unwrap();
        let config = Config::default().with(|config| config.limits.output = 100);
        ws::client_handshake(near, request(), config)
    });
    let mut client = client.policy(policy()).queue_limit(10_000);
    client.send(vec![0; 200]).unwrap();
    client.send("small").unwrap();
    let mut server = connect(&mut client, &mut servers).await;
    let (rejected, messages) = tokio::join!(fate(&mut client), server.expect_text("small")).0;
    assert!(matches!(rejected, Err(Unsent::Rejected(bowline::SendError::Full { limit: 100, .. }))), "{rejected:?}");
    assert_eq!(messages, 0..=0);
    assert_eq!(fate(&mut client).await, (Ok(()), 1..=1));
    assert!(matches!(client.send(vec![0; 200]), Err(QueueError::Rejected(_))));
    assert_eq!(client.send("small"), Ok(2));
}

/// If the client gives up, the fate of queued messages is reported before its error.
#[tokio::test(start_paused = true)]
async fn given_up() {
    let (client, mut servers) = client();
    let mut client = client.queue_limit(1000);
    let mut server = connect(&mut client, &mut servers).await;
    server.send_close(1008, "").await;
    assert!(matches!(client.socket().unwrap().next_event().await, Ok(Some(bowline::Event::Close(_)))));
    client.send("one").unwrap();
    client.send("two").unwrap();
    assert_eq!(fate(&mut client).await, (Err(Unsent::GivenUp), 0..=1));
    let Err(Error::Closed(closure)) = client.recv().await else { panic!() };
    assert_eq!(closure.code(), CloseCode::POLICY_VIOLATION);
    assert!(client.recv().await.unwrap().is_none());
}

/// `close` writes what is queued, makes the closing handshake, and ends the client.
#[tokio::test(start_paused = true)]
async fn close() {
    let (client, mut servers) = client_with_space(1000);
    let mut client = client.queue_limit(1_000_000);
    let mut server = connect(&mut client, &mut servers).await;
    for _ in 0..3 {
        client.send(vec![7; 50_000]).unwrap();
    }
    assert!(matches!(client.close(1006.into(), "").await, Err(Error::Close(_))));
    let serve = async {
        server.send_text("discarded").await;
        for _ in 0..3 {
            server.expect_binary(vec![7; 50_000]).await;
        }
        server.expect_close(1001).await;
        server.end().await;
    };
    let (closed, ()) = tokio::join!(client.close(CloseCode::GOING_AWAY, "that was all"), serve);
    assert!(closed.unwrap().unwrap().is_clean());
    assert_eq!(fate(&mut client).await, (Ok(()), 0..=2));
    assert!(client.recv().await.unwrap().is_none());
    assert!(servers.try_recv().is_err(), "no further attempt");
}

/// `close` without a connection ends the client, and gives up what is queued.
#[tokio::test(start_paused = true)]
async fn close_without_a_connection() {
    let (client, mut servers) = client();
    let mut client = client.queue_limit(1000);
    client.send("one").unwrap();
    assert!(waits(client.recv()), "it connects");
    let mut server = Peer::new(servers.recv().await.unwrap(), bowline::Role::Server);
    assert_eq!(client.close(CloseCode::NORMAL, "").await.unwrap(), None);
    server.ignore_until_end().await;
    assert_eq!(fate(&mut client).await, (Err(Unsent::GivenUp), 0..=0));
    assert!(client.recv().await.unwrap().is_none());
    assert_eq!(client.send("two"), Err(QueueError::Ended));
}

/// A `close` that was dropped after its Close frame is not undone: `recv` returns the end, whatever the policy says about the code.
#[tokio::test(start_paused = true)]
async fn close_that_was_dropped() {
    let (mut client, mut servers) = client();
    let mut server = connect(&mut client, &mut servers).await;
    assert!(waits(client.close(CloseCode::GOING_AWAY, "")));
    assert_eq!(client.send("late"), Err(QueueError::Ended));
    let serve = async {
        server.expect_close(1001).await;
        server.end().await;
    };
    let (ended, ()) = tokio::join!(client.recv(), serve);
    assert!(ended.unwrap().is_none());
}

/// A connection that breaks while `close` writes what is queued: the client has ended all the same.
#[tokio::test(start_paused = true)]
async fn close_of_a_broken_connection() {
    let (client, mut servers) = client_with_space(1000);
    let mut client = client.queue_limit(1_000_000);
    let server = connect(&mut client, &mut servers).await;
    client.send(vec![7; 70_000]).unwrap();
    client.send("behind it").unwrap();
    assert!(waits(client.close(CloseCode::NORMAL, "")));
    server.reset();
    let closure = client.close(CloseCode::NORMAL, "").await.unwrap().unwrap();
    assert_eq!(closure.cause(), Cause::Transport);
    assert_eq!(fate(&mut client).await, (Err(Unsent::Interrupted), 0..=0));
    assert_eq!(fate(&mut client).await, (Err(Unsent::GivenUp), 1..=1));
    assert!(client.recv().await.unwrap().is_none());
}

/// Whatever breaks and when: each message that was accepted has one fate, none arrives twice or out of order, and none arrives that was
/// not passed to a connection.
#[tokio::test(start_paused = true)]
async fn one_fate_for_each_message() {
    for seed in 1..200 {
        let mut random = Random(seed);
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, mut server_random) = (received.clone(), Random(seed + 1000));
        let client = Reconnecting::new(move |_| {
            let [near, far] = streams(500);
            tokio::spawn(receive_some(far, server_random.below(12), server_random.below(2) == 0, log.clone()));
            open(near)
        });
        let mut client = client.policy(policy()).queue_limit(2000 + random.below(20_000));
        if random.below(2) == 0 {
            client = client.drop_oldest();
        }
        let (mut fates, mut accepted) = (BTreeMap::new(), 0);
        for _ in 0..100 {
            let size = 8 + random.below(3000);
            let message = [&u64::to_be_bytes(accepted)[..], &vec![0; size]].concat();
            accepted += u64::from(client.send(message).is_ok());
            for _ in 0..random.below(3) {
                let limit = Duration::from_millis(random.below(1500) as u64);
                if let Ok(update) = tokio::time::timeout(limit, client.recv()).await {
                    note(update.unwrap().unwrap(), &mut fates);
                }
            }
        }
        let _ = tokio::time::timeout(Duration::from_secs(1), client.close(CloseCode::NORMAL, "")).await;
        let _ = client.close(CloseCode::NORMAL, "").await;
        while let Some(update) = client.recv().await.unwrap() {
            note(update, &mut fates);
        }
        assert_eq!(fates.keys().copied().collect::<Vec<_>>(), (0..accepted).collect::<Vec<_>>(), "seed {seed}");
        let received = received.lock().unwrap();
        assert!(received.is_sorted_by(|one, next| one < next), "seed {seed}: {received:?}");
        for number in received.iter() {
            let fate = fates[number];
            assert!(
                matches!(fate, None | Some(Unsent::Interrupted)),
                "seed {seed}: {number} arrived, but was {fate:?}"
            );
        }
    }
}

/// Records the fate of messages, of which each may have only one.
fn note(update: Update, fates: &mut BTreeMap<u64, Option<Unsent>>) {
    let (messages, fate) = match update {
        Update::Sent(messages) => (messages, None),
        Update::Unsent { messages, reason } => (messages, Some(reason)),
        _ => return,
    };
    for number in messages {
        assert_eq!(fates.insert(number, fate), None, "{number} has two fates");
    }
}

/// A server that leaves after so many messages, with a Close frame or without.
async fn receive_some(stream: Stream, count: usize, closes: bool, log: Arc<Mutex<Vec<u64>>>) -> Result<(), Error> {
    let mut socket = ws::accept(stream, &bowline::server::Accept::any_origin(), Config::default()).await?;
    for _ in 0..count {
        let Some(message) = socket.recv().await? else { return Ok(()) };
        let (number, _) = message.as_bytes().split_first_chunk().unwrap();
        log.lock().unwrap().push(u64::from_be_bytes(*number));
    }
    if closes {
        socket.close(CloseCode::SERVICE_RESTART, "").await?;
    }
    Ok(())
}

/// Numbers that are the same in each run (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
