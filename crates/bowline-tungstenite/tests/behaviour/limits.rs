//! The limits on received messages, and the defaults of the configuration.

use super::{
    OURS,
    scripted::{Scripted, masked},
    tungstenite::{
        Error, Message,
        error::CapacityError,
        protocol::{Role, WebSocket, WebSocketConfig},
    },
};

fn client(stream: Scripted, config: WebSocketConfig) -> WebSocket<Scripted> {
    WebSocket::from_raw_socket(stream, Role::Client, Some(config))
}

fn too_long(result: Result<Message, Error>) -> (usize, usize) {
    match result {
        Err(Error::Capacity(CapacityError::MessageTooLong { size, max_size })) => (size, max_size),
        other => panic!("{other:?}"),
    }
}

#[test]
fn defaults() {
    let config = WebSocketConfig::default();
    assert_eq!((config.read_buffer_size, config.write_buffer_size), (128 << 10, 128 << 10));
    assert_eq!(config.max_write_buffer_size, usize::MAX);
    assert_eq!((config.max_message_size, config.max_frame_size), (Some(64 << 20), Some(16 << 20)));
    assert!(!config.accept_unmasked_frames);
    let config = config
        .read_buffer_size(1)
        .write_buffer_size(2)
        .max_write_buffer_size(3)
        .max_message_size(Some(4))
        .max_frame_size(None)
        .accept_unmasked_frames(true);
    let socket = Scripted::default().server_with(config);
    let config = socket.get_config();
    assert_eq!((config.read_buffer_size, config.write_buffer_size, config.max_write_buffer_size), (1, 2, 3));
    assert_eq!((config.max_message_size, config.max_frame_size), (Some(4), None));
}

#[test]
fn a_message_is_too_long() {
    let config = WebSocketConfig::default().max_message_size(Some(2));
    assert_eq!(too_long(client(Scripted::default().read(b"\x82\x03\x01\x02\x03"), config).read()), (3, 2));
    let config = WebSocketConfig::default().max_message_size(Some(10));
    let stream = Scripted::default().read(b"\x01\x07Hello, \x80\x06World!");
    assert_eq!(too_long(client(stream, config).read()), (13, 10));
}

#[test]
fn a_frame_is_too_long() {
    let config = WebSocketConfig::default().max_frame_size(Some(5));
    let mut socket = client(Scripted::default().read(b"\x82\x01\x07\x82\x07\x01\x02\x03\x04\x05\x06\x07"), config);
    assert_eq!(socket.read().unwrap(), Message::binary(vec![7]));
    assert_eq!(too_long(socket.read()), (7, 5));
    assert_eq!(socket.get_ref().written.first() == Some(&0x88), OURS, "the peer learns why, with 1009");
}

#[test]
fn a_limit_is_exact() {
    let config = WebSocketConfig::default().max_message_size(Some(3)).max_frame_size(Some(3));
    let mut socket = Scripted::default().read(&masked(0x82, b"123")).read(&masked(0x82, b"1234")).server_with(config);
    assert_eq!(socket.read().unwrap(), Message::binary("123"));
    assert_eq!(too_long(socket.read()), (4, 3));
}

#[test]
fn limits_can_be_changed() {
    let config = WebSocketConfig::default().max_message_size(Some(1)).max_frame_size(Some(1));
    let mut socket = client(Scripted::default().read(b"\x82\x03\x01\x02\x03\x82\x04\x01\x02\x03\x04"), config);
    socket.set_config(|config| (config.max_message_size, config.max_frame_size) = (Some(3), None));
    assert_eq!(socket.read().unwrap(), Message::binary(vec![1, 2, 3]));
    assert_eq!(too_long(socket.read()), (4, 3));
}

#[test]
#[should_panic(expected = "max_write_buffer_size")]
fn a_contradictory_configuration_panics() {
    Scripted::default().server_with(WebSocketConfig::default().max_write_buffer_size(128 << 10));
}
