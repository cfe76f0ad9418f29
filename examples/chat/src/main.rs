//! A chat for browsers, in one thread: `cargo run --release -p bowline-chat -- [ADDRESS [NAME...]]`, then open
//! <http://127.0.0.1:8080/> in two windows. A line typed on the terminal is sent to all rooms; `quit` ends the server.
//! Requests must name the server by an address, by `localhost`, or by one of the `NAME`s, such as `chat.example`.
//!
//! The driver is that of `examples/event-loop`, and the page needs nothing but a browser.
//!
//! | file | |
//! |---|---|
//! | `chat.rs` | the application: people, rooms and their connections |
//! | `protocol.rs` | the protocol |
//! | `clients.rs` | the clients: what is remembered beyond a connection |
//! | `rooms.rs`, `room.rs` | all rooms; one of them, with its history |
//! | `outbox.rs` | messages for connections, until the driver delivers them |
//! | `bucket.rs`, `names.rs` | a rate limit for each client; rules for names and texts |
//! | `front.rs`, `hosts.rs` | the page, and 404; the names of this server, and 421 |
//! | `terminal.rs`, `words.rs` | lines that are typed and printed; a closure in words |
//! | `page.html`, `page.css` | the page |
//!
//! # Features of the crate that it shows
//!
//! - A message for many connections is a [`Prepared`](bowline::Prepared): encoded once for all members of a room, and kept in
//!   the history in that form.
//! - [`PlainRequest::respond`](bowline::server::PlainRequest::respond) delivers the page on the same port as the WebSocket.
//! - [`Request::path`](bowline::server::Request::path) selects the endpoint, and
//!   [`query_param`](bowline::server::Request::query_param) the room for a client whose hello has no `place`:
//!   `ws://127.0.0.1:8080/chat?room=rust`.
//! - [`Accept::same_origin`](bowline::server::Accept::same_origin): pages of other sites cannot use the chat in the name of
//!   their visitors. It compares Origin and Host, which an attacker can make equal by pointing a name of their own at this server
//!   (DNS rebinding): so [`Request::host`](bowline::server::Request::host) is checked first.
//! - [`Limits`](bowline::Limits): a message that is too large closes the connection with 1009 before it has arrived. A client
//!   that does not read is disconnected when more than `Limits::output` is queued; others do not wait for it.
//! - [`Deadlines`](bowline::Deadlines): a silent client is pinged, and times out if it does not answer.
//! - [`closure`](bowline::Connection::closure) reports which side ended the connection, and how, for the terminal.
//!
//! # The protocol
//!
//! Each text message is one JSON object, with a `type`. From the page:
//!
//! | type | fields | |
//! |---|---|---|
//! | `hello` | `client`, `name`, `place` | the first message. `client` is a random key of this page, which others must not know. `place` may be left out |
//! | `enter` | `place` | changes the room |
//! | `say` | `id`, `room`, `text` | `id` goes up from 1 with each message of this client, over all its connections |
//! | `typing` | | somebody is typing. It is passed on at most once in 2 s |
//! | `beat` | | is answered with the same, since pages cannot see pings |
//!
//! A `place` has `room`, and how much of it the page has seen: `epoch`, or `null`, and `after`, the number of its last message.
//!
//! From the server:
//!
//! | type | fields | |
//! |---|---|---|
//! | `welcome` | `you`, `last_id`, `room`, `epoch`, `after`, `missing`, `people` | the page is in a room, and the messages after number `after` follow. `missing` messages before that are not kept any more. With another `epoch` than before, the room is a new one. `last_id` is the highest `id` received from this client |
//! | `said` | `seq`, `at`, `person`, `name`, `id`, `text` | a message. `seq` goes up by one in each room; `at` is in ms since 1970 |
//! | `announced` | `seq`, `at`, `text` | the same from the terminal |
//! | `taken` | `id` | acknowledges a message |
//! | `refused` | `id`, `why` | this message is not passed on |
//! | `came`, `left` | `person`, `name` | somebody entered or left the room |
//! | `typing` | `person` | is typing |
//! | `rooms` | `rooms` | all rooms, each with `room` and the number of `people` |
//! | `beat` | | |
//!
//! **Exactly once, in order.** The page keeps each message until it is acknowledged, and sends those it still has again, in order,
//! on each new connection. The server remembers the last `id` of each client, and which of the latest it refused: a repeated
//! message gets the same answer as before, and is not passed on again. In the other direction, the page sends the last number
//! that it has seen, gets all messages after it, and ignores those that it has. The memory for this is bounded:
//!
//! - If the history is too short, the page shows how many messages are missing.
//! - The server remembers 4096 clients. If a client is forgotten while an acknowledgement is on its way and lost, its message is
//!   passed on twice. The same is true of a restart of the server.
//! - A page waits for at most 32 answers at a time, and 32 refusals are remembered.
//!
//! Two pages must not share a key, since their ids would collide. "Duplicate tab" makes such a pair: the second page replaces the
//! first, which is closed with 4000, and can go on with a new key. If the first was offline at that moment, it finds a `last_id`
//! that it never sent, and chooses a new key by itself.
//!
//! Any other message closes the connection, with a reason in the Close frame: 1007 if it is not valid, 1008 if it breaks a rule,
//! such as the rate limit or a missing hello after 10 s, 1013 if the chat is full, and 4000 if the page has connected again.
//!
//! # Limits
//!
//! 800 connections, 500 of them in the chat; further clients get 503. For each of the 500, at most 256 KiB are queued: 125 MiB if
//! nobody reads. 64 rooms keep 128 KiB each: 8 MiB. A new connection does not reset the rate limit of a client, but a new key is
//! free: anybody can be many clients. A public chat needs accounts, and a limit for each address in front of it.

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
    log.line("A line typed here is sent to all rooms; \"quit\" ends the server.".into());
    log.line(format!("A connection has {PEER_SIZE} bytes, and no buffer."));
    server.run()?;
    log.line("all connections have ended".into());
    drop((server, log));
    let _ = printer.join();
    Ok(())
}

fn config() -> Config {
    Config::default().with(|config| {
        // The longest text, with the longest UTF-8 or the longest escapes of JSON.
        config.limits.message = 16 * 1024;
        config.limits.frame = 16 * 1024;
        // A client that enters a room gets its whole history at once, with the names of all members (at most 60 KiB) and the
        // list of rooms (8 KiB).
        config.limits.output = 2 * room::KEPT_BYTES;
        config.deadlines.ping = Some(Duration::from_secs(20));
        config.deadlines.pong = Some(Duration::from_secs(10));
        // A page sends a beat every few seconds, or once a minute in the background.
        config.deadlines.idle = Some(Duration::from_secs(150));
    })
}
