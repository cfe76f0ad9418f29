//! The traits that the ecosystem's combinators are made for.

use super::WebSocket;
use crate::{CloseCode, Message, adapter::error::Error};
use ::tokio::io::{AsyncRead, AsyncWrite};
use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use futures_core::Stream;
use futures_sink::Sink;

/// The messages, as [`recv`](WebSocket::recv) returns them. After an error it has ended.
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for WebSocket<S> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_failed {
            return Poll::Ready(None);
        }
        let received = ready!(self.poll_recv(cx));
        self.has_failed = received.is_err();
        Poll::Ready(received.transpose())
    }
}

/// Closing it sends a Close frame with code 1000 and does not wait for the answer: the messages that come before it are
/// still for the `Stream`. Unlike [`send`](WebSocket::send), flushing it always writes everything.
impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WebSocket<S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_room(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        self.connection.send(message).map_err(Error::from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_flush_all(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.connection.close(CloseCode::NORMAL, "")?;
        self.poll_flush_all(cx)
    }
}
