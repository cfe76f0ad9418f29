//! What public bug reports about compression in other libraries describe.

use crate::{
    common::{ROLES, close_to, frame_to, receive, receive_cut, written},
    kit::{BINARY, Miniz, PLAIN, TEXT, Unminiz, agreed, ask, assert_received, binary, noise, options, prose, text},
    wire::plain,
};
use bowline::{
    CloseCode, State,
    adapter::blocking::{Transport, WebSocket},
};

/// A header with RSV1 and a length of two or eight bytes, cut at each byte: a check that is made again for each read must come to
/// the same result.
#[test]
fn a_compressed_header_in_pieces() {
    for role in ROLES {
        for len in [200, 70_000] {
            let content = noise(len);
            let mut connection = agreed(role, PLAIN);
            let mut peer = Miniz::new(9);
            for at in 1..16 {
                let frame = frame_to(role, BINARY, &peer.message(&content));
                let (first, rest) = frame.split_at(at);
                assert_eq!(receive_cut(&mut connection, first, 1), []);
                assert_eq!(receive(&mut connection, rest), [binary(&content)], "{at}");
            }
        }
    }
}

/// Messages that do not become smaller are sent as they are. The window of the peer does not have them, and messages after them
/// must not refer to them.
#[test]
fn what_is_sent_plain_is_in_no_window() {
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        let mut peer = Unminiz::new();
        let incompressible = noise(5000);
        let mut kinds = Vec::new();
        for round in 0..20 {
            for content in [prose(3000), format!("{round}{}", prose(500))] {
                connection.send_text(content.as_str()).unwrap();
                for (first, payload) in plain(&written(&mut connection)) {
                    let received = if first & 0x40 == 0 { payload } else { peer.message(&payload) };
                    assert!(received == content.as_bytes(), "{round}");
                    kinds.push(first);
                }
            }
            for content in [incompressible.clone(), [&incompressible[..100], &noise(round)].concat()] {
                connection.send_binary(&content).unwrap();
                for (first, payload) in plain(&written(&mut connection)) {
                    let received = if first & 0x40 == 0 { payload } else { peer.message(&payload) };
                    assert!(received == content, "{round}");
                    kinds.push(first);
                }
            }
        }
        assert!(kinds.contains(&TEXT) && kinds.contains(&0x82), "{kinds:02X?}");
    }
}

/// A client that has said it keeps nothing between messages (RFC 7692 §7.1.1.2) keeps nothing, also if the server does not repeat it.
#[test]
fn a_hint_is_a_promise() {
    let options = options(|options| {
        options.threshold = 0;
        options.context_takeover = false;
    });
    let mut client = ask(Some(options), &[PLAIN]).unwrap();
    for _ in 0..5 {
        let content = prose(1000);
        client.send_text(content.as_str()).unwrap();
        let [(TEXT, payload)] = &plain(&written(&mut client))[..] else { panic!("not compressed") };
        assert!(Unminiz::new().message(payload) == content.as_bytes(), "it refers to an earlier message");
    }
}

/// Control frames between the fragments of a compressed message leave the state of the decompressor alone, as do plain messages
/// between compressed ones.
#[test]
fn control_frames_between_compressed_fragments() {
    for role in ROLES {
        let mut connection = agreed(role, PLAIN);
        let mut peer = Miniz::new(9);
        for _ in 0..5 {
            let content = prose(2000);
            let payload = peer.message(content.as_bytes());
            let pieces: Vec<_> = payload.chunks(50).collect();
            for (at, piece) in pieces.iter().enumerate() {
                let first = if at == 0 { 0x41 } else { 0x00 } | if at + 1 == pieces.len() { 0x80 } else { 0 };
                let events = receive(&mut connection, &frame_to(role, first, piece));
                if at + 1 == pieces.len() {
                    assert_eq!(events, [text(&content)]);
                } else {
                    assert_eq!(events, []);
                    assert_eq!(receive(&mut connection, &frame_to(role, 0x89, b"?")).len(), 1);
                    assert_eq!(receive(&mut connection, &frame_to(role, 0x8A, b"!")).len(), 1);
                }
            }
            assert_received(&mut connection, 0x81, b"plain", text("plain"));
        }
        assert_eq!(connection.state(), State::Open);
    }
}

/// `close` while a compressed message and the Close frame are in one packet.
#[test]
fn close_behind_a_compressed_message() {
    for role in ROLES {
        let (near, mut far) = bowline_test::blocking::stream_pair(bowline_test::Wire::new());
        let mut socket = WebSocket::new(near, agreed(role, PLAIN));
        let bytes = [frame_to(role, TEXT, &Miniz::new(9).message(b"unprocessed")), close_to(role, 1000, "")].concat();
        std::io::Write::write_all(&mut far, &bytes).unwrap();
        Transport::shutdown_write(&mut far).unwrap();
        assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_clean());
    }
}
