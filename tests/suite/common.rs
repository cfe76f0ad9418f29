//! What the tests share, on top of the testing kit.

use bowline::{Config, Connection, Event, Input, Role};
use bowline_test::{Frame, Pair};
use bytes::Buf;

/// Both roles, for tests that hold in both.
pub(crate) const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// The masking key of the examples in RFC 6455 §5.7.
pub(crate) use bowline_test::KEY;

/// The default configuration, with masking keys that are the same for every frame and without deadlines.
pub(crate) fn config() -> Config {
    let mut config = Config::new(|| KEY);
    config.deadlines.ping = None;
    config.deadlines.pong = None;
    config
}

/// A connection in this role, with [`config`].
pub(crate) fn connection(role: Role) -> Connection {
    Connection::new(role, config())
}

/// A connection in this role, with [`config`] and some changes.
pub(crate) fn connection_with(role: Role, change: impl FnOnce(&mut Config)) -> Connection {
    Connection::new(role, config().with(change))
}

/// The bytes of a frame as the peer of `role` sends it, whether that is legal or not: `first` is its first byte (FIN,
/// reserved bits, opcode). A frame for a server is masked with [`KEY`].
pub(crate) fn frame_to(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    frame_from(role.peer(), first, payload)
}

/// A frame as `role` itself sends it.
pub(crate) fn frame_from(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    Frame::new(first, payload).sent_by(role).encode()
}

/// The Close frame that `role` sends.
pub(crate) fn close_from(role: Role, code: u16, reason: &str) -> Vec<u8> {
    // Any code, also 1005, which `Frame::close` sends as an empty body.
    frame_from(role, 0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// The Close frame that `role` receives.
pub(crate) fn close_to(role: Role, code: u16, reason: &str) -> Vec<u8> {
    close_from(role.peer(), code, reason)
}

/// RFC 6455 §5.3, word for word.
pub(crate) fn naive_mask(data: &[u8], key: [u8; 4]) -> Vec<u8> {
    data.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect()
}

/// Feeds `bytes` in pieces of `cut` bytes and collects the events.
pub(crate) fn receive_cut(connection: &mut Connection, bytes: &[u8], cut: usize) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    for piece in bytes.chunks(cut.max(1)) {
        let mut piece = piece.to_vec();
        let mut input = Input::from(&mut piece);
        while let Some(event) = connection.receive(&mut input) {
            events.push(event.into_owned());
        }
        assert!(input.is_empty(), "input is left although there is no event");
    }
    events
}

/// Feeds `bytes` in one piece and collects the events.
pub(crate) fn receive(connection: &mut Connection, bytes: &[u8]) -> Vec<Event<'static>> {
    receive_cut(connection, bytes, usize::MAX)
}

/// Takes all that is queued.
pub(crate) fn written(connection: &mut Connection) -> Vec<u8> {
    let queued = connection.buffered_amount();
    let bytes = connection.output().copy_to_bytes(queued).to_vec();
    assert_eq!(connection.buffered_amount(), 0);
    bytes
}

/// A client and a server with [`config`] and some changes, joined by a wire, with a virtual clock.
pub(crate) fn pair_with(change: impl FnOnce(&mut Config)) -> Pair {
    Pair::with(config().with(change))
}

/// A client and a server with [`config`].
pub(crate) fn pair() -> Pair {
    pair_with(|_| {})
}
