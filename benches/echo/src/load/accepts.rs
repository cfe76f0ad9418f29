//! The load of accepting: connections that are opened, echo one message and are reset, so that the kernel keeps nothing of them.
//! A few are open at a time, so that the server does not wait for each.

use crate::{
    Outcome,
    load::{Load, Turn},
    plan::Row,
    stream::Stream,
    wire::{REQUEST, Wire},
};
use std::{
    io::{Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

/// How many connections are open at a time.
const AT_ONCE: usize = 16;

pub(crate) struct Callers {
    address: SocketAddr,
    row: Row,
    is_raw: bool,
    wire: Wire,
}

impl Callers {
    pub(crate) fn new(address: SocketAddr, row: Row, is_raw: bool) -> Outcome<Self> {
        let mut callers = Self { address, row, is_raw, wire: Wire::new(row, is_raw)? };
        callers.batch(&mut Turn::default())?;
        Ok(callers)
    }

    fn batch(&mut self, turn: &mut Turn) -> Outcome<()> {
        let began = Instant::now();
        let mut open = Vec::new();
        for _ in 0..AT_ONCE {
            // The bare loop gets as many bytes, and returns them.
            let mut stream = Stream::open(self.address, self.row.kind, true, "")?;
            stream.write_all(format!("{REQUEST}\r\n").as_bytes())?;
            open.push(stream);
        }
        for stream in &mut open {
            if self.is_raw {
                stream.read_exact(&mut vec![0; REQUEST.len() + 2])?;
            } else {
                stream.read_upgraded()?;
            }
            stream.write_all(&self.wire.sent)?;
        }
        for mut stream in open {
            let mut answer = vec![0; self.wire.expected.len()];
            stream.read_exact(&mut answer)?;
            if answer != self.wire.expected {
                return Err("other bytes came back than were sent".into());
            }
            stream.reset()?;
        }
        turn.messages += AT_ONCE as u64;
        turn.latency.add(began.elapsed().as_nanos() as u64, 1);
        Ok(())
    }
}

impl Load for Callers {
    fn turn(&mut self, length: Duration) -> Outcome<Turn> {
        let (mut turn, end) = (Turn::default(), Instant::now() + length);
        while Instant::now() < end {
            self.batch(&mut turn)?;
        }
        Ok(turn)
    }
}
