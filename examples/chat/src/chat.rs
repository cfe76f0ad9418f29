//! The application: clients, rooms and their connections.

use super::{
    bucket::{COST, COST_OF_A_ROOM},
    clients::{Clients, Verdict},
    front,
    hosts::{Hosts, MISDIRECTED},
    names,
    outbox::Outbox,
    protocol::{Fault, FromPage, Person, Place, ToPage},
    rooms::{LOBBY, Rooms},
    terminal::{self, Log},
    words,
};
use bowline::{
    CloseCode, Closure, Config, Connection, Event, HandshakeError, Prepared, State,
    server::{Accept, PlainRequest, Refusal, Request},
};
use bowline_event_loop::App;
use mio::Waker;
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

/// The maximum length of a client's key in bytes.
const KEY: usize = 64;

/// The deadline for the first message of a connection.
const HELLO: Duration = Duration::from_secs(10);

/// The maximum number of connections, including those that begin or end, and requests for the page. Each needs a file
/// descriptor, and many systems allow a process 1024 of them.
const CONNECTIONS: usize = 800;

/// The close code for a connection that a newer one of the same page replaces.
const REPLACED: CloseCode = CloseCode::new(4000);

pub(crate) struct Chat {
    config: Arc<Config>,
    accept: Accept,
    hosts: Hosts,
    /// The state of each connection, by its index.
    seats: HashMap<usize, Seat>,
    clients: Clients,
    rooms: Rooms,
    /// The list of rooms has changed, and must be sent to the pages.
    rooms_changed: bool,
    outbox: Outbox,
    log: Log,
    lines: Option<Receiver<String>>,
}

/// The state of a connection in the chat.
enum Seat {
    /// It has not sent a hello yet.
    Stranger {
        since: Duration,
        /// The parameter `room` of the URL, or the lobby.
        room: String,
    },
    Here(Who),
    /// A newer connection of the same page has replaced it.
    Replaced,
}

#[derive(Clone)]
struct Who {
    key: String,
    person: u32,
    name: String,
    room: String,
}

impl Seat {
    fn who(&self) -> Option<&Who> {
        if let Self::Here(who) = self { Some(who) } else { None }
    }
}

impl Chat {
    pub(crate) fn new(config: Config, hosts: Hosts, log: Log) -> Self {
        Self {
            config: Arc::new(config),
            accept: Accept::same_origin(),
            hosts,
            seats: HashMap::new(),
            clients: Clients::default(),
            rooms: Rooms::new(),
            rooms_changed: false,
            outbox: Outbox::default(),
            log,
            lines: None,
        }
    }

    /// Handles a text message from a page.
    fn receive_text(&mut self, index: usize, text: &str, now: Duration) -> Result<(), Fault> {
        let message = serde_json::from_str(text).map_err(|_| {
            (CloseCode::INVALID_DATA, "not a valid message of this chat: see examples/chat/src/main.rs")
        })?;
        let who = match self.seats.get(&index) {
            Some(Seat::Here(who)) => who.clone(),
            Some(Seat::Stranger { room, .. }) => {
                let FromPage::Hello { client, name, place } = message else {
                    return Err((CloseCode::POLICY_VIOLATION, "the first message must be a hello"));
                };
                let place = place.unwrap_or_else(|| Place { room: room.clone(), epoch: None, after: 0 });
                return self.hello(index, client, name, place, now);
            }
            Some(Seat::Replaced) | None => return Ok(()),
        };
        let is_paid = match message {
            FromPage::Typing | FromPage::Beat => self.clients.pay_for_notice(&who.key, now),
            FromPage::Enter { .. } => self.clients.pay(&who.key, COST_OF_A_ROOM, now),
            _ => self.clients.pay(&who.key, COST, now),
        };
        if !is_paid {
            return Err((CloseCode::POLICY_VIOLATION, "too many messages in too short a time"));
        }
        match message {
            FromPage::Hello { .. } => {
                return Err((CloseCode::POLICY_VIOLATION, "only the first message can be a hello"));
            }
            FromPage::Enter { place } => {
                check_room(&place.room)?;
                self.depart(index, &who);
                self.enter(index, who, place);
            }
            FromPage::Say { id, room, text } => self.say(index, &who, id, &room, &text)?,
            FromPage::Typing => {
                if self.clients.types(&who.key, now) {
                    self.tell_others(index, &who.room, &ToPage::Typing { person: who.person });
                }
            }
            FromPage::Beat => self.outbox.send([&index], &ToPage::Beat.prepare()),
        }
        Ok(())
    }

    fn hello(&mut self, index: usize, key: String, name: String, place: Place, now: Duration) -> Result<(), Fault> {
        if !(8..=KEY).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err((CloseCode::POLICY_VIOLATION, "client must consist of 8 to 64 letters and digits"));
        }
        if !names::is_name(&name) {
            return Err((CloseCode::POLICY_VIOLATION, "a name must have 1 to 24 characters, without invisible ones"));
        }
        check_room(&place.room)?;
        let arrival = self.clients.arrive(&key, index, now)?;
        // A page may connect again before this server notices that the old connection is lost.
        if let Some(old) = arrival.replaced
            && let Some(seat) = self.seats.get_mut(&old)
            && let Seat::Here(who) = mem::replace(seat, Seat::Replaced)
        {
            self.log.line(format!("- {}, in {}: connected again", who.name, who.room));
            self.depart(old, &who);
            self.outbox.close(old, REPLACED, "this client has connected again");
        }
        self.enter(index, Who { key, person: arrival.person, name, room: String::new() }, place);
        Ok(())
    }

    /// Enters a room: sends the client the messages since its last one, and notifies the others.
    fn enter(&mut self, index: usize, mut who: Who, place: Place) {
        // If there are too many rooms, the client enters the lobby instead.
        who.room = if self.rooms.open(&place.room).is_some() { place.room } else { LOBBY.into() };
        let Some(room) = self.rooms.get_mut(&who.room) else { return };
        let coming = ToPage::Came { person: who.person, name: &who.name }.prepare();
        self.outbox.send(&room.members, &coming);
        room.members.insert(index);
        self.log.line(format!("+ {} joined {} (members: {})", who.name, who.room, room.members.len()));
        self.seats.insert(index, Seat::Here(who.clone()));
        let there = room.members.iter().filter_map(|index| self.seats.get(index)?.who());
        let people = there.map(|who| Person { person: who.person, name: &who.name }).collect();
        let resumed = room.resume(place.epoch.as_deref(), place.after);
        let (you, last_id) = (who.person, self.clients.last_id(&who.key));
        let (after, missing) = (resumed.after, resumed.missing);
        let welcome = ToPage::Welcome { you, last_id, room: &who.room, epoch: &room.epoch, after, missing, people };
        self.outbox.send([&index], &welcome.prepare());
        for message in resumed.messages {
            self.outbox.send([&index], message);
        }
        self.rooms_changed = true;
    }

    /// Leaves a room, and notifies the others.
    fn depart(&mut self, index: usize, who: &Who) {
        if let Some(room) = self.rooms.get_mut(&who.room) {
            room.members.remove(&index);
            self.outbox.send(&room.members, &ToPage::Left { person: who.person, name: &who.name }.prepare());
            self.rooms_changed = true;
        }
    }

    /// Answers a message, and passes it on unless it is refused. A repeated message, whose answer was lost, gets the same
    /// answer as before, and is not passed on again.
    fn say(&mut self, index: usize, who: &Who, id: u64, room: &str, text: &str) -> Result<(), Fault> {
        check_room(room)?;
        if id == 0 {
            return Err((CloseCode::POLICY_VIOLATION, "message ids start at 1"));
        }
        let verdict = self.clients.verdict(&who.key, id).unwrap_or_else(|| {
            let verdict = self.pass_on(who, id, room, text);
            self.clients.judged(&who.key, id, verdict);
            verdict
        });
        let answer = match verdict {
            Verdict::Taken => ToPage::Taken { id },
            Verdict::Refused(why) => ToPage::Refused { id, why },
        };
        self.outbox.send([&index], &answer.prepare());
        Ok(())
    }

    /// Passes a message on to its room, which the page may have left since the message was written. It never creates a room.
    fn pass_on(&mut self, who: &Who, id: u64, room: &str, text: &str) -> Verdict {
        if let Some(why) = names::fault(text) {
            return Verdict::Refused(why);
        }
        let Some(room) = self.rooms.get_mut(room) else { return Verdict::Refused("this room no longer exists") };
        let (person, name) = (who.person, who.name.as_str());
        let message = room.post(|seq, at| ToPage::Said { seq, at, person, name, id, text });
        self.outbox.send(&room.members, &message);
        Verdict::Taken
    }

    fn tell_others(&mut self, index: usize, room: &str, message: &ToPage<'_>) {
        if let Some(room) = self.rooms.get_mut(room) {
            self.outbox.send(room.members.iter().filter(|member| **member != index), &message.prepare());
        }
    }

    /// Sends a message to all rooms. It gets a number in each of them, so that pages that are offline receive it later.
    fn announce(&mut self, text: &str) {
        for room in self.rooms.all() {
            let message = room.post(|seq, at| ToPage::Announced { seq, at, text });
            self.outbox.send(&room.members, &message);
        }
    }

    /// Sends the list of rooms to all pages, if it has changed.
    fn tell_rooms(&mut self) {
        if mem::take(&mut self.rooms_changed) {
            let message: Prepared = ToPage::Rooms { rooms: self.rooms.list() }.prepare();
            let here: HashSet<_> =
                self.seats.iter().filter(|(_, seat)| seat.who().is_some()).map(|(it, _)| *it).collect();
            self.outbox.send(&here, &message);
        }
    }
}

fn check_room(name: &str) -> Result<(), Fault> {
    if names::is_name(name) {
        return Ok(());
    }
    Err((CloseCode::POLICY_VIOLATION, "the name of a room must have 1 to 24 characters, without invisible ones"))
}

impl App for Chat {
    fn config(&self) -> &Arc<Config> {
        &self.config
    }

    fn begin(&mut self, waker: Waker) {
        self.lines = Some(terminal::listen(waker));
    }

    fn accept(&mut self, index: usize, request: Request, now: Duration) -> Result<Connection, Refusal> {
        if !self.hosts.contain(request.host()) {
            return Err(request.refuse(421, MISDIRECTED));
        }
        if request.path() != "/chat" {
            return Err(request.refuse(404, "not found: the WebSocket is at /chat\n"));
        }
        let room = request.query_param("room").map_or_else(|| LOBBY.into(), Cow::into_owned);
        let connection = request.accept(&self.accept)?;
        self.seats.insert(index, Seat::Stranger { since: now, room });
        Ok(connection)
    }

    fn respond(&mut self, request: PlainRequest) -> Option<Refusal> {
        front::respond(request, &self.hosts, self.config.entropy)
    }

    /// Logs a refusal, except for the connections that browsers open in advance and may never use.
    fn refused(&mut self, refusal: &Refusal) {
        match refusal.error() {
            None | Some(HandshakeError::EndOfStream { received: 0 } | HandshakeError::Deadline { .. }) => {}
            Some(error) => self.log.line(format!("! refused with {}: {error}", refusal.status())),
        }
    }

    fn max_connections(&self) -> usize {
        CONNECTIONS
    }

    /// Closes the connection if its first message does not arrive in time.
    fn tick(&mut self, index: usize, connection: &mut Connection, now: Duration) -> Option<Duration> {
        let Some(Seat::Stranger { since, .. }) = self.seats.get(&index) else { return None };
        let left = since.saturating_add(HELLO).saturating_sub(now);
        if left.is_zero() {
            let _ = connection.close(CloseCode::POLICY_VIOLATION, "no hello was received within 10 seconds");
            return None;
        }
        Some(left)
    }

    /// Handles a message. Those that arrive after a close are ignored.
    fn receive(&mut self, index: usize, connection: &mut Connection, event: Event<'_>, now: Duration) {
        if connection.state() != State::Open {
            return;
        }
        let received = match event {
            Event::Text(text) => self.receive_text(index, &text, now),
            Event::Binary(_) => Err((CloseCode::UNSUPPORTED_DATA, "only text messages are supported")),
            _ => Ok(()), // pings are answered already, and the end is reported to `ended`
        };
        if let Err((code, reason)) = received {
            let _ = connection.close(code, reason);
        }
    }

    fn ended(&mut self, index: usize, closure: Option<&Closure>) {
        self.outbox.forget(index);
        match self.seats.remove(&index) {
            Some(Seat::Here(who)) => {
                self.log.line(format!("- {}, in {}: {}", who.name, who.room, words::of(closure)));
                self.clients.leave(&who.key);
                self.depart(index, &who);
            }
            Some(Seat::Stranger { .. }) => self.log.line(format!("- a client without a hello: {}", words::of(closure))),
            Some(Seat::Replaced) | None => {}
        }
    }

    fn take_pending(&mut self) -> Vec<usize> {
        self.tell_rooms();
        self.outbox.take_pending()
    }

    fn deliver(&mut self, index: usize, connection: &mut Connection) {
        // If the Close frame cannot be written, the closure does not contain it. So the reason is logged here.
        if !self.outbox.deliver(index, connection)
            && let Some(who) = self.seats.get(&index).and_then(Seat::who)
        {
            self.log.line(format!("! {}, in {}: does not read, and too many messages are queued", who.name, who.room));
        }
    }

    fn woken(&mut self) -> bool {
        // Not all: a program that types without pause must not stop the loop. The next wake is for the rest.
        let lines: Vec<_> = self.lines.iter().flat_map(Receiver::try_iter).take(terminal::TYPED).collect();
        for line in &lines {
            match line.trim() {
                "quit" => return true,
                "" => {}
                text => self.announce(&names::sayable(text)),
            }
        }
        false
    }
}
