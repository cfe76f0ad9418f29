//! A peer that does not read.

use crate::{
    common::{ROLES, frame_from, frame_to},
    kit::{Reads, Script, data, over, pair, poll_times, socket, socket_with, streams, waits},
    wire::plain,
};
use bowline::{
    Delivery, Event, Message, Prepared, Role, SendError,
    adapter::tokio::{Error, WebSocket},
};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// `feed` queues up to 64 KiB and then waits; `send` waits at once. No message is refused.
#[tokio::test(start_paused = true)]
async fn feed_and_send_wait() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket(role, &script);
        let mut count = 0;
        while !waits(socket.feed(vec![7; 1000])) {
            count += 1;
        }
        assert_eq!(count, 65_536_usize.div_ceil(frame_from(role, 0x82, &[0; 1000]).len()));
        assert!(waits(socket.send("more")));
        let queued = socket.buffered_amount();
        script.room(Some(queued - 65_000));
        tokio::time::timeout(Duration::from_secs(1), socket.feed("fits again")).await.unwrap().unwrap();
        script.room(None);
        socket.flush().await.unwrap();
        assert_eq!(plain(&script.written()).len(), count + 1);
    }
}

/// A message that does not fit besides what is queued waits until it does; one that can never fit is an error.
#[tokio::test(start_paused = true)]
async fn the_limit_on_the_output() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket_with(role, &script, |config| config.limits.output = 2000);
        socket.feed(vec![1; 1500]).await.unwrap();
        assert!(waits(socket.feed(vec![2; 1500])));
        script.room(None);
        socket.feed(vec![2; 1500]).await.unwrap();
        let refused = socket.feed(vec![3; 2000]).await;
        assert!(matches!(refused, Err(Error::Send(SendError::Full { queued: 0, limit: 2000, .. }))), "{refused:?}");
        socket.send(vec![4; 1500]).await.unwrap();
        assert_eq!(plain(&script.written()).len(), 3);
    }
}

async fn echo_batch<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocket<S>) -> usize {
    let (mut batch, mut echoed) = (socket.read().await.unwrap().unwrap(), 0);
    while let Some((event, connection)) = batch.receive() {
        let Event::Binary(data) = event else { panic!("{event:?}") };
        connection.send_binary(data).unwrap();
        echoed += 1;
    }
    echoed
}

/// With the batch API, too: from a peer that floods and takes nothing, no more is received than fits, and no more is read than one
/// message may have.
#[tokio::test(start_paused = true)]
async fn the_batch_api_waits() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket_with(role, &script, |config| config.limits.message = 100_000);
        for _ in 0..150 {
            script.push(Reads::Bytes(frame_to(role, 0x82, &[7; 1000])));
        }
        let mut echoed = 0;
        while let Some(count) = poll_times(1, echo_batch(&mut socket)) {
            echoed += count;
            assert!(socket.buffered_amount() < 65_536 + 2 * 1008);
        }
        assert!((64..67).contains(&echoed), "{echoed}");
        script.room(None);
        while echoed < 150 {
            echoed += echo_batch(&mut socket).await;
        }
        socket.flush().await.unwrap();
        assert_eq!(plain(&script.written()).len(), 150);
    }
}

/// Two ends that have both queued much, and then only use the batch API, do not wait for each other either.
#[tokio::test(start_paused = true)]
async fn two_batch_apis() {
    let [mut client, mut server] = pair(16 * 1024, |config| config.limits.message = 64 * 1024);
    let run = async |socket: &mut crate::kit::Duplex| {
        for _ in 0..8 {
            socket.connection().send_binary(vec![7; 60_000]).unwrap();
        }
        let mut received = 0;
        while received < 8 {
            let mut batch = socket.read().await.unwrap().unwrap();
            while let Some((event, _)) = batch.receive() {
                assert!(matches!(&event, Event::Binary(data) if data.len() == 60_000), "{event:?}");
                received += 1;
            }
        }
        socket.flush().await.unwrap();
    };
    let both = async { tokio::join!(run(&mut client), run(&mut server)) };
    tokio::time::timeout(Duration::from_secs(1), both).await.expect("they wait for each other");
}

/// Who takes a little now and then is alive, even if its pongs lie behind what is not read.
#[tokio::test(start_paused = true)]
async fn a_slow_peer_is_alive() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket_with(role, &script, |config| {
            config.limits.message = 1000;
            (config.deadlines.ping, config.deadlines.pong) =
                (Some(Duration::from_secs(30)), Some(Duration::from_secs(30)));
        });
        for _ in 0..100 {
            script.push(Reads::Bytes(frame_to(role, 0x82, &[7; 1000])));
        }
        socket.connection().send_binary(vec![7; 300_000]).unwrap();
        for _ in 0..250 {
            script.room(Some(1000));
            let _ = tokio::time::timeout(Duration::from_secs(1), socket.flush()).await;
        }
        assert_eq!(socket.connection().state(), bowline::State::Open);
    }
}

/// `feed_prepared` waits for room as `feed` does, on a whole connection and on its sending half.
#[tokio::test(start_paused = true)]
async fn prepared_messages_wait() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket(role, &script);
        let message = Prepared::binary([7; 1000]);
        let mut count = 0;
        while !waits(socket.feed_prepared(&message)) {
            count += 1;
        }
        assert_eq!(count, 65_536_usize.div_ceil(frame_from(role, 0x82, &[0; 1000]).len()));
        let (_receiver, mut sender) = socket.split();
        assert!(waits(sender.feed_prepared(&message)));
        script.room(None);
        sender.feed_prepared(&message).await.unwrap();
        sender.flush().await.unwrap();
        assert_eq!(plain(&script.written()).len(), count + 1);
    }
}

/// A chunk that compression might make longer waits for room like any other message.
#[cfg(feature = "deflate")]
#[tokio::test(start_paused = true)]
async fn compressed_chunks_wait() {
    let mut config = crate::common::config();
    config.limits.output = 100_000;
    config.deflate = Some(bowline::deflate::Options::default());
    let mut request =
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
            .to_vec();
    let mut handshake = bowline::server::Handshake::new(config);
    let bowline::server::Progress::Request(request) = handshake.receive(&mut (&mut request).into()) else {
        panic!("refused")
    };
    let connection = request.accept(&bowline::server::Accept::any_origin()).unwrap();
    let script = Script::new([]);
    let mut socket = WebSocket::new(script.clone(), connection);
    socket.flush().await.unwrap();
    script.room(Some(0));
    socket.connection().send(Message::binary(vec![7; 39_000]).uncompressed()).unwrap();
    let chunk = || Message::BinaryChunk { data: vec![7; 60_000].into(), last: false };
    assert!(waits(socket.feed(chunk())), "9/8 of it would not fit");
    script.room(None);
    socket.feed(chunk()).await.unwrap();
}

/// Two ends that both send much before they receive anything do not wait for each other.
#[tokio::test(start_paused = true)]
async fn both_send_first() {
    let [mut client, mut server] = pair(1000, |_| {});
    let run = async |socket: &mut crate::kit::Duplex| {
        for i in 0..100 {
            socket.send(data(50_000, i)).await.unwrap();
        }
        for i in 0..100 {
            assert!(socket.recv().await.unwrap() == Some(data(50_000, i)));
        }
        socket.flush().await.unwrap();
    };
    let both = async { tokio::join!(run(&mut client), run(&mut server)) };
    tokio::time::timeout(Duration::from_secs(60), both).await.expect("they wait for each other");
}

/// Two echo servers that talk to each other, with more between them than the wire holds.
#[tokio::test(start_paused = true)]
async fn two_echo_servers() {
    for feeds in [false, true] {
        let [near, far] = streams(500);
        let both_are_done = tokio::sync::Barrier::new(2);
        let echo = async |mut socket: crate::kit::Duplex, first: usize, rounds: usize| {
            for i in 0..first {
                socket.feed(data(2000, i)).await.unwrap();
            }
            for round in 0..rounds {
                let message = socket.recv().await.unwrap().unwrap();
                assert!(message == data(2000, round % 30));
                if feeds {
                    socket.feed(message).await.unwrap();
                } else {
                    socket.send(message).await.unwrap();
                }
            }
            // The other may still wait for something that is queued here.
            tokio::select! {
                _ = both_are_done.wait() => {}
                () = async { while let Ok(Some(_)) = socket.recv().await {} } => {}
            }
        };
        let both = async {
            tokio::join!(echo(over(near, Role::Client), 30, 300), echo(over(far, Role::Server), 0, 300));
        };
        tokio::time::timeout(Duration::from_secs(60), both).await.expect("they wait for each other");
    }
}

/// What is received ahead has a limit: what one message may have. Each message counts with its own memory, besides its payload.
#[tokio::test(start_paused = true)]
async fn reading_ahead_has_a_limit() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket_with(role, &script, |config| config.limits.message = 100_000);
        for _ in 0..300 {
            script.push(Reads::Bytes(frame_to(role, 0x81, "x".repeat(1000).as_bytes())));
        }
        // Several polls, as one reads no more than 64 times.
        assert!(poll_times(10, socket.send("nobody reads this")).is_none());
        let left = script.left().div_ceil(frame_to(role, 0x81, &[0; 1000]).len());
        assert!((200..=210).contains(&left), "{left} are left");
        script.room(None);
        for _ in 0..300 {
            assert_eq!(socket.recv().await.unwrap(), Some("x".repeat(1000).into()));
        }
        socket.flush().await.unwrap();
        assert_eq!(script.written(), frame_from(role, 0x81, b"nobody reads this"));
    }
}

/// A message keeps no more alive than itself, or one read: what was read ahead is copied out of its large buffer.
#[tokio::test(start_paused = true)]
async fn what_was_read_ahead_is_not_kept() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket(role, &script);
        for i in 0..20 {
            let Message::Binary(payload) = data(5000, i) else { panic!() };
            script.push(Reads::Bytes(frame_to(role, 0x82, &payload)));
        }
        assert!(waits(socket.send("nobody reads this")));
        let mut payloads = Vec::new();
        for i in 0..20 {
            let Some(Message::Binary(payload)) = socket.recv().await.unwrap() else { panic!() };
            assert_eq!(Message::Binary(payload.clone()), data(5000, i));
            payloads.push(payload);
        }
        assert!(payloads.iter().all(bytes::Bytes::is_unique));
    }
}

/// Chunks that were read ahead are returned as they are, also small ones, and while others are in the read buffer.
#[tokio::test(start_paused = true)]
async fn chunks_that_were_read_ahead() {
    for role in ROLES {
        for len in [10, 20_000] {
            let script = Script::new([]);
            script.room(Some(0));
            let mut socket = socket_with(role, &script, |config| config.delivery = Delivery::Chunks);
            let chunk = |i: usize| (0..len).map(|at| ((at + i) % 251) as u8).collect::<Vec<u8>>();
            for i in 0..4 {
                script.push(Reads::Bytes(frame_to(role, 0x82, &chunk(i))));
                if i == 1 {
                    assert!(waits(socket.send("nobody reads this")));
                }
            }
            script.room(None);
            for i in 0..4 {
                let mut received = Vec::new();
                loop {
                    let message = socket.recv().await.unwrap();
                    let Some(Message::BinaryChunk { data, last }) = message else { panic!("{message:?}") };
                    received.extend_from_slice(&data);
                    if last {
                        break;
                    }
                }
                assert!(received == chunk(i), "{i} {len}");
            }
        }
    }
}

/// The end of the stream, and an error, that are met in reading ahead come after what was read before.
#[tokio::test(start_paused = true)]
async fn an_end_that_is_read_ahead() {
    for role in ROLES {
        for end in [Reads::End, Reads::Error(std::io::ErrorKind::ConnectionReset)] {
            let script = Script::new([Reads::Bytes(frame_to(role, 0x81, b"before the end")), end]);
            script.room(Some(0));
            let mut socket = socket(role, &script);
            assert!(waits(socket.send("nobody reads this")));
            assert_eq!(socket.recv().await.unwrap(), Some("before the end".into()));
            script.room(None);
            assert!(socket.recv().await.is_err());
        }
    }
}
