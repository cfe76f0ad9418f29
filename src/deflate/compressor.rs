//! Compression of the messages that are sent (RFC 7692 §6.1, §7.2.1).

use super::{Agreement, MAX_WINDOW_BITS, MIN_WINDOW_BITS, Options, history::History, with_scratch};
use crate::{Role, bug::OrBug};
use alloc::{borrow::Cow, boxed::Box, vec::Vec};
use core::fmt;
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

/// "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end" (§7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// An empty stored block without its tail (§7.2.3.6). It is the last fragment of a message if nothing is left to compress.
const EMPTY_BLOCK: [u8; 1] = [0x00];

/// How the last message ends before a compressor returns to the pool. A full flush replaces a reset, which costs more: nothing after
/// it refers to what was before it (zlib's manual: "compression can restart from this point").
const TO_POOL: DeflateFlush = DeflateFlush::FullFlush;

/// The state of compression for the messages that a connection sends.
#[derive(Default)]
pub(crate) struct Compression {
    /// `Some` if messages may be sent compressed.
    agreed: Option<Agreed>,
    /// Whether the message whose chunks are being sent is compressed.
    in_message: bool,
    /// With context takeover, kept from the first message on. Otherwise kept only within a message that is sent in chunks.
    context: Option<Box<Context>>,
}

/// The compressor of a connection. In a box, so that it takes little space in connections that compress nothing.
#[derive(Default)]
struct Context {
    /// `None` while the connection is idle, and until it sends a second message after that.
    compressor: Option<Compressor>,
    /// Whether the connection has sent a compressed message since it was idle.
    is_active: bool,
    /// With context takeover, what another compressor may refer to.
    history: History,
}

impl Context {
    /// Forgets all messages before the next one.
    fn forget(&mut self) {
        self.history.clear();
        if let Some(compressor) = &mut self.compressor {
            compressor.0.stream.reset();
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Agreed {
    context_takeover: bool,
    /// From 9 to 15.
    window_bits: u8,
}

impl Agreed {
    /// The size of the window, in bytes.
    const fn window(self) -> usize {
        1 << self.window_bits
    }

    /// How a message ends, if the next one is compressed by the same compressor.
    const fn after_message(self) -> DeflateFlush {
        if self.context_takeover { DeflateFlush::SyncFlush } else { TO_POOL }
    }
}

/// A compressor with its settings. In a box, since it moves between connections and the pool.
pub(super) struct Compressor(Box<Inner>);

struct Inner {
    stream: Deflate,
    key: Key,
}

/// The settings that a compressor keeps for its life: one from the pool must have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    level: u8,
    memory_level: u8,
    window_bits: u8,
}

impl Compression {
    pub(crate) fn new(role: Role, agreement: Agreement, options: &Options) -> Self {
        let window_bits = options.own_window_bits().min(agreement.window_bits(role));
        let context_takeover = options.context_takeover && agreement.context_takeover(role);
        // For a window of 8 bits zlib uses 9, which the peer could not decompress. So all messages are sent uncompressed, as
        // the extension allows (RFC 7692 §6: RSV1 is not set).
        let agreed = (window_bits >= MIN_WINDOW_BITS).then_some(Agreed { context_takeover, window_bits });
        Self { agreed, ..Self::default() }
    }

    /// Whether messages may be sent compressed: compression was agreed, with a window that this endpoint can compress for.
    pub(crate) const fn is_agreed(&self) -> bool {
        self.agreed.is_some()
    }

    /// Whether a whole message of `len` bytes is to be compressed.
    #[inline]
    pub(crate) fn takes(&self, len: usize, options: &Options) -> bool {
        // An empty message cannot become shorter.
        self.is_agreed() && len >= options.threshold.max(1)
    }

    /// Returns the window for the messages that are sent, in bits. `None` if they are not compressed.
    pub(crate) fn window_bits(&self) -> Option<u8> {
        self.agreed.map(|agreed| agreed.window_bits)
    }

    /// To be called when a message is sent that was compressed elsewhere. The peer's window then has content that this compressor
    /// has not seen, so later messages must not refer to anything before it.
    pub(crate) fn forget(&mut self) {
        if let Some(context) = &mut self.context {
            context.forget();
        }
    }

    /// Compresses the payload of a whole message. Returns `None` if that does not make it shorter. The result is in `chunk`, if
    /// it fits.
    pub(crate) fn message<'c>(
        &mut self,
        payload: &[u8],
        chunk: &'c mut [u8],
        options: &Options,
    ) -> Option<Cow<'c, [u8]>> {
        let agreed = self.agreed?;
        // A connection that sends a message now and then only borrows a compressor, so that the memory does not grow with the number
        // of such connections. The first message of several costs a dictionary more.
        let keeps = agreed.context_takeover && self.context.as_ref().is_some_and(|context| context.is_active);
        let mut compressor = self.take_compressor(agreed, options);
        let flush = if keeps { agreed.after_message() } else { TO_POOL };
        let compressed = compressor.compress(payload, flush, chunk).map(without_tail);
        let shorter = compressed.filter(|compressed| compressed.len() < payload.len());
        if keeps {
            self.keep(compressor);
        } else {
            options.pool.return_compressor(compressor);
        }
        if !agreed.context_takeover {
            return shorter;
        }
        let context = self.context.get_or_insert_default();
        context.is_active = true;
        match shorter {
            Some(_) => context.history.add(payload, agreed.window()),
            // The message is then sent uncompressed, so it is not in the peer's window. Later messages must not refer to it.
            None => context.forget(),
        }
        shorter
    }

    /// Whether the message whose chunks are being sent is compressed.
    pub(crate) const fn in_message(&self) -> bool {
        self.in_message
    }

    /// Compresses a chunk of a message. Only the tail of the last chunk is removed (§7.2.1).
    pub(crate) fn chunk(&mut self, payload: &[u8], last: bool, options: &Options) -> Option<Vec<u8>> {
        let agreed = self.agreed?;
        self.in_message = !last;
        let compressed = match (payload.is_empty(), last) {
            (true, false) => Vec::new(),
            (true, true) => EMPTY_BLOCK.to_vec(),
            (false, _) => {
                let mut compressor = self.take_compressor(agreed, options);
                let flush = if last { agreed.after_message() } else { DeflateFlush::SyncFlush };
                let compressed = with_scratch(|chunk| {
                    let compressed = compressor.compress(payload, flush, chunk);
                    // The compressor accepts all input. If it did not, the rest of the message would be invalid, and the peer
                    // would refuse it.
                    debug_assert!(compressed.is_some(), "the compressor refused its input");
                    let compressed = compressed.or_bug();
                    if last { without_tail(compressed) } else { compressed }.into_owned()
                });
                let context = self.keep(compressor);
                if agreed.context_takeover {
                    context.history.add(payload, agreed.window());
                }
                compressed
            }
        };
        if last
            && !agreed.context_takeover
            && let Some(mut compressor) = self.context.take().and_then(|context| context.compressor)
        {
            // `EMPTY_BLOCK` did not go through the compressor, so it has not flushed at the end of this message.
            if payload.is_empty() {
                compressor.0.stream.reset();
            }
            options.pool.return_compressor(compressor);
        }
        Some(compressed)
    }

    /// Frees the compressor. To be called when nothing more is compressed.
    pub(crate) fn discard(&mut self) {
        self.context = None;
    }

    /// Whether [`rest`](Self::rest) would free memory.
    pub(crate) fn can_rest(&self) -> bool {
        !self.in_message && self.context.as_ref().is_some_and(|context| context.is_active)
    }

    /// Returns the compressor to the pool, since the connection is idle. The messages that it could refer to stay, as far as they
    /// fit in the window, so that the next message can refer to them all the same.
    pub(crate) fn rest(&mut self, options: &Options) {
        if let Some(context) = self.context.as_mut().filter(|_| !self.in_message) {
            context.is_active = false;
            if let Some(mut compressor) = context.compressor.take() {
                compressor.0.stream.reset();
                options.pool.return_compressor(compressor);
            }
        }
    }

    fn take_compressor(&mut self, agreed: Agreed, options: &Options) -> Compressor {
        if let Some(compressor) = self.context.as_mut().and_then(|context| context.compressor.take()) {
            return compressor;
        }
        let mut compressor = Compressor::from_pool(agreed.window_bits, options);
        let parts = self.context.as_ref().map_or([&[][..]; 2], |context| context.history.parts());
        let is_ready = parts.iter().all(|part| part.is_empty() || compressor.0.stream.set_dictionary(part).is_ok());
        // A new compressor takes a dictionary. If it did not, it must not refer to anything.
        debug_assert!(is_ready, "the compressor refused its dictionary");
        if !is_ready {
            compressor.0.stream.reset();
            self.forget();
        }
        compressor
    }

    fn keep(&mut self, compressor: Compressor) -> &mut Context {
        let context = self.context.get_or_insert_default();
        (context.compressor, context.is_active) = (Some(compressor), true);
        context
    }
}

/// Compresses a message for many connections, without reference to others. Returns `None` if that does not make it shorter.
pub(crate) fn compress_alone(payload: &[u8], window_bits: u8, options: &Options) -> Option<Vec<u8>> {
    let mut context = Compressor::from_pool(window_bits, options);
    let compressed = with_scratch(|chunk| {
        let compressed = context.compress(payload, DeflateFlush::FullFlush, chunk).map(without_tail);
        compressed.filter(|compressed| compressed.len() < payload.len()).map(Cow::into_owned)
    });
    options.pool.return_compressor(context);
    compressed
}

/// Returns an upper bound for the compressed size of any `len` bytes. In a block with fixed codes, a byte takes at most 9 bits
/// (RFC 1951 §3.2.6).
pub(crate) const fn bound(len: usize) -> usize {
    len.saturating_add(len / 8).saturating_add(64)
}

fn without_tail(compressed: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match compressed {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.strip_suffix(&TAIL).unwrap_or(bytes)),
        Cow::Owned(mut bytes) => {
            bytes.truncate(bytes.strip_suffix(&TAIL).unwrap_or(&bytes).len());
            Cow::Owned(bytes)
        }
    }
}

impl Compressor {
    pub(super) fn from_pool(window_bits: u8, options: &Options) -> Self {
        let key = Key {
            level: options.level.min(9),
            memory_level: options.memory_level.clamp(1, 9),
            window_bits: window_bits.clamp(MIN_WINDOW_BITS, MAX_WINDOW_BITS),
        };
        options.pool.compressor(|waiting| waiting.0.key == key).unwrap_or_else(|| {
            let mut config = DeflateConfig::new(key.level.into());
            config.window_bits = -i32::from(key.window_bits);
            config.mem_level = key.memory_level.into();
            Self(Box::new(Inner { stream: Deflate::new_with_config(config), key }))
        })
    }

    /// Compresses all of `payload`, up to the end of a block and of a byte. The result is in `chunk`, if that has at least one
    /// byte to spare. Returns `None` if the compressor does not accept the payload. It is then reset.
    fn compress<'c>(&mut self, payload: &[u8], flush: DeflateFlush, chunk: &'c mut [u8]) -> Option<Cow<'c, [u8]>> {
        let mut rest = payload;
        let mut compressed = Vec::new();
        loop {
            let before = (self.0.stream.total_in(), self.0.stream.total_out());
            let status = self.0.stream.compress(rest, chunk, flush);
            let moved = |now: u64, before: u64| usize::try_from(now.wrapping_sub(before)).or_bug();
            let took = moved(self.0.stream.total_in(), before.0);
            let gave = moved(self.0.stream.total_out(), before.1);
            rest = rest.get(took..).or_bug();
            // "If deflate returns with avail_out == 0, this function must be called again" (zlib's manual). So a result that
            // exactly fills the chunk may not be all of it.
            let is_full = gave == chunk.len();
            // With space left, a compressor that works has consumed everything. Another call would change nothing.
            if status.is_err() || !is_full && !rest.is_empty() {
                self.0.stream.reset();
                return None;
            }
            if !is_full && compressed.is_empty() {
                return Some(Cow::Borrowed(chunk.get(..gave).or_bug()));
            }
            compressed.extend_from_slice(chunk.get(..gave).or_bug());
            if !is_full {
                return Some(Cow::Owned(compressed));
            }
        }
    }
}

impl fmt::Debug for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compression")
            .field("agreed", &self.agreed)
            .field("in_message", &self.in_message)
            .field("holds_context", &self.context.is_some())
            .finish()
    }
}
