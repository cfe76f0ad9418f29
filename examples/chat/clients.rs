//! Who has been here: what outlives a connection.

use std::collections::HashMap;

/// How many are remembered at the most, and how many of them can be here at once.
const REMEMBERED: usize = 4096;
const HERE: usize = 1000;

/// A page, over all its connections.
pub(crate) struct Client {
    /// What others call it. They never see its key: whoever knows that could take its place.
    pub(crate) person: u32,
    /// Its connection, while it has one.
    pub(crate) connection: Option<usize>,
    /// The number that it gave to the last message that was taken from it. It counts upwards, and sends again, in order,
    /// what was not acknowledged: so this one number is enough to know what came twice.
    last_id: u64,
    seen: u64,
}

/// By the key that each page made for itself.
#[derive(Default)]
pub(crate) struct Clients {
    by_key: HashMap<String, Client>,
    here: usize,
    persons: u32,
    hellos: u64,
}

impl Clients {
    /// Somebody says hello over a connection. Returns who it is, and the connection that this one takes the place of;
    /// `None` if there are too many.
    pub(crate) fn arrive(&mut self, key: &str, connection: usize) -> Option<(u32, Option<usize>)> {
        self.hellos += 1;
        if !self.by_key.contains_key(key) {
            self.make_room();
            self.persons += 1;
            let client = Client { person: self.persons, connection: None, last_id: 0, seen: 0 };
            self.by_key.insert(key.into(), client);
        }
        let client = self.by_key.get_mut(key)?;
        if client.connection.is_none() {
            if self.here >= HERE {
                return None;
            }
            self.here += 1;
        }
        client.seen = self.hellos;
        Some((client.person, client.connection.replace(connection)))
    }

    pub(crate) fn leave(&mut self, key: &str) {
        if self.by_key.get_mut(key).is_some_and(|client| client.connection.take().is_some()) {
            self.here -= 1;
        }
    }

    /// Whether a message is new, and not one that is sent again because its acknowledgement was lost.
    pub(crate) fn is_new(&mut self, key: &str, id: u64) -> bool {
        let Some(client) = self.by_key.get_mut(key) else { return false };
        let is_new = id > client.last_id;
        client.last_id = client.last_id.max(id);
        is_new
    }

    /// Forgets who has been away for longest.
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
