//! One room: its members, and its numbered messages.

use super::protocol::ToPage;
use bowline::Prepared;
use std::{
    collections::{BTreeSet, VecDeque},
    time::{SystemTime, UNIX_EPOCH},
};

/// The size of the history for pages that come back: the maximum number of messages, and of their encoded bytes.
const KEPT: usize = 200;
pub(crate) const KEPT_BYTES: usize = 128 * 1024;

pub(crate) struct Room {
    /// Distinguishes the room from earlier ones of the same name: in a new room, and after a restart, numbers start again.
    pub(crate) epoch: String,
    /// The connections of its members.
    pub(crate) members: BTreeSet<usize>,
    /// The number of the last message. Numbers go up by one.
    last: u64,
    history: VecDeque<Kept>,
    bytes: usize,
    /// When it was last used, as a number that goes up with each use of any room.
    pub(crate) used: u64,
}

/// A message of the history, encoded as it was sent.
struct Kept {
    message: Prepared,
    size: usize,
}

/// The messages for a client that enters the room.
pub(crate) struct Resumed<'a> {
    /// The number before the first message of `messages`.
    pub(crate) after: u64,
    /// How many messages after the last one that the client has seen are no longer kept.
    pub(crate) missing: u64,
    pub(crate) messages: Vec<&'a Prepared>,
}

impl Room {
    pub(crate) fn new(epoch: String) -> Self {
        Self { epoch, members: BTreeSet::new(), last: 0, history: VecDeque::new(), bytes: 0, used: 0 }
    }

    /// Adds a message to the history, and returns it encoded. `message` makes it from its number and the time.
    pub(crate) fn post<'a>(&mut self, message: impl FnOnce(u64, u64) -> ToPage<'a>) -> Prepared {
        self.last += 1;
        let json = message(self.last, milliseconds()).json();
        let size = json.len();
        let message = Prepared::text(json);
        self.history.push_back(Kept { message: message.clone(), size });
        self.bytes += size;
        while self.history.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.history.pop_front() else { break };
            self.bytes -= oldest.size;
        }
        message
    }

    /// Returns the messages for a client that has seen all up to the number `after` of the room with this `epoch`.
    pub(crate) fn resume(&self, epoch: Option<&str>, after: u64) -> Resumed<'_> {
        let before_kept = self.last - self.history.len() as u64;
        let (after, missing) = if epoch == Some(self.epoch.as_str()) {
            (after.clamp(before_kept, self.last), before_kept.saturating_sub(after))
        } else {
            (before_kept, 0)
        };
        let known = usize::try_from(after - before_kept).unwrap_or(usize::MAX);
        Resumed { after, missing, messages: self.history.iter().skip(known).map(|kept| &kept.message).collect() }
    }
}

/// Returns the time in milliseconds since 1970, as in JavaScript.
fn milliseconds() -> u64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
}
