//! What waits for connections until the driver comes for it.

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
    /// For what the driver is on its way.
    due: HashMap<usize, Vec<Item>>,
}

impl Outbox {
    /// The message is encoded already, and shared: to queue it for one more costs a pointer.
    pub(crate) fn send<'a>(&mut self, to: impl IntoIterator<Item = &'a usize>, message: &Prepared) {
        for index in to {
            self.queued.entry(*index).or_default().push(Item::Message(message.clone()));
        }
    }

    pub(crate) fn close(&mut self, index: usize, code: CloseCode, reason: &'static str) {
        self.queued.entry(index).or_default().push(Item::Close(code, reason));
    }

    pub(crate) fn take_waiting(&mut self) -> Vec<usize> {
        self.due = mem::take(&mut self.queued);
        self.due.keys().copied().collect()
    }

    /// A client that does not read what it asked for is ended when too much waits for it (`Limits::output`). Nobody else
    /// notices.
    pub(crate) fn deliver(&mut self, index: usize, connection: &mut Connection) {
        for item in self.due.remove(&index).unwrap_or_default() {
            let sent = match item {
                Item::Message(message) => connection.send_prepared(&message),
                Item::Close(code, reason) => {
                    let _ = connection.close(code, reason);
                    return;
                }
            };
            if let Err(SendError::Full { .. }) = sent {
                let _ = connection.close(CloseCode::TRY_AGAIN_LATER, "you do not read what is sent to you");
                return;
            }
        }
    }

    /// The connection is gone, and its index will be another's.
    pub(crate) fn forget(&mut self, index: usize) {
        self.queued.remove(&index);
        self.due.remove(&index);
    }
}
