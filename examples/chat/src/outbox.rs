//! The messages for connections, until the driver delivers them.

use bowline::{CloseCode, Connection, Prepared, SendError};
use std::{collections::HashMap, mem};

enum Item {
    Message(Prepared),
    Close(CloseCode, &'static str),
}

/// By the index of the connection, in order.
#[derive(Default)]
pub(crate) struct Outbox {
    queued: HashMap<usize, Vec<Item>>,
    /// Those that the driver is delivering.
    due: HashMap<usize, Vec<Item>>,
}

impl Outbox {
    /// The message is encoded already, and shared: each further recipient costs a pointer.
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

    /// False if a client is disconnected since it does not read, and too much is queued for it (`Limits::output`). Others are
    /// not affected.
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

    /// The connection has ended, and its index will be used again.
    pub(crate) fn forget(&mut self, index: usize) {
        self.queued.remove(&index);
        self.due.remove(&index);
    }
}
