//! Who is measured, and how each is driven.

mod compressed;
mod fastwebsockets;
mod nexus;
mod ours;
mod sockudo;
mod soketto;
mod tokio_websockets;
mod tungstenite;
mod web_socket;
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
    /// `None` where it does not apply.
    pub work: fn(&Job) -> Option<Box<dyn Work>>,
}

/// All of them, in the order of the tables.
pub const ALL: [Subject; 16] = [
    Subject {
        name: "bowline",
        krate: Some("bowline"),
        class: Class::Ours(Mode::Borrowed),
        note: "`receive` on the slice that a read filled; complete",
        work: ours::borrowed,
    },
    Subject {
        name: "bowline, direct read",
        krate: Some("bowline"),
        class: Class::Ours(Mode::DirectRead),
        note: "the same, and `direct_read` for the missing part of a large message",
        work: ours::direct_read,
    },
    Subject {
        name: "bowline, chunks",
        krate: Some("bowline"),
        class: Class::Ours(Mode::Chunks),
        note: "`Delivery::Chunks`",
        work: ours::chunks,
    },
    Subject {
        name: "tungstenite",
        krate: Some("tungstenite"),
        class: Class::Complete,
        note: "`read`, `write`, one `flush` per batch; a read buffer as large as a read, 16 KiB",
        work: tungstenite::work_on,
    },
    Subject {
        name: "fastwebsockets",
        krate: Some("fastwebsockets"),
        class: Class::Complete,
        note: "`FragmentCollector`; each frame is written at once; its handshake is hyper's",
        work: fastwebsockets::collector,
    },
    Subject {
        name: "tokio-websockets",
        krate: Some("tokio-websockets"),
        class: Class::Complete,
        note: "`poll_next`, `feed`, one `flush` per batch; keys from `fastrand`, which is not a CSPRNG",
        work: tokio_websockets::work_on,
    },
    Subject {
        name: "yawc",
        krate: Some("yawc"),
        class: Class::Complete,
        note: "`next_frame`, `feed`, one `flush` per batch; UTF-8 checked on demand; its handshake is hyper's",
        work: yawc::complete,
    },
    Subject {
        name: "sockudo-ws",
        krate: Some("sockudo-ws"),
        class: Class::Complete,
        note: "`Protocol` over a `BytesMut`, messages in a `Vec` that is reused; keys from `fastrand`, which is not a CSPRNG",
        work: sockudo::work_on,
    },
    Subject {
        name: "soketto",
        krate: Some("soketto"),
        class: Class::Complete,
        note: "`receive_data` into a `Vec` that is reused; the driver checks UTF-8, as its documentation shows",
        work: soketto::work_on,
    },
    Subject {
        name: "yawc, codec",
        krate: Some("yawc"),
        class: Class::Bare,
        note: "`codec::Decoder`: no pongs, no Close, no reassembly; the driver checks UTF-8",
        work: yawc::codec,
    },
    Subject {
        name: "fastwebsockets, frames",
        krate: Some("fastwebsockets"),
        class: Class::Bare,
        note: "`WebSocket::read_frame`: no reassembly",
        work: fastwebsockets::frames,
    },
    Subject {
        name: "nexus-web",
        krate: Some("nexus-web"),
        class: Class::Bare,
        note: "`FrameReader` and `FrameWriter` (of nexus-net until 0.7): no pongs, no Close; buffers of fixed size",
        work: nexus::work_on,
    },
    Subject {
        name: "web-socket",
        krate: Some("web-socket"),
        class: Class::Bare,
        note: "`recv_event` over a `BufReader`: no pongs, no reassembly; the driver checks UTF-8",
        work: web_socket::work_on,
    },
    Subject {
        name: "floor, borrows",
        krate: None,
        class: Class::Floor(Mode::Borrowed),
        note: "hands out slices of a 16 KiB buffer; a message that spans reads is assembled in a buffer that is reused",
        work: floor::borrowed,
    },
    Subject {
        name: "floor, chunks",
        krate: None,
        class: Class::Floor(Mode::Chunks),
        note: "hands out chunks as they arrive",
        work: floor::chunks,
    },
    Subject {
        name: "floor, Vec",
        krate: None,
        class: Class::Floor(Mode::Owned),
        note: "a `Vec` for each message",
        work: floor::vec,
    },
];

/// The check that a driver makes for a peer that leaves it to its user.
#[inline]
fn check_text(text: &[u8]) {
    assert!(simdutf8::basic::from_utf8(text).is_ok(), "the text is not valid UTF-8");
}
