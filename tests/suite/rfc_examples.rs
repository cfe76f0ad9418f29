//! The byte examples of RFC 6455 §5.7, verbatim, in the direction in which they are legal.

use crate::common::{self, KEY, receive, written};
use bowline::{Config, Connection, Event, Role};

const HELLO: &[u8] = b"\x81\x05Hello";
const MASKED_HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

/// [W-03] "A single-frame unmasked text message"
#[test]
fn unmasked_text() {
    assert_eq!(receive(&mut common::connection(Role::Client), HELLO), [Event::Text("Hello".into())]);
    let mut server = common::connection(Role::Server);
    server.send_text("Hello").unwrap();
    assert_eq!(written(&mut server), HELLO);
}

/// [W-04] "A single-frame masked text message"
#[test]
fn masked_text() {
    assert_eq!(receive(&mut common::connection(Role::Server), MASKED_HELLO), [Event::Text("Hello".into())]);
    let mut client = common::connection(Role::Client);
    client.send_text("Hello").unwrap();
    assert_eq!(written(&mut client), MASKED_HELLO);
}

/// [W-05] "A fragmented unmasked text message"
#[test]
fn fragmented_text() {
    let bytes = b"\x01\x03Hel\x80\x02lo";
    assert_eq!(receive(&mut common::connection(Role::Client), bytes), [Event::Text("Hello".into())]);
    let mut server = common::connection(Role::Server);
    server.send_text_chunk("Hel", false).unwrap();
    server.send_text_chunk("lo", true).unwrap();
    assert_eq!(written(&mut server), bytes);
}

/// [W-06] "Unmasked Ping request and masked Ping response"
#[test]
fn ping_and_pong() {
    let mut client = common::connection(Role::Client);
    assert_eq!(receive(&mut client, b"\x89\x05Hello"), [Event::Ping(b"Hello".to_vec().into())]);
    assert_eq!(written(&mut client), b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

/// [W-07] "256 bytes binary message in a single unmasked frame"
#[test]
fn binary_256() {
    binary(256, &[0x82, 0x7E, 0x01, 0x00]);
}

/// [W-08] "64KiB binary message in a single unmasked frame"
#[test]
fn binary_64_kib() {
    binary(65_536, &[0x82, 0x7F, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00]);
}

fn binary(len: usize, header: &[u8]) {
    let data: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
    let bytes = [header, &data].concat();
    assert_eq!(receive(&mut common::connection(Role::Client), &bytes), [Event::Binary(data.clone().into())]);
    let mut server = Connection::new(Role::Server, Config::new(|| KEY));
    server.send_binary(data).unwrap();
    assert_eq!(written(&mut server), bytes);
}
