//! Everything that receives.

use super::{Error, Transport, Wait, WebSocket};
use crate::{Batch, Event, Message, bug::OrBug};
use core::{task::Poll, time::Duration};

/// How often one `try_recv` reads, at 16 KiB each, so that a peer that floods this endpoint cannot hold it.
const MAX_READS: usize = 64;

impl<S: Transport> WebSocket<S> {
    /// Waits for the next message and returns it; `None` after a normal end. This is the message API.
    ///
    /// What is queued is written before it waits. While it waits, pings are answered and deadlines are kept.
    ///
    /// A normal end is a clean one with code 1000, 1001 or none: see [`Closure::is_normal`](crate::Closure::is_normal).
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
    /// [`Error::Closed`] after an end that is not normal. If this endpoint ended the connection, its Close frame has been written.
    /// [`Error::Io`] if the stream failed.
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

    /// Returns the next message if it has arrived, and never waits: [`Poll::Pending`] if it has not, `Ready(None)` after a normal
    /// end.
    ///
    /// It reads and writes what is possible without waiting, so that pings are answered and deadlines are kept by a program that
    /// calls it now and then, such as a game loop. One call reads at most 1 MiB; a larger message needs several.
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
    /// It puts the stream in non-blocking mode while it runs, and every clone of the stream with it: do not use one in another
    /// thread at the same time.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<Poll<Option<Message>>, Error> {
        self.recv_within(Wait::Never)
    }

    /// Waits for the next message for as long as `timeout`, and returns it: [`Poll::Pending`] if it has not arrived by then,
    /// `Ready(None)` after a normal end.
    ///
    /// A message of which a part has arrived is not lost; the next call goes on with it. With a timeout of zero it is
    /// [`try_recv`](Self::try_recv).
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
    /// As for [`recv`](Self::recv).
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Poll<Option<Message>>, Error> {
        if timeout.is_zero() {
            return self.try_recv();
        }
        self.recv_within(Wait::Until(self.origin.elapsed().saturating_add(timeout)))
    }

    /// Waits for the next event of any kind and returns it, owned; `None` after a normal end.
    ///
    /// Use it instead of [`recv`](Self::recv) to see pings, pongs and the Close frame. They need no answer: it is queued already,
    /// and written by the next call. After the Close frame, call it once more to complete the closing handshake.
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
    /// As for [`recv`](Self::recv). A violation is such an error, with the [`ProtocolError`](crate::ProtocolError) in its
    /// [`cause`](crate::Closure::cause), and not an [`Event::Failed`].
    pub fn next_event(&mut self) -> Result<Option<Event<'static>>, Error> {
        loop {
            match self.buffered_event().map(Event::into_owned) {
                // The error at the end says the same.
                Some(Event::Failed(_)) => {}
                Some(event) => return Ok(Some(event)),
                None if self.wait_for_input()? => {}
                None => return Ok(None),
            }
        }
    }

    /// Waits for bytes, and returns all events that one read brought, borrowed from the read buffer; `None` after a normal end.
    /// This is the batch API.
    ///
    /// What is queued is written before it waits, so that the replies to a whole batch are one write.
    ///
    /// ```no_run
    /// # use bowline::{Event, adapter::{Error, blocking::WebSocket}};
    /// # fn echo(mut socket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// while let Some(mut batch) = socket.read()? {
    ///     while let Some((event, connection)) = batch.receive() {
    ///         match event {
    ///             Event::Text(text) => connection.send_text(text)?,
    ///             Event::Binary(data) => connection.send_binary(data)?,
    ///             _ => {}
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
        Ok(Some(Batch::new(&mut self.link.connection, input, &mut self.left)))
    }

    /// True if there may be an event in what was read, false after a normal end.
    fn wait_for_input(&mut self) -> Result<bool, Error> {
        let input = self.poll_input(Wait::Unlimited)?;
        debug_assert!(input.is_ready(), "a call without a limit waits until there is an outcome");
        Ok(input != Poll::Ready(false))
    }

    /// Reads at least once unless a message is there already, and stops when the time is over, also if bytes keep arriving.
    fn recv_within(&mut self, wait: Wait) -> Result<Poll<Option<Message>>, Error> {
        let mut reads: usize = 0;
        loop {
            if let Some(message) = self.next_message() {
                return Ok(Poll::Ready(Some(message)));
            }
            let has_read_enough = wait == Wait::Never && reads >= MAX_READS;
            if has_read_enough || (reads > 0 && wait.is_over(self.origin.elapsed())) {
                return Ok(Poll::Pending);
            }
            match self.poll_input(wait)? {
                Poll::Ready(true) => reads = reads.saturating_add(1),
                Poll::Ready(false) => return Ok(Poll::Ready(None)),
                Poll::Pending => return Ok(Poll::Pending),
            }
        }
    }

    fn next_message(&mut self) -> Option<Message> {
        loop {
            if let Ok(message) = Message::try_from(self.buffered_event()?) {
                return Some(message);
            }
        }
    }

    /// The next event in what was read.
    fn buffered_event(&mut self) -> Option<Event<'_>> {
        let mut input = self.buffer.get_mut(self.end - self.left..self.end).or_bug().into();
        let event = self.link.connection.receive(&mut input);
        self.left = input.len();
        event
    }
}
