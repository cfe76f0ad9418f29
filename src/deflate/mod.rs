//! Compression of messages: permessage-deflate (RFC 7692).
//!
//! One line enables it. Without it, a server declines compression, and a client does not offer it:
//!
//! ```
//! use bowline::{Config, deflate};
//!
//! let config = Config::default().with(|config| config.deflate = Some(deflate::Options::default()));
//! ```
//!
//! The opening handshake negotiates it, and [`Connection::deflate`](crate::Connection::deflate) returns what was agreed. From then
//! on, messages are compressed when they are sent and decompressed when they are received. The limit on a message counts the
//! decompressed bytes, and is exact. Sent messages of at least [`Options::threshold`] bytes are compressed. Exceptions are messages
//! sent with [`Message::uncompressed`](crate::Message::uncompressed), and messages that compression would not make shorter.
//!
//! [The guide](crate::guide::compression) has advice on when to compress, and with which options.
//!
//! # What it costs
//!
//! | what | memory | for how long |
//! |---|--:|---|
//! | decompressing, whatever the window | 48 KB | while a compressed message is received; with *context takeover*, from the first one until the connection ends |
//! | compressing, window of 15 bits, memory level 8 | 380 KB | while a message is sent; with context takeover, from the first one until the connection ends |
//! | compressing, window of 11 bits, memory level 4 | 150 KB | the same |
//! | compressing, window of 9 bits, memory level 1 | 137 KB | the same |
//!
//! *Context takeover* means that a message can refer to the messages before it: similar small messages become much smaller, and
//! both endpoints keep a window of up to 32 KiB for each direction. With no context takeover, a connection holds no memory for
//! compression between two messages: a context is taken from a pool that all connections with the same [`Options`] share, and
//! returned after the message.
//!
//! # Secrets
//!
//! If an attacker can put chosen text beside a secret into compressed messages, and sees their length on the wire, the length
//! reveals the secret bit by bit, also through TLS (RFC 7692 §8, as in CRIME and BREACH). Send such messages with
//! [`Message::uncompressed`](crate::Message::uncompressed).
//!
//! # Choices that the RFCs leave open
//!
//! - This endpoint does not compress with a window of 8 bits, since zlib uses 9 when asked for 8. A server declines an offer that
//!   asks for it, and a client fails a handshake whose answer does. Received messages may be compressed with it.
//! - A block that is marked as final ends a DEFLATE stream (RFC 1951 §3.2.3). What follows, in the same message or in the next,
//!   begins a new one with an empty window.
//! - A compressed message with an empty payload is an empty message.
//! - Invalid data, and a message that ends inside a block, are refused with close code 1007. A sender removes the last four bytes,
//!   which are a part of an empty block, and the receiver appends them. If they then decompress to content, the message was cut off.
//! - The position of an error in a compressed message is that of the message's first byte, since the decompressor does not report
//!   which of its bytes is invalid.

mod compressor;
mod decompressor;
mod negotiation;
mod pool;
mod scratch;

pub(crate) use compressor::{Compression, bound, compress_alone};
pub(crate) use decompressor::{Decompression, Reached};
pub use negotiation::{Agreement, AnswerError};
pub(crate) use negotiation::{NAME, accept, check, offer};
pub(crate) use scratch::with_scratch;

use pool::Pool;

/// The smallest window that can be compressed for, in bits.
const MIN_WINDOW_BITS: u8 = 9;
/// The largest window, and the one in use where no parameter asks for another (RFC 7692 §7.1.2).
const MAX_WINDOW_BITS: u8 = 15;

/// How to compress messages, and what to ask of the peer: see [`Config::deflate`](crate::Config::deflate). Change the defaults to
/// use less memory, or to send fewer bytes.
///
/// Options without a prefix are for the messages that this endpoint sends, and those with `peer_` for the messages that it receives,
/// so that the same options are right for clients and servers. The defaults of other implementations are those of November 2026.
///
/// ```
/// use bowline::deflate::Options;
///
/// // For a hundred thousand connections that are mostly idle: no context takeover, so that they keep nothing between messages.
/// let mut options = Options::default();
/// options.context_takeover = false;
/// options.peer_context_takeover = false;
/// ```
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Options {
    /// The compression level: from 1 (fast) to 9 (small). 0 does not compress. Values above 9 count as 9.
    ///
    /// Default: 2. At level 1, zlib-rs uses fixed codes: it takes two thirds of the time, and compressed JSON is 1.5 times as long.
    /// Others: 6 (Python websockets; ws, as it is zlib's default), 1 on Go's own scale (gorilla).
    #[doc(alias("compression level"))]
    pub level: u8,
    /// How much memory the compressor uses besides its window, from 1 to 9; values outside count as the nearest. With less, it is
    /// slower, and its blocks are shorter.
    ///
    /// Default: 8, as in zlib. Others: 5 (Python websockets), 8 (ws).
    pub memory_level: u8,
    /// The largest window to compress with, in bits: from 9 to 15; values outside count as the nearest. The peer may ask for less.
    ///
    /// Default: 15. Others: 12 (Python websockets), 15 (ws).
    #[doc(alias("max_window_bits"))]
    pub window_bits: u8,
    /// Context takeover for the messages that this endpoint sends: whether they may refer to earlier ones. The peer can ask for no
    /// context takeover.
    ///
    /// Default: `true`. Others: `true` (ws, Python websockets), `false` (gorilla).
    #[doc(alias("context takeover", "no context takeover", "no_context_takeover"))]
    pub context_takeover: bool,
    /// The largest window for the peer to compress with, in bits: from 9 to 15; values outside count as the nearest. A smaller one saves
    /// memory at the peer, and none here. A server asks for it only if the client offers to limit its window. No peer is asked for 8,
    /// which zlib cannot compress with.
    ///
    /// Default: 15.
    pub peer_window_bits: u8,
    /// Context takeover for the messages that the peer sends: whether they may refer to earlier ones. With no context takeover, this
    /// endpoint keeps nothing between two of them.
    ///
    /// Default: `true`.
    #[doc(alias("server_no_context_takeover", "client_no_context_takeover"))]
    pub peer_context_takeover: bool,
    /// For clients: whether to also offer compression without `peer_window_bits` and `peer_context_takeover`, for a server that does not
    /// support them. Both offers are sent together, and the server chooses.
    ///
    /// Default: `true`.
    pub fallback: bool,
    /// Messages of fewer bytes are not compressed. It does not apply to messages that are sent in chunks, since their length is not known
    /// in advance.
    ///
    /// Default: 64. Others: 1024 (ws), 0 (Python websockets).
    pub threshold: usize,
    /// The compressors and decompressors that connections without context takeover share. Clones share them, too.
    pool: Pool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            level: 2,
            memory_level: 8,
            window_bits: MAX_WINDOW_BITS,
            context_takeover: true,
            peer_window_bits: MAX_WINDOW_BITS,
            peer_context_takeover: true,
            fallback: true,
            threshold: 64,
            pool: Pool::default(),
        }
    }
}

impl Options {
    /// These options, changed by `change`: options in one expression.
    ///
    /// ```
    /// use bowline::{Config, deflate::Options};
    ///
    /// let options = Options::default().with(|options| options.level = 6);
    /// let config = Config::default().with(|config| config.deflate = Some(options));
    /// ```
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn own_window_bits(&self) -> u8 {
        self.window_bits.clamp(MIN_WINDOW_BITS, MAX_WINDOW_BITS)
    }

    fn peer_window_bits(&self) -> u8 {
        self.peer_window_bits.clamp(MIN_WINDOW_BITS, MAX_WINDOW_BITS)
    }
}
