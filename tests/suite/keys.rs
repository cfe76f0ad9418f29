//! The keys with which a client masks (RFC 6455 §5.3, §10.3).

use crate::{
    common::{frame_to, receive, written},
    wire::{connection_that_counts, drawn},
};
use bowline::{CloseCode, Config, Connection, Prepared, Role, Timestamp};
use bowline_test::Frame;
use bytes::Bytes;
use std::{collections::HashSet, thread, time::Duration};

/// A frame of every kind that a connection sends, by itself or when asked: eleven in all.
fn send_everything(role: Role) -> Connection {
    let mut connection = connection_that_counts(role, |config| config.deadlines.ping = Some(Duration::from_secs(1)));
    let _ = connection.tick(Timestamp::default());
    connection.send_text("a").unwrap();
    connection.send_binary(b"b").unwrap();
    connection.send_binary(Bytes::from(vec![b'c'; 10_000])).unwrap();
    connection.send_prepared(&Prepared::text("d")).unwrap();
    connection.send_text_chunk("e", false).unwrap();
    connection.ping(b"f").unwrap();
    connection.send_text_chunk("", false).unwrap();
    connection.pong(b"g").unwrap();
    connection.send_text_chunk("h", true).unwrap();
    let _ = connection.tick(Timestamp::since_origin(Duration::from_secs(1)));
    connection.close(CloseCode::NORMAL, "i").unwrap();
    connection
}

/// [I-01] [J-01] Each frame of a client has a key of its own: fragments, control frames, what is prepared, what it sends
/// by itself.
#[test]
fn a_fresh_key_for_each_frame() {
    let mut client = send_everything(Role::Client);
    let keys: Vec<_> = Frame::decode_all(&written(&mut client)).into_iter().map(|frame| frame.key).collect();
    assert_eq!(keys, (1..=11_u32).map(|key| Some(key.to_be_bytes())).collect::<Vec<_>>());
    assert_eq!(drawn(), 11);
}

/// [J-01] The answers to a ping, to a Close frame and to a violation have fresh keys, too.
#[test]
fn a_fresh_key_for_each_answer() {
    for last in [&b"\x88\x00"[..], b"\x83\x00"] {
        let mut client = connection_that_counts(Role::Client, |_| {});
        for payload in [b"a", b"b", b"c"] {
            receive(&mut client, &frame_to(Role::Client, 0x89, payload));
        }
        receive(&mut client, last);
        let sent = Frame::decode_all(&written(&mut client));
        let firsts: Vec<_> = sent.iter().map(|frame| frame.first).collect();
        let keys: Vec<_> = sent.iter().map(|frame| frame.key.map(u32::from_be_bytes)).collect();
        assert_eq!(firsts, [0x8A, 0x8A, 0x8A, 0x88]);
        assert_eq!(keys, [Some(1), Some(2), Some(3), Some(4)]);
    }
}

/// [I-02] A server masks nothing and draws no keys.
#[test]
fn a_server_never_masks() {
    let mut server = send_everything(Role::Server);
    receive(&mut server, &frame_to(Role::Server, 0x89, b"j"));
    let sent = Frame::decode_all(&written(&mut server));
    assert_eq!(sent.len(), 12);
    assert!(sent.iter().all(|frame| frame.key.is_none()));
    assert_eq!(drawn(), 0);
}

/// What a client with the default configuration draws for so many frames.
fn default_keys(count: usize) -> Vec<u32> {
    let mut client = Connection::new(Role::Client, Config::default());
    for _ in 0..count {
        client.send_binary(b"").unwrap();
    }
    Frame::decode_all(&written(&mut client)).iter().map(|frame| u32::from_be_bytes(frame.key.unwrap())).collect()
}

/// [J-02] [J-03] [J-10] The default keys do not repeat, each of their bits is one half of the time, and each bit changes
/// half of the time: a counter, a clock or a congruential generator would show in its lowest bits.
#[test]
fn default_keys_show_no_pattern() {
    const COUNT: usize = 10_000;
    let keys = default_keys(COUNT);
    // Two of ten thousand random keys are equal once in 86 runs; eleven are never.
    assert!(keys.iter().collect::<HashSet<_>>().len() > COUNT - 10);
    let steps: Vec<u32> = keys.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    assert!(steps.iter().collect::<HashSet<_>>().len() > COUNT - 10);
    for bit in 0..32 {
        let ones = keys.iter().filter(|key| *key >> bit & 1 == 1).count();
        assert!((COUNT * 4 / 10..COUNT * 6 / 10).contains(&ones), "bit {bit} is set {ones} times");
        let changes = keys.windows(2).filter(|pair| (pair[0] ^ pair[1]) >> bit & 1 == 1).count();
        assert!((COUNT * 4 / 10..COUNT * 6 / 10).contains(&changes), "bit {bit} changes {changes} times");
    }
}

/// [J-03] [J-10] No two connections, on one thread or on several, draw the same keys.
#[test]
fn default_keys_differ_between_connections_and_threads() {
    let mut runs = vec![default_keys(100), default_keys(100)];
    runs.extend([(); 2].map(|()| thread::spawn(|| default_keys(100)).join().unwrap()));
    let different: HashSet<u32> = runs.concat().into_iter().collect();
    assert!(different.len() > 390, "{} of 400 keys are different", different.len());
}
