//! Attacks on compression (RFC 7692).

use super::{Attack, Ending};
use crate::{config::config, frame::Frame, pair::Pair};
use bowline::{
    CloseCode, Connection, HandshakeError, Role, bytes::Buf, client::Request, deflate::Options, server::Accept,
};
use std::time::Duration;

/// Attacks on a connection with this role that has agreed on compression, such as that of [`compressing`].
///
/// ```
/// use bowline::Role;
/// use bowline_test::hostile;
///
/// for role in [Role::Client, Role::Server] {
///     for attack in hostile::compressed(role) {
///         attack.assert_held(hostile::compressing(role));
///     }
/// }
/// ```
#[must_use]
pub fn compressed(role: Role) -> Vec<Attack> {
    let from = role.peer();
    let protocol = Ending::Violation(CloseCode::PROTOCOL_ERROR);
    let invalid = Ending::Violation(CloseCode::INVALID_DATA);
    let frame = |first, payload: &[u8]| Frame::new(first, payload).sent_by(from);
    let attack = |name, ending, frame: Frame| {
        Attack::new(name, "RFC 7692 §6", ending, role).with(|script| script.send_frame(&frame))
    };
    // Stored blocks without contents.
    let mut empty_blocks = [0, 0, 0, 0xFF, 0xFF].repeat(100_000);
    empty_blocks.push(0); // the receiver appends the rest of the last one
    vec![
        Attack::new("zeros, a thousand for each byte", "Limits::message", Ending::Violation(CloseCode::TOO_BIG), role)
            .with(|script| script.send_bytes(bomb(from))),
        attack("data that are not DEFLATE", invalid, frame(0xC2, &[0xFF; 20])),
        attack("a block that is cut off", invalid, frame(0xC2, &[0x01, 0x05, 0x00, 0xFA, 0xFF, b'a'])),
        attack("compressed text that is not UTF-8", invalid, frame(0xC1, &[0x00, 0x01, 0x00, 0xFE, 0xFF, 0xFF, 0x00])),
        attack("empty blocks", Ending::Normal, frame(0xC2, &empty_blocks)),
        attack("a compressed ping", protocol, frame(0xC9, b"")),
        Attack::new("a second fragment with RSV1", "RFC 7692 §6", protocol, role)
            .with(|script| script.send_frame(&frame(0x42, b"")).send_frame(&frame(0xC0, b""))),
    ]
}

/// A connection with this role, and with [`config`](crate::config), that has agreed on compression with a peer.
///
/// # Panics
///
/// Never: both peers of the opening handshake are its own.
#[expect(clippy::panic, reason = "the calls of this crate that check something are for tests")]
#[must_use]
pub fn compressing(role: Role) -> Connection {
    match pair() {
        Ok(Pair { client, .. }) if role == Role::Client => client.connection,
        Ok(Pair { server, .. }) => server.connection,
        Err(error) => panic!("{error}"),
    }
}

/// Two connections that compress as much as they can.
fn pair() -> Result<Pair, HandshakeError> {
    let options = Options::default().with(|options| options.level = 9);
    let config = config().with(|config| config.deflate = Some(options));
    let Ok(request) = Request::from_uri("ws://localhost/") else {
        return Err(HandshakeError::Deadline { limit: Duration::ZERO });
    };
    Pair::open(request, &Accept::any_origin(), config.clone(), config)
}

/// A compressed message from an endpoint with this role that is larger than the limit.
fn bomb(from: Role) -> Vec<u8> {
    let mut sender = compressing(from);
    // Zeros that exceed the limit by one byte: 16 MiB.
    let zeros = vec![0; sender.config().limits.message + 1];
    let queued = sender.send_binary(zeros);
    debug_assert!(queued.is_ok(), "the queue of the sender is larger");
    let output = sender.output();
    output.copy_to_bytes(output.remaining()).into()
}
