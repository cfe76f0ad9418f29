//! Who is measured, and how each is driven.

mod compressed;
mod fastwebsockets;
mod nexus;
mod ours;
mod shiguredo;
mod sockudo;
mod soketto;
mod tokio_websockets;
mod tungstenite;
mod web_socket;
mod websocketz;
mod ws_net;
mod wtx;
mod yawc;

use crate::{
    floor,
    job::{Job, Work},
};

/// What a subject is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// bowline, through one of its APIs.
    Ours(Mode),
    /// A peer that does all that a connection has to do.
    Complete,
    /// A peer's codec without a part of it: see the note.
    Bare,
    /// Written by hand.
    Floor(Mode),
}

/// How a subject hands out messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Whole messages, borrowed if they are complete in the read buffer.
    Borrowed,
    /// Whole messages, read straight into the memory in which they are assembled.
    DirectRead,
    /// Chunks as they arrive.
    Chunks,
    /// A `Vec` for each message.
    Owned,
    /// A clone of a `Bytes`, and nothing else.
    Clone,
}

/// A subject of the measurements.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub name: &'static str,
    /// The crate whose version counts, if it is not written here.
    pub krate: Option<&'static str>,
    pub class: Class,
    /// How it is driven, and what its user has to add.
    pub note: &'static str,
    /// Its masking keys are not from a cryptographic random number generator.
    pub weak_keys: bool,
    /// `None` where it does not apply.
    pub work: fn(&Job) -> Option<Box<dyn Work>>,
}

/// All of them, in the order of the tables.
pub const ALL: [Subject; 22] = [
    Subject {
        name: "bowline",
        krate: Some("bowline"),
        class: Class::Ours(Mode::Borrowed),
        note: "`receive` on the slice that a read filled; complete",
        weak_keys: false,
        work: ours::borrowed,
    },
    Subject {
        name: "bowline, direct read",
        krate: Some("bowline"),
        class: Class::Ours(Mode::DirectRead),
        note: "the same, and `direct_read` for the missing part of a large message",
        weak_keys: false,
        work: ours::direct_read,
    },
    Subject {
        name: "bowline, chunks",
        krate: Some("bowline"),
        class: Class::Ours(Mode::Chunks),
        note: "`Delivery::Chunks`",
        weak_keys: false,
        work: ours::chunks,
    },
    Subject {
        name: "tungstenite",
        krate: Some("tungstenite"),
        class: Class::Complete,
        note: "`read`, `write`, one `flush` per batch; a read buffer as large as a read",
        weak_keys: false,
        work: tungstenite::work_on,
    },
    Subject {
        name: "fastwebsockets",
        krate: Some("fastwebsockets"),
        class: Class::Complete,
        note: "`FragmentCollector`; each frame is written at once; its handshake is hyper's",
        weak_keys: false,
        work: fastwebsockets::collector,
    },
    Subject {
        name: "tokio-websockets",
        krate: Some("tokio-websockets"),
        class: Class::Complete,
        note: "`poll_next`, `feed`, one `flush` per batch",
        weak_keys: true,
        work: tokio_websockets::work_on,
    },
    Subject {
        name: "yawc",
        krate: Some("yawc"),
        class: Class::Complete,
        note: "`next_frame`, `feed`, one `flush` per batch; UTF-8 checked on request; its handshake is hyper's",
        weak_keys: false,
        work: yawc::complete,
    },
    Subject {
        name: "sockudo-ws",
        krate: Some("sockudo-ws"),
        class: Class::Complete,
        note: "`Protocol` over a `BytesMut`, messages in a `Vec` that is reused",
        weak_keys: true,
        work: sockudo::work_on,
    },
    Subject {
        name: "shiguredo_websocket",
        krate: Some("shiguredo_websocket"),
        class: Class::Complete,
        note: "`feed_recv_buf`, `poll_event`, `poll_output`; keys from `rand::rng()`, which the driver provides",
        weak_keys: false,
        work: shiguredo::work_on,
    },
    Subject {
        name: "websocketz",
        krate: Some("websocketz"),
        class: Class::Complete,
        note: "`next!` and `send!` over `embedded_io_async`; each message is written at once; buffers and `StdRng` from the driver",
        weak_keys: false,
        work: websocketz::work_on,
    },
    Subject {
        name: "ws-net",
        krate: Some("ws-net"),
        class: Class::Complete,
        note: "`read_buf`, `commit`, `poll`, `output`; an echo is copied, as in its example; it chooses the size of reads, up to 64 KiB",
        weak_keys: false,
        work: ws_net::work_on,
    },
    Subject {
        name: "wtx",
        krate: Some("wtx"),
        class: Class::Complete,
        note: "`read_frame`, `write_frame`; each message is written at once; masks in place, so the caller's data is copied first",
        weak_keys: true,
        work: wtx::work_on,
    },
    Subject {
        name: "soketto",
        krate: Some("soketto"),
        class: Class::Complete,
        note: "`receive_data` into a `Vec` that is reused; the driver checks UTF-8, as its documentation shows",
        weak_keys: false,
        work: soketto::work_on,
    },
    Subject {
        name: "yawc, codec",
        krate: Some("yawc"),
        class: Class::Bare,
        note: "`codec::Decoder`: no pongs, no Close, no reassembly; the driver checks UTF-8",
        weak_keys: false,
        work: yawc::codec,
    },
    Subject {
        name: "fastwebsockets, frames",
        krate: Some("fastwebsockets"),
        class: Class::Bare,
        note: "`WebSocket::read_frame`: no reassembly",
        weak_keys: false,
        work: fastwebsockets::frames,
    },
    Subject {
        name: "nexus-web",
        krate: Some("nexus-web"),
        class: Class::Bare,
        note: "`FrameReader` and `FrameWriter`: no pongs, no Close; buffers of fixed size",
        weak_keys: false,
        work: nexus::work_on,
    },
    Subject {
        name: "web-socket",
        krate: Some("web-socket"),
        class: Class::Bare,
        note: "`recv_event` over a `BufReader`: no pongs, no reassembly; the driver checks UTF-8",
        weak_keys: false,
        work: web_socket::work_on,
    },
    Subject {
        name: "floor, borrows",
        krate: None,
        class: Class::Floor(Mode::Borrowed),
        note: "hands out slices of the read buffer; a message that spans reads is assembled in a buffer that is reused",
        weak_keys: false,
        work: floor::borrowed,
    },
    Subject {
        name: "floor, direct read",
        krate: None,
        class: Class::Floor(Mode::DirectRead),
        note: "the same, but a message that spans reads is read straight into a `Vec` of its own",
        weak_keys: false,
        work: floor::direct_read,
    },
    Subject {
        name: "floor, chunks",
        krate: None,
        class: Class::Floor(Mode::Chunks),
        note: "hands out chunks as they arrive",
        weak_keys: false,
        work: floor::chunks,
    },
    Subject {
        name: "floor, Vec",
        krate: None,
        class: Class::Floor(Mode::Owned),
        note: "a `Vec` for each message",
        weak_keys: false,
        work: floor::vec,
    },
    Subject {
        name: "floor, clone",
        krate: None,
        class: Class::Floor(Mode::Clone),
        note: "clones a `Bytes` and drops it: two atomic operations",
        weak_keys: false,
        work: floor::clone,
    },
];

/// The check that a driver makes for a peer that leaves it to its user.
#[inline]
fn check_text(text: &[u8]) {
    assert!(simdutf8::basic::from_utf8(text).is_ok(), "the text is not valid UTF-8");
}
