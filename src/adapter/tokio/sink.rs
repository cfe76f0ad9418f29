//! The traits that combinators are made for.

use super::WebSocket;
use crate::{CloseCode, Message, adapter::error::Error};
use ::tokio::io::{AsyncRead, AsyncWrite};
use core::{
    pin::Pin,
    task::{Context, Poll},
};
use futures_core::Stream;
use futures_sink::Sink;

/// The messages, as [`recv`](WebSocket::recv) returns them. It ends after a normal end of the connection, and after an error.
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for WebSocket<S> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.driver.poll_item(cx)
    }
}

/// Sends messages: `feed` and `send` of `SinkExt` do what those of [`WebSocket`] do.
///
/// Closing the sink sends a Close frame with code 1000, and does not wait for the answer: receive the messages that precede it from
/// the `Stream`.
impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WebSocket<S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.driver.poll_fits(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        self.driver.link.connection.send(message).map_err(Error::from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.driver.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.driver.link.connection.close(CloseCode::NORMAL, "")?;
        self.driver.poll_flush(cx)
    }
}
