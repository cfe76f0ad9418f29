//! Frames that `common` does not build, and what must come of a frame that breaks a rule, whichever it is.

use crate::common::{KEY, ROLES, close_from, frame_to, receive, receive_cut, written};
use bowline::{Cause, Config, Connection, Delivery, Event, Role, Violation};
use bowline_test::{Frame, LengthForm};

/// The first bytes of the frames of RFC 6455 §5.2, with FIN.
pub(crate) const CONTINUATION: u8 = 0x80;
pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8A;

/// All of them.
pub(crate) const FRAMES: [u8; 6] = [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG];

/// Take it away, and the frame is a fragment that others follow.
pub(crate) const FIN: u8 = 0x80;

/// Both ways to hand out a message.
pub(crate) const DELIVERIES: [Delivery; 2] = [Delivery::Messages, Delivery::Chunks];

/// The header of a frame to `role`, with a length of `width` bytes: 0 (in the second byte), 2 or 8.
pub(crate) fn header_to(role: Role, first: u8, width: usize, len: u64) -> Vec<u8> {
    let form = match width {
        0 => LengthForm::Bits7,
        2 => LengthForm::Bits16,
        _ => LengthForm::Bits64,
    };
    Frame::header(first, form, len, (role == Role::Server).then_some(KEY))
}

/// A frame that is masked with this key.
pub(crate) fn masked(first: u8, key: [u8; 4], payload: &[u8]) -> Vec<u8> {
    Frame::new(first, payload).masked(key).encode()
}

/// A message to `role` in one frame for each part. `first` is its first byte, as if it were a single frame.
pub(crate) fn fragments_to<'a>(role: Role, first: u8, parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut frames: Vec<(u8, &[u8])> = parts.into_iter().map(|part| (0, part)).collect();
    frames[0].0 = first & !FIN;
    frames.last_mut().unwrap().0 |= FIN;
    frames.iter().flat_map(|(first, part)| frame_to(role, *first, part)).collect()
}

/// How many bytes the header of a short frame to `role` has.
pub(crate) fn short_header(role: Role) -> usize {
    if role == Role::Server { 6 } else { 2 }
}

/// All events that are ready without new bytes, as after a direct read.
pub(crate) fn poll_events(connection: &mut Connection) -> Vec<Event<'static>> {
    std::iter::from_fn(|| connection.poll_event()).collect()
}

/// Puts the pieces of each message together again: what is left does not depend on how the bytes were cut.
pub(crate) fn joined(events: Vec<Event<'static>>) -> Vec<Event<'static>> {
    let (mut whole, mut text, mut data) = (Vec::new(), String::new(), Vec::new());
    for event in events {
        match event {
            Event::TextChunk { text: piece, last } => {
                text.push_str(&piece);
                if last {
                    whole.push(Event::Text(std::mem::take(&mut text).into()));
                }
            }
            Event::BinaryChunk { data: piece, last } => {
                data.extend_from_slice(&piece);
                if last {
                    whole.push(Event::Binary(std::mem::take(&mut data).into()));
                }
            }
            other => whole.push(other),
        }
    }
    whole
}

/// Both roles, with both deliveries.
pub(crate) fn all_receivers() -> impl Iterator<Item = (Role, Delivery)> {
    ROLES.into_iter().flat_map(|role| DELIVERIES.map(|delivery| (role, delivery)))
}

/// A stream in which a rule is broken.
pub(crate) struct Broken {
    /// What comes first, and is in order.
    pub(crate) before: Vec<u8>,
    /// The frame that is not.
    pub(crate) bad: Vec<u8>,
    /// The byte of it that proves that.
    pub(crate) at: usize,
    /// The rule.
    pub(crate) violation: Violation,
}

impl Broken {
    /// Asserts that the connections that `make` builds refuse it: at that byte and not before, with that violation and
    /// position however the bytes are cut, with the right Close frame and no more than that, and for good.
    pub(crate) fn assert_refused(&self, make: impl Fn() -> Connection) {
        let Self { before, bad, at, violation } = self;
        let proof = before.len() + at;
        let stream = [before, bad, &b"and more that nobody looks at"[..]].concat();

        let mut connection = make();
        let close = close_from(connection.role(), code_for(*violation), "");
        let earlier = news(receive_cut(&mut connection, before, 1));
        assert_eq!(connection.closure(), None, "already: {earlier:?}");
        let replies = written(&mut connection);
        let early = news(receive_cut(&mut connection, &stream[before.len()..proof], 1));
        assert_eq!(
            (early, connection.closure(), connection.buffered_amount()),
            (vec![], None, 0),
            "too early: {violation}"
        );
        let events = receive(&mut connection, &stream[proof..=proof]);
        let [Event::Failed(error)] = events[..] else { panic!("not refused: {violation}: {events:?}") };
        assert_eq!((error.violation(), error.position()), (*violation, proof as u64));
        assert_eq!(written(&mut connection), close, "{violation}");
        assert_eq!(receive(&mut connection, &stream[proof + 1..]), [], "an event after the last: {violation}");
        assert_eq!(connection.buffered_amount(), 0);
        assert_eq!(connection.closure().unwrap().cause(), Cause::Protocol(error));

        for cut in [2, 3, 7, usize::MAX] {
            let mut connection = make();
            let mut events = news(receive_cut(&mut connection, &stream, cut));
            assert_eq!(events.pop(), Some(Event::Failed(error)), "cut after {cut}");
            assert_eq!(events, earlier, "cut after {cut}");
            assert_eq!(written(&mut connection), [&replies[..], &close].concat(), "cut after {cut}");
        }
    }

    /// The same for both roles and both deliveries; `build` builds the stream for a role.
    pub(crate) fn assert_everywhere(build: impl Fn(Role) -> Self, change: impl Fn(&mut Config)) {
        for (role, delivery) in all_receivers() {
            build(role).assert_refused(|| {
                crate::common::connection_with(role, |config| {
                    config.delivery = delivery;
                    change(config);
                })
            });
        }
    }
}

/// Pieces of messages depend on the cut; the other events do not.
fn news(mut events: Vec<Event<'static>>) -> Vec<Event<'static>> {
    events.retain(|event| !matches!(event, Event::TextChunk { .. } | Event::BinaryChunk { .. }));
    events
}

/// The close code that RFC 6455 §7.4.1 has for it.
fn code_for(violation: Violation) -> u16 {
    match violation {
        Violation::InvalidText | Violation::InvalidCloseReason => 1007,
        Violation::EmptyFragments { .. } => 1008,
        Violation::FrameTooBig { .. } | Violation::MessageTooBig { .. } => 1009,
        _ => 1002,
    }
}
