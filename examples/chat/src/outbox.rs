//! Keeps the messages for connections until the driver delivers them.

use bowline::{CloseCode, Connection, Prepared, SendError};
use std::{collections::HashMap, mem};

enum Item {
    Message(Prepared),
    Close(CloseCode, &'static str),
}

/// The waiting messages of each connection, in order.
#[derive(Default)]
pub(crate) struct Outbox {
    queued: HashMap<usize, Vec<Item>>,
    /// The messages that the driver is delivering.
    due: HashMap<usize, Vec<Item>>,
}

impl Outbox {
    /// Adds a message for several connections. It is encoded already, and shared, so each further recipient costs a pointer.
    pub(crate) fn send<'a>(&mut self, to: impl IntoIterator<Item = &'a usize>, message: &Prepared) {
        for index in to {
            self.queued.entry(*index).or_default().push(Item::Message(message.clone()));
        }
    }

    pub(crate) fn close(&mut self, index: usize, code: CloseCode, reason: &'static str) {
        self.queued.entry(index).or_default().push(Item::Close(code, reason));
    }

    pub(crate) fn take_pending(&mut self) -> Vec<usize> {
        self.due = mem::take(&mut self.queued);
        self.due.keys().copied().collect()
    }

    /// Queues the waiting messages on their connection. If the output is full (`Limits::output`), the client does not read:
    /// then this closes the connection, and returns false. Others are not affected.
    pub(crate) fn deliver(&mut self, index: usize, connection: &mut Connection) -> bool {
        for item in self.due.remove(&index).unwrap_or_default() {
            let sent = match item {
                Item::Message(message) => connection.send_prepared(&message),
                Item::Close(code, reason) => {
                    let _ = connection.close(code, reason);
                    return true;
                }
            };
            if let Err(SendError::Full { .. }) = sent {
                let _ = connection.close(CloseCode::TRY_AGAIN_LATER, "too many messages are queued");
                return false;
            }
        }
        true
    }

    /// Drops all messages of a connection that has ended, since its index will be reused.
    pub(crate) fn forget(&mut self, index: usize) {
        self.queued.remove(&index);
        self.due.remove(&index);
    }
}
