use super::grammar;
use crate::{Input, Role, bug::OrBug, handshake::error::HandshakeError};
use alloc::vec::Vec;
use core::{fmt, mem};

/// How many bytes are searched together for the end of the head or an invalid line end.
const BLOCK: usize = 32;

/// How much of a first line with an invalid first byte is shown, in bytes.
const START_LINE: usize = 40;

/// The first bytes of the TLS records for an alert and for a handshake (RFC 8446 §5.1).
const TLS: [u8; 2] = [21, 22];

/// The kind of the first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// A request line. Empty lines may come before it.
    Request,
    /// A status line.
    Response,
}

/// Collects the head of an HTTP message as it arrives and finds its end: the empty line.
///
/// Each byte is examined a bounded number of times, however the head is split into reads. Only bytes that have arrived are
/// stored.
pub(crate) struct Head {
    start: Start,
    limit: usize,
    /// The number of consumed bytes, of this head and of the heads before it.
    taken: usize,
    /// Whether the first line has begun.
    begun: bool,
    /// Before the first line: whether the CR of an empty line was received.
    after_cr: bool,
    bytes: Vec<u8>,
}

impl Head {
    pub(crate) fn new(start: Start, limit: usize) -> Self {
        Self { start, limit, taken: 0, begun: false, after_cr: false, bytes: Vec::new() }
    }

    /// Returns how many bytes were consumed.
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }

    /// Consumes bytes from the front of `input`, up to the end of the head and not beyond. Returns whether the head is complete.
    pub(crate) fn receive(&mut self, input: &mut Input<'_>) -> Result<bool, HandshakeError> {
        let allowed = (self.limit - self.taken).min(input.len());
        let (used, ended) = self.collect(input.remaining().get(..allowed).or_bug());
        self.taken += used;
        input.take(used);
        if ended? {
            return Ok(true);
        }
        if self.taken == self.limit { Err(self.too_long()) } else { Ok(false) }
    }

    /// Returns the complete head. The next bytes belong to another head, under the same limit.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.begun = false;
        mem::take(&mut self.bytes)
    }

    /// Returns how many of the bytes were used, and whether they ended the head.
    fn collect(&mut self, received: &[u8]) -> (usize, Result<bool, HandshakeError>) {
        let skipped = match self.begin(received) {
            Ok(skipped) => skipped,
            Err(error) => return (received.len(), Err(error)),
        };
        let old = self.bytes.len();
        let new = received.get(skipped..).or_bug();
        // Most heads arrive in one read, and a plain copy is cheaper than an empty `Vec` that grows.
        if old == 0 {
            self.bytes = new.to_vec();
        } else {
            self.bytes.extend_from_slice(new);
        }
        let Some((end, found)) = first_find(&self.bytes, old) else {
            return (received.len(), Ok(false));
        };
        self.bytes.truncate(end);
        (skipped + end - old, found.map(|()| true))
    }

    /// Skips empty lines before the first line, and checks the first byte of that line. Returns how many bytes were skipped.
    fn begin(&mut self, received: &[u8]) -> Result<usize, HandshakeError> {
        if self.begun {
            return Ok(0);
        }
        for (at, &byte) in received.iter().enumerate() {
            // "A server that is expecting to receive and parse a request-line SHOULD ignore at least one empty line (CRLF)
            // received prior to the request-line" (RFC 9112 §2.2). They count as bytes of the head, so the limit bounds them.
            match (self.after_cr, byte) {
                (false, b'\r') if self.start == Start::Request => self.after_cr = true,
                (true, b'\n') => self.after_cr = false,
                (true, _) => return Err(HandshakeError::BareCr),
                (false, _) if self.may_begin_with(byte) => {
                    self.begun = true;
                    return Ok(at);
                }
                (false, b'\n') => return Err(HandshakeError::BareLf),
                (false, _) if TLS.contains(&byte) => return Err(HandshakeError::Tls(self.sender())),
                (false, _) => return Err(start_line(received.get(at..).or_bug())),
            }
        }
        Ok(received.len())
    }

    /// Whether the first line may begin with this byte. A peer that uses another protocol, such as TLS, is refused at its first
    /// byte, and does not have to wait for the deadline.
    fn may_begin_with(&self, byte: u8) -> bool {
        match self.start {
            Start::Request => grammar::is_token_byte(byte),
            Start::Response => byte == b'H',
        }
    }

    fn sender(&self) -> Role {
        match self.start {
            Start::Request => Role::Client,
            Start::Response => Role::Server,
        }
    }

    fn too_long(&self) -> HandshakeError {
        let limit = self.limit;
        if self.begun && !self.bytes.contains(&b'\n') {
            HandshakeError::StartLineTooLong { limit }
        } else {
            HandshakeError::HeadTooLong { limit }
        }
    }
}

/// The bytes are left out, since they can contain secrets.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, limit, taken, .. } = self;
        f.debug_struct("Head").field("start", start).field("limit", limit).field("taken", taken).finish_non_exhaustive()
    }
}

/// The error for an invalid first byte. The excerpt has more of the line, from which a reader of the log can recognise the
/// protocol.
fn start_line(bytes: &[u8]) -> HandshakeError {
    let line = bytes.get(..START_LINE).unwrap_or(bytes);
    // Besides the end of the line: what can come before a secret. However the line is split, an excerpt is a prefix of it.
    let is_end = |byte: &u8| b"\r\n:?#@".contains(byte);
    let end = line.iter().skip(1).position(is_end).map_or(line.len(), |at| at + 1);
    HandshakeError::StartLine(grammar::excerpt(line.get(..end).or_bug()))
}

/// What ends the search: the empty line at the end of the head, or an invalid line end.
type Find = Result<(), HandshakeError>;

/// Returns the first find in `bytes` that ends at `from` or later, and the offset after it.
///
/// Three bytes decide whether there is a find: an LF without a CR before it, a CR without an LF behind it, or the end of an empty
/// line.
fn first_find(bytes: &[u8], from: usize) -> Option<(usize, Find)> {
    // The search below would miss an LF at offset 1, which is the second of three bytes. `begin` excludes CR and LF at offset 0.
    if from <= 1 && bytes.get(1) == Some(&b'\n') {
        return Some((2, Err(HandshakeError::BareLf)));
    }
    // No find ends before `from`: the call that received those bytes would have returned it.
    let mut at = from.saturating_sub(2);
    // Most blocks have no find: a test without branches skips them. It does not return where a find is, so the block with the
    // first one, and the bytes after the last whole block, are searched again below.
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        if has_find(block) {
            break;
        }
        at += BLOCK;
    }
    let finds = bytes.get(at..).or_bug().windows(3).map(find);
    finds.enumerate().find_map(|(nth, find)| Some((at + nth + 3, find?)))
}

/// Returns the find that ends with the last of three bytes.
fn find(bytes: &[u8]) -> Option<Find> {
    match bytes {
        [b'\n', b'\r', b'\n'] => Some(Ok(())),
        [_, b'\r', b'\n'] => None,
        [_, _, b'\n'] => Some(Err(HandshakeError::BareLf)),
        [_, b'\r', _] => Some(Err(HandshakeError::BareCr)),
        _ => None,
    }
}

/// Whether any three bytes in a row end in a find. It is [`find`] without branches, so that the compiler can vectorise it.
fn has_find(block: &[u8; BLOCK + 2]) -> bool {
    let (_, second) = block.split_at(1);
    let (_, third) = block.split_at(2);
    let mut hit = 0;
    for ((a, b), c) in block.iter().zip(second).zip(third) {
        let (cr, lf) = (u8::from(*b == b'\r'), u8::from(*c == b'\n'));
        hit |= (cr ^ lf) | (u8::from(*a == b'\n') & lf);
    }
    hit != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn collect(bytes: &[u8], step: usize) -> (usize, Result<bool, HandshakeError>) {
        let mut head = Head::new(Start::Request, 4096);
        let mut bytes = bytes.to_vec();
        for chunk in bytes.chunks_mut(step) {
            let mut input = Input::from(chunk);
            match head.receive(&mut input) {
                Ok(false) => assert!(input.is_empty()),
                done => return (head.taken(), done),
            }
        }
        (head.taken(), Ok(false))
    }

    /// The search by blocks has the same result as one without: the same byte and the same reason, however the head is split, and
    /// wherever in a block the find is.
    #[test]
    fn blocks_do_not_matter() {
        let (feeds, returns, both) = ("\n".repeat(3 * BLOCK), "\r".repeat(3 * BLOCK), "\r\n".repeat(2 * BLOCK));
        for padding in 0..2 * BLOCK + 4 {
            for tail in [
                &*feeds,
                &*returns,
                &*both,
                "\r\n\r\nrest",
                "\r\nA: b\r\n\r\nrest",
                "\rx",
                "\nx",
                "\r\nx\r\ry",
                "\r\n\n",
                "\r\n\r\n\r\n",
            ] {
                let mut bytes = vec![b'x'; padding + 1];
                bytes.extend_from_slice(tail.as_bytes());
                let expected = collect(&bytes, 1);
                for step in 2..=bytes.len() {
                    assert_eq!(collect(&bytes, step), expected, "padding {padding}, tail {tail:?}, step {step}");
                }
            }
        }
    }

    /// [E-30] Each read of an incomplete head costs only its own bytes: the search begins two bytes before them.
    #[test]
    fn the_search_does_not_look_back() {
        let mut bytes = b"GET / HTTP/1.1\r\nA: b\r\n\r\n".to_vec();
        assert_eq!(first_find(&bytes, bytes.len() - 1), Some((bytes.len(), Ok(()))));
        // The bytes before those two were examined when they arrived, and are not examined again.
        bytes.extend_from_slice(b"xyz");
        assert_eq!(first_find(&bytes, bytes.len() - 1), None);
    }

    /// While the head is incomplete, it stores at most twice the bytes that have arrived.
    #[test]
    fn memory_follows_what_arrived() {
        let mut head = Head::new(Start::Request, 64 * 1024);
        for _ in 0..60_000 {
            assert_eq!(head.receive(&mut (&mut [b'x']).into()), Ok(false));
            assert!(head.bytes.capacity() <= 2 * head.taken() + 1024);
        }
        let mut head = Head::new(Start::Request, 64 * 1024);
        for _ in 0..30_000 {
            assert_eq!(head.receive(&mut (&mut b"\r\n".to_vec()).into()), Ok(false));
        }
        assert_eq!(head.bytes.capacity(), 0);
    }
}
