use flate2::{Compress, Compression, FlushCompress};
use std::fmt;

/// Space for the header of a frame, in a buffer that has to hold a frame.
const HEADER: usize = 32;

/// The most that a read brings if it brings one frame, without its header.
const FRAME: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Binary,
    Ascii,
    Korean,
    Emoji,
}

/// Whose subject it is: a server receives masked frames, a client unmasked ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Server,
    Client,
}

/// What a read brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// One frame, or 64 KiB of a longer one.
    Frame,
    /// This many KiB, however many frames that is.
    Kib(usize),
}

impl Reads {
    /// The most payload that one read brings.
    pub fn most(self) -> usize {
        match self {
            Self::Frame => FRAME,
            Self::Kib(kib) => kib * 1024,
        }
    }
}

/// What comes in, again and again from the front: whole frames.
pub struct Wire {
    pub bytes: Vec<u8>,
    /// The payload of every message.
    pub payload: Vec<u8>,
    /// The payloads, where they differ.
    pub payloads: Vec<Vec<u8>>,
    pub reads: Reads,
    /// How many messages it has.
    pub messages: usize,
    /// The length of each frame, if all frames are alike.
    frame_len: usize,
}

impl Wire {
    /// Messages in single frames, each with a masking key of its own.
    pub fn messages(kind: Kind, size: usize, role: Role, reads: Reads) -> Self {
        let payload = payload(kind, size);
        let opcode = if kind == Kind::Binary { 2 } else { 1 };
        let mut random = Random::default();
        let mut bytes = Vec::new();
        push_frame(&mut bytes, 0x80 | opcode, &payload, random.key(role));
        let frame_len = bytes.len();
        // Not more than the reads that it is made for: a read of a few bytes at the end would cost as much as a long one.
        let len = (2 * reads.most()).max(256 * 1024);
        let messages = (len / frame_len).max(1);
        for _ in 1..messages {
            push_frame(&mut bytes, 0x80 | opcode, &payload, random.key(role));
        }
        Self { bytes, payload, payloads: Vec::new(), reads, messages, frame_len }
    }

    /// Masked binary messages, in fragments of `part` bytes.
    pub fn fragments(size: usize, part: usize, reads: Reads) -> Self {
        let payload = payload(Kind::Binary, size);
        let mut random = Random::default();
        let mut bytes = Vec::new();
        let messages = (2 * reads.most() / size).max(4);
        for _ in 0..messages {
            let count = size.div_ceil(part);
            for (index, chunk) in payload.chunks(part).enumerate() {
                let opcode = if index == 0 { 2 } else { 0 };
                let fin = if index + 1 == count { 0x80 } else { 0 };
                push_frame(&mut bytes, fin | opcode, chunk, random.key(Role::Server));
            }
        }
        Self { bytes, payload, payloads: Vec::new(), reads, messages, frame_len: 0 }
    }

    /// Masked text messages that are alike, as an application sends them in JSON, each compressed on its own or after the ones
    /// before it. The first of them refer to none, so the wire can begin again.
    pub fn compressed(size: usize, context_takeover: bool, level: u8) -> Self {
        let mut random = Random::default();
        let mut compress = Compress::new(Compression::new(level.into()), false);
        let (mut bytes, mut payloads) = (Vec::new(), Vec::new());
        for _ in 0..(256 * 1024 / size).clamp(4, 256) {
            let payload = json(size, &mut random);
            if !context_takeover {
                compress.reset();
            }
            let mut compressed = Vec::with_capacity(2 * size + 64);
            compress.compress_vec(&payload, &mut compressed, FlushCompress::Sync).expect("there is room");
            compressed.truncate(compressed.len() - 4);
            push_frame(&mut bytes, 0xC1, &compressed, random.key(Role::Server));
            payloads.push(payload);
        }
        let messages = payloads.len();
        Self { bytes, payload: Vec::new(), payloads, reads: Reads::Kib(16), messages, frame_len: 0 }
    }

    /// Bytes that are no frames.
    pub fn raw(bytes: Vec<u8>) -> Self {
        Self { bytes, payload: Vec::new(), payloads: Vec::new(), reads: Reads::Kib(16), messages: 1, frame_len: 0 }
    }

    /// Where a read that begins at `at` ends.
    #[inline]
    pub fn read_end(&self, at: usize, room: usize) -> usize {
        let most = match self.reads {
            Reads::Frame => (self.frame_len - at % self.frame_len).min(self.buffer()),
            Reads::Kib(kib) => kib * 1024,
        };
        (at + most.min(room)).min(self.bytes.len())
    }

    /// The size of a buffer for one read. One frame fits with its header.
    pub fn buffer(&self) -> usize {
        self.reads.most() + HEADER
    }

    /// Whether a frame lies in one read, at least if the read begins where the frame does.
    pub fn fits_a_read(&self) -> bool {
        match self.reads {
            Reads::Frame => self.frame_len <= self.buffer(),
            Reads::Kib(kib) => self.frame_len <= kib * 1024,
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Random bytes, printable ASCII, Korean with a space after every fourth syllable, or emoji with a space after every fourth.
pub fn payload(kind: Kind, size: usize) -> Vec<u8> {
    let mut random = Random::default();
    match kind {
        Kind::Binary => (0..size).map(|_| random.next().to_be_bytes()[0]).collect(),
        Kind::Ascii => (0..size).map(|_| b' ' + (random.next() >> 24) as u8 % 95).collect(),
        Kind::Korean => words(size, 0xAC00, 11172, &mut random),
        Kind::Emoji => words(size, 0x1F300, 0x300, &mut random),
    }
}

/// Words of four characters of a range.
fn words(size: usize, first: u32, count: u32, random: &mut Random) -> Vec<u8> {
    let mut text = String::new();
    let mut characters = 0;
    loop {
        let next = match characters % 5 {
            4 => ' ',
            _ => char::from_u32(first + (random.next() >> 8) % count).unwrap_or(' '),
        };
        if text.len() + next.len_utf8() > size {
            break;
        }
        text.push(next);
        characters += 1;
    }
    while text.len() < size {
        text.push('.');
    }
    text.into_bytes()
}

/// Trades on a market, cut to size.
fn json(size: usize, random: &mut Random) -> Vec<u8> {
    const NAMES: [&str; 6] = ["ACME", "INITECH", "UMBRELLA", "HOOLI", "GLOBEX", "STARK"];
    let mut text = String::from("[");
    while text.len() < size {
        let (id, price, amount) = (random.next(), random.next() % 100_000, random.next() % 1000);
        let name = NAMES[random.next() as usize % NAMES.len()];
        let side = if random.next().is_multiple_of(2) { "buy" } else { "sell" };
        text.push_str(&format!(
            r#"{{"type":"trade","id":{id},"symbol":"{name}","side":"{side}","price":{}.{:02},"amount":{amount}}},"#,
            price / 100,
            price % 100
        ));
    }
    text.truncate(size);
    text.into_bytes()
}

fn push_frame(to: &mut Vec<u8>, first: u8, payload: &[u8], key: Option<[u8; 4]>) {
    let masked = if key.is_some() { 0x80 } else { 0 };
    to.push(first);
    match payload.len() {
        len @ 0..=125 => to.push(masked | len as u8),
        len @ 126..=0xFFFF => {
            to.push(masked | 126);
            to.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            to.push(masked | 127);
            to.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    to.extend_from_slice(&key.unwrap_or_default()[..if key.is_some() { 4 } else { 0 }]);
    let key = key.unwrap_or_default();
    to.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// Numbers that look random and are the same in each run.
#[derive(Debug)]
struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }
}

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    fn key(&mut self, role: Role) -> Option<[u8; 4]> {
        (role == Role::Server).then(|| self.next().to_be_bytes())
    }
}
