//! The messages of a client that reconnects, from `send` to the report about their fate.

use super::{Unsent, Update};
use crate::{Connection, Message, Outgoing, SendError, State, adapter::until::Until};
use alloc::collections::VecDeque;
use thiserror::Error;

/// What a message costs in the queue besides its payload, in bytes.
const OVERHEAD: usize = 64;

/// From this cost on, a connection gets no more messages until it has written those that it has. So there is a moment at which
/// all of them are written, also if the program never stops to send.
const MAX_IN_FLIGHT: usize = 64 * 1024;

/// Why a client that reconnects did not accept a message. It was not queued.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum QueueError {
    /// There is no connection, and messages are not queued meanwhile. To queue them, set a queue limit.
    #[error("there is no connection: send the message after the next `Connected`, or set a queue limit")]
    Disconnected,
    /// The message would exceed the queue limit: back-pressure. Receive until the next [`Update::Sent`], then send it again.
    #[error(
        "the queue is full: {queued} bytes are queued, and a message of {message} bytes would exceed the limit of {limit} bytes"
    )]
    Full {
        /// The size of the message, in bytes.
        message: usize,
        /// The size of all queued messages, in bytes.
        queued: usize,
        /// The limit on the size of all queued messages, in bytes.
        limit: usize,
    },
    /// A chunk cannot be sent: the other chunks of its message may have been sent on another connection. Send whole messages.
    #[error("a chunk cannot be sent by a client that reconnects: send the whole message")]
    Chunk,
    /// The connection does not accept the message, for example because it exceeds [`Limits::output`](crate::Limits::output) by
    /// itself.
    #[error(transparent)]
    Rejected(#[from] SendError),
    /// The client has given up, or was closed.
    #[error("the client has ended, so nothing can be sent")]
    Ended,
}

/// Messages that wait for a connection, messages that a connection has, and the reports about messages.
#[derive(Debug, Default)]
pub(in crate::adapter) struct Outbox {
    queue: VecDeque<(u64, Outgoing)>,
    /// The cost of the messages in `queue`.
    queued: usize,
    limit: usize,
    drops_oldest: bool,
    /// The numbers of the messages that the connection has accepted, and not yet written.
    in_flight: VecDeque<u64>,
    /// Their cost.
    in_flight_cost: usize,
    /// The reports that were not yet returned: the first and the last number, and the fate. Neighbours with the same fate are
    /// joined, so that a program that sends and never receives does not collect reports.
    reports: VecDeque<(u64, u64, Option<Unsent>)>,
    next_number: u64,
}

impl Outbox {
    pub(in crate::adapter) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(in crate::adapter) fn drop_oldest(&mut self) {
        self.drops_oldest = true;
    }

    /// Returns the cost of the queued messages.
    pub(in crate::adapter) fn queued(&self) -> usize {
        self.queued
    }

    /// Whether there is a report about messages.
    pub(in crate::adapter) fn has_report(&self) -> bool {
        !self.reports.is_empty()
    }

    /// Accepts a message: passes it to the connection if it has space, and queues it otherwise. Returns its number.
    pub(in crate::adapter) fn send(
        &mut self,
        message: Outgoing,
        connection: Option<&mut Connection>,
    ) -> Result<u64, QueueError> {
        if matches!(message.message(), Message::TextChunk { .. } | Message::BinaryChunk { .. }) {
            return Err(QueueError::Chunk);
        }
        let connection = connection.filter(|connection| connection.state() == State::Open);
        let (is_connected, number) = (connection.is_some(), self.next_number);
        match connection {
            Some(connection) if self.queue.is_empty() && self.has_space(&message, connection) => {
                self.hand_over(number, message, connection)?;
            }
            _ => self.enqueue(number, message, is_connected)?,
        }
        self.next_number = number.wrapping_add(1);
        Ok(number)
    }

    fn enqueue(&mut self, number: u64, message: Outgoing, is_connected: bool) -> Result<(), QueueError> {
        let cost = cost(&message);
        if !is_connected && self.limit == 0 {
            return Err(QueueError::Disconnected);
        }
        while self.drops_oldest
            && cost <= self.limit
            && self.queued.saturating_add(cost) > self.limit
            && let Some(oldest) = self.pop()
        {
            self.report(oldest.0, Some(Unsent::Dropped));
        }
        if self.queued.saturating_add(cost) > self.limit {
            return Err(QueueError::Full { message: cost, queued: self.queued, limit: self.limit });
        }
        self.queued = self.queued.saturating_add(cost);
        self.queue.push_back((number, message));
        Ok(())
    }

    /// Passes queued messages to an open connection, as far as it has space.
    pub(in crate::adapter) fn refill(&mut self, connection: &mut Connection) {
        while connection.state() == State::Open
            && let Some((_, message)) = self.queue.front()
            && self.has_space(message, connection)
            && let Some((number, message)) = self.pop()
        {
            if let Err(error) = self.hand_over(number, message, connection) {
                self.report(number, Some(Unsent::Rejected(error)));
            }
        }
    }

    /// Whether a connection that has written everything changes something: the fate of messages, or that it gets more of them.
    pub(in crate::adapter) fn has_work(&self, connection: &Connection) -> bool {
        !self.in_flight.is_empty() || (!self.queue.is_empty() && connection.state() == State::Open)
    }

    fn has_space(&self, message: &Outgoing, connection: &Connection) -> bool {
        self.in_flight_cost < MAX_IN_FLIGHT && Until::Fits(message.message().len()).is_reached(connection)
    }

    fn pop(&mut self) -> Option<(u64, Outgoing)> {
        let oldest = self.queue.pop_front()?;
        self.queued = self.queued.saturating_sub(cost(&oldest.1));
        Some(oldest)
    }

    fn hand_over(&mut self, number: u64, message: Outgoing, connection: &mut Connection) -> Result<(), SendError> {
        let cost = cost(&message);
        connection.send(message)?;
        self.in_flight.push_back(number);
        self.in_flight_cost = self.in_flight_cost.saturating_add(cost);
        Ok(())
    }

    /// Records that the connection has written everything.
    pub(in crate::adapter) fn written(&mut self) {
        self.land(None);
    }

    /// Records that the connection has ended, and how many bytes it has discarded then.
    ///
    /// If there are any, it is not certain of which messages: there may be pongs among them.
    pub(in crate::adapter) fn disconnected(&mut self, unsent: usize) {
        self.land((unsent > 0).then_some(Unsent::Interrupted));
    }

    /// Records the fate of all messages in flight.
    fn land(&mut self, fate: Option<Unsent>) {
        while let Some(number) = self.in_flight.pop_front() {
            self.report(number, fate);
        }
        self.in_flight_cost = 0;
    }

    /// Records that there will be no other connection.
    pub(in crate::adapter) fn give_up(&mut self) {
        while let Some((number, _)) = self.pop() {
            self.report(number, Some(Unsent::GivenUp));
        }
    }

    fn report(&mut self, number: u64, fate: Option<Unsent>) {
        match self.reports.back_mut() {
            Some((_, last, known)) if *known == fate && last.wrapping_add(1) == number => *last = number,
            _ => self.reports.push_back((number, number, fate)),
        }
    }

    /// Returns the next report about the fate of messages.
    pub(in crate::adapter) fn next_report(&mut self) -> Option<Update> {
        let (first, last, fate) = self.reports.pop_front()?;
        let messages = first..=last;
        Some(match fate {
            None => Update::Sent(messages),
            Some(reason) => Update::Unsent { messages, reason },
        })
    }
}

fn cost(message: &Outgoing) -> usize {
    message.message().len().saturating_add(OVERHEAD)
}
