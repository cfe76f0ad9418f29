//! What the driver needs of a runtime: streams that can be polled, and a clock.

use bytes::BufMut;
use core::task::{Context, Poll};
use std::{
    io::{self, IoSlice},
    time::Instant,
};

/// A runtime, and the streams `S` that it can drive: the bound of the methods of [`WebSocket`](super::WebSocket) and its halves.
///
/// You need it only for code that works with both adapters for tasks, such as a library that leaves the runtime to its users:
///
/// ```
/// use bowline::adapter::{Error, Runtime, tokio::WebSocket};
///
/// /// Sends everything back, on any runtime.
/// async fn echo<S, T: Runtime<S>>(mut socket: WebSocket<S, T>) -> Result<(), Error> {
///     while let Some(message) = socket.recv().await? {
///         socket.feed(message).await?;
///     }
///     Ok(())
/// }
/// ```
///
/// There are two kinds of implementations, and there cannot be others:
///
/// - `Tokio`, the default, for streams that are `tokio::io::AsyncRead` and `AsyncWrite`: see `adapter::tokio`.
/// - every timer that implements `adapter::futures_io::Timer`, for streams that are `futures_io::AsyncRead` and `AsyncWrite`.
///
/// Both need a stream that is `Unpin`. Put another one into a `Box::pin`.
pub trait Runtime<S>: Io<S> {}

impl<S, T: Io<S>> Runtime<S> for T {}

/// The stream of a connection, which is polled for both directions with the same waker.
///
/// It is not nameable outside of this crate, so that methods can be added.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot drive a stream of the type `{S}`",
    note = "with `Tokio`, the default, a stream must be `tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin`",
    note = "with `adapter::futures_io`, it must be `futures_io::AsyncRead + futures_io::AsyncWrite + Unpin`, and the second \
            parameter of `WebSocket` a `Timer`"
)]
pub trait Io<S>: Time {
    /// Whether the driver has to interrupt itself, so that a peer that sends without end does not keep the thread from other tasks:
    /// if the streams of the runtime do not do so.
    const YIELDS: bool;

    /// Reads once, and appends the bytes to `into`. Returns their number; 0 is the end of the stream.
    fn poll_read(stream: &mut S, cx: &mut Context<'_>, into: &mut impl BufMut) -> Poll<io::Result<usize>>;

    /// Writes once, and returns the number of bytes written.
    fn poll_write(stream: &mut S, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    /// Writes once from several slices, and returns the number of bytes written.
    fn poll_write_vectored(stream: &mut S, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>>;

    /// Passes on what the stream has buffered.
    fn poll_flush(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Ends the direction to the peer.
    fn poll_shutdown(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// The time of a runtime, with one timer.
pub trait Time: Unpin {
    /// Returns the current time.
    fn now(&self) -> Instant;

    /// Sets the timer, also if it was set before or has expired.
    fn reset(&mut self, at: Instant);

    /// Ready when the timer has expired.
    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}
