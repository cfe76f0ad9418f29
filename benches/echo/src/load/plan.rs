//! What is measured, and how long.

use bowline_page::text::size;
use std::{fmt, time::Duration};

pub(crate) struct Subject {
    /// What the server program calls it.
    pub(crate) name: &'static str,
    pub(crate) krate: Option<&'static str>,
    /// It echoes bytes and speaks no WebSocket.
    pub(crate) is_raw: bool,
    pub(crate) note: &'static str,
}

const fn subject(name: &'static str, krate: Option<&'static str>, note: &'static str) -> Subject {
    Subject { name, krate, is_raw: krate.is_none(), note }
}

/// The first is what the others are compared with.
pub(crate) const SUBJECTS: &[Subject] = &[
    subject("raw", None, "the kernel's limit: mio sends the bytes back unchanged, without any protocol"),
    subject(
        "tokio-raw",
        None,
        "the same on Tokio, which shows the cost of its runtime, without any protocol or deadlines",
    ),
    subject("mio", Some("bowline"), "`examples/event-loop`, as it is"),
    subject(
        "io-uring",
        Some("bowline"),
        "`examples/io-uring`, as it is; a read is a filled buffer, a write is a completed send",
    ),
    subject("tokio-read", Some("bowline"), "`adapter::tokio`, the batch API: `read`, batches of borrowed messages"),
    subject("tokio-recv", Some("bowline"), "`adapter::tokio`, the message API: `recv` and `feed`"),
    subject("tokio-tungstenite", Some("tokio-tungstenite"), "`next` and `send`"),
    subject("fastwebsockets", Some("fastwebsockets"), "`FragmentCollector` after an upgrade of hyper's"),
    subject("tokio-websockets", Some("tokio-websockets"), "`next` and `send`"),
    subject("sockudo-ws", Some("sockudo-ws"), "`WebSocketStream`, `next` and `send`"),
];

/// One line of the tables.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// Bytes of payload.
    pub(crate) size: usize,
    /// Messages that are sent at once; the next follow when all of them have come back.
    pub(crate) window: usize,
    pub(crate) connections: usize,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, window {}, {} connections", size(self.size), self.window, self.connections)
    }
}

pub(crate) struct Plan {
    pub(crate) sizes: &'static [usize],
    pub(crate) windows: &'static [usize],
    pub(crate) connections: &'static [usize],
    pub(crate) rounds: usize,
    pub(crate) turn: Duration,
    /// Connections of the measurement of memory.
    pub(crate) idle: usize,
}

impl Plan {
    pub(crate) const fn whole() -> Self {
        Self {
            sizes: &[20, 125, 1024, 16 * 1024, 64 * 1024],
            windows: &[1, 16],
            connections: &[100, 500],
            rounds: 11,
            turn: Duration::from_millis(200),
            idle: 10_000,
        }
    }

    pub(crate) const fn quick() -> Self {
        Self {
            sizes: &[20, 1024, 64 * 1024],
            connections: &[100],
            rounds: 3,
            turn: Duration::from_millis(100),
            ..Self::whole()
        }
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> {
        self.connections.iter().flat_map(move |&connections| {
            let windows = self.windows.iter();
            windows.flat_map(move |&window| self.sizes.iter().map(move |&size| Row { size, window, connections }))
        })
    }
}
