//! Any bytes from the peer, whole and in pieces: no panic, the same events, the same answers, the same end, and never more
//! memory than the bound allows.
#![no_main]

use arbitrary::Arbitrary;
use bowline::{Closure, Config, Connection, Delivery, Event, Input, Role};
use bytes::Buf;
use libfuzzer_sys::fuzz_target;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::{alloc::System, sync::Arc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[derive(Arbitrary, Debug)]
struct Case<'a> {
    client: bool,
    chunks: bool,
    small_limits: bool,
    cut: u8,
    bytes: &'a [u8],
}

type Outcome = (Vec<Event<'static>>, Vec<u8>, Option<Closure>);

fuzz_target!(|case: Case<'_>| {
    let mut config = Config::new(|| [1, 2, 3, 4]);
    config.delivery = if case.chunks { Delivery::Chunks } else { Delivery::Messages };
    if case.small_limits {
        (config.limits.message, config.limits.frame, config.limits.empty_fragments) = (40, 20, 2);
    }
    let config = Arc::new(config);
    let role = if case.client { Role::Client } else { Role::Server };

    let (whole, in_pieces) =
        (run(role, &config, case.bytes, usize::MAX), run(role, &config, case.bytes, usize::from(case.cut).max(1)));
    if case.chunks {
        assert_eq!(joined(whole.0), joined(in_pieces.0));
    } else {
        assert_eq!(whole.0, in_pieces.0);
    }
    assert_eq!(whole.1, in_pieces.1, "the output depends on the cuts");
    assert_eq!(whole.2, in_pieces.2, "the end depends on the cuts");
});

/// The output is drained after each event, so that every ping is answered by itself.
fn run(role: Role, config: &Arc<Config>, bytes: &[u8], cut: usize) -> Outcome {
    let mut connection = Connection::new(role, config.clone());
    let (mut events, mut output, mut received) = (Vec::new(), Vec::new(), 0);
    for piece in bytes.chunks(cut) {
        let mut piece = piece.to_vec();
        received += piece.len();
        let mut input = Input::from(&mut piece);
        loop {
            let region = Region::new(ALLOCATOR);
            let event = connection.receive(&mut input);
            let change = region.change();
            // Growth in one call; over calls it adds up to at most twice what has come.
            let grown = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
            assert!(grown <= 2 * received + 1024, "{grown} bytes for {received}");
            let Some(event) = event else { break };
            events.push(event.into_owned());
            let queued = connection.buffered_amount();
            output.extend_from_slice(&connection.output().copy_to_bytes(queued));
        }
        assert!(input.is_empty());
    }
    connection.receive_eof();
    assert!(connection.is_closed());
    (events, output, connection.closure().cloned())
}

/// Chunks of one message as one event: where a message is cut depends on the reads.
fn joined(events: Vec<Event<'static>>) -> Vec<(u8, Vec<u8>, bool)> {
    let mut all: Vec<(u8, Vec<u8>, bool)> = Vec::new();
    let mut open: Option<(u8, Vec<u8>)> = None;
    for event in events {
        let (kind, data, last) = match event {
            Event::TextChunk { text, last } => (1, text.into_string().into_bytes(), last),
            Event::BinaryChunk { data, last } => (2, data.into_vec(), last),
            // A message that ends in a failure is cut off where the reads happened to end.
            Event::Failed(error) => {
                all.push((0, error.to_string().into_bytes(), true));
                continue;
            }
            other => {
                all.push((3, format!("{other:?}").into_bytes(), true));
                continue;
            }
        };
        let (kind, mut before) = open.take().unwrap_or((kind, Vec::new()));
        before.extend(data);
        if last { all.push((kind, before, true)) } else { open = Some((kind, before)) }
    }
    all
}
