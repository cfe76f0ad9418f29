//! The methods that send: `send` writes, `feed` queues, `try_feed` does not wait.

use super::{Error, Transport, WebSocket};
use crate::{Outgoing, Prepared, adapter::until::Until};

impl<S: Transport> WebSocket<S> {
    /// Sends a message: queues it, and writes everything that is queued. When it returns, the stream has accepted all of it.
    ///
    /// It accepts everything that converts to a [`Message`](crate::Message). To write several messages at once, use
    /// [`feed`](Self::feed).
    ///
    /// If the peer does not read, it waits, until a deadline ends the connection. Meanwhile it receives into memory, up to the
    /// size of one message ([`Limits::message`](crate::Limits::message), and at least 64 KiB), and answers pings. The next calls
    /// that receive return that. If it follows another call that sends, it also looks at what has arrived, without waiting, at most
    /// every 10 ms. So a program that only sends keeps its connection. It does not notice the peer's Close frame behind a message
    /// before it has received that message, since it could still answer it.
    ///
    /// ```no_run
    /// # use bowline::{Message, adapter::{Error, blocking::WebSocket}};
    /// # fn send(socket: &mut WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// socket.send("text")?;
    /// socket.send(vec![1, 2, 3])?;
    /// socket.send(Message::text("secret").uncompressed())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::Send`] if the message cannot be sent. It was not queued, and the connection is unchanged. With
    ///   [`SendError::Closing`](crate::SendError::Closing), it is not yet certain how the connection ends: continue with [`recv`](Self::recv), which returns why the connection
    ///   is closing. [`SendError::Full`](crate::SendError::Full) means that the message by itself is larger than
    ///   [`Limits::output`](crate::Limits::output).
    /// - [`Error::Io`] and [`Error::Closed`] as for [`flush`](Self::flush).
    pub fn send(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.feed(message)?;
        self.flush()
    }

    /// Sends a message that was encoded once for many connections: queues it, and writes everything that is queued. See
    /// [`feed_prepared`](Self::feed_prepared) for an example.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message)?;
        self.flush()
    }

    /// Queues a message, usually without a write. The next call that waits or writes, such as [`recv`](Self::recv) or
    /// [`flush`](Self::flush), writes it, so that many messages are one write.
    ///
    /// If 64 KiB or more are queued, or if the message and what is queued exceed [`Limits::output`](crate::Limits::output)
    /// together, it writes first, and waits for the stream as [`send`](Self::send) does.
    ///
    /// ```no_run
    /// # use bowline::adapter::{Error, blocking::WebSocket};
    /// # fn send(socket: &mut WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// for number in 0..1000 {
    ///     socket.feed(format!("line {number}"))?;
    /// }
    /// socket.flush()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send), and in each case the message was not queued.
    #[doc(alias("back-pressure", "backpressure", "write_buffer_size"))]
    pub fn feed(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        let message = message.into();
        self.make_space(message.message().len())?;
        self.try_feed(message).map_err(|error| self.explain(error))
    }

    /// Queues a message that was encoded once for many connections, as [`feed`](Self::feed) does.
    ///
    /// ```no_run
    /// # use bowline::{Prepared, adapter::{Error, blocking::WebSocket}};
    /// # fn broadcast(sockets: &mut [WebSocket<std::net::TcpStream>]) -> Result<(), Error> {
    /// let news = Prepared::text("It rains.");
    /// for socket in sockets {
    ///     socket.feed_prepared(&news)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`feed`](Self::feed).
    #[doc(alias("broadcast"))]
    pub fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.make_space(message.len())?;
        self.try_feed_prepared(message).map_err(|error| self.explain(error))
    }

    /// Sends a ping with a payload of up to 125 bytes (RFC 6455 §5.5.2), after everything that is queued. The peer's answer is an
    /// [`Event::Pong`](crate::Event::Pong) with the same payload, which [`next_event`](Self::next_event) and [`read`](Self::read)
    /// return.
    ///
    /// No ping is needed to keep a connection alive or to detect a peer that is gone: see
    /// [`Deadlines::ping`](crate::Deadlines::ping), the ping interval. Use it to measure the round-trip time:
    ///
    /// ```no_run
    /// # use bowline::{Event, adapter::{Error, blocking::WebSocket}};
    /// # fn latency(mut socket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// let sent = std::time::Instant::now();
    /// socket.ping(b"latency")?;
    /// while let Some(event) = socket.next_event()? {
    ///     if matches!(event, Event::Pong(payload) if payload == b"latency") {
    ///         println!("{:?}", sent.elapsed());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send), and [`SendError::ControlTooLong`](crate::SendError::ControlTooLong) in [`Error::Send`] if the
    /// payload is longer than 125 bytes.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.make_space(payload.len())?;
        self.link.connection.ping(payload).map_err(|error| self.explain(error.into()))?;
        self.flush()
    }

    /// Queues a binary message, as [`feed`](Self::feed) does, with a single copy.
    pub(super) fn queue_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.make_space(data.len())?;
        self.link.connection.send_binary(data).map_err(|error| self.explain(error.into()))
    }

    /// Waits until a payload of `len` bytes fits.
    fn make_space(&mut self, len: usize) -> Result<(), Error> {
        let until = Until::Fits(len);
        if until.is_reached(&self.link.connection) {
            return Ok(());
        }
        self.write_until(until).map_err(|error| self.explain(error))
    }
}

impl<S> WebSocket<S> {
    /// Queues a message if it fits, without waiting and without a write.
    ///
    /// Use it instead of [`feed`](Self::feed) to leave out messages, or to close the connection, if a peer is too slow. To keep a
    /// message that was not queued, clone it before, which copies nothing.
    ///
    /// ```
    /// # use bowline::{Config, Connection, Role, SendError, adapter::{Error, blocking::WebSocket}};
    /// # let stream = ();
    /// let config = Config::default().with(|config| config.limits.output = 1000);
    /// let mut socket = WebSocket::new(stream, Connection::new(Role::Server, config));
    /// socket.try_feed(vec![1; 600])?;
    /// let second = socket.try_feed(vec![2; 600]);
    /// assert!(matches!(second, Err(Error::Send(SendError::Full { .. }))));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the message cannot be sent, and [`Error::Closed`] if the connection has ended. It was not queued, and the
    /// connection is unchanged. The [`SendError`](crate::SendError) is [`Full`](crate::SendError::Full) if the message and what is queued exceed
    /// [`Limits::output`](crate::Limits::output) together.
    pub fn try_feed(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.link.connection.send(message).map_err(|error| self.link.explained(error.into()))
    }

    /// Queues a message that was encoded once for many connections if it fits, as [`try_feed`](Self::try_feed) does.
    ///
    /// # Errors
    ///
    /// As for [`try_feed`](Self::try_feed).
    pub fn try_feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.link.connection.send_prepared(message).map_err(|error| self.link.explained(error.into()))
    }
}
