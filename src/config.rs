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
    /// Whether messages are received whole, or in chunks as they arrive.
    pub delivery: Delivery,
    /// The most memory that a peer can make this endpoint hold.
    pub limits: Limits,
    /// Timeouts and the ping interval.
    pub deadlines: Deadlines,
    /// The source of masking keys and of the handshake's nonce: each call returns four unpredictable bytes.
    ///
    /// An attacker who can guess the masking keys can choose the bytes that a client puts on the wire (RFC 6455 §10.3). With the
    /// feature `std` the default is a CSPRNG that is seeded by the operating system. Use another source only where there is none
    /// (`no_std`), or in a test.
    pub entropy: fn() -> [u8; 4],
    /// Compression of messages, if the peer agrees to it in the opening handshake (RFC 7692): see [`deflate`](crate::deflate).
    ///
    /// With `None`, a client does not offer it, and a server declines it.
    #[doc(alias("compression", "permessage-deflate"))]
    #[cfg(feature = "deflate")]
    pub deflate: Option<crate::deflate::Options>,
}

impl Config {
    /// This configuration, changed by `change`: a configuration in one expression.
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

    /// The defaults, with a source of unpredictable bytes: see [`entropy`](Self::entropy).
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
    /// The defaults, with masking keys from a CSPRNG that the operating system seeds.
    fn default() -> Self {
        Self::new(crate::entropy::csprng)
    }
}

/// Whether [`Connection::receive`](crate::Connection::receive) returns whole messages or chunks. Use chunks for messages that are too
/// large for memory, or to process a message while it arrives.
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
    /// Whole messages: [`Event::Text`](crate::Event::Text) and [`Event::Binary`](crate::Event::Binary). A message
    /// that spans reads is assembled in the connection.
    #[default]
    Messages,
    /// Chunks as they arrive: [`Event::TextChunk`](crate::Event::TextChunk) and
    /// [`Event::BinaryChunk`](crate::Event::BinaryChunk). Messages of any size in constant memory; text is cut only
    /// between characters. A message that arrives as a whole is one chunk, which is the last.
    Chunks,
}

/// The most memory that a peer can make an endpoint hold, and the max message size. Each limit is exact: `n` is accepted, `n + 1`
/// is not.
///
/// The number of fragments is not limited, since valid peers send tens of thousands. The memory of a connection depends on the payload
/// received, and not on the number of its fragments (RFC 6455 §10.4).
///
/// The defaults of other implementations are those of November 2026.
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
    /// The max message size: payload bytes of one message, over all its fragments, decompressed if it is compressed. A larger one is
    /// refused with close code 1009. With [`Delivery::Chunks`] it does not apply, and messages may have any size.
    ///
    /// Default: 16 MiB. Others: 1 MiB (Python websockets), 4 MiB (aiohttp), 64 MiB (tungstenite), 100 MiB (ws), none
    /// (gorilla).
    #[doc(alias("max message size", "max_message_size", "max_payload"))]
    pub message: usize,
    /// The max frame size: payload bytes of one frame, as they are on the wire. A larger one is refused with close code 1009 at its
    /// header. With [`Delivery::Chunks`] it does not apply.
    ///
    /// Default: 16 MiB, so that a message may be sent in one frame. Others: 16 MiB (tungstenite), 64 KiB (Netty).
    #[doc(alias("max frame size", "max_frame_size"))]
    pub frame: usize,
    /// The number of consecutive empty fragments that do not end their message. More are refused with close code 1008, since they have
    /// no content and cost the receiver time.
    ///
    /// Default: 64. Others have no such limit, or one on all fragments, which valid peers reach.
    pub empty_fragments: usize,
    /// The size of an opening handshake's head, in bytes, from the first byte to the empty line. A server refuses a longer one with status
    /// 431, or 414 if the request line alone is too long. On a client, the handshake fails.
    ///
    /// Default: 16 KiB. Others: 8 KiB (nginx, Apache), 16 KiB (Node).
    #[doc(alias("max header size"))]
    pub head_bytes: usize,
    /// The number of header fields in that head. A server refuses more with status 431. On a client, the handshake fails.
    ///
    /// Default: 100. Others: 100 (Apache, hyper), 124 (tungstenite), 2000 (Node).
    pub head_fields: usize,
    /// The size of the queued output, in bytes, frame headers included. If a message does not fit, sending it returns
    /// [`SendError::Full`](crate::SendError::Full). The limit does not apply to pongs, which [`pongs`](Self::pongs) bounds, and to the
    /// one Close frame.
    ///
    /// Default: 32 MiB, so that the largest message can be echoed. Others: none (most).
    #[doc(alias("max_write_buffer_size", "back-pressure"))]
    pub output: usize,
    /// The size of the pongs that wait behind other output, in bytes, frame headers included. If the next pong does not fit, the
    /// waiting ones are dropped, so that the most recent ping is answered (RFC 6455 §5.5.3). One pong always fits.
    ///
    /// Default: 384, three of the longest pongs, or thirty short ones. Others: none (most).
    pub pongs: usize,
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
        }
    }
}

/// Timeouts and the ping interval, for keepalive and against peers that are slow or gone.
///
/// They work only if the driver calls [`tick`](crate::Connection::tick), as the adapters do. The defaults of other implementations are
/// those of November 2026.
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
    /// The handshake timeout, from the first `tick` to the end of the opening handshake. `None` means no limit.
    ///
    /// Default: 10 s. Others: 10 s (Python websockets), 45 s (gorilla, client), none (ws, server).
    #[doc(alias("handshake timeout"))]
    pub handshake: Option<Duration>,
    /// The ping interval (keepalive): a ping is sent when no byte has arrived from the peer for this long. `None` sends no pings.
    ///
    /// Default: 30 s, below the 60 s after which proxies and NATs drop an idle connection. Others: 20 s (Python
    /// websockets), 25 s (Engine.IO), none (ws, tungstenite).
    #[doc(alias("ping interval", "ping_interval", "keepalive", "heartbeat"))]
    pub ping: Option<Duration>,
    /// The ping timeout: if no byte arrives from the peer for this long after that ping, the connection is closed with code 1011. Any
    /// byte counts, not only a pong, since a pong cannot overtake a large frame. `None` means no limit.
    ///
    /// Default: 30 s. Others: 20 s (Python websockets, Engine.IO).
    #[doc(alias("ping timeout", "ping_timeout", "pong timeout"))]
    pub pong: Option<Duration>,
    /// The idle timeout: after this long without a message in either direction, the connection is closed with code 1001. Pings and
    /// pongs do not count. `None` means no limit.
    ///
    /// Default: `None`. Others: 30 s (Jetty), 60 s (nginx as a proxy), none (most).
    #[doc(alias("idle timeout", "idle_timeout"))]
    pub idle: Option<Duration>,
    /// The close timeout: how long to wait, after a Close frame or a failure, for the peer's answer and for the end of its stream.
    ///
    /// Default: 5 s. Others: 10 s (Python websockets), 30 s (ws).
    #[doc(alias("close timeout", "close_timeout"))]
    pub close: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            handshake: Some(Duration::from_secs(10)),
            ping: Some(Duration::from_secs(30)),
            pong: Some(Duration::from_secs(30)),
            idle: None,
            close: Duration::from_secs(5),
        }
    }
}
