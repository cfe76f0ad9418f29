//! Deadlines, on the clock of the caller.

use crate::{
    common::{ROLES, frame_from},
    kit::{Clock, over, pair, streams},
};
use bowline::{Cause, CloseCode, Config, Deadline, Role, adapter::futures_io::Error};
use bowline_test::Wire;
use futures_util::future::{Either, join, select};
use std::{pin::pin, time::Duration};

fn keepalive(config: &mut Config) {
    config.deadlines.ping = Some(Duration::from_secs(30));
    config.deadlines.pong = Some(Duration::from_secs(20));
}

/// Silence: a ping after 30 s, the Close frame 20 s later, the end after 5 s more. So it is if the timer is ready a
/// little too early.
#[test]
fn silence() {
    for early in [0, 1].map(Duration::from_millis) {
        for role in ROLES {
            let clock = Clock::new();
            let [client, server] = streams(Wire::new());
            let [near, far] = if role == Role::Client { [client, server] } else { [server, client] };
            let wire = far.wire();
            let mut socket = over(&clock, near, role, keepalive);
            let written = || wire.with_silently(|wire| wire.peek(role));
            let watch = async {
                clock.sleep(Duration::from_millis(29_999)).await;
                assert_eq!(written(), b"");
                clock.sleep(Duration::from_millis(2)).await;
                assert_eq!(written(), frame_from(role, 0x89, b""));
                clock.sleep(Duration::from_millis(19_998)).await;
                assert_eq!(written(), frame_from(role, 0x89, b""));
                clock.sleep(Duration::from_millis(2)).await;
                assert!(written().len() > frame_from(role, 0x89, b"").len(), "the Close frame");
            };
            let (ended, ()) = clock.run(join(socket.recv(), watch));
            let Err(Error::Closed(closure)) = ended else { panic!("it has not ended") };
            assert_eq!(closure.cause(), Cause::Deadline(Deadline::Pong));
            assert_eq!(clock.elapsed(), Duration::from_secs(30 + 20 + 5), "{early:?} early");
        }
    }
}

/// Two ends that have nothing to say keep each other alive, while they wait.
#[test]
fn two_silent_ends() {
    let clock = Clock::new();
    let [mut client, mut server] = pair(&clock, Wire::new(), keepalive);
    clock.run(async {
        let both = pin!(join(client.recv(), server.recv()));
        let Either::Right(_) = select(both, pin!(clock.sleep(Duration::from_secs(10_000)))).await else {
            panic!("it has ended")
        };
    });
    let (closed, received) = clock.run(join(server.close(CloseCode::NORMAL, ""), client.recv()));
    assert!(closed.unwrap().is_clean());
    assert_eq!(received.unwrap(), None);
}

/// A peer that does not answer the Close frame is left after the close deadline, also by a half.
#[test]
fn an_unanswered_close() {
    for splits in [false, true] {
        let clock = Clock::new();
        let [near, _far] = streams(Wire::new());
        let mut socket = over(&clock, near, Role::Client, keepalive);
        let closure = if splits {
            let (mut receiver, mut sender) = socket.split();
            let close = async {
                clock.sleep(Duration::from_secs(1)).await;
                sender.close(CloseCode::NORMAL, "").await
            };
            let (received, closed) = clock.run(join(receiver.recv(), close));
            assert!(received.is_err());
            closed.unwrap();
            receiver.closure().unwrap()
        } else {
            clock.advance(Duration::from_secs(1));
            clock.run(socket.close(CloseCode::NORMAL, "")).unwrap()
        };
        assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
        assert_eq!(clock.elapsed(), Duration::from_secs(6));
    }
}

/// Messages do not set the timer: it is set for the first deadline, and when it has expired.
#[test]
fn the_timer_is_rarely_set() {
    let clock = Clock::new();
    let [mut client, mut server] = pair(&clock, Wire::new(), keepalive);
    let before = clock.resets();
    clock.run(async {
        for i in 0..1000 {
            clock.advance(Duration::from_millis(1));
            let (sent, received) = join(client.send(format!("{i}")), server.recv()).await;
            sent.unwrap();
            assert!(received.unwrap().is_some());
        }
    });
    assert!(clock.resets() - before <= 4, "{} times", clock.resets() - before);
}
