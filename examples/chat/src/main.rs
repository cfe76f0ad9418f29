//! A chat with rooms for browsers, in one thread. It loses no message when the network fails.
//!
//! ```text
//! cargo run --release -p bowline-chat -- [ADDRESS [NAME...]]
//! ```
//!
//! Open <http://127.0.0.1:8080/> in two windows, and talk. Then set one of them offline for a while, in the developer tools of
//! the browser: it shows why the connection was lost, reconnects, and catches up. The terminal shows who comes and goes. A line
//! typed there is sent to all rooms, and `quit` ends the server.
//!
//! By default, it listens on 127.0.0.1:8080. A request must name the server by an IP address, by `localhost`, or by one of the
//! `NAME`s, such as `chat.example`.
//!
//! The driver is `examples/event-loop`; read its `main.rs` first if you want to know how the bytes are moved. The page is plain
//! HTML and JavaScript.
//!
//! | file | contents |
//! |---|---|
//! | `chat.rs` | the application: clients, rooms and their connections |
//! | `protocol.rs` | the messages of the protocol |
//! | `clients.rs` | the clients, with the state that outlives a connection |
//! | `rooms.rs`, `room.rs` | all rooms; one room with its history |
//! | `outbox.rs` | messages for connections, until the driver delivers them |
//! | `bucket.rs`, `names.rs` | the rate limit of a client; rules for names and texts |
//! | `front.rs`, `hosts.rs` | answers to plain HTTP requests; the host names of this server |
//! | `terminal.rs`, `words.rs` | typed and printed lines; how connections ended, in words |
//! | `page.html`, `page.css` | the page |
//!
//! # Features of the crate that it shows
//!
//! - [`Prepared`](bowline::Prepared): a message for many connections is encoded once, and stays in the history in that form.
//! - [`PlainRequest::respond`](bowline::server::PlainRequest::respond): the page and the WebSocket are on the same port.
//! - [`Request::path`](bowline::server::Request::path) selects the endpoint, and
//!   [`query_param`](bowline::server::Request::query_param) the room for a client whose hello has no `place`:
//!   `ws://127.0.0.1:8080/chat?room=rust`.
//! - [`Accept::same_origin`](bowline::server::Accept::same_origin): pages of other sites cannot use the chat in the name of
//!   their visitors. It compares Origin and Host. An attacker can make the two equal, by pointing a name at this server (DNS
//!   rebinding), so [`Request::host`](bowline::server::Request::host) is checked first.
//! - [`Limits`](bowline::Limits): a message that is too large closes the connection with 1009, before all of it has arrived. A
//!   client that does not read is disconnected when more than `Limits::output` is queued, and others do not wait for it.
//! - [`Deadlines`](bowline::Deadlines): a silent client is pinged, and times out if it does not answer.
//! - [`closure`](bowline::Connection::closure): the terminal shows which side ended a connection, and how.
//!
//! # The protocol
//!
//! Each text message is one JSON object with a `type`. From the page:
//!
//! | type | fields | meaning |
//! |---|---|---|
//! | `hello` | `client`, `name`, `place` | the first message. `client` is a random key of this page, which it must keep secret. `place` is optional |
//! | `enter` | `place` | enter another room |
//! | `say` | `id`, `room`, `text` | send a message. `id` goes up from 1 with each message of this client, over all its connections |
//! | `typing` | | the user is typing. The server passes this on at most once in 2 s |
//! | `beat` | | asks for a `beat`: pages cannot send pings, and use this to notice a lost connection |
//!
//! A `place` has the name of the `room`, and how much of it the page has seen: its `epoch`, or `null`, and the number of the
//! last message, `after`.
//!
//! From the server:
//!
//! | type | fields | meaning |
//! |---|---|---|
//! | `welcome` | `you`, `last_id`, `room`, `epoch`, `after`, `missing`, `people` | the page is in this room, and the messages after number `after` follow. `missing` messages before them are no longer kept. If `epoch` has changed, the room is a new one. `last_id` is the highest `id` that the server has received from this client |
//! | `said` | `seq`, `at`, `person`, `name`, `id`, `text` | a message. `seq` goes up by one in each room; `at` is in ms since 1970 |
//! | `announced` | `seq`, `at`, `text` | a message from the terminal |
//! | `taken` | `id` | acknowledges a message |
//! | `refused` | `id`, `why` | the server does not pass this message on |
//! | `came`, `left` | `person`, `name` | a person entered or left the room |
//! | `typing` | `person` | a person is typing |
//! | `rooms` | `rooms` | all rooms, each with `room` and the number of `people` |
//! | `beat` | | answers a `beat` |
//!
//! **Exactly once, in order.** The page keeps each message until the server acknowledges it. On each new connection, it repeats
//! the messages that are not acknowledged, in order. The server remembers the last `id` of each client, and which of the latest
//! messages it refused: so it recognizes a repeated message, gives the same answer as before, and does not pass the message on
//! again. In the other direction, the page sends the number of the last message that it has seen, and ignores messages that it
//! already has. The memory for this is bounded:
//!
//! - If the history is too short, the page shows how many messages are missing.
//! - The server remembers 4096 clients. If an acknowledgement is lost, and the server forgets the client before it reconnects,
//!   the message is passed on twice. The same can happen if the server is restarted.
//! - A page waits for at most 32 answers at a time, and the server remembers 32 refusals of each client.
//!
//! Two pages must not share a key, since their ids would collide. A browser's "Duplicate tab" makes such a pair: the second
//! page replaces the first, which is closed with 4000, and can continue with a new key. If the first page was offline at that
//! moment, it later receives a `last_id` that it never sent, and chooses a new key itself.
//!
//! The server closes a connection with a reason in the Close frame: 1003 for a binary message, 1007 for an invalid message,
//! 1008 for one that breaks a rule, such as the rate limit, or if there is no hello within 10 s, 1013 if the chat is full or
//! the client does not read, and 4000 if the page has connected again.
//!
//! # Limits
//!
//! There are at most 800 connections, 500 of them in the chat; further clients get status 503. At most 256 KiB are queued for
//! each of the 500, which is 125 MiB if no client reads. There are at most 64 rooms with a history of 128 KiB each, which is 8
//! MiB. A new connection does not reset the rate limit of a client, which
//! is 10 messages in a second. `typing` and `beat` do not count as messages; their limit is 100 in a second. But keys are free, so anybody can be many clients: a public
//! chat needs accounts, and in front of it a limit for each address.

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
use std::{error::Error, process::ExitCode, sync::Arc, time::Duration};

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".into());
    let address =
        address.parse().map_err(|_| format!("{address:?} is not an IP address with a port, such as 127.0.0.1:8080"))?;
    let (log, printer) = terminal::Log::start();
    let chat = chat::Chat::new(config(), hosts::Hosts::new(arguments.collect()), log.clone());
    let mut server = Server::bind(address, chat, Arc::default())?;
    log.line(format!("listening on http://{}/", server.address()?));
    log.line("Type a line to send it to all rooms, or \"quit\" to end the server.".into());
    log.line(format!("Each connection takes {PEER_SIZE} bytes, and has no buffer while it is idle."));
    server.run()?;
    log.line("all connections have ended".into());
    drop((server, log));
    let _ = printer.join();
    Ok(())
}

fn config() -> Config {
    Config::default().with(|config| {
        // Enough for the longest text, as UTF-8 or with escapes of JSON.
        config.limits.message = 16 * 1024;
        config.limits.frame = 16 * 1024;
        // Twice the history: a client that enters a room gets all of it at once, with the names of all members (at most 60 KiB)
        // and the list of rooms (8 KiB).
        config.limits.output = 2 * room::KEPT_BYTES;
        config.deadlines.ping = Some(Duration::from_secs(20));
        config.deadlines.pong = Some(Duration::from_secs(10));
        // A page sends a beat every 5 seconds. In the background, browsers may slow it down to one a minute.
        config.deadlines.idle = Some(Duration::from_secs(150));
    })
}
