//! What this server is for: it joins people, rooms and connections.

use super::{
    bucket::Bucket,
    clients::Clients,
    driver::App,
    front,
    outbox::Outbox,
    protocol::{FromPage, Person, Place, ToPage},
    rooms::{LOBBY, Rooms},
    terminal, words,
};
use bowline::{
    CloseCode, Closure, Config, Connection, Event, Prepared, State,
    server::{Accept, Refusal, Request},
};
use bytes::Buf;
use mio::Waker;
use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

/// Characters, at the most.
const NAME: usize = 24;
const TEXT: usize = 2000;
const KEY: usize = 64;

/// What a message costs, in tokens. Who comes into a room is sent what was said there.
const COST: f64 = 1.0;
const COST_OF_A_ROOM: f64 = 5.0;

/// The same page has come over another connection.
const REPLACED: CloseCode = CloseCode::new(4000);

/// Why a client is sent away: what goes into the Close frame.
type Fault = (CloseCode, &'static str);

pub(crate) struct Chat {
    config: Arc<Config>,
    accept: Accept,
    /// By the index of the connection: all that have said something.
    seats: HashMap<usize, Seat>,
    clients: Clients,
    rooms: Rooms,
    /// Who is in which room has changed, and the pages have not been told yet.
    rooms_changed: bool,
    outbox: Outbox,
    lines: Option<Receiver<String>>,
}

/// What a connection is in the chat.
struct Seat {
    bucket: Bucket,
    standing: Standing,
}

enum Standing {
    /// It has not said hello.
    Stranger,
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
        if let Standing::Here(who) = &self.standing { Some(who) } else { None }
    }
}

impl Chat {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config: Arc::new(config),
            accept: Accept::same_origin(),
            seats: HashMap::new(),
            clients: Clients::default(),
            rooms: Rooms::new(),
            rooms_changed: false,
            outbox: Outbox::default(),
            lines: None,
        }
    }

    /// A message of a page, once it is known to be one.
    fn receive_text(&mut self, index: usize, text: &str, now: Duration) -> Result<(), Fault> {
        let seat =
            self.seats.entry(index).or_insert_with(|| Seat { bucket: Bucket::full(now), standing: Standing::Stranger });
        if !seat.bucket.take(COST, now) {
            return Err((CloseCode::POLICY_VIOLATION, "too many messages in too short a time"));
        }
        let message = serde_json::from_str(text)
            .map_err(|_| (CloseCode::INVALID_DATA, "this is no message of this chat: see examples/chat/main.rs"))?;
        let who = match &seat.standing {
            Standing::Stranger => None,
            Standing::Here(who) => Some(who.clone()),
            Standing::Replaced => return Ok(()),
        };
        match (message, who) {
            (FromPage::Hello { client, name, place }, None) => self.hello(index, client, name, place),
            (FromPage::Hello { .. }, Some(_)) => Err((CloseCode::POLICY_VIOLATION, "one hello is enough")),
            (_, None) => Err((CloseCode::POLICY_VIOLATION, "say hello first")),
            (FromPage::Enter { place }, Some(who)) => {
                if !seat.bucket.take(COST_OF_A_ROOM, now) {
                    return Err((CloseCode::POLICY_VIOLATION, "too many rooms in too short a time"));
                }
                check_room(&place.room)?;
                self.depart(index, &who);
                self.enter(index, who, place);
                Ok(())
            }
            (FromPage::Say { id, room, text }, Some(who)) => self.say(index, &who, id, &room, &text),
            (FromPage::Typing, Some(who)) => {
                self.tell_others(index, &who.room, &ToPage::Typing { person: who.person });
                Ok(())
            }
            (FromPage::Beat, Some(_)) => {
                self.outbox.send([&index], &ToPage::Beat.prepare());
                Ok(())
            }
        }
    }

    fn hello(&mut self, index: usize, key: String, name: String, place: Place) -> Result<(), Fault> {
        if !(8..=KEY).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err((CloseCode::POLICY_VIOLATION, "a client has 8 to 64 letters and digits"));
        }
        if !is_name(&name) {
            return Err((CloseCode::POLICY_VIOLATION, "a name has 1 to 24 characters, all of them visible"));
        }
        check_room(&place.room)?;
        let arrived = self.clients.arrive(&key, index);
        let (person, old) = arrived.ok_or((CloseCode::TRY_AGAIN_LATER, "the chat is full"))?;
        // A page may come back before this side knows that its old connection is dead.
        if let Some(old) = old
            && let Some(seat) = self.seats.get_mut(&old)
            && let Standing::Here(who) = mem::replace(&mut seat.standing, Standing::Replaced)
        {
            println!("- {}, in {}: came over another connection", who.name, who.room);
            self.depart(old, &who);
            self.outbox.close(old, REPLACED, "you are here over another connection now");
        }
        self.enter(index, Who { key, person, name, room: String::new() }, place);
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
        println!("+ {} came into {} ({} there)", who.name, who.room, room.members.len());
        if let Some(seat) = self.seats.get_mut(&index) {
            seat.standing = Standing::Here(who.clone());
        }
        let there = room.members.iter().filter_map(|index| self.seats.get(index)?.who());
        let people = there.map(|who| Person { person: who.person, name: &who.name }).collect();
        let resumed = room.resume(place.epoch.as_deref(), place.after);
        let (you, after, missing) = (who.person, resumed.after, resumed.missing);
        let welcome = ToPage::Welcome { you, room: &who.room, epoch: &room.epoch, after, missing, people };
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

    /// Each message is acknowledged, also one that comes again because the acknowledgement was lost; but only the first
    /// time it is passed on.
    fn say(&mut self, index: usize, who: &Who, id: u64, room: &str, text: &str) -> Result<(), Fault> {
        check_room(room)?;
        if !self.clients.is_new(&who.key, id) {
            self.outbox.send([&index], &ToPage::Taken { id }.prepare());
            return Ok(());
        }
        let refused = match text.chars().count() {
            _ if text.trim().is_empty() => Some("it is empty"),
            length if length > TEXT => Some("it has more than 2000 characters"),
            _ => None,
        };
        let answer = match (refused, self.rooms.open(room)) {
            (Some(why), _) => ToPage::Refused { id, why },
            (None, None) => ToPage::Refused { id, why: "there are too many rooms" },
            (None, Some(room)) => {
                let (person, name) = (who.person, who.name.as_str());
                let message = room.post(text, |seq, at| ToPage::Said { seq, at, person, name, id, text });
                self.outbox.send(&room.members, &message);
                ToPage::Taken { id }
            }
        };
        self.outbox.send([&index], &answer.prepare());
        Ok(())
    }

    fn tell_others(&mut self, index: usize, room: &str, message: &ToPage<'_>) {
        if let Some(room) = self.rooms.get_mut(room) {
            self.outbox.send(room.members.iter().filter(|member| **member != index), &message.prepare());
        }
    }

    /// To everybody, in whatever room. It has a number in each, so that those hear of it who are away just now.
    fn announce(&mut self, text: &str) {
        for room in self.rooms.all() {
            let message = room.post(text, |seq, at| ToPage::Announced { seq, at, text });
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

/// Names of people and rooms: some characters, and nothing that would move a terminal's cursor.
fn is_name(name: &str) -> bool {
    (1..=NAME).contains(&name.chars().count()) && !name.trim().is_empty() && !name.contains(char::is_control)
}

fn check_room(name: &str) -> Result<(), Fault> {
    if is_name(name) {
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
        if request.path() == "/chat" { request.accept(&self.accept) } else { Err(front::elsewhere(request)) }
    }

    fn answer(&mut self, refusal: Refusal, head: &[u8]) -> Box<dyn Buf> {
        front::answer(refusal, head, self.config.entropy)
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
        match self.seats.remove(&index).map(|seat| seat.standing) {
            Some(Standing::Here(who)) => {
                println!("- {}, in {}: {}", who.name, who.room, words::of(closure));
                self.clients.leave(&who.key);
                self.depart(index, &who);
            }
            Some(Standing::Stranger) => println!("- somebody: {}", words::of(closure)),
            Some(Standing::Replaced) | None => {}
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
                text => self.announce(text),
            }
        }
        false
    }
}
