//! A chat for browsers, in one thread: `cargo run --release -p bowline-chat -- [ADDRESS [NAME...]]`, then open
//! <http://127.0.0.1:8080/> in two windows. A line typed on the terminal is announced to everybody; `quit` ends the server.
//! It goes by its addresses and by `localhost`; a `NAME`, such as `chat.example`, is what else its clients may call it.
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
//! | `bucket.rs`, `names.rs` | how much a client may say in a while; what names and texts may have in them |
//! | `front.rs`, `hosts.rs` | the page, and 404; by which names this server goes, and 421 |
//! | `terminal.rs`, `words.rs` | lines typed on the terminal, and printed; how somebody left, in words |
//! | `page.html`, `page.css` | the page |
//!
//! # What it shows of the crate
//!
//! - A message for many is a [`Prepared`](bowline::Prepared): encoded once, for all who are there, and kept in the
//!   history in that form for those who come later.
//! - [`Accept::same_origin`](bowline::server::Accept::same_origin): pages of other sites cannot use the chat in the name of
//!   those who look at them. It compares Origin and Host, and an attacker can have both alike who makes a name of their own
//!   point here (DNS rebinding): so [`Request::host`](bowline::server::Request::host) is looked at first.
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
//! | `say` | `id`, `room`, `text` | `id` goes up from 1 with each message of this client, over all its connections |
//! | `typing` | | somebody is writing. It is passed on once in 2 s at the most |
//! | `beat` | | is answered with the same, as a page cannot see pings |
//!
//! A `place` has `room`, and how much of it the page has seen: `epoch`, or `null`, and `after`, the number of its last message.
//!
//! What the server says:
//!
//! | type | fields | |
//! |---|---|---|
//! | `welcome` | `you`, `last_id`, `room`, `epoch`, `after`, `missing`, `people` | the page is in a room, and what was said there after number `after` follows. `missing` messages before that are not kept any more. With another `epoch` than before, the room is a new one. `last_id` is the highest `id` that came from this client |
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
//! order, on each new connection. The server knows the last `id` that it had from each client, and which of the last it
//! refused: it answers what comes again as it did before, without passing it on. In the other direction the page names the
//! last number that it has seen, gets all that came after it, and takes nothing that it has. What is kept is bounded:
//!
//! - If the history does not reach back far enough, the page says how many messages are missing.
//! - The server remembers 4096 clients. Who was away while so many others came is new to it: a message whose
//!   acknowledgement was lost just then is passed on twice. The same goes for a restart of the server.
//! - A page has 32 messages on their way at the most, and 32 refusals are remembered.
//!
//! Two pages must not share a key, as each would take the other's numbers for its own. "Duplicate tab" makes such a pair: the
//! second takes the place of the first, which gets 4000, and goes on under a new key if it is told to. If the first was away
//! just then, it finds a `last_id` that it never sent, and takes a new key by itself.
//!
//! What is none of this ends the connection, with a reason in the Close frame: 1007 for what is no message, 1008 for
//! what is against the rules, such as too many messages in too short a time or no hello within 10 s, 1013 if there is no
//! place, and 4000 for a page that has come over another connection.
//!
//! # What it can cost
//!
//! 800 connections, 500 of which are in the chat; others get 503. For each of the 500, at most 256 KiB wait to be written:
//! 125 MiB if nobody reads. 64 rooms keep 128 KiB each: 8 MiB. How much a client may say does not start anew with a
//! connection, but a key costs nothing: who wants to be many can be. A chat for strangers needs accounts, and a limit for
//! each address in front of it.

mod bucket;
mod chat;
mod clients;
mod front;
mod hosts;
mod names;
mod outbox;
mod protocol;
mod room;
mod rooms;
mod terminal;
mod words;

use bowline::Config;
use bowline_event_loop::{PEER_SIZE, Server};
use std::{error::Error, sync::Arc, time::Duration};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".into()).parse()?;
    let (log, printer) = terminal::Log::start();
    let chat = chat::Chat::new(config(), hosts::Hosts::new(arguments.collect()), log.clone());
    let mut server = Server::bind(address, chat, Arc::default())?;
    log.line(format!("listening on http://{}/", server.address()?));
    log.line("A line typed here is announced to everybody; \"quit\" ends the server.".into());
    log.line(format!("A connection takes {PEER_SIZE} bytes, and no buffer."));
    server.run()?;
    log.line("everybody has left".into());
    drop((server, log));
    let _ = printer.join();
    Ok(())
}

fn config() -> Config {
    let mut config = Config::default();
    // The longest text, in a character set where each takes the most, or with what JSON adds.
    config.limits.message = 16 * 1024;
    config.limits.frame = 16 * 1024;
    // Who comes into a room is sent its whole history at once, with the names of all who are there (60 KiB at the most) and
    // the list of rooms (8 KiB).
    config.limits.output = 2 * room::KEPT_BYTES;
    config.deadlines.ping = Some(Duration::from_secs(20));
    config.deadlines.pong = Some(Duration::from_secs(10));
    // A page that is there beats every few seconds, or once a minute while nobody looks at it.
    config.deadlines.idle = Some(Duration::from_secs(150));
    config
}
