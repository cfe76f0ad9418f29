//! The loop: waits for sockets and deadlines, and gives each connection its turn.

use super::{
    alarms::Alarms,
    app::App,
    peer::{Counts, Next, Peer},
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

/// What one read brings at the most. It is there once, so that it can be large: that saves calls to the kernel, which cost
/// more than the first-level cache brings if what was just read fits into it (16 KiB: up to half as much CPU time again).
const READ_SPACE: usize = 64 * 1024;

/// How many connections are accepted before those that are there have their turn.
const ACCEPTS_IN_A_TURN: usize = 64;

/// How long to wait after an `accept` that failed: mostly there is no file descriptor left, and one has to come free.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// For who is one too many.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

const LISTENER: Token = Token(usize::MAX);
const WAKER: Token = Token(usize::MAX - 1);

/// A server in one thread.
pub struct Server<A> {
    poll: Poll,
    /// `None` once the server ends.
    listener: Option<TcpListener>,
    /// When to accept again without being told: after an error, or when there may be more.
    accept_at: Option<Duration>,
    /// By token. A place that is given up is used again.
    peers: Vec<Option<Peer>>,
    free: Vec<usize>,
    alarms: Alarms,
    /// Who has more to read, after the others have had their turn.
    again: Vec<usize>,
    origin: Instant,
    shared: Shared<A>,
}

/// What all connections of the loop share.
pub(crate) struct Shared<A> {
    /// One read buffer for all: a connection keeps what it still needs.
    pub(crate) buffer: Vec<u8>,
    /// The time since the origin, which is asked for once after each wait and not for each connection.
    pub(crate) now: Duration,
    pub(crate) counts: Arc<Counts>,
    /// Whose turn it is.
    pub(crate) index: usize,
    pub(crate) app: A,
}

impl<A> fmt::Debug for Server<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("listener", &self.listener).finish_non_exhaustive()
    }
}

impl<A: App> Server<A> {
    /// The counters may be read by another thread.
    ///
    /// # Errors
    ///
    /// Those of the operating system: the address is in use, for example.
    pub fn bind(address: SocketAddr, mut app: A, counts: Arc<Counts>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(address)?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        app.begin(Waker::new(poll.registry(), WAKER)?);
        Ok(Self {
            poll,
            listener: Some(listener),
            accept_at: None,
            peers: Vec::new(),
            free: Vec::new(),
            alarms: Alarms::default(),
            again: Vec::new(),
            origin: Instant::now(),
            shared: Shared { buffer: vec![0; READ_SPACE], now: Duration::ZERO, counts, index: 0, app },
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.as_ref().ok_or(ErrorKind::NotConnected)?.local_addr()
    }

    /// Serves until the app says that it is over, and then until all connections have ended.
    ///
    /// # Errors
    ///
    /// Only if the poll itself fails. What happens to a connection ends that connection, and `accept` is tried again.
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
                    peer.has_more = false;
                    peer.turn(shared, false)
                });
            }
            // After the sockets: what lies in them may move a deadline, and a place that was given up is not used again
            // while events for the one that had it are still in the list.
            self.ring();
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

    /// How long until there is something to do, if no socket has anything. `None` is for ever.
    fn wait(&self) -> Option<Duration> {
        if !self.again.is_empty() {
            return Some(Duration::ZERO);
        }
        let next = self.alarms.next().into_iter().chain(self.accept_at).min()?;
        Some(next.saturating_sub(self.origin.elapsed()))
    }

    /// Events tell of a change: what is not accepted now would not be reported again.
    fn accept(&mut self) {
        self.accept_at = None;
        for _ in 0..ACCEPTS_IN_A_TURN {
            let Some(listener) = &self.listener else { return };
            match listener.accept() {
                Ok((stream, _)) => self.admit(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // The client left before it was its turn.
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                Err(error) => {
                    let _ = writeln!(io::stderr(), "accept: {error}"); // where nobody may listen
                    self.accept_at = Some(self.shared.now + ACCEPT_REST);
                    return;
                }
            }
        }
        self.accept_at = Some(self.shared.now);
    }

    fn admit(&mut self, mut stream: TcpStream) {
        if self.peers.len() - self.free.len() >= self.shared.app.most_connections() {
            // Into a buffer that is empty. To wait until it has gone would be to have the connection.
            let _ = stream.write_all(FULL);
            return;
        }
        let index = self.free.pop().unwrap_or(self.peers.len());
        // Answers should not wait for the acknowledgement of those before them.
        let _ = stream.set_nodelay(true);
        let is_registered = self.poll.registry().register(&mut stream, Token(index), Interest::READABLE).is_ok();
        let peer = is_registered.then(|| Peer::new(stream, &self.shared));
        match self.peers.get_mut(index) {
            Some(place) => *place = peer,
            None => self.peers.push(peer),
        }
        // This starts the clock of the opening handshake.
        self.visit(index, Peer::settle);
        if !is_registered {
            self.free.push(index);
        }
    }

    /// What one connection has brought for others reaches them before the loop waits again: in one write for each. It may
    /// end a connection, which may be news for others.
    fn deliver(&mut self) {
        loop {
            let waiting = self.shared.app.waiting();
            if waiting.is_empty() {
                return;
            }
            for index in waiting {
                self.visit(index, Peer::deliver);
            }
        }
    }

    /// Accepts nobody any more, and says goodbye to all. The close deadline bounds how long that takes.
    fn end(&mut self) {
        (self.listener, self.accept_at) = (None, None);
        for index in 0..self.peers.len() {
            self.visit(index, Peer::go_away);
        }
    }

    fn ring(&mut self) {
        while let Some((at, index)) = self.alarms.take(self.shared.now) {
            let now = self.shared.now;
            self.visit(index, |peer, shared| if peer.alarm.rings(at, now) { peer.ring(shared) } else { Next::Wait });
        }
        let peers = &self.peers;
        let connections = peers.len() - self.free.len();
        self.alarms.tidy(connections, |index| peers.get(index)?.as_ref().map(|peer| &peer.alarm));
    }

    /// Lets a connection do something, and sees to what it needs next. An event for one that is gone finds nobody.
    fn visit(&mut self, index: usize, act: impl FnOnce(&mut Peer, &mut Shared<A>) -> Next) {
        let Some(place) = self.peers.get_mut(index) else { return };
        let Some(peer) = place else { return };
        self.shared.index = index;
        let mut next = act(peer, &mut self.shared);
        // Either bytes or room: who has to wait for room is not read from. To change this tells anew what is ready.
        let waits_to_write = peer.is_blocked();
        if waits_to_write != peer.waits_to_write && next != Next::Drop {
            peer.waits_to_write = waits_to_write;
            let interest = if waits_to_write { Interest::WRITABLE } else { Interest::READABLE };
            if self.poll.registry().reregister(&mut peer.stream, Token(index), interest).is_err() {
                next = Next::Drop;
            }
        }
        match next {
            Next::Wait => self.alarms.set(index, &mut peer.alarm),
            Next::Again => {
                self.alarms.set(index, &mut peer.alarm);
                if !std::mem::replace(&mut peer.has_more, true) {
                    self.again.push(index);
                }
            }
            Next::Drop => {
                // Closing the socket also takes it from the poll.
                if let Some(peer) = place.take() {
                    peer.part(&mut self.shared);
                }
                self.free.push(index);
            }
        }
    }
}
