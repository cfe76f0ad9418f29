use core::time::Duration;

/// How a connection behaves. One `Arc<Config>` serves any number of connections.
///
/// ```
/// use bowline::Config;
/// use std::{sync::Arc, time::Duration};
///
/// let mut config = Config::default();
/// config.limits.message = 1024 * 1024;
/// config.deadlines.ping = Some(Duration::from_secs(15));
/// let config = Arc::new(config);
/// ```
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Config {
    /// Whole messages, or pieces as they arrive.
    pub delivery: Delivery,
    /// What a peer, or a slow reader, can make this endpoint hold.
    pub limits: Limits,
    /// How long to wait for what.
    pub deadlines: Deadlines,
    /// Where masking keys and the handshake's nonce come from: four bytes that nobody can predict, at each call.
    ///
    /// RFC 6455 §10.3 rests on it: whoever can guess the key can choose the bytes that a client puts on the wire. With
    /// the feature `std` the default draws from a CSPRNG that the operating system seeds; give another source only
    /// where there is none (`no_std`), or in a test.
    pub entropy: fn() -> [u8; 4],
    /// Compression of messages, if the peer agrees to it in the opening handshake (RFC 7692): see [`deflate`](crate::deflate).
    ///
    /// `None`: nothing is offered, and what clients offer is declined.
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

/// What [`Connection::receive`](crate::Connection::receive) hands out.
///
/// ```
/// use bowline::{Config, Connection, Delivery, Event, Role};
///
/// let mut config = Config::default();
/// config.delivery = Delivery::Chunks;
/// let mut client = Connection::new(Role::Client, config);
/// let mut read = *b"\x82\x7f\x00\x00\x01\x00\x00\x00\x00\x00first"; // the beginning of a terabyte
/// let event = client.receive(&mut (&mut read[..]).into()).unwrap();
/// assert_eq!(event, Event::BinaryChunk { data: b"first".to_vec().into(), last: false });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Whole messages: [`Event::Text`](crate::Event::Text) and [`Event::Binary`](crate::Event::Binary). A message
    /// that spans reads is assembled in the connection.
    #[default]
    Messages,
    /// Pieces as they arrive: [`Event::TextChunk`](crate::Event::TextChunk) and
    /// [`Event::BinaryChunk`](crate::Event::BinaryChunk). Messages of any size in constant memory; text is cut only
    /// between characters.
    Chunks,
}

/// What a peer can make an endpoint hold. Each limit is exact: `n` passes, `n + 1` does not.
///
/// There is no limit on the number of fragments, as legal peers send tens of thousands: what a connection holds is
/// bounded by the payload that has really arrived (RFC 6455 §10.4).
///
/// ```
/// use bowline::Config;
///
/// // For thousands of strangers who chat.
/// let mut config = Config::default();
/// config.limits.message = 64 * 1024;
/// config.limits.frame = 64 * 1024;
/// config.limits.output = 1024 * 1024;
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Payload bytes of one message, over all its fragments, decompressed if it is compressed: beyond it, close code 1009. It
    /// does not count with [`Delivery::Chunks`], where messages may have any size.
    ///
    /// 16 MiB. Others: 1 MiB (Python websockets), 4 MiB (aiohttp), 64 MiB (tungstenite), 100 MiB (ws), none
    /// (gorilla).
    pub message: usize,
    /// Payload bytes of one frame, as they are on the wire: beyond it, close code 1009 as soon as the header shows it. It does
    /// not count with [`Delivery::Chunks`] either.
    ///
    /// 16 MiB, so that a message may come as one frame. Others: 16 MiB (tungstenite), 64 KiB (Netty).
    pub frame: usize,
    /// Empty fragments in a row that do not end their message: beyond it, close code 1008. They carry nothing and
    /// cost the receiver work.
    ///
    /// 64. Others have no such limit, or one on all fragments, which legal peers reach.
    pub empty_fragments: usize,
    /// Bytes of an opening handshake's head, from the first byte to the empty line: beyond it, status 431 (414 if
    /// the request line alone is too long), or a failed handshake on a client.
    ///
    /// 16 KiB. Others: 8 KiB (nginx, Apache), 16 KiB (Node).
    pub head_bytes: usize,
    /// Header fields in that head.
    ///
    /// 100. Others: 100 (Apache, hyper), 124 (tungstenite), 2000 (Node).
    pub head_fields: usize,
    /// Bytes of queued output, frame headers included: beyond it, [`SendError::Full`](crate::SendError::Full). Pongs
    /// and Close frames pass it, as they are bounded by themselves.
    ///
    /// 32 MiB: room for an echo of the largest message. Others: none (most).
    pub output: usize,
    /// Bytes of pongs that wait behind other output, frame headers included. A ping that would pass it is answered,
    /// and the pongs that wait are dropped for it, as RFC 6455 §5.5.3 allows. One pong always fits.
    ///
    /// 384: three of the longest pongs or thirty short ones. Others: none (most).
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

/// How long to wait for what. They count only where the driver calls [`tick`](crate::Connection::tick), as the adapters do.
///
/// ```
/// use bowline::Config;
/// use std::time::Duration;
///
/// let mut config = Config::default();
/// config.deadlines.ping = Some(Duration::from_secs(15)); // behind a proxy that forgets a connection after 20
/// config.deadlines.pong = Some(Duration::from_secs(10));
/// config.deadlines.idle = Some(Duration::from_secs(600));
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Deadlines {
    /// The opening handshake must be over by then, counted from the first `tick`. `None` waits for ever.
    ///
    /// 10 s. Others: 10 s (Python websockets), 45 s (gorilla, client), none (ws, server).
    pub handshake: Option<Duration>,
    /// After this long without a byte from the peer, a ping is sent. `None` sends none.
    ///
    /// 30 s: below the 60 s after which proxies and NATs forget a silent connection. Others: 20 s (Python
    /// websockets), 25 s (Engine.IO), none (ws, tungstenite).
    pub ping: Option<Duration>,
    /// If nothing comes from the peer for this long after that ping, it is taken for dead: close code 1011. Any byte
    /// counts as a sign of life, since a pong cannot overtake a large frame. `None` waits for ever.
    ///
    /// 30 s. Others: 20 s (Python websockets, Engine.IO).
    pub pong: Option<Duration>,
    /// After this long without a message in either direction (pings and pongs do not count), the connection is
    /// closed with code 1001. `None` lets it idle.
    ///
    /// `None`. Others: 30 s (Jetty), 60 s (nginx as a proxy), none (most).
    pub idle: Option<Duration>,
    /// After a Close frame or a failure, how long to wait for the peer's answer and for the end of its stream.
    ///
    /// 5 s. Others: 10 s (Python websockets), 30 s (ws).
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
