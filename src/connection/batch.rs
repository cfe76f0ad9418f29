#[cfg(feature = "std")]
use super::Inbox;
use super::{Connection, Event};
use crate::Input;

/// All events of one read, each with the connection to answer it on (the batch API).
///
/// Use it for many short messages, where it is faster than `recv` and `send`: the events borrow from the read buffer, and the
/// replies to all of them are one write. The adapters' `read` returns a batch. If you stop before its end, because of a `break` or
/// a `?`, the remaining events stay in the adapter for the next call.
///
/// The example makes a batch itself, as an adapter of your own would:
///
/// ```
/// use bowline::{Batch, Config, Connection, Event, Role};
///
/// let mut connection = Connection::new(Role::Server, Config::default());
/// let mut read = *b"\x81\x83\0\0\0\0one\x81\x83\0\0\0\0two"; // two messages from a client
/// let mut left = read.len();
/// let mut batch = Batch::new(&mut connection, &mut read, &mut left);
/// while let Some((event, connection)) = batch.receive() {
///     if let Event::Text(text) = event {
///         connection.send_text(text)?; // borrowed, and sent while it is held
///     }
/// }
/// assert_eq!(left, 0);
/// assert_eq!(bytes::Buf::chunk(connection.output()), b"\x81\x03one\x81\x03two"); // one write
/// # Ok::<(), bowline::SendError>(())
/// ```
#[doc(alias = "batch API")]
#[derive(Debug)]
#[must_use = "its events are not yet received"]
pub struct Batch<'a> {
    connection: &'a mut Connection,
    input: Input<'a>,
    left: &'a mut usize,
    /// Events that were received before, while the adapter waited for something else.
    #[cfg(feature = "std")]
    inbox: Option<&'a mut Inbox>,
}

// It has no `Drop`: with one, the adapter would stay borrowed until the end of the scope, and not only until the last use. So
// `left` is written after each event instead of at the end.
impl<'a> Batch<'a> {
    /// Creates a batch, in an adapter of your own. `input` is the part of a read that is not yet received. After each event, the
    /// number of bytes that are left of it is written to `left`.
    pub fn new(connection: &'a mut Connection, input: impl Into<Input<'a>>, left: &'a mut usize) -> Self {
        Self {
            connection,
            input: input.into(),
            left,
            #[cfg(feature = "std")]
            inbox: None,
        }
    }

    /// Puts the events of `inbox` before those of the read.
    #[cfg(feature = "std")]
    pub(crate) fn after(self, inbox: &'a mut Inbox) -> Self {
        Self { inbox: Some(inbox), ..self }
    }

    /// Returns the next event and the connection to answer it on, or `None` if no event is left. As with
    /// [`Connection::receive`], a violation is the last event, [`Event::Failed`].
    #[must_use = "it may be a message"]
    pub fn receive(&mut self) -> Option<(Event<'a>, &mut Connection)> {
        #[cfg(feature = "std")]
        if let Some(event) = self.inbox.as_mut().and_then(|inbox| inbox.pop()) {
            return Some((event, self.connection));
        }
        if self.input.is_empty() && !self.connection.may_hold_event() {
            return None;
        }
        let event = self.connection.receive(&mut self.input);
        *self.left = self.input.len();
        Some((event?, self.connection))
    }
}
