//! What compression holds (RFC 7692): nothing between messages without context takeover, and else what the docs say.

use crate::{
    ROLES,
    held::{Held, KIB, MIB, frame_to},
    miniz::Compressor,
};
use bowline::{
    Cause, Config, Connection, Delivery, Event, Input, Role, Timestamp, client,
    deflate::Options,
    server::{self, Accept},
};
use bytes::Buf;
use miniz_oxide::MZFlush;
use std::{sync::Arc, thread, time::Duration};

const TAKEOVER: &str = "permessage-deflate";
const NO_CONTEXT_TAKEOVER: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// What comes out at a time, at the most.
const CHUNK: usize = 16 * KIB;

/// The payload of a compressed message.
fn deflated(data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    Compressor::new(9).add(data, MZFlush::Sync, &mut payload);
    payload.truncate(payload.strip_suffix(&[0, 0, 0xFF, 0xFF]).unwrap().len());
    payload
}

/// A configuration in which all but empty messages are compressed.
fn config(change: impl FnOnce(&mut Config, &mut Options)) -> Arc<Config> {
    let (mut config, mut options) = (Config::new(|| super::KEY), Options::default());
    (config.deadlines.ping, config.deadlines.pong) = (None, None);
    options.threshold = 0;
    change(&mut config, &mut options);
    config.deflate = Some(options);
    Arc::new(config)
}

/// A connection that has shaken hands on this, has nothing on the heap, and is observed from now on. This thread has its scratch
/// memory already.
fn agreed(role: Role, config: &Arc<Config>, params: &str) -> Held {
    let mut first = observed(Role::Server, &self::config(|_, _| {}), NO_CONTEXT_TAKEOVER);
    first.receive(&mut frame_to(Role::Server, 0xC2, &deflated(b"first")));
    observed(role, config, params)
}

/// The same, whether this thread has its scratch memory or not.
fn observed(role: Role, config: &Arc<Config>, params: &str) -> Held {
    let mut connection = match role {
        Role::Server => accept(config, &request(params)),
        Role::Client => connect(config, params),
    };
    let queued = connection.buffered_amount();
    connection.output().advance(queued);
    for second in [0, 2, 4] {
        let _ = connection.tick(Timestamp::since_origin(Duration::from_secs(second)));
    }
    assert_eq!(connection.deflate().unwrap().to_string(), params);
    Held::opened(connection)
}

fn request(params: &str) -> Vec<u8> {
    format!(
        "GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Extensions: {params}\r\n\r\n"
    )
    .into_bytes()
}

fn accept(config: &Arc<Config>, request: &[u8]) -> Connection {
    match server::Handshake::new(config.clone()).receive(&mut Input::from(&mut request.to_vec())) {
        server::Progress::Request(request) => request.accept(&Accept::any_origin()).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn connect(config: &Arc<Config>, params: &str) -> Connection {
    let mut handshake = client::Handshake::new(client::Request::from_uri("ws://example.com/").unwrap(), config.clone());
    let len = handshake.output().remaining();
    let asked = handshake.output().copy_to_bytes(len);
    let mut server = accept(&Arc::default(), &asked);
    let len = server.buffered_amount();
    let answer = server.output().copy_to_bytes(len);
    let head = answer.strip_suffix(b"\r\n").unwrap();
    let mut answer = [head, format!("Sec-WebSocket-Extensions: {params}\r\n\r\n").as_bytes()].concat();
    match handshake.receive(&mut Input::from(&mut answer[..])) {
        client::Progress::Connected(connection, _) => connection,
        other => panic!("{other:?}"),
    }
}

fn echo(held: &mut Held, bytes: &mut [u8]) -> usize {
    held.with(|connection| {
        let (mut input, mut count) = (Input::from(bytes), 0);
        while let Some(event) = connection.receive(&mut input) {
            match event {
                Event::Text(text) => connection.send_text(text).unwrap(),
                Event::Binary(data) => connection.send_binary(data).unwrap(),
                Event::TextChunk { text, last } => connection.send_text_chunk(text, last).unwrap(),
                Event::BinaryChunk { data, last } => connection.send_binary_chunk(data, last).unwrap(),
                other => panic!("{other:?}"),
            }
            count += 1;
        }
        count
    })
}

/// Writes what is queued, and lets two seconds pass.
fn rest(held: &mut Held) {
    held.drain();
    held.tick(10_000);
    held.tick(12_000);
}

/// Without context takeover a connection that has echoed compressed messages holds nothing afterwards, like one without compression. What
/// it needed waits for the next message, of whichever connection.
#[test]
fn an_idle_connection_without_takeover_has_no_heap() {
    for role in ROLES {
        for delivery in [Delivery::Messages, Delivery::Chunks] {
            let config = config(|config, _| config.delivery = delivery);
            // The first brings what all share.
            let mut first = agreed(role, &config, NO_CONTEXT_TAKEOVER);
            echo(&mut first, &mut frame_to(role, 0xC2, &deflated(&[b'a'; 1000])));
            for len in [1, 125, KIB, 16 * KIB, 100 * KIB] {
                for opcode in [0xC1, 0xC2] {
                    for cut in [usize::MAX, 10] {
                        let mut held = agreed(role, &config, NO_CONTEXT_TAKEOVER);
                        for piece in frame_to(role, opcode, &deflated(&vec![b'a'; len])).chunks_mut(cut) {
                            echo(&mut held, piece);
                        }
                        assert!(held.connection.buffered_amount() > 0, "no echo");
                        rest(&mut held);
                        held.assert_empty();
                    }
                }
            }
        }
    }
}

/// Nothing is built before it is needed: not by the handshake, nor by messages that are not compressed.
#[test]
fn nothing_before_the_first_compressed_message() {
    for role in ROLES {
        let config = config(|_, options| options.threshold = 1000);
        let mut held = agreed(role, &config, TAKEOVER);
        for opcode in [0x81, 0x82] {
            assert_eq!(echo(&mut held, &mut frame_to(role, opcode, &[b'a'; 999])), 1);
            rest(&mut held);
            held.assert_empty();
        }
        // Nor by compressed ones that are empty.
        assert_eq!(echo(&mut held, &mut frame_to(role, 0xC2, &[])), 1);
        rest(&mut held);
        held.assert_empty();
    }
}

/// What decompressing takes, in bytes, as the docs of `deflate` say, rounded.
const DECOMPRESSING: usize = 48_000;

/// The most that is kept of what was compressed, in bytes.
const HISTORY: usize = 8 * KIB;

/// What compressing takes with a window of so many bits and a memory level: those of the docs first.
const COMPRESSING: [(u8, u8, usize); 5] =
    [(15, 8, 380_000), (11, 4, 150_000), (9, 1, 137_000), (15, 9, 495_000), (12, 5, 165_000)];

/// What the list of the pool takes, in bytes.
const POOL: usize = 4 * size_of::<usize>();

#[track_caller]
fn assert_about(bytes: usize, expected: usize) {
    assert!(bytes <= expected + expected / 100, "{bytes} bytes, and not {expected}");
    assert!(bytes >= expected - expected / 20, "only {bytes} bytes, and not {expected}: the docs can say so");
}

/// [T-19] Decompressing costs the same whatever the window, from the first message on, and not a byte more with the next ones.
#[test]
fn the_cost_of_decompressing() {
    for role in ROLES {
        let own = if role == Role::Server { "client" } else { "server" };
        for params in [TAKEOVER.into(), format!("{TAKEOVER}; {own}_max_window_bits=9")] {
            let mut held = agreed(role, &config(|_, _| {}), &params);
            held.receive(&mut frame_to(role, 0xC2, &deflated(&[b'a'; 1000])));
            assert_about(held.bytes, DECOMPRESSING);
            let before = held.bytes;
            for len in [1, 1000, 100 * KIB] {
                held.receive(&mut frame_to(role, 0xC1, &deflated(&vec![b'a'; len])));
                assert_eq!(held.bytes, before);
            }
        }
    }
}

/// [T-11] Two seconds after the last message, a connection with context takeover and the defaults holds less than 60 kB, whether it
/// has echoed one message or many long ones, and the next message refers to the last ones all the same.
#[test]
fn an_idle_connection_with_takeover() {
    for role in ROLES {
        let config = config(|_, _| {});
        // The first one leaves its compressor to all.
        let mut first = agreed(role, &config, TAKEOVER);
        echo(&mut first, &mut frame_to(role, 0xC2, &deflated(&[b'a'; 1000])));
        rest(&mut first);
        for (count, len) in [(1, 1000), (1, 100 * KIB), (100, 10 * KIB)] {
            let mut held = agreed(role, &config, TAKEOVER);
            let (mut compressor, mut payload) = (Compressor::new(6), Vec::new());
            let mut state = 1_u32;
            let mut message = || -> Vec<u8> {
                let mut next = || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    b'a' + (state >> 24) as u8 % 26
                };
                (0..len).map(|_| next()).collect()
            };
            let mut last = Vec::new();
            for _ in 0..count {
                last = message();
                payload.clear();
                compressor.add(&last, MZFlush::Sync, &mut payload);
                payload.truncate(payload.len() - 4);
                assert_eq!(echo(&mut held, &mut frame_to(role, 0xC1, &payload)), 1);
                assert!(held.connection.buffered_amount() < len, "the echo is not compressed");
                held.drain();
            }
            rest(&mut held);
            assert!(held.bytes < 60_000, "{count} messages of {len} bytes: {} bytes are held", held.bytes);

            let end = String::from_utf8(last[last.len() - 500..].to_vec()).unwrap();
            held.with(|connection| connection.send_text(end).unwrap());
            assert!(held.connection.buffered_amount() < 30, "it does not refer to the message before");
            rest(&mut held); // its compressor is the one of all
        }
    }
}

/// Connections with context takeover that send one message now and then share a compressor: a hundred that have just echoed hold
/// what decompresses, and what was compressed. With a second message within a second, one gets a compressor of its own.
#[test]
fn now_and_then() {
    for role in ROLES {
        let config = config(|_, _| {});
        let mut first = agreed(role, &config, TAKEOVER);
        echo(&mut first, &mut frame_to(role, 0xC2, &deflated(&[b'a'; 1000])));
        for _ in 0..100 {
            let mut held = agreed(role, &config, TAKEOVER);
            for _ in 0..2 {
                held.receive(&mut frame_to(role, 0xC2, &deflated(&[b'a'; 1000])));
                held.with(|connection| connection.send_text("a".repeat(1000)).unwrap());
                held.drain();
                assert!(held.bytes < 60_000, "{} bytes after a message", held.bytes);
                rest(&mut held);
                assert!(held.bytes < 60_000, "{} bytes", held.bytes);
            }
        }
        // The first of two busy ones takes the compressor of all.
        let busy = [(); 2].map(|()| {
            let mut held = agreed(role, &config, TAKEOVER);
            for _ in 0..2 {
                echo(&mut held, &mut frame_to(role, 0xC2, &deflated(&[b'a'; 1000])));
                held.drain();
            }
            held
        });
        assert!(busy[0].bytes < 60_000 && busy[1].bytes > COMPRESSING[0].2);
    }
}

/// What is compressed and decompressed goes through the thread's scratch memory: it is allocated once for each thread, and no connection
/// holds it.
#[test]
fn one_chunk_for_each_thread() {
    for role in ROLES {
        thread::spawn(move || {
            let config = config(|_, _| {});
            let used = |held: &mut Held| {
                held.receive(&mut frame_to(role, 0xC2, &deflated(&[b'a'; 1000])));
                // From the second one on, it keeps its compressor.
                for _ in 0..2 {
                    held.with(|connection| connection.send_text("a".repeat(1000)).unwrap());
                    held.drain();
                }
                held.bytes
            };
            let (mut first, mut second) = (observed(role, &config, TAKEOVER), observed(role, &config, TAKEOVER));
            let (of_first, of_second) = (used(&mut first), used(&mut second));
            assert_eq!(of_first, of_second + CHUNK + POOL);
            assert_about(of_second, DECOMPRESSING + COMPRESSING[0].2);
        })
        .join()
        .unwrap();
    }
}

/// [T-11] Compressing costs what window and memory level make of it.
#[test]
fn the_cost_of_compressing() {
    for role in ROLES {
        for (window_bits, memory_level, expected) in COMPRESSING {
            let config = config(|_, options| (options.window_bits, options.memory_level) = (window_bits, memory_level));
            let params = match (role, window_bits) {
                (Role::Server, ..15) => format!("{TAKEOVER}; server_max_window_bits={window_bits}"),
                _ => TAKEOVER.into(),
            };
            let mut held = agreed(role, &config, &params);
            for len in [1000, 100 * KIB] {
                held.with(|connection| connection.send_text("a".repeat(len)).unwrap());
                assert!(held.connection.buffered_amount() < len);
                held.drain();
                let history = len.min(1 << window_bits).min(HISTORY);
                assert_about(held.bytes - history, expected);
            }
            // Once a connection is idle, it has only what the window can hold. The compressor is in the pool, for all.
            rest(&mut held);
            for len in [22, 1000, 100 * KIB] {
                let mut another = agreed(role, &config, &params);
                for _ in 0..3 {
                    another.with(|connection| connection.send_text("a".repeat(len)).unwrap());
                    rest(&mut another);
                    assert!(
                        another.bytes <= (6 * len).min(1 << window_bits).min(HISTORY) + 100,
                        "{} bytes",
                        another.bytes
                    );
                }
                for _ in 0..3 {
                    // It can still refer to the earlier messages.
                    another.with(|connection| connection.send_text("a".repeat(1000)).unwrap());
                    assert!(another.connection.buffered_amount() < 30);
                    another.drain();
                }
                rest(&mut another);
            }
        }
    }
}

/// [R-06] [T-27] A bomb makes a connection hold the limit and the decompressor at the most, and at each step no more than twice what
/// has come out: in one frame or in many, whole or byte by byte.
#[test]
fn bombs() {
    let limit = 256 * KIB;
    let bomb = deflated(&vec![b'a'; 4 * MIB]);
    assert!(bomb.len() < 5000);
    for role in ROLES {
        for opcode in [1, 2] {
            for params in [TAKEOVER, NO_CONTEXT_TAKEOVER] {
                for frame in [bomb.len(), 100, 1] {
                    for cut in [1, 7, usize::MAX] {
                        let config = config(|config, _| config.limits.message = limit);
                        let mut held = agreed(role, &config, params);
                        let mut events = 0;
                        for (index, part) in bomb.chunks(frame).enumerate() {
                            let first = if index == 0 { 0x40 | opcode } else { 0 };
                            for piece in frame_to(role, first, part).chunks_mut(cut) {
                                events += held.receive(piece);
                                // A byte of it is a kilobyte at the most: no step is left out.
                                assert!(held.bytes <= limit + CHUNK + DECOMPRESSING, "{} bytes", held.bytes);
                            }
                        }
                        assert_eq!(events, 1, "it is refused");
                        let cause = held.connection.closure().unwrap().cause();
                        assert!(matches!(cause, Cause::Protocol(error) if error.close_code().get() == 1009));
                        // To grow, an allocator may have to move what there is; it is there twice for that long.
                        assert!(held.peak <= 2 * limit + CHUNK + DECOMPRESSING, "{} bytes", held.peak);
                        held.drain();
                        assert!(held.bytes <= KIB, "{} bytes are left", held.bytes);
                    }
                }
            }
        }
    }
}

/// Memory follows what has come out, not the limit: a message of a few bytes costs a few bytes.
#[test]
fn memory_follows_what_has_come_out() {
    let whole: Vec<u8> = (0..100 * KIB).map(|index| (index * index / 7) as u8).collect();
    let payload = deflated(&whole);
    for role in ROLES {
        for opcode in [0xC1, 0xC2] {
            let data = if opcode == 0xC1 { vec![b'a'; 100 * KIB] } else { whole.clone() };
            let payload = if opcode == 0xC1 { deflated(&data) } else { payload.clone() };
            let mut held = agreed(role, &config(|_, _| {}), NO_CONTEXT_TAKEOVER);
            for (index, byte) in frame_to(role, opcode, &payload).iter_mut().enumerate() {
                held.receive(&mut [*byte]);
                // At a ratio of 1032 to 1 at the most (RFC 1951 §3.2.5: 258 bytes for two bits).
                let out = (index * 1032).min(data.len());
                assert!(held.bytes <= 2 * out + KIB + DECOMPRESSING, "{} bytes after {index}", held.bytes);
            }
        }
    }
}

/// [T-27] With `Delivery::Chunks` a message of any size takes the decompressor and a chunk.
#[test]
fn chunks_hold_a_chunk() {
    let len = 16 * MIB;
    for role in ROLES {
        for opcode in [0xC1, 0xC2] {
            for params in [TAKEOVER, NO_CONTEXT_TAKEOVER] {
                for cut in [1, usize::MAX] {
                    let config = config(|config, _| config.delivery = Delivery::Chunks);
                    let mut held = agreed(role, &config, params);
                    let mut chunks = 0;
                    for piece in frame_to(role, opcode, &deflated(&vec![b'a'; len])).chunks_mut(cut) {
                        chunks += held.receive(piece);
                    }
                    assert!(chunks >= len / CHUNK);
                    assert!(held.peak <= DECOMPRESSING + 2 * CHUNK, "{} bytes", held.peak);
                }
            }
        }
    }
}

/// After a failure, a Close frame or the end of the stream nothing is decompressed any more, and what is needed for that is
/// released.
#[test]
fn an_end_releases_what_decompresses() {
    type End = fn(&mut Held, Role);
    let ends: [(&str, End); 5] = [
        ("violation", |held, role| assert_eq!(held.receive(&mut frame_to(role, 0x83, b"")), 1)),
        ("bad data", |held, role| assert_eq!(held.receive(&mut frame_to(role, 0xC1, &[7])), 1)),
        ("close", |held, role| assert_eq!(held.receive(&mut frame_to(role, 0x88, b"\x03\xe8")), 1)),
        ("end of the stream", |held, _| held.with(Connection::receive_eof)),
        ("transport", |held, _| held.with(Connection::transport_failed)),
    ];
    for role in ROLES {
        for (name, end) in ends {
            let config = config(|_, _| {});
            // The first one leaves its compressor to all.
            let mut first = agreed(role, &config, TAKEOVER);
            echo(&mut first, &mut frame_to(role, 0xC1, &deflated(&[b'a'; 1000])));
            let mut held = agreed(role, &config, TAKEOVER);
            echo(&mut held, &mut frame_to(role, 0xC1, &deflated(&[b'a'; 1000])));
            assert!(held.bytes > DECOMPRESSING);
            end(&mut held, role);
            rest(&mut held);
            assert!(held.bytes <= KIB, "{name}: {} bytes are left", held.bytes);
        }
    }
}

/// A thousand connections that break off, each in the middle of a compressed message in both directions, leave nothing behind.
#[test]
fn a_thousand_broken_connections() {
    let config = config(|_, _| {});
    for role in ROLES {
        let mut counts = Vec::new();
        for _ in 0..2 {
            let info = allocation_counter::measure(|| {
                for _ in 0..500 {
                    let mut held = observed(role, &config, TAKEOVER);
                    let frame = frame_to(role, 0xC2, &deflated(&vec![7; 10_000]));
                    held.receive(&mut frame[..frame.len() / 2].to_vec());
                    held.connection.send_binary_chunk(vec![1; 10_000], false).unwrap();
                    held.connection.output().advance(10);
                }
            });
            counts.push(info.bytes_current);
        }
        assert_eq!(counts[1], 0, "{role:?}: the first five hundred may fill what the thread keeps: {counts:?}");
    }
}

/// The last message in either direction is not kept until the next one. What is compressed first leaves the compressor to its thread.
#[test]
fn the_last_message_is_not_kept() {
    let config = config(|_, options| options.context_takeover = false);
    for role in ROLES {
        let mut held = observed(role, &config, NO_CONTEXT_TAKEOVER);
        for len in [KIB, 5 * MIB] {
            held.bytes = 0;
            held.with(|connection| connection.send_binary(vec![7; len]).unwrap());
            held.receive(&mut frame_to(role, 0xC2, &deflated(&vec![7; len])));
            held.tick(10_000);
            held.drain();
            held.tick(11_000);
            held.tick(13_000);
        }
        held.assert_empty();
    }
}
