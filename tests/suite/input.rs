//! `Input`, and events without any: `Connection::poll_event`.

use crate::{
    common::{ROLES, close_to, connection, connection_with, frame_to, receive},
    peer::{BINARY, FIN, PING, TEXT, short_header},
};
use bowline::{Connection, Delivery, Event, Input, Role, State, Timestamp, client};
use bytes::Buf;
use std::time::Duration;

/// It is made from a slice, an array or a vector, and says how much is left.
#[test]
fn what_it_is_made_of() {
    let (mut slice, mut array, mut vec) = (*b"abc", *b"abc", b"abc".to_vec());
    for input in [Input::from(&mut slice[..]), Input::from(&mut array), Input::from(&mut vec)] {
        assert_eq!((input.len(), input.is_empty(), input.remaining()), (3, false, &b"abc"[..]));
    }
    for input in [Input::default(), Input::from(&mut [0; 0]), Input::from(&mut Vec::new())] {
        assert_eq!((input.len(), input.is_empty(), input.remaining()), (0, true, &b""[..]));
    }
}

/// There may be secrets in it.
#[test]
fn debug_does_not_show_the_bytes() {
    let text = format!("{:?}", Input::from(&mut b"secret".to_vec()));
    assert_eq!(text, "Input { len: 6, .. }");
}

/// Each call takes what it needs off the front, event by event; the rest is still to be received.
#[test]
fn taken_off_the_front() {
    for role in ROLES {
        let frames = [frame_to(role, TEXT, b"one"), frame_to(role, PING, b""), frame_to(role, BINARY, b"two")];
        let half = &frame_to(role, TEXT, b"three")[..4];
        let mut read = [&frames.concat()[..], half].concat();
        let mut connection = connection(role);
        let mut input = Input::from(&mut read);
        let mut left = input.len();
        for frame in frames {
            assert!(connection.receive(&mut input).is_some());
            left -= frame.len();
            assert_eq!(input.len(), left);
        }
        assert_eq!(input.remaining(), half);
        assert_eq!(connection.receive(&mut input), None);
        assert!(input.is_empty(), "an incomplete frame is kept in the connection");
    }
}

/// Payloads are borrowed from the buffer, not from the `Input`: they may be kept for longer than it, and lie where they were read.
#[test]
fn events_outlive_it() {
    for role in ROLES {
        let mut read = [frame_to(role, TEXT, b"one"), frame_to(role, BINARY, b"two")].concat();
        let range = read.as_ptr_range();
        let mut connection = connection(role);
        let events: Vec<Event<'_>> = {
            let mut input = Input::from(&mut read);
            std::iter::from_fn(|| connection.receive(&mut input)).collect()
        };
        let [Event::Text(text), Event::Binary(data)] = &events[..] else { panic!("{events:?}") };
        assert!(text.is_borrowed() && range.contains(&text.as_ptr()));
        assert!(data.is_borrowed() && range.contains(&data.as_ptr()));
        assert_eq!((text, data), (&"one".into(), &b"two".to_vec().into()));
    }
}

/// [O-29] After the last event all of it is discarded.
#[test]
fn discarded_after_the_end() {
    for role in ROLES {
        for last in [close_to(role, 1000, ""), frame_to(role, 0x83, b"")] {
            let mut read = [last, frame_to(role, TEXT, b"more")].concat();
            let mut connection = connection(role);
            let mut input = Input::from(&mut read);
            assert!(connection.receive(&mut input).is_some());
            assert_eq!(connection.receive(&mut input), None);
            assert!(input.is_empty());
        }
    }
}

/// What follows an opening handshake stays in it, for the connection.
#[test]
fn what_follows_a_handshake_remains() {
    let request = client::Request::from_uri("ws://example.com/").unwrap();
    let mut handshake = client::Handshake::new(request, crate::common::config());
    let len = handshake.output().remaining();
    let mut request = handshake.output().copy_to_bytes(len).to_vec();
    let mut server = bowline::server::Handshake::new(crate::common::config());
    let bowline::server::Progress::Request(request) = server.receive(&mut Input::from(&mut request)) else {
        panic!("refused")
    };
    let mut server = request.accept(&bowline::server::Accept::any_origin()).unwrap();
    server.send_text("at once").unwrap();
    let mut read = crate::common::written(&mut server);
    let mut input = Input::from(&mut read);
    let client::Progress::Connected(mut client, _) = handshake.receive(&mut input) else { panic!("refused") };
    assert_eq!(input.remaining(), frame_to(Role::Client, TEXT, b"at once"));
    assert_eq!(client.receive(&mut input), Some(Event::Text("at once".into())));
}

/// Without a direct read there is nothing to poll, and polling changes nothing: at first, in the middle of a header or a payload,
/// between fragments, after a message, and after the end.
#[test]
fn nothing_to_poll() {
    type Poll = fn(&mut Connection);
    let never: Poll = |_| {};
    let always: Poll = |connection| {
        for _ in 0..3 {
            assert_eq!(connection.poll_event(), None);
        }
    };
    for role in ROLES {
        for delivery in [Delivery::Messages, Delivery::Chunks] {
            let bytes = [
                frame_to(role, TEXT & !FIN, "Grü".as_bytes()),
                frame_to(role, PING, b"ping"),
                frame_to(role, FIN, "ße".as_bytes()),
                frame_to(role, BINARY, &[7; 200]),
                close_to(role, 1000, "bye"),
                frame_to(role, TEXT, b"too late"),
            ]
            .concat();
            let received = [never, always].map(|poll| {
                let mut connection = connection_with(role, |config| config.delivery = delivery);
                poll(&mut connection);
                let mut events = Vec::new();
                for byte in bytes.chunks(1) {
                    events.extend(receive(&mut connection, byte));
                    poll(&mut connection);
                }
                connection.receive_eof();
                poll(&mut connection);
                (events, connection.closure().cloned(), crate::common::written(&mut connection))
            });
            assert_eq!(received[0], received[1]);
        }
    }
}

/// [O-27] Polling is no sign of life: a peer that stops in the middle of a message is idle.
#[test]
fn polling_does_not_put_the_idle_deadline_off() {
    for role in ROLES {
        let frame = frame_to(role, BINARY, &[7; 100]);
        for received in [1, short_header(role), short_header(role) + 50] {
            let mut connection = connection_with(role, |config| config.deadlines.idle = Some(Duration::from_secs(60)));
            receive(&mut connection, &frame[..received]);
            for second in (0..=90).step_by(10) {
                assert_eq!(connection.poll_event(), None);
                let _ = connection.tick(Timestamp::since_origin(Duration::from_secs(second)));
            }
            assert_ne!(connection.state(), State::Open, "{role:?}, {received} bytes received");
        }
    }
}
