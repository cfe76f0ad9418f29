//! All calls in any order (RFC 6455 §5.5.1, §7.1.7): whatever happens, the rules of closing hold.

use crate::{
    common::{close_to, config, frame_to},
    wire::plain,
};
use bowline::{CloseCode, Closure, Connection, Event, Input, Prepared, Role, State, Timestamp};
use bytes::Buf;
use proptest::{collection::vec, prelude::*};
use std::time::Duration;

#[derive(Clone, Debug)]
enum Call {
    Text(usize),
    Binary(usize),
    Chunk {
        text: bool,
        last: bool,
    },
    Prepared,
    Ping(usize),
    Pong(usize),
    Close(u16),
    /// A frame of the peer's with this first byte and so many bytes of payload, of which so many are cut off.
    Frame(u8, usize, usize),
    PeerCloses(u16),
    Garbage(Vec<u8>),
    Eof,
    WriteFailed,
    TransportFailed,
    /// Milliseconds.
    Pass(u64),
    Write(usize),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let first = prop::sample::select(vec![0x81, 0x82, 0x01, 0x00, 0x80, 0x89, 0x89, 0x8A, 0x88]);
    let call = prop_oneof![
        2 => (0..300_usize).prop_map(Call::Text),
        2 => (0..9000_usize).prop_map(Call::Binary),
        2 => any::<(bool, bool)>().prop_map(|(text, last)| Call::Chunk { text, last }),
        1 => Just(Call::Prepared),
        2 => (0..130_usize).prop_map(Call::Ping),
        1 => (0..130_usize).prop_map(Call::Pong),
        1 => prop::sample::select(vec![1000, 1005, 1006, 1010, 4000]).prop_map(Call::Close),
        6 => (first, 0..130_usize, 0..3_usize).prop_map(|(first, len, cut)| Call::Frame(first, len, cut)),
        1 => prop::sample::select(vec![1000, 1006, 3000]).prop_map(Call::PeerCloses),
        1 => vec(any::<u8>(), 0..20).prop_map(Call::Garbage),
        1 => Just(Call::Eof),
        1 => Just(Call::WriteFailed),
        1 => Just(Call::TransportFailed),
        6 => (0..60_000_u64).prop_map(Call::Pass),
        6 => prop_oneof![0..50_usize, Just(usize::MAX)].prop_map(Call::Write),
    ];
    vec(call, 0..40)
}

struct Model {
    connection: Connection,
    now: Duration,
    stream: Vec<u8>,
    events: Vec<Event<'static>>,
}

impl Model {
    fn new(role: Role) -> Self {
        let mut config = config();
        config.deadlines.ping = Some(Duration::from_secs(30));
        config.deadlines.pong = Some(Duration::from_secs(20));
        config.deadlines.idle = Some(Duration::from_secs(90));
        config.limits.output = 20_000;
        Self { connection: Connection::new(role, config), now: Duration::ZERO, stream: Vec::new(), events: Vec::new() }
    }

    fn call(&mut self, call: Call) {
        let connection = &mut self.connection;
        let role = connection.role();
        match call {
            Call::Text(len) => drop(connection.send_text("x".repeat(len))),
            Call::Binary(len) => drop(connection.send_binary(vec![0; len])),
            Call::Chunk { text: true, last } => drop(connection.send_text_chunk("chunk", last)),
            Call::Chunk { text: false, last } => drop(connection.send_binary_chunk(b"chunk", last)),
            Call::Prepared => drop(connection.send_prepared(&Prepared::text("prepared"))),
            Call::Ping(len) => drop(connection.ping(&vec![0; len])),
            Call::Pong(len) => drop(connection.pong(&vec![0; len])),
            Call::Close(code) => drop(connection.close(CloseCode::new(code), "")),
            Call::Frame(first, len, cut) => {
                let frame = frame_to(role, first, &vec![b'p'; len]);
                self.receive(&frame[..frame.len() - cut]);
            }
            Call::PeerCloses(code) => self.receive(&close_to(role, code, "")),
            Call::Garbage(bytes) => self.receive(&bytes),
            Call::Eof => connection.receive_eof(),
            Call::WriteFailed => connection.write_failed(),
            Call::TransportFailed => connection.transport_failed(),
            Call::Pass(milliseconds) => {
                self.now += Duration::from_millis(milliseconds);
                let wait = connection.tick(Timestamp::since_origin(self.now));
                assert_ne!(wait, Some(Duration::ZERO));
                assert_eq!(wait.is_none(), connection.is_closed());
            }
            Call::Write(count) => {
                let count = count.min(connection.buffered_amount());
                self.stream.extend(connection.output().copy_to_bytes(count));
            }
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let mut input = Input::from(&mut bytes);
        while let Some(event) = self.connection.receive(&mut input) {
            self.events.push(event.into_owned());
        }
        assert!(input.is_empty());
    }
}

/// Whole frames at the front of a stream: its end may be missing, if the output was dropped.
fn whole_frames(stream: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut end = 0;
    while let Some(head) = stream.get(end..end + 2) {
        let (extra, mask) = (usize::from(head[1] & 0x7F), usize::from(head[1] >> 7) * 4);
        let len = match extra {
            126 => stream.get(end + 2..end + 4).map(|len| 4 + usize::from(u16::from_be_bytes([len[0], len[1]]))),
            127 => panic!("nothing so long was sent"),
            len => Some(2 + len),
        };
        match len.map(|len| end + len + mask) {
            Some(next) if next <= stream.len() => end = next,
            _ => break,
        }
    }
    plain(&stream[..end])
}

/// What a closure says, apart from how much was discarded.
fn all_but_unsent(closure: &Closure) -> impl PartialEq + std::fmt::Debug + use<> {
    let frames = [closure.sent(), closure.received()].map(Option::<&_>::cloned);
    (closure.begun_by(), closure.cause(), closure.interrupted(), frames)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// [O-07] [O-11] [O-24] [O-29] [O-40] [L-10] [N-01] No panic; the state never goes back; one Close
    /// frame at the most, and after it pongs only, and those only until the peer's own; how it ended stays as first told;
    /// nothing is queued or received once it is closed.
    #[test]
    fn the_rules_of_closing_hold(calls in calls(), client in any::<bool>()) {
        let mut model = Model::new(if client { Role::Client } else { Role::Server });
        let mut told = None;
        for call in calls {
            let (before, events) = (model.connection.state(), model.events.len());
            model.call(call);
            let state = model.connection.state();
            prop_assert!(before as u8 <= state as u8, "from {:?} to {:?}", before, state);
            prop_assert_eq!(state == State::Closed, model.connection.is_closed());
            if before == State::Closed {
                prop_assert_eq!(model.connection.buffered_amount(), 0);
                prop_assert_eq!(model.events.len(), events);
            }
            // Output that is left when the end is certain may still be written, or discarded.
            let now = model.connection.closure().map(all_but_unsent);
            prop_assert!(told.is_none() || now == told, "{:?} after {:?}", now, told);
            told = now;
            prop_assert!(told.is_some() || state != State::Closed);
        }
        model.call(Call::Write(usize::MAX));
        let frames = whole_frames(&model.stream);
        let mut after_close = frames.iter().map(|(first, _)| *first).skip_while(|first| *first != 0x88).skip(1);
        prop_assert!(after_close.all(|first| first == 0x8A), "{:x?}", frames);
        let last = |event: &Event<'_>| matches!(event, Event::Close(_) | Event::Failed(_));
        let ends = model.events.iter().position(last);
        prop_assert!(ends.is_none_or(|at| at + 1 == model.events.len()));
    }
}
