//! The guides: a page for each way to drive a connection, and pages on TLS, compression, limits and closing.
//!
//! Each page begins with a short program that works, and continues with the essentials in the order in which you need them. All
//! code on these pages is compiled as a test of the crate. Code that needs no network is also run.
//!
//! The modules are empty and exist only in the documentation.
//!
#![doc = include_str!("list.md")]

#[doc = include_str!("blocking.md")]
#[doc(alias("thread per connection", "synchronous", "proxy", "subprotocol", "cookie", "origin", "CORS"))]
#[doc(alias("health check", "authentication", "cookie jar", "byte stream", "Read", "Write"))]
pub mod blocking {}

#[cfg_attr(feature = "tokio", doc = include_str!("tokio.md"))]
#[cfg_attr(not(feature = "tokio"), doc = "Tasks on Tokio. This page needs the feature `tokio`.")]
#[doc(alias("async", "proxy", "subprotocol", "cookie", "origin", "CORS", "broadcast", "chat", "select"))]
#[doc(alias("back-pressure", "backpressure", "slow client", "health check"))]
#[doc(alias("byte stream", "tunnel", "AsyncRead", "AsyncWrite", "copy_bidirectional"))]
pub mod tokio {}

// Its code needs smol. The package in examples/smol compiles and runs it.
#[cfg_attr(all(feature = "futures-io", not(doctest)), doc = include_str!("futures_io.md"))]
#[cfg_attr(
    not(feature = "futures-io"),
    doc = "Tasks on smol and other runtimes. This page needs the feature `futures-io`."
)]
#[doc(alias("smol", "async-std", "compio", "libp2p", "async-io", "async", "runtime", "timer", "embassy", "glommio"))]
pub mod futures_io {}

// Its code needs hyper and axum. The package in tests/http compiles it.
#[cfg_attr(all(feature = "http", feature = "tokio", not(doctest)), doc = include_str!("http.md"))]
#[cfg_attr(
    not(all(feature = "http", feature = "tokio")),
    doc = "hyper, axum and HTTP/2. This page needs the features `http` and `tokio`."
)]
#[doc(alias("hyper", "h2", "HTTP/2", "RFC 8441", "nginx", "reverse proxy", "route", "403", "reqwest"))]
pub mod http {}

// Its code needs axum and bowline-axum. The package in tests/http compiles it.
#[cfg_attr(all(feature = "http", feature = "tokio", not(doctest)), doc = include_str!("axum.md"))]
#[cfg_attr(
    not(all(feature = "http", feature = "tokio")),
    doc = "axum. This page needs the features `http` and `tokio`."
)]
#[doc(alias("extractor", "WebSocketUpgrade", "on_upgrade", "ws"))]
pub mod axum {}

#[doc = include_str!("event_loop.md")]
#[doc(alias("epoll", "mio", "io_uring", "poll", "non-blocking", "back-pressure", "backpressure", "broadcast"))]
pub mod event_loop {}

#[doc = include_str!("by_hand.md")]
#[doc(alias("no_std", "sans-io", "test", "simulation", "embedded", "mock"))]
pub mod by_hand {}

#[cfg_attr(feature = "rustls", doc = include_str!("tls.md"))]
#[cfg_attr(not(feature = "rustls"), doc = "TLS for clients and servers. This page needs the feature `rustls`.")]
#[doc(alias("wss", "certificate", "self-signed", "rustls", "HTTPS"))]
pub mod tls {}

#[cfg_attr(feature = "deflate", doc = include_str!("compression.md"))]
#[cfg_attr(not(feature = "deflate"), doc = "Compression. This page needs the feature `deflate`.")]
#[doc(alias("permessage-deflate", "context takeover", "no context takeover", "no_context_takeover", "RFC 7692"))]
pub mod compression {}

// Its code needs the package bowline-test, which compiles and runs it.
#[cfg_attr(all(feature = "tokio", not(doctest)), doc = include_str!("testing.md"))]
#[cfg_attr(not(feature = "tokio"), doc = "Tests of handlers and clients. This page needs the feature `tokio`.")]
#[doc(alias("test", "mock", "mock server", "simulation", "fault injection", "latency", "unit test"))]
pub mod testing {}

#[doc = include_str!("limits.md")]
#[doc(alias("max message size", "max frame size", "ping interval", "ping timeout", "heartbeat", "keepalive"))]
#[doc(alias("idle timeout", "denial of service", "DoS", "rate limit", "back-pressure", "security"))]
pub mod limits {}

#[doc = include_str!("closing.md")]
#[doc(alias("close code", "disconnect", "1001", "1006", "1011"))]
pub mod closing {}

#[cfg_attr(feature = "tokio", doc = include_str!("reconnecting.md"))]
#[cfg_attr(not(feature = "tokio"), doc = "Clients that reconnect. This page needs the feature `tokio`.")]
#[doc(alias("reconnect", "retry", "backoff", "back-off", "jitter", "Retry-After", "resubscribe", "resume"))]
pub mod reconnecting {}

#[cfg_attr(feature = "tokio", doc = include_str!("coming_from_tungstenite.md"))]
#[cfg_attr(
    not(feature = "tokio"),
    doc = "Migrating from tungstenite. This page needs the feature `tokio`, as half of it is about tokio-tungstenite."
)]
#[doc(alias("tungstenite", "tokio-tungstenite", "migrate"))]
pub mod coming_from_tungstenite {}
