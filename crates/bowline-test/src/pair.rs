use crate::{
    config::config,
    end::End,
    wire::{Faults, Wire},
};
use bowline::{
    Config, Connection, HandshakeError, Input, Output, Role,
    bytes::Buf,
    client,
    server::{self, Accept},
};
use std::{sync::Arc, time::Duration};

/// A client and a server, joined in memory by a [`Wire`], with a virtual clock. It is a complete driver of both: it reads, writes,
/// ticks, and shuts the stream down, as an adapter would.
///
/// [`run`](Self::run) moves bytes until both wait; time does not pass. [`advance`](Self::advance) lets time pass, from one deadline or
/// arrival to the next, so that an hour of keepalive, or of one byte per second, takes no time and is exact.
///
/// ```
/// use bowline::{Cause, CloseCode, Deadline, Role};
/// use bowline_test::Pair;
/// use std::time::Duration;
///
/// let mut pair = Pair::new();
/// pair.client.connection.send_text("Hello")?;
/// pair.run();
/// assert_eq!(pair.server.take_events(), [bowline::Event::Text("Hello".into())]);
///
/// // A cable is unplugged. The server sends a ping after 30 seconds, and gives up 30 seconds later.
/// pair.faults_from(Role::Client).is_frozen = true;
/// pair.advance(Duration::from_secs(70));
/// assert_eq!(pair.server.connection.closure().unwrap().cause(), Cause::Deadline(Deadline::Pong));
/// # Ok::<(), bowline::SendError>(())
/// ```
#[derive(Debug)]
pub struct Pair {
    /// The client.
    pub client: End,
    /// The server.
    pub server: End,
    wire: Wire,
}

impl Default for Pair {
    fn default() -> Self {
        Self::new()
    }
}

impl Pair {
    /// Two connections with [`config`](crate::config), after the opening handshake.
    #[must_use]
    pub fn new() -> Self {
        Self::with(config())
    }

    /// Two connections with this configuration, after the opening handshake.
    ///
    /// ```
    /// use bowline_test::{Pair, config};
    ///
    /// let pair = Pair::with(config().with(|config| config.limits.message = 1024));
    /// ```
    #[must_use]
    pub fn with(config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        let [client, server] = [Role::Client, Role::Server].map(|role| Connection::new(role, config.clone()));
        Self::join(client, server)
    }

    /// Joins two connections that are made elsewhere.
    #[must_use]
    pub fn join(client: Connection, server: Connection) -> Self {
        Self { client: End::new(client), server: End::new(server), wire: Wire::new() }
    }

    /// Two connections that were opened by a handshake, with a subprotocol and compression if both agreed to them.
    ///
    /// ```
    /// use bowline::{client::Request, server::Accept};
    /// use bowline_test::{Pair, config};
    ///
    /// let request = Request::from_uri("ws://localhost/")?.protocol("chat")?;
    /// let pair = Pair::open(request, &Accept::same_origin().protocols(["chat"]), config(), config())?;
    /// assert_eq!(pair.client.connection.protocol(), Some("chat"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the client, if the server refuses the request or if the client does not accept the answer.
    pub fn open(
        request: client::Request,
        accept: &Accept,
        client: impl Into<Arc<Config>>,
        server: impl Into<Arc<Config>>,
    ) -> Result<Self, HandshakeError> {
        let mut opening = client::Handshake::new(request, client);
        let mut bytes = take(opening.output());
        let server = match server::Handshake::new(server).receive(&mut Input::from(&mut bytes)) {
            server::Progress::Request(request) => {
                request.accept(accept).unwrap_or_else(server::Refusal::into_connection)
            }
            server::Progress::NotWebSocket(request) => request.into_refusal().into_connection(),
            server::Progress::Refused(refusal) => refusal.into_connection(),
            _ => return Err(HandshakeError::EndOfStream { received: 0 }),
        };
        let mut server = server;
        let mut bytes = take(server.output());
        match opening.receive(&mut Input::from(&mut bytes)) {
            client::Progress::Connected(client, _) => Ok(Self::join(client, server)),
            client::Progress::Refused(error, _) => Err(error),
            _ => Err(HandshakeError::EndOfStream { received: bytes.len() }),
        }
    }

    /// The end with this role, and the other.
    pub const fn ends(&mut self, role: Role) -> (&mut End, &mut End) {
        match role {
            Role::Client => (&mut self.client, &mut self.server),
            Role::Server => (&mut self.server, &mut self.client),
        }
    }

    /// The faults of the bytes that this end writes, to be changed.
    pub fn faults_from(&mut self, role: Role) -> &mut Faults {
        self.wire.faults_from(role)
    }

    /// The wire between the two.
    pub const fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    /// The time: zero at first.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.wire.now()
    }

    /// Moves bytes in both directions until both ends wait. No time passes.
    pub fn run(&mut self) {
        while self.step(Role::Client) | self.step(Role::Server) {}
    }

    /// Lets time pass: runs, and goes to the next deadline or arrival, until this much time has passed.
    pub fn advance(&mut self, time: Duration) {
        self.advance_until(time, |_| false);
    }

    /// Lets time pass until `is_done` returns true, and at most this much. It returns whether `is_done` did.
    ///
    /// ```
    /// use bowline::{CloseCode, Role};
    /// use bowline_test::Pair;
    /// use std::time::Duration;
    ///
    /// let mut pair = Pair::new();
    /// pair.faults_from(Role::Server).latency = Duration::from_millis(80);
    /// pair.client.connection.close(CloseCode::NORMAL, "")?;
    /// assert!(pair.advance_until(Duration::from_secs(10), |pair| pair.client.connection.is_closed()));
    /// assert_eq!(pair.now(), Duration::from_millis(80));
    /// # Ok::<(), bowline::CloseError>(())
    /// ```
    pub fn advance_until(&mut self, most: Duration, mut is_done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now().saturating_add(most);
        loop {
            self.run();
            if is_done(self) {
                return true;
            }
            let next = self.next_due().filter(|next| *next <= end);
            if next.is_none() && self.now() == end {
                return false;
            }
            self.wire.advance_to(next.unwrap_or(end));
        }
    }

    /// When anything happens next without a call: the next deadline of either end, or the next arrival.
    pub fn next_due(&mut self) -> Option<Duration> {
        let dues = [self.client.due(), self.server.due()];
        dues.into_iter().flatten().chain(self.wire.next_arrival()).min()
    }

    /// Puts bytes on the wire that the connection of this end did not write, behind what it has written. Bytes that the wire does not
    /// accept are lost.
    pub fn inject(&mut self, from: Role, bytes: &[u8]) {
        self.write(from);
        let mut left = bytes;
        while let Ok(count @ 1..) = self.wire.write(from, left) {
            left = left.get(count..).unwrap_or_default();
        }
    }

    /// Lets one end read once, and nothing else: for tests of what happens between two calls. Returns whether there was anything.
    pub fn read(&mut self, role: Role) -> bool {
        let (end, wire) = self.end_and_wire(role);
        let mut events = std::mem::take(&mut end.events);
        let moved = end.read(wire, |_, event| events.push(event.into_owned()));
        end.events = events;
        moved
    }

    /// Lets one end write, and nothing else. Returns whether it did anything.
    pub fn write(&mut self, role: Role) -> bool {
        let (end, wire) = self.end_and_wire(role);
        end.write(wire)
    }

    fn step(&mut self, role: Role) -> bool {
        let (end, wire) = self.end_and_wire(role);
        let mut events = std::mem::take(&mut end.events);
        let moved = end.step(wire, |_, event| events.push(event.into_owned()));
        end.events = events;
        moved
    }

    const fn end_and_wire(&mut self, role: Role) -> (&mut End, &mut Wire) {
        match role {
            Role::Client => (&mut self.client, &mut self.wire),
            Role::Server => (&mut self.server, &mut self.wire),
        }
    }
}

/// Everything that is queued.
fn take(output: &mut Output) -> Vec<u8> {
    output.copy_to_bytes(output.remaining()).into()
}
