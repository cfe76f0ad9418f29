//! Compression. Any bytes to a connection that has agreed to it: no panic, the same events and the same end however they are cut,
//! and no more memory than limit, chunk and decompressor. And any message sent is the message received.
#![no_main]

use arbitrary::Arbitrary;
use bowline::{
    Closure, Config, Connection, Delivery, Event, Input, Message, Outgoing, client,
    deflate::Options,
    server::{self, Accept},
};
use bytes::Buf;
use libfuzzer_sys::fuzz_target;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::{alloc::System, sync::Arc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const LIMIT: usize = 20_000;

#[derive(Arbitrary, Debug)]
struct Case<'a> {
    level: u8,
    memory_level: u8,
    window_bits: u8,
    context_takeover: bool,
    chunks: bool,
    to_client: bool,
    cut: u8,
    /// Each a message: whether it is sent in two chunks, whether it is compressed.
    messages: Vec<(bool, bool, &'a str)>,
    bytes: &'a [u8],
}

fuzz_target!(|case: Case<'_>| {
    let mut options = Options::default();
    (options.level, options.memory_level, options.window_bits) = (case.level, case.memory_level, case.window_bits);
    (options.context_takeover, options.peer_context_takeover) = (case.context_takeover, case.context_takeover);
    options.threshold = 0;
    let mut config = Config::new(|| [1, 2, 3, 4]);
    config.deflate = Some(options);
    (config.limits.message, config.limits.frame) = (LIMIT, 10 * LIMIT);
    config.delivery = if case.chunks { Delivery::Chunks } else { Delivery::Messages };
    let config = Arc::new(config);
    round_trip(&case, &config);

    let run = |cut| run(usize::from(!case.to_client), &config, case.bytes, cut);
    let (whole, in_pieces) = (run(usize::MAX), run(usize::from(case.cut).max(1)));
    assert_eq!(whole, in_pieces, "it depends on the cuts");
});

/// A client and a server.
fn pair(config: &Arc<Config>) -> [Connection; 2] {
    let asked = client::Request::from_uri("ws://example.com/").unwrap();
    let mut handshake = client::Handshake::new(asked, config.clone());
    let len = handshake.output().remaining();
    let mut request = handshake.output().copy_to_bytes(len).to_vec();
    let server::Progress::Request(request) =
        server::Handshake::new(config.clone()).receive(&mut Input::from(&mut request[..]))
    else {
        panic!("refused")
    };
    let mut server = request.accept(&Accept::any_origin()).unwrap();
    let mut answer = written(&mut server);
    match handshake.receive(&mut Input::from(&mut answer[..])) {
        client::Progress::Connected(client, _) => [client, server],
        other => panic!("{other:?}"),
    }
}

fn written(connection: &mut Connection) -> Vec<u8> {
    let queued = connection.buffered_amount();
    connection.output().copy_to_bytes(queued).to_vec()
}

/// The message, compressed or not.
fn outgoing(message: impl Into<Message>, compress: bool) -> Outgoing {
    let message = message.into();
    if compress { message.into() } else { message.uncompressed() }
}

fn round_trip(case: &Case<'_>, config: &Arc<Config>) {
    let mut ends = pair(config);
    assert_eq!(ends[0].deflate(), ends[1].deflate());
    for (index, (in_chunks, compressed, text)) in case.messages.iter().enumerate() {
        let text = &text[..text.floor_char_boundary(LIMIT)];
        let from = &mut ends[index % 2];
        if *in_chunks {
            let (one, two) = text.split_at(text.floor_char_boundary(text.len() / 2));
            from.send(outgoing(Message::TextChunk { text: one.to_owned().into(), last: false }, *compressed)).unwrap();
            from.send_text_chunk(two, true).unwrap();
        } else {
            from.send(outgoing(text, *compressed)).unwrap();
        }
        let mut bytes = written(from);
        let mut received = String::new();
        for piece in bytes.chunks_mut(usize::from(case.cut).max(1)) {
            let mut input = Input::from(piece);
            while let Some(event) = ends[1 - index % 2].receive(&mut input) {
                match event {
                    Event::Text(text) | Event::TextChunk { text, .. } => received.push_str(&text),
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(received, text);
    }
}

/// All that an outsider sees: the messages, put together, other events, the output, and the end.
type Outcome = (Vec<(u8, Vec<u8>)>, Vec<u8>, Option<Closure>);

fn run(end: usize, config: &Arc<Config>, bytes: &[u8], cut: usize) -> Outcome {
    let mut connection = pair(config).into_iter().nth(end).unwrap();
    let (mut all, mut output, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for piece in bytes.chunks(cut) {
        let mut piece = piece.to_vec();
        let mut input = Input::from(&mut piece);
        loop {
            let region = Region::new(ALLOCATOR);
            let event = connection.receive(&mut input);
            let change = region.change();
            // What one call adds; a decompressor has 48 KB.
            let grown = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
            assert!(grown <= 2 * LIMIT + 50_000, "{grown} bytes");
            let Some(event) = event else { break };
            match event {
                Event::TextChunk { text, last } => {
                    open.extend_from_slice(text.as_bytes());
                    if last {
                        all.push((1, std::mem::take(&mut open)));
                    }
                }
                Event::BinaryChunk { data, last } => {
                    open.extend_from_slice(&data);
                    if last {
                        all.push((2, std::mem::take(&mut open)));
                    }
                }
                other => all.push((3, format!("{other:?}").into_bytes())),
            }
            output.extend(written(&mut connection));
        }
        assert!(input.is_empty());
    }
    connection.receive_eof();
    assert!(connection.is_closed());
    (all, output, connection.closure().cloned())
}
