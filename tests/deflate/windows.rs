//! How far back the matches reach that are sent (RFC 7692 §7.1.2, §7.2.1).

use crate::{
    common::{ROLES, written},
    kit::{Miniz, PLAIN, TEXT, agreed, agreed_with, ask, assert_received, noise, options, prose, serve, text},
    oracle::{Bad, Oracle},
};
use bowline::{Connection, Prepared, Role, deflate::Options};
use bowline_test::Frame;

/// Messages in which there is something to refer to at any distance about that of the window, and beyond.
fn messages(window_bits: u8) -> Vec<Vec<u8>> {
    let window = 1_usize << window_bits;
    let text = prose(window + 500);
    let mut messages = vec![text.clone().into_bytes(), text.into_bytes()];
    for period in [window / 2, window - 300, window - 262, window - 1, window, window + 1, window + 262] {
        let part = noise(period);
        messages.push([&part[..], &part, &part].concat());
    }
    messages
}

/// All that a connection sends of these messages, in order, compressed or not.
fn assert_within(mut connection: Connection, own: Role, window_bits: u8) -> usize {
    assert_eq!(connection.role(), own);
    let agreement = connection.deflate().unwrap();
    let mut oracle = Oracle::new(window_bits);
    for (round, message) in messages(window_bits).into_iter().enumerate() {
        match round % 3 {
            0 => connection.send_binary(message.clone()).unwrap(),
            1 => {
                let (one, two) = message.split_at(message.len() / 3);
                connection.send_binary_chunk(one, false).unwrap();
                connection.send_binary_chunk(two, true).unwrap();
            }
            _ => connection.send_prepared(&Prepared::binary(&message)).unwrap(),
        }
        if !agreement.context_takeover(own) {
            oracle.restart();
        }
        let frames = Frame::decode_all(&written(&mut connection));
        let payload: Vec<u8> = frames.iter().flat_map(|frame| frame.payload.clone()).collect();
        if frames[0].first & 0x40 == 0 {
            assert_eq!(payload, message);
        } else {
            assert_eq!(oracle.message(&payload).as_deref(), Ok(&message[..]), "window of {window_bits} bits");
        }
    }
    oracle.farthest
}

fn with(level: u8) -> Options {
    options(|options| (options.level, options.threshold) = (level, 0))
}

/// [T-14] [T-15] [T-11] [S-20] [S-10] No match reaches further back than the window that was agreed on, of 9 to 15 bits, with
/// any level, context takeover or none, whichever call sends it. And the window is used: most of it, if not all.
#[test]
fn no_match_beyond_the_window() {
    for role in ROLES {
        // One for each of the compressor's ways to look for matches.
        for level in [1, 2, 6, 9] {
            for bits in 9..=15 {
                let own = if role == Role::Server { "server" } else { "client" };
                let takeovers = [String::new(), format!("; {own}_no_context_takeover")];
                for takeover in &takeovers[..if level == 6 { 2 } else { 1 }] {
                    let params = format!("{PLAIN}; {own}_max_window_bits={bits}{takeover}");
                    let connection = agreed_with(role, &params, |config| config.deflate = Some(with(level)));
                    // What a client says of its own window, a server answers; here it is the answer already.
                    assert_eq!(connection.deflate().unwrap().window_bits(role), bits);
                    let farthest = assert_within(connection, role, bits);
                    assert!(farthest > (1 << bits) / 4, "{farthest} of {} bytes, level {level}", 1 << bits);
                }
            }
        }
    }
}

/// [T-14] [T-15] [T-30] An endpoint's own choice holds as well, where the peer would allow for more; and without one the window is
/// the largest.
#[test]
fn the_own_window() {
    assert_eq!(Options::default().window_bits, 15);
    for bits in 9..=15 {
        let own = options(|options| (options.window_bits, options.level) = (bits, 6));
        assert_within(serve(Some(own.clone()), &[PLAIN]).0, Role::Server, bits);
        assert_within(ask(Some(own.clone()), &[PLAIN]).unwrap(), Role::Client, bits);
        let larger = "permessage-deflate; client_max_window_bits=15; server_max_window_bits=15";
        assert_within(serve(Some(own.clone()), &[larger]).0, Role::Server, bits);
        assert_within(ask(Some(own), &[larger]).unwrap(), Role::Client, bits);
    }
}

/// [S-38] [X-15] [S-20] [S-15] [T-14] [T-15] With a window of 8 bits for this endpoint's messages, for which zlib cannot
/// compress, it sends all of them uncompressed, by whichever call. It receives compressed messages as usual, also those that
/// refer to the ones before.
#[test]
fn a_window_of_8_bits() {
    for role in ROLES {
        let own = if role == Role::Server { "server" } else { "client" };
        for takeover in [String::new(), format!("; {own}_no_context_takeover")] {
            let params = format!("{PLAIN}; {own}_max_window_bits=8{takeover}");
            let mut connection = agreed(role, &params);
            let agreement = connection.deflate().unwrap();
            assert_eq!((agreement.window_bits(role), agreement.window_bits(role.peer())), (8, 15));
            let message = prose(3000);
            connection.send_text(message.clone()).unwrap();
            connection.send_text_chunk(&message, false).unwrap();
            connection.send_text_chunk("", true).unwrap();
            connection.send_prepared(&Prepared::text(&message)).unwrap();
            for frame in Frame::decode_all(&written(&mut connection)) {
                assert_eq!(frame.first & 0x70, 0, "no reserved bit: the message is not compressed");
            }
            let mut peer = Miniz::new(6);
            for _ in 0..3 {
                assert_received(&mut connection, TEXT, &peer.message(message.as_bytes()), text(&message));
            }
        }
    }
}

/// The oracle sees what is too far: a message for 15 bits does not go through one of 9.
#[test]
fn the_oracle_minds() {
    let (mut server, _) = serve(Some(with(6)), &[PLAIN]);
    server.send_binary([&noise(600)[..], &noise(600)].concat()).unwrap();
    let frame = Frame::decode_all(&written(&mut server)).remove(0);
    assert_eq!(frame.first, 0xC2);
    assert_eq!(Oracle::new(9).message(&frame.payload), Err(Bad::TooFar));
    assert!(Oracle::new(10).message(&frame.payload).is_ok());
}

/// Parameters that were agreed elsewhere: the options of both ends, each from its own point of view.
#[test]
fn agreed_without_a_handshake() {
    for takeover in [true, false] {
        let client = options(|options| (options.context_takeover, options.peer_window_bits) = (takeover, 10));
        let server = options(|options| (options.peer_context_takeover, options.window_bits) = (takeover, 10));
        let agreements = [client.agreement(Role::Client), server.agreement(Role::Server)];
        assert_eq!(agreements[0], agreements[1]);
        let expected = if takeover { "" } else { "; client_no_context_takeover" };
        assert_eq!(agreements[0].to_string(), format!("permessage-deflate{expected}; server_max_window_bits=10"));

        let open = |role, options: Options| {
            let config = crate::common::config().with(|config| config.deflate = Some(options.clone()));
            Connection::new(role, config).with_agreement(options.agreement(role))
        };
        assert_within(open(Role::Server, server.clone()), Role::Server, 10);
        let (mut client, mut server) = (open(Role::Client, client), open(Role::Server, server));
        for _ in 0..3 {
            let text = prose(3000);
            client.send_text(&text).unwrap();
            let bytes = written(&mut client);
            assert!(bytes.len() < 1500, "compressed");
            assert_eq!(crate::common::receive(&mut server, &bytes), [bowline::Event::Text(text.into())]);
        }
    }
    let plain = Connection::new(Role::Client, crate::common::config())
        .with_agreement(Options::default().agreement(Role::Client));
    assert_eq!(plain.deflate(), None, "without options");
}
