//! What a connection costs that has sent one message and is silent now.

use crate::{Outcome, client, plan::Subject, server::Server, wire::Wire};
use std::{
    io::{Read, Write},
    thread,
    time::Duration,
};

/// For what a server gives back after a while.
const REST: Duration = Duration::from_secs(3);

/// In bytes. A few connections were there before, so that what is there once for all is not counted.
pub(crate) fn bytes_per_connection(subject: &Subject, count: usize) -> Outcome<u64> {
    let wire = Wire::new(20, 1, subject.is_raw);
    let mut server = Server::start(subject)?;
    let mut streams = Vec::new();
    let mut before = 0;
    let first = 10;
    for index in 0..first + count {
        if index == first {
            thread::sleep(REST);
            before = server.usage()?.resident;
        }
        let mut stream = client::open(server.address, subject.is_raw)?;
        stream.write_all(&wire.sent)?;
        let mut answer = vec![0; wire.expected.len()];
        stream.read_exact(&mut answer)?;
        if answer != wire.expected {
            return Err(format!("{}: other bytes came back than were sent", subject.name).into());
        }
        streams.push(stream);
    }
    thread::sleep(REST);
    let grown = server.usage()?.resident.saturating_sub(before);
    Ok(grown * 1024 / count as u64)
}
