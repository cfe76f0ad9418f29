//! The results of `read`, `write`, `flush` and `close` in each phase of a connection.

use super::{
    OURS,
    scripted::{Scripted, masked},
    tungstenite::{
        Error, Message,
        error::ProtocolError,
        protocol::{CloseFrame, Role, WebSocket, frame::coding::CloseCode},
    },
};
use std::io::ErrorKind;

fn close(code: CloseCode, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}

fn kind(error: Error) -> ErrorKind {
    match error {
        Error::Io(error) => error.kind(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn messages_and_control_frames_are_returned_in_order() {
    let mut socket = Scripted::default()
        .read(b"\x89\x02\x01\x02\x8a\x01\x03\x01\x07Hello, \x80\x06World!")
        .read(b"\x82\x03\x01\x02\x03")
        .client();
    assert_eq!(socket.read().unwrap(), Message::Ping(vec![1, 2].into()));
    assert_eq!(socket.read().unwrap(), Message::Pong(vec![3].into()));
    assert_eq!(socket.read().unwrap(), Message::Text("Hello, World!".into()));
    assert_eq!(socket.read().unwrap(), Message::Binary(vec![1, 2, 3].into()));
}

#[test]
fn a_ping_is_answered_by_the_next_call() {
    for call in ["read", "write", "flush"] {
        let mut socket = Scripted::default().read(&masked(0x89, b"hi")).fails(ErrorKind::WouldBlock).server();
        assert_eq!(socket.read().unwrap(), Message::Ping("hi".into()));
        assert!(socket.get_ref().written.is_empty(), "not before the next call");
        match call {
            "read" => assert_eq!(kind(socket.read().unwrap_err()), ErrorKind::WouldBlock),
            "write" => socket.write(Message::text("x")).unwrap(),
            _ => socket.flush().unwrap(),
        }
        let stream = socket.get_mut();
        assert_eq!(stream.flushed, stream.written.len(), "{call} flushes");
        let written = stream.take_written();
        assert!(written.windows(4).any(|bytes| bytes == b"\x8a\x02hi"), "{call} answers");
    }
}

#[test]
fn a_server_that_is_closed_by_its_client() {
    let mut socket = Scripted::default().read(&masked(0x88, b"\x03\xe8bye")).server();
    assert_eq!(socket.read().unwrap(), close(CloseCode::Normal, "bye"));
    assert!(!socket.can_read() && !socket.can_write());
    // The answer leaves at once, for programs that stop here. It has the code, and not the reason, which was the peer's.
    let answer: &[u8] = if OURS { b"\x88\x02\x03\xe8" } else { b"\x88\x05\x03\xe8bye" };
    assert_eq!(socket.get_ref().written == answer, OURS);
    assert!(matches!(socket.write(Message::text("x")), Err(Error::Protocol(ProtocolError::SendAfterClosing))));
    assert!(matches!(socket.read(), Err(Error::ConnectionClosed)));
    assert_eq!(socket.get_ref().written, answer);
    assert!(matches!(socket.read(), Err(Error::AlreadyClosed)));
    assert!(matches!(socket.write(Message::text("x")), Err(Error::AlreadyClosed)));
}

#[test]
fn a_server_that_flushes_instead_of_reading_on() {
    let mut socket = Scripted::default().read(&masked(0x88, b"\x03\xe8")).server();
    socket.read().unwrap();
    assert!(matches!(socket.flush(), Err(Error::ConnectionClosed)));
    assert_eq!(socket.get_ref().written, b"\x88\x02\x03\xe8");
    assert_eq!(socket.get_ref().flushed == 4, OURS, "the original does not flush the answer");
    assert!(matches!(socket.read(), Err(Error::AlreadyClosed)));
}

#[test]
fn a_client_that_is_closed_by_its_server() {
    let mut socket = Scripted::default().read(b"\x88\x02\x03\xe9").client();
    assert_eq!(socket.read().unwrap(), close(CloseCode::Away, ""));
    assert!(!socket.can_read() && !socket.can_write());
    socket.close(None).unwrap(); // does nothing but flush
    assert!(matches!(socket.read(), Err(Error::ConnectionClosed)), "when the server has ended the stream");
    assert!(matches!(socket.read(), Err(Error::AlreadyClosed)));
    let written = &socket.get_ref().written;
    assert_eq!((written.len(), written[0]), (8, 0x88), "one answer");
}

#[test]
fn a_close_frame_without_a_code() {
    let mut socket = Scripted::default().read(&masked(0x88, b"")).server();
    assert_eq!(socket.read().unwrap(), Message::Close(None));
    assert!(matches!(socket.read(), Err(Error::ConnectionClosed)));
    assert_eq!(socket.get_ref().written, b"\x88\x00");
}

#[test]
fn a_server_that_closes() {
    let mut socket = Scripted::default().read(&masked(0x81, b"late")).read(&masked(0x88, b"\x03\xe8")).server();
    socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "done".into() })).unwrap();
    assert_eq!(socket.get_ref().written, b"\x88\x06\x03\xe8done");
    assert!(socket.can_read() && !socket.can_write());
    assert!(matches!(socket.send(Message::text("x")), Err(Error::Protocol(ProtocolError::SendAfterClosing))));
    assert_eq!(socket.read().unwrap(), Message::text("late"), "until the client's Close frame");
    assert_eq!(socket.read().unwrap(), close(CloseCode::Normal, ""));
    assert!(matches!(socket.read(), Err(Error::ConnectionClosed)));
    assert!(matches!(socket.read(), Err(Error::AlreadyClosed)));
}

#[test]
fn a_client_that_closes() {
    let mut socket = Scripted::default().read(b"\x81\x04late\x88\x02\x03\xe8").client();
    socket.send(Message::Close(None)).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("late"));
    assert_eq!(socket.read().unwrap(), close(CloseCode::Normal, ""));
    assert!(matches!(socket.read(), Err(Error::ConnectionClosed)));
    assert!(matches!(socket.read(), Err(Error::AlreadyClosed)));
}

#[test]
fn the_stream_ends_without_a_close_frame() {
    for is_closing in [false, true] {
        let mut socket = Scripted::default().client();
        if is_closing {
            socket.close(None).unwrap();
        }
        assert!(matches!(socket.read(), Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))));
        assert!(matches!(socket.read(), Err(Error::AlreadyClosed)));
    }
}

#[test]
fn the_stream_is_reset() {
    let mut socket = Scripted::default().fails(ErrorKind::ConnectionReset).client();
    assert_eq!(kind(socket.read().unwrap_err()), ErrorKind::ConnectionReset);
    let mut socket = Scripted::default().read(b"\x88\x00").fails(ErrorKind::ConnectionReset).client();
    assert_eq!(socket.read().unwrap(), Message::Close(None));
    assert!(
        matches!(socket.read(), Err(Error::ConnectionClosed)),
        "after a Close frame, that is an end like any other"
    );
}

#[test]
fn errors_of_reads_pass_and_the_connection_goes_on() {
    let mut socket = Scripted::default()
        .read(b"\x81\x05Hel")
        .fails(ErrorKind::WouldBlock)
        .fails(ErrorKind::Interrupted)
        .fails(ErrorKind::TimedOut)
        .read(b"lo")
        .client();
    for expected in [ErrorKind::WouldBlock, ErrorKind::Interrupted, ErrorKind::TimedOut] {
        assert_eq!(kind(socket.read().unwrap_err()), expected);
    }
    assert_eq!(socket.read().unwrap(), Message::text("Hello"));
}

#[test]
fn bytes_that_were_read_before() {
    let stream = Scripted::default().read(b"lo\x82\x01\x07");
    let mut socket = WebSocket::from_partially_read(stream, b"\x81\x05Hel".to_vec(), Role::Client, None);
    assert_eq!(socket.read().unwrap(), Message::text("Hello"));
    assert_eq!(socket.read().unwrap(), Message::binary(vec![7]));
    let stream = Scripted::default();
    let mut socket = WebSocket::from_partially_read(stream, b"\x81\x01a\x81\x01b".to_vec(), Role::Client, None);
    assert_eq!(socket.read().unwrap(), Message::text("a"));
    assert!(socket.into_inner().written.is_empty());
}

/// The error of each violation.
#[test]
fn violations() {
    let long = [&b"\x89\x7e\x00\x7e"[..], &[0; 126]].concat();
    let table: [(&[u8], fn(&Error) -> bool); 13] = [
        (b"\xc1\x00", |e| matches!(e, Error::Protocol(ProtocolError::NonZeroReservedBits))),
        (b"\x83\x00", |e| matches!(e, Error::Protocol(ProtocolError::InvalidOpcode(3)))),
        (b"\x8b\x00", |e| matches!(e, Error::Protocol(ProtocolError::InvalidOpcode(11)))),
        (b"\x09\x00", |e| matches!(e, Error::Protocol(ProtocolError::FragmentedControlFrame))),
        (&long, |e| matches!(e, Error::Protocol(ProtocolError::ControlFrameTooBig))),
        (b"\x81\x80\0\0\0\0", |e| matches!(e, Error::Protocol(ProtocolError::MaskedFrameFromServer))),
        (b"\x80\x00", |e| matches!(e, Error::Protocol(ProtocolError::UnexpectedContinueFrame))),
        (b"\x01\x00\x82\x00", |e| {
            use super::tungstenite::protocol::frame::coding::Data;
            matches!(e, Error::Protocol(ProtocolError::ExpectedFragment(Data::Binary)))
        }),
        (b"\x81\x02\xc3\x28", |e| matches!(e, Error::Utf8(_))),
        (b"\x01\x01\xc3\x80\x01\x28", |e| matches!(e, Error::Utf8(_))),
        (b"\x81\x01\xc3", |e| matches!(e, Error::Utf8(_))),
        (b"\x88\x01\x03", |e| matches!(e, Error::Protocol(ProtocolError::InvalidCloseSequence))),
        (b"\x88\x04\x03\xe8\xc3\x28", |e| matches!(e, Error::Utf8(_))),
    ];
    for (bytes, expected) in table {
        let mut socket = Scripted::default().read(bytes).client();
        let error = socket.read().unwrap_err();
        assert!(expected(&error), "{bytes:02x?}: {error:?}");
        // The peer learns why, and the connection has ended (RFC 6455 §7.1.7).
        assert_eq!(socket.get_ref().written.first() == Some(&0x88), OURS, "{bytes:02x?}");
        assert!(!OURS || matches!(socket.read(), Err(Error::AlreadyClosed)));
    }
}

#[test]
fn a_server_refuses_unmasked_frames() {
    let mut socket = Scripted::default().read(b"\x81\x02Hi").server();
    assert!(matches!(socket.read(), Err(Error::Protocol(ProtocolError::UnmaskedFrameFromClient))));
}

/// The peer closes with a code that must not be sent: the user sees a Close frame with 1002 instead, which is also the answer.
#[test]
fn invalid_close_codes() {
    for code in [999_u16, 1004, 1005, 1006, 1015, 2000, 5000] {
        let mut socket = Scripted::default().read(&masked(0x88, &code.to_be_bytes())).server();
        assert_eq!(socket.read().unwrap(), close(CloseCode::Protocol, "Protocol violation"), "{code}");
        assert!(matches!(socket.read(), Err(Error::ConnectionClosed)), "{code}");
        assert!(matches!(socket.read(), Err(Error::AlreadyClosed)), "{code}");
        assert_eq!(socket.get_ref().written[2..4], [0x03, 0xea], "{code}");
    }
}
