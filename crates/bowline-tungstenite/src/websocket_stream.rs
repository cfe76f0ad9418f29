use crate::{
    Error, Result,
    polled::Polled,
    protocol::{CloseFrame, Message, Role, WebSocketConfig, WebSocketContext},
    wakers::{Half, Wakers},
};
use bowline::Closure;
#[cfg(feature = "handshake")]
use bowline::Connection;
use futures_core::{FusedStream, Stream};
use futures_sink::Sink;
use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Sleep, sleep},
};

/// A WebSocket connection on Tokio: a `Stream` and a `Sink` of messages.
///
/// After the peer's Close frame, which is an item, the stream ends. An error is the last item.
///
/// # Cancel safety
///
/// Every future over this type can be dropped: no message is lost, and none is repeated.
///
/// ```
/// use bowline_tungstenite::{Message, WebSocketStream, tungstenite::protocol::Role};
/// use futures_util::{SinkExt, StreamExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), bowline_tungstenite::Error> {
/// let (ours, theirs) = tokio::io::duplex(1024);
/// let mut client = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
/// let mut server = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
/// client.send("Hello".into()).await?;
/// assert_eq!(server.next().await.transpose()?, Some(Message::text("Hello")));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WebSocketStream<S> {
    stream: S,
    context: WebSocketContext,
    wakers: Wakers,
    /// The timer for deadlines, once there is one.
    sleep: Option<Pin<Box<Sleep>>>,
    /// Whether `poll_close` has queued its Close frame.
    closing: bool,
    /// Whether the stream has returned its last item.
    ended: bool,
    /// Whether another message may be queued: not after the transport has refused bytes, until they are flushed.
    ready: bool,
}

impl<S> WebSocketStream<S> {
    /// Creates a connection over a stream whose opening handshake is over.
    ///
    /// # Panics
    ///
    /// Panics if `max_write_buffer_size` is not larger than `write_buffer_size`, as the original does.
    ///
    /// # Cancel safety
    ///
    /// The future is ready at once.
    #[expect(clippy::unused_async, reason = "as in the original")]
    pub async fn from_raw_socket(stream: S, role: Role, config: Option<WebSocketConfig>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        Self::over(stream, WebSocketContext::new(role, config))
    }

    /// Creates a connection as [`from_raw_socket`](Self::from_raw_socket) does, with bytes that were read already.
    ///
    /// # Panics
    ///
    /// Panics if `max_write_buffer_size` is not larger than `write_buffer_size`, as the original does.
    ///
    /// # Cancel safety
    ///
    /// The future is ready at once.
    #[expect(clippy::unused_async, reason = "as in the original")]
    pub async fn from_partially_read(stream: S, part: Vec<u8>, role: Role, config: Option<WebSocketConfig>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        Self::over(stream, WebSocketContext::from_partially_read(part, role, config))
    }

    /// Creates a connection from what the opening handshake returned: `part` has the bytes behind it.
    #[cfg(feature = "handshake")]
    pub(crate) fn from_connection(stream: S, connection: Connection, part: Vec<u8>, config: WebSocketConfig) -> Self {
        Self::over(stream, WebSocketContext::from_connection(connection, part, config))
    }

    fn over(stream: S, context: WebSocketContext) -> Self {
        Self { stream, context, wakers: Wakers::default(), sleep: None, closing: false, ended: false, ready: true }
    }

    /// Returns the stream. Bytes that were read but not returned as messages, and messages that are not written, are lost.
    pub fn into_inner(self) -> S {
        self.stream
    }

    /// Returns the stream.
    pub const fn get_ref(&self) -> &S
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        &self.stream
    }

    /// Returns the stream, to change its settings.
    pub const fn get_mut(&mut self) -> &mut S
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        &mut self.stream
    }

    /// Returns the configuration.
    pub const fn get_config(&self) -> &WebSocketConfig {
        self.context.get_config()
    }

    /// Returns how the connection ended, or `None` until that is certain: which end closed it, with which code, and whether it was
    /// clean. The original has no such method.
    pub fn closure(&self) -> Option<&Closure> {
        self.context.closure()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocketStream<S> {
    /// Begins the closing handshake, and flushes. Then wait until the stream ends, to receive the peer's Close frame.
    ///
    /// # Errors
    ///
    /// Returns [`SendAfterClosing`](crate::error::ProtocolError::SendAfterClosing) if a Close frame was sent or has arrived,
    /// [`AlreadyClosed`](Error::AlreadyClosed) after the end, and [`Io`](Error::Io) if the stream fails.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the Close frame is queued, and any later poll writes it.
    pub async fn close(&mut self, msg: Option<CloseFrame>) -> Result<()> {
        poll_fn(|cx| Pin::new(&mut *self).poll_ready(cx)).await?;
        Pin::new(&mut *self).start_send(Message::Close(msg))?;
        poll_fn(|cx| Pin::new(&mut *self).poll_flush(cx)).await
    }

    /// Calls the context with the stream, as a half that is polled by the task of `cx`, or by nobody.
    fn with<T>(
        &mut self,
        poll: Option<(Half, &Context<'_>)>,
        call: impl FnOnce(&mut WebSocketContext, &mut Polled<'_, '_, S>) -> T,
    ) -> T {
        if let Some((half, cx)) = poll {
            self.wakers.register(half, cx.waker());
        }
        let mut cx = Context::from_waker(self.wakers.transport());
        call(&mut self.context, &mut Polled { stream: &mut self.stream, cx: &mut cx })
    }

    /// Waits for the next deadline. Ready if it has passed. Without deadlines, or on a connection that has none left, it is pending.
    fn poll_deadline(&mut self) -> Poll<()> {
        let Some(wait) = self.context.wait() else {
            self.sleep = None;
            return Poll::Pending;
        };
        let deadline = tokio::time::Instant::now() + wait;
        match &mut self.sleep {
            // It is set anew only for an earlier deadline. If it is too early, there is one poll in vain.
            Some(sleep) if !sleep.is_elapsed() && sleep.deadline() <= deadline => {}
            Some(sleep) => sleep.as_mut().reset(deadline),
            none => *none = Some(Box::pin(sleep(wait))),
        }
        // It wakes both halves, since a deadline can end the connection for both.
        let mut cx = Context::from_waker(self.wakers.transport());
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().poll(&mut cx),
            None => Poll::Pending,
        }
    }

    /// Repeats a call until it need not wait, or neither the stream is ready nor a deadline has passed.
    fn poll_with<T>(
        &mut self,
        half: Half,
        cx: &Context<'_>,
        mut call: impl FnMut(&mut WebSocketContext, &mut Polled<'_, '_, S>) -> Result<T>,
    ) -> Poll<Result<T>> {
        loop {
            let result = self.with(Some((half, cx)), &mut call);
            match ready_unless_blocked(result) {
                Poll::Pending => ready!(self.poll_deadline()),
                result @ Poll::Ready(_) => return result,
            }
        }
    }
}

/// Converts the result of a non-blocking call.
fn ready_unless_blocked<T>(result: Result<T>) -> Poll<Result<T>> {
    match result {
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for WebSocketStream<S> {
    type Item = Result<Message>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match ready!(self.poll_with(Half::Stream, cx, |context, stream| context.read(stream))) {
            Ok(message) => Poll::Ready(Some(Ok(message))),
            Err(error) => {
                self.ended = true;
                let is_end = matches!(error, Error::AlreadyClosed | Error::ConnectionClosed);
                Poll::Ready(Some(Err(error)).filter(|_| !is_end))
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> FusedStream for WebSocketStream<S> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WebSocketStream<S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.ready {
            return Poll::Ready(Ok(()));
        }
        let flushed = ready!(self.poll_with(Half::Sink, cx, |context, stream| context.flush(stream)));
        self.ready = true;
        Poll::Ready(flushed)
    }

    fn start_send(mut self: Pin<&mut Self>, item: Message) -> Result<()> {
        let written = self.with(None, |context, stream| context.write(stream, item));
        self.ready = true;
        match written {
            // The message is queued, and `poll_ready` waits until the transport accepts it.
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                self.ready = false;
                Ok(())
            }
            written => written,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let flushed = ready!(self.poll_with(Half::Sink, cx, |context, stream| context.flush(stream)));
        self.ready = true;
        Poll::Ready(unless_closed(flushed))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.ready = true;
        let closing = self.closing;
        let closed =
            self.poll_with(
                Half::Sink,
                cx,
                |context, stream| {
                    if closing { context.flush(stream) } else { context.close(stream, None) }
                },
            );
        self.closing |= closed.is_pending();
        closed.map(unless_closed)
    }
}

/// For a flush, the end of the connection is no error.
fn unless_closed(result: Result<()>) -> Result<()> {
    match result {
        Err(Error::ConnectionClosed) => Ok(()),
        result => result,
    }
}
