//! TCP to the address of a host that accepts first: Happy Eyeballs (RFC 8305).
//!
//! A host often has addresses that do not work from here, usually those of one family. An attempt at such an address may fail
//! only after a minute. So the next address is attempted 250 ms after the previous one, while that one continues. The first that
//! accepts is used, and the others are dropped. A server that is near accepts within 250 ms, so that there is usually one
//! attempt.

use crate::adapter::{
    ConnectOptions,
    addresses::{HEAD_START, found},
    connect_error::late,
};
use ::tokio::{
    net::{TcpSocket, TcpStream, lookup_host},
    task::spawn_blocking,
    time::{Instant, Sleep, sleep, timeout_at},
};
use alloc::{borrow::ToOwned, boxed::Box, collections::VecDeque, vec::Vec};
use core::{
    future::{Future, poll_fn},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
};
use std::io;

type Failures = Vec<(SocketAddr, io::Error)>;

/// Returns the addresses of a host, in the order in which to attempt them. There is at least one.
pub(super) async fn resolve(
    host: &str,
    port: u16,
    options: &ConnectOptions,
    due: Option<Instant>,
) -> io::Result<VecDeque<SocketAddr>> {
    if let Some(addresses) = options.known(host, port) {
        return found(addresses);
    }
    let Some(resolver) = options.resolver_for(host).cloned() else {
        return found(with_deadline(due, lookup_host((host, port))).await?);
    };
    let host = host.to_owned();
    let lookup = spawn_blocking(move || resolver(&host, port));
    found(with_deadline(due, async { lookup.await.map_err(io::Error::other)? }).await?)
}

/// Connects to the address that accepts first, before the instant `due`.
pub(super) async fn dial(
    addresses: VecDeque<SocketAddr>,
    options: &ConnectOptions,
    due: Option<Instant>,
) -> Result<TcpStream, Failures> {
    let mut race = Race {
        local: options.local_address,
        remaining: addresses,
        in_flight: Vec::new(),
        next_start: Box::pin(sleep(HEAD_START)),
        failures: Vec::new(),
    };
    match with_deadline(due, poll_fn(|cx| race.poll(cx).map(Ok))).await {
        Ok(Some(stream)) => match stream.set_nodelay(options.nodelay) {
            Ok(()) => return Ok(stream),
            Err(error) => race.failures.extend(stream.peer_addr().map(|address| (address, error))),
        },
        Ok(None) => {}
        Err(_) => race.failures.extend(race.in_flight.iter().map(|(address, _)| (*address, late()))),
    }
    Err(race.failures)
}

/// Waits for the result of `run`, or returns an error at the instant `due`.
pub(super) async fn with_deadline<T>(due: Option<Instant>, run: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match due {
        Some(due) => timeout_at(due, run).await.unwrap_or_else(|_| Err(late())),
        None => run.await,
    }
}

type Attempt = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

async fn connect(address: SocketAddr, local: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(local) = local else { return TcpStream::connect(address).await };
    let socket = if local.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind((local, 0).into())?;
    socket.connect(address).await
}

/// Attempts at the addresses of a host, of which the first success wins.
struct Race {
    local: Option<IpAddr>,
    remaining: VecDeque<SocketAddr>,
    in_flight: Vec<(SocketAddr, Attempt)>,
    /// Elapses when the next address is to be attempted, although the previous one has not failed.
    next_start: Pin<Box<Sleep>>,
    failures: Failures,
}

impl Race {
    /// Ready with the first connection, or with `None` if all attempts have failed.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<TcpStream>> {
        loop {
            let before = self.in_flight.len();
            if let Some(stream) = self.poll_in_flight(cx) {
                return Poll::Ready(Some(stream));
            }
            // After a failure there is no reason to wait for the rest of the delay.
            let has_failed = self.in_flight.len() < before;
            let is_time = has_failed || self.in_flight.is_empty() || self.next_start.as_mut().poll(cx).is_ready();
            match self.remaining.pop_front() {
                Some(address) if is_time => {
                    self.in_flight.push((address, Box::pin(connect(address, self.local))));
                    self.next_start.as_mut().reset(Instant::now() + HEAD_START);
                    // Then once more, as neither the new attempt nor the timer has been polled: nothing would wake this task.
                }
                Some(address) => {
                    self.remaining.push_front(address);
                    return Poll::Pending;
                }
                None if self.in_flight.is_empty() => return Poll::Ready(None),
                None => return Poll::Pending,
            }
        }
    }

    fn poll_in_flight(&mut self, cx: &mut Context<'_>) -> Option<TcpStream> {
        let (mut winner, failures) = (None, &mut self.failures);
        self.in_flight.retain_mut(|(address, attempt)| match attempt.as_mut().poll(cx) {
            Poll::Pending => true,
            Poll::Ready(Ok(stream)) => {
                // A second one in the same poll is dropped, which closes it.
                winner.get_or_insert(stream);
                false
            }
            Poll::Ready(Err(error)) => {
                failures.push((*address, error));
                false
            }
        });
        winner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::future::pending;
    use std::net::TcpListener;

    /// [RFC 8305 §5] While one address does not answer, the next is attempted 250 ms later, and not earlier. The first attempt
    /// continues.
    #[::tokio::test(start_paused = true)]
    async fn an_address_that_does_not_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let next = listener.local_addr().unwrap();
        let mut race = Race {
            local: None,
            remaining: [next].into(),
            in_flight: [(([192, 0, 2, 1], 80).into(), Box::pin(pending()) as Attempt)].into(),
            next_start: Box::pin(sleep(HEAD_START)),
            failures: Vec::new(),
        };
        let begun = Instant::now();
        poll_fn(|cx| {
            assert!(race.poll(cx).is_pending());
            // What is polled again too early changes nothing.
            assert!(race.poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        assert_eq!((race.remaining.len(), race.in_flight.len()), (1, 1));
        let stream = poll_fn(|cx| race.poll(cx)).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), next);
        assert!(begun.elapsed() >= HEAD_START);
        assert!(race.next_start.deadline() >= begun + 2 * HEAD_START, "one more would have waited again");
        assert_eq!((race.remaining.len(), race.in_flight.len(), race.failures.len()), (0, 1, 0));
    }

    /// After a failure the next address is attempted at once, while another one does not answer.
    #[::tokio::test(start_paused = true)]
    async fn one_that_refuses_and_one_that_does_not_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = ([192, 0, 2, 1], 80).into();
        let silent: Attempt = Box::pin(pending());
        let refuses: Attempt = Box::pin(async { Err(late()) });
        let mut race = Race {
            local: None,
            remaining: [listener.local_addr().unwrap()].into(),
            in_flight: [(address, silent), (address, refuses)].into(),
            next_start: Box::pin(pending_sleep()),
            failures: Vec::new(),
        };
        poll_fn(|cx| {
            let _ = race.poll(cx);
            Poll::Ready(())
        })
        .await;
        assert_eq!((race.remaining.len(), race.failures.len()), (0, 1));
    }

    /// All failures are returned.
    #[::tokio::test(start_paused = true)]
    async fn addresses_that_refuse() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let refuses = listener.local_addr().unwrap();
        drop(listener);
        let mut race = Race {
            local: None,
            remaining: [refuses, refuses].into(),
            in_flight: Vec::new(),
            next_start: Box::pin(pending_sleep()),
            failures: Vec::new(),
        };
        assert!(poll_fn(|cx| race.poll(cx)).await.is_none());
        assert_eq!(race.failures.len(), 2);
    }

    /// A timer that expires after everything else.
    fn pending_sleep() -> Sleep {
        sleep(core::time::Duration::from_secs(1000))
    }
}
