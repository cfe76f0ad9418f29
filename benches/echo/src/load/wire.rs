//! The bytes of a turn, made beforehand.

use crate::{
    Outcome,
    plan::{Kind, Row},
};
use flate2::{Compress, Compression, FlushCompress};
use std::fmt::Write;

/// The opening handshake of a client, up to its offer of extensions.
pub(crate) const REQUEST: &str = "GET / HTTP/1.1\r\n\
    Host: localhost\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n";

/// Without context takeover, the same message always has the same bytes.
pub(crate) const NO_TAKEOVER: &str =
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n";

pub(crate) const TAKEOVER: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// The header fields that a client of this kind adds to its request.
pub(crate) const fn extensions(kind: Kind) -> &'static str {
    if matches!(kind, Kind::CompressedEcho) { NO_TAKEOVER } else { "" }
}

/// A window of masked binary messages, and what has to come back.
pub(crate) struct Wire {
    pub(crate) sent: Vec<u8>,
    /// Empty if that depends on the server's compressor: see [`learn`](Self::learn).
    pub(crate) expected: Vec<u8>,
    /// The payloads, to be compared with the first answers of a compressor.
    pub(crate) payloads: Vec<Vec<u8>>,
}

impl Wire {
    pub(crate) fn new(row: Row, is_raw: bool) -> Outcome<Self> {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let (mut sent, mut expected, mut payloads) = (Vec::new(), Vec::new(), Vec::new());
        let is_compressed = row.kind == Kind::CompressedEcho;
        for _ in 0..row.window {
            let payload = if is_compressed { random.records(row.size) } else { random.bytes(row.size) };
            let content = if is_compressed { &compress(&payload)? } else { &payload };
            let key = [random.byte(), random.byte(), random.byte(), random.byte()];
            head(&mut sent, if is_compressed { COMPRESSED } else { BINARY }, content.len(), MASKED);
            sent.extend_from_slice(&key);
            sent.extend(content.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
            if !is_compressed {
                head(&mut expected, BINARY, payload.len(), 0);
                expected.extend_from_slice(&payload);
            }
            payloads.push(payload);
        }
        if is_raw {
            expected.clone_from(&sent);
        }
        Ok(Self { sent, expected, payloads })
    }

    /// From now on, an answer has to consist of these bytes.
    pub(crate) fn learn(&mut self, answer: Vec<u8>) {
        self.expected = answer;
    }
}

/// A final binary frame (RFC 6455 §5.2), and one with the bit RSV1 (RFC 7692 §6).
const BINARY: u8 = 0x82;
const COMPRESSED: u8 = 0xc2;
const MASKED: u8 = 0x80;

fn head(to: &mut Vec<u8>, first: u8, size: usize, mask: u8) {
    to.push(first);
    match (u8::try_from(size), u16::try_from(size)) {
        (Ok(short @ 0..126), _) => to.push(mask | short),
        (_, Ok(medium)) => {
            to.push(mask | 126);
            to.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            to.push(mask | 127);
            to.extend_from_slice(&(size as u64).to_be_bytes());
        }
    }
}

/// The first byte of a frame of a server, its payload, and what follows; `None` if it is not complete.
pub(crate) fn frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (first, bytes) = bytes.split_first()?;
    let (len, bytes) = bytes.split_first()?;
    let (len, bytes) = match len {
        126 => {
            let (len, bytes) = bytes.split_first_chunk()?;
            (u64::from(u16::from_be_bytes(*len)), bytes)
        }
        127 => {
            let (len, bytes) = bytes.split_first_chunk()?;
            (u64::from_be_bytes(*len), bytes)
        }
        short => (u64::from(*short), bytes),
    };
    let (payload, rest) = bytes.split_at_checked(len as usize)?;
    Some((*first, payload, rest))
}

/// The end of a block that flushes, which a sender leaves out (RFC 7692 §7.2.1).
pub(crate) const FLUSHED: [u8; 4] = [0, 0, 0xff, 0xff];

fn compress(payload: &[u8]) -> Outcome<Vec<u8>> {
    let mut compressed = Vec::with_capacity(payload.len() * 2 + 64);
    let mut compressor = Compress::new(Compression::default(), false);
    compressor.compress_vec(payload, &mut compressed, FlushCompress::Sync)?;
    compressed.truncate(compressed.len() - FLUSHED.len());
    Ok(compressed)
}

/// An xorshift: the bytes need only be without a pattern.
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 56) as u8
    }

    fn bytes(&mut self, size: usize) -> Vec<u8> {
        (0..size).map(|_| self.byte()).collect()
    }

    /// Something that compresses as messages of programs do.
    fn records(&mut self, size: usize) -> Vec<u8> {
        let mut text = String::new();
        while text.len() < size {
            let (id, price, side) = (self.byte(), self.byte(), self.byte());
            let side = if side < 128 { "buy" } else { "sell" };
            let _ = write!(text, "{{\"id\":{id},\"symbol\":\"ABCD\",\"price\":{price}.25,\"side\":\"{side}\"}},");
        }
        text.truncate(size);
        text.into_bytes()
    }
}
