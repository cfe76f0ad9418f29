//! Compression of messages: permessage-deflate (RFC 7692). It needs the feature `deflate`.
//!
//! One line enables it. Without it, a server declines compression, and a client does not offer it:
//!
//! ```
//! use bowline::{Config, deflate};
//!
//! let config = Config::default().with(|config| config.deflate = Some(deflate::Options::default()));
//! ```
//!
//! The opening handshake negotiates it, and [`Connection::deflate`](crate::Connection::deflate) returns the agreed parameters.
//! From then on, messages are compressed when they are sent and decompressed when they are received. The limit on a message
//! counts the decompressed bytes, and is exact. Sent messages of at least [`Options::threshold`] bytes are compressed. Exceptions
//! are messages sent with [`Message::uncompressed`](crate::Message::uncompressed), and messages that compression would not make
//! shorter.
//!
//! [The guide](crate::guide::compression) has advice on when to compress, and with which options.
//!
//! # What it costs
//!
//! | what | memory | for how long |
//! |---|--:|---|
//! | decompressing, whatever the window | 48 KB | while a compressed message is received; with *context takeover*, from the first one until the connection ends |
//! | compressing, window of 15 bits, memory level 8 | 380 KB | while a message is sent; with context takeover, from the second message on that is sent within a second, until nothing was sent for a second |
//! | compressing, window of 11 bits, memory level 4 | 150 KB | the same |
//! | compressing, window of 9 bits, memory level 1 | 137 KB | the same |
//! | what was compressed | the payload so far, at most 8 KiB | with context takeover, from the first message until the connection ends |
//!
//! *Context takeover* means that a message can refer to the messages before it: similar small messages become much smaller, and
//! both endpoints keep a window of up to 32 KiB for each direction. With *no context takeover*, a connection holds no memory for
//! compression between two messages. It borrows a compressor or decompressor for each message from a pool, which all connections
//! with the same [`Options`] share.
//!
//! With context takeover, a connection that sends a message now and then borrows its compressor, too. When it sends the second message
//! within a second, it keeps one, and returns it to the pool once it has sent nothing for a second, at the next
//! [`tick`](crate::Connection::tick). It keeps the last 8 KiB of what it has compressed, so that the next message can refer to the
//! earlier ones all the same. With the defaults, an idle connection holds less than 60 KB.
//!
//! # Secrets
//!
//! If an attacker can put chosen text beside a secret into compressed messages, and sees their length on the wire, the length
//! reveals the secret bit by bit, also through TLS (RFC 7692 §8, as in CRIME and BREACH). Send such messages with
//! [`Message::uncompressed`](crate::Message::uncompressed).
//!
//! # Choices that the RFCs leave open
//!
//! - This endpoint does not compress with a window of 8 bits, since zlib uses 9 when asked for 8. If the peer asks for such a
//!   window, this endpoint agrees, and sends its messages uncompressed. Messages that the peer compresses are received as usual.
//! - A block that is marked as final ends a DEFLATE stream (RFC 1951 §3.2.3). What follows, in the same message or in the next,
//!   begins a new one with an empty window.
//! - A compressed message with an empty payload is an empty message.
//! - Invalid data, and a message that ends inside a block, are refused with close code 1007. A sender removes the last four bytes,
//!   which are a part of an empty block, and the receiver appends them. If they then decompress to content, the message was cut off.
//! - The position of an error in a compressed message is that of the message's first byte, since the decompressor does not report
//!   which of its bytes is invalid.

#![doc(alias("permessage-deflate", "context takeover", "no context takeover", "no_context_takeover", "zlib"))]

mod compressor;
mod decompressor;
mod history;
mod negotiation;
mod pool;
mod scratch;

pub(crate) use compressor::{Compression, bound, compress_alone};
pub(crate) use decompressor::{Decompression, Reached};
pub use negotiation::{Agreement, AnswerError};
pub(crate) use negotiation::{NAME, accept, check, offer};
pub(crate) use scratch::with_scratch;

use crate::Role;
use pool::Pool;

/// The smallest window that zlib can compress with, in bits: for 8 it uses 9.
const MIN_WINDOW_BITS: u8 = 9;
/// The largest window, in bits. It is used if no parameter asks for a smaller one (RFC 7692 §7.1.2).
const MAX_WINDOW_BITS: u8 = 15;

/// How to compress messages, and what to ask of the peer, as the value of [`Config::deflate`](crate::Config::deflate). Change the
/// defaults to use less memory, or to send fewer bytes.
///
/// Options without a prefix are for the messages that this endpoint sends, and those with `peer_` for the messages that it
/// receives, so that the same options are right for clients and servers. On a server, `peer_` options stand for the parameters of
/// RFC 7692 that begin with `client_`, and on a client for those that begin with `server_`.
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
    /// The compression level, from 1 (fast) to 9 (small). 0 does not compress. Values above 9 count as 9.
    ///
    /// Default: 2. At level 1, zlib-rs uses fixed codes: it takes two thirds of the time, and compressed JSON is 1.5 times as
    /// long. Others, as of 2026-11: 6, the default of zlib (Python websockets, ws), and 1 on Go's own scale (gorilla).
    #[doc(alias("compression level"))]
    pub level: u8,
    /// How much memory the compressor uses besides its window, from 1 to 9. Values outside count as the nearest. With less
    /// memory, it is slower, and its blocks are shorter. The [table](self#what-it-costs) has the bytes.
    ///
    /// Default: 8, as in zlib. Others, as of 2026-11: 5 (Python websockets), 8 (ws).
    #[doc(alias("mem_level", "memLevel"))]
    pub memory_level: u8,
    /// The largest window for the messages that this endpoint sends, in bits: from 9 to 15. Values outside count as the nearest.
    /// The peer may ask for less. A smaller window saves memory here, and perhaps at the peer, and messages become longer.
    ///
    /// It is `server_max_window_bits` of a server, and `client_max_window_bits` of a client (RFC 7692 §7.1.2).
    ///
    /// Default: 15. Others, as of 2026-11: 12 (Python websockets), 15 (ws).
    #[doc(alias("max_window_bits", "server_max_window_bits", "client_max_window_bits"))]
    pub window_bits: u8,
    /// Context takeover for the messages that this endpoint sends: whether they may refer to earlier ones. The peer can ask for
    /// no context takeover.
    ///
    /// `false` is `server_no_context_takeover` of a server, and `client_no_context_takeover` of a client (RFC 7692 §7.1.1).
    ///
    /// Default: `true`. Others, as of 2026-11: `true` (ws, Python websockets), `false` (gorilla).
    #[doc(alias("context takeover", "no context takeover", "no_context_takeover"))]
    #[doc(alias("server_no_context_takeover", "client_no_context_takeover"))]
    pub context_takeover: bool,
    /// The largest window for the messages that the peer sends, in bits: from 9 to 15. Values outside count as the nearest. A
    /// smaller window saves memory at the peer, and none here.
    ///
    /// A server asks for it only if the client offers to limit its window. For servers that do not support it, a client has the
    /// [`fallback`](Self::fallback). No peer is asked for a window of 8 bits, which zlib cannot compress with.
    ///
    /// Default: 15.
    #[doc(alias("max_window_bits", "server_max_window_bits", "client_max_window_bits"))]
    pub peer_window_bits: u8,
    /// Context takeover for the messages that the peer sends: whether they may refer to earlier ones. With no context takeover,
    /// this endpoint keeps no memory for decompression between two of them.
    ///
    /// Default: `true`.
    #[doc(alias(
        "no context takeover",
        "no_context_takeover",
        "server_no_context_takeover",
        "client_no_context_takeover"
    ))]
    pub peer_context_takeover: bool,
    /// For clients: whether to offer compression also without [`peer_window_bits`](Self#structfield.peer_window_bits) and
    /// [`peer_context_takeover`](Self::peer_context_takeover), for servers that do not support them. Both offers are sent
    /// together, and the server chooses.
    ///
    /// With `false`, a server that does not agree to these options has to decline compression. If it answers without them, the
    /// handshake fails with [`AnswerError`].
    ///
    /// Default: `true`.
    pub fallback: bool,
    /// The size of the smallest message to compress, in bytes. It does not apply to messages that are sent in chunks, since their
    /// length is not known in advance. Empty messages are never compressed.
    ///
    /// Default: 64. Others, as of 2026-11: 1024 (ws), 0 (Python websockets).
    pub threshold: usize,
    /// The compressors and decompressors that connections without context takeover share. Clones of the options share them, too.
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
    /// Returns these options, changed by `change`. Use it to write options as one expression.
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

    /// Returns these options with the pool of `other`: connections of both then share compressors and decompressors.
    ///
    /// Clones share a pool by themselves. Use it where options are created anew for each connection, so that an idle connection
    /// does not keep a compressor in a pool of its own.
    ///
    /// ```
    /// use bowline::deflate::Options;
    /// use std::sync::LazyLock;
    ///
    /// static SHARED: LazyLock<Options> = LazyLock::new(Options::default);
    ///
    /// let options = Options::default().with(|options| options.level = 6).with_pool_of(&SHARED);
    /// ```
    #[must_use]
    pub fn with_pool_of(mut self, other: &Self) -> Self {
        self.pool = other.pool.clone();
        self
    }

    /// Returns what an endpoint with this role agrees to if its peer accepts all of these options and asks for nothing else. Use
    /// it with [`Connection::with_agreement`](crate::Connection::with_agreement).
    #[must_use]
    pub fn agreement(&self, role: Role) -> Agreement {
        Agreement::of(self, role)
    }

    fn own_window_bits(&self) -> u8 {
        self.window_bits.clamp(MIN_WINDOW_BITS, MAX_WINDOW_BITS)
    }

    fn peer_window_bits(&self) -> u8 {
        self.peer_window_bits.clamp(MIN_WINDOW_BITS, MAX_WINDOW_BITS)
    }
}
