//! Deadlines, on a clock that the tests turn.

use crate::{
    common::{ROLES, frame_from, frame_to},
    kit::{Reads, Script, pair, socket_with, waits},
    wire::plain,
};
use bowline::{Cause, CloseCode, Config, Deadline, adapter::tokio::Error};
use std::time::Duration;
use tokio::time::{Instant, advance, sleep};

fn keepalive(config: &mut Config) {
    config.deadlines.ping = Some(Duration::from_secs(30));
    config.deadlines.pong = Some(Duration::from_secs(20));
}

/// Silence: a ping, then the Close frame, then the end, each in its time, with nobody doing anything but `recv`.
#[tokio::test(start_paused = true)]
async fn silence() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket_with(role, &script, keepalive);
        let begun = Instant::now();
        let watch = async {
            sleep(Duration::from_millis(29_900)).await;
            assert_eq!(script.written(), b"");
            sleep(Duration::from_millis(200)).await;
            assert_eq!(script.written(), frame_from(role, 0x89, b""));
            sleep(Duration::from_secs(19)).await;
            assert_eq!(plain(&script.written()).len(), 1);
            sleep(Duration::from_millis(1100)).await;
            assert_eq!(plain(&script.written()).len(), 2, "the Close frame");
        };
        let (ended, ()) = tokio::join!(socket.recv(), watch);
        let Err(Error::Closed(closure)) = ended else { panic!("it has not ended") };
        assert_eq!(closure.cause(), Cause::Deadline(Deadline::Pong));
        assert_eq!(begun.elapsed().as_secs(), 30 + 20 + 5);
    }
}

/// Two ends that have nothing to say keep each other alive, while they wait.
#[tokio::test(start_paused = true)]
async fn two_silent_ends() {
    let [mut client, mut server] = pair(1000, keepalive);
    let client = tokio::spawn(async move { client.recv().await });
    tokio::select! {
        _ = server.recv() => panic!("it has ended"),
        () = sleep(Duration::from_secs(10_000)) => {}
    }
    assert!(server.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
    assert_eq!(client.await.unwrap().unwrap(), None);
}

/// Whoever sends something now and then is not pinged, although the timer is not reset for each message.
#[tokio::test(start_paused = true)]
async fn a_peer_that_talks() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket_with(role, &script, keepalive);
        let talk = async {
            for _ in 0..10 {
                sleep(Duration::from_secs(25)).await;
                script.push(Reads::Bytes(frame_to(role, 0x81, b"still here")));
            }
            sleep(Duration::from_secs(29)).await;
        };
        let listen = async { while let Ok(Some(_)) = socket.recv().await {} };
        tokio::select! {
            () = listen => panic!("it has ended"),
            () = talk => {}
        }
        assert_eq!(script.written(), b"");
    }
}

/// A peer that does not answer the Close frame is left after the close deadline.
#[tokio::test(start_paused = true)]
async fn an_unanswered_close() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket_with(role, &script, |config| config.deadlines.close = Duration::from_secs(7));
        let begun = Instant::now();
        let closure = socket.close(CloseCode::NORMAL, "").await.unwrap();
        assert_eq!((closure.cause(), closure.is_clean()), (Cause::Deadline(Deadline::Close), false));
        assert_eq!(begun.elapsed().as_secs(), 7);
        let Err(Error::Closed(_)) = socket.recv().await else { panic!("no error") };
    }
}

/// Who was busy for longer than a deadline reads first what lies there.
#[tokio::test(start_paused = true)]
async fn a_busy_task() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket_with(role, &script, keepalive);
        assert!(waits(socket.recv()));
        advance(Duration::from_secs(31)).await;
        assert!(waits(socket.recv()), "a ping is sent");
        script.push(Reads::Bytes([frame_to(role, 0x8A, b""), frame_to(role, 0x81, b"alive")].concat()));
        advance(Duration::from_secs(1000)).await;
        assert_eq!(socket.recv().await.unwrap(), Some("alive".into()));
        assert!(waits(socket.recv()));
        assert_eq!(plain(&script.written()).len(), 1);
    }
}

/// Who only sends is not taken for dead by a connection that is kept from looking: a peer that sends is alive.
#[tokio::test(start_paused = true)]
async fn a_sender_that_does_not_listen() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket_with(role, &script, keepalive);
        let peer = async {
            for _ in 0..20 {
                sleep(Duration::from_secs(10)).await;
                script.push(Reads::Bytes(frame_to(role, 0x81, b"and I?")));
            }
            script.room(None);
        };
        let (sent, ()) = tokio::join!(socket.send("I talk"), peer);
        sent.unwrap();
        for _ in 0..20 {
            assert_eq!(socket.recv().await.unwrap(), Some("and I?".into()));
        }
    }
}

/// Deadlines so far away that no clock can tell them never come.
#[tokio::test(start_paused = true)]
async fn far_deadlines() {
    let [mut client, _server] = pair(1000, |config| {
        config.deadlines.ping = Some(Duration::MAX);
        config.deadlines.idle = Some(Duration::MAX);
    });
    assert!(waits(client.recv()));
}

/// The timer wakes the task that waits now, not the one that waited when it was set.
#[tokio::test(start_paused = true)]
async fn another_task_waits() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket_with(role, &script, keepalive);
        assert!(waits(socket.recv()));
        let task = tokio::spawn(async move { socket.recv().await });
        sleep(Duration::from_millis(30_100)).await;
        assert_eq!(script.written(), frame_from(role, 0x89, b""));
        task.abort();
    }
}

/// The clock advances although every wake-up brings bytes: pongs that nobody asked for are no messages.
#[tokio::test(start_paused = true)]
async fn a_peer_that_only_sends_pongs() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket_with(role, &script, |config| config.deadlines.idle = Some(Duration::from_secs(10)));
        let begun = Instant::now();
        let peer = async {
            loop {
                sleep(Duration::from_secs(1)).await;
                script.push(Reads::Bytes(frame_to(role, 0x8A, b"")));
            }
        };
        tokio::select! {
            ended = socket.recv() => {
                let Err(Error::Closed(closure)) = ended else { panic!("it has not ended") };
                assert_eq!(closure.cause(), Cause::Deadline(Deadline::Idle));
            }
            () = peer => {}
        }
        assert_eq!(begun.elapsed().as_secs(), 10 + 5);
    }
}
