//! The most memory that a compressed message can make a connection take, at any moment: what the allocator is asked for, moment
//! by moment. A process of its own, since all of it is counted.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "that is how tests fail")]

#[path = "suite/miniz.rs"]
#[expect(dead_code, reason = "a kit for several binaries")]
mod miniz;

use bowline::{Config, Connection, Event, Input, Violation, deflate, frame::mask, server};
use cap::Cap;
use miniz::Compressor;
use miniz_oxide::MZFlush;
use std::alloc::System;

/// An allocator that lets blocks grow in place, as the system's does with large ones, and counts.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const LIMIT: usize = 1024 * 1024;

/// What comes out of the decompressor at a time, and the decompressor itself, as the docs of `deflate` have it.
const CHUNK: usize = 16 * 1024;
const DECOMPRESSOR: usize = 48 * 1024;

/// Connections, the closure of those that fail, what tests print: small things.
const SMALL: usize = 4 * 1024;

/// [R-06] [T-27] Messages of up to a thousand times the size that came stop at the limit: neither on the way there nor at the end is
/// more taken than the limit, a chunk and the decompressor; in one frame, in fragments, byte by byte, with what came before.
#[test]
fn bombs() {
    let bomb = deflated(16 * LIMIT);
    let fits = deflated(LIMIT);
    assert!(bomb.len() < LIMIT / 50);
    for opcode in [0xC1, 0xC2] {
        for takeover in [true, false] {
            for fragments in [1, 7] {
                for cut in [usize::MAX, 1000, 1] {
                    let mut fits = frames(opcode, &fits, fragments);
                    let mut bomb = frames(opcode, &bomb, fragments);
                    // The connection's own pool is empty, so that it builds all that it needs.
                    let before = ALLOCATOR.allocated();
                    let mut connection = agreed(takeover);
                    assert_eq!(receive(&mut connection, &mut fits, cut), Some(LIMIT));
                    assert_eq!(receive(&mut connection, &mut bomb, cut), None);
                    let most = ALLOCATOR.max_allocated() - before;
                    assert!(most <= LIMIT + CHUNK + DECOMPRESSOR + SMALL, "{most} bytes at some moment");
                    assert!(most >= LIMIT, "only {most} bytes are counted: the allocator does not see them");
                }
            }
        }
    }
}

/// The length of the message that came, or `None` if it was refused for its size.
fn receive(connection: &mut Connection, bytes: &mut [u8], cut: usize) -> Option<usize> {
    for piece in bytes.chunks_mut(cut) {
        match connection.receive(&mut Input::from(piece)) {
            None => {}
            Some(Event::Text(text)) => return Some(text.len()),
            Some(Event::Binary(data)) => return Some(data.len()),
            Some(Event::Failed(error)) => {
                assert_eq!(error.violation(), Violation::MessageTooBig { limit: LIMIT as u64 });
                return None;
            }
            Some(event) => panic!("{event:?}"),
        }
    }
    panic!("neither a message nor a violation")
}

fn agreed(takeover: bool) -> Connection {
    let mut config = Config::default();
    config.limits.message = LIMIT;
    let mut options = deflate::Options::default();
    options.peer_context_takeover = takeover;
    config.deflate = Some(options);
    let mut request = *b"GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let mut handshake = server::Handshake::new(config);
    let server::Progress::Request(request) = handshake.receive(&mut Input::from(&mut request)) else {
        panic!("refused")
    };
    let connection = request.accept(&server::Accept::any_origin()).unwrap();
    assert!(connection.deflate().is_some());
    connection
}

/// The payload of a compressed message of so many equal bytes, made of parts, as the most that was ever allocated counts.
fn deflated(len: usize) -> Vec<u8> {
    const PART: [u8; 4096] = [b'a'; 4096];
    let mut payload = Vec::with_capacity(len / 100);
    let mut compressor = Compressor::new(9);
    for _ in 0..len / PART.len() {
        compressor.add(&PART, MZFlush::None, &mut payload);
    }
    compressor.add(&[], MZFlush::Sync, &mut payload);
    payload.truncate(payload.len() - 4);
    payload
}

/// A message in so many frames of a client.
fn frames(first: u8, payload: &[u8], count: usize) -> Vec<u8> {
    const KEY: [u8; 4] = [1, 2, 3, 4];
    let mut bytes = Vec::new();
    let parts = payload.chunks(payload.len().div_ceil(count));
    let last = parts.len() - 1;
    for (index, part) in parts.enumerate() {
        let fin = if index == last { 0x80 } else { 0 };
        let opcode = if index == 0 { first & 0x7F } else { 0 };
        let len = u16::try_from(part.len()).unwrap();
        assert!(len > 125);
        bytes.extend([fin | opcode, 0xFE]);
        bytes.extend(len.to_be_bytes());
        bytes.extend(KEY);
        let start = bytes.len();
        bytes.extend(part);
        mask(&mut bytes[start..], KEY);
    }
    bytes
}
