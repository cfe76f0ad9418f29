//! The messages of the protocol: one JSON object in each text message. `main.rs` documents them.

use bowline::{CloseCode, Prepared};
use serde::{Deserialize, Serialize};

/// The reason for disconnecting a client: the contents of the Close frame.
pub(crate) type Fault = (CloseCode, &'static str);

/// A message from a page.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum FromPage {
    Hello { client: String, name: String, place: Option<Place> },
    Enter { place: Place },
    Say { id: u64, room: String, text: String },
    Typing,
    Beat,
}

/// A room, and how much of it the page has seen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) room: String,
    /// Distinguishes the room from earlier ones of the same name; `None` if the page was never there.
    pub(crate) epoch: Option<String>,
    pub(crate) after: u64,
}

/// A message to a page.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ToPage<'a> {
    Welcome { you: u32, last_id: u64, room: &'a str, epoch: &'a str, after: u64, missing: u64, people: Vec<Person<'a>> },
    Said { seq: u64, at: u64, person: u32, name: &'a str, id: u64, text: &'a str },
    Announced { seq: u64, at: u64, text: &'a str },
    Taken { id: u64 },
    Refused { id: u64, why: &'a str },
    Came { person: u32, name: &'a str },
    Left { person: u32, name: &'a str },
    Typing { person: u32 },
    Rooms { rooms: Vec<RoomInfo<'a>> },
    Beat,
}

#[derive(Serialize)]
pub(crate) struct Person<'a> {
    pub(crate) person: u32,
    pub(crate) name: &'a str,
}

#[derive(Serialize)]
pub(crate) struct RoomInfo<'a> {
    pub(crate) room: &'a str,
    pub(crate) people: usize,
}

impl ToPage<'_> {
    /// Encodes the message once, for any number of connections.
    pub(crate) fn prepare(&self) -> Prepared {
        Prepared::text(self.json())
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() // numbers and strings are always valid in JSON
    }
}
