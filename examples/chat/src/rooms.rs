//! All rooms. A room is created when somebody enters it, and an empty one is removed when there are too many.

use super::{protocol::RoomInfo, room::Room};
use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

/// The default room. It is never removed.
pub(crate) const LOBBY: &str = "lobby";

/// The maximum number of rooms.
const ROOMS: usize = 64;

pub(crate) struct Rooms {
    by_name: BTreeMap<String, Room>,
    /// Part of each epoch, so that epochs differ after a restart of the server.
    started: u128,
    made: u64,
    uses: u64,
}

impl Rooms {
    pub(crate) fn new() -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let mut rooms = Self { by_name: BTreeMap::new(), started, made: 0, uses: 0 };
        rooms.open(LOBBY);
        rooms
    }

    /// Returns the room with this name, and creates it if necessary. If there are too many rooms, the new one replaces the
    /// empty room that has not been used for longest. Returns `None` if no room is empty.
    pub(crate) fn open(&mut self, name: &str) -> Option<&mut Room> {
        if !self.by_name.contains_key(name) {
            if self.by_name.len() >= ROOMS {
                let free = self.by_name.iter().filter(|(name, room)| room.members.is_empty() && *name != LOBBY);
                let free = free.min_by_key(|(_, room)| room.used)?.0.clone();
                self.by_name.remove(&free);
            }
            self.made += 1;
            let epoch = format!("{:x}-{}", self.started, self.made);
            self.by_name.insert(name.into(), Room::new(epoch));
        }
        self.get_mut(name)
    }

    /// Returns an existing room, and marks it as used.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Room> {
        let room = self.by_name.get_mut(name)?;
        self.uses += 1;
        room.used = self.uses;
        Some(room)
    }

    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut Room> {
        self.by_name.values_mut()
    }

    pub(crate) fn list(&self) -> Vec<RoomInfo<'_>> {
        self.by_name.iter().map(|(room, it)| RoomInfo { room, people: it.members.len() }).collect()
    }
}
