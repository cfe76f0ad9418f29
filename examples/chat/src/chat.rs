//! What this server is for: it joins people, rooms and connections.

use super::{
    bucket::{COST, COST_OF_A_ROOM},
    clients::{Clients, Verdict},
    front,
    hosts::{ELSEWHERE, Hosts},
    names,
    outbox::Outbox,
    protocol::{Fault, FromPage, Person, Place, ToPage},
    rooms::{LOBBY, Rooms},
    terminal::{self, Log},
    words,
};
use bowline::{
    CloseCode, Closure, Config, Connection, Event, Prepared, State,
    server::{Accept, Refusal, Request},
};
use bowline_event_loop::App;
use bytes::Buf;
use mio::Waker;
use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

/// Bytes of a client's key, at the most.
const KEY: usize = 64;

/// How long a connection may take to say hello.
const HELLO: Duration = Duration::from_secs(10);

/// How many connections there are at the most: those who are here, those who come and go, and requests for the page. With
/// each, the process has a file descriptor, and many systems give it 1024.
const CONNECTIONS: usize = 800;

/// The same page has come over another connection.
const REPLACED: CloseCode = CloseCode::new(4000);

pub(crate) struct Chat {
    config: Arc<Config>,
    accept: Accept,
    hosts: Hosts,
    /// By the index of the connection.
    seats: HashMap<usize, Seat>,
    clients: Clients,
    rooms: Rooms,
    /// Who is in which room has changed, and the pages have not been told yet.
    rooms_changed: bool,
    outbox: Outbox,
    log: Log,
    lines: Option<Receiver<String>>,
}

/// What a connection is in the chat.
enum Seat {
    /// It has not said hello.
    Stranger {
        since: Duration,
    },
    Here(Who),
    /// Its page has come over another connection.
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

    /// A message of a page, once it is known to be one.
    fn receive_text(&mut self, index: usize, text: &str, now: Duration) -> Result<(), Fault> {
        let message = serde_json::from_str(text)
            .map_err(|_| (CloseCode::INVALID_DATA, "this is no message of this chat: see examples/chat/src/main.rs"))?;
        let who = match self.seats.get(&index) {
            Some(Seat::Here(who)) => who.clone(),
            Some(Seat::Replaced) => return Ok(()),
            Some(Seat::Stranger { .. }) | None => {
                return match message {
                    FromPage::Hello { client, name, place } => self.hello(index, client, name, place, now),
                    _ => Err((CloseCode::POLICY_VIOLATION, "say hello first")),
                };
            }
        };
        let cost = if matches!(message, FromPage::Enter { .. }) { COST_OF_A_ROOM } else { COST };
        if !self.clients.pay(&who.key, cost, now) {
            return Err((CloseCode::POLICY_VIOLATION, "too many messages in too short a time"));
        }
        match message {
            FromPage::Hello { .. } => return Err((CloseCode::POLICY_VIOLATION, "one hello is enough")),
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
            return Err((CloseCode::POLICY_VIOLATION, "a client has 8 to 64 letters and digits"));
        }
        if !names::is_name(&name) {
            return Err((CloseCode::POLICY_VIOLATION, "a name has 1 to 24 characters, all of them visible"));
        }
        check_room(&place.room)?;
        let arrival = self.clients.arrive(&key, index, now)?;
        // A page may come back before this side knows that its old connection is dead.
        if let Some(old) = arrival.replaced
            && let Some(seat) = self.seats.get_mut(&old)
            && let Seat::Here(who) = mem::replace(seat, Seat::Replaced)
        {
            self.log.line(format!("- {}, in {}: came over another connection", who.name, who.room));
            self.depart(old, &who);
            self.outbox.close(old, REPLACED, "you are here over another connection now");
        }
        self.enter(index, Who { key, person: arrival.person, name, room: String::new() }, place);
        Ok(())
    }

    /// Comes into a room: gets what was said there since, and is told of to the others.
    fn enter(&mut self, index: usize, mut who: Who, place: Place) {
        // If there are too many rooms already, it is the lobby.
        who.room = if self.rooms.open(&place.room).is_some() { place.room } else { LOBBY.into() };
        let Some(room) = self.rooms.get_mut(&who.room) else { return };
        let coming = ToPage::Came { person: who.person, name: &who.name }.prepare();
        self.outbox.send(&room.members, &coming);
        room.members.insert(index);
        self.log.line(format!("+ {} came into {} ({} there)", who.name, who.room, room.members.len()));
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

    /// Goes out of its room, and perhaps into another.
    fn depart(&mut self, index: usize, who: &Who) {
        if let Some(room) = self.rooms.get_mut(&who.room) {
            room.members.remove(&index);
            self.outbox.send(&room.members, &ToPage::Left { person: who.person, name: &who.name }.prepare());
            self.rooms_changed = true;
        }
    }

    /// Each message is answered, also one that comes again because the answer was lost: with the same answer, and without
    /// being passed on again.
    fn say(&mut self, index: usize, who: &Who, id: u64, room: &str, text: &str) -> Result<(), Fault> {
        check_room(room)?;
        if id == 0 {
            return Err((CloseCode::POLICY_VIOLATION, "messages are numbered from 1"));
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

    /// A page may have gone elsewhere since a message was written. But only who goes into a room makes one.
    fn pass_on(&mut self, who: &Who, id: u64, room: &str, text: &str) -> Verdict {
        if let Some(why) = names::fault(text) {
            return Verdict::Refused(why);
        }
        let Some(room) = self.rooms.get_mut(room) else { return Verdict::Refused("this room is not there any more") };
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

    /// To everybody, in whatever room. It has a number in each, so that those hear of it who are away just now.
    fn announce(&mut self, text: &str) {
        for room in self.rooms.all() {
            let message = room.post(|seq, at| ToPage::Announced { seq, at, text });
            self.outbox.send(&room.members, &message);
        }
    }

    /// Once for all that has changed since the last time.
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
    Err((CloseCode::POLICY_VIOLATION, "the name of a room has 1 to 24 characters, all of them visible"))
}

impl App for Chat {
    fn config(&self) -> &Arc<Config> {
        &self.config
    }

    fn begin(&mut self, waker: Waker) {
        self.lines = Some(terminal::listen(waker));
    }

    fn accept(&mut self, request: Request) -> Result<Connection, Refusal> {
        if !self.hosts.contain(request.host()) {
            Err(request.refuse(421, ELSEWHERE))
        } else if request.path() == "/chat" {
            request.accept(&self.accept)
        } else {
            Err(request.refuse(404, "there is no WebSocket here: it is at /chat\n"))
        }
    }

    fn answer(&mut self, refusal: Refusal, head: &[u8]) -> Box<dyn Buf> {
        front::answer(refusal, head, &self.hosts, &self.log, self.config.entropy)
    }

    fn most_connections(&self) -> usize {
        CONNECTIONS
    }

    /// Nobody stays who does not say hello.
    fn tick(&mut self, index: usize, connection: &mut Connection, now: Duration) -> Option<Duration> {
        let seat = self.seats.entry(index).or_insert(Seat::Stranger { since: now });
        let Seat::Stranger { since } = *seat else { return None };
        if connection.state() != State::Open {
            return None;
        }
        let left = (since + HELLO).saturating_sub(now);
        if left.is_zero() {
            let _ = connection.close(CloseCode::POLICY_VIOLATION, "no hello has come for 10 seconds");
            return None;
        }
        Some(left)
    }

    /// Who has been sent away is not listened to any more, though more may still come.
    fn receive(&mut self, index: usize, connection: &mut Connection, event: Event<'_>, now: Duration) {
        if connection.state() != State::Open {
            return;
        }
        let received = match event {
            Event::Text(text) => self.receive_text(index, &text, now),
            Event::Binary(_) => Err((CloseCode::UNSUPPORTED_DATA, "only text messages are understood here")),
            _ => Ok(()), // pings are answered, and how it ends is for `ended`
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
            Some(Seat::Stranger { .. }) => self.log.line(format!("- somebody: {}", words::of(closure))),
            Some(Seat::Replaced) | None => {}
        }
    }

    fn waiting(&mut self) -> Vec<usize> {
        self.tell_rooms();
        self.outbox.take_waiting()
    }

    fn deliver(&mut self, index: usize, connection: &mut Connection) {
        self.outbox.deliver(index, connection);
    }

    fn woken(&mut self) -> bool {
        let lines: Vec<_> = self.lines.iter().flat_map(Receiver::try_iter).collect();
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
