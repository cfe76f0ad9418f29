//! What is measured, and how long.

use bowline_page::text::size;
use std::{fmt, time::Duration};

/// What a server does for a row, and what the load does with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Echo,
    EchoOverTls,
    /// With permessage-deflate, without context takeover: the same bytes can be sent again.
    CompressedEcho,
    /// The first connection sends a message, which goes to all of them.
    Broadcast,
    /// Each connection is opened, echoes a message, and ends.
    Accept,
}

impl Kind {
    /// What the server program calls it.
    pub(crate) const fn of_server(self) -> &'static str {
        match self {
            Self::Echo | Self::Accept => "echo",
            Self::EchoOverTls => "tls",
            Self::CompressedEcho => "deflate",
            Self::Broadcast => "broadcast",
        }
    }
}

pub(crate) struct Subject {
    /// What the server program calls it.
    pub(crate) name: &'static str,
    pub(crate) krate: Option<&'static str>,
    /// It echoes bytes and speaks no WebSocket.
    pub(crate) is_raw: bool,
    pub(crate) note: &'static str,
    /// What it can do.
    kinds: &'static [Kind],
}

impl Subject {
    pub(crate) fn is_ours(&self) -> bool {
        self.krate == Some("bowline")
    }

    pub(crate) fn is_peer(&self) -> bool {
        self.krate.is_some() && !self.is_ours()
    }

    pub(crate) fn can(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

const fn subject(
    name: &'static str,
    krate: Option<&'static str>,
    kinds: &'static [Kind],
    note: &'static str,
) -> Subject {
    Subject { name, krate, is_raw: krate.is_none(), note, kinds }
}

const PLAIN: &[Kind] = &[Kind::Echo, Kind::Accept];
const NO_TLS: &[Kind] = &[Kind::Echo, Kind::Accept, Kind::Broadcast];
const NO_DEFLATE: &[Kind] = &[Kind::Echo, Kind::Accept, Kind::Broadcast, Kind::EchoOverTls];
const TASKS: &[Kind] = &[Kind::Echo, Kind::EchoOverTls, Kind::CompressedEcho];
const ALL: &[Kind] = &[Kind::Echo, Kind::Accept, Kind::Broadcast, Kind::EchoOverTls, Kind::CompressedEcho];

/// The first that can do what a row needs is what the others are compared with.
pub(crate) const SUBJECTS: &[Subject] = &[
    subject("raw", None, NO_TLS, "the kernel's limit: mio sends the bytes back unchanged, without any protocol"),
    subject(
        "tokio-raw",
        None,
        NO_DEFLATE,
        "the same on Tokio, which shows the cost of its runtime, without any protocol or deadlines",
    ),
    subject(
        "mio",
        Some("bowline"),
        &[Kind::Echo, Kind::Accept, Kind::Broadcast, Kind::CompressedEcho],
        "`examples/event-loop`, as it is; for the broadcast with another application",
    ),
    subject(
        "io-uring",
        Some("bowline"),
        PLAIN,
        "`examples/io-uring`, as it is; a read is a completed receive, a write a completed send",
    ),
    subject(
        "tokio-read",
        Some("bowline"),
        TASKS,
        "`adapter::tokio`, the batch API: `read`, batches of borrowed messages",
    ),
    subject("tokio-feed", Some("bowline"), TASKS, "`adapter::tokio`, the message API: `recv` and `feed`"),
    subject(
        "tokio-send",
        Some("bowline"),
        ALL,
        "the same with a write for each message: `recv` and `send`; for the broadcast `send_prepared`",
    ),
    subject("tokio-tungstenite", Some("tokio-tungstenite"), NO_DEFLATE, "`next` and `send`"),
    subject("fastwebsockets", Some("fastwebsockets"), NO_DEFLATE, "`FragmentCollector` after an upgrade of hyper's"),
    subject("tokio-websockets", Some("tokio-websockets"), NO_DEFLATE, "`next` and `send`"),
    subject("sockudo-ws", Some("sockudo-ws"), ALL, "`WebSocketStream`, `next` and `send`"),
];

/// One column of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    /// Bytes of payload.
    pub(crate) size: usize,
    /// Messages that are sent at once; the next follow when all of them have come back.
    pub(crate) window: usize,
    pub(crate) connections: usize,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, size: bytes, window, connections } = self;
        write!(f, "{kind:?}: {}, window {window}, {connections} connections", size(*bytes))
    }
}

/// A table: its rows differ in one thing.
pub(crate) struct Table {
    /// What selects it on the command line, and names its plot.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) axis: Axis,
    pub(crate) rows: Vec<Row>,
}

/// What the rows of a table differ in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    Size,
    Connections,
}

impl Table {
    fn of_sizes(id: &'static str, title: &'static str, kind: Kind, window: usize, sizes: &[usize]) -> Self {
        let rows = sizes.iter().map(|&size| Row { kind, size, window, connections: 100 }).collect();
        Self { id, title, axis: Axis::Size, rows }
    }

    fn of_connections(id: &'static str, title: &'static str, kind: Kind, size: usize, counts: &[usize]) -> Self {
        let rows = counts.iter().map(|&connections| Row { kind, size, window: 1, connections }).collect();
        Self { id, title, axis: Axis::Connections, rows }
    }

    /// What a subject is measured for in this table.
    pub(crate) fn kind(&self) -> Kind {
        self.rows.first().map_or(Kind::Echo, |row| row.kind)
    }
}

pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) turn: Duration,
    /// At how many connections memory is measured.
    pub(crate) idle: &'static [usize],
    /// The same for connections that have compressed.
    pub(crate) idle_compressed: usize,
    is_quick: bool,
}

/// The subjects of a row run at the same time if they have at most this many connections in all: more need too many file
/// descriptors.
pub(crate) const TOGETHER: usize = 16_000;

impl Plan {
    pub(crate) const fn whole() -> Self {
        let turn = Duration::from_millis(120);
        Self { rounds: 9, turn, idle: &[100, 1_000, 10_000], idle_compressed: 200, is_quick: false }
    }

    pub(crate) const fn quick() -> Self {
        let turn = Duration::from_millis(60);
        Self { rounds: 2, turn, idle: &[100, 1_000], idle_compressed: 50, is_quick: true }
    }

    /// The tables in the order of the page.
    pub(crate) fn tables(&self) -> Vec<Table> {
        const KIB: usize = 1024;
        let sizes: &[usize] = if self.is_quick { &[20, KIB, 64 * KIB] } else { &[20, 125, KIB, 16 * KIB, 64 * KIB] };
        let fewer: &[usize] = if self.is_quick { &[KIB] } else { &[20, KIB, 16 * KIB, 64 * KIB] };
        let compressed: &[usize] = if self.is_quick { &[KIB] } else { &[KIB, 16 * KIB] };
        let members: &[usize] = if self.is_quick { &[100, 1_000] } else { &[100, 1_000, 10_000] };
        let growth: &[usize] = if self.is_quick { &[10, 1_000] } else { &[10, 100, 1_000, 10_000] };
        vec![
            Table::of_sizes("echo-1", "Echo, one message per read", Kind::Echo, 1, sizes),
            Table::of_sizes("echo-16", "Echo, 16 messages per read", Kind::Echo, 16, sizes),
            Table::of_sizes("tls-1", "Echo over TLS, one message per read", Kind::EchoOverTls, 1, fewer),
            Table::of_sizes("tls-16", "Echo over TLS, 16 messages per read", Kind::EchoOverTls, 16, fewer),
            Table::of_sizes("deflate-1", "Compressed echo, one message per read", Kind::CompressedEcho, 1, compressed),
            Table::of_sizes(
                "deflate-16",
                "Compressed echo, 16 messages per read",
                Kind::CompressedEcho,
                16,
                compressed,
            ),
            Table::of_connections("broadcast", "Broadcast, a message of 125 B", Kind::Broadcast, 125, members),
            Table::of_connections("accept", "Connections accepted", Kind::Accept, 20, &[1]),
            Table::of_connections("growth", "Echo of 20 B, by the number of connections", Kind::Echo, 20, growth),
        ]
    }
}
