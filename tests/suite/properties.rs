//! What must hold for any bytes and any cut, tried on random ones. The oracle reads frames byte by byte, as RFC 6455
//! §5.2 draws them.

use crate::{
    common::{KEY, connection_with, frame_to, receive, written},
    peer::{BINARY, CONTINUATION, FIN, PING, PONG, TEXT, header_to, joined, poll_events},
};
use bowline::{
    Closure, Connection, Delivery, Event, Role, Violation,
    frame::{DecodeError, Expect, Header, MAX_HEADER_LEN, Opcode, mask, rotate_key},
};
use bytes::BufMut;
use proptest::{collection::vec, prelude::*, sample::Index};

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Client), Just(Role::Server)]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![Just(Delivery::Messages), Just(Delivery::Chunks)]
}

/// What a peer sends that keeps to the rules: a message in fragments, with a control frame after each.
#[derive(Clone, Debug)]
struct Message {
    text: bool,
    data: Vec<u8>,
    /// Where the fragments end.
    cuts: Vec<Index>,
    control: Option<(bool, Vec<u8>)>,
}

fn message() -> impl Strategy<Value = Message> {
    let text = (".{0,50}", 0..5_usize).prop_map(|(text, repeat)| (true, text.repeat(repeat).into_bytes()));
    let binary = (vec(any::<u8>(), 0..40), prop_oneof![9 => 0..10_usize, 1 => 200..500_usize])
        .prop_map(|(data, repeat)| (false, data.repeat(repeat)));
    let control = proptest::option::of((any::<bool>(), vec(any::<u8>(), 0..=125)));
    (prop_oneof![text, binary], vec(any::<Index>(), 0..4), control).prop_map(|((text, data), cuts, control)| Message {
        text,
        data,
        cuts,
        control,
    })
}

impl Message {
    fn frames_to(&self, role: Role) -> Vec<u8> {
        let mut cuts: Vec<usize> = self.cuts.iter().map(|cut| cut.index(self.data.len() + 1)).collect();
        cuts.sort_unstable();
        let (mut bytes, mut start) = (Vec::new(), 0);
        let mut first = if self.text { TEXT & !FIN } else { BINARY & !FIN };
        for end in cuts {
            bytes.extend(frame_to(role, first, &self.data[start..end]));
            bytes.extend(self.control_to(role));
            (first, start) = (CONTINUATION & !FIN, end);
        }
        bytes.extend(frame_to(role, first | FIN, &self.data[start..]));
        bytes.extend(self.control_to(role));
        bytes
    }

    fn control_to(&self, role: Role) -> Vec<u8> {
        let Some((ping, payload)) = &self.control else { return Vec::new() };
        frame_to(role, if *ping { PING } else { PONG }, payload)
    }

    /// What is received of it.
    fn events(&self) -> Vec<Event<'static>> {
        let control = || {
            let (ping, payload) = self.control.clone()?;
            Some(if ping { Event::Ping(payload.into()) } else { Event::Pong(payload.into()) })
        };
        let mut events: Vec<_> = self.cuts.iter().filter_map(|_| control()).collect();
        events.push(if self.text {
            Event::Text(String::from_utf8(self.data.clone()).unwrap().into())
        } else {
            Event::Binary(self.data.clone().into())
        });
        events.extend(control());
        events
    }
}

/// A stream of messages, perhaps with a Close frame at the end.
fn stream() -> impl Strategy<Value = (Vec<Message>, Option<(u16, String)>)> {
    (vec(message(), 0..5), proptest::option::of((1000..1004_u16, "[가-힣]{0,9}")))
}

fn bytes_to(role: Role, (messages, close): &(Vec<Message>, Option<(u16, String)>)) -> Vec<u8> {
    let mut bytes: Vec<u8> = messages.iter().flat_map(|message| message.frames_to(role)).collect();
    if let Some((code, reason)) = close {
        bytes.extend(crate::common::close_to(role, *code, reason));
    }
    bytes
}

/// All that an outsider sees of a connection that has received something.
#[derive(Debug, PartialEq)]
struct Seen {
    events: Vec<Event<'static>>,
    output: Vec<u8>,
    closure: Option<Closure>,
}

/// What becomes of `bytes` if they arrive in pieces of these lengths, again and again; by direct reads as well, if
/// `both` says so.
fn seen(connection: &mut Connection, mut bytes: &[u8], pieces: &[usize], both: bool) -> Seen {
    let (mut events, mut output) = (Vec::new(), Vec::new());
    for len in pieces.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let mut now = (*len).clamp(1, bytes.len());
        let directly = |connection: &mut Connection| {
            connection.direct_read(|space| {
                let space = space.as_buf_mut();
                let count = now.min(space.remaining_mut());
                space.put_slice(&bytes[..count]);
                count
            })
        };
        if both && let Some(count) = directly(connection) {
            bytes = &bytes[count..];
            now = 0;
        }
        events.extend(receive(connection, &bytes[..now]));
        events.extend(poll_events(connection));
        output.extend(written(connection));
        bytes = &bytes[now..];
    }
    Seen { events: joined(events), output, closure: connection.closure().cloned() }
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![4 => 1..8_usize, 3 => 8..300_usize, 2 => 300..9000_usize], 1..12)
}

/// Every ping is answered, however many come at once.
fn no_limits(role: Role, delivery: Delivery) -> Connection {
    connection_with(role, |config| (config.delivery, config.limits.pongs) = (delivery, usize::MAX))
}

fn small_limits(role: Role, delivery: Delivery) -> Connection {
    connection_with(role, |config| {
        (config.delivery, config.limits.pongs) = (delivery, usize::MAX);
        config.limits.frame = 40;
        config.limits.message = 100;
        config.limits.empty_fragments = 1;
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// [I-23] [I-24] [K-02] [K-06] [K-12] [L-04] [L-05] [N-06] [N-08] [M-02] A stream that is in order gives its
    /// messages, pongs and closure, however it is cut, with direct reads or without.
    #[test]
    fn valid_streams(role in role(), delivery in delivery(), stream in stream(), pieces in pieces(), both: bool) {
        let bytes = bytes_to(role, &stream);
        let mut expected: Vec<_> = stream.0.iter().flat_map(Message::events).collect();
        let mut replies: Vec<u8> = expected.iter().filter_map(|event| match event {
            Event::Ping(payload) => Some(frame_to(role.peer(), PONG, payload)),
            _ => None,
        }).flatten().collect();
        if let Some((code, reason)) = stream.1 {
            expected.push(Event::Close(Some(bowline::CloseFrame { code: code.into(), reason: reason.into() })));
            replies.extend(crate::common::close_from(role, code, ""));
        }
        let make = || no_limits(role, delivery);
        let cut = seen(&mut make(), &bytes, &pieces, both);
        prop_assert_eq!(&cut.events, &expected);
        prop_assert_eq!(&cut.output, &replies);
        prop_assert_eq!(cut, seen(&mut make(), &bytes, &[usize::MAX], false));
    }

    /// [I-23] [R-12] [O-29] [O-30] [M-08] A stream with a byte changed, lost or doubled is received or refused in the
    /// same way however it is cut; within the limits or not.
    #[test]
    fn damaged_streams(
        role in role(), limited: bool, stream in stream(), pieces in pieces(), both: bool,
        damage in vec((any::<Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let mut bytes = bytes_to(role, &stream);
        for (at, byte, how) in damage {
            let at = at.index(bytes.len() + 1);
            match how {
                0 => bytes.insert(at, byte),
                _ if at == bytes.len() => {}
                1 => bytes[at] ^= byte,
                _ => drop(bytes.remove(at)),
            }
        }
        let kind = if limited { small_limits } else { no_limits };
        let make = || kind(role, Delivery::Messages);
        prop_assert_eq!(
            seen(&mut make(), &bytes, &pieces, both),
            seen(&mut make(), &bytes, &[usize::MAX], false)
        );
    }

    /// [R-12] [I-23] Any bytes at all, in both roles and deliveries: no panic, all is consumed (which `receive`
    /// asserts), and the cut does not matter.
    #[test]
    fn any_bytes(role in role(), delivery in delivery(), bytes in vec(any::<u8>(), 0..300), pieces in pieces()) {
        let cut = seen(&mut small_limits(role, delivery), &bytes, &pieces, true);
        let whole = seen(&mut small_limits(role, delivery), &bytes, &[usize::MAX], false);
        prop_assert_eq!(cut.output, whole.output);
        prop_assert_eq!(cut.closure, whole.closure);
        if delivery == Delivery::Messages {
            prop_assert_eq!(cut.events, whole.events);
        }
    }

    /// [R-12] [I-23] Frames that are likely to be in order, but keep to no plan, so that more than the first of them is
    /// reached.
    #[test]
    fn any_frames(
        role in role(), delivery in delivery(), pieces in pieces(),
        frames in vec((first_byte(), vec(any::<u8>(), 0..60)), 0..12),
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| frame_to(role, *first, payload)).collect();
        let cut = seen(&mut small_limits(role, delivery), &bytes, &pieces, true);
        let whole = seen(&mut small_limits(role, delivery), &bytes, &[usize::MAX], false);
        prop_assert_eq!(cut.output, whole.output);
        prop_assert_eq!(cut.closure, whole.closure);
        if delivery == Delivery::Messages {
            prop_assert_eq!(cut.events, whole.events);
        }
    }

    /// [I-16] [I-21] What is encoded decodes to the same header, in as many bytes as was said, whatever follows; and
    /// not with fewer.
    #[test]
    fn decode_undoes_encode(
        fin: bool, reserved in 0..8_u8, opcode in any::<Index>(), key: Option<[u8; 4]>, payload_len in length(),
        after in vec(any::<u8>(), 0..4),
    ) {
        let all = [Opcode::Continuation, Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong];
        let opcode = *opcode.get(&all);
        let is_data = matches!(opcode, Opcode::Text | Opcode::Binary);
        let payload_len = if opcode.is_control() { payload_len % 126 } else { payload_len };
        prop_assume!(!(opcode == Opcode::Close && payload_len == 1));
        let (fin, reserved) = (fin || opcode.is_control(), if is_data { reserved } else { 0 });
        let header = Header { fin, reserved, opcode, key, payload_len };
        let mut expect = Expect::from(if key.is_some() { Role::Client } else { Role::Server });
        (expect.reserved, expect.in_message) = (7, opcode == Opcode::Continuation);
        let mut bytes = [0; MAX_HEADER_LEN];
        let len = header.encode(&mut bytes);
        prop_assert_eq!(len, header.encoded_len());
        prop_assert_eq!(Header::decode(&bytes[..len - 1], &expect), Ok(None));
        let more = [&bytes[..len], &after].concat();
        prop_assert_eq!(Header::decode(&more, &expect), Ok(Some((header, len))));
    }

    /// [J-04] [J-05] Masking in any pieces, with any key, is the RFC's formula.
    #[test]
    fn masking_in_pieces(data in vec(any::<u8>(), 0..600), key: [u8; 4], pieces in vec(1..90_usize, 1..9)) {
        let (mut masked, mut rest, mut at) = (data.clone(), &mut [][..], 0);
        for len in pieces.iter().cycle() {
            rest = masked.get_mut(at..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let len = (*len).min(rest.len());
            mask(&mut rest[..len], rotate_key(key, at));
            at += len;
        }
        prop_assert!(rest.is_empty());
        prop_assert_eq!(masked, crate::common::naive_mask(&data, key));
    }
}

proptest! {
    // Cheap, and each rule hides others.
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    /// [I-07] [I-08] [I-09] [I-10] [I-11] [I-12] [I-17] [I-18] [I-19] [I-20] [K-03] [K-04] [K-07] [L-01]
    /// `Header::decode` against the oracle, for any prefix of any bytes, and the same error for every longer one.
    #[test]
    fn decode_is_what_the_rfc_says(bytes in header_bytes(), expect in expect()) {
        for len in 0..=bytes.len() {
            prop_assert_eq!(Header::decode(&bytes[..len], &expect), oracle(&bytes[..len], &expect));
        }
    }
}

fn length() -> impl Strategy<Value = u64> {
    let edges = [0, 1, 2, 125, 126, 127, 255, 256, 65_535, 65_536, 1 << 31, 1 << 32, i64::MAX as u64];
    prop_oneof![any::<Index>().prop_map(move |i| *i.get(&edges)), (0..=i64::MAX as u64), (0..70_000_u64)]
}

/// Bytes that begin as headers do, more often than not.
fn header_bytes() -> impl Strategy<Value = Vec<u8>> {
    let width = prop_oneof![Just(0_usize), Just(2), Just(8)];
    let any_length = prop_oneof![3 => length(), 1 => any::<u64>(), 1 => Just(1 << 63), 1 => Just(u64::MAX)];
    let length = (width, any_length, any::<bool>()).prop_map(|(width, len, masked)| {
        let role = if masked { Role::Server } else { Role::Client };
        header_to(role, 0, width, if width == 0 { len % 126 } else { len })[1..].to_vec()
    });
    let header = (first_byte(), length, vec(any::<u8>(), 0..3));
    prop_oneof![
        4 => header.prop_map(|(first, length, more)| [&[first][..], &length, &more].concat()),
        1 => vec(any::<u8>(), 0..20),
    ]
}

/// The first byte of a frame, likely to be in order.
fn first_byte() -> impl Strategy<Value = u8> {
    let in_order = [0, 0x80, 1, 0x81, 2, 0x82, 0x88, 0x89, 0x8A];
    prop_oneof![9 => any::<Index>().prop_map(move |i| *i.get(&in_order)), 1 => any::<u8>()]
}

fn expect() -> impl Strategy<Value = Expect> {
    let limit = || prop_oneof![Just(u64::MAX), 0..300_u64, 0..70_000_u64, Just(i64::MAX as u64)];
    let runs = (0..3_usize, 0..3_usize);
    let message = (any::<bool>(), any::<bool>());
    (role(), 0..8_u8, message, runs, limit(), limit(), 0..200_u64).prop_map(
        |(role, reserved, (in_message, in_compressed), (limit, run), frame_limit, message_limit, message_len)| {
            let mut expect = Expect::from(role);
            (expect.reserved, expect.in_message) = (reserved, in_message);
            expect.in_compressed = in_message && in_compressed;
            (expect.empty_limit, expect.empty_run) = (limit, run);
            (expect.frame_limit, expect.message_limit, expect.message_len) = (frame_limit, message_limit, message_len);
            expect
        },
    )
}

/// RFC 6455 §5.2, one byte at a time.
fn oracle(bytes: &[u8], expect: &Expect) -> Result<Option<(Header, usize)>, DecodeError> {
    let bad = |violation, index| Err(DecodeError { violation, index });
    let Some(first) = bytes.first() else { return Ok(None) };
    let (fin, reserved) = (first & 0x80 != 0, first >> 4 & 7);
    let opcode = Opcode::from_bits(first & 0x0F);
    let is_first_data = matches!(opcode, Some(Opcode::Text | Opcode::Binary));
    if reserved & !(if is_first_data { expect.reserved } else { 0 }) != 0 {
        return bad(Violation::ReservedBits(reserved), 0);
    }
    let Some(opcode) = opcode else { return bad(Violation::ReservedOpcode(first & 0x0F), 0) };
    if opcode.is_control() && !fin {
        return bad(Violation::FragmentedControl(opcode), 0);
    }
    if opcode == Opcode::Continuation && !expect.in_message {
        return bad(Violation::NothingToContinue, 0);
    }
    if is_first_data && expect.in_message {
        return bad(Violation::MessageInMessage(opcode), 0);
    }
    let Some(second) = bytes.get(1) else { return Ok(None) };
    let (masked, short) = (second & 0x80 != 0, second & 0x7F);
    match expect.from {
        Role::Client if !masked => return bad(Violation::NotMasked, 1),
        Role::Server if masked => return bad(Violation::Masked, 1),
        _ => {}
    }
    if opcode.is_control() && short > 125 {
        return bad(Violation::ControlTooLong(opcode), 1);
    }
    if opcode == Opcode::Close && short == 1 {
        return bad(Violation::HalfCloseCode, 1);
    }
    if !opcode.is_control() && !fin && short == 0 && expect.empty_run >= expect.empty_limit {
        return bad(Violation::EmptyFragments { limit: expect.empty_limit }, 1);
    }
    let width = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let mut len = if width == 0 { u128::from(short) } else { 0 };
    for index in 1..=1 + width {
        // After this byte, the length is at least `low` and at most `high`.
        let missing = 8 * (1 + width - index) as u32;
        if index > 1 {
            let Some(byte) = bytes.get(index) else { return Ok(None) };
            len = len << 8 | u128::from(*byte);
        }
        let (low, high) = (len << missing, ((len + 1) << missing) - 1);
        if low >= 1 << 63 {
            return bad(Violation::LengthTopBit, index);
        }
        if width == 2 && high < 126 || width == 8 && high < 65_536 {
            return bad(Violation::LengthNotMinimal, index);
        }
        if !opcode.is_control() && low > u128::from(expect.frame_limit) {
            return bad(Violation::FrameTooBig { limit: expect.frame_limit }, index);
        }
        // What a compressed message comes to, its frames do not tell.
        let is_plain = reserved == 0 && !expect.in_compressed;
        let is_over = low > 0 && low + u128::from(expect.message_len) > u128::from(expect.message_limit);
        if !opcode.is_control() && is_plain && is_over {
            return bad(Violation::MessageTooBig { limit: expect.message_limit }, index);
        }
    }
    let mut key = None;
    let mut end = 2 + width;
    if masked {
        let Some(bytes) = bytes.get(end..end + 4) else { return Ok(None) };
        key = Some([bytes[0], bytes[1], bytes[2], bytes[3]]);
        end += 4;
    }
    Ok(Some((Header { fin, reserved, opcode, key, payload_len: len as u64 }, end)))
}

/// The key of the tests has no zero byte and no two that are the same, or a wrong rotation would not show.
#[test]
fn the_key_shows_every_rotation() {
    for by in 1..4 {
        assert!(rotate_key(KEY, by).iter().zip(KEY).all(|(rotated, byte)| *rotated != byte));
    }
}
