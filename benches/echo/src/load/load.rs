//! What all kinds of load have in common.

use crate::{
    Outcome,
    accepts::Callers,
    broadcast::Members,
    client::Clients,
    histogram::Histogram,
    plan::{Kind, Row},
};
use std::{net::SocketAddr, time::Duration};

pub(crate) trait Load {
    /// Keeps the server busy for this long, and waits until nothing is left to do.
    fn turn(&mut self, length: Duration) -> Outcome<Turn>;
}

/// What the server did in a turn.
#[derive(Default)]
pub(crate) struct Turn {
    /// Messages that came back, or were delivered; for [`Kind::Accept`] connections.
    pub(crate) messages: u64,
    /// From the write of a window until all of it is back, and so on.
    pub(crate) latency: Histogram,
}

/// Connects to a server, with what the row needs.
pub(crate) fn connect(address: SocketAddr, row: Row, is_raw: bool) -> Outcome<Box<dyn Load>> {
    Ok(match row.kind {
        Kind::Echo | Kind::EchoOverTls | Kind::CompressedEcho => Box::new(Clients::connect(address, row, is_raw)?),
        Kind::Broadcast => Box::new(Members::connect(address, row, is_raw)?),
        Kind::Accept => Box::new(Callers::new(address, row, is_raw)?),
    })
}
