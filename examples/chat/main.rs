//! A chat for browsers, in one thread: `cargo run --release --example chat [ADDRESS]`, then open <http://127.0.0.1:8080/>
//! in two windows. A line typed on the terminal is announced to everybody; `quit` ends the server.
//!
//! The driver is that of `examples/event-loop`, and the page needs nothing but a browser.
//!
//! | file | |
//! |---|---|
//! | `chat.rs` | what the server is for: joins people, rooms and connections |
//! | `protocol.rs` | what is said on the wire |
//! | `clients.rs` | who has been here: what outlives a connection |
//! | `rooms.rs`, `room.rs` | all rooms; one of them, with its history |
//! | `outbox.rs` | what waits for others until the driver comes for it |
//! | `bucket.rs` | how much a client may say in a while |
//! | `front.rs` | the page, and 404 |
//! | `terminal.rs`, `words.rs` | lines typed on the terminal; how somebody left, in words |
//! | `page.html` | the page |
//!
//! # What it shows of the crate
//!
//! - A message for many is a [`Prepared`](bowline::Prepared): encoded once, for all who are there, and kept in the
//!   history in that form for those who come later.
//! - [`Accept::same_origin`](bowline::server::Accept::same_origin): pages of other sites cannot use the chat in the name of
//!   those who look at them.
//! - [`Limits`](bowline::Limits): a message that is too big ends with 1009 before it has come. A client that does not read
//!   is ended when more waits for it than `Limits::output`; meanwhile nobody waits for it.
//! - [`Deadlines`](bowline::Deadlines): who is silent is pinged, and given up if there is no answer.
//! - [`closure`](bowline::Connection::closure) says who left and how, for the terminal.
//! - A refusal says which rule a request broke. So a plain GET can be told from a bad handshake, and get a page.
//!
//! # The protocol
//!
//! Each text message is one JSON object, with a `type`. What the page says:
//!
//! | type | fields | |
//! |---|---|---|
//! | `hello` | `client`, `name`, `place` | the first message. `client` is a key that the page made for itself, and nobody else knows |
//! | `enter` | `place` | goes into another room |
//! | `say` | `id`, `room`, `text` | `id` goes up with each message of this client, over all its connections |
//! | `typing` | | somebody is writing, to be sent now and then |
//! | `beat` | | is answered with the same, as a page cannot see pings |
//!
//! A `place` has `room`, and how much of it the page has seen: `epoch`, or `null`, and `after`, the number of its last message.
//!
//! What the server says:
//!
//! | type | fields | |
//! |---|---|---|
//! | `welcome` | `you`, `room`, `epoch`, `after`, `missing`, `people` | the page is in a room, and what was said there after number `after` follows. `missing` messages before that are not kept any more. With another `epoch` than before, the room is a new one |
//! | `said` | `seq`, `at`, `person`, `name`, `id`, `text` | a message. `seq` goes up by one in each room; `at` is in ms since 1970 |
//! | `announced` | `seq`, `at`, `text` | the same from the terminal |
//! | `taken` | `id` | acknowledges a message |
//! | `refused` | `id`, `why` | this message is not going to be passed on |
//! | `came`, `left` | `person`, `name` | who is there |
//! | `typing` | `person` | is writing |
//! | `rooms` | `rooms` | all rooms, each with `room` and how many `people` are there |
//! | `beat` | | |
//!
//! **Exactly once, in order.** The page keeps each message until it is acknowledged, and sends what it still has again, in
//! order, on each new connection. The server knows the last `id` that it took from each client, and acknowledges what comes
//! again without passing it on. In the other direction the page names the last number that it has seen, gets all that came
//! after it, and takes nothing that it has. What is kept is bounded: if it does not reach back far enough, the page says
//! how many messages are missing.
//!
//! What is none of this ends the connection, with a reason in the Close frame: 1007 for what is no message, 1008 for
//! what is against the rules, such as too many messages in too short a time, 1013 if there is no place, and 4000 for a
//! page that has come over another connection.

mod bucket;
mod chat;
mod clients;
#[path = "../event-loop/driver/mod.rs"]
mod driver;
mod front;
mod outbox;
mod protocol;
mod room;
mod rooms;
mod terminal;
mod words;

use bowline::Config;
use std::{error::Error, sync::Arc, time::Duration};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let mut server = driver::Server::bind(address.parse()?, chat::Chat::new(config()), Arc::default())?;
    println!("listening on http://{}/", server.address()?);
    println!("A line typed here is announced to everybody; \"quit\" ends the server.");
    println!("A connection takes {} bytes, and no buffer.", driver::PEER_SIZE);
    server.run()?;
    println!("everybody has left");
    Ok(())
}

fn config() -> Config {
    let mut config = Config::default();
    // The longest text, in a character set where each takes the most, and with what JSON adds.
    config.limits.message = 16 * 1024;
    config.limits.frame = 16 * 1024;
    // A room's whole history fits several times.
    config.limits.output = 1024 * 1024;
    config.deadlines.ping = Some(Duration::from_secs(20));
    config.deadlines.pong = Some(Duration::from_secs(10));
    // A page that is there beats every few seconds, or once a minute while nobody looks at it.
    config.deadlines.idle = Some(Duration::from_secs(150));
    config
}
