//! The output: in order, each byte once, and pongs ahead of what waits, in a space of their own.

use crate::{
    common::{ROLES, connection, connection_with, frame_from, frame_to, receive, written},
    wire::plain,
};
use bowline::{Connection, Event, Prepared, Role, State};
use bytes::{Buf, Bytes};
use proptest::{collection::vec, prelude::*};
use std::io::IoSlice;

/// The bytes of all slices that the output shows.
fn shown(connection: &mut Connection) -> Vec<u8> {
    let mut slices = [IoSlice::new(&[]); 512];
    let output = connection.output();
    let count = output.chunks_vectored(&mut slices);
    slices[..count].iter().flat_map(|slice| slice.to_vec()).collect()
}

fn ping(connection: &mut Connection, payload: &[u8]) {
    let bytes = frame_to(connection.role(), 0x89, payload);
    assert_eq!(receive(connection, &bytes), [Event::Ping(payload.to_vec().into())]);
}

fn pongs(bytes: &[u8]) -> Vec<Vec<u8>> {
    plain(bytes).into_iter().filter(|(first, _)| *first == 0x8A).map(|(_, payload)| payload).collect()
}

/// [L-04] [L-05] [L-07] With the output drained each ping has its answer, with the ping's own bytes, whatever they are.
#[test]
fn each_ping_is_answered_when_drained() {
    for role in ROLES {
        let mut connection = connection(role);
        for len in 0..=125 {
            let payload: Vec<u8> = (0..len).map(|i| 0xFF - i).collect();
            ping(&mut connection, &payload);
            assert_eq!(written(&mut connection), frame_from(role, 0x8A, &payload));
        }
    }
}

/// [L-07] Ten small pings in one read have ten answers, in order, also behind other output.
#[test]
fn ten_pings_in_one_read() {
    for role in ROLES {
        for busy in [false, true] {
            let mut connection = connection(role);
            if busy {
                connection.send_binary(vec![0; 10_000]).unwrap();
            }
            let payloads: Vec<Vec<u8>> = (0..10).map(|i| format!("payload-{i}").into_bytes()).collect();
            let read: Vec<u8> = payloads.iter().flat_map(|payload| frame_to(role, 0x89, payload)).collect();
            assert_eq!(receive(&mut connection, &read).len(), 10);
            assert_eq!(pongs(&written(&mut connection)), payloads);
        }
    }
}

/// [L-08] [L-09] A pong that nobody asked for can be sent, and one that comes is told and not answered.
#[test]
fn unsolicited_pongs() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.pong(b"alive").unwrap();
        assert_eq!(written(&mut connection), frame_from(role, 0x8A, b"alive"));
        let events = receive(&mut connection, &frame_to(role, 0x8A, b"alive"));
        assert_eq!(events, [Event::Pong(b"alive".to_vec().into())]);
        assert_eq!((connection.buffered_amount(), connection.state()), (0, State::Open));
    }
}

/// [L-06] A pong overtakes the frames that wait, large and small, but not the piece that is being written.
#[test]
fn pongs_overtake() {
    let large = [b'L'; 10_000];
    for begun in [0, 1, 5, 10_003] {
        let mut server = connection(Role::Server);
        server.send_binary(large.to_vec()).unwrap();
        server.send_text("small").unwrap();
        server.send_binary(large.to_vec()).unwrap();
        let mut bytes = server.output().copy_to_bytes(begun).to_vec();
        ping(&mut server, b"1");
        ping(&mut server, b"2");
        bytes.extend(written(&mut server));
        let firsts: Vec<_> = plain(&bytes).iter().map(|(first, _)| *first).collect();
        assert_eq!(firsts, [0x82, 0x8A, 0x8A, 0x81, 0x82], "{begun} bytes were written before");
    }
}

/// [L-06] [N-05] A pong behind small frames goes ahead of those that are sent after it came.
#[test]
fn pongs_keep_their_place() {
    for role in ROLES {
        for begun in [0, 1, 3] {
            let mut connection = connection(role);
            connection.send_text("before").unwrap();
            let mut bytes = connection.output().copy_to_bytes(begun).to_vec();
            ping(&mut connection, b"ping");
            connection.send_text("after").unwrap();
            connection.send_binary(vec![0; 10_000]).unwrap();
            bytes.extend(written(&mut connection));
            let firsts: Vec<_> = plain(&bytes).iter().map(|(first, _)| *first).collect();
            assert_eq!(firsts, [0x81, 0x8A, 0x81, 0x82]);
        }
    }
}

/// [L-07] [L-13] The pongs that wait may have as many bytes as the limit says; with one byte more, only
/// the latest ping is answered.
#[test]
fn the_limit_on_pongs_is_exact() {
    for role in ROLES {
        let pong = frame_from(role, 0x8A, b"12345").len();
        for (limit, answered) in [
            (3 * pong, &[b"11111", b"22222", b"33333"][..]),
            (3 * pong - 1, &[b"33333"]),
            (2 * pong, &[b"33333"]),
            (1, &[b"33333"]),
            (0, &[b"33333"]),
        ] {
            let mut connection = connection_with(role, |config| config.limits.pongs = limit);
            connection.send_text("in front").unwrap();
            for payload in [b"11111", b"22222", b"33333"] {
                ping(&mut connection, payload);
                assert_eq!(shown(&mut connection).len(), connection.buffered_amount());
            }
            assert_eq!(pongs(&written(&mut connection)), answered, "{role:?}, {limit} bytes");
        }
    }
}

/// [L-13] A flood of pings takes no more than the limit while nobody reads, also in the middle of messages in both
/// directions, and the last one is answered.
#[test]
fn a_flood_of_pings() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.send_text_chunk("unfinished", false).unwrap();
        let begun = frame_to(role, 0x02, b"unfinished");
        assert_eq!(receive(&mut connection, &begun), []);
        let before = connection.buffered_amount();
        for i in 0..20_000_u32 {
            ping(&mut connection, &[i.to_be_bytes(), [0; 4]].concat());
            assert!(connection.buffered_amount() <= before + 384);
        }
        let last = [19_999_u32.to_be_bytes(), [0; 4]].concat();
        assert_eq!(pongs(&written(&mut connection)).last(), Some(&last));
    }
}

/// [N-05] What has been shown stays until it is advanced, whatever happens meanwhile; it may only grow.
#[test]
fn what_is_shown_stays() {
    for role in ROLES {
        for large in [false, true] {
            let mut connection = connection(role);
            connection.send_binary(vec![7; if large { 10_000 } else { 10 }]).unwrap();
            connection.output().advance(1);
            let piece = connection.output().front().unwrap();
            let copy = piece.to_vec();
            let meanwhile: [fn(&mut Connection); 7] = [
                |c| c.send_text("small").unwrap(),
                |c| c.send_binary(vec![8; 10_000]).unwrap(),
                |c| c.send_prepared(&Prepared::binary([9; 10_000])).unwrap(),
                |c| ping(c, b"ping"),
                |c| c.ping(b"mine").unwrap(),
                |c| c.close(1000.into(), "").unwrap(),
                |c| ping(c, &[1; 125]),
            ];
            for happens in meanwhile {
                happens(&mut connection);
                assert!(connection.output().chunk().starts_with(&copy));
                assert_eq!(connection.output().front().unwrap(), copy);
                assert_eq!(piece, copy);
            }
        }
    }
}

/// Small frames are one piece, and so one write.
#[test]
fn small_frames_are_one_piece() {
    for role in ROLES {
        let mut connection = connection(role);
        for _ in 0..100 {
            connection.send_text("a hundred small ones").unwrap();
        }
        assert_eq!(connection.output().chunk().len(), connection.buffered_amount());
        assert_eq!(connection.output().front().unwrap().len(), connection.buffered_amount());
    }
}

/// [N-05] To advance by more than there is empties the output, and what comes later is whole.
#[test]
fn advancing_too_far() {
    for role in ROLES {
        let fill: [fn(&mut Connection); 4] = [
            |_| {},
            |c| c.send_text("small").unwrap(),
            |c| c.send_binary(vec![0; 10_000]).unwrap(),
            |c| {
                c.send_binary(vec![0; 10_000]).unwrap();
                c.send_text("small").unwrap();
                ping(c, b"ping");
            },
        ];
        for fill in fill {
            let mut connection = connection(role);
            fill(&mut connection);
            connection.output().advance(usize::MAX);
            assert_eq!(connection.buffered_amount(), 0);
            assert!(connection.output().is_empty());
            assert_eq!(connection.output().chunk(), b"");
            assert!(connection.output().front().is_none());
            assert_eq!(shown(&mut connection), b"");
            connection.send_text("next").unwrap();
            assert_eq!(written(&mut connection), frame_from(role, 0x81, b"next"));
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Send { len: usize, owned: bool },
    Prepared(usize),
    Ping,
    PeerPings,
    Chunk(usize),
    Front(usize),
    Slices { most: usize, bytes: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let len = || prop_oneof![3 => 0..200_usize, 1 => 4000..9000_usize];
    let count = || prop_oneof![0..20_usize, 0..5000_usize, Just(usize::MAX)];
    let step = prop_oneof![
        3 => (len(), any::<bool>()).prop_map(|(len, owned)| Step::Send { len, owned }),
        1 => len().prop_map(Step::Prepared),
        1 => Just(Step::Ping),
        3 => Just(Step::PeerPings),
        2 => count().prop_map(Step::Chunk),
        2 => count().prop_map(Step::Front),
        2 => (1..5_usize, count()).prop_map(|(most, bytes)| Step::Slices { most, bytes }),
    ];
    vec(step, 0..60)
}

/// A connection, and what should come of it.
struct Model {
    connection: Connection,
    /// What a driver has written.
    stream: Vec<u8>,
    /// The messages and pings that were sent: first byte and payload.
    sent: Vec<(u8, Vec<u8>)>,
    /// How many pings the peer has sent; each has its number as its payload.
    pinged: u32,
}

impl Model {
    fn step(&mut self, step: &Step) {
        let payload = |len: usize| vec![self.sent.len() as u8; len];
        match *step {
            Step::Send { len, owned } => {
                let payload = payload(len);
                if owned {
                    self.connection.send_binary(Bytes::from(payload.clone())).unwrap();
                } else {
                    self.connection.send_binary(&payload).unwrap();
                }
                self.sent.push((0x82, payload));
            }
            Step::Prepared(len) => {
                self.connection.send_prepared(&Prepared::binary(payload(len))).unwrap();
                self.sent.push((0x82, payload(len)));
            }
            Step::Ping => {
                self.connection.ping(&payload(4)).unwrap();
                self.sent.push((0x89, payload(4)));
            }
            Step::PeerPings => {
                ping(&mut self.connection, &self.pinged.to_be_bytes());
                self.pinged += 1;
            }
            Step::Chunk(count) => {
                let piece = self.connection.output().chunk().to_vec();
                self.write(&piece, count);
            }
            Step::Front(count) => {
                let piece = self.connection.output().front().unwrap_or_default();
                self.write(&piece, count);
            }
            Step::Slices { most, bytes } => {
                let mut slices = vec![IoSlice::new(&[]); most];
                let output = self.connection.output();
                let count = output.chunks_vectored(&mut slices);
                let pieces: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
                self.write(&pieces, bytes);
            }
        }
    }

    fn write(&mut self, shown: &[u8], count: usize) {
        let count = count.min(shown.len());
        self.stream.extend(&shown[..count]);
        self.connection.output().advance(count);
    }

    /// What does not depend on the step.
    fn check(&mut self) {
        let queued = self.connection.buffered_amount();
        let all = shown(&mut self.connection);
        assert_eq!(all.len(), queued);
        assert_eq!(self.connection.output().remaining(), queued);
        assert_eq!(self.connection.output().chunk().is_empty(), queued == 0);
        assert!(all.starts_with(self.connection.output().chunk()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// [N-05] [K-16] [L-04] [L-07] However it is written, the stream holds each message once and in order, whole pongs
    /// between frames in the order of the pings, and an answer to the last ping.
    #[test]
    fn any_way_to_write_gives_the_same_stream(steps in steps(), client in any::<bool>()) {
        let role = if client { Role::Client } else { Role::Server };
        let mut model = Model { connection: connection(role), stream: Vec::new(), sent: Vec::new(), pinged: 0 };
        for step in &steps {
            let (before, queued) = (model.connection.output().chunk().to_vec(), model.connection.buffered_amount());
            model.step(step);
            if model.connection.buffered_amount() >= queued {
                prop_assert!(model.connection.output().chunk().starts_with(&before) || before.is_empty());
            }
            model.check();
        }
        model.stream.extend(written(&mut model.connection));
        let (pongs, others): (Vec<_>, Vec<_>) = plain(&model.stream).into_iter().partition(|(first, _)| *first == 0x8A);
        prop_assert_eq!(others, model.sent);
        let answered: Vec<_> = pongs.iter().map(|(_, pong)| u32::from_be_bytes(pong[..].try_into().unwrap())).collect();
        prop_assert!(answered.is_sorted_by(|a, b| a < b));
        prop_assert_eq!(answered.last().copied(), model.pinged.checked_sub(1));
    }
}

/// [L-06] A pong does not wait behind all that is queued, also if these are small frames and lie together.
#[test]
fn pongs_overtake_small_frames() {
    for role in ROLES {
        let mut connection = connection(role);
        for _ in 0..2000 {
            connection.send_binary(&[7; 100]).unwrap();
        }
        receive(&mut connection, &frame_to(role, 0x89, b"quick"));
        let frames = plain(&written(&mut connection));
        let place = frames.iter().position(|(first, _)| *first == 0x8A).unwrap();
        assert!(place < 700, "behind {place} of 2000 frames");
        assert_eq!(frames.len(), 2001);
    }
}
