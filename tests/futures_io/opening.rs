//! The opening handshake, and its deadline.

use crate::{
    common,
    kit::{Clock, streams},
};
use bowline::{
    Cause, Deadline, HandshakeError, Message,
    adapter::futures_io::{self as ws, AnyIncoming, Error},
    client::Request,
    server::Accept,
};
use bowline_test::Wire;
use futures_util::future::join;
use std::time::Duration;

fn request() -> Request {
    Request::from_uri("ws://localhost/chat").unwrap().protocol("chat").unwrap()
}

/// Both roles, with a subprotocol, also over a wire that hesitates and cuts.
#[test]
fn both_roles() {
    for is_slow in [false, true] {
        let clock = Clock::new();
        let [mut near, mut far] = streams(Wire::new().with(|faults| {
            if is_slow {
                (faults.capacity, faults.max_read, faults.max_write) = (16, 7, 5);
            }
        }));
        near.0.set_hesitant(is_slow);
        far.0.set_hesitant(is_slow);
        let accept = Accept::same_origin().protocols(["chat"]);
        let server = ws::accept(far, &accept, common::config(), clock.timer());
        let client = ws::client_handshake(near, request(), common::config(), clock.timer());
        let (server, client) = clock.run(join(server, client));
        let (mut server, (mut client, response)) = (server.unwrap(), client.unwrap());
        assert_eq!((server.protocol(), response.protocol()), (Some("chat"), Some("chat")));
        clock.run(join(async { client.send("Hello").await.unwrap() }, async {
            assert_eq!(server.recv().await.unwrap(), Some(Message::from("Hello")));
        }));
    }
}

/// A decision by the path, and one that waits.
#[test]
fn decisions() {
    let clock = Clock::new();
    for (is_late, allowed) in [(false, true), (false, false), (true, true), (true, false)] {
        let [near, far] = streams(Wire::new());
        let accept = Accept::same_origin().protocols(["chat"]);
        let serve = async {
            if is_late {
                let incoming = ws::receive_request(far, common::config(), clock.timer()).await.unwrap();
                clock.sleep(Duration::from_secs(100)).await;
                if allowed {
                    return incoming.accept(&accept).await.map(drop);
                }
                incoming.refuse(403, "no").await;
                return Ok(());
            }
            let served = ws::accept_with(far, common::config(), clock.timer(), |request| match request.path() {
                "/chat" if allowed => request.accept(&accept),
                _ => Err(request.refuse(403, "no")),
            });
            served.await.map(drop)
        };
        let config = common::config().with(|config| config.deadlines.handshake = None);
        let (served, client) = clock.run(join(serve, ws::client_handshake(near, request(), config, clock.timer())));
        match client {
            Ok(_) => assert!(allowed && served.is_ok()),
            Err(Error::Handshake { error: HandshakeError::Status(403), response: Some(response) }) => {
                assert!(!allowed);
                assert_eq!(response.body(), b"no");
                assert!(is_late || matches!(served, Err(Error::Refused(403))));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A plain request gets its answer.
#[test]
fn a_health_check() {
    let clock = Clock::new();
    let [near, far] = streams(Wire::new());
    let wire = near.wire();
    wire.with(|wire| wire.write(bowline::Role::Client, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")).unwrap();
    clock.run(async {
        let AnyIncoming::Http(incoming) = ws::receive_any_request(far, common::config(), clock.timer()).await.unwrap()
        else {
            panic!("it does not ask for WebSocket")
        };
        incoming.respond(|request| request.respond(200, "ok\n")).await;
    });
    let answer = wire.with(|wire| wire.peek(bowline::Role::Server));
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(b"\r\n\r\nok\n"));
}

/// A peer that is silent is left at the handshake deadline, not earlier and not later, by both roles. So it is if the timer is
/// ready a little too early.
#[test]
fn silence() {
    for early in [0, 1].map(Duration::from_millis) {
        for is_client in [false, true] {
            let clock = Clock::new();
            let [near, far] = streams(Wire::new());
            let (config, timer) = (common::config(), clock.timer().early(early));
            let error = clock.run(async {
                if is_client {
                    ws::client_handshake(near, request(), config, timer).await.map(drop)
                } else {
                    ws::accept(far, &Accept::same_origin(), config, timer).await.map(drop)
                }
            });
            assert!(matches!(error, Err(Error::Handshake { error: HandshakeError::Deadline { .. }, .. })), "{error:?}");
            // A server that refuses waits another second for the client to close.
            let seconds = if is_client { 10.0 } else { 11.0 };
            let elapsed = clock.elapsed().as_secs_f64();
            assert!((seconds..seconds + 0.01).contains(&elapsed), "{elapsed} s, {early:?} early");
        }
    }
}

/// The deadlines of the connection count from the end of the handshake, and its timer is the same.
#[test]
fn the_clock_starts_anew() {
    let clock = Clock::new();
    let [near, far] = streams(Wire::new());
    let config = common::config().with(|config| {
        config.deadlines.ping = Some(Duration::from_secs(30));
        config.deadlines.pong = Some(Duration::from_secs(20));
    });
    let client = async {
        clock.sleep(Duration::from_secs(7)).await;
        ws::client_handshake(near, request(), common::config(), clock.timer()).await
    };
    let accept = Accept::same_origin();
    let (server, client) = clock.run(join(ws::accept(far, &accept, config, clock.timer()), client));
    assert_eq!(clock.elapsed(), Duration::from_secs(7));
    let (mut server, _client) = (server.unwrap(), client.unwrap());
    let Err(Error::Closed(closure)) = clock.run(server.recv()) else { panic!("it has not ended") };
    assert_eq!(closure.cause(), Cause::Deadline(Deadline::Pong));
    assert_eq!(clock.elapsed(), Duration::from_secs(7 + 30 + 20 + 5));
}
