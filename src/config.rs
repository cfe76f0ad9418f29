use core::time::Duration;

/// The settings of a connection: limits, deadlines, compression. Change the defaults for a server that strangers can reach, or to
/// compress messages.
///
/// Functions with a configuration accept a `Config` or an `Arc<Config>`. Any number of connections can share one: give each a clone
/// of the `Arc`.
///
/// ```
/// use bowline::{Config, Connection, Role};
/// use std::{sync::Arc, time::Duration};
///
/// let config = Arc::new(Config::default().with(|config| {
///     config.limits.message = 1024 * 1024; // the max message size
///     config.deadlines.ping = Some(Duration::from_secs(15)); // the ping interval
/// }));
/// let connections: Vec<_> = (0..10).map(|_| Connection::new(Role::Server, config.clone())).collect();
/// ```
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether to receive whole messages, or chunks as they arrive. Change it for messages that are too large for memory.
    pub delivery: Delivery,
    /// The most memory that a peer can make this endpoint hold.
    pub limits: Limits,
    /// Timeouts and the ping interval.
    pub deadlines: Deadlines,
    /// The source of masking keys and of the client's `Sec-WebSocket-Key`: each call returns four unpredictable bytes. Servers
    /// never call it.
    ///
    /// With the feature `std`, the default is a CSPRNG that the operating system seeds. Use another source only without `std`, or
    /// in a test. An attacker who can guess the masking keys can choose the bytes that a client puts on the wire (RFC 6455 §10.3).
    #[doc(alias("masking key", "random", "rng"))]
    pub entropy: fn() -> [u8; 4],
    /// Compression of messages, if the peer agrees to it in the opening handshake (RFC 7692): see [`deflate`](crate::deflate).
    ///
    /// Default: `None`. A client then does not offer compression, and a server declines it.
    #[doc(alias("compression", "permessage-deflate"))]
    #[cfg(feature = "deflate")]
    pub deflate: Option<crate::deflate::Options>,
}

impl Config {
    /// Returns this configuration, changed by `change`. Use it to write a configuration as one expression.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role};
    ///
    /// let server = Connection::new(Role::Server, Config::default().with(|config| config.limits.message = 64 * 1024));
    /// ```
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Creates a configuration with all defaults, except for the source of masking keys: see [`entropy`](Self::entropy). Use it
    /// without `std`, where there is no default source, and for tests that compare the bytes of a client.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role};
    /// use bytes::Buf;
    ///
    /// let mut client = Connection::new(Role::Client, Config::new(|| [0; 4])); // constant keys, for a test only
    /// client.send_text("Hello")?;
    /// assert_eq!(client.output().chunk(), b"\x81\x85\0\0\0\0Hello");
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    #[must_use]
    pub fn new(entropy: fn() -> [u8; 4]) -> Self {
        Self {
            delivery: Delivery::default(),
            limits: Limits::default(),
            deadlines: Deadlines::default(),
            entropy,
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }
}

#[cfg(feature = "std")]
impl Default for Config {
    /// Returns the defaults, with masking keys from a CSPRNG that the operating system seeds.
    fn default() -> Self {
        Self::new(crate::entropy::csprng)
    }
}

/// Whether [`Connection::receive`](crate::Connection::receive) returns whole messages or chunks.
///
/// Use chunks for messages that are too large for memory, such as files, or to process a message while it arrives. To send a
/// message in chunks, no setting is needed: see [`Connection::send_binary_chunk`](crate::Connection::send_binary_chunk).
///
/// ```
/// use bowline::{Config, Connection, Delivery, Event, Input, Role};
///
/// let config = Config::default().with(|config| config.delivery = Delivery::Chunks);
/// let mut client = Connection::new(Role::Client, config);
/// let mut buffer = *b"\x82\x7f\x00\x00\x01\x00\x00\x00\x00\x00first"; // the beginning of a terabyte
/// let event = client.receive(&mut Input::from(&mut buffer));
/// assert_eq!(event, Some(Event::BinaryChunk { data: b"first".to_vec().into(), last: false }));
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Whole messages: [`Event::Text`](crate::Event::Text) and [`Event::Binary`](crate::Event::Binary). A message that spans reads
    /// is assembled in the connection, up to [`Limits::message`]. This is right for most programs.
    #[default]
    Messages,
    /// Chunks as they arrive: [`Event::TextChunk`](crate::Event::TextChunk) and [`Event::BinaryChunk`](crate::Event::BinaryChunk).
    ///
    /// Messages of any size are received in constant memory. [`Limits::message`] and [`Limits::frame`] do not apply, so bound the
    /// sum of the chunks yourself. Text is split only between characters. An uncompressed message that arrives in one frame and one
    /// read is a single chunk with `last: true`.
    #[doc(alias("fragment", "fragments", "streaming"))]
    Chunks,
}

/// The max message size, and the most memory that a peer can make an endpoint hold (RFC 6455 §10.4). Lower the limits for a server
/// that strangers can reach.
///
/// Each limit is exact: `n` is accepted, and `n + 1` is not. The number of fragments is not limited, since valid peers send tens of
/// thousands, and a connection holds no more memory for them than for the same payload in one frame.
///
/// ```
/// use bowline::Config;
///
/// // For a public chat.
/// let config = Config::default().with(|config| {
///     config.limits.message = 64 * 1024;
///     config.limits.frame = 64 * 1024;
///     config.limits.output = 1024 * 1024;
/// });
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The max message size, in bytes: the payload of one message over all its fragments, decompressed if it is compressed. A
    /// larger one is refused with close code 1009. With [`Delivery::Chunks`] the limit does not apply.
    ///
    /// Default: 16 MiB. Others, as of 2026-11: 1 MiB (Python websockets), 4 MiB (aiohttp), 64 MiB (tungstenite), 100 MiB (ws), none
    /// (gorilla).
    #[doc(alias("max message size", "max_message_size", "max_size", "max_payload", "maxPayload", "read limit"))]
    pub message: usize,
    /// The max frame size, in bytes: the payload of one frame, as it is on the wire. A larger one is refused with close code 1009
    /// at its header. With [`Delivery::Chunks`] the limit does not apply.
    ///
    /// Default: 16 MiB, so that a message may be sent in one frame. Others, as of 2026-11: 16 MiB (tungstenite), 64 KiB (Netty).
    #[doc(alias("max frame size", "max_frame_size"))]
    pub frame: usize,
    /// The max number of consecutive empty fragments that do not end their message. One more is refused with close code 1008.
    ///
    /// An empty fragment has no content and costs the receiver time, so that a peer could keep it busy indefinitely.
    ///
    /// Default: 64.
    pub empty_fragments: usize,
    /// The max size of an opening handshake's head, in bytes, from the first byte to the empty line. A server refuses a longer one
    /// with status 431, or 414 if the request line alone is too long. On a client, the handshake fails.
    ///
    /// Default: 16 KiB. Others, as of 2026-11: 16 KiB (Node), 8 KiB for each line (nginx, Apache).
    #[doc(alias("max header size", "max_header_size"))]
    pub head_bytes: usize,
    /// The max number of header fields in an opening handshake's head. A server refuses more with status 431. On a client, the
    /// handshake fails.
    ///
    /// Default: 100. Others, as of 2026-11: 100 (Apache, hyper), 124 (tungstenite), 2000 (Node).
    #[doc(alias("max_headers"))]
    pub head_fields: usize,
    /// The max size of the queued output, in bytes, frame headers included. If a message does not fit, sending it returns
    /// [`SendError::Full`](crate::SendError::Full): this is back-pressure from a peer that does not read.
    ///
    /// The limit does not apply to the Close frame, nor to pongs, which [`pongs`](Self::pongs) bounds. There is no setting like
    /// tungstenite's `write_buffer_size`: queued output can be written at any time.
    ///
    /// Default: 32 MiB, so that the largest message can be echoed. Others, as of 2026-11: none (tungstenite, ws).
    #[doc(alias("max_write_buffer_size", "write_buffer_size", "write buffer size", "back-pressure", "backpressure"))]
    pub output: usize,
    /// The max size of the pongs that wait behind other output, in bytes, frame headers included. If the next pong does not fit, the
    /// waiting ones are dropped, so that the most recent ping is answered (RFC 6455 §5.5.3). One pong always fits.
    ///
    /// Default: 384, which is three of the longest pongs that a server sends, or about thirty short ones.
    pub pongs: usize,
    /// The minimum average rate, in bytes per second, at which a peer must read while this endpoint waits for it. It counts only
    /// while the transport refuses bytes, and then [`Deadlines::write`] ends a connection that falls behind. 0 means that any
    /// byte is enough.
    ///
    /// Default: 2 KiB/s, about half of what GPRS achieves. Without it, a peer that reads one byte a second could make this
    /// endpoint keep its messages for months. Others, as of 2026-11: 240 B/s (Kestrel), none (ws, tungstenite, nginx).
    #[doc(alias("min rate", "minimum data rate", "slow client", "slow reader", "slowloris"))]
    pub min_rate: usize,
}

/// The default of [`Limits::min_rate`].
pub(crate) const DEFAULT_MIN_RATE: usize = 2048;

impl Limits {
    /// The smallest amount that is received ahead, however small messages have to be.
    const MIN_AHEAD: usize = 64 * 1024;

    /// Returns how many bytes may be received before the events in them are returned, or before this endpoint's output is
    /// accepted: one message, since a peer can make this endpoint keep that much anyway.
    pub(crate) fn ahead(&self) -> usize {
        self.message.max(Self::MIN_AHEAD)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 16 * 1024 * 1024,
            frame: 16 * 1024 * 1024,
            empty_fragments: 64,
            head_bytes: 16 * 1024,
            head_fields: 100,
            output: 32 * 1024 * 1024,
            pongs: 384,
            min_rate: DEFAULT_MIN_RATE,
        }
    }
}

/// Timeouts and the ping interval (keepalive), against peers that are slow or gone.
///
/// They work only if the driver calls [`tick`](crate::Connection::tick), as the adapters do. A duration of less than 1 ms counts as
/// 1 ms.
///
/// ```
/// use bowline::Config;
/// use std::time::Duration;
///
/// let config = Config::default().with(|config| {
///     config.deadlines.ping = Some(Duration::from_secs(15)); // for a proxy with an idle timeout of 20 s
///     config.deadlines.pong = Some(Duration::from_secs(10));
///     config.deadlines.idle = Some(Duration::from_secs(600));
/// });
/// ```
#[doc(alias("timeout", "timeouts"))]
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Deadlines {
    /// The handshake timeout: the time from the first `tick` to the end of the opening handshake. `None` means no limit.
    ///
    /// Default: 10 s. Others, as of 2026-11: 10 s (Python websockets), 45 s (clients of gorilla), none (clients of ws).
    #[doc(alias("handshake timeout", "handshake_timeout", "open_timeout"))]
    pub handshake: Option<Duration>,
    /// The ping interval (keepalive, heartbeat): a ping is sent when no byte has arrived from the peer for this long. `None` sends
    /// no pings. If the buffers on the way to the peer are full, they accept new bytes only because the peer has read some, so these
    /// bytes count as well.
    ///
    /// Default: 30 s, below the 60 s after which many proxies drop an idle connection. Others, as of 2026-11: 20 s (Python
    /// websockets), 25 s (Engine.IO), none (ws, tungstenite).
    #[doc(alias("ping interval", "ping_interval", "keepalive", "keep-alive", "heartbeat"))]
    pub ping: Option<Duration>,
    /// The ping timeout: if no byte arrives from the peer for this long after a ping of the [ping interval](Self::ping), the
    /// connection is closed with code 1011. Any byte counts, not only a pong, since a pong cannot overtake a large frame. `None`
    /// means no limit.
    ///
    /// The peer must first read everything that was sent before the ping. So the timeout starts when the transport has accepted the
    /// ping, and is longer by the time that a peer needs for these bytes at [`Limits::min_rate`].
    ///
    /// Default: 30 s. Others, as of 2026-11: 20 s (Python websockets, Engine.IO).
    #[doc(alias("ping timeout", "ping_timeout", "pong timeout", "pong_timeout"))]
    pub pong: Option<Duration>,
    /// The write timeout: how late the peer may be, compared with reading at [`Limits::min_rate`], while the transport refuses
    /// bytes. A peer that reads nothing and sends little is disconnected after this time, with code 1011. One that reads at the
    /// minimum rate is never disconnected. `None` means no limit.
    ///
    /// Received bytes count as bytes that were read, but only [`Limits::message`] bytes more than the peer reads: it may be a peer
    /// that sends everything before it reads anything.
    ///
    /// Default: 60 s. Others, as of 2026-11: 60 s between two writes (nginx), none (ws, tungstenite).
    #[doc(alias("write timeout", "write_timeout", "send timeout", "send_timeout", "slow client"))]
    pub write: Option<Duration>,
    /// The idle timeout: after this long without any part of a message in either direction, the connection is closed with code
    /// 1001. Pings and pongs do not count. A message that the peer is still reading does. `None` means no limit.
    ///
    /// Default: `None`. Others, as of 2026-11: 30 s (Jetty), 60 s (nginx as a proxy).
    #[doc(alias("idle timeout", "idle_timeout"))]
    pub idle: Option<Duration>,
    /// The close timeout: how long a connection that is closing, or has failed, waits for the peer's Close frame, for the end of
    /// its stream, and for its own last bytes to be written. Then it ends, and output that is still queued is discarded.
    ///
    /// A peer that reads the queued output at least at [`Limits::min_rate`] gets more time, up to twelve times this timeout.
    ///
    /// Default: 5 s. Others, as of 2026-11: 10 s (Python websockets), 30 s (ws).
    #[doc(alias("close timeout", "close_timeout"))]
    pub close: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            handshake: Some(Duration::from_secs(10)),
            ping: Some(Duration::from_secs(30)),
            pong: Some(Duration::from_secs(30)),
            write: Some(Duration::from_secs(60)),
            idle: None,
            close: Duration::from_secs(5),
        }
    }
}
