//! Everything that RFC 6455 forbids after the opening handshake.

use super::{Attack, Ending};
use crate::{
    config::KEY,
    frame::{Frame, LengthForm},
    script::Script,
};
use bowline::{CloseCode, Role};

const PROTOCOL: Ending = Ending::Violation(CloseCode::PROTOCOL_ERROR);
const TOO_BIG: Ending = Ending::Violation(CloseCode::TOO_BIG);
const INVALID: Ending = Ending::Violation(CloseCode::INVALID_DATA);

/// First bytes of frames.
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CONTINUATION: u8 = 0x80;
const CONTROL: [u8; 3] = [0x88, 0x89, 0x8A];
const FIN: u8 = 0x80;

/// Headers that break a rule by themselves: no payload follows.
pub(super) fn headers(role: Role) -> Vec<Attack> {
    let key = (role == Role::Server).then_some(KEY);
    let wrong_key = (role == Role::Client).then_some(KEY);
    let attack = |name, against, ending, header: Vec<u8>| {
        Attack::new(name, against, ending, role).with(|script| script.send_bytes(header))
    };
    let header = |first, form, len| Frame::header(first, form, len, key);
    let mut attacks = Vec::new();
    for first in [TEXT, BINARY, 0x88, 0x89, 0x8A] {
        for bit in [0x40, 0x20, 0x10, 0x70] {
            let bytes = header(first | bit, LengthForm::Bits7, 0);
            attacks.push(attack("a reserved bit", "RFC 6455 §5.2", PROTOCOL, bytes));
        }
        let bytes = Frame::header(first, LengthForm::Bits7, 0, wrong_key);
        attacks.push(attack("a frame that is masked like those of the other role", "RFC 6455 §5.1", PROTOCOL, bytes));
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for fin in [0, FIN] {
            let bytes = header(fin | opcode, LengthForm::Bits7, 0);
            attacks.push(attack("a reserved opcode", "RFC 6455 §5.2", PROTOCOL, bytes));
        }
    }
    for first in CONTROL {
        let bytes = header(first & !FIN, LengthForm::Bits7, 0);
        attacks.push(attack("a fragmented control frame", "RFC 6455 §5.5", PROTOCOL, bytes));
        for (form, len) in [(LengthForm::Bits16, 126), (LengthForm::Bits64, 1 << 40)] {
            let bytes = header(first, form, len);
            attacks.push(attack("a control frame of more than 125 bytes", "RFC 6455 §5.5", PROTOCOL, bytes));
        }
    }
    for (form, len) in [
        (LengthForm::Bits16, 0),
        (LengthForm::Bits16, 125),
        (LengthForm::Bits64, 0),
        (LengthForm::Bits64, 125),
        (LengthForm::Bits64, 0xFFFF),
    ] {
        let bytes = header(BINARY, form, len);
        attacks.push(attack("a length that is not minimal", "RFC 6455 §5.2", PROTOCOL, bytes));
    }
    for len in [1 << 63, u64::MAX] {
        let bytes = header(BINARY, LengthForm::Bits64, len);
        attacks.push(attack("a length with its top bit set", "RFC 6455 §5.2", PROTOCOL, bytes));
    }
    for len in [(1 << 24) + 1, (1 << 31) - 1, 1 << 31, 1 << 32, 1 << 40, i64::MAX as u64] {
        for first in [TEXT, BINARY, TEXT & !FIN] {
            let bytes = header(first, LengthForm::Bits64, len);
            attacks.push(attack("a frame that declares more than the limit", "Limits::frame", TOO_BIG, bytes));
        }
    }
    attacks
}

/// Frames that are not allowed where they are.
pub(super) fn sequences(role: Role) -> Vec<Attack> {
    let from = role.peer();
    let send = |script: Script, first: u8, payload: &str| script.send_frame(&Frame::new(first, payload).sent_by(from));
    let attack = |name, ending| Attack::new(name, "RFC 6455 §5.4", ending, role);
    let mut attacks = vec![
        attack("a continuation of nothing", PROTOCOL).with(|script| send(script, CONTINUATION, "")),
        attack("a continuation of nothing, without FIN", PROTOCOL).with(|script| send(script, 0, "")),
        attack("a continuation after a whole message", PROTOCOL)
            .with(|script| send(send(script, TEXT, "whole"), CONTINUATION, "more")),
    ];
    for first in [TEXT, BINARY, TEXT & !FIN, BINARY & !FIN] {
        attacks.push(attack("a message inside another", PROTOCOL).with(|script| {
            let script = send(script, TEXT & !FIN, "to be continued");
            send(send(script, 0x89, "in between"), first, "another")
        }));
    }
    // What follows is not looked at, and the first cause stays.
    attacks.push(Attack::new("messages after a violation", "RFC 6455 §7.1.7", PROTOCOL, role).with(|script| {
        let frames = Frame::text("and another thing").sent_by(from).encode();
        send(script, 0x83, "").flood(frames, 10_000)
    }));
    attacks.push(Attack::new("frames after a Close frame", "RFC 6455 §5.5.1", Ending::Normal, role).with_all(
        |script| {
            let frames = Frame::new(0x83, "and another thing").sent_by(from).encode();
            script.send_close(CloseCode::NORMAL, "").flood(frames, 10_000)
        },
    ));
    attacks
}

/// Payloads that break a rule.
pub(super) fn payloads(role: Role) -> Vec<Attack> {
    let from = role.peer();
    let attack = |name, against, ending, frames: &[(u8, &[u8])]| {
        let frames = frames.iter().map(|(first, payload)| Frame::new(*first, *payload).sent_by(from));
        Attack::new(name, against, ending, role)
            .with(|script| frames.fold(script, |script, frame| script.send_frame(&frame)))
    };
    let text = |name, frames: &[(u8, &[u8])]| attack(name, "RFC 6455 §8.1", INVALID, frames);
    let mut attacks = vec![
        text("text with a byte that UTF-8 does not have", &[(TEXT, b"a\xFFb")]),
        text("text with a continuation byte alone", &[(TEXT, b"\x80")]),
        text("text in an overlong form", &[(TEXT, b"\xC0\xAF")]),
        text("text in an overlong form of three bytes", &[(TEXT, b"\xE0\x80\xAF")]),
        text("text with a surrogate", &[(TEXT, b"\xED\xA0\x80")]),
        text("text beyond U+10FFFF", &[(TEXT, b"\xF4\x90\x80\x80")]),
        text("text that ends inside a character", &[(TEXT, b"\xE2\x82")]),
        text(
            "text whose last character is cut off by an empty fragment",
            &[(TEXT & !FIN, b"\xE2\x82"), (CONTINUATION, b"")],
        ),
        text("text that is invalid in its second fragment", &[(TEXT & !FIN, b"\xE2"), (CONTINUATION, b"\x28\xA1")]),
        attack("a Close frame with half a code", "RFC 6455 §5.5.1", PROTOCOL, &[(0x88, b"\x03")]),
        attack("a close reason that is not UTF-8", "RFC 6455 §5.5.1", INVALID, &[(0x88, b"\x03\xE8\xFF")]),
    ];
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        let frame: &[(u8, &[u8])] = &[(0x88, &code.to_be_bytes())];
        attacks.push(attack("a close code that must not be sent", "RFC 6455 §7.4", PROTOCOL, frame));
    }
    attacks
}
