//! What a connection costs that has sent one message and is silent now.

use crate::{
    Outcome,
    plan::{Kind, Row, Subject},
    server::Server,
    stream::Stream,
    wire::{self, TAKEOVER, Wire},
};
use std::{
    io::{Read, Write},
    thread,
    time::Duration,
};

/// For what a server gives back after a while.
const REST: Duration = Duration::from_secs(2);

/// Connections that are there before, so that what is there once for all is not counted.
const BEFORE: usize = 10;

/// In bytes per connection, for each number of connections.
pub(crate) fn bytes_per_connection(subject: &Subject, kind: Kind, counts: &[usize]) -> Outcome<Vec<u64>> {
    let (size, extensions) = if kind == Kind::CompressedEcho { (1024, TAKEOVER) } else { (20, "") };
    let wire = Wire::new(Row { kind, size, window: 1, connections: 1 }, subject.is_raw)?;
    let mut server = Server::start(subject, kind)?;
    let (mut streams, mut before, mut grown) = (Vec::new(), 0, Vec::new());
    for count in [0].iter().chain(counts) {
        while streams.len() < BEFORE + count {
            let mut stream = Stream::open(server.address, kind, subject.is_raw, extensions)?;
            stream.write_all(&wire.sent)?;
            answered(&mut stream, &wire).map_err(|error| format!("{}: {error}", subject.name))?;
            streams.push(stream);
        }
        thread::sleep(REST);
        let resident = server.usage()?.resident;
        match count {
            0 => before = resident,
            count => grown.push(resident.saturating_sub(before) * 1024 / *count as u64),
        }
    }
    Ok(grown)
}

fn answered(stream: &mut Stream<std::net::TcpStream>, wire: &Wire) -> Outcome<()> {
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let is_complete =
            if wire.expected.is_empty() { wire::frame(&answer).is_some() } else { answer.len() >= wire.expected.len() };
        if is_complete {
            break;
        }
        match stream.read(&mut buffer)? {
            0 => return Err("the server has closed a connection".into()),
            count => answer.extend_from_slice(&buffer[..count]),
        }
    }
    if wire.expected.is_empty() || answer == wire.expected {
        Ok(())
    } else {
        Err("other bytes came back than were sent".into())
    }
}
