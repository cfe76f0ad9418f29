//! The load of a broadcast: the first connection sends a message, and the next when all connections have received it.

use crate::{
    Outcome,
    load::{Load, Turn},
    plan::Row,
    stream::{STALLED, Stream},
    wire::Wire,
};
use mio::{Events, Poll, net::TcpStream};
use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

pub(crate) struct Members {
    wire: Wire,
    poll: Poll,
    events: Events,
    /// Each with the number of bytes that have come.
    members: Vec<(Stream<TcpStream>, usize)>,
}

impl Members {
    /// Connects, and sees that the right bytes come.
    pub(crate) fn connect(address: SocketAddr, row: Row, is_raw: bool) -> Outcome<Self> {
        let (wire, poll) = (Wire::new(row, is_raw)?, Poll::new()?);
        let mut members = Vec::new();
        for index in 0..row.connections {
            members.push((Stream::open(address, row.kind, is_raw, "")?.register(&poll, index)?, 0));
        }
        let mut all = Self { wire, poll, events: Events::with_capacity(1024), members };
        // The server may not have seen all of them yet.
        std::thread::sleep(Duration::from_millis(100));
        all.message(&mut Turn::default())?;
        Ok(all)
    }

    fn message(&mut self, turn: &mut Turn) -> Outcome<()> {
        let sent_at = Instant::now();
        for (index, (stream, came)) in self.members.iter_mut().enumerate() {
            *came = 0;
            if index == 0 {
                stream.write_all(&self.wire.sent)?;
            }
        }
        let (expected, mut waiting, mut buffer) = (&self.wire.expected, self.members.len(), [0; 4096]);
        while waiting > 0 {
            self.poll.poll(&mut self.events, Some(STALLED))?;
            if self.events.is_empty() {
                return Err(format!("{waiting} of {} members got nothing", self.members.len()).into());
            }
            for event in &self.events {
                let (stream, came) = &mut self.members[event.token().0];
                let count = match stream.read(&mut buffer) {
                    Ok(0) => return Err("the server has closed a connection".into()),
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                    Err(error) => return Err(error.into()),
                };
                if expected.get(*came..*came + count) != Some(&buffer[..count]) {
                    return Err("other bytes came than were sent".into());
                }
                *came += count;
                waiting -= usize::from(*came == expected.len());
            }
        }
        turn.messages += self.members.len() as u64;
        turn.latency.add(sent_at.elapsed().as_nanos() as u64, 1);
        Ok(())
    }
}

impl Load for Members {
    fn turn(&mut self, length: Duration) -> Outcome<Turn> {
        let (mut turn, end) = (Turn::default(), Instant::now() + length);
        while turn.messages == 0 || Instant::now() < end {
            self.message(&mut turn)?;
        }
        Ok(turn)
    }
}
