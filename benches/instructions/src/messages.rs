//! Connections that receive, send, and echo.

use crate::{Path, fixed};
use bowline::{Config, Connection, Event, Input, Role};
use bytes::{Buf, Bytes};
use std::{hint::black_box, io::IoSlice};

pub(crate) const PATHS: &[Path] = &[
    ("receive-alone-16", || receive(binary(16, 1))),
    ("receive-binary-16", || receive(binary(16, 16))),
    ("receive-binary-125", || receive(binary(125, 16))),
    ("receive-binary-1024", || receive(binary(1024, 16))),
    ("receive-binary-16384", || receive(binary(16 * 1024, 1))),
    ("receive-ascii-16", || receive(text(&"a".repeat(16)))),
    ("receive-ascii-125", || receive(text(&"a".repeat(125)))),
    ("receive-korean-16", || receive(text("안녕하세요."))),
    ("receive-korean-125", || receive(text(&format!("{}..", "한".repeat(41))))),
    ("receive-fragments-64", || receive(fragments(16, 64))),
    ("receive-fragments-1024", || receive(fragments(1024, 64))),
    ("echo-16", || echo(binary(16, 16))),
    ("echo-1024", || echo(binary(1024, 16))),
    ("echo-16384", || echo(binary(16 * 1024, 4))),
    ("client-send-16", || send(Role::Client, &[7; 16])),
    ("client-send-125", || send(Role::Client, &[7; 125])),
    ("client-send-1024", || send(Role::Client, &[7; 1024])),
    ("client-send-16384", || send(Role::Client, &[7; 16 * 1024])),
    ("client-send-message", || send_message(Role::Client, 125)),
    ("client-send-windows", || send_message(Role::Client, 1024 * 1024)),
    ("server-send-bytes", || server_send_bytes(chunk)),
    ("server-send-bytes-slices", || server_send_bytes(slices)),
    ("server-send-message", || send_message(Role::Server, 16 * 1024)),
];

pub(crate) fn connection(role: Role) -> Connection {
    Connection::new(role, Config::new(fixed))
}

/// What a client has queued.
pub(crate) fn written(mut client: Connection) -> Vec<u8> {
    let queued = client.buffered_amount();
    client.output().copy_to_bytes(queued).to_vec()
}

/// The frames of `count` binary messages.
fn binary(size: usize, count: usize) -> Vec<u8> {
    let mut client = connection(Role::Client);
    for _ in 0..count {
        client.send_binary(vec![7; size]).expect("there is room");
    }
    written(client)
}

fn text(text: &str) -> Vec<u8> {
    let mut client = connection(Role::Client);
    for _ in 0..16 {
        client.send_text(text).expect("there is room");
    }
    written(client)
}

/// One message in fragments.
fn fragments(count: usize, size: usize) -> Vec<u8> {
    let mut client = connection(Role::Client);
    for index in 1..=count {
        client.send_binary_chunk(vec![7; size], index == count).expect("there is room");
    }
    written(client)
}

/// Receives all that one read brought. The connection unmasks in place, so it gets a fresh copy each time.
fn receive(read: Vec<u8>) -> Box<dyn FnMut()> {
    let mut server = connection(Role::Server);
    let mut buffer = read.clone();
    Box::new(move || {
        buffer.copy_from_slice(&read);
        let mut input = Input::from(&mut buffer[..]);
        while let Some(event) = server.receive(&mut input) {
            assert!(matches!(black_box(event), Event::Binary(_) | Event::Text(_)));
        }
    })
}

fn echo(read: Vec<u8>) -> Box<dyn FnMut()> {
    let mut server = connection(Role::Server);
    let mut buffer = read.clone();
    Box::new(move || {
        buffer.copy_from_slice(&read);
        let mut input = Input::from(&mut buffer[..]);
        while let Some(event) = server.receive(&mut input) {
            if let Event::Binary(data) = event {
                server.send_binary(data).expect("there is room");
            }
        }
        black_box(server.output().chunk());
        server.output().advance(usize::MAX);
    })
}

fn send(role: Role, data: &'static [u8]) -> Box<dyn FnMut()> {
    let mut connection = connection(role);
    Box::new(move || {
        connection.send_binary(black_box(data)).expect("there is room");
        black_box(connection.output().chunk());
        connection.output().advance(usize::MAX);
    })
}

/// Sends a shared `Bytes`, and shows it to the driver by one of the methods that it has.
fn server_send_bytes(show: fn(&mut Connection)) -> Box<dyn FnMut()> {
    let data = Bytes::from(vec![7; 16 * 1024]);
    let mut server = connection(Role::Server);
    Box::new(move || {
        server.send_binary(black_box(&data).clone()).expect("there is room");
        show(&mut server);
        server.output().advance(usize::MAX);
    })
}

fn chunk(server: &mut Connection) {
    black_box(server.output().chunk());
}

fn slices(server: &mut Connection) {
    let output = server.output();
    let mut slices = [IoSlice::new(&[]); 16];
    black_box(output.chunks_vectored(&mut slices));
    black_box(&slices);
}

/// Sends an owned message, as the adapters do, and writes it with slices.
fn send_message(role: Role, size: usize) -> Box<dyn FnMut()> {
    let data = Bytes::from(vec![7; size]);
    let mut connection = connection(role);
    Box::new(move || {
        connection.send(black_box(&data).clone()).expect("there is room");
        while connection.buffered_amount() > 0 {
            let mut slices = [IoSlice::new(&[]); 16];
            let count = connection.output().io_slices(&mut slices);
            let written = black_box(&slices[..count]).iter().map(|slice| slice.len()).sum();
            connection.output().advance(written);
        }
    })
}
