//! Events beside messages: pings, pongs and the Close frame.

use crate::{
    common::{ROLES, close_to, frame_from, frame_to},
    kit::{Reads, Script, data, pair, poll_times, socket, socket_with, waits},
    wire::plain,
};
use bowline::{Cause, CloseCode, CloseFrame, Delivery, Event, Message, SendError, Violation, adapter::tokio::Error};
use bowline_test::Call;

/// Everything that the peer sends, in order, and then the end.
#[tokio::test(start_paused = true)]
async fn every_event() {
    for role in ROLES {
        for split in [false, true] {
            let read = [
                frame_to(role, 0x81, b"text"),
                frame_to(role, 0x89, b"ping"),
                frame_to(role, 0x8A, b"pong"),
                frame_to(role, 0x82, &[1, 2, 3]),
                close_to(role, 1000, "bye"),
            ];
            let script = Script::new([Reads::Bytes(read.concat()), Reads::End]);
            let mut socket = socket(role, &script);
            let expected = [
                Event::Text("text".into()),
                Event::Ping(b"ping".to_vec().into()),
                Event::Pong(b"pong".to_vec().into()),
                Event::Binary(vec![1, 2, 3].into()),
                Event::Close(Some(CloseFrame { code: CloseCode::NORMAL, reason: "bye".into() })),
            ];
            if split {
                let (mut receiver, _sender) = socket.split();
                for event in expected {
                    assert_eq!(receiver.next_event().await.unwrap(), Some(event));
                }
                assert_eq!(receiver.next_event().await.unwrap(), None);
            } else {
                for event in expected {
                    assert_eq!(socket.next_event().await.unwrap(), Some(event));
                }
                assert_eq!(script.count(Call::Write), 0, "the answers wait for the call that waits");
                assert_eq!(socket.next_event().await.unwrap(), None);
                assert_eq!(socket.next_event().await.unwrap(), None, "and again");
            }
            let written = plain(&script.written());
            assert_eq!((written[0].clone(), written[1].0), ((0x8A, b"ping".to_vec()), 0x88));
        }
    }
}

/// Large messages, those that span reads, and chunks.
#[tokio::test(start_paused = true)]
async fn events_of_all_sizes() {
    for role in ROLES {
        let Message::Binary(payload) = data(100_000, 1) else { panic!() };
        let script = Script::new([Reads::Bytes(frame_to(role, 0x82, &payload))]);
        let mut socket = socket(role, &script);
        assert!(socket.next_event().await.unwrap() == Some(Event::Binary(payload.to_vec().into())));

        let script = Script::new([Reads::Bytes(frame_to(role, 0x82, &payload))]);
        let mut socket = socket_with(role, &script, |config| config.delivery = Delivery::Chunks);
        let mut received = Vec::new();
        loop {
            let Some(Event::BinaryChunk { data, last }) = socket.next_event().await.unwrap() else { panic!() };
            received.extend_from_slice(&data);
            if last {
                break;
            }
        }
        assert!(received == payload);
    }
}

/// A violation is not an event, but the error at the end; `recv` and `next_event` can be mixed.
#[tokio::test(start_paused = true)]
async fn a_violation_is_the_error() {
    for role in ROLES {
        let read = [frame_to(role, 0x89, b"a"), frame_to(role, 0x81, b"b"), frame_to(role, 0x83, b"")].concat();
        let script = Script::new([Reads::Bytes(read), Reads::End]);
        let mut socket = socket(role, &script);
        assert!(matches!(socket.next_event().await.unwrap(), Some(Event::Ping(_))));
        assert_eq!(socket.recv().await.unwrap(), Some("b".into()));
        let Err(Error::Closed(closure)) = socket.next_event().await else { panic!("no error") };
        let Cause::Protocol(error) = closure.cause() else { panic!("{closure}") };
        assert_eq!(error.violation(), Violation::ReservedOpcode(3));
    }
}

/// An event that was waited for in a future that was dropped is there for the next call.
#[tokio::test(start_paused = true)]
async fn cancelled() {
    for role in ROLES {
        let bytes = [frame_to(role, 0x89, b"ping"), frame_to(role, 0x81, b"text")].concat();
        let script = Script::new([]);
        let mut socket = socket(role, &script);
        let mut events = Vec::new();
        for byte in bytes {
            script.push(Reads::Bytes(vec![byte]));
            events.extend(poll_times(1, socket.next_event()).map(|event| event.unwrap().unwrap()));
        }
        assert_eq!(events, [Event::Ping(b"ping".to_vec().into()), Event::Text("text".into())]);
    }
}

/// A ping there, a pong back, on a whole connection and on its halves.
#[tokio::test(start_paused = true)]
async fn pings() {
    let [mut client, mut server] = pair(1000, |_| {});
    let serves = tokio::spawn(async move { server.recv().await });
    client.ping(b"one").await.unwrap();
    assert_eq!(client.next_event().await.unwrap(), Some(Event::Pong(b"one".to_vec().into())));
    let (mut receiver, mut sender) = client.split();
    sender.ping(b"two").await.unwrap();
    assert_eq!(receiver.next_event().await.unwrap(), Some(Event::Pong(b"two".to_vec().into())));
    assert!(receiver.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
    assert_eq!(serves.await.unwrap().unwrap(), None);
}

/// `ping` writes at once; one that is too long is not sent, and one with a backlog before it waits.
#[tokio::test(start_paused = true)]
async fn a_ping_is_written() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket(role, &script);
        socket.ping(b"now").await.unwrap();
        assert_eq!(script.written(), frame_from(role, 0x89, b"now"));
        let refused = socket.ping(&[0; 126]).await;
        assert!(matches!(refused, Err(Error::Send(SendError::ControlTooLong(126)))));
        script.room(Some(0));
        assert!(waits(socket.send(vec![7; 70_000])));
        let queued = socket.buffered_amount();
        assert!(waits(socket.ping(b"later")));
        assert_eq!(socket.buffered_amount(), queued);
        let (_receiver, mut sender) = socket.split();
        assert!(waits(sender.ping(b"later")));
        script.room(None);
        sender.ping(b"later").await.unwrap();
        assert!(script.written().ends_with(&frame_from(role, 0x89, b"later")));
    }
}
