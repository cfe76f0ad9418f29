//! What must hold for any messages, options and cuts, tried on random ones.

use crate::{
    common::{KEY, frame_to, written},
    kit::{NO_CONTEXT_TAKEOVER, PLAIN, agreed_with, deflated, noise, outgoing, pair, stored},
};
use bowline::{Closure, Config, Connection, Delivery, Event, Input, Message, Prepared, Role, Text, deflate::Options};
use bowline_test::Frame;
use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::Index};
use std::sync::Arc;

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Client), Just(Role::Server)]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![Just(Delivery::Messages), Just(Delivery::Chunks)]
}

fn options() -> impl Strategy<Value = Options> {
    let context_takeover = (any::<bool>(), any::<bool>(), any::<bool>());
    let threshold = prop_oneof![Just(0_usize), Just(64), 0..3000_usize];
    (0..=10_u8, 0..=10_u8, 7..=16_u8, 7..=16_u8, context_takeover, threshold).prop_map(
        |(
            level,
            memory_level,
            window_bits,
            peer_window_bits,
            (context_takeover, peer_context_takeover, fallback),
            threshold,
        )| {
            let mut options = Options::default();
            (options.level, options.memory_level) = (level, memory_level);
            (options.window_bits, options.peer_window_bits) = (window_bits, peer_window_bits);
            (options.context_takeover, options.peer_context_takeover, options.fallback) =
                (context_takeover, peer_context_takeover, fallback);
            options.threshold = threshold;
            options
        },
    )
}

/// Content that can be compressed, or cannot, or in part.
fn content() -> impl Strategy<Value = String> {
    let len = prop_oneof![4 => 0..200_usize, 4 => 0..6000_usize, 1 => 0..200_000_usize];
    prop_oneof![
        3 => (".{1,40}", len.clone()).prop_map(|(part, len)| part.repeat(len / part.len() + 1)),
        2 => len.clone().prop_map(crate::kit::prose),
        2 => len.clone().prop_map(|len| noise(len).into_iter().map(|byte| char::from(byte & 0x7F)).collect()),
        1 => (".{0,40}", len).prop_map(|(part, len)| part.clone() + &crate::kit::prose(len) + &part),
        1 => Just(String::new()),
    ]
}

/// How a message is sent.
#[derive(Clone, Debug)]
enum How {
    Whole,
    Prepared,
    /// In chunks that end at these places.
    Chunks(Vec<Index>),
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![3 => Just(How::Whole), 1 => Just(How::Prepared), 2 => vec(any::<Index>(), 0..4).prop_map(How::Chunks)]
}

#[derive(Clone, Debug)]
struct Sent {
    from_client: bool,
    text: bool,
    compression: bool,
    content: String,
    how: How,
}

fn sent() -> impl Strategy<Value = Sent> {
    let compression = prop_oneof![5 => Just(true), 1 => Just(false)];
    (any::<bool>(), any::<bool>(), compression, content(), how()).prop_map(
        |(from_client, text, compression, content, how)| Sent { from_client, text, compression, content, how },
    )
}

impl Sent {
    fn send(&self, connection: &mut Connection) {
        let content = &*self.content;
        match (&self.how, self.text) {
            (How::Whole, true) => connection.send(outgoing(content, self.compression)).unwrap(),
            (How::Whole, false) => connection.send(outgoing(content.as_bytes(), self.compression)).unwrap(),
            (How::Prepared, text) => {
                let message = if text { Prepared::text(content) } else { Prepared::binary(content) };
                let message = if self.compression { message } else { message.uncompressed() };
                connection.send_prepared(&message).unwrap();
            }
            (How::Chunks(ends), text) => {
                let places: Vec<usize> = content.char_indices().map(|(at, _)| at).chain([content.len()]).collect();
                let mut ends: Vec<usize> = ends.iter().map(|end| *end.get(&places)).chain([content.len()]).collect();
                ends.sort_unstable();
                let mut start = 0;
                for (index, end) in ends.iter().enumerate() {
                    let (chunk, last) = (&content[start..*end], index + 1 == ends.len());
                    let chunk = if text {
                        Message::TextChunk { text: Text::from(chunk).into_owned(), last }
                    } else {
                        Message::BinaryChunk { data: Bytes::copy_from_slice(chunk.as_bytes()), last }
                    };
                    connection.send(outgoing(chunk, self.compression)).unwrap();
                    connection.ping(b"between").unwrap();
                    start = *end;
                }
            }
        }
    }
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![3 => 1..8_usize, 3 => 8..300_usize, 3 => 300..90_000_usize], 1..12)
}

/// What comes out, with the pieces of each message put together; what is wrong comes last.
#[derive(Debug, Default, PartialEq)]
struct Received {
    /// Whether it is text, and what it is.
    messages: Vec<(bool, Vec<u8>)>,
    others: Vec<Event<'static>>,
    output: Vec<u8>,
    closure: Option<Closure>,
}

fn received(connection: &mut Connection, bytes: &[u8], pieces: &[usize]) -> Received {
    let (mut all, mut rest, mut open) = (Received::default(), bytes.to_vec(), Vec::new());
    let mut rest = &mut rest[..];
    for len in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at_mut((*len).clamp(1, rest.len()));
        let mut input = Input::from(now);
        while let Some(event) = connection.receive(&mut input) {
            match event.into_owned() {
                Event::Text(text) => all.messages.push((true, text.into_string().into_bytes())),
                Event::Binary(data) => all.messages.push((false, data.into_vec())),
                Event::TextChunk { text, last } => {
                    open.extend_from_slice(text.as_bytes());
                    if last {
                        all.messages.push((true, std::mem::take(&mut open)));
                    }
                }
                Event::BinaryChunk { data, last } => {
                    open.extend_from_slice(&data);
                    if last {
                        all.messages.push((false, std::mem::take(&mut open)));
                    }
                }
                other => all.others.push(other),
            }
        }
        assert!(input.is_empty(), "input is left although there is no event");
        all.output.extend(written(connection));
        rest = later;
    }
    all.closure = connection.closure().cloned();
    all
}

fn config(options: Options, delivery: Delivery) -> Arc<Config> {
    Arc::new(Config::new(|| KEY).with(|config| {
        (config.deflate, config.delivery) = (Some(options), delivery);
        (config.limits.pongs, config.limits.output) = (usize::MAX, usize::MAX);
    }))
}

/// Compressed messages of all sorts, one of them perhaps in fragments.
fn stream() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    let payload = prop_oneof![
        3 => content().prop_map(|content| deflated(content.as_bytes())),
        2 => (content(), 1..3000_usize).prop_map(|(content, block)| stored(&content.as_bytes()[..content.len().min(9000)], block)),
        1 => vec(any::<u8>(), 0..60),
        1 => Just(vec![0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]),
    ];
    let first = prop_oneof![6 => Just(0xC1_u8), 6 => Just(0xC2), 2 => Just(0x81), 1 => Just(0x89), 1 => Just(0xC9)];
    let split = proptest::option::of(any::<Index>());
    vec((first, payload, split), 1..6).prop_map(|messages| {
        let mut frames = Vec::new();
        for (first, payload, split) in messages {
            match split {
                Some(at) if first & 8 == 0 => {
                    let (one, two) = payload.split_at(at.index(payload.len() + 1));
                    frames.push((first & 0x7F, one.to_vec()));
                    frames.push((0x89, b"between".to_vec()));
                    frames.push((0x80, two.to_vec()));
                }
                _ if first & 8 != 0 => frames.push((first, payload[..payload.len().min(125)].to_vec())),
                _ => frames.push((first, payload)),
            }
        }
        frames
    })
}

fn limited(role: Role, params: &str, delivery: Delivery, limit: usize) -> Connection {
    agreed_with(role, params, |config| {
        (config.delivery, config.limits.message) = (delivery, limit);
        config.limits.pongs = usize::MAX;
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// [S-10] [T-08] [T-18] [T-20] [T-28] [T-12] [T-13] Any two that agree understand each other, whatever is sent, in which way, and
    /// however it is cut on the way.
    #[test]
    fn round_trips(
        client in options(), server in options(), delivery in delivery(), messages in vec(sent(), 1..8), pieces in pieces(),
    ) {
        let mut ends = pair(&config(client, delivery), &config(server, delivery));
        prop_assert_eq!(ends[0].deflate(), ends[1].deflate());
        for message in &messages {
            let [client, server] = &mut ends;
            let (from, to) = if message.from_client { (client, server) } else { (server, client) };
            message.send(from);
            let bytes = written(from);
            prop_assert!(Frame::decode_all(&bytes).iter().all(|frame| frame.first & 0x40 == 0 || from.deflate().is_some()));
            let received = received(to, &bytes, &pieces);
            prop_assert_eq!(received.closure, None);
            let expected = (message.text, message.content.clone().into_bytes());
            prop_assert!(received.messages == [expected], "not what was sent: {:?}", message.how);
        }
    }

    /// [T-25] [T-26] [R-12] [I-23] Any damage to compressed messages is received or refused in the same way however the bytes are cut,
    /// with the same error at the same position, within the limit or not.
    #[test]
    fn damaged_streams(
        role in role(), context_takeover: bool, delivery in delivery(), limit in prop_oneof![Just(usize::MAX), 0..5000_usize],
        frames in stream(), pieces in pieces(), damage in vec((any::<Index>(), any::<u8>(), 0..3_u8), 0..4),
    ) {
        let mut bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| frame_to(role, *first, payload)).collect();
        for (at, byte, how) in damage {
            let at = at.index(bytes.len() + 1);
            match how {
                0 => bytes.insert(at, byte),
                _ if at == bytes.len() => {}
                1 => bytes[at] ^= byte,
                _ => drop(bytes.remove(at)),
            }
        }
        let params = if context_takeover { PLAIN } else { NO_CONTEXT_TAKEOVER };
        let cut = received(&mut limited(role, params, delivery, limit), &bytes, &pieces);
        let whole = received(&mut limited(role, params, delivery, limit), &bytes, &[usize::MAX]);
        prop_assert_eq!(&cut.closure, &whole.closure);
        prop_assert_eq!(&cut, &whole);
        let bytewise = received(&mut limited(role, params, delivery, limit), &bytes, &[1]);
        prop_assert_eq!(bytewise, whole);
    }

    /// [R-12] [T-25] Damage to the payload alone, so that it is the decompressor that gets it.
    #[test]
    fn damaged_payloads(
        role in role(), context_takeover: bool, delivery in delivery(), pieces in pieces(), mut frames in stream(),
        damage in vec((any::<Index>(), any::<Index>(), any::<u8>()), 1..4),
    ) {
        for (frame, at, byte) in damage {
            let count = frames.len();
            let payload = &mut frames[frame.index(count)].1;
            if !payload.is_empty() {
                let at = at.index(payload.len());
                payload[at] ^= byte;
            }
        }
        let bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| frame_to(role, *first, payload)).collect();
        let params = if context_takeover { PLAIN } else { NO_CONTEXT_TAKEOVER };
        let cut = received(&mut limited(role, params, delivery, 1 << 20), &bytes, &pieces);
        let whole = received(&mut limited(role, params, delivery, 1 << 20), &bytes, &[usize::MAX]);
        prop_assert_eq!(cut, whole);
    }
}
