//! The codec and the connection in memory: `cargo bench -p bowline-codec`.
#![expect(clippy::expect_used, reason = "a benchmark that cannot go on must stop")]

use bowline::{
    Config, Connection, Event, Input, Role,
    frame::{Expect, Header, MAX_HEADER_LEN, Opcode, mask},
};
use bytes::{Buf, Bytes};
use divan::{Bencher, black_box, counter::BytesCount};
use std::sync::Arc;

const SIZES: [usize; 6] = [16, 125, 1024, 16 * 1024, 64 * 1024, 1024 * 1024];

/// About as many bytes as one read brings, and at least one message.
const READ: usize = 16 * 1024;

fn main() {
    divan::main();
}

#[divan::bench]
fn header_decode(bencher: Bencher<'_, '_>) {
    let bytes = [0x82, 0xFE, 0x01, 0x00, 1, 2, 3, 4];
    bencher.bench(|| Header::decode(black_box(&bytes), &Expect::from(Role::Client)));
}

#[divan::bench]
fn header_encode(bencher: Bencher<'_, '_>) {
    let header = Header { fin: true, reserved: 0, opcode: Opcode::Binary, key: Some([1, 2, 3, 4]), payload_len: 256 };
    bencher.bench(|| {
        let mut bytes = [0; MAX_HEADER_LEN];
        (black_box(&header).encode(&mut bytes), bytes)
    });
}

#[divan::bench(args = SIZES)]
fn mask_in_place(bencher: Bencher<'_, '_>, size: usize) {
    let mut data = vec![7; size];
    bencher.counter(BytesCount::new(size)).bench_local(|| mask(black_box(&mut data), [1, 2, 3, 4]));
}

/// A connection with nothing but defaults, and the frames of one read for it.
fn receiving(size: usize, kind: Opcode, payload: &[u8]) -> (Connection, Vec<u8>) {
    let config = Arc::new(Config::default());
    let mut client = Connection::new(Role::Client, config.clone());
    for _ in 0..(READ / size).max(1) {
        let sent = match kind {
            Opcode::Text => client.send_text(str::from_utf8(payload).unwrap_or_default()),
            _ => client.send_binary(payload),
        };
        sent.expect("the frames of one read fit under the limit");
    }
    let queued = client.buffered_amount();
    (Connection::new(Role::Server, config.clone()), client.output().copy_to_bytes(queued).to_vec())
}

/// Receives all that one read brought, and passes each event to `handle`.
fn receive(bencher: Bencher<'_, '_>, kind: Opcode, payload: &[u8], handle: impl Fn(&mut Connection, Event<'_>)) {
    let (mut connection, read) = receiving(payload.len(), kind, payload);
    let mut buffer = read.clone();
    bencher.counter(BytesCount::new(read.len())).bench_local(|| {
        buffer.copy_from_slice(&read); // the connection unmasks in place
        let mut input = Input::from(&mut buffer[..]);
        while let Some(event) = connection.receive(&mut input) {
            handle(&mut connection, event);
        }
        connection.output().advance(usize::MAX);
    });
}

#[divan::bench(args = SIZES)]
fn receive_binary(bencher: Bencher<'_, '_>, size: usize) {
    receive(bencher, Opcode::Binary, &vec![7; size], |_, event| drop(black_box(event)));
}

#[divan::bench(args = SIZES)]
fn receive_ascii(bencher: Bencher<'_, '_>, size: usize) {
    receive(bencher, Opcode::Text, "a".repeat(size).as_bytes(), |_, event| drop(black_box(event)));
}

#[divan::bench(args = SIZES)]
fn receive_korean(bencher: Bencher<'_, '_>, size: usize) {
    receive(bencher, Opcode::Text, "한".repeat(size / 3).as_bytes(), |_, event| drop(black_box(event)));
}

#[divan::bench(args = SIZES)]
fn echo_binary(bencher: Bencher<'_, '_>, size: usize) {
    receive(bencher, Opcode::Binary, &vec![7; size], |connection, event| {
        if let Event::Binary(data) = event {
            connection.send_binary(data).expect("the echo fits under the limit");
        }
    });
}

#[divan::bench(args = SIZES)]
fn client_send(bencher: Bencher<'_, '_>, size: usize) {
    let mut connection = Connection::new(Role::Client, Config::default());
    let data = vec![7; size];
    bencher.counter(BytesCount::new(size)).bench_local(|| {
        connection.send_binary(black_box(&data)).expect("there is room");
        connection.output().advance(usize::MAX);
    });
}

#[divan::bench(args = SIZES)]
fn server_send_bytes(bencher: Bencher<'_, '_>, size: usize) {
    let mut connection = Connection::new(Role::Server, Config::default());
    let data = Bytes::from(vec![7; size]);
    bencher.bench_local(|| {
        connection.send_binary(data.clone()).expect("there is room");
        connection.output().advance(usize::MAX);
    });
}
