//! The same bytes through bowline and through other libraries, in both roles.
//!
//! What the RFC says is written down a second time here, as plainly as can be ([`model`]), and so is each point in which
//! a library differs from it ([`quirks`]). For every stream, bowline must do what the model does, and every other library
//! what the model does with the quirks that are listed for it: whatever else differs fails, with the stream in
//! hexadecimal. A quirk that no stream shows any longer fails, too.

#![cfg(test)]
#![forbid(unsafe_code)]

mod deflate;
mod libraries;
mod model;
mod quirks;
mod streams;

use model::{Outcome, Receiver};
use quirks::Quirk;
use streams::{Random, Stream};

/// How many streams there are for each role.
const STREAMS: u64 = 20_000;

/// A library, driven in memory.
struct Library {
    name: &'static str,
    quirks: &'static [Quirk],
    receive: fn(&Stream) -> Outcome,
}

const OURS: Library = Library { name: "bowline", quirks: &[], receive: libraries::bowline };

const OTHERS: [Library; 3] = [
    Library { name: "tungstenite", quirks: quirks::TUNGSTENITE, receive: libraries::tungstenite },
    Library { name: "tokio-websockets", quirks: quirks::TOKIO_WEBSOCKETS, receive: libraries::tokio_websockets },
    Library { name: "sockudo-ws", quirks: quirks::SOCKUDO_WS, receive: libraries::sockudo_ws },
];

#[test]
fn bowline_does_what_the_model_does() {
    compare(&OURS);
}

#[test]
fn tungstenite_differs_only_as_listed() {
    compare(&OTHERS[0]);
}

#[test]
fn tokio_websockets_differs_only_as_listed() {
    compare(&OTHERS[1]);
}

#[test]
fn sockudo_ws_differs_only_as_listed() {
    compare(&OTHERS[2]);
}

/// The streams are worth something: every way to end is there, often, and so are whole messages.
#[test]
fn the_streams_are_of_all_kinds() {
    let mut ends = std::collections::BTreeMap::new();
    let mut messages = 0;
    for stream in all_streams() {
        let outcome = expected(&stream, &[]);
        messages += outcome.messages.len();
        *ends.entry(outcome.end.kind()).or_insert(0_u64) += 1;
    }
    println!("{messages} messages, {ends:?}");
    assert!(messages as u64 > STREAMS, "{messages} messages");
    assert_eq!(ends.len(), 5, "{ends:?}");
    assert!(ends.values().all(|&count| count > STREAMS / 100), "{ends:?}");
}

fn all_streams() -> impl Iterator<Item = Stream> {
    (0..STREAMS).flat_map(|seed| [true, false].map(|to_server| Stream::new(&mut Random::new(seed), to_server)))
}

fn expected(stream: &Stream, quirks: &[Quirk]) -> Outcome {
    Receiver::new(stream, quirks).receive(&stream.bytes)
}

fn compare(library: &Library) {
    let mut seen = vec![0_u64; library.quirks.len()];
    let mut unlike_the_rfc = 0_u64;
    for stream in all_streams() {
        let (received, expected_here) = ((library.receive)(&stream), expected(&stream, library.quirks));
        assert_eq!(received, expected_here, "{} differs from what is expected of it\n{stream}", library.name);
        if received == expected(&stream, &[]) {
            continue;
        }
        unlike_the_rfc += 1;
        for (seen, quirk) in seen.iter_mut().zip(library.quirks) {
            let others: Vec<Quirk> = library.quirks.iter().copied().filter(|other| other != quirk).collect();
            *seen += u64::from(expected(&stream, &others) != received);
        }
    }
    println!("{}: {unlike_the_rfc} of {} streams differ from the model", library.name, 2 * STREAMS);
    for (seen, quirk) in seen.iter().zip(library.quirks) {
        println!("  {seen} show {quirk:?}: {}", quirk.explanation());
        assert!(*seen > 0, "no stream shows any longer that {} has the quirk {quirk:?}", library.name);
    }
}
