//! The clients, with the state that outlives a connection.

use super::{
    bucket::{Bucket, COST_OF_A_NOTICE, COST_OF_A_ROOM},
    protocol::Fault,
};
use bowline::CloseCode;
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// The maximum numbers of remembered and of connected clients.
const REMEMBERED: usize = 4096;
const HERE: usize = 500;

/// How many refused messages of each client are remembered. A page waits for at most as many answers at a time.
const REFUSED: usize = 32;

/// How often others are notified at most that somebody is typing.
const TYPING_EVERY: Duration = Duration::from_secs(2);

/// A page, over all its connections.
struct Client {
    /// The number that others see. They never see its key, with which they could take its place.
    person: u32,
    /// The index of its connection, while it has one.
    connection: Option<usize>,
    /// The rate limit. A new connection does not refill the bucket.
    bucket: Bucket,
    /// The rate limit of its notices, so that a user who types a lot can still send messages.
    notices: Bucket,
    typed: Option<Duration>,
    /// The id of its last message that was answered. Ids go up, and a page repeats unanswered messages in order, so this number
    /// is enough to recognize repeated messages.
    last_id: u64,
    /// The ids of refused messages, with the reasons.
    refused: VecDeque<(u64, &'static str)>,
    seen: u64,
}

/// The result of a hello.
pub(crate) struct Arrival {
    pub(crate) person: u32,
    /// The connection that this one replaces.
    pub(crate) replaced: Option<usize>,
}

/// The decision about a message.
#[derive(Clone, Copy)]
pub(crate) enum Verdict {
    Taken,
    Refused(&'static str),
}

/// All remembered clients, by the random key of each page.
#[derive(Default)]
pub(crate) struct Clients {
    by_key: HashMap<String, Client>,
    here: usize,
    persons: u32,
    hellos: u64,
}

impl Clients {
    /// Handles a hello: finds or adds the client, and notes its connection.
    pub(crate) fn arrive(&mut self, key: &str, connection: usize, now: Duration) -> Result<Arrival, Fault> {
        let is_full = self.here >= HERE;
        self.hellos += 1;
        if !self.by_key.contains_key(key) {
            self.make_room();
            self.persons += 1;
        }
        let client = self.by_key.entry(key.into()).or_insert_with(|| Client::new(self.persons, now));
        client.seen = self.hellos;
        if !client.bucket.take(COST_OF_A_ROOM, now) {
            return Err((CloseCode::POLICY_VIOLATION, "too many connections in too short a time"));
        }
        if client.connection.is_none() {
            if is_full {
                return Err((CloseCode::TRY_AGAIN_LATER, "the chat is full"));
            }
            self.here += 1;
        }
        Ok(Arrival { person: client.person, replaced: client.connection.replace(connection) })
    }

    pub(crate) fn leave(&mut self, key: &str) {
        if self.by_key.get_mut(key).is_some_and(|client| client.connection.take().is_some()) {
            self.here -= 1;
        }
    }

    /// Removes this many tokens from the bucket of a client. Returns false if there are too few.
    pub(crate) fn pay(&mut self, key: &str, tokens: f64, now: Duration) -> bool {
        self.by_key.get_mut(key).is_some_and(|client| client.bucket.take(tokens, now))
    }

    /// The same for a notice, which has a rate limit of its own.
    pub(crate) fn pay_for_notice(&mut self, key: &str, now: Duration) -> bool {
        self.by_key.get_mut(key).is_some_and(|client| client.notices.take(COST_OF_A_NOTICE, now))
    }

    /// Returns whether to notify the others that this client is typing: not if that was done a moment ago.
    pub(crate) fn types(&mut self, key: &str, now: Duration) -> bool {
        let Some(client) = self.by_key.get_mut(key) else { return false };
        let is_news = client.typed.is_none_or(|typed| now.saturating_sub(typed) >= TYPING_EVERY);
        if is_news {
            client.typed = Some(now);
        }
        is_news
    }

    /// Returns the highest id of a message of this client.
    pub(crate) fn last_id(&self, key: &str) -> u64 {
        self.by_key.get(key).map_or(0, |client| client.last_id)
    }

    /// Returns the earlier decision about a repeated message, or `None` if the message is new.
    pub(crate) fn verdict(&self, key: &str, id: u64) -> Option<Verdict> {
        let client = self.by_key.get(key).filter(|client| id <= client.last_id)?;
        let refused = client.refused.iter().find(|(refused, _)| *refused == id);
        Some(refused.map_or(Verdict::Taken, |(_, why)| Verdict::Refused(why)))
    }

    /// Remembers the decision about a new message.
    pub(crate) fn judged(&mut self, key: &str, id: u64, verdict: Verdict) {
        let Some(client) = self.by_key.get_mut(key) else { return };
        client.last_id = id;
        // The message has ended the typing for the others, so the next notice is news to them.
        client.typed = None;
        if let Verdict::Refused(why) = verdict {
            client.refused.push_back((id, why));
            if client.refused.len() > REFUSED {
                client.refused.pop_front();
            }
        }
    }

    /// If too many clients are remembered, forgets the one that has been away for longest.
    fn make_room(&mut self) {
        if self.by_key.len() >= REMEMBERED {
            let away = self.by_key.iter().filter(|(_, client)| client.connection.is_none());
            if let Some((key, _)) = away.min_by_key(|(_, client)| client.seen) {
                let key = key.clone();
                self.by_key.remove(&key);
            }
        }
    }
}

impl Client {
    fn new(person: u32, now: Duration) -> Self {
        Self {
            person,
            connection: None,
            bucket: Bucket::full(now),
            notices: Bucket::full(now),
            typed: None,
            last_id: 0,
            refused: VecDeque::new(),
            seen: 0,
        }
    }
}
