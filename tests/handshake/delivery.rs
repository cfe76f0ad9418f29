//! A refusal as a connection that only delivers it.

use crate::kit::{Head, config, output, request, serve, text};
use bowline::{
    Config, Connection, Input, State, Timestamp,
    server::{Handshake, Progress, Refusal},
};
use std::{sync::Arc, time::Duration};

fn at(millis: u64) -> Timestamp {
    Timestamp::since_origin(Duration::from_millis(millis))
}

fn refusal() -> Refusal {
    request(Head::request()).refuse(403, "no")
}

/// [F-23] Refusals of each kind are delivered byte by byte as they are; then the stream is shut, and the client's end awaited.
#[test]
fn the_answer_goes_out() {
    let plain = || {
        let mut bytes = Head::request().without("Upgrade").bytes();
        match Handshake::new(config()).receive(&mut Input::from(&mut bytes)) {
            Progress::NotWebSocket(request) => request,
            other => panic!("{other:?}"),
        }
    };
    let kinds: [&dyn Fn() -> Refusal; 4] =
        [&refusal, &|| serve(Head::request().without("Host")).unwrap_err(), &|| plain().respond(200, "ok"), &|| {
            plain().into_refusal()
        }];
    for refusal in kinds {
        let mut connection = refusal().into_connection();
        assert!(!connection.should_shutdown() && !connection.is_closed());
        assert_eq!(output(&mut connection), text(refusal()));
        assert!(connection.should_shutdown() && !connection.is_closed());
        assert_eq!((connection.state(), connection.closure()), (State::Closing, None));
        connection.receive_eof();
        assert!(connection.is_closed());
        assert_eq!((connection.state(), connection.closure()), (State::Closed, None));
    }
}

/// Nothing is received, and nothing else can be sent.
#[test]
fn nothing_else() {
    let mut connection = refusal().into_connection();
    let mut bytes = *b"\x89\x80\0\0\0\0\x81\x05Hello";
    let mut input = Input::from(&mut bytes);
    assert_eq!((connection.receive(&mut input), input.len()), (None, 0));
    assert!(connection.send_text("Hello").is_err());
    assert!(connection.close(bowline::CloseCode::NORMAL, "").is_ok());
    assert_eq!(output(&mut connection), text(refusal()));
}

/// A client that does not end its stream has a second, or less if less is configured for closing.
#[test]
fn deadline() {
    let with = |close: Duration| {
        let mut config = Config::clone(&config());
        config.deadlines.close = close;
        let config = Arc::new(config);
        let mut bytes = Head::request().bytes();
        let progress = Handshake::new(Arc::clone(&config)).receive(&mut Input::from(&mut bytes));
        let Progress::Request(request) = progress else { panic!("{progress:?}") };
        let connection = request.refuse(403, "no").into_connection();
        assert_eq!(config.deadlines.close, close, "that of other connections is as it was");
        connection
    };
    let in_a_second = |connection: &mut Connection| {
        for (millis, wait) in [(5_000, Some(1_000)), (5_400, Some(600)), (5_999, Some(1)), (6_000, None)] {
            assert_eq!(connection.tick(at(millis)), wait.map(Duration::from_millis));
        }
        assert!(connection.is_closed());
    };
    let mut unread = with(Duration::from_secs(5));
    in_a_second(&mut unread);
    assert_eq!(output(&mut unread), "", "what nobody takes is dropped");
    let mut read = with(Duration::from_secs(5));
    assert!(output(&mut read).starts_with("HTTP/1.1 403 "));
    in_a_second(&mut read);
    assert_eq!(read.closure(), None);

    let mut short = with(Duration::from_millis(100));
    assert_eq!(short.tick(at(0)), Some(Duration::from_millis(100)));
    assert_eq!((short.tick(at(100)), short.is_closed()), (None, true));
}

/// A transport that fails ends it at once.
#[test]
fn a_failed_transport() {
    let mut connection = refusal().into_connection();
    connection.transport_failed();
    assert!(connection.is_closed());
    assert_eq!((output(&mut connection), connection.closure()), (String::new(), None));
}
