//! Compressed messages through bowline and through zlib itself (in C), which does what RFC 7692 §7.2.2 says: append the tail, and
//! inflate. Where the two differ, there is a name for it.

use crate::streams::Random;
use bowline::{
    Config, Connection, Event, Input,
    deflate::Options,
    server::{Accept, Handshake, Progress},
};
use bytes::Buf;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use std::collections::BTreeMap;

const STREAMS: u64 = 15_000;
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// What comes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// zlib takes payload and tail and stands at the end of a block: both have the message.
    Whole,
    /// zlib refuses the data, and so does bowline.
    Bad,
    /// zlib takes payload and tail but waits for more: the payload ended inside a block. zlib cannot know that nothing more comes;
    /// the next message would be taken for the rest of it. Bowline refuses the message.
    CutOff,
    /// There is a final block in the payload. zlib stops there; bowline begins a new stream, as zlib does once it is reset.
    Final,
    /// The same, with nothing after it: then there is nothing to which the tail would belong.
    FinalAtTheEnd,
    /// A final block that is stored, and empty, and lacks its last four bytes: the tail completes it.
    FinalWithTail,
    /// The payload ended inside a block, and the tail happens to be its end, with content in it. zlib cannot tell; bowline refuses
    /// the message, as the tail is the rest of an empty block and of nothing else (§7.2.1).
    TailAsContent,
}

/// zlib, and what it has been given since it began its stream.
struct Zlib {
    inflate: Decompress,
    stream: Vec<u8>,
}

impl Zlib {
    fn new() -> Self {
        Self { inflate: Decompress::new(false), stream: Vec::new() }
    }

    fn restart(&mut self) {
        *self = Self::new();
    }

    /// How much it takes of `bytes`, and whether that ends its stream; `None` if it refuses them.
    fn feed(&mut self, bytes: &[u8], data: &mut Vec<u8>) -> Option<(usize, bool)> {
        let before = self.inflate.total_in();
        loop {
            data.reserve(4096);
            let took = (self.inflate.total_in() - before) as usize;
            let status = self.inflate.decompress_vec(&bytes[took..], data, FlushDecompress::Sync).ok()?;
            let took = (self.inflate.total_in() - before) as usize;
            if status == Status::StreamEnd || data.len() < data.capacity() {
                self.stream.extend_from_slice(&bytes[..took]);
                return Some((took, status == Status::StreamEnd));
            }
        }
    }

    /// Whether its stream stands between two blocks, at the end of a byte: then a stored block gives what is in it.
    fn is_between_blocks(&self) -> bool {
        let (mut again, mut data) = (Self::new(), Vec::new());
        again.feed(&self.stream, &mut data);
        let before = data.len();
        let probe = [0x01, 0x02, 0x00, 0xFD, 0xFF, b'o', b'k'];
        again.feed(&probe, &mut data) == Some((probe.len(), true)) && data[before..] == *b"ok"
    }

    /// The message, if it is one.
    fn message(&mut self, payload: &[u8]) -> (Class, Option<Vec<u8>>) {
        let (mut data, mut class, mut rest) = (Vec::new(), Class::Whole, payload);
        loop {
            if rest.is_empty() && class == Class::Final {
                return (Class::FinalAtTheEnd, Some(data));
            }
            match self.feed(rest, &mut data) {
                None => return (Class::Bad, None),
                Some((took, true)) => {
                    self.restart();
                    (class, rest) = (Class::Final, &rest[took..]);
                }
                Some((_, false)) => break,
            }
        }
        let before = data.len();
        let Some((took, ended)) = self.feed(&TAIL, &mut data) else { return (Class::Bad, None) };
        let fits = if ended { took == TAIL.len() } else { self.is_between_blocks() };
        match (fits, data.len() > before) {
            (false, _) => (Class::CutOff, None),
            (true, true) => (Class::TailAsContent, None),
            (true, false) if ended => {
                self.restart();
                (Class::FinalWithTail, Some(data))
            }
            (true, false) => (class, Some(data)),
        }
    }
}

/// A connection that has agreed on compression.
fn connection(offer: &str, options: Options) -> Connection {
    let mut config = Config::default();
    (config.deflate, config.deadlines.ping) = (Some(options), None);
    let mut request = format!(
        "GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Extensions: permessage-deflate{offer}\r\n\r\n"
    )
    .into_bytes();
    let Progress::Request(request) = Handshake::new(config).receive(&mut Input::from(&mut request)) else {
        unreachable!("the request is in order")
    };
    let mut connection = request.accept(&Accept::any_origin()).expect("it is accepted");
    let head = connection.buffered_amount();
    connection.output().advance(head);
    connection
}

/// A binary message in one frame, with a key of zeros; or in two.
fn frames(payload: &[u8], cut: Option<usize>) -> Vec<u8> {
    let frame = |first: u8, payload: &[u8]| {
        let mut bytes = vec![first, 0xFF];
        bytes.extend((payload.len() as u64).to_be_bytes());
        if payload.len() < 126 {
            bytes = vec![first, 0x80 | payload.len() as u8];
        } else if payload.len() < 65_536 {
            bytes = vec![first, 0xFE];
            bytes.extend((payload.len() as u16).to_be_bytes());
        }
        bytes.extend([0; 4]);
        bytes.extend(payload);
        bytes
    };
    match cut {
        None => frame(0xC2, payload),
        Some(at) => [frame(0x42, &payload[..at]), frame(0x80, &payload[at..])].concat(),
    }
}

/// What bowline makes of a message: `None` if it refuses it.
fn receive(connection: &mut Connection, bytes: &mut [u8], cut: usize) -> Option<Vec<u8>> {
    let mut message = None;
    for piece in bytes.chunks_mut(cut) {
        let mut input = Input::from(piece);
        while let Some(event) = connection.receive(&mut input) {
            match event {
                Event::Binary(data) => message = Some(data.into_vec()),
                Event::Failed(error) => assert_eq!(error.close_code().get(), 1007, "{error}"),
                other => panic!("{other:?}"),
            }
        }
    }
    message
}

fn content(random: &mut Random) -> Vec<u8> {
    let len = random.pick(&[0, 1, 5, 100, 1000, 5000, 40_000]);
    let distinct = random.pick(&[1, 4, 40, 256]);
    (0..len).map(|_| random.below(distinct) as u8).collect()
}

/// A payload as a compressor gives it, whose window goes on, or something like it.
fn payload(random: &mut Random, compress: &mut Compress) -> Vec<u8> {
    let (content, ends) = (content(random), random.chance(8));
    let mut payload = Vec::with_capacity(2 * content.len() + 1000);
    if random.chance(12) {
        payload.extend((0..random.below(40)).map(|_| random.below(256) as u8));
        return payload;
    }
    let flush = if ends { FlushCompress::Finish } else { FlushCompress::Sync };
    compress.compress_vec(&content, &mut payload, flush).expect("there is room");
    if ends {
        compress.reset();
        if random.chance(2) {
            payload.push(0);
        }
    } else if !random.chance(20) {
        // There is nothing if the message is empty and the one before was as well.
        payload.truncate(payload.strip_suffix(&TAIL).unwrap_or_default().len());
    }
    payload
}

fn mutate(payload: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(payload.len() + 1);
    match random.below(4) {
        _ if at == payload.len() => payload.push(random.below(256) as u8),
        0 => payload[at] ^= 1 << random.below(8),
        1 => payload.truncate(at),
        2 => drop(payload.remove(at)),
        _ => payload.insert(at, random.below(256) as u8),
    }
}

/// [T-17] [T-18] [T-21] [T-25] [T-26] What zlib makes of a message with its tail, bowline makes of it as well: the same bytes, or
/// both refuse it. Every class of difference there is is named, and seen.
#[test]
fn bowline_inflates_as_zlib_does() {
    let mut seen = BTreeMap::new();
    for seed in 0..STREAMS {
        let random = &mut Random::new(seed);
        let takeover = random.chance(2);
        let offer = if takeover { "" } else { "; client_no_context_takeover" };
        let (mut ours, mut zlib) = (connection(offer, Options::default()), Zlib::new());
        let window = random.pick(&[9, 10, 12, 15]);
        let mut compress =
            Compress::new_with_window_bits(Compression::new(random.pick(&[0, 1, 4, 6, 9])), false, window);
        for _ in 0..=random.below(5) {
            if !takeover {
                zlib.restart();
                compress.reset();
            }
            let mut payload = payload(random, &mut compress);
            while random.chance(4) {
                mutate(&mut payload, random);
            }
            if payload.is_empty() {
                continue; // an empty message, of which zlib has nothing to say
            }
            let cut = random.chance(3).then(|| random.below(payload.len()));
            let reads = random.pick(&[1, 2, 7, 100, usize::MAX]);
            let received = receive(&mut ours, &mut frames(&payload, cut), reads);
            let (class, expected) = zlib.message(&payload);
            assert!(received == expected, "seed {seed}: {class:?}: {}", payload.escape_ascii());
            *seen.entry(class).or_insert(0_u64) += 1;
            if received.is_none() {
                break;
            }
        }
    }
    println!("{seen:?}");
    assert_eq!(seen.len(), 7);
    assert!(seen.values().all(|&count| count > STREAMS / 2000));
}

/// [T-11] [T-14] [T-15] What bowline sends for a window of 9 to 15 bits, zlib inflates with that window and no larger one, in pieces
/// so small that it needs the window for all of it.
#[test]
fn zlib_inflates_with_the_agreed_window() {
    for bits in 9..=15_u8 {
        for level in 1..=9 {
            let mut options = Options::default();
            (options.level, options.threshold) = (level, 0);
            let mut ours = connection(&format!("; server_max_window_bits={bits}"), options);
            let mut zlib = Decompress::new_with_window_bits(false, bits);
            let random = &mut Random::new(u64::from(bits));
            for _ in 0..20 {
                let message = content(random).repeat(3);
                ours.send_binary(&message[..]).expect("there is room");
                let queued = ours.buffered_amount();
                let frame = ours.output().copy_to_bytes(queued);
                if frame[0] & 0x40 == 0 {
                    continue;
                }
                let header = match frame[1] {
                    126 => 4,
                    127 => 10,
                    _ => 2,
                };
                let bytes = [&frame[header..], &TAIL].concat();
                let (mut data, mut took) = (Vec::new(), 0);
                loop {
                    let mut piece = [0; 61];
                    let before = (zlib.total_in(), zlib.total_out());
                    zlib.decompress(&bytes[took..], &mut piece, FlushDecompress::None).expect("it reaches no further");
                    took += (zlib.total_in() - before.0) as usize;
                    let gave = (zlib.total_out() - before.1) as usize;
                    data.extend_from_slice(&piece[..gave]);
                    if gave < piece.len() {
                        break;
                    }
                }
                assert_eq!(took, bytes.len());
                assert!(data == message, "window of {bits} bits, level {level}");
            }
        }
    }
}
