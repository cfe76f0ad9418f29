//! The load: connections that each send a window of messages with one write, and the next when all have come back.

use crate::{
    Outcome,
    histogram::Histogram,
    plan::Row,
    wire::{REQUEST, Wire},
};
use mio::{Events, Interest, Poll, Token, net::TcpStream};
use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

/// If nothing comes for so long, the server has lost something.
const STALLED: Duration = Duration::from_secs(10);

pub(crate) struct Clients {
    wire: Wire,
    window: u64,
    poll: Poll,
    events: Events,
    clients: Vec<Client>,
    buffer: Vec<u8>,
}

struct Client {
    stream: TcpStream,
    /// How much of the window is written, and how much of the answer has come.
    written: usize,
    came: usize,
    sent_at: Instant,
    is_resting: bool,
}

/// What came back.
#[derive(Default)]
pub(crate) struct Turn {
    pub(crate) messages: u64,
    pub(crate) latency: Histogram,
}

impl Clients {
    /// Connects, and sees that the right bytes come back.
    pub(crate) fn connect(address: SocketAddr, row: Row, is_raw: bool) -> Outcome<Self> {
        let wire = Wire::new(row.size, row.window, is_raw);
        let poll = Poll::new()?;
        let mut clients = Vec::new();
        for index in 0..row.connections {
            let stream = open(address, is_raw)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
            clients.push(Client { stream, written: 0, came: 0, sent_at: Instant::now(), is_resting: true });
        }
        let (events, buffer) = (Events::with_capacity(1024), vec![0; 256 * 1024]);
        let mut all = Self { wire, window: row.window as u64, poll, events, clients, buffer };
        all.run(Duration::ZERO, true)?;
        Ok(all)
    }

    /// Sends for this long, and waits until all has come back.
    pub(crate) fn turn(&mut self, length: Duration) -> Outcome<Turn> {
        self.run(length, false)
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
                let is_complete = client.read(&mut self.buffer, &self.wire, &mut turn, compare)?;
                if !is_complete {
                    continue;
                }
                turn.messages += self.window;
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

impl Client {
    fn start(&mut self, wire: &Wire) -> Outcome<()> {
        (self.written, self.came, self.is_resting) = (0, 0, false);
        self.sent_at = Instant::now();
        self.write(wire)
    }

    fn write(&mut self, wire: &Wire) -> Outcome<()> {
        while self.written < wire.sent.len() {
            match self.stream.write(&wire.sent[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// True if the last answer of the window has come.
    fn read(&mut self, buffer: &mut [u8], wire: &Wire, turn: &mut Turn, compare: bool) -> Outcome<bool> {
        loop {
            let count = match self.stream.read(buffer) {
                Ok(0) => return Err("the server has closed a connection".into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error.into()),
            };
            let expected = wire.expected.get(self.came..self.came + count).ok_or("more came back than was sent")?;
            if compare && expected != &buffer[..count] {
                return Err("other bytes came back than were sent".into());
            }
            let whole = (self.came + count) / wire.answer_len - self.came / wire.answer_len;
            if whole > 0 {
                turn.latency.add(self.sent_at.elapsed().as_nanos() as u64, whole as u64);
            }
            self.came += count;
            if self.came == wire.expected.len() {
                return Ok(true);
            }
            if count < buffer.len() {
                return Ok(false);
            }
        }
    }
}

/// A connection after the opening handshake.
pub(crate) fn open(address: SocketAddr, is_raw: bool) -> Outcome<std::net::TcpStream> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(STALLED))?;
    if is_raw {
        return Ok(stream);
    }
    stream.write_all(REQUEST)?;
    let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Err("the server closed the connection in the opening handshake".into()),
            count => head.extend_from_slice(&buffer[..count]),
        }
    }
    if head.starts_with(b"HTTP/1.1 101 ") { Ok(stream) } else { Err(String::from_utf8_lossy(&head).into()) }
}
