//! The loop: waits for sockets and deadlines, accepts clients, and gives each connection its turn.

use super::{
    app::App,
    peer::{Counts, Next, Peer},
    timers::Timers,
};
use mio::{
    Events, Interest, Poll, Token, Waker,
    net::{TcpListener, TcpStream},
};
use std::{
    fmt,
    io::{self, ErrorKind, Write},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

/// The size of the read buffer, which all connections share. A smaller one would fit into the first-level cache, but needs more
/// system calls, which cost more than that: with 16 KiB, up to 50 % more CPU time.
const READ_BUFFER: usize = 64 * 1024;

/// The maximum number of clients that are accepted before the open connections get their turn.
const ACCEPTS_PER_TURN: usize = 64;

/// The pause after a failed `accept`, most often because the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The longest wait. Some systems count milliseconds in 32 bits.
const MAX_WAIT: Duration = Duration::from_secs(1000);

/// The answer to a client beyond [`App::max_connections`].
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

const LISTENER: Token = Token(usize::MAX);
const WAKER: Token = Token(usize::MAX - 1);

/// A server in one thread.
pub struct Server<A> {
    poll: Poll,
    /// `None` once the server is shutting down.
    listener: Option<TcpListener>,
    /// When to accept again without an event: after an error, or if more clients may be waiting.
    accept_at: Option<Duration>,
    /// The connections, by token. Free slots are reused.
    peers: Vec<Option<Peer>>,
    free: Vec<usize>,
    timers: Timers,
    /// Connections with more to read, after the others have had their turn.
    again: Vec<usize>,
    origin: Instant,
    shared: Shared<A>,
}

/// What all connections of the loop share.
pub(crate) struct Shared<A> {
    /// The read buffer of all connections.
    pub(crate) buffer: Vec<u8>,
    /// The time since the origin. It is read once after each wait, not for each connection.
    pub(crate) now: Duration,
    pub(crate) counts: Arc<Counts>,
    /// The connection whose turn it is.
    pub(crate) index: usize,
    pub(crate) app: A,
}

impl<A> fmt::Debug for Server<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("listener", &self.listener).finish_non_exhaustive()
    }
}

impl<A: App> Server<A> {
    /// Listens on an address. Another thread can read the counters.
    ///
    /// # Errors
    ///
    /// If the operating system refuses to listen on the address, for example since it is in use. The error has the same kind,
    /// and names the address.
    pub fn bind(address: SocketAddr, mut app: A, counts: Arc<Counts>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(address)
            .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        app.begin(Waker::new(poll.registry(), WAKER)?);
        Ok(Self {
            poll,
            listener: Some(listener),
            accept_at: None,
            peers: Vec::new(),
            free: Vec::new(),
            timers: Timers::default(),
            again: Vec::new(),
            origin: Instant::now(),
            shared: Shared { buffer: vec![0; READ_BUFFER], now: Duration::ZERO, counts, index: 0, app },
        })
    }

    /// Returns the address on which the server listens, with the port that the operating system chose for port 0.
    ///
    /// # Errors
    ///
    /// If the operating system cannot tell, or the server is shutting down.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.as_ref().ok_or(ErrorKind::NotConnected)?.local_addr()
    }

    /// Serves until the application ends the server, and then until all connections have ended.
    ///
    /// # Errors
    ///
    /// Only if polling fails. An error of one connection ends only that connection. If `accept` fails, the server pauses
    /// accepting for a moment.
    pub fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        while self.listener.is_some() || self.free.len() < self.peers.len() {
            match self.poll.poll(&mut events, self.wait()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            self.shared.now = self.origin.elapsed();
            let mut is_woken = false;
            for event in &events {
                match event.token() {
                    LISTENER => self.accept_at = Some(self.shared.now),
                    WAKER => is_woken = true,
                    Token(index) => {
                        let is_last = event.is_read_closed() || event.is_error();
                        self.visit(index, |peer, shared| peer.turn(shared, is_last));
                    }
                }
            }
            for index in std::mem::take(&mut self.again) {
                self.visit(index, |peer, shared| {
                    peer.is_listed = false;
                    peer.turn(shared, false)
                });
            }
            // After the sockets, since their bytes may move a deadline, and since a free slot must not be reused while events
            // for its previous connection remain.
            self.time_out();
            if self.accept_at.is_some_and(|at| at <= self.shared.now) {
                self.accept();
            }
            if is_woken && self.shared.app.woken() {
                self.end();
            }
            self.deliver();
        }
        Ok(())
    }

    /// Returns how long to wait for an event at most. `None` means no limit.
    fn wait(&self) -> Option<Duration> {
        if !self.again.is_empty() {
            return Some(Duration::ZERO);
        }
        let next = self.timers.next().into_iter().chain(self.accept_at).min()?;
        Some(next.saturating_sub(self.origin.elapsed()).min(MAX_WAIT))
    }

    /// Accepts waiting clients. Events are edge-triggered, so clients that are left waiting are not reported again:
    /// `accept_at` makes the loop return for them.
    fn accept(&mut self) {
        self.accept_at = None;
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(listener) = &self.listener else { return };
            match listener.accept() {
                Ok((stream, _)) => self.admit(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // The client has disconnected already.
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                Err(error) => {
                    // Unlike `eprintln!`, this does not panic if stderr is closed.
                    let _ = writeln!(io::stderr(), "cannot accept a connection: {error}");
                    self.accept_at = Some(self.shared.now.saturating_add(ACCEPT_PAUSE));
                    return;
                }
            }
        }
        self.accept_at = Some(self.shared.now);
    }

    fn admit(&mut self, mut stream: TcpStream) {
        if self.peers.len() - self.free.len() >= self.shared.app.max_connections() {
            // The socket's buffer is empty, so this does not block. Waiting until the client closes would need a connection.
            let _ = stream.write_all(FULL);
            return;
        }
        // Without this, an answer could wait until the client acknowledges the one before it.
        let _ = stream.set_nodelay(true);
        let index = self.free.last().copied().unwrap_or(self.peers.len());
        if self.poll.registry().register(&mut stream, Token(index), Interest::READABLE).is_err() {
            return;
        }
        let peer = Some(Peer::new(stream, &self.shared));
        match self.peers.get_mut(index) {
            Some(slot) => {
                self.free.pop();
                *slot = peer;
            }
            None => self.peers.push(peer),
        }
        // This starts the clock of the opening handshake.
        self.visit(index, Peer::update);
    }

    /// Sends the messages that the application keeps for other connections, in one write for each connection. That may end a
    /// connection, and so cause further messages: it loops until there are none.
    fn deliver(&mut self) {
        loop {
            let pending = self.shared.app.take_pending();
            if pending.is_empty() {
                return;
            }
            for index in pending {
                self.visit(index, Peer::deliver);
            }
        }
    }

    /// Stops accepting clients, and closes all connections. The close deadline bounds how long that takes.
    fn end(&mut self) {
        (self.listener, self.accept_at) = (None, None);
        for index in 0..self.peers.len() {
            self.visit(index, Peer::go_away);
        }
    }

    /// Handles the deadlines that have passed.
    fn time_out(&mut self) {
        let now = self.shared.now;
        while let Some((at, index)) = self.timers.pop(now) {
            let timeout = |peer: &mut Peer, shared: &mut _| {
                if peer.timer.has_passed(at, now) { peer.update(shared) } else { Next::Wait }
            };
            self.visit(index, timeout);
        }
        let peers = &self.peers;
        let connections = peers.len() - self.free.len();
        self.timers.tidy(connections, |index| peers.get(index)?.as_ref().map(|peer| &peer.timer));
    }

    /// Calls `act` on a connection, and does what the connection needs next. Events of a connection that no longer exists
    /// are ignored.
    fn visit(&mut self, index: usize, act: impl FnOnce(&mut Peer, &mut Shared<A>) -> Next) {
        let Some(slot) = self.peers.get_mut(index) else { return };
        let Some(peer) = slot else { return };
        self.shared.index = index;
        let mut next = act(peer, &mut self.shared);
        // Interest is either readable or writable. After a change, the poll reports again what is ready.
        let waits_to_write = peer.is_blocked();
        if waits_to_write != peer.waits_to_write && next != Next::Drop {
            peer.waits_to_write = waits_to_write;
            let interest = if waits_to_write { Interest::WRITABLE } else { Interest::READABLE };
            if self.poll.registry().reregister(&mut peer.stream, Token(index), interest).is_err() {
                next = Next::Drop;
            }
        }
        if next == Next::Drop {
            // This closes the socket, which also removes it from the poll.
            if let Some(peer) = slot.take() {
                peer.report(&mut self.shared);
            }
            return self.free.push(index);
        }
        self.timers.schedule(index, &mut peer.timer);
        if next == Next::Again && !std::mem::replace(&mut peer.is_listed, true) {
            self.again.push(index);
        }
    }
}
