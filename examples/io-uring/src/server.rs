//! The loop: waits for completions and deadlines, and passes them to the connections.

use super::{
    peer::{Counts, Peer},
    ring::{BUFFERS, Completion, Ring},
    timers::Timers,
};
use bowline::{Closure, Config, server::Accept};
use std::{
    collections::VecDeque,
    io::{self, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

/// The pause after a failed `accept`, most often because the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The longest wait. The kernel does not accept `Duration::MAX`.
const MAX_WAIT: Duration = Duration::from_secs(1000);

/// When this many bytes are received, the answers are sent, also if there are more completions. Otherwise the answers to large
/// messages would fill more memory than the cache has, and that memory would be allocated and freed again and again.
const SEND_AT: usize = 32 * 1024;

/// An echo server in one thread.
pub(crate) struct Server {
    // Declared before the sockets, so that it is dropped before them.
    ring: Ring,
    listener: TcpListener,
    /// When to start accepting: at first, and after the operation has ended.
    accept_at: Option<Duration>,
    /// The connections. A free slot is reused, but not before the last completion of its previous connection.
    peers: Vec<Option<Peer>>,
    free: Vec<usize>,
    timers: Timers,
    /// Completions that wait for their turn.
    completions: VecDeque<(Completion, bool)>,
    /// The connections that have found no free buffer.
    starved: VecDeque<usize>,
    /// The connections that have to be updated before the next wait.
    listed: Vec<usize>,
    /// The number of bytes received since the last update.
    received: usize,
    origin: Instant,
    shared: Shared,
}

/// What all connections of the loop share.
pub(super) struct Shared {
    /// The time since the origin. It is read once after each wait, not for each connection.
    pub(super) now: Duration,
    pub(super) config: Arc<Config>,
    pub(super) accept: Accept,
    pub(super) counts: Arc<Counts>,
    /// Called when a connection has ended.
    pub(super) ended: fn(&Closure),
}

impl Server {
    /// Listens on an address.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::Unsupported`] if the kernel has no `io_uring` or forbids it. Other errors come from the operating system,
    /// for example if the address is in use.
    pub(crate) fn bind(address: SocketAddr, config: Config, ended: fn(&Closure)) -> io::Result<Self> {
        Ok(Self {
            ring: Ring::new()?,
            listener: TcpListener::bind(address)
                .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?,
            accept_at: Some(Duration::ZERO),
            peers: Vec::new(),
            free: Vec::new(),
            timers: Timers::default(),
            completions: VecDeque::new(),
            starved: VecDeque::new(),
            listed: Vec::new(),
            received: 0,
            origin: Instant::now(),
            shared: Shared {
                now: Duration::ZERO,
                config: Arc::new(config),
                // This server has nothing to protect, so pages of any origin may connect.
                accept: Accept::any_origin(),
                counts: Arc::default(),
                ended,
            },
        })
    }

    /// Returns the address on which the server listens, with the port that the operating system chose for port 0.
    ///
    /// # Errors
    ///
    /// If the operating system cannot tell.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Returns the counters, which another thread can read.
    pub(crate) fn counts(&self) -> Arc<Counts> {
        self.shared.counts.clone()
    }

    /// Serves indefinitely.
    ///
    /// # Errors
    ///
    /// Only if the ring fails. An error of one connection ends only that connection. If `accept` fails, the server pauses
    /// accepting for a moment.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        loop {
            self.shared.now = self.origin.elapsed();
            self.handle_completions()?;
            // After the completions, since received bytes may move a deadline.
            self.time_out();
            self.feed();
            self.update()?;
            if self.accept_at.is_some_and(|at| at <= self.shared.now) {
                self.accept_at = None;
                self.ring.accept(&self.listener)?;
            }
            self.ring.wait(self.wait_time())?;
        }
    }

    /// Handles the completions of a wait, but not those that are added meanwhile: a peer that never stops sending must not keep
    /// the others waiting.
    fn handle_completions(&mut self) -> io::Result<()> {
        self.take_completions();
        for _ in 0..self.completions.len() {
            let Some((completion, is_last)) = self.completions.pop_front() else { break };
            self.complete(completion, is_last);
            if self.received >= SEND_AT {
                self.update()?;
                self.ring.submit()?;
                self.take_completions();
            }
        }
        Ok(())
    }

    /// Handles completed sends at once: they free memory that is still in the cache, which the next answer can use. The other
    /// completions wait for their turn.
    fn take_completions(&mut self) {
        while let Some((completion, is_last)) = self.ring.next() {
            match completion {
                Completion::Sent(..) => self.complete(completion, is_last),
                _ => self.completions.push_back((completion, is_last)),
            }
        }
    }

    /// Returns how long to wait for a completion at most. `None` means no limit.
    fn wait_time(&self) -> Option<Duration> {
        if !self.starved.is_empty() || !self.completions.is_empty() {
            return Some(Duration::ZERO);
        }
        let next = self.timers.next().into_iter().chain(self.accept_at).min()?;
        Some(next.saturating_sub(self.origin.elapsed()).min(MAX_WAIT))
    }

    fn complete(&mut self, completion: Completion, is_last: bool) {
        match completion {
            Completion::Accepted(accepted) => {
                let pause = if accepted.is_ok() { Duration::ZERO } else { ACCEPT_PAUSE };
                if is_last {
                    self.accept_at = Some(self.shared.now.saturating_add(pause));
                }
                match accepted {
                    Ok(stream) => self.admit(stream),
                    // Unlike `eprintln!`, this does not panic if stderr is closed.
                    Err(error) => drop(writeln!(io::stderr(), "cannot accept a connection: {error}")),
                }
            }
            Completion::Received(index, received) => {
                let peer = list(&mut self.peers, &mut self.listed, index);
                match (received, peer) {
                    (Ok(Some(mut filled)), peer) => {
                        self.received += filled.bytes().len();
                        if let Some(peer) = peer {
                            peer.received(filled.bytes(), &self.shared);
                        }
                        self.ring.give_back(filled);
                    }
                    (Ok(None), Some(peer)) => peer.end(&self.shared),
                    // `update` starts it again if necessary.
                    (Err(error), _) if error.raw_os_error() == Some(libc::ECANCELED) => {}
                    (Err(error), Some(peer)) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                        peer.starve();
                        self.starved.push_back(index);
                    }
                    (Err(_), Some(peer)) => peer.fail(),
                    (_, None) => {}
                }
                if is_last && let Some(Some(peer)) = self.peers.get_mut(index) {
                    peer.has_stopped_receiving();
                }
            }
            Completion::Sent(index, outcome) => {
                if let Some(peer) = list(&mut self.peers, &mut self.listed, index) {
                    peer.sent(&outcome, &self.shared);
                }
            }
        }
    }

    fn admit(&mut self, stream: TcpStream) {
        // Without this, an answer could wait until the client acknowledges the one before it.
        let _ = stream.set_nodelay(true);
        let index = self.free.pop().unwrap_or(self.peers.len());
        let peer = Some(Peer::new(stream, &self.shared));
        match self.peers.get_mut(index) {
            Some(slot) => *slot = peer,
            None => self.peers.push(peer),
        }
        // This starts the clock of the opening handshake, and the receive operation.
        list(&mut self.peers, &mut self.listed, index);
    }

    /// Lists the connections whose deadlines have passed.
    fn time_out(&mut self) {
        while let Some((at, index)) = self.timers.pop(self.shared.now) {
            if let Some(peer) = list(&mut self.peers, &mut self.listed, index) {
                // If the deadline has not passed, another update does no harm.
                let _ = peer.timer.has_passed(at, self.shared.now);
            }
        }
        let peers = &self.peers;
        let connections = peers.len() - self.free.len();
        self.timers.tidy(connections, |index| peers.get(index)?.as_ref().map(|peer| &peer.timer));
    }

    /// Lets starved connections receive again: as many as there are buffers, now that all of these have been returned. If all
    /// tried, most of them would fail once more, and with thousands of connections each message would cost several attempts.
    fn feed(&mut self) {
        for _ in 0..BUFFERS {
            let Some(index) = self.starved.pop_front() else { return };
            if let Some(peer) = list(&mut self.peers, &mut self.listed, index) {
                peer.feed();
            }
        }
    }

    /// Does what the listed connections need next.
    fn update(&mut self) -> io::Result<()> {
        self.received = 0;
        for index in self.listed.drain(..) {
            let Some(slot) = self.peers.get_mut(index) else { continue };
            let Some(peer) = slot else { continue };
            peer.is_listed = false;
            if peer.update(index, &mut self.ring, &self.shared)? {
                self.timers.schedule(index, &mut peer.timer);
            } else {
                // This closes the socket.
                *slot = None;
                self.free.push(index);
            }
        }
        Ok(())
    }
}

/// Returns a connection, and lists it for an update; `None` if the connection no longer exists.
fn list<'a>(peers: &'a mut [Option<Peer>], listed: &mut Vec<usize>, index: usize) -> Option<&'a mut Peer> {
    let peer = peers.get_mut(index)?.as_mut()?;
    if !std::mem::replace(&mut peer.is_listed, true) {
        listed.push(index);
    }
    Some(peer)
}
