//! TCP to the address of a host that accepts first: Happy Eyeballs (RFC 8305).
//!
//! A host often has addresses that do not work from here, usually those of one family. An attempt at such an address may fail
//! only after a minute. So the next address is attempted 250 ms after the previous one, while that one continues. The first that
//! accepts is used, and the others are dropped. A server that is near accepts within 250 ms, so that there is usually one
//! attempt.

use crate::{
    adapter::connect_error::{ConnectError, late},
    client::Request,
};
use ::tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, Sleep, sleep, timeout_at},
};
use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::{
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::io;

/// How long one address is attempted alone before the next one is attempted, too. "One recommended value for a default delay is
/// 250 milliseconds" (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the address of the host that accepts first, before the instant `due`.
pub(super) async fn dial(request: &Request, due: Option<Instant>) -> Result<TcpStream, ConnectError> {
    let found = with_deadline(due, lookup_host((request.host(), request.port()))).await;
    let addresses = found.map_err(|error| ConnectError::resolve(request, error))?;
    let mut race = Race {
        remaining: alternating(addresses),
        in_flight: Vec::new(),
        next_start: Box::pin(sleep(HEAD_START)),
        failures: Vec::new(),
    };
    match with_deadline(due, poll_fn(|cx| race.poll(cx).map(Ok))).await {
        Ok(Some(stream)) => return Ok(stream),
        Ok(None) => {}
        Err(_) => race.failures.extend(race.in_flight.iter().map(|(address, _)| (*address, late()))),
    }
    Err(ConnectError::tcp(request, race.failures))
}

/// Waits for the result of `run`, or returns an error at the instant `due`.
pub(super) async fn with_deadline<T>(due: Option<Instant>, run: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match due {
        Some(due) => timeout_at(due, run).await.unwrap_or_else(|_| Err(late())),
        None => run.await,
    }
}

/// Sorts the addresses so that the two families alternate, beginning with the family of the first (RFC 8305 §4). The resolver has
/// sorted them by preference. If one family has no route, the second attempt is with the other one.
fn alternating(addresses: impl Iterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
    let mut addresses = addresses.peekable();
    let is_v6_first = addresses.peek().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.partition(|address| address.is_ipv6() == is_v6_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut in_turn = VecDeque::new();
    loop {
        let pair = (first.next(), second.next());
        in_turn.extend(pair.0.into_iter().chain(pair.1));
        if pair == (None, None) {
            return in_turn;
        }
    }
}

type Attempt = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Attempts at the addresses of a host, of which the first success wins.
struct Race {
    remaining: VecDeque<SocketAddr>,
    in_flight: Vec<(SocketAddr, Attempt)>,
    /// Elapses when the next address is to be attempted, although the previous one has not failed.
    next_start: Pin<Box<Sleep>>,
    failures: Vec<(SocketAddr, io::Error)>,
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
                    self.in_flight.push((address, Box::pin(connect(address))));
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
    use std::vec;

    #[test]
    fn families_in_turn() {
        let six = ["[::1]:1", "[::2]:1", "[::3]:1"].map(|text| text.parse().unwrap());
        let four = ["127.0.0.1:1", "127.0.0.2:1"].map(|text| text.parse().unwrap());
        let [first, second, third] = six;
        assert_eq!(alternating([first, second, third, four[0]].into_iter()), [first, four[0], second, third]);
        assert_eq!(alternating([four[0], four[1], first].into_iter()), [four[0], first, four[1]]);
        assert_eq!(alternating(vec![].into_iter()), []);
    }
}
