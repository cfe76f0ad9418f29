//! The types and their conversions.

use super::tungstenite::{
    Bytes, Error, Message, Utf8Bytes,
    protocol::{
        CloseFrame,
        frame::{
            Frame, FrameHeader,
            coding::{CloseCode, Control, Data, OpCode},
        },
    },
    util::NonBlockingResult,
};
use std::io::{self, Cursor};

#[test]
fn messages() {
    assert_eq!(Message::from("a"), Message::Text("a".into()));
    assert_eq!(Message::from(String::from("a")), Message::text("a"));
    assert_eq!(Message::from(&[1_u8][..]), Message::binary(vec![1]));
    assert_eq!(Message::from(vec![1_u8]), Message::Binary(Bytes::from_static(&[1])));
    assert_eq!(Bytes::from(Message::text("a")), "a");
    assert_eq!(Message::binary(vec![0xff]).to_string(), "Binary Data<length=1>");
    assert_eq!(Message::text("shown").to_string(), "shown");
    assert!(matches!(Message::binary(vec![0xff]).into_text(), Err(Error::Utf8(_))));
    assert_eq!(Message::binary("ok").into_text().unwrap(), "ok");
    let close = Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: "bye".into() }));
    assert_eq!((close.len(), close.to_text().unwrap(), close.is_close()), (3, "bye", true));
    assert_eq!(close.into_data(), "bye");
    assert!(Message::Close(None).is_empty() && Message::Ping(Bytes::new()).is_ping());
    let frame = Message::Frame(Frame::message("abc", OpCode::Data(Data::Text), true));
    assert_eq!((frame.len(), frame.into_data()), (5, "abc".into()));
}

#[test]
fn text() {
    let text = Utf8Bytes::from_static("foo123");
    assert!(text == "foo123" && text == "foo123".to_string() && text == std::borrow::Cow::from("foo123"));
    assert_eq!(text.len() + text.as_str().len(), 12);
    assert_eq!(AsRef::<Bytes>::as_ref(&text), &Bytes::from_static(b"foo123"));
    assert_eq!(AsRef::<[u8]>::as_ref(&text), AsRef::<str>::as_ref(&text).as_bytes());
    assert_eq!(Utf8Bytes::try_from(vec![b'a']).unwrap(), "a");
    assert!(Utf8Bytes::try_from(Bytes::from_static(&[0xff])).is_err());
    assert!(Utf8Bytes::try_from(bytes::BytesMut::from("a")).is_ok());
    assert!(Utf8Bytes::default().is_empty() && Utf8Bytes::from("a") < Utf8Bytes::from("b"));
    let map = std::collections::HashMap::from([(Utf8Bytes::from("key"), 1)]);
    assert_eq!(map.get("key"), Some(&1));
    #[expect(unsafe_code, reason = "as programs call it")]
    // SAFETY: it is UTF-8.
    let text = unsafe { Utf8Bytes::from_bytes_unchecked(Bytes::from_static(b"abc")) };
    assert_eq!(text, "abc");
}

/// Neither direction copies: the pointers are the same.
#[test]
fn owned_text_is_not_copied() {
    let string = String::from("a text that is on the heap");
    let pointer = string.as_ptr();
    let text = Utf8Bytes::from(string);
    assert_eq!(text.as_ptr(), pointer);
    let bytes = Bytes::from(Message::Text(text.clone()));
    assert_eq!(bytes.as_ptr(), pointer);
    assert_eq!(Utf8Bytes::try_from(bytes).unwrap().as_ptr(), pointer);
}

#[test]
fn close_codes() {
    for code in 0..=u16::MAX {
        assert_eq!(u16::from(CloseCode::from(code)), code);
    }
    let table = [
        (999, CloseCode::Bad(999), false),
        (1000, CloseCode::Normal, true),
        (1004, CloseCode::Bad(1004), false),
        (1006, CloseCode::Abnormal, false),
        (1013, CloseCode::Again, true),
        (1014, CloseCode::Bad(1014), false),
        (1015, CloseCode::Tls, false),
        (2999, CloseCode::Reserved(2999), false),
        (3000, CloseCode::Iana(3000), true),
        (4999, CloseCode::Library(4999), true),
        (5000, CloseCode::Bad(5000), false),
    ];
    for (number, code, is_allowed) in table {
        assert_eq!((CloseCode::from(number), code.is_allowed()), (code, is_allowed));
        assert_eq!(code.to_string(), number.to_string());
    }
    let frame = CloseFrame { code: CloseCode::Away, reason: "bye".into() };
    assert_eq!(frame.to_string(), "bye (1001)");
}

#[test]
fn opcodes() {
    for byte in 0..16 {
        assert_eq!(u8::from(OpCode::from(byte)), byte);
    }
    assert_eq!(OpCode::from(2), OpCode::Data(Data::Binary));
    assert_eq!(OpCode::Control(Control::Ping).to_string(), "PING");
    assert_eq!(OpCode::from(4).to_string(), "RESERVED_DATA_4");
}

#[test]
fn headers() {
    for (length, size) in [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10), (1 << 40, 10)] {
        for mask in [None, Some([1, 2, 3, 4])] {
            let header = FrameHeader { opcode: OpCode::Data(Data::Text), mask, ..FrameHeader::default() };
            let mut bytes = Vec::new();
            header.format(length, &mut bytes).unwrap();
            assert_eq!(bytes.len(), size + mask.map_or(0, |mask| mask.len()));
            assert_eq!(header.len(length), bytes.len());
            let mut cursor = Cursor::new(&bytes);
            assert_eq!(FrameHeader::parse(&mut cursor).unwrap(), Some((header, length)));
            assert_eq!(cursor.position(), bytes.len() as u64);
            let mut cut = Cursor::new(&bytes[..bytes.len() - 1]);
            assert!(FrameHeader::parse(&mut cut).unwrap().is_none());
            assert_eq!(cut.position(), 0);
        }
    }
    let frame = Frame::ping(vec![1, 2]);
    assert_eq!((frame.len(), frame.is_empty(), frame.payload()), (4, false, &[1, 2][..]));
    let mut bytes = Vec::new();
    frame.format(&mut bytes).unwrap();
    assert_eq!(bytes, b"\x89\x02\x01\x02");
    assert!(Frame::message("hi", OpCode::Data(Data::Text), true).to_string().contains("payload: 0x6869"));
}

#[test]
fn non_blocking_results() {
    let blocked = || io::Error::from(io::ErrorKind::WouldBlock);
    assert!(matches!(Err::<(), _>(blocked()).no_block(), Ok(None)));
    assert!(matches!(Err::<(), _>(Error::Io(blocked())).no_block(), Ok(None)));
    assert!(matches!(Err::<(), _>(Error::AlreadyClosed).no_block(), Err(Error::AlreadyClosed)));
    assert!(matches!(Ok::<_, Error>(1).no_block(), Ok(Some(1))));
}

#[test]
fn a_read_buffer() {
    use super::tungstenite::buffer::ReadBuffer;
    use bytes::Buf;
    let mut stream = Cursor::new(b"Hello World!".to_vec());
    let mut buffer = ReadBuffer::<4>::new();
    assert_eq!(buffer.read_from(&mut stream).unwrap(), 4);
    buffer.advance(2);
    assert_eq!(buffer.read_from(&mut stream).unwrap(), 4);
    assert_eq!((buffer.chunk(), buffer.remaining()), (&b"llo Wo"[..], 6));
    assert_eq!(buffer.into_vec(), b"llo Wo");
}
