//! What a connection holds, and what it costs: every allocation of the thread is counted.
//!
//! The memory bound: at most twice the payload received of the message that is coming in and 1 KiB, and never more than the
//! limit on messages and 1 KiB. A declared length counts for nothing.

#![expect(clippy::cast_possible_truncation, reason = "test data is built from counters")]
#![expect(
    clippy::decimal_bitwise_operands,
    reason = "126 and 127 are what RFC 6455 calls the lengths in two and eight bytes"
)]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "that is how helpers of tests fail")]
#![cfg_attr(feature = "deflate", expect(clippy::panic, reason = "that is how helpers of tests fail"))]

#[cfg(feature = "deflate")]
mod deflate;
mod held;
#[cfg(feature = "deflate")]
#[path = "../suite/miniz.rs"]
#[expect(dead_code, reason = "a kit for several binaries")]
mod miniz;

use bowline::{Connection, Delivery, Event, Input, Role};
use bytes::{Buf, Bytes};
use held::{Held, KEY, KIB, MIB, frame_to, header_to};

const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// An idle connection holds nothing: neither at first, nor after an echo, once that is written and a second has passed.
#[test]
fn an_idle_connection_has_no_heap() {
    assert!(size_of::<Connection>() < 400);
    for role in ROLES {
        for len in [0, 16, 125, KIB, 16 * KIB, 100 * KIB] {
            for cut in [usize::MAX, 1000] {
                let mut held = Held::new(role, |_| {});
                held.assert_empty();
                held.tick(0);
                held.assert_empty();
                for piece in frame_to(role, 0x82, &vec![1; len]).chunks_mut(cut) {
                    held.with(|connection| {
                        let mut input = Input::from(piece);
                        while let Some(event) = connection.receive(&mut input) {
                            if let Event::Binary(data) = event {
                                connection.send_binary(data).unwrap();
                            }
                        }
                    });
                }
                held.receive(&mut frame_to(role, 0x89, b"ping"));
                held.tick(10);
                assert!(held.connection.buffered_amount() > len, "no echo");
                held.drain();
                held.tick(1000);
                held.tick(2100);
                held.assert_empty();
            }
        }
    }
}

/// A message that lies whole in the read buffer costs no allocation: received or echoed, text or binary, of any size,
/// once the space for the replies is there.
#[test]
fn no_allocation_for_each_message() {
    for role in ROLES {
        for first in [0x81, 0x82] {
            for len in [0, 16, 125, KIB, 16 * KIB] {
                let frame = frame_to(role, first, &vec![b'a'; len]);
                let mut buffer = frame.clone();
                for (echoes, pings) in [(false, false), (true, false), (true, true)] {
                    let mut held = Held::new(role, |_| {});
                    let mut ping = frame_to(role, 0x89, b"ping");
                    for round in 0..20 {
                        let before = held.allocations;
                        buffer.copy_from_slice(&frame);
                        let mut input = Input::from(&mut buffer[..]);
                        let received = held.with(|connection| {
                            let event = connection.receive(&mut input).unwrap();
                            let received = match &event {
                                Event::Text(text) => text.len(),
                                Event::Binary(data) => data.len(),
                                _ => usize::MAX,
                            };
                            match event {
                                Event::Text(text) if echoes => connection.send_text(text).unwrap(),
                                Event::Binary(data) if echoes => connection.send_binary(data).unwrap(),
                                _ => {}
                            }
                            received
                        });
                        assert_eq!(received, len);
                        assert_eq!(held.connection.buffered_amount() > 0, echoes);
                        held.drain();
                        if pings {
                            ping.clone_from(&frame_to(role, 0x89, b"ping"));
                            assert_eq!(held.receive(&mut ping), 1);
                            held.drain();
                        }
                        let warm = round > 2;
                        assert!(!warm || held.allocations == before, "{len} bytes, echoed: {echoes}, pings: {pings}");
                    }
                    if !echoes {
                        assert_eq!(held.allocations, 0);
                    }
                }
            }
        }
    }
}

/// A writer that keeps what it writes costs one allocation, that of the handle, once the space for the replies is there: it
/// comes back when the handle is gone and all is written.
#[test]
fn one_allocation_for_each_handle() {
    for role in ROLES {
        for len in [0, 125, KIB, 16 * KIB] {
            let mut held = Held::new(role, |_| {});
            let message = vec![1; len];
            for round in 0..20 {
                let before = held.allocations;
                held.with(|connection| {
                    connection.send_binary(&message[..]).unwrap();
                    let handle = connection.output().front().unwrap();
                    let written = handle.len();
                    assert_eq!(written, connection.buffered_amount());
                    drop(handle);
                    connection.output().advance(written);
                });
                let count = held.allocations - before;
                assert!(round < 3 || count <= 1, "{len} bytes: {count} allocations");
            }
            held.tick(0);
            held.tick(2100);
            held.assert_empty();
        }
    }
}

/// [R-01] [I-20] A header is worth nothing: neither of 15 MiB nor of 2^40 and more, if the limits allow that.
#[test]
fn a_declared_length_costs_nothing() {
    for role in ROLES {
        for first in [0x81, 0x82, 0x01, 0x02] {
            for delivery in [Delivery::Messages, Delivery::Chunks] {
                for len in [15 * MIB as u64, 1 << 40, i64::MAX as u64] {
                    let mut held = Held::new(role, |config| {
                        config.delivery = delivery;
                        (config.limits.frame, config.limits.message) = (usize::MAX, usize::MAX);
                    });
                    assert_eq!(held.receive(&mut header_to(role, first, len)), 0);
                    held.assert_bounded(0, usize::MAX);
                    held.with(|connection| assert!(connection.direct_read(|_| ()).is_none()));
                    held.receive(&mut [b'a' ^ KEY[0]]);
                    held.assert_bounded(1, usize::MAX);
                }
            }
        }
    }
}

/// How a message comes in.
#[derive(Clone, Copy, Debug)]
struct Trickle {
    first: u8,
    /// The payload of all its frames, and of each but the last.
    len: usize,
    frame: usize,
    /// The bytes that a read brings.
    read: usize,
    /// Whether the driver uses direct reads, of the same size.
    direct: bool,
}

impl Trickle {
    fn bytes_to(self, role: Role) -> Vec<u8> {
        let data = vec![b'a'; self.len];
        let mut bytes = Vec::new();
        let count = self.len.div_ceil(self.frame);
        for (i, part) in data.chunks(self.frame).enumerate() {
            let fin = if i + 1 == count { 0x80 } else { 0 };
            bytes.extend(frame_to(role, fin | if i == 0 { self.first } else { 0 }, part));
        }
        bytes
    }

    /// Receives it, and asserts the bound at every step; what was allocated on the way is returned.
    fn run(self, role: Role, limit: usize) -> Held {
        let mut held = Held::new(role, |config| config.limits.message = limit);
        let mut bytes = self.bytes_to(role);
        let (mut rest, mut received, mut events) = (&mut bytes[..], 0, 0);
        while !rest.is_empty() {
            let (now, later) = rest.split_at_mut(self.read.min(rest.len()));
            let read = held.with(|connection| {
                let read = self.direct.then(|| connection.direct_read(|space| space.read_from(&now[..]).unwrap()));
                read.flatten().unwrap_or(0)
            });
            received += now.len();
            events += held.receive(&mut now[read..]);
            if events == 0 {
                // The headers do not count.
                let in_frame = self.frame + header_to(role, 0, self.frame as u64).len();
                let payload =
                    received / in_frame * self.frame + (received % in_frame).saturating_sub(in_frame - self.frame);
                held.assert_bounded(payload, limit);
            }
            rest = later;
        }
        assert_eq!(events, 1, "{self:?}");
        held.assert_empty();
        held
    }
}

/// While a message trickles in, the bound holds at each step; when it has been delivered and dropped, nothing is left.
#[test]
fn memory_follows_what_has_come() {
    let limit = 64 * KIB;
    for role in ROLES {
        for first in [1, 2] {
            for direct in [false, true] {
                for read in [1, 100, 16 * KIB] {
                    for frame in [limit, 10_000] {
                        Trickle { first, len: limit, frame, read, direct }.run(role, limit);
                    }
                }
            }
            for read in [1, 100, 16 * KIB] {
                Trickle { first, len: 100_000, frame: 1, read, direct: false }.run(role, MIB);
            }
        }
    }
}

/// A message that was put together holds what it is, twice at the most; one that lay in the read buffer holds
/// nothing.
#[test]
fn a_received_message_holds_no_more_than_itself() {
    for role in ROLES {
        for first in [0x81, 0x82] {
            for len in [10, 1000, 100 * KIB] {
                for read in [7, 1400, usize::MAX] {
                    let mut held = Held::new(role, |_| {});
                    let mut bytes = frame_to(role, first, &vec![b'a'; len]);
                    let mut message = None;
                    for piece in bytes.chunks_mut(read) {
                        let mut input = Input::from(piece);
                        held.with(|connection| message = connection.receive(&mut input));
                    }
                    assert!(message.is_some());
                    let most = if read == usize::MAX { 0 } else { 2 * len + KIB };
                    assert!(held.bytes <= most, "{} bytes for a message of {len}", held.bytes);
                    held.with(|_| drop(message));
                    held.assert_empty();
                }
            }
        }
    }
}

/// Work is linear: what is allocated in all, which bounds what is moved, is in proportion to the message, however it
/// comes; and the number of allocations grows with its logarithm.
#[test]
fn growth_is_linear() {
    for role in ROLES {
        for first in [1, 2] {
            for direct in [false, true] {
                for (len, frame, read) in
                    [(MIB, MIB, 1400), (MIB, 100, 4096), (100_000, 100_000, 1), (100_000, 1, 4096)]
                {
                    let held = Trickle { first, len, frame, read, direct }.run(role, MIB);
                    let Held { allocated, allocations, .. } = held;
                    assert!(allocated <= 3 * len as u64 + KIB as u64, "{allocated} bytes in all for {len}");
                    assert!(allocations <= len.ilog2().into(), "{allocations} allocations for {len} bytes");
                }
            }
        }
    }
}

/// The last growth of a message comes when about half of it has arrived, however much a read brings: in all, no more is moved than the
/// message.
#[test]
fn growth_moves_a_message_once() {
    for role in ROLES {
        for first in [1, 2] {
            for read in [1400, 16 * KIB, 64 * KIB, 100_000] {
                let held = Trickle { first, len: MIB, frame: MIB, read, direct: false }.run(role, 16 * MIB);
                assert!(held.allocated <= 2 * MIB as u64, "{} bytes in reads of {read}", held.allocated);
            }
        }
    }
}

/// Large borrowed messages are copied once: the memory of the queue is not moved to make place for the next one.
#[test]
fn queued_messages_are_not_moved() {
    let data = [7; 16 * KIB];
    let mut held = Held::new(Role::Server, |_| {});
    for _ in 0..8 {
        held.with(|connection| connection.send_binary(&data[..]).unwrap());
    }
    assert!(held.allocated <= (8 * data.len() + 2 * KIB) as u64, "{} bytes", held.allocated);
}

/// [L-13] [L-07] Pings to a peer that never reads, also in the middle of a message: what is held does not grow.
#[test]
fn pings_that_nobody_reads_answers_to() {
    for role in ROLES {
        for payload in [&b""[..], &[7; 125]] {
            for message in [None, Some(0x01)] {
                let mut held = Held::new(role, |_| {});
                if let Some(first) = message {
                    held.receive(&mut frame_to(role, first, b"begun"));
                }
                let frame = frame_to(role, 0x89, payload);
                let mut buffer = frame.clone();
                let mut at_first = 0;
                for round in 0..100_000 {
                    buffer.copy_from_slice(&frame);
                    assert_eq!(held.receive(&mut buffer), 1);
                    if round == 1000 {
                        at_first = held.bytes;
                    }
                }
                assert_eq!(held.bytes, at_first);
                assert!(held.bytes <= 2 * KIB, "{} bytes", held.bytes);
                assert!(held.connection.buffered_amount() <= KIB);
            }
        }
    }
}

/// [L-09] Pongs leave nothing and cost nothing, nor do those that come in two reads leave anything.
#[test]
fn a_flood_of_pongs() {
    for role in ROLES {
        let frame = frame_to(role, 0x8A, &[7; 125]);
        let mut buffer = frame.clone();
        let mut held = Held::new(role, |_| {});
        for _ in 0..100_000 {
            buffer.copy_from_slice(&frame);
            assert_eq!(held.receive(&mut buffer), 1);
        }
        assert_eq!(held.allocations, 0);
        for _ in 0..1000 {
            buffer.copy_from_slice(&frame);
            let (first, second) = buffer.split_at_mut(70);
            assert_eq!((held.receive(first), held.receive(second)), (0, 1));
            held.assert_empty();
        }
    }
}

/// A control frame that comes in two reads, cut anywhere, leaves nothing behind, and so it is for one byte at a time.
#[test]
fn control_frames_in_pieces_leave_nothing() {
    for role in ROLES {
        for first in [0x89, 0x8A] {
            let frame = frame_to(role, first, &[7; 125]);
            for cut in 1..frame.len() {
                let mut held = Held::new(role, |_| {});
                let mut buffer = frame.clone();
                let (start, rest) = buffer.split_at_mut(cut);
                assert_eq!((held.receive(start), held.receive(rest)), (0, 1));
                held.drain();
                held.tick(0);
                held.tick(1100);
                assert_eq!(held.bytes, 0, "cut after {cut}");
            }
            let mut held = Held::new(role, |_| {});
            for byte in frame {
                held.receive(&mut [byte]);
                held.assert_bounded(0, 0);
            }
        }
    }
}

/// With `Delivery::Chunks` nothing is held of a message but a character that is cut, and that not on the heap.
#[test]
fn chunks_hold_nothing() {
    for role in ROLES {
        for first in [0x81, 0x82, 0x01, 0x02] {
            let mut held = Held::new(role, |config| config.delivery = Delivery::Chunks);
            let mut bytes = frame_to(role, first, "한".repeat(100_000).as_bytes());
            for piece in bytes.chunks_mut(1000) {
                held.receive(piece);
                held.assert_empty();
            }
            assert!(held.allocated < 301_000 + 1000, "{} bytes were allocated", held.allocated);
        }
    }
}

/// Of a large payload that a client owns no more than a window is masked at a time, and nothing is left of it.
#[test]
fn a_large_payload_is_masked_in_a_window() {
    let payload = Bytes::from(vec![7; MIB]);
    let mut held = Held::new(Role::Client, |_| {});
    held.tick(0);
    let given = payload.clone();
    held.with(|connection| connection.send_binary(given).unwrap());
    while held.connection.buffered_amount() > 0 {
        assert!(held.bytes <= 18 * KIB, "{} bytes are held", held.bytes);
        held.with(|connection| connection.output().advance(10_000));
    }
    held.tick(1000);
    held.tick(2100);
    held.assert_empty();
    assert!(payload.is_unique());
}

/// [K-13] Empty fragments are refused before there are many, and hold nothing; one-byte fragments hold what they bring.
#[test]
fn a_flood_of_empty_fragments() {
    for role in ROLES {
        for first in [1, 2] {
            let mut held = Held::new(role, |_| {});
            held.receive(&mut frame_to(role, first, b""));
            let empty = frame_to(role, 0, b"");
            let mut buffer = empty.clone();
            let mut failed_at = None;
            for round in 0..100_000 {
                buffer.copy_from_slice(&empty);
                if held.receive(&mut buffer) > 0 {
                    failed_at.get_or_insert(round);
                }
                held.assert_bounded(0, MIB);
            }
            assert_eq!(failed_at, Some(63));
        }
    }
}

/// After a failure, a Close frame or the end of the stream in the middle of a message, what was held of it is
/// released.
#[test]
fn an_end_in_the_middle_releases_the_message() {
    type End = fn(&mut Held, Role);
    let ends: [(&str, End); 5] = [
        ("violation", |held, role| assert_eq!(held.receive(&mut frame_to(role, 0x83, b"")), 1)),
        ("too much", |held, role| assert_eq!(held.receive(&mut header_to(role, 0, 16 * MIB as u64)), 1)),
        ("close", |held, role| assert_eq!(held.receive(&mut frame_to(role, 0x88, b"\x03\xe8")), 1)),
        ("end of the stream", |held, _| held.with(Connection::receive_eof)),
        ("transport", |held, _| held.with(Connection::transport_failed)),
    ];
    for role in ROLES {
        for first in [1, 2] {
            for (name, end) in ends {
                let mut held = Held::new(role, |_| {});
                for piece in frame_to(role, first, &vec![b'a'; 100 * KIB]).chunks_mut(1000) {
                    held.receive(piece);
                }
                assert!(held.bytes > 100 * KIB);
                end(&mut held, role);
                held.drain();
                assert!(held.bytes <= KIB, "{name}: {} bytes are left", held.bytes);
            }
        }
    }
}

/// The last frame of a message says what the message comes to: no more than that is taken, also where twice what has come is more.
#[test]
fn no_more_than_the_message_comes_to() {
    for role in ROLES {
        for opcode in [0x81, 0x82] {
            let mut held = Held::new(role, |_| {});
            let mut first = header_to(role, opcode, 100 * KIB as u64);
            let mut payload = vec![b'a'; 60 * KIB];
            if role == Role::Server {
                bowline::frame::mask(&mut payload, KEY);
            }
            first.extend(payload);
            assert_eq!(held.receive(&mut first), 0);
            assert!((60 * KIB..=100 * KIB).contains(&held.bytes), "{} bytes are held", held.bytes);
        }
    }
}
