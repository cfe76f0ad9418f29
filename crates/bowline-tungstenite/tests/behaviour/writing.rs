//! When bytes leave, and what happens if the stream does not accept them.

use super::{
    OURS,
    scripted::{Scripted, masked},
    tungstenite::{
        Error, Message,
        error::ProtocolError,
        protocol::{
            CloseFrame, WebSocketConfig,
            frame::{
                Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};
use std::io::ErrorKind;

fn is_blocked(result: Result<(), Error>) -> bool {
    matches!(result, Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn write_queues_and_flush_writes() {
    let mut socket = Scripted::default().server();
    socket.write(Message::text("one")).unwrap();
    socket.write(Message::text("two")).unwrap();
    socket.write(Message::Ping("p".into())).unwrap();
    socket.write(Message::Pong("q".into())).unwrap();
    assert!(socket.get_ref().written.is_empty());
    socket.flush().unwrap();
    let stream = socket.get_ref();
    assert_eq!(stream.written, b"\x81\x03one\x81\x03two\x89\x01p\x8a\x01q");
    assert_eq!((stream.writes, stream.flushed), (1, stream.written.len()));
}

#[test]
fn send_writes_and_flushes() {
    let mut socket = Scripted::default().server();
    socket.send(Message::binary(vec![1, 2])).unwrap();
    assert_eq!((&socket.get_ref().written[..], socket.get_ref().flushed), (&b"\x82\x02\x01\x02"[..], 4));
}

#[test]
fn write_buffer_size_is_the_most_that_write_queues() {
    let mut socket = Scripted::default().server_with(WebSocketConfig::default().write_buffer_size(10));
    socket.write(Message::binary(vec![0; 8])).unwrap(); // 10 bytes
    assert!(socket.get_ref().written.is_empty());
    socket.write(Message::binary(vec![0; 1])).unwrap();
    assert_eq!((socket.get_ref().written.len(), socket.get_ref().flushed), (13, 0), "written, and not flushed");
    let mut socket = Scripted::default().server_with(WebSocketConfig::default().write_buffer_size(0));
    socket.write(Message::text("now")).unwrap();
    assert_eq!(socket.get_ref().written, b"\x81\x03now");
}

#[test]
fn a_large_message_is_written_with_its_header() {
    let mut socket = Scripted::default().server();
    socket.send(Message::binary(vec![7; 5000])).unwrap();
    socket.send(Message::binary(vec![7; 5000])).unwrap();
    let stream = socket.get_ref();
    assert_eq!(stream.written.len(), 2 * 5004);
    // The stream has no vectored writes, which is noticed with the first one.
    assert_eq!(stream.writes, if OURS { 3 } else { 2 });
}

#[test]
fn a_message_that_would_block_is_queued() {
    let mut socket = Scripted { accepts: Some(3), ..Scripted::default() }.server();
    assert!(is_blocked(socket.send(Message::text("Hello"))));
    assert!(is_blocked(socket.flush()));
    socket.get_mut().accepts = None;
    socket.flush().unwrap();
    assert_eq!(socket.get_ref().written, b"\x81\x05Hello");
}

#[test]
fn max_write_buffer_size() {
    let config = WebSocketConfig::default().write_buffer_size(0).max_write_buffer_size(12);
    let mut socket = Scripted { accepts: Some(0), ..Scripted::default() }.server_with(config);
    assert!(is_blocked(socket.write(Message::text("Hello")))); // 7 bytes, queued
    let Err(Error::WriteBufferFull(message)) = socket.write(Message::text("World")) else { panic!() };
    let Message::Frame(frame) = &*message else { panic!("{message:?}") };
    assert_eq!((frame.to_text(), frame.header().opcode), (Ok("World"), OpCode::Data(Data::Text)));
    socket.get_mut().accepts = None;
    socket.flush().unwrap();
    socket.send(*message).unwrap();
    assert_eq!(socket.get_ref().written, b"\x81\x05Hello\x81\x05World");
}

#[test]
fn a_pong_that_would_block_is_written_later() {
    let stream = Scripted::default().read(&masked(0x89, b"hi")).read(&masked(0x81, b"next"));
    let mut socket = Scripted { accepts: Some(0), ..stream }.server();
    assert!(socket.read().unwrap().is_ping());
    assert_eq!(socket.read().unwrap(), Message::text("next"), "reading goes on");
    socket.get_mut().accepts = None;
    socket.flush().unwrap();
    assert_eq!(socket.get_ref().written, b"\x8a\x02hi");
}

#[test]
fn a_stream_that_fails() {
    let stream = Scripted { accepts: Some(0), refusal: Some(ErrorKind::BrokenPipe), ..Scripted::default() };
    let mut socket = stream.read(b"\x88\x02\x03\xe9").client();
    let error = socket.send(Message::text("x")).unwrap_err();
    assert!(matches!(error, Error::Io(error) if error.kind() == ErrorKind::BrokenPipe));
    assert!(socket.read().unwrap().is_close(), "what the peer sent before it left is still read");
}

#[test]
fn fragments_are_sent_as_raw_frames() {
    let mut socket = Scripted::default().server();
    let frame = |data: &'static [u8], opcode, last| Message::Frame(Frame::message(data, OpCode::Data(opcode), last));
    socket.write(frame(b"Hel", Data::Text, false)).unwrap();
    socket.write(Message::Frame(Frame::ping("p"))).unwrap();
    socket.write(frame(b"lo", Data::Continue, true)).unwrap();
    socket.write(frame(b"\x01", Data::Binary, false)).unwrap();
    socket.write(frame(b"\x02", Data::Continue, true)).unwrap();
    socket.write(frame(b"whole", Data::Text, true)).unwrap();
    socket.flush().unwrap();
    let expected = b"\x01\x03Hel\x89\x01p\x80\x02lo\x02\x01\x01\x80\x01\x02\x81\x05whole";
    assert_eq!(socket.get_ref().written, expected);
}

#[test]
fn a_close_frame_as_a_raw_frame() {
    let mut socket = Scripted::default().server();
    let frame = Frame::close(Some(CloseFrame { code: CloseCode::Away, reason: "x".into() }));
    socket.send(Message::Frame(frame)).unwrap();
    assert_eq!(socket.get_ref().written, b"\x88\x03\x03\xe9x");
    // The original does not notice, and would send messages behind the Close frame.
    assert_eq!(socket.can_write(), !OURS);
}

/// What must not be sent: the original sends it.
#[test]
fn invalid_frames_are_not_sent() {
    if !OURS {
        return;
    }
    let mut socket = Scripted::default().server();
    let refused = |result: Result<(), Error>| match result {
        Err(Error::Protocol(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(socket.send(Message::Ping(vec![0; 126].into()))), ProtocolError::ControlFrameTooBig);
    let mut frame = Frame::ping("x");
    frame.header_mut().rsv1 = true;
    assert_eq!(refused(socket.send(Message::Frame(frame))), ProtocolError::NonZeroReservedBits);
    let frame = Frame::message("x", OpCode::Data(Data::Continue), true);
    assert_eq!(refused(socket.send(Message::Frame(frame))), ProtocolError::UnexpectedContinueFrame);
    let frame = Frame::message(&b"\xc3\x28"[..], OpCode::Data(Data::Text), true);
    assert!(matches!(socket.send(Message::Frame(frame)), Err(Error::Utf8(_))));
    assert!(socket.get_ref().written.is_empty() && socket.can_write());
}

/// A character that is cut between two fragments is sent with the second one.
#[test]
fn fragments_of_text_may_cut_characters() {
    let mut socket = Scripted::default().server();
    let frame = |data: &'static [u8], opcode, last| Message::Frame(Frame::message(data, OpCode::Data(opcode), last));
    socket.write(frame(b"Gr\xc3", Data::Text, false)).unwrap();
    socket.write(frame(b"\xbc\xc3\x9fe", Data::Continue, true)).unwrap();
    socket.flush().unwrap();
    let (ours, original) = (b"\x01\x02Gr\x80\x05\xc3\xbc\xc3\x9fe", b"\x01\x03Gr\xc3\x80\x04\xbc\xc3\x9fe");
    assert_eq!(socket.get_ref().written, if OURS { ours } else { original });
}

/// Codes that must not be sent are left out, and a long reason is cut. The original sends both as they are.
#[test]
fn unsendable_close_frames() {
    let close = |code, reason: String| {
        let mut socket = Scripted::default().server();
        socket.close(Some(CloseFrame { code, reason: reason.into() })).unwrap();
        socket.into_inner().written
    };
    if OURS {
        assert_eq!(close(CloseCode::Abnormal, String::new()), b"\x88\x00");
        assert_eq!(close(CloseCode::Status, "x".into()), b"\x88\x00");
        assert_eq!(close(CloseCode::Normal, "ü".repeat(100)).len(), 2 + 2 + 122);
    }
    assert_eq!(close(CloseCode::Library(4000), String::new()), b"\x88\x02\x0f\xa0");
}

#[test]
fn frames_over_a_stream() {
    use super::tungstenite::protocol::frame::FrameSocket;
    let raw = std::io::Cursor::new(b"\x82\x03\x01\x02\x03\x89\x00\x99".to_vec());
    let mut socket = FrameSocket::new(raw);
    assert_eq!(socket.read(None).unwrap().unwrap().into_payload(), &[1, 2, 3][..]);
    assert_eq!(socket.read(None).unwrap().unwrap(), Frame::ping(Vec::new()));
    assert!(socket.read(None).unwrap().is_none());
    assert_eq!(socket.into_inner().1, &[0x99][..], "unread bytes are returned");
    let mut socket =
        FrameSocket::from_partially_read(std::io::Cursor::new(b"\x02\x03".to_vec()), b"\x82\x03\x01".to_vec());
    assert!(matches!(socket.read(Some(2)), Err(Error::Capacity(_))));
    let mut socket = FrameSocket::new(Vec::new());
    socket.send(Frame::pong(vec![1])).unwrap();
    assert_eq!(socket.into_inner().0, b"\x8a\x01\x01");
}
