use super::{Connection, Event};
use crate::Input;

/// All events of one read: the adapters' `read` returns it (the batch API).
///
/// Use it for many short messages: the replies to a batch are one write, and nothing is copied. Events that are not taken from it,
/// because of a `break` or a `?`, stay in the adapter for the next call.
///
/// ```
/// use bowline::{Batch, Config, Connection, Event, Role};
///
/// let mut connection = Connection::new(Role::Client, Config::default());
/// let mut read = *b"\x81\x03one\x81\x03two"; // in an adapter of your own
/// let mut left = read.len();
/// let mut batch = Batch::new(&mut connection, &mut read, &mut left);
/// while let Some((event, connection)) = batch.receive() {
///     if let Event::Text(text) = event {
///         connection.send_text(text)?;
///     }
/// }
/// assert_eq!(left, 0);
/// # Ok::<(), bowline::SendError>(())
/// ```
#[derive(Debug)]
#[must_use = "its events are not yet received"]
pub struct Batch<'a> {
    connection: &'a mut Connection,
    input: Input<'a>,
    left: &'a mut usize,
}

// It has no `Drop`, so that the adapter can be used again right after the loop.
impl<'a> Batch<'a> {
    /// A batch for an adapter of your own. `input` is what was read and not yet received. After each event, the number of bytes that
    /// are left of it is written to `left`.
    pub fn new(connection: &'a mut Connection, input: impl Into<Input<'a>>, left: &'a mut usize) -> Self {
        Self { connection, input: input.into(), left }
    }

    /// The next event, and the connection to answer it on; `None` if all input is used up.
    #[must_use = "it may be a message"]
    pub fn receive(&mut self) -> Option<(Event<'a>, &mut Connection)> {
        let event = self.connection.receive(&mut self.input);
        *self.left = self.input.len();
        Some((event?, self.connection))
    }
}
