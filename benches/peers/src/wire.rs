use flate2::{Compress, Compression, FlushCompress};
use std::fmt;

/// How much a read brings at the most.
pub const READ: usize = 16 * 1024;

/// Room for a read with one whole frame of [`READ`] bytes of payload.
pub const READ_ROOM: usize = READ + 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Binary,
    Ascii,
    Korean,
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
    /// 16 KiB, however many frames that is.
    Bulk,
    /// One frame, or a part of it.
    Frame,
}

/// What comes in, again and again from the front: whole frames.
pub struct Wire {
    pub bytes: Vec<u8>,
    /// The payload of every message.
    pub payload: Vec<u8>,
    /// The payloads, where they differ.
    pub payloads: Vec<Vec<u8>>,
    /// The longest part that one read brings from a place is given by this.
    frame_len: Option<usize>,
}

impl Wire {
    /// Messages in single frames, each with a masking key of its own.
    pub fn messages(kind: Kind, size: usize, role: Role, reads: Reads) -> Self {
        let payload = payload(kind, size);
        let opcode = if kind == Kind::Binary { 2 } else { 1 };
        let count = (256 * 1024 / size).clamp(1, 4096);
        let mut random = Random::default();
        let mut bytes = Vec::new();
        for _ in 0..count {
            push_frame(&mut bytes, 0x80 | opcode, &payload, random.key(role));
        }
        let frame_len = (reads == Reads::Frame).then_some(bytes.len() / count);
        Self { bytes, payload, payloads: Vec::new(), frame_len }
    }

    /// Masked binary messages, in fragments of `part` bytes.
    pub fn fragments(size: usize, part: usize) -> Self {
        let payload = payload(Kind::Binary, size);
        let mut random = Random::default();
        let mut bytes = Vec::new();
        for _ in 0..4 {
            let count = size.div_ceil(part);
            for (index, chunk) in payload.chunks(part).enumerate() {
                let opcode = if index == 0 { 2 } else { 0 };
                let fin = if index + 1 == count { 0x80 } else { 0 };
                push_frame(&mut bytes, fin | opcode, chunk, random.key(Role::Server));
            }
        }
        Self { bytes, payload, payloads: Vec::new(), frame_len: None }
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
        Self { bytes, payload: Vec::new(), payloads, frame_len: None }
    }

    /// Bytes that are no frames.
    pub fn raw(bytes: Vec<u8>) -> Self {
        Self { bytes, payload: Vec::new(), payloads: Vec::new(), frame_len: None }
    }

    /// Where a read that begins at `at` ends.
    #[inline]
    pub fn read_end(&self, at: usize, room: usize) -> usize {
        let most = match self.frame_len {
            None => READ,
            Some(len) => (len - at % len).min(READ_ROOM),
        };
        (at + most.min(room)).min(self.bytes.len())
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Random bytes, printable ASCII, or Korean with a space after every fourth syllable.
pub fn payload(kind: Kind, size: usize) -> Vec<u8> {
    let mut random = Random::default();
    match kind {
        Kind::Binary => (0..size).map(|_| random.next().to_be_bytes()[0]).collect(),
        Kind::Ascii => (0..size).map(|_| b' ' + (random.next() >> 24) as u8 % 95).collect(),
        Kind::Korean => korean(size, &mut random),
    }
}

fn korean(size: usize, random: &mut Random) -> Vec<u8> {
    let mut text = String::new();
    let mut syllables = 0;
    while text.len() + 3 <= size {
        if syllables % 5 == 4 {
            text.push(' ');
        } else {
            text.push(char::from_u32(0xAC00 + (random.next() >> 8) % 11172).unwrap_or('한'));
        }
        syllables += 1;
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
