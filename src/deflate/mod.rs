//! Compression of messages: permessage-deflate (RFC 7692).
//!
//! One line switches it on; without it, a server declines what clients offer, and a client offers nothing:
//!
//! ```
//! use bowline::{Config, deflate};
//!
//! let mut config = Config::default();
//! config.deflate = Some(deflate::Options::default());
//! ```
//!
//! The opening handshake negotiates it, [`Connection::deflate`](crate::Connection::deflate) tells what was agreed, and from
//! then on messages are compressed and decompressed on the way. Received messages look as they always do; the limit on a
//! message's size counts what comes out of the decompressor, and is exact. Sent messages of at least
//! [`Options::threshold`] bytes are compressed, unless [`Connection::set_compression`](crate::Connection::set_compression)
//! switches that off, or compression would make them longer.
//!
//! # What it costs
//!
//! | what | memory | for how long |
//! |---|--:|---|
//! | decompressing, whatever the window | 48 KB | while a compressed message is coming in; with *takeover*, from the first one until the connection ends |
//! | compressing, window of 15 bits, memory level 8 | 380 KB | while a message is being sent; with takeover, from the first one until the connection ends |
//! | compressing, window of 11 bits, memory level 4 | 150 KB | the same |
//! | compressing, window of 9 bits, memory level 1 | 137 KB | the same |
//!
//! *Takeover* means that a message can refer to the ones before it: similar small messages become much smaller, and both ends
//! keep a window of up to 32 KiB for each direction. Without it, a connection between two messages holds nothing: what is
//! needed is taken from a pool that all connections of an [`Options`] share, and given back after the message.
//!
//! # Secrets
//!
//! Who can put text of their choosing beside a secret in compressed messages, and sees how long they are on the wire, can guess
//! the secret bit by bit, also through TLS (RFC 7692 §8, as in CRIME and BREACH). Send such messages with
//! [`set_compression(false)`](crate::Connection::set_compression).
//!
//! # Where the texts leave a choice
//!
//! - A window of 8 bits cannot be compressed for (zlib would take 9 and say 8): a server declines an offer that asks for it, a
//!   client fails a handshake whose answer does. Received messages may be made with it.
//! - A block marked as final ends a DEFLATE stream (RFC 1951 §3.2.3): what follows, in the same message or in the next, begins a new
//!   one with an empty window.
//! - A compressed message without a byte of payload is empty.
//! - Bad data, and a message that ends inside a block, are refused with close code 1007. The four bytes that a message lacks are the
//!   rest of an empty block: if they come out as content, it was cut off.
//! - The position of an error in a compressed message is that of the message's first byte, since which byte of the compressed
//!   data shows it cannot be told.

mod agreement;
mod compressor;
mod decompressor;
mod pool;
mod scratch;

pub use agreement::{Agreement, AnswerError};
pub(crate) use agreement::{NAME, accept, check, offer};
pub(crate) use compressor::{Compression, bound, compress_alone};
pub(crate) use decompressor::{Decompression, Reached};
pub(crate) use scratch::with_scratch;

use pool::Pool;

/// The smallest window that can be compressed for, in bits.
const MIN_WINDOW_BITS: u8 = 9;
/// The largest window (RFC 7692 §7.1.2), which is meant where nothing is said.
const MAX_WINDOW_BITS: u8 = 15;

/// How messages are compressed, and what is asked of the peer: see [`Config::deflate`](crate::Config::deflate).
///
/// "Own" is what this endpoint sends, "peer" what it receives: the same options serve clients and servers.
///
/// ```
/// use bowline::deflate::Options;
///
/// // For a hundred thousand connections that are mostly idle: nothing is kept between messages.
/// let mut options = Options::default();
/// options.takeover = false;
/// options.peer_takeover = false;
/// ```
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Options {
    /// How hard to compress: from 1 (fast) to 9 (small); 0 stores. Values above 9 count as 9.
    ///
    /// Level 2. At level 1, zlib-rs makes no codes of their own for messages: it takes two thirds of the time, and JSON comes out
    /// half as long again. Others: 6 (Python websockets; ws, as it is zlib's default), 1 on Go's own scale (gorilla).
    pub level: u8,
    /// How much memory the compressor takes besides its window, from 1 to 9; values outside count as the nearest. Less makes it
    /// slower and its blocks shorter.
    ///
    /// 8, as in zlib. Others: 5 (Python websockets), 8 (ws).
    pub memory_level: u8,
    /// The largest window to compress with, in bits: from 9 to 15; values outside count as the nearest. The peer may ask for less.
    ///
    /// 15. Others: 12 (Python websockets), 15 (ws).
    pub window_bits: u8,
    /// Whether own messages may refer to earlier ones. The peer may ask that they do not.
    ///
    /// `true`. Others: `true` (ws, Python websockets), `false` (gorilla).
    pub takeover: bool,
    /// The largest window the peer shall compress with, in bits: from 9 to 15; values outside count as the nearest. It saves memory there
    /// and not here, where decompressing always takes the same. A client that does not say that it can choose its window is not asked to.
    /// Nobody is asked for 8, which most peers cannot do, as they compress with zlib.
    ///
    /// 15.
    pub peer_window_bits: u8,
    /// Whether the peer's messages may refer to earlier ones. Without it, nothing is kept here between two messages.
    ///
    /// `true`.
    pub peer_takeover: bool,
    /// For clients: whether compression is wanted also from a server that declines `peer_window_bits` or `peer_takeover`. Then a
    /// second offer without them stands behind the first.
    ///
    /// `true`.
    pub fallback: bool,
    /// Messages of fewer bytes are sent as they are. It does not count for messages sent in chunks, whose length is not known.
    ///
    /// 64. Others: 1024 (ws), 0 (Python websockets).
    pub threshold: usize,
    /// What connections without takeover share. Clones share it, too.
    pool: Pool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            level: 2,
            memory_level: 8,
            window_bits: MAX_WINDOW_BITS,
            takeover: true,
            peer_window_bits: MAX_WINDOW_BITS,
            peer_takeover: true,
            fallback: true,
            threshold: 64,
            pool: Pool::default(),
        }
    }
}

impl Options {
    fn own_window_bits(&self) -> u8 {
        self.window_bits.clamp(MIN_WINDOW_BITS, MAX_WINDOW_BITS)
    }

    fn peer_window_bits(&self) -> u8 {
        self.peer_window_bits.clamp(MIN_WINDOW_BITS, MAX_WINDOW_BITS)
    }
}
