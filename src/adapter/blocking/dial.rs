//! TCP to the address of a host that accepts first: Happy Eyeballs (RFC 8305).
//!
//! A host often has addresses that do not work from here, usually those of one family. An attempt at such an address may fail
//! only after a minute. So the next address is attempted 250 ms after the previous one, while that one continues in a thread of
//! its own. A host with one address needs no thread.

use crate::adapter::{
    ConnectOptions,
    addresses::{HEAD_START, found},
    connect_error::late,
};
use alloc::{collections::VecDeque, vec::Vec};
use core::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
#[cfg(unix)]
use socket2::SockAddr;
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{TcpStream, ToSocketAddrs},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Instant,
};
#[cfg(unix)]
use std::{
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
};

/// Returns the addresses of a host, in the order in which to attempt them. There is at least one.
pub(super) fn resolve(host: &str, port: u16, options: &ConnectOptions) -> io::Result<VecDeque<SocketAddr>> {
    if let Some(addresses) = options.known(host, port) {
        return found(addresses);
    }
    match options.resolver_for(host) {
        Some(resolver) => found(resolver(host, port)?),
        None => found((host, port).to_socket_addrs()?),
    }
}

/// Connects to the address that accepts first.
pub(super) fn dial(
    addresses: VecDeque<SocketAddr>,
    options: &ConnectOptions,
    clock: Clock,
) -> Result<TcpStream, Failures> {
    let (local, nodelay) = (options.local_address, options.nodelay);
    race(addresses, clock, move |address, time| {
        let stream = dial_one(address, local, time)?;
        stream.set_nodelay(nodelay)?;
        Ok(stream)
    })
}

/// When connecting began, and how long it may take.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    pub(super) begun: Instant,
    pub(super) deadline: Option<Duration>,
}

impl Clock {
    /// Returns how much time is left; `None` if there is no deadline.
    fn left(self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_sub(self.begun.elapsed()))
    }

    /// Returns how much time is left for a timeout, which must not be zero.
    pub(super) fn timeout(self) -> io::Result<Option<Duration>> {
        let left = self.left();
        if left.is_some_and(|left| left.is_zero()) { Err(late()) } else { Ok(left) }
    }
}

/// Connects to one address, for at most as long as `time`.
fn dial_one(address: SocketAddr, local: Option<IpAddr>, time: Option<Duration>) -> io::Result<TcpStream> {
    if time == Some(Duration::ZERO) {
        return Err(late());
    }
    match (local, time) {
        (None, None) => TcpStream::connect(address),
        (None, Some(time)) => TcpStream::connect_timeout(&address, time),
        (Some(local), time) => {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
            socket.bind(&SocketAddr::new(local, 0).into())?;
            match time {
                None => socket.connect(&address.into())?,
                Some(time) => socket.connect_timeout(&address.into(), time)?,
            }
            Ok(socket.into())
        }
    }
}

/// Connects to a Unix socket. The operating system waits if the server is slow to accept.
#[cfg(unix)]
pub(super) fn dial_unix(path: &Path, clock: Clock) -> io::Result<UnixStream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_write_timeout(clock.timeout()?)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(late()),
        connected => connected.map(|()| OwnedFd::from(socket).into()),
    }
}

pub(super) type Failures = Vec<(SocketAddr, io::Error)>;

/// Attempts the addresses, and returns the first success, or the failures in the order in which they happened. An attempt that
/// lost the race ends at the deadline at the latest, and closes its stream then.
fn race<T, A>(mut remaining: VecDeque<SocketAddr>, clock: Clock, attempt: A) -> Result<T, Failures>
where
    T: Send + 'static,
    A: Fn(SocketAddr, Option<Duration>) -> io::Result<T> + Copy + Send + 'static,
{
    if let (Some(&address), 1) = (remaining.front(), remaining.len()) {
        return attempt(address, clock.left()).map_err(|error| [(address, error)].into());
    }
    let (reports, results) = channel();
    let mut in_flight: Vec<SocketAddr> = Vec::new();
    let mut failures = Failures::new();
    loop {
        if let Some(address) = remaining.pop_front() {
            in_flight.push(address);
            start(address, clock, attempt, &reports);
        }
        if in_flight.is_empty() {
            return Err(failures);
        }
        let head_start = (!remaining.is_empty()).then_some(HEAD_START);
        match next(&results, clock.left().into_iter().chain(head_start).min()) {
            Some((_, Ok(stream))) => return Ok(stream),
            Some((address, Err(error))) => {
                if let Some(nth) = in_flight.iter().position(|attempted| *attempted == address) {
                    in_flight.remove(nth);
                }
                failures.push((address, error));
            }
            None if clock.left().is_some_and(|left| left.is_zero()) => {
                failures.extend(in_flight.into_iter().map(|address| (address, late())));
                return Err(failures);
            }
            None => {}
        }
    }
}

type Outcome<T> = (SocketAddr, io::Result<T>);

/// Attempts one address in a thread, or in this one if there cannot be another thread.
fn start<T, A>(address: SocketAddr, clock: Clock, attempt: A, reports: &Sender<Outcome<T>>)
where
    T: Send + 'static,
    A: Fn(SocketAddr, Option<Duration>) -> io::Result<T> + Copy + Send + 'static,
{
    let report = {
        let reports = reports.clone();
        move || drop(reports.send((address, attempt(address, clock.left()))))
    };
    if thread::Builder::new().name("connect".into()).spawn(report).is_err() {
        let _ = reports.send((address, attempt(address, clock.left())));
    }
}

/// Waits for the next outcome, at most as long as `time`.
fn next<T>(results: &Receiver<Outcome<T>>, time: Option<Duration>) -> Option<Outcome<T>> {
    match time {
        None => results.recv().ok(),
        Some(time) => results.recv_timeout(time).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn address(last: u8) -> SocketAddr {
        ([192, 0, 2, last], 80).into()
    }

    /// An address ending in 0 does not answer within its time, in 1 it refuses, in 2 it accepts, and in 3 the attempt never ends.
    fn attempt(address: SocketAddr, time: Option<Duration>) -> io::Result<SocketAddr> {
        let SocketAddr::V4(v4) = address else { return Err(late()) };
        match v4.ip().octets()[3] {
            0 => {
                thread::sleep(time.unwrap());
                Err(late())
            }
            1 => Err(io::ErrorKind::ConnectionRefused.into()),
            2 => Ok(address),
            _ => loop {
                thread::park();
            },
        }
    }

    fn run(last: &[u8], deadline: Option<u64>) -> Result<SocketAddr, Vec<(SocketAddr, io::ErrorKind)>> {
        let clock = Clock { begun: Instant::now(), deadline: deadline.map(Duration::from_millis) };
        let won = race(last.iter().copied().map(address).collect(), clock, attempt);
        won.map_err(|failures| failures.into_iter().map(|(address, error)| (address, error.kind())).collect())
    }

    /// [RFC 8305 §5] An address that does not answer delays the next one by 250 ms, and not until it fails, which would be never.
    #[test]
    fn an_address_that_does_not_answer() {
        let begun = Instant::now();
        assert_eq!(run(&[3, 3, 2], None), Ok(address(2)));
        assert!(begun.elapsed() >= 2 * HEAD_START);
    }

    /// When the last attempt has failed, nothing is waited for, also without a deadline.
    #[test]
    fn an_address_that_refuses() {
        assert_eq!(run(&[1, 2], None), Ok(address(2)));
        assert_eq!(run(&[1, 1], None), Err(vec![(address(1), io::ErrorKind::ConnectionRefused); 2]));
        assert_eq!(run(&[], None), Err(vec![]));
    }

    /// A Unix socket whose queue is full is given up at the deadline.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_unix_socket_that_does_not_accept() {
        let path = std::env::temp_dir().join(std::format!("bowline-full-{}.sock", std::process::id()));
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let clock = || Clock { begun: Instant::now(), deadline: Some(Duration::from_millis(50)) };
        let mut waiting = Vec::new();
        let error = loop {
            match dial_unix(&path, clock()) {
                Ok(stream) => waiting.push(stream),
                Err(error) => break error,
            }
        };
        std::fs::remove_file(&path).unwrap();
        assert_eq!((error.kind(), waiting.len()), (io::ErrorKind::TimedOut, 1));
    }

    /// At the deadline, each attempt that is not finished is one of the failures. It is not waited for: it would not end.
    #[test]
    fn nothing_answers() {
        let late = (address(3), io::ErrorKind::TimedOut);
        assert_eq!(run(&[3, 3], Some(0)), Err(vec![late]));
        let failures = run(&[3, 3, 3], Some(400)).unwrap_err();
        assert!(!failures.is_empty() && failures.iter().all(|failure| *failure == late), "{failures:?}");
        assert_eq!(run(&[0], Some(10)), Err(vec![(address(0), io::ErrorKind::TimedOut)]));
    }
}
