use super::Message;
use axum_core::Error;
use bowline::{CloseCode, Closure};
use futures_core::{FusedStream, Stream, ready};
use futures_sink::Sink;
use http::HeaderValue;
use scopeguard::ScopeGuard;
use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::runtime::Handle;

/// A WebSocket with the methods of `axum::extract::ws::WebSocket`.
///
/// [`recv`](Self::recv) returns pings, pongs and the peer's Close frame as well. Also as in axum, nothing follows a Close frame,
/// whatever its code. To know how the connection ended, see [`closure`](Self::closure).
///
/// If it is dropped while the connection is open, a task sends a Close frame with code 1000 and completes the closing handshake,
/// within the close timeout, so that the client also receives the messages before it. To send another code, send
/// [`Message::Close`] before.
///
/// # Cancel safety
///
/// Receiving is cancel-safe: if the future of `recv` or `next` is dropped, the next one returns the message. A message is lost if
/// the future that sends it is dropped before there was space for it.
pub struct WebSocket {
    inner: ScopeGuard<crate::WebSocket, fn(crate::WebSocket)>,
    protocol: Option<HeaderValue>,
    /// The stream of messages has ended.
    is_done: bool,
    /// The peer's Close frame was returned, and was the last message.
    saw_close: bool,
}

impl WebSocket {
    /// Waits for the next message and returns it; `None` after the end of the connection.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection ended without a Close frame from the peer: the client broke a rule, a deadline expired,
    /// or the stream failed. Its [source](std::error::Error::source) is an [`adapter::Error`](bowline::adapter::Error). The next
    /// call returns `None`.
    ///
    /// # Cancel safety
    ///
    /// Cancel-safe.
    pub async fn recv(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Sends a message, and writes it.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection is closing or closed, or if the message is a control frame that is too long.
    ///
    /// # Cancel safety
    ///
    /// Not cancel-safe: if the future is dropped, the message is lost, or it is sent later.
    pub async fn send(&mut self, message: Message) -> Result<(), Error> {
        let mut message = Some(message);
        poll_fn(|cx| {
            if message.is_some() {
                ready!(Pin::new(&mut *self).poll_ready(cx))?;
            }
            if let Some(message) = message.take() {
                Pin::new(&mut *self).start_send(message)?;
            }
            Pin::new(&mut *self).poll_flush(cx)
        })
        .await
    }

    /// Returns the subprotocol that was agreed on.
    #[must_use]
    pub fn protocol(&self) -> Option<&HeaderValue> {
        self.protocol.as_ref()
    }

    /// Returns how the connection ended, once it has ended: which side began, the close codes, and whether it was clean.
    #[must_use]
    pub fn closure(&self) -> Option<&Closure> {
        self.inner.closure()
    }

    /// Returns bowline's WebSocket, for what axum's methods lack: the batch API, prepared messages, the number of queued bytes.
    #[must_use]
    pub fn get_mut(&mut self) -> &mut crate::WebSocket {
        &mut self.inner
    }

    /// Takes bowline's WebSocket out. If that is dropped, the connection ends without a Close frame.
    #[must_use]
    pub fn into_inner(self) -> crate::WebSocket {
        ScopeGuard::into_inner(self.inner)
    }

    fn end(&mut self, error: Option<Error>) -> Poll<Option<Result<Message, Error>>> {
        self.is_done = true;
        Poll::Ready(error.map(Err))
    }
}

impl From<crate::WebSocket> for WebSocket {
    fn from(socket: crate::WebSocket) -> Self {
        let protocol = socket.protocol().and_then(|protocol| HeaderValue::from_str(protocol).ok());
        let inner = scopeguard::guard(socket, close_in_background as fn(crate::WebSocket));
        Self { inner, protocol, is_done: false, saw_close: false }
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("inner", &*self.inner).finish_non_exhaustive()
    }
}

/// Without it, a stream that is closed with unread bytes is reset, and the client may lose the last messages.
fn close_in_background(mut socket: crate::WebSocket) {
    // Outside a runtime, there is nobody who could wait for the client.
    let Ok(runtime) = Handle::try_current() else { return };
    if socket.closure().is_none() {
        runtime.spawn(async move { socket.close(CloseCode::NORMAL, "").await });
    }
}

/// Receives as [`recv`](WebSocket::recv) does.
impl Stream for WebSocket {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while !self.is_done {
            match ready!(self.inner.poll_next_event(cx)) {
                Ok(Some(event)) => {
                    if let Some(message) = Message::from_event(event) {
                        self.saw_close |= matches!(message, Message::Close(_));
                        return Poll::Ready(Some(Ok(message)));
                    }
                }
                Ok(None) => return self.end(None),
                // The Close frame has told already that the connection ends.
                Err(_) if self.saw_close => return self.end(None),
                Err(error) => return self.end(Some(Error::new(error))),
            }
        }
        Poll::Ready(None)
    }
}

impl FusedStream for WebSocket {
    fn is_terminated(&self) -> bool {
        self.is_done
    }
}

/// Sends as [`send`](WebSocket::send) does. Closing the sink sends a Close frame with code 1000.
impl Sink<Message> for WebSocket {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *self.inner).poll_ready(cx).map_err(Error::new)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let mut socket = Pin::new(&mut *self.inner);
        match message {
            Message::Text(text) => socket.start_send(bowline::Message::Text(text.into())).map_err(Error::new),
            Message::Binary(data) => socket.start_send(bowline::Message::Binary(data)).map_err(Error::new),
            Message::Ping(payload) => socket.connection().ping(&payload).map_err(Error::new),
            Message::Pong(payload) => socket.connection().pong(&payload).map_err(Error::new),
            Message::Close(frame) => {
                let (code, reason) = match &frame {
                    Some(frame) => (CloseCode::new(frame.code), frame.reason.as_str()),
                    None => (CloseCode::NO_STATUS, ""),
                };
                socket.connection().close(code, reason).map_err(Error::new)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *self.inner).poll_flush(cx).map_err(Error::new)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *self.inner).poll_close(cx).map_err(Error::new)
    }
}
