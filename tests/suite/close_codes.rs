//! Which codes and reasons can be sent in a Close frame (RFC 6455 §5.5.1, §7.4).

use crate::{
    common::{ROLES, close_from, close_to, connection, frame_from, frame_to, receive, written},
    wire::{as_the_peer_reads_it, connection_that_counts, drawn},
};
use bowline::{CloseCode, CloseError, CloseFrame, Event, Role, State};

/// Table P of the ledger, as it is written there.
fn may_send(code: u16, role: Role) -> bool {
    match code {
        0..=999 => false,
        1000..=1003 => true,
        1004..=1006 => false,
        1007..=1009 => true,
        1010 => role == Role::Client,
        1011..=1014 => true,
        1015 => false,
        1016..=2999 => false,
        3000..=4999 => true,
        5000.. => false,
    }
}

/// [O-01] [O-18] [P-02] [P-03] [P-04] [P-05] [P-06] [P-07] [P-09] [P-10] [P-11] [P-12] [P-13] [P-14] [P-15] [P-16]
/// [P-17] [P-18] [P-19] [P-20] [P-21] [P-22] [P-23] [X-17] `close` with each of the 65,536 codes. What must not be
/// sent changes nothing.
#[test]
fn every_code() {
    for role in ROLES {
        for code in (0..=u16::MAX).filter(|code| *code != 1005) {
            let mut connection = connection_that_counts(role, |config| config.entropy = || crate::common::KEY);
            let closed = connection.close(CloseCode::new(code), "why");
            if may_send(code, role) {
                assert_eq!(closed, Ok(()));
                assert_eq!(written(&mut connection), close_from(role, code, "why"));
            } else {
                assert_eq!(closed, Err(CloseError::Code(CloseCode::new(code))), "{role:?}");
                assert_eq!((connection.buffered_amount(), connection.state()), (0, State::Open));
                assert_eq!(connection.send_text("goes on"), Ok(()));
            }
        }
    }
}

/// [P-01] [P-08] [P-24] [O-02] Code 1005 never travels: it asks for a Close frame without a body.
#[test]
fn no_status_is_an_empty_body() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.close(CloseCode::NO_STATUS, "").unwrap();
        let bytes = written(&mut connection);
        assert_eq!(bytes, frame_from(role, 0x88, b""));
        assert_eq!(as_the_peer_reads_it(role, &bytes), [Event::Close(None)]);
    }
}

/// [O-04] [O-05] [L-02] A reason has room for 123 bytes, in whatever characters; the API takes nothing but text.
#[test]
fn reasons() {
    let fits = ["a".repeat(123), "é".repeat(61) + "a", "€".repeat(41), "🦀".repeat(30) + "abc", String::new()];
    let too_long = ["a".repeat(124), "é".repeat(62), "€".repeat(41) + "a", "🦀".repeat(31), "a".repeat(70_000)];
    for role in ROLES {
        for reason in &fits {
            let mut connection = connection(role);
            connection.close(CloseCode::NORMAL, reason).unwrap();
            let bytes = written(&mut connection);
            assert_eq!(bytes, close_from(role, 1000, reason));
            let frame = CloseFrame { code: CloseCode::NORMAL, reason: reason.into() };
            assert_eq!(as_the_peer_reads_it(role, &bytes), [Event::Close(Some(frame))]);
        }
        for reason in &too_long {
            let mut connection = connection_that_counts(role, |_| {});
            assert_eq!(connection.close(CloseCode::NORMAL, reason), Err(CloseError::ReasonTooLong(reason.len())));
            assert_eq!((connection.buffered_amount(), connection.state(), drawn()), (0, State::Open, 0));
            assert_eq!(connection.close(CloseCode::NORMAL, "short"), Ok(()));
        }
        let mut connection = connection(role);
        assert_eq!(connection.close(CloseCode::NO_STATUS, "why"), Err(CloseError::ReasonWithoutCode));
        assert_eq!((connection.buffered_amount(), connection.state()), (0, State::Open));
    }
}

/// [O-08] [O-09] [P-24] The answer has the peer's code without its reason, and no body if the peer's had none.
#[test]
fn the_answer_echoes_the_code() {
    for role in ROLES {
        for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
            let mut connection = connection(role);
            receive(&mut connection, &close_to(role, code, "because"));
            assert_eq!(written(&mut connection), close_from(role, code, ""));
        }
        let mut connection = connection(role);
        assert_eq!(receive(&mut connection, &frame_to(role, 0x88, b"")), [Event::Close(None)]);
        assert_eq!(written(&mut connection), frame_from(role, 0x88, b""));
    }
}

/// [P-13] [O-09] A server does not send 1010 of itself, but echoes it: the answer says what it answers.
#[test]
fn a_server_echoes_extension_required() {
    let mut server = connection(Role::Server);
    assert_eq!(server.close(1010.into(), ""), Err(CloseError::Code(CloseCode::EXTENSION_REQUIRED)));
    receive(&mut server, &close_to(Role::Server, 1010, "no extension"));
    assert_eq!(written(&mut server), close_from(Role::Server, 1010, ""));
}

/// Names as the registry of close codes has them, and the ranges that it leaves to others (§7.4.2, §11.7).
#[test]
fn names() {
    let registered = [
        (1000, "normal closure"),
        (1001, "going away"),
        (1002, "protocol error"),
        (1003, "unsupported data"),
        (1005, "no status received"),
        (1006, "abnormal closure"),
        (1007, "invalid payload data"),
        (1008, "policy violation"),
        (1009, "message too big"),
        (1010, "mandatory extension"),
        (1011, "internal error"),
        (1012, "service restart"),
        (1013, "try again later"),
        (1014, "bad gateway"),
        (1015, "TLS handshake failed"),
    ];
    for code in 0..=u16::MAX {
        let name = registered.iter().find(|(registered, _)| *registered == code).map_or_else(
            || match code {
                3000..=3999 => "registered by a library or framework",
                4000..=4999 => "private use",
                _ => "unassigned",
            },
            |(_, name)| name,
        );
        let close_code = CloseCode::from(code);
        assert_eq!(close_code.name(), name);
        assert_eq!(close_code.to_string(), format!("{code} ({name})"));
        assert_eq!(format!("{close_code:?}"), format!("CloseCode({code})"));
        assert_eq!(u16::from(close_code), code);
    }
}
