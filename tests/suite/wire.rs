//! What was written, as frames; and a source of keys that counts.

use bowline::{Config, Connection, Event, Role};
use bowline_test::Frame;
use std::cell::Cell;

use crate::common;

/// The first bytes and payloads of the frames in a stream.
pub(crate) fn plain(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    Frame::decode_all(bytes).into_iter().map(|frame| (frame.first, frame.payload)).collect()
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
