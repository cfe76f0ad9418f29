//! Events that an adapter has received while a call waited for something else, such as for the peer to read.

use super::Event;
use alloc::{boxed::Box, collections::VecDeque};

/// The maximum number of pings and pongs in a row. A program that only sends never takes them out, and its peer may send one each
/// second for days: without a limit, they would fill the inbox, and nothing more would be received.
const MAX_IN_A_ROW: usize = 16;

/// A queue of events, in the order received. It takes one word while it is empty, as it is in nearly all connections.
#[derive(Debug, Default)]
pub(crate) struct Inbox(Option<Box<Events>>);

#[derive(Debug, Default)]
struct Events {
    queue: VecDeque<Event<'static>>,
    /// The number of events that are messages or chunks.
    messages: usize,
    /// The memory of these events, in bytes. A message of one byte costs more than a byte.
    size: usize,
}

impl Inbox {
    /// Adds an event. Of more than [`MAX_IN_A_ROW`] pings and pongs, the oldest one is dropped: all pings are answered already, and
    /// the newest tell most about the connection.
    pub(crate) fn push(&mut self, event: Event<'static>) {
        let events = self.0.get_or_insert_default();
        if !is_message(&event) {
            events.make_room();
        }
        events.size = events.size.saturating_add(cost(&event));
        events.messages = events.messages.saturating_add(is_message(&event).into());
        events.queue.push_back(event);
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Event<'static>> {
        if self.0.is_some() { self.pop_first() } else { None }
    }

    #[inline(never)]
    fn pop_first(&mut self) -> Option<Event<'static>> {
        let events = self.0.as_mut()?;
        let event = events.queue.pop_front();
        events.size = events.size.saturating_sub(event.as_ref().map_or(0, cost));
        events.messages = events.messages.saturating_sub(event.as_ref().is_some_and(is_message).into());
        if events.queue.is_empty() {
            self.0 = None;
        }
        event
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether there is a message or a chunk, and not only pings and pongs.
    pub(crate) fn has_messages(&self) -> bool {
        self.0.as_ref().is_some_and(|events| events.messages > 0)
    }

    /// Returns the memory of the events, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.0.as_ref().map_or(0, |events| events.size)
    }
}

impl Events {
    /// Drops the oldest of the pings and pongs at the end, if there are as many as there may be.
    fn make_room(&mut self) {
        let Some(first) = self.queue.len().checked_sub(MAX_IN_A_ROW) else { return };
        if !self.queue.iter().rev().take(MAX_IN_A_ROW).any(is_message)
            && let Some(dropped) = self.queue.remove(first)
        {
            self.size = self.size.saturating_sub(cost(&dropped));
        }
    }
}

impl FromIterator<Event<'static>> for Inbox {
    fn from_iter<I: IntoIterator<Item = Event<'static>>>(events: I) -> Self {
        let mut inbox = Self::default();
        events.into_iter().for_each(|event| inbox.push(event));
        inbox
    }
}

impl From<Inbox> for VecDeque<Event<'static>> {
    fn from(inbox: Inbox) -> Self {
        inbox.0.map(|events| events.queue).unwrap_or_default()
    }
}

fn is_message(event: &Event<'_>) -> bool {
    !matches!(event, Event::Ping(_) | Event::Pong(_) | Event::Close(_) | Event::Failed(_))
}

fn cost(event: &Event<'_>) -> usize {
    let payload = match event {
        Event::Text(text) | Event::TextChunk { text, .. } => text.len(),
        Event::Binary(data) | Event::BinaryChunk { data, .. } | Event::Ping(data) | Event::Pong(data) => data.len(),
        Event::Close(_) | Event::Failed(_) => 0,
    };
    payload.saturating_add(size_of::<Event<'_>>())
}
