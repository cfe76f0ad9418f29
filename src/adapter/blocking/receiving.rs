//! The methods that receive.

use super::{Error, Transport, Wait, WebSocket};
use crate::{Batch, Event, Message, bug::OrBug};
use core::{task::Poll, time::Duration};

/// The maximum number of reads in one `try_recv`, of 16 KiB each, so that a peer that sends without a pause cannot keep it from
/// returning. A direct read of up to 1 MiB may follow.
const MAX_READS: usize = 64;

impl<S: Transport> WebSocket<S> {
    /// Waits for the next message and returns it; `None` after a normal end of the connection.
    ///
    /// The messages of one read are returned one after the other, without a write between them. When none is left, it writes what
    /// is queued, with one write for all replies that were queued with [`feed`](Self::feed), and then waits. While it waits, it
    /// answers pings (RFC 6455 §5.5.2), sends keepalive pings and checks deadlines.
    ///
    /// ```no_run
    /// # use bowline::adapter::{Error, blocking::WebSocket};
    /// # fn log(mut socket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// while let Some(message) = socket.recv()? {
    ///     println!("{message:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Pings and pongs are not returned: to see them, use [`next_event`](Self::next_event).
    ///
    /// # Errors
    ///
    /// - [`Error::Closed`] if the connection ended, and not normally (see [`Closure::is_normal`](crate::Closure::is_normal)): the
    ///   peer's close code is neither 1000 nor 1001, the peer broke a rule or let a deadline expire, or the stream ended without
    ///   a Close frame. If this endpoint ended the connection, its Close frame was written before, unless the peer stopped
    ///   reading.
    /// - [`Error::Io`] if reading from the stream failed before it was certain how the connection ended.
    ///
    /// All messages that arrived before were returned first, and nothing can be sent any more. Further calls return
    /// `Error::Closed` again, also after `Error::Io`; after a normal end they return `None` again.
    ///
    /// `Error::Io` also means that the timeout or the mode of the stream could not be changed, or that a stream without a
    /// [`socket`](Transport::socket) is in non-blocking mode ([`WouldBlock`](std::io::ErrorKind::WouldBlock)). The connection is
    /// unchanged then.
    pub fn recv(&mut self) -> Result<Option<Message>, Error> {
        loop {
            if let Some(message) = self.next_message() {
                return Ok(Some(message));
            }
            if !self.wait_for_input()? {
                return Ok(None);
            }
        }
    }

    /// Returns the next message without waiting. [`Poll::Pending`] means that it has not arrived, `Ready(None)` that the
    /// connection ended normally.
    ///
    /// It reads what the stream has, writes what the stream accepts, answers pings and checks deadlines. So a program that calls
    /// it regularly, such as a game loop, keeps the connection alive. One call reads at most 2 MiB. A larger message needs
    /// several calls.
    ///
    /// ```no_run
    /// # use bowline::{Message, adapter::{Error, blocking::WebSocket}};
    /// # fn run(mut socket: WebSocket<std::net::TcpStream>, handle: fn(Message), draw: fn()) -> Result<(), Error> {
    /// use std::task::Poll;
    ///
    /// loop {
    ///     while let Poll::Ready(message) = socket.try_recv()? {
    ///         let Some(message) = message else { return Ok(()) };
    ///         handle(message);
    ///     }
    ///     draw();
    /// }
    /// # }
    /// ```
    ///
    /// On Unix it does not change the mode of a socket. On Windows, and with a stream of your own, the stream and every clone of it
    /// (`try_clone`) are in non-blocking mode while it runs. Do not use a clone in another thread at the same time.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv). [`Error::Io`] also if the mode of the stream cannot be changed. The connection is unchanged
    /// then.
    #[doc(alias("nonblocking", "non-blocking"))]
    pub fn try_recv(&mut self) -> Result<Poll<Option<Message>>, Error> {
        self.recv_within(Wait::Never)
    }

    /// Waits for the next message, at most as long as `timeout`. [`Poll::Pending`] means that it has not arrived by then,
    /// `Ready(None)` that the connection ended normally.
    ///
    /// Use it to send something at regular times, or to look at a flag that stops the thread. A message of which a part has
    /// arrived is not lost: the next call continues with it. A timeout of zero is the same as [`try_recv`](Self::try_recv).
    ///
    /// ```no_run
    /// # use bowline::adapter::{Error, blocking::WebSocket};
    /// # fn run(mut socket: WebSocket<std::net::TcpStream>, status: fn() -> String) -> Result<(), Error> {
    /// use std::{task::Poll, time::Duration};
    ///
    /// loop {
    ///     match socket.recv_timeout(Duration::from_secs(5))? {
    ///         Poll::Ready(Some(message)) => println!("{message:?}"),
    ///         Poll::Ready(None) => return Ok(()),
    ///         Poll::Pending => socket.send(status())?, // every 5 seconds in which nothing arrives
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv). An expired timeout is not an error.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Poll<Option<Message>>, Error> {
        if timeout.is_zero() {
            return self.try_recv();
        }
        self.recv_within(self.end_of(timeout))
    }

    /// Waits for the next event and returns it: a message or a chunk of one, a ping, a pong, or the peer's Close frame; `None`
    /// after a normal end of the connection.
    ///
    /// Use it instead of [`recv`](Self::recv) to see control frames. Their answers are queued already, and the next call writes
    /// them. After the Close frame, call it once more to complete the closing handshake.
    ///
    /// ```no_run
    /// # use bowline::{Event, adapter::{Error, blocking::WebSocket}};
    /// # fn latency(mut socket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// let sent = std::time::Instant::now();
    /// socket.ping(b"latency")?;
    /// while let Some(event) = socket.next_event()? {
    ///     match event {
    ///         Event::Pong(payload) if payload == b"latency" => println!("{:?}", sent.elapsed()),
    ///         other => println!("{other:?}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv). A violation is [`Error::Closed`] with the [`ProtocolError`](crate::ProtocolError) in its
    /// [`cause`](crate::Closure::cause), and not an [`Event::Failed`].
    pub fn next_event(&mut self) -> Result<Option<Event<'static>>, Error> {
        loop {
            match self.buffered_event().map(Event::into_owned) {
                // The violation is in the error at the end.
                Some(Event::Failed(_)) => {}
                Some(event) => return Ok(Some(event)),
                None if self.wait_for_input()? => {}
                None => return Ok(None),
            }
        }
    }

    /// Waits for bytes and returns all events of one read, borrowed (the batch API); `None` after a normal end of the connection.
    ///
    /// Use it instead of [`recv`](Self::recv) for many short messages: one that is complete in the read buffer is neither copied
    /// nor allocated. It writes what is queued before it waits, so that the replies to a batch are one write. Events that are not
    /// taken from a batch are in the next one.
    ///
    /// ```no_run
    /// # use bowline::{CloseCode, Event, SendError, adapter::{Error, blocking::WebSocket}};
    /// # fn echo(mut socket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// while let Some(mut batch) = socket.read()? {
    ///     while let Some((event, connection)) = batch.receive() {
    ///         let sent = match event {
    ///             Event::Text(text) => connection.send_text(text),
    ///             Event::Binary(data) => connection.send_binary(data),
    ///             _ => Ok(()),
    ///         };
    ///         // Not `?`, which would lose the rest of the batch, and how the connection ends.
    ///         if let Err(SendError::Full { .. }) = sent {
    ///             connection.close(CloseCode::TRY_AGAIN_LATER, "too many replies are queued")?;
    ///         }
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv).
    pub fn read(&mut self) -> Result<Option<Batch<'_>>, Error> {
        if !self.wait_for_input()? {
            return Ok(None);
        }
        let input = self.buffer.get_mut(self.end - self.left..self.end).or_bug();
        let batch = Batch::new(&mut self.link.connection, input, &mut self.left);
        Ok(Some(batch.after(&mut self.link.inbox)))
    }

    /// Waits without a limit. Returns whether there may be an event in the input: `false` after a normal end.
    fn wait_for_input(&mut self) -> Result<bool, Error> {
        let input = self.poll_input(Wait::Unlimited)?;
        debug_assert!(input.is_ready(), "a call without a limit waits until there is an outcome");
        Ok(input != Poll::Ready(false))
    }

    /// Returns the next message within `wait`. It reads at least once unless there is a message already, so that a short timeout
    /// does not prevent progress. It stops when the time is over, even if bytes still arrive.
    pub(super) fn recv_within(&mut self, wait: Wait) -> Result<Poll<Option<Message>>, Error> {
        let mut reads: usize = 0;
        loop {
            if let Some(message) = self.next_message() {
                return Ok(Poll::Ready(Some(message)));
            }
            if wait == Wait::Never && reads >= MAX_READS {
                self.may_read = 0;
                return Ok(Poll::Pending);
            }
            if reads > 0 && wait.is_over(self.origin.elapsed()) {
                return Ok(Poll::Pending);
            }
            match self.poll_input(wait)? {
                Poll::Ready(true) => reads = reads.saturating_add(1),
                Poll::Ready(false) => return Ok(Poll::Ready(None)),
                Poll::Pending => return Ok(Poll::Pending),
            }
        }
    }

    /// Returns the next event without waiting.
    pub(super) fn try_next_event(&mut self) -> Result<Poll<Option<Event<'static>>>, Error> {
        loop {
            match self.buffered_event().map(Event::into_owned) {
                Some(Event::Failed(_)) => {}
                Some(event) => return Ok(Poll::Ready(Some(event))),
                None => match self.poll_input(Wait::Never)? {
                    Poll::Ready(true) => {}
                    Poll::Ready(false) => return Ok(Poll::Ready(None)),
                    Poll::Pending => return Ok(Poll::Pending),
                },
            }
        }
    }

    /// Returns the next message in the bytes that were read.
    fn next_message(&mut self) -> Option<Message> {
        loop {
            if let Ok(message) = Message::try_from(self.buffered_event()?) {
                return Some(message);
            }
        }
    }

    /// Returns the next event in the bytes that were read.
    fn buffered_event(&mut self) -> Option<Event<'_>> {
        if let Some(event) = self.link.inbox.pop() {
            return Some(event);
        }
        let mut input = self.buffer.get_mut(self.end - self.left..self.end).or_bug().into();
        let event = self.link.connection.receive(&mut input);
        self.left = input.len();
        event
    }
}
