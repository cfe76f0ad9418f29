//! What the tests share: frames by hand, and a pair of connections on a wire that can be cut anywhere, with a virtual
//! clock.
use bowline::{Config, Connection, Event, Input, Role, Timestamp};
use bytes::Buf;
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// Both roles, for tests that hold in both.
pub(crate) const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// The masking key of the examples in RFC 6455 §5.7.
pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The default configuration, with masking keys that are the same for every frame and without deadlines.
pub(crate) fn config() -> Config {
    let mut config = Config::new(|| KEY);
    config.deadlines.ping = None;
    config.deadlines.pong = None;
    config.deadlines.write = None;
    config
}

/// A connection in this role, with [`config`].
pub(crate) fn connection(role: Role) -> Connection {
    Connection::new(role, config())
}

/// A connection in this role, with [`config`] and some changes.
pub(crate) fn connection_with(role: Role, change: impl FnOnce(&mut Config)) -> Connection {
    Connection::new(role, config().with(change))
}

/// The bytes of a frame as the peer of `role` sends it, whether that is legal or not: `first` is its first byte (FIN,
/// reserved bits, opcode). A frame for a server is masked with [`KEY`]. The length takes the fewest bytes.
pub(crate) fn frame_to(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = if role == Role::Server { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(mask | len as u8),
        len @ 126..=0xFFFF => {
            bytes.push(mask | 0x7E);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(mask | 0x7F);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    match role {
        Role::Server => {
            bytes.extend(KEY);
            bytes.extend(naive_mask(payload, KEY));
        }
        Role::Client => bytes.extend(payload),
    }
    bytes
}

/// A frame as `role` itself sends it.
pub(crate) fn frame_from(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    frame_to(role.peer(), first, payload)
}

/// The Close frame that `role` sends.
pub(crate) fn close_from(role: Role, code: u16, reason: &str) -> Vec<u8> {
    frame_from(role, 0x88, &close_body(code, reason))
}

/// The Close frame that `role` receives.
pub(crate) fn close_to(role: Role, code: u16, reason: &str) -> Vec<u8> {
    frame_to(role, 0x88, &close_body(code, reason))
}

fn close_body(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// RFC 6455 §5.3, word for word.
pub(crate) fn naive_mask(data: &[u8], key: [u8; 4]) -> Vec<u8> {
    data.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect()
}

/// Feeds `bytes` in pieces of `cut` bytes and collects the events.
pub(crate) fn receive_cut(connection: &mut Connection, bytes: &[u8], cut: usize) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    for piece in bytes.chunks(cut.max(1)) {
        let mut piece = piece.to_vec();
        let mut input = Input::from(&mut piece);
        while let Some(event) = connection.receive(&mut input) {
            events.push(event.into_owned());
        }
        assert!(input.is_empty(), "input is left although there is no event");
    }
    events
}

/// Feeds `bytes` in one piece and collects the events.
pub(crate) fn receive(connection: &mut Connection, bytes: &[u8]) -> Vec<Event<'static>> {
    receive_cut(connection, bytes, usize::MAX)
}

/// Takes all that is queued.
pub(crate) fn written(connection: &mut Connection) -> Vec<u8> {
    let queued = connection.buffered_amount();
    let bytes = connection.output().copy_to_bytes(queued).to_vec();
    assert_eq!(connection.buffered_amount(), 0);
    bytes
}

/// A client and a server, joined by a wire, with a virtual clock.
pub(crate) struct Pair {
    pub(crate) client: End,
    pub(crate) server: End,
    /// How many bytes a read brings at most.
    pub(crate) cut: usize,
    now: Duration,
}

/// One end of a [`Pair`].
pub(crate) struct End {
    pub(crate) connection: Connection,
    /// What was received.
    pub(crate) events: Vec<Event<'static>>,
    /// What this end has written and the other has not read.
    wire: VecDeque<u8>,
    is_shut_down: bool,
    /// How long the last tick said to wait.
    pub(crate) wait: Option<Duration>,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// Both ends with [`config`] and some changes.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let config = Arc::new(config().with(change));
        let end = |role| End {
            connection: Connection::new(role, config.clone()),
            events: Vec::new(),
            wire: VecDeque::new(),
            is_shut_down: false,
            wait: None,
        };
        Self { client: end(Role::Client), server: end(Role::Server), cut: usize::MAX, now: Duration::ZERO }
    }

    /// The end in this role, and the other.
    pub(crate) fn ends(&mut self, role: Role) -> (&mut End, &mut End) {
        match role {
            Role::Client => (&mut self.client, &mut self.server),
            Role::Server => (&mut self.server, &mut self.client),
        }
    }

    /// Ticks, writes and reads on both ends until nothing moves any more.
    pub(crate) fn run(&mut self) {
        loop {
            self.tick();
            self.client.write();
            self.server.write();
            let moved = self.server.read_from(&mut self.client, self.cut);
            if !(self.client.read_from(&mut self.server, self.cut) || moved) {
                return;
            }
        }
    }

    /// Lets time pass, all at once, and then runs.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.run();
    }

    /// Ticks on both ends, and nothing else.
    pub(crate) fn tick(&mut self) {
        let now = Timestamp::since_origin(self.now);
        self.client.wait = self.client.connection.tick(now);
        self.server.wait = self.server.connection.tick(now);
    }

    /// Cuts the wire: what is on it is lost, and both ends see the end of the stream.
    pub(crate) fn sever(&mut self) {
        for end in [&mut self.client, &mut self.server] {
            end.wire.clear();
            end.connection.receive_eof();
        }
    }
}

impl End {
    /// Puts bytes on the wire that the connection did not write.
    pub(crate) fn inject(&mut self, bytes: &[u8]) {
        self.wire.extend(bytes);
    }

    /// What this end has written and the other has not read.
    pub(crate) fn in_flight(&self) -> usize {
        self.wire.len()
    }

    /// Writes as a driver does.
    pub(crate) fn write(&mut self) {
        self.wire.extend(written(&mut self.connection));
        if self.connection.should_shutdown() || self.connection.is_closed() {
            self.is_shut_down = true;
        }
    }

    /// Reads once what `peer` has written, or the end of its stream; false if there is nothing.
    pub(crate) fn read_from(&mut self, peer: &mut Self, cut: usize) -> bool {
        if self.connection.is_closed() {
            return false;
        }
        let count = peer.wire.len().min(cut);
        if count == 0 {
            if peer.is_shut_down {
                self.connection.receive_eof();
            }
            return peer.is_shut_down;
        }
        let mut bytes: Vec<u8> = peer.wire.drain(..count).collect();
        let mut input = Input::from(&mut bytes);
        while let Some(event) = self.connection.receive(&mut input) {
            self.events.push(event.into_owned());
        }
        true
    }
}
