//! Large owned payloads from a client, which are masked as they are written, against the formula and against borrowed ones.

use crate::common::{connection, frame_from, frame_to, receive, written};
use bowline::{Connection, Event, Role};
use bytes::{Buf, Bytes};
use std::io::IoSlice;

/// Around the sizes at which something changes, and an odd one.
const SIZES: [usize; 6] = [65_535, 65_536, 65_537, 81_920, 81_921, 200_003];

fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 % 251) as u8).collect()
}

/// A client that has queued a small frame, an owned payload and another small frame, and what is to be written.
fn queued(len: usize) -> (Connection, Vec<u8>) {
    let payload = payload(len);
    let mut client = connection(Role::Client);
    client.send_text("before").unwrap();
    client.send_binary(Bytes::from(payload.clone())).unwrap();
    client.send_text("after").unwrap();
    let frames = [(0x81, &b"before"[..]), (0x82, &payload), (0x81, b"after")];
    let expected = frames.map(|(first, payload)| frame_from(Role::Client, first, payload)).concat();
    assert_eq!(client.buffered_amount(), expected.len());
    (client, expected)
}

/// [J-04] [J-05] [N-05] Every byte is that of the formula, however much is advanced at a time, and whether it was looked at
/// or not.
#[test]
fn masked_like_the_formula() {
    for len in SIZES {
        for step in [1000, 16_384, 16_389, 40_001, usize::MAX] {
            let (mut client, expected) = queued(len);
            let mut at = 0;
            while !client.output().is_empty() {
                let output = client.output();
                assert!(expected[at..].starts_with(output.chunk()), "{len} bytes, from {at} on");
                assert!(!output.chunk().is_empty());
                let mut slices = [IoSlice::new(&[]); 8];
                let count = output.chunks_vectored(&mut slices);
                let shown: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
                assert!(expected[at..].starts_with(&shown) && shown.starts_with(output.chunk()));
                let front = output.front().unwrap();
                assert!(expected[at..].starts_with(&front));
                at = expected.len().min(at.saturating_add(step));
                output.advance(step);
                assert_eq!(output.remaining(), expected.len() - at);
            }
        }
    }
}

/// [L-06] A pong that comes meanwhile goes behind the whole frame, and ahead of what waits.
#[test]
fn pongs_wait_for_the_end_of_the_frame() {
    for begun in [1, 20, 20_000, 70_000] {
        let (mut client, expected) = queued(70_001);
        let mut bytes = expected[..begun].to_vec();
        client.output().advance(begun);
        assert_eq!(
            receive(&mut client, &frame_to(Role::Client, 0x89, b"ping")),
            [Event::Ping(b"ping".to_vec().into())]
        );
        bytes.extend(written(&mut client));
        let after = expected.len() - frame_from(Role::Client, 0x81, b"after").len();
        let (first, last) = expected.split_at(after);
        // Before its first frame is written, that one is the first piece.
        let ahead = if begun < 12 { frame_from(Role::Client, 0x81, b"before").len() } else { first.len() };
        let pong = frame_from(Role::Client, 0x8A, b"ping");
        assert_eq!(bytes, [&first[..ahead], &pong, &first[ahead..], last].concat(), "{begun} bytes were written");
    }
}

/// [N-05] A handle to what is being written stays as it is while the rest is masked.
#[test]
fn handles_stay() {
    let (mut client, expected) = queued(200_003);
    let mut handles = Vec::new();
    while let Some(front) = client.output().front() {
        client.output().advance(front.len());
        handles.push(front);
    }
    assert!(handles.len() > 3 && handles.iter().all(|handle| handle.len() < 65_536));
    assert_eq!(handles.concat(), expected);
}
