//! The loop: waits for completions and deadlines, and hands them to the connections.

use super::{
    alarms::Alarms,
    peer::{Counts, Peer},
    ring::{Completion, Ring},
};
use bowline::{Closure, Config, server::Accept};
use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long to wait after an `accept` that failed: mostly there is no file descriptor left, and one has to come free.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// An echo server in one thread.
pub(crate) struct Server {
    // Before the sockets, so that it is dropped before them.
    ring: Ring,
    listener: TcpListener,
    /// When to ask for connections again, after an error.
    accept_at: Option<Duration>,
    /// A place that is given up is used again: not before the kernel has said its last about the connection that had it.
    peers: Vec<Option<Peer>>,
    free: Vec<usize>,
    alarms: Alarms,
    /// To whom something has happened since the last wait.
    listed: Vec<usize>,
    origin: Instant,
    shared: Shared,
}

/// What all connections of the loop share.
pub(super) struct Shared {
    /// The time since the origin, which is asked for once after each wait and not for each connection.
    pub(super) now: Duration,
    pub(super) config: Arc<Config>,
    pub(super) accept: Accept,
    pub(super) counts: Arc<Counts>,
    /// Is told how each connection ended.
    pub(super) ended: fn(&Closure),
}

impl Server {
    /// # Errors
    ///
    /// [`io::ErrorKind::Unsupported`] where the kernel has no `io_uring`, or forbids it; and those of the operating system:
    /// the address is in use, for example.
    pub(crate) fn bind(address: SocketAddr, config: Config, ended: fn(&Closure)) -> io::Result<Self> {
        Ok(Self {
            ring: Ring::new()?,
            listener: TcpListener::bind(address)?,
            accept_at: Some(Duration::ZERO),
            peers: Vec::new(),
            free: Vec::new(),
            alarms: Alarms::default(),
            listed: Vec::new(),
            origin: Instant::now(),
            shared: Shared {
                now: Duration::ZERO,
                config: Arc::new(config),
                // A page of any origin may use this server: it gives away nothing that is worth protecting.
                accept: Accept::any_origin(),
                counts: Arc::default(),
                ended,
            },
        })
    }

    /// # Errors
    ///
    /// Those of the operating system.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The counters, to be read from another thread.
    pub(crate) fn counts(&self) -> Arc<Counts> {
        self.shared.counts.clone()
    }

    /// Serves for ever.
    ///
    /// # Errors
    ///
    /// Only if the ring itself fails. What happens to a connection ends that connection, and `accept` is tried again.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        loop {
            self.shared.now = self.origin.elapsed();
            while let Some((completion, is_last)) = self.ring.next() {
                self.complete(completion, is_last);
            }
            // After the completions: what came may move a deadline.
            self.look_at_alarms()?;
            self.settle()?;
            if self.accept_at.is_some_and(|at| at <= self.shared.now) {
                self.accept_at = None;
                self.ring.accept(&self.listener)?;
            }
            self.ring.wait(self.until_next())?;
        }
    }

    /// How long until there is something to do, if the kernel does nothing. `None` is for ever.
    fn until_next(&self) -> Option<Duration> {
        let next = self.alarms.next().into_iter().chain(self.accept_at).min()?;
        Some(next.saturating_sub(self.origin.elapsed()))
    }

    fn complete(&mut self, completion: Completion, is_last: bool) {
        match completion {
            Completion::Accepted(accepted) => {
                let rest = if accepted.is_ok() { Duration::ZERO } else { ACCEPT_REST };
                if is_last {
                    self.accept_at = Some(self.shared.now + rest);
                }
                match accepted {
                    Ok(stream) => self.admit(stream),
                    Err(error) => eprintln!("accept: {error}"),
                }
            }
            Completion::Received(index, came) => {
                let peer = list(&mut self.peers, &mut self.listed, index);
                match (came, peer) {
                    (Ok(Some(mut filled)), peer) => {
                        if let Some(peer) = peer {
                            peer.receive(filled.bytes(), &self.shared);
                        }
                        self.ring.give_back(filled);
                    }
                    (Ok(None), Some(peer)) => peer.end(&self.shared),
                    // It was cancelled, or there was no buffer left: whether it is to go on is seen in `settle`, and by
                    // then all buffers are given back.
                    (Err(error), _) if matches!(error.raw_os_error(), Some(libc::ECANCELED | libc::ENOBUFS)) => {}
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
        // Answers should not wait for the acknowledgement of those before them.
        let _ = stream.set_nodelay(true);
        let index = self.free.pop().unwrap_or(self.peers.len());
        let peer = Some(Peer::new(stream, &self.shared));
        match self.peers.get_mut(index) {
            Some(place) => *place = peer,
            None => self.peers.push(peer),
        }
        // This starts the clock of the opening handshake, and receiving.
        list(&mut self.peers, &mut self.listed, index);
    }

    fn look_at_alarms(&mut self) -> io::Result<()> {
        while let Some((at, index)) = self.alarms.take(self.shared.now) {
            if let Some(peer) = list(&mut self.peers, &mut self.listed, index)
                && peer.alarm.rings(at, self.shared.now)
            {
                peer.ring(index, &mut self.ring)?;
            }
        }
        let peers = &self.peers;
        let connections = peers.len() - self.free.len();
        self.alarms.tidy(connections, |index| peers.get(index)?.as_ref().map(|peer| &peer.alarm));
        Ok(())
    }

    /// Sees to what those need next to whom something has happened.
    fn settle(&mut self) -> io::Result<()> {
        for index in self.listed.drain(..) {
            let Some(place) = self.peers.get_mut(index) else { continue };
            let Some(peer) = place else { continue };
            peer.is_listed = false;
            if peer.settle(index, &mut self.ring, &self.shared)? {
                self.alarms.set(index, &mut peer.alarm);
            } else {
                // This closes the socket.
                *place = None;
                self.free.push(index);
            }
        }
        Ok(())
    }
}

/// The connection, which will be settled; `None` if it is gone.
fn list<'a>(peers: &'a mut [Option<Peer>], listed: &mut Vec<usize>, index: usize) -> Option<&'a mut Peer> {
    let peer = peers.get_mut(index)?.as_mut()?;
    if !std::mem::replace(&mut peer.is_listed, true) {
        listed.push(index);
    }
    Some(peer)
}
