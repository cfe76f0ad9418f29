//! The read buffers, which the connections of a thread share.

use bowline_tungstenite::{Message, WebSocket, protocol::Role};
use std::io::Cursor;

fn client(input: Vec<u8>) -> WebSocket<Cursor<Vec<u8>>> {
    WebSocket::from_raw_socket(Cursor::new(input), Role::Client, None)
}

/// `Debug` has no bytes of another connection.
#[test]
fn debug_does_not_print_the_shared_buffer() {
    let secret = "7, ".repeat(30); // as `Debug` prints a list of bytes
    let mut first = client([&[0x82, 90][..], &[7; 90]].concat());
    assert_eq!(first.read().unwrap(), Message::binary(vec![7; 90]));
    let mut second = client(b"\x82\x01\x08\x82".to_vec()); // and an unfinished frame
    assert_eq!(second.read().unwrap(), Message::binary(vec![8]));
    let (stream, context) = (format!("{:?}", second.get_ref()), format!("{second:?}"));
    assert!(!context.replace(&stream, "").contains(&secret), "{context}");
    assert!(context.contains("unread: 1"), "{context}");
}
