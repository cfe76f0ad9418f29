//! Messages of 64 KiB and more, in reads of 64 KiB: with its header, each spans at least two.

use crate::{
    Path,
    messages::{connection, written},
};
use bowline::{Connection, Event, Input, Role};
use bytes::Buf;
use std::hint::black_box;

pub(crate) const PATHS: &[Path] = &[
    ("receive-binary-65536", || receive(binary(64 * KIB))),
    ("receive-binary-262144", || receive(binary(256 * KIB))),
    ("receive-ascii-65536", || receive(text(&"a".repeat(64 * KIB)))),
    ("receive-korean-65536", || receive(text(&"한".repeat(64 * KIB / 3)))),
    ("receive-directly-262144", || receive_directly(binary(256 * KIB))),
    ("echo-65536", || echo(binary(64 * KIB))),
];

const KIB: usize = 1024;
const READ: usize = 64 * KIB;

fn binary(size: usize) -> Vec<u8> {
    let mut client = connection(Role::Client);
    client.send_binary(vec![7; size]).expect("there is room");
    written(client)
}

fn text(text: &str) -> Vec<u8> {
    let mut client = connection(Role::Client);
    client.send_text(text).expect("there is room");
    written(client)
}

/// Gives a read to the connection. It unmasks in place, so it gets a fresh copy each time.
fn receive_read(server: &mut Connection, read: &[u8], buffer: &mut [u8], on_event: fn(&mut Connection, Event<'_>)) {
    let buffer = &mut buffer[..read.len()];
    buffer.copy_from_slice(read);
    let mut input = Input::from(buffer);
    while let Some(event) = server.receive(&mut input) {
        on_event(server, event);
    }
}

fn receive(wire: Vec<u8>) -> Box<dyn FnMut()> {
    let (mut server, mut buffer) = (connection(Role::Server), vec![0; READ]);
    Box::new(move || {
        for read in wire.chunks(READ) {
            receive_read(&mut server, read, &mut buffer, |_, event| check(event));
        }
    })
}

fn receive_directly(wire: Vec<u8>) -> Box<dyn FnMut()> {
    let (mut server, mut buffer) = (connection(Role::Server), vec![0; READ]);
    Box::new(move || {
        let (first, mut rest) = wire.split_at(READ);
        receive_read(&mut server, first, &mut buffer, |_, event| check(event));
        while !rest.is_empty() {
            let mut read = &rest[..rest.len().min(READ)];
            let before = read.len();
            if let Some(direct) = server.direct_read(|space| space.read_from(&mut read)) {
                direct.expect("reading from memory");
                server.poll_event().into_iter().for_each(check);
                rest = &rest[before - read.len()..];
            } else {
                receive_read(&mut server, read, &mut buffer, |_, event| check(event));
                rest = &rest[before..];
            }
        }
    })
}

fn echo(wire: Vec<u8>) -> Box<dyn FnMut()> {
    let (mut server, mut buffer) = (connection(Role::Server), vec![0; READ]);
    Box::new(move || {
        for read in wire.chunks(READ) {
            receive_read(&mut server, read, &mut buffer, |server, event| {
                if let Event::Binary(data) = event {
                    server.send_binary(data).expect("there is room");
                }
            });
        }
        while server.output().has_remaining() {
            let len = black_box(server.output().chunk()).len();
            server.output().advance(len);
        }
    })
}

fn check(event: Event<'_>) {
    assert!(matches!(black_box(event), Event::Binary(_) | Event::Text(_)));
}
