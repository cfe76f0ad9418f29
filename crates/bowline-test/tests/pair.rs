//! Two connections on a wire: driven as by an adapter.

use bowline::{
    Cause, CloseCode, Config, Deadline, Endpoint, Event, Interrupted, Role, State, adapter::blocking::WebSocket,
};
use bowline_test::{Call, Cut, Frame, Pair, Wire, blocking::stream_pair, config};
use std::{thread, time::Duration};

const ROLES: [Role; 2] = [Role::Client, Role::Server];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn keepalive(config: &mut Config) {
    config.deadlines.ping = Some(seconds(30));
    config.deadlines.pong = Some(seconds(20));
}

/// A closing handshake, begun by either end, over every kind of wire.
#[test]
fn a_clean_close() {
    for role in ROLES {
        for cut in [1, 2, usize::MAX] {
            for latency in [0, 10] {
                let mut pair = Pair::new();
                for role in ROLES {
                    let faults = pair.faults_from(role);
                    (faults.max_read, faults.max_write, faults.capacity) = (cut, cut, 10);
                    faults.latency = Duration::from_millis(latency);
                }
                let (begins, _) = pair.ends(role);
                begins.connection.send_text("a text that is longer than the wire").unwrap();
                begins.connection.close(CloseCode::GOING_AWAY, "bye").unwrap();
                pair.advance(seconds(1));
                let (begins, answers) = pair.ends(role);
                assert_eq!(answers.take_events().len(), 2);
                assert_eq!(begins.take_events().len(), 1);
                for (end, by) in [(begins, Endpoint::Local), (answers, Endpoint::Remote)] {
                    let closure = end.connection.closure().unwrap();
                    assert!(closure.is_normal() && closure.begun_by() == by, "{closure}");
                    assert!(end.connection.is_closed());
                }
                for role in ROLES {
                    assert_eq!(pair.wire().count(role, Call::Shutdown), 1, "each half is ended, and once");
                }
            }
        }
    }
}

/// Time passes from event to event, so that the deadlines of an hour are met exactly.
#[test]
fn an_hour_of_keepalive() {
    let mut pair = Pair::with(config().with(keepalive));
    pair.faults_from(Role::Client).latency = Duration::from_millis(70);
    pair.advance(seconds(3600));
    assert_eq!(pair.now(), seconds(3600));
    for end in [&pair.client, &pair.server] {
        assert_eq!(end.connection.state(), State::Open);
        assert!(end.events.len() >= 110, "{}", end.events.len());
    }
}

/// A cable that is pulled out: each end sends a ping, waits, sends a Close frame that nobody gets, and waits.
#[test]
fn a_frozen_wire() {
    let mut pair = Pair::with(config().with(keepalive));
    for role in ROLES {
        pair.faults_from(role).is_frozen = true;
    }
    assert!(!pair.advance_until(seconds(54), |pair| pair.client.connection.is_closed()));
    for end in [&pair.client, &pair.server] {
        assert_eq!(end.connection.state(), State::Closing);
        assert_eq!(end.connection.closure(), None);
    }
    assert!(pair.advance_until(seconds(10), |pair| pair.client.connection.is_closed()));
    assert_eq!(pair.now().as_secs(), 30 + 20 + 5);
    for end in [&pair.client, &pair.server] {
        assert_eq!(end.connection.closure().unwrap().cause(), Cause::Deadline(Deadline::Pong));
    }
}

/// A stream that is cut off or reset, in the middle of a frame.
#[test]
fn lost_connections() {
    for role in ROLES {
        for (cut, cause) in
            [(Cut::EndOfStream(3), Cause::EndOfStream(Interrupted::Frame)), (Cut::Reset(3), Cause::Transport)]
        {
            let mut pair = Pair::new();
            pair.faults_from(role.peer()).cut = Some(cut);
            pair.ends(role.peer()).0.connection.send_text("Hello").unwrap();
            pair.run();
            let closure = pair.ends(role).0.connection.closure().unwrap();
            assert_eq!((closure.cause(), closure.code()), (cause, CloseCode::ABNORMAL));
            // The other end learns of it, too, since the first one closes its stream.
            assert!(pair.ends(role.peer()).0.connection.is_closed());
        }
    }
}

/// One bit is wrong.
#[test]
fn a_corrupt_byte() {
    let mut pair = Pair::new();
    pair.faults_from(Role::Server).corrupt.insert(0, 0x40);
    pair.server.connection.send_text("Hello").unwrap();
    pair.run();
    assert!(
        matches!(pair.client.events[..], [Event::Failed(error)] if error.position() == 0),
        "{:?}",
        pair.client.events
    );
}

/// Writing fails, but the reason arrives.
#[test]
fn a_write_that_fails() {
    let mut pair = Pair::new();
    pair.faults_from(Role::Client).write_error = Some(std::io::ErrorKind::BrokenPipe);
    pair.client.connection.send_text("nobody gets this").unwrap();
    pair.server.connection.close(CloseCode::TRY_AGAIN_LATER, "busy").unwrap();
    pair.run();
    assert_eq!((pair.client.connection.buffered_amount(), pair.client.events.len()), (0, 1));
    pair.advance(seconds(5));
    let closure = pair.client.connection.closure().unwrap();
    assert_eq!((closure.code(), closure.is_clean()), (CloseCode::TRY_AGAIN_LATER, false));
    assert!(pair.server.connection.is_closed());
}

/// An end that is over closes its stream, as a program does: who writes to it fails.
#[test]
fn an_end_that_is_closed() {
    let server = bowline::Connection::new(Role::Server, config().with(|config| config.deadlines.ping = None));
    let mut pair = Pair::join(bowline::Connection::new(Role::Client, config().with(keepalive)), server);
    for role in ROLES {
        pair.faults_from(role).is_frozen = true;
    }
    assert!(pair.advance_until(seconds(60), |pair| pair.client.connection.is_closed()));
    assert_eq!(pair.server.connection.state(), State::Open);
    pair.server.connection.send_text("Hello?").unwrap();
    pair.run();
    assert_eq!(pair.server.connection.state(), State::Closing);
}

/// Bytes that neither connection has written, in order with those that it has.
#[test]
fn injected_bytes() {
    for role in ROLES {
        let mut pair = Pair::new();
        let (from, _) = pair.ends(role.peer());
        from.connection.send_text("before").unwrap();
        pair.inject(role.peer(), &Frame::text("injected").sent_by(role.peer()).encode());
        pair.ends(role.peer()).0.connection.send_text("after").unwrap();
        pair.run();
        let texts = ["before", "injected", "after"].map(|text| Event::Text(text.into()));
        assert_eq!(pair.ends(role).0.events, texts);
    }
}

/// The same conversation as over the blocking adapter, which is another driver: the same events, and the same closures.
#[test]
fn the_same_as_an_adapter() {
    let texts = ["", "one", "zwei Grüße", &"long ".repeat(100_000)];
    let mut pair = Pair::new();
    for text in texts {
        pair.client.connection.send_text(text).unwrap();
        pair.run();
        for event in pair.server.take_events() {
            let Event::Text(text) = event else { panic!("{event:?}") };
            pair.server.connection.send_text(&text).unwrap();
        }
        pair.run();
    }
    pair.client.connection.close(CloseCode::NORMAL, "bye").unwrap();
    pair.run();

    let (near, far) = stream_pair(Wire::new().with(|faults| faults.capacity = 10_000));
    let server = thread::spawn(move || {
        let mut socket = WebSocket::new(far, bowline::Connection::new(Role::Server, config()));
        while let Some(message) = socket.recv().unwrap() {
            socket.send(message).unwrap();
        }
        socket.closure().cloned()
    });
    let mut client = WebSocket::new(near, bowline::Connection::new(Role::Client, config()));
    for text in texts {
        client.send(text).unwrap();
        assert_eq!(client.recv().unwrap(), Some(text.into()));
    }
    let closure = client.close(CloseCode::NORMAL, "bye").unwrap();
    let events = pair.client.take_events();
    assert_eq!(events[..4], texts.map(|text| Event::Text(text.into())));
    assert_eq!(pair.client.connection.closure(), Some(&closure));
    assert_eq!(pair.server.connection.closure(), server.join().unwrap().as_ref());
}

/// The opening handshake negotiates, and can fail.
#[test]
fn an_opening_handshake() {
    use bowline::{HandshakeError, client::Request, server::Accept};
    let request = Request::from_uri("ws://localhost/").unwrap().origin("https://elsewhere.example").unwrap();
    let error = Pair::open(request, &Accept::same_origin(), config(), config()).unwrap_err();
    assert!(matches!(error, HandshakeError::Status { .. }), "{error:?}");
}

/// A read, a write, and nothing else: between two calls, an end can be looked at.
#[test]
fn single_steps() {
    let mut pair = Pair::new();
    assert!(!pair.write(Role::Client) && !pair.read(Role::Server));
    pair.client.connection.send_text("Hello").unwrap();
    assert!(pair.write(Role::Client));
    assert_eq!(pair.wire().peek(Role::Client), Frame::text("Hello").sent_by(Role::Client).encode());
    assert!(pair.server.events.is_empty());
    assert!(pair.read(Role::Server) && !pair.read(Role::Server));
    assert_eq!(pair.server.events.len(), 1);
    assert_eq!(pair.server.due(), None, "it was not called with the time");
    pair.run();
    assert_eq!(pair.server.due(), Some(seconds(30)));
    assert_eq!(pair.next_due(), Some(seconds(1)), "memory to be given back");
}
