//! Everything that sends.

use super::{Error, Transport, WebSocket};
use crate::{Outgoing, Prepared};

impl<S: Transport> WebSocket<S> {
    /// Queues a message and writes all that is queued.
    ///
    /// Anything that makes a [`Message`](crate::Message) will do, and a message with an option:
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
    /// [`Error::Send`] if it cannot be sent: [`SendError::Closing`](crate::SendError::Closing) if the connection is closing or
    /// closed, [`SendError::Full`](crate::SendError::Full) if the message by itself is larger than
    /// [`Limits::output`](crate::Limits::output). [`Error::Io`] and [`Error::Closed`] as for [`flush`](Self::flush).
    pub fn send(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        self.feed(message)?;
        self.flush()
    }

    /// Queues a message that was encoded once for many connections, and writes all that is queued: see [`Prepared`].
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message)?;
        self.flush()
    }

    /// Queues a message. It is written by the next call that writes or waits, so that many messages are one write.
    ///
    /// It waits only if the message does not fit under [`Limits::output`](crate::Limits::output) besides what is queued, which it
    /// then writes before.
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
    /// As for [`send`](Self::send).
    pub fn feed(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        let message = message.into();
        self.make_space(message.message().len())?;
        self.try_feed(message)
    }

    /// Queues a message that was encoded once for many connections, as [`feed`](Self::feed) does.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.make_space(message.len())?;
        self.try_feed_prepared(message)
    }

    /// Sends a ping with a payload of up to 125 bytes (RFC 6455 §5.5.2), after all that is queued.
    ///
    /// The peer answers with a pong of the same payload, which [`next_event`](Self::next_event) and [`read`](Self::read) return.
    /// To keep a connection alive and to notice a dead peer, no ping is needed: see
    /// [`Deadlines::ping`](crate::Deadlines::ping), the ping interval.
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
    /// As for [`send`](Self::send), and [`SendError::ControlTooLong`](crate::SendError::ControlTooLong).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.make_space(payload.len())?;
        self.link.connection.ping(payload)?;
        self.flush()
    }

    /// Writes what is queued if a payload of `len` bytes would not fit besides it.
    fn make_space(&mut self, len: usize) -> Result<(), Error> {
        if self.link.connection.fits(len) { Ok(()) } else { self.flush() }
    }
}

impl<S> WebSocket<S> {
    /// Queues a message if it fits, and never waits. To keep the message in case it does not fit, pass a clone, which copies
    /// nothing.
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
    /// [`Error::Send`] if it cannot be sent, with [`SendError::Full`](crate::SendError::Full) if it does not fit under
    /// [`Limits::output`](crate::Limits::output) besides what is queued.
    pub fn try_feed(&mut self, message: impl Into<Outgoing>) -> Result<(), Error> {
        Ok(self.link.connection.send(message)?)
    }

    /// Queues a message that was encoded once for many connections if it fits, and never waits.
    ///
    /// # Errors
    ///
    /// As for [`try_feed`](Self::try_feed).
    pub fn try_feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        Ok(self.link.connection.send_prepared(message)?)
    }
}
