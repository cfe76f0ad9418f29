//! `Stream` and `Sink`, for the combinators of the crate `futures`.

use super::{
    WebSocket,
    driver::Driver,
    runtime::Runtime,
    wakers::{Goal, SINK, STREAM},
};
use crate::{CloseCode, Message, adapter::error::Error};
use core::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};
use futures_core::Stream;
use futures_sink::Sink;

/// Receives messages as [`recv`](WebSocket::recv) does. The stream ends after a normal end of the connection, and after an error.
///
/// One task can poll the `Stream` while another one polls the `Sink`, as with the halves of `StreamExt::split`, or through an
/// `Arc<Mutex<_>>`. Each is woken for what it waits for. For more than one task that sends, use [`split`](WebSocket::split).
///
/// # Cancel safety
///
/// `poll_next` has no state of its own: if a future over it is dropped, such as that of `StreamExt::next`, the next poll returns
/// the message.
impl<S: Unpin, T: Runtime<S>> Stream for WebSocket<S, T> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.driver.poll_trait(cx, STREAM, Goal::Input, Driver::poll_item)
    }
}

/// Sends messages: `feed`, `send` and `flush` of `SinkExt` do the same as the methods of [`WebSocket`].
///
/// After `poll_ready`, `start_send` accepts one message of up to [`Limits::output`](crate::Limits::output), whatever is queued.
///
/// Closing the sink sends a Close frame with code 1000 (RFC 6455 §7.1.2), and does not wait for the answer. Receive from the
/// `Stream` until it ends to complete the closing handshake.
///
/// # Cancel safety
///
/// `poll_ready`, `poll_flush` and `poll_close` have no state of their own, and `start_send` queues its message at once. A future
/// such as that of `SinkExt::send` contains its message until there is space, and `StreamExt::forward` contains one message at a
/// time: if such a future is dropped, that message is lost.
impl<S: Unpin, T: Runtime<S>> Sink<Message> for WebSocket<S, T> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let ready = self.driver.poll_trait(cx, SINK, Goal::Space, Driver::poll_fits);
        self.driver.is_ready = matches!(ready, Poll::Ready(Ok(())));
        ready
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let is_ready = mem::take(&mut self.driver.is_ready);
        self.driver.start_send(message, is_ready)?;
        if let Some(tasks) = &self.driver.tasks {
            tasks.wake_receiver();
        }
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.driver.poll_trait(cx, SINK, Goal::Written, Driver::poll_flush)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.driver.poll_trait(cx, SINK, Goal::Written, |driver, cx| {
            driver.link.connection.close(CloseCode::NORMAL, "")?;
            driver.poll_close_written(cx)
        })
    }
}
