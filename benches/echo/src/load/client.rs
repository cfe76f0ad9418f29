//! The load of an echo: connections that each send a window of messages with one write, and the next when all have come back.

use crate::{
    Outcome,
    load::{Load, Turn},
    plan::{Kind, Row},
    stream::{STALLED, Stream},
    wire::{self, FLUSHED, Wire},
};
use flate2::{Decompress, FlushDecompress};
use mio::{Events, Poll, net::TcpStream};
use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

pub(crate) struct Clients {
    wire: Wire,
    window: u64,
    poll: Poll,
    events: Events,
    clients: Vec<Client>,
    buffer: Vec<u8>,
}

struct Client {
    stream: Stream<TcpStream>,
    /// How much of the window is written, and how much of the answer has come.
    written: usize,
    came: usize,
    sent_at: Instant,
    is_resting: bool,
}

impl Clients {
    /// Connects, and sees that the right bytes come back.
    pub(crate) fn connect(address: SocketAddr, row: Row, is_raw: bool) -> Outcome<Self> {
        let mut wire = Wire::new(row, is_raw)?;
        let poll = Poll::new()?;
        let mut clients = Vec::new();
        for index in 0..row.connections {
            let mut stream = Stream::open(address, row.kind, is_raw, wire::extensions(row.kind))?;
            if row.kind == Kind::CompressedEcho && index == 0 {
                let answer = compressed_answer(&mut stream, &wire)?;
                wire.learn(answer);
            }
            let stream = stream.register(&poll, index)?;
            clients.push(Client { stream, written: 0, came: 0, sent_at: Instant::now(), is_resting: true });
        }
        let (events, buffer) = (Events::with_capacity(1024), vec![0; 256 * 1024]);
        let mut all = Self { wire, window: row.window as u64, poll, events, clients, buffer };
        all.run(Duration::ZERO, true)?;
        Ok(all)
    }

    fn run(&mut self, length: Duration, compare: bool) -> Outcome<Turn> {
        let mut turn = Turn::default();
        let end = Instant::now() + length;
        for client in &mut self.clients {
            client.start(&self.wire)?;
        }
        let mut resting = 0;
        while resting < self.clients.len() {
            self.poll.poll(&mut self.events, Some(STALLED))?;
            if self.events.is_empty() {
                return Err(
                    format!("{} of {} answers are missing", self.clients.len() - resting, self.clients.len()).into()
                );
            }
            for event in &self.events {
                let client = &mut self.clients[event.token().0];
                if client.is_resting {
                    continue;
                }
                client.write(&self.wire)?;
                if !client.read(&mut self.buffer, &self.wire, compare)? {
                    continue;
                }
                turn.messages += self.window;
                turn.latency.add(client.sent_at.elapsed().as_nanos() as u64, 1);
                if Instant::now() < end {
                    client.start(&self.wire)?;
                } else {
                    client.is_resting = true;
                    resting += 1;
                }
            }
        }
        Ok(turn)
    }
}

impl Load for Clients {
    /// Sends for this long, and waits until all has come back.
    fn turn(&mut self, length: Duration) -> Outcome<Turn> {
        self.run(length, false)
    }
}

impl Client {
    fn start(&mut self, wire: &Wire) -> Outcome<()> {
        (self.written, self.came, self.is_resting) = (0, 0, false);
        self.sent_at = Instant::now();
        self.write(wire)
    }

    fn write(&mut self, wire: &Wire) -> Outcome<()> {
        loop {
            // TLS may have something left when all is written.
            let outcome = match wire.sent.get(self.written..) {
                Some(left @ [_, ..]) => self.stream.write(left).map(|count| self.written += count),
                _ => return self.stream.flush().or_else(would_block),
            };
            match outcome {
                Ok(()) => {}
                Err(error) => return would_block(error),
            }
        }
    }

    /// True if the last answer of the window has come.
    fn read(&mut self, buffer: &mut [u8], wire: &Wire, compare: bool) -> Outcome<bool> {
        loop {
            let count = match self.stream.read(buffer) {
                Ok(0) => return Err("the server has closed a connection".into()),
                Ok(count) => count,
                Err(error) => return would_block(error).map(|()| false),
            };
            let expected = wire.expected.get(self.came..self.came + count).ok_or("more came back than was sent")?;
            if compare && expected != &buffer[..count] {
                return Err("other bytes came back than were sent".into());
            }
            self.came += count;
            if self.came == wire.expected.len() {
                return Ok(true);
            }
            // A record of TLS is shorter than the buffer.
            if count < buffer.len() && matches!(self.stream, Stream::Plain(_)) {
                return Ok(false);
            }
        }
    }
}

fn would_block(error: std::io::Error) -> Outcome<()> {
    if error.kind() == ErrorKind::WouldBlock { Ok(()) } else { Err(error.into()) }
}

/// The bytes of an answer to a window, after a look at what they contain.
fn compressed_answer(stream: &mut Stream<std::net::TcpStream>, wire: &Wire) -> Outcome<Vec<u8>> {
    stream.write_all(&wire.sent)?;
    let (mut answer, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let count = stream.read(&mut buffer)?;
        answer.extend_from_slice(&buffer[..count]);
        let (mut rest, mut seen) = (&answer[..], 0);
        while let Some((first, payload, after)) = wire::frame(rest) {
            let expected = wire.payloads.get(seen).ok_or("more came back than was sent")?;
            if first & 0x40 == 0 || decompress(payload, expected.len())? != *expected {
                return Err("an answer is not compressed, or has other content than the message".into());
            }
            (rest, seen) = (after, seen + 1);
        }
        if seen == wire.payloads.len() && rest.is_empty() {
            return Ok(answer);
        }
        if count == 0 {
            return Err("the server has closed a connection".into());
        }
    }
}

fn decompress(payload: &[u8], len: usize) -> Outcome<Vec<u8>> {
    let mut content = Vec::with_capacity(len + 64);
    let compressed = [payload, &FLUSHED].concat();
    Decompress::new(false).decompress_vec(&compressed, &mut content, FlushDecompress::Sync)?;
    Ok(content)
}
