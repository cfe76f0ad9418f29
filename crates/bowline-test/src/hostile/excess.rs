//! What is allowed, but too much of it, or too slow.

use super::{Attack, Ending, PATIENCE};
use crate::frame::Frame;
use bowline::{CloseCode, Deadline, Role};
use std::time::Duration;

/// All of them.
pub(super) fn all(role: Role) -> Vec<Attack> {
    [fragments(role), floods(role), waits(role)].concat()
}

fn fragments(role: Role) -> Vec<Attack> {
    let frame = |first, payload: &[u8]| Frame::new(first, payload).sent_by(role.peer());
    let fragment = |payload: &[u8]| frame(0, payload).encode();
    let (first, last) = (frame(0x02, b"first"), frame(0x80, b"last"));
    let too_big = Ending::Violation(CloseCode::TOO_BIG);
    let too_many = Ending::Violation(CloseCode::POLICY_VIOLATION);
    vec![
        Attack::new("a message without an end", "Limits::message", too_big, role)
            .with(|script| script.send_frame(&first).flood(fragment(&[7; 60_000]), 1000)),
        Attack::new("a text message without an end", "Limits::message", too_big, role)
            .with(|script| script.send_frame(&frame(0x01, b"a")).flood(fragment(&[b'a'; 60_000]), 1000)),
        Attack::new("empty fragments without an end", "Limits::empty_fragments", too_many, role)
            .with(|script| script.send_frame(&first).flood(fragment(b""), 1_000_000)),
        Attack::new("a hundred thousand fragments of one byte", "memory", Ending::Normal, role)
            .with(|script| script.send_frame(&first).flood(fragment(b"x"), 100_000).send_frame(&last)),
    ]
}

fn floods(role: Role) -> Vec<Attack> {
    let from = role.peer();
    let ping = Frame::ping([7; 125]).sent_by(from).encode();
    let begun = Frame::text("a message").unfinished().sent_by(from);
    let ended = Frame::new(0x80, " that ends").sent_by(from);
    let unasked = Frame::pong("").sent_by(from).encode();
    vec![
        Attack::new("pings, while nothing is read", "Limits::pongs", Ending::Normal, role)
            .with(|script| script.flood(ping.clone(), 20_000)),
        Attack::new("pings inside a message, while nothing is read", "Limits::pongs", Ending::Normal, role)
            .with(|script| script.send_frame(&begun).flood(ping, 20_000).send_frame(&ended)),
        Attack::new("pongs that nobody asked for", "RFC 6455 §5.5.3", Ending::Normal, role)
            .with(|script| script.flood(unasked, 100_000)),
    ]
}

fn waits(role: Role) -> Vec<Attack> {
    let from = role.peer();
    let frame = Frame::binary([7; 200]).sent_by(from).encode();
    let half = frame.get(..50).unwrap_or_default().to_vec();
    let message = Frame::binary([7; 1000]).sent_by(from).encode();
    let [gone, slow] = [Deadline::Pong, Deadline::Write].map(Ending::Deadline);
    let silence = |name| Attack::new(name, "Deadlines::pong", gone, role);
    vec![
        silence("silence").with(|script| script),
        silence("silence inside a frame").with(|script| script.send_bytes(half)),
        // More than the queue of the answers holds.
        Attack::new("messages, of which no answer is read", "Limits::output and Deadlines::write", slow, role)
            .with(|script| script.flood(message.clone(), 40_000).wait(PATIENCE)),
        Attack::new("the same, and a byte every five seconds", "Limits::min_rate and Deadlines::write", slow, role)
            .with(|script| script.flood(message, 40_000).trickle(frame.repeat(5), Duration::from_secs(5))),
        Attack::new("a message, one byte every ten seconds", "Deadlines::pong counts any byte", Ending::Normal, role)
            .with(|script| script.trickle(frame.clone(), Duration::from_secs(10))),
        Attack::new(
            "a violation, and a stream that is never ended",
            "Deadlines::close",
            Ending::Violation(CloseCode::PROTOCOL_ERROR),
            role,
        )
        .with(|script| script.send_frame(&Frame::new(0x83, "").sent_by(from)).wait(PATIENCE)),
    ]
}
