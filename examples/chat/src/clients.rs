//! The clients: what is remembered beyond a connection.

use super::{
    bucket::{Bucket, COST_OF_A_ROOM},
    protocol::Fault,
};
use bowline::CloseCode;
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// The maximum number of clients that are remembered, and of those that are connected.
const REMEMBERED: usize = 4096;
const HERE: usize = 500;

/// How many refused messages of each client are remembered. A page waits for no more answers than this at a time.
const REFUSED: usize = 32;

/// How often others are notified that somebody is typing.
const TYPING_EVERY: Duration = Duration::from_secs(2);

/// A page, with all its connections one after the other.
struct Client {
    /// Its number for others. They never see its key, which would let them take its place.
    person: u32,
    /// Its connection, while it has one.
    connection: Option<usize>,
    /// A new connection does not fill it.
    bucket: Bucket,
    typed: Option<Duration>,
    /// The id of its last message that was judged. Ids go up, and messages without an answer are sent again in order: so this
    /// one number is enough to recognize repeated messages.
    last_id: u64,
    /// The ids of messages that were not passed on, and why.
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

/// By the key that each page has chosen at random.
#[derive(Default)]
pub(crate) struct Clients {
    by_key: HashMap<String, Client>,
    here: usize,
    persons: u32,
    hellos: u64,
}

impl Clients {
    /// A connection has sent a hello.
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

    /// Takes this many tokens from a client, if it has them.
    pub(crate) fn pay(&mut self, key: &str, tokens: f64, now: Duration) -> bool {
        self.by_key.get_mut(key).is_some_and(|client| client.bucket.take(tokens, now))
    }

    /// Whether the others have to be notified that this client is typing: not if they just were.
    pub(crate) fn types(&mut self, key: &str, now: Duration) -> bool {
        let Some(client) = self.by_key.get_mut(key) else { return false };
        let is_news = client.typed.is_none_or(|typed| now.saturating_sub(typed) >= TYPING_EVERY);
        if is_news {
            client.typed = Some(now);
        }
        is_news
    }

    /// The highest number of a message of this client.
    pub(crate) fn last_id(&self, key: &str) -> u64 {
        self.by_key.get(key).map_or(0, |client| client.last_id)
    }

    /// The decision about a repeated message. `None` if it is new.
    pub(crate) fn verdict(&self, key: &str, id: u64) -> Option<Verdict> {
        let client = self.by_key.get(key).filter(|client| id <= client.last_id)?;
        let refused = client.refused.iter().find(|(refused, _)| *refused == id);
        Some(refused.map_or(Verdict::Taken, |(_, why)| Verdict::Refused(why)))
    }

    /// A new message was judged.
    pub(crate) fn judged(&mut self, key: &str, id: u64, verdict: Verdict) {
        let Some(client) = self.by_key.get_mut(key) else { return };
        client.last_id = id;
        if let Verdict::Refused(why) = verdict {
            client.refused.push_back((id, why));
            if client.refused.len() > REFUSED {
                client.refused.pop_front();
            }
        }
    }

    /// Forgets the client that has been away for longest.
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
        let bucket = Bucket::full(now);
        Self { person, connection: None, bucket, typed: None, last_id: 0, refused: VecDeque::new(), seen: 0 }
    }
}
