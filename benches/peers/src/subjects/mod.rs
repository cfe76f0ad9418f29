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

/// What a subject is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// bowline, through one of its doors.
    Ours(Door),
    /// A peer that does all that a connection has to do.
    Complete,
    /// A peer's codec without a part of it: see the note.
    Bare,
    /// Written by hand.
    Floor(Door),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// Whole messages, borrowed if they lie in the read buffer.
    Slice,
    /// Whole messages, read right into the space in which they are assembled.
    Second,
    /// Pieces as they arrive.
    Pieces,
    /// A `Vec` for each message.
    Vec,
}

/// One of those that are measured.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub name: &'static str,
    /// The crate whose version counts, if it is not written here.
    pub krate: Option<&'static str>,
    pub class: Class,
    /// How it is driven, and what it leaves to its user.
    pub note: &'static str,
    /// `None` where it does not apply.
    pub work: fn(&Job) -> Option<Box<dyn Work>>,
}

/// All of them, in the order of the tables.
pub const ALL: [Subject; 16] = [
    Subject {
        name: "bowline",
        krate: Some("bowline"),
        class: Class::Ours(Door::Slice),
        note: "`receive` on the slice that a read filled; complete",
        work: ours::slice,
    },
    Subject {
        name: "bowline, second door",
        krate: Some("bowline"),
        class: Class::Ours(Door::Second),
        note: "the same, and `direct_read` for what is missing of a large message",
        work: ours::second,
    },
    Subject {
        name: "bowline, pieces",
        krate: Some("bowline"),
        class: Class::Ours(Door::Pieces),
        note: "`Delivery::Chunks`",
        work: ours::pieces,
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
        note: "`poll_next`, `feed`, one `flush` per batch; keys from `fastrand`, which is no CSPRNG",
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
        note: "`Protocol` over a `BytesMut`, messages in a `Vec` that is kept; keys from `fastrand`, which is no CSPRNG",
        work: sockudo::work_on,
    },
    Subject {
        name: "soketto",
        krate: Some("soketto"),
        class: Class::Complete,
        note: "`receive_data` into a `Vec` that is kept; the driver checks UTF-8, as its documentation shows",
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
        name: "floor, lends",
        krate: None,
        class: Class::Floor(Door::Slice),
        note: "lends slices of a 16 KiB buffer; what spans reads is assembled in a buffer that is kept",
        work: floor::lends,
    },
    Subject {
        name: "floor, pieces",
        krate: None,
        class: Class::Floor(Door::Pieces),
        note: "hands out pieces as they arrive",
        work: floor::pieces,
    },
    Subject {
        name: "floor, Vec",
        krate: None,
        class: Class::Floor(Door::Vec),
        note: "a `Vec` for each message",
        work: floor::vec,
    },
];

/// The check that a driver makes for a peer that leaves it to its user.
#[inline]
fn check_text(text: &[u8]) {
    assert!(simdutf8::basic::from_utf8(text).is_ok(), "that is no text");
}
