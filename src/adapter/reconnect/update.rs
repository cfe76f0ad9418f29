//! What a client that reconnects reports, and what it tells the function that connects.

use crate::{Message, SendError, adapter::error::Error, client::Response};
use alloc::{boxed::Box, sync::Arc};
use core::{fmt, ops::RangeInclusive, time::Duration};

/// What happened to a client that reconnects: `recv` of a `Reconnecting` returns it.
///
/// A program that only receives can ignore all but [`Message`](Self::Message).
#[non_exhaustive]
#[derive(Debug)]
pub enum Update {
    /// A connection is open, with the server's response. It is the first update, unless the first attempt fails, and follows each
    /// [`Disconnected`](Self::Disconnected), unless the next attempt fails.
    Connected(Box<Response>),
    /// A message arrived.
    Message(Message),
    /// These messages were written: the transport has accepted them. They are the numbers that `send` returned, in order.
    ///
    /// That is not yet a proof that the server has received them. If you need one, let the server acknowledge messages.
    Sent(RangeInclusive<u64>),
    /// These messages were not written, and will not be. They are the numbers that `send` returned, in order.
    Unsent {
        /// The numbers of the messages.
        messages: RangeInclusive<u64>,
        /// Why they were not written.
        reason: Unsent,
    },
    /// The connection ended, or an attempt to connect failed. Another attempt follows.
    ///
    /// The fate of messages that the connection has not written was reported before.
    Disconnected {
        /// Why. A normal end, such as with close code 1001, is an [`Error::Closed`], too.
        error: Arc<Error>,
        /// The time until the next attempt.
        retry_in: Duration,
    },
}

/// Why a message was accepted, but not written: see [`Update::Unsent`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// It was the oldest in the queue when the queue was full.
    Dropped,
    /// The connection broke while the message was being written. The server may have received it.
    Interrupted,
    /// The client has given up or was closed before the message could be sent.
    GivenUp,
    /// The connection did not accept the message, for example because it exceeds [`Limits::output`](crate::Limits::output).
    Rejected(SendError),
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped => f.write_str("dropped, because the queue was full"),
            Self::Interrupted => f.write_str("interrupted: the connection broke while it was being written"),
            Self::GivenUp => f.write_str("given up, because the client has ended"),
            Self::Rejected(error) => write!(f, "rejected: {error}"),
        }
    }
}

/// An attempt to connect: the argument of the function that connects.
///
/// Use it to choose another server, or to fetch a new token after a failure.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(in crate::adapter) number: u64,
    pub(in crate::adapter) failures: u32,
    pub(in crate::adapter) last_error: Option<Arc<Error>>,
}

impl Attempt {
    /// Returns the number of this attempt, over all connections. The first has 0.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Returns the number of consecutive failures before this attempt, as [`Backoff::failures`](super::Backoff::failures) does.
    /// It is 0 for the first attempt.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns why this attempt is necessary: why the attempt before it failed, or how the connection ended. `None` for the first
    /// attempt.
    #[must_use]
    pub fn last_error(&self) -> Option<&Error> {
        self.last_error.as_deref()
    }
}
