//! Frames as they lie on the wire, taken apart by hand, and a source of keys that counts.

use bowline::{Config, Connection, Event, Role};
use std::cell::Cell;

use crate::common;

/// A frame as it lies on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// FIN, reserved bits, opcode.
    pub(crate) first: u8,
    pub(crate) key: Option<[u8; 4]>,
    /// Without the masking.
    pub(crate) payload: Vec<u8>,
}

/// Takes a stream of whole frames apart.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        frames.push(take_frame(&mut bytes));
    }
    frames
}

fn take_frame(bytes: &mut &[u8]) -> Frame {
    let head = take(bytes, 2);
    let len = match head[1] & 0x7F {
        126 => u64::from(u16::from_be_bytes(take(bytes, 2).try_into().unwrap())),
        127 => u64::from_be_bytes(take(bytes, 8).try_into().unwrap()),
        len => u64::from(len),
    };
    let key = (head[1] & 0x80 != 0).then(|| <[u8; 4]>::try_from(take(bytes, 4)).unwrap());
    let payload = take(bytes, len as usize);
    Frame { first: head[0], key, payload: key.map_or(payload.to_vec(), |key| common::naive_mask(payload, key)) }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at_checked(count).expect("the stream ends inside a frame");
    *bytes = rest;
    taken
}

/// The first bytes and payloads of the frames in a stream.
pub(crate) fn plain(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    frames(bytes).into_iter().map(|frame| (frame.first, frame.payload)).collect()
}

/// The events that the peer of `role` makes of what `role` wrote.
pub(crate) fn as_the_peer_reads_it(role: Role, bytes: &[u8]) -> Vec<Event<'static>> {
    common::receive(&mut common::connection(role.peer()), bytes)
}

thread_local! {
    static DRAWN: Cell<u32> = const { Cell::new(0) };
}

/// A source of keys that counts: the first is 1, the second 2.
pub(crate) fn counting() -> [u8; 4] {
    DRAWN.set(DRAWN.get() + 1);
    DRAWN.get().to_be_bytes()
}

/// How many keys this thread has drawn since the last [`connection_that_counts`].
pub(crate) fn drawn() -> u32 {
    DRAWN.get()
}

/// A connection in this role, without deadlines, with keys that begin at 1, and some changes.
pub(crate) fn connection_that_counts(role: Role, change: impl FnOnce(&mut Config)) -> Connection {
    DRAWN.set(0);
    let config = common::config().with(|config| config.entropy = counting);
    Connection::new(role, config.with(change))
}
