//! Futures that are dropped at every point at which they wait.
//!
//! The streams say `Pending` before everything they do, and wake at once, so that each future has as many such points as
//! there are calls of the stream in it.

use crate::{
    common::{KEY, ROLES, close_from, close_to, frame_from, frame_to},
    kit::{Reads, Script, data, hesitant_pair, over, poll_times},
    wire::plain,
};
use bowline::{
    CloseCode, Config, Message, Role,
    adapter::tokio::{self as ws, WebSocket},
    client, server,
};
use std::sync::Arc;

/// What a peer may send: messages of all kinds and sizes, some in fragments and with pings in between, and a Close frame.
fn all_kinds(role: Role, large: usize) -> (Vec<u8>, Vec<Message>) {
    let (mut bytes, mut messages) = (Vec::new(), Vec::new());
    for (i, len) in [0, 1, 125, 126, 700, large / 4, large / 3].into_iter().enumerate() {
        let Message::Binary(payload) = data(len, i) else { panic!() };
        bytes.extend(frame_to(role, 0x82, &payload));
        bytes.extend(frame_to(role, 0x89, format!("ping {i}").as_bytes()));
        messages.push(payload.into());
        let text = "Grüße".repeat(i);
        bytes.extend(frame_to(role, 0x81, text.as_bytes()));
        messages.push(text.into());
    }
    let Message::Binary(payload) = data(large, 99) else { panic!() };
    let (first, rest) = payload.split_at(large / 2 - 1000);
    bytes.extend(frame_to(role, 0x02, first));
    bytes.extend(frame_to(role, 0x89, b"in between"));
    bytes.extend(frame_to(role, 0x80, rest));
    messages.push(payload.into());
    bytes.extend(close_to(role, 1000, "bye"));
    (bytes, messages)
}

/// A connection that has all that to read, `most` bytes at a time.
fn hesitant(role: Role, most: usize) -> (Script, WebSocket<Script>, Vec<Message>) {
    // A few bytes at a time take long for much.
    let (bytes, messages) = all_kinds(role, if most < 100 { 2400 } else { 20_000 });
    let script = Script::new([Reads::Bytes(bytes), Reads::End]);
    let socket = over(script.hesitant(most), role);
    (script, socket, messages)
}

/// The answers to it: the pongs, in order, though some may have been left out for later ones; and the Close frame, last.
#[track_caller]
fn assert_answered(role: Role, written: &[u8]) {
    let frames = plain(written);
    let (close, pongs) = frames.split_last().unwrap();
    assert_eq!(plain(&close_from(role, 1000, ""))[0], *close);
    let pongs: Vec<_> =
        pongs.iter().map(|(first, payload)| (*first, String::from_utf8(payload.clone()).unwrap())).collect();
    let asked: Vec<_> = (0..7).map(|i| format!("ping {i}")).chain(["in between".to_owned()]).collect();
    let mut left = asked.iter();
    for (first, payload) in &pongs {
        assert_eq!(*first, 0x8A);
        assert!(left.any(|ping| ping == payload), "{pongs:?}: doubled, or out of order");
    }
    assert_eq!(pongs.last().unwrap().1, "in between");
}

/// `recv`, dropped after every number of polls.
#[tokio::test(start_paused = true)]
async fn recv() {
    for role in ROLES {
        for most in [7, 1000, 16_384] {
            for times in [1, 2, 3, 4, 5, 8, 13] {
                let (script, mut socket, expected) = hesitant(role, most);
                let mut messages = Vec::new();
                for tries in 0.. {
                    assert!(tries < 100_000, "{times} polls lead nowhere");
                    match poll_times(times, socket.recv()) {
                        Some(Ok(Some(message))) => messages.push(message),
                        Some(Ok(None)) => break,
                        Some(Err(error)) => panic!("{error}"),
                        None => {}
                    }
                }
                assert!(messages == expected, "{role:?}, {most} bytes, {times} polls");
                assert_answered(role, &script.written());
            }
        }
    }
}

/// `read`, dropped after every number of polls, and its batch after every event.
#[tokio::test(start_paused = true)]
async fn read() {
    for role in ROLES {
        for most in [7, 1000, 16_384] {
            for times in [1, 2, 3, 4, 5, 8, 13] {
                for events in [1, 2, usize::MAX] {
                    let (script, mut socket, expected) = hesitant(role, most);
                    let mut messages = Vec::new();
                    for tries in 0.. {
                        assert!(tries < 100_000, "{times} polls lead nowhere");
                        let mut batch = match poll_times(times, socket.read()) {
                            Some(Ok(Some(batch))) => batch,
                            Some(Ok(None)) => break,
                            Some(Err(error)) => panic!("{error}"),
                            None => continue,
                        };
                        for _ in 0..events {
                            let Some((event, _)) = batch.receive() else { break };
                            messages.extend(Message::try_from(event).ok());
                        }
                    }
                    assert!(messages == expected, "{role:?}, {most} bytes, {times} polls, {events} events");
                    assert_answered(role, &script.written());
                }
            }
        }
    }
}

/// `send`, dropped after every number of polls: what it has begun, the next one goes on with.
#[tokio::test(start_paused = true)]
async fn send() {
    for role in ROLES {
        for most in [5, 1000] {
            for times in 1..40 {
                let script = Script::new([]);
                let mut socket = over(script.hesitant(most), role);
                let mut expected = Vec::new();
                for (i, len) in [0, 1, 125, 126, 700, 4096, 6000].into_iter().enumerate() {
                    let Message::Binary(payload) = data(len, i) else { panic!() };
                    expected.extend(frame_from(role, 0x82, &payload));
                    if let Some(sent) = poll_times(times, socket.send(payload)) {
                        sent.unwrap();
                        assert!(script.written() == expected, "when `send` returns, everything is written");
                    }
                }
                while poll_times(times, socket.flush()).is_none() {}
                assert!(script.written() == expected, "{role:?}, {most} bytes, {times} polls");
            }
        }
    }
}

/// A `send` that is dropped while there is no room has not sent, and one that was never polled has not either.
#[tokio::test(start_paused = true)]
async fn send_without_room() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(100));
        let mut socket = over(script.hesitant(usize::MAX), role);
        drop(socket.send("never polled"));
        socket.feed(vec![1; 100_000]).await.unwrap();
        let queued = socket.buffered_amount();
        for times in 1..10 {
            assert!(poll_times(times, socket.send("does not fit")).is_none());
            assert!(poll_times(times, socket.feed("nor does this")).is_none());
            assert_eq!(socket.buffered_amount(), queued - script.written().len());
        }
        script.room(None);
        socket.send("fits").await.unwrap();
        let expected = [frame_from(role, 0x82, &vec![1; 100_000]), frame_from(role, 0x81, b"fits")].concat();
        assert!(script.written() == expected);
    }
}

/// `close`, dropped after every number of polls: one Close frame is sent, and the end is clean.
#[tokio::test(start_paused = true)]
async fn close() {
    for role in ROLES {
        for most in [3, 1000] {
            for times in 1..20 {
                let (script, mut socket, _) = hesitant(role, most);
                let closure = loop {
                    if let Some(closed) = poll_times(times, socket.close(CloseCode::GOING_AWAY, "enough")) {
                        break closed.unwrap();
                    }
                };
                assert!(closure.is_clean());
                let frames = plain(&script.written());
                assert_eq!(frames.iter().filter(|(first, _)| *first == 0x88).count(), 1);
            }
        }
    }
}

/// Everything in turn, with futures that are dropped at random, between two ends that both send and receive.
#[tokio::test(start_paused = true)]
async fn anything_in_any_order() {
    let mut in_all = 0;
    for seed in 1..=20_u32 {
        let mut random = seed.wrapping_mul(0x9E37_79B9) | 1;
        let mut next = move |below: u32| {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            random % below
        };
        let room = [100, 1000, 70_000][seed as usize % 3];
        let most = [3, 500, 16_384][seed as usize / 3 % 3];
        let mut ends = hesitant_pair(room, most);
        let (mut sent, mut received) = ([0, 0], [0, 0]);
        let size = |i: usize| (i * 37) % 900 + if i.is_multiple_of(20) { 5000 } else { 0 };
        for _ in 0..2000 {
            let end = next(2) as usize;
            let (socket, times) = (&mut ends[end], next(4) as usize + 1);
            match next(6) {
                // Only what is known to be queued counts as sent.
                0 | 1 if socket.buffered_amount() < 60_000 => {
                    let _ = poll_times(times, socket.send(data(size(sent[end]), sent[end])));
                    sent[end] += 1;
                }
                2 => drop(poll_times(times, socket.flush())),
                3 => {
                    if let Some(batch) = poll_times(times, socket.read()) {
                        let mut batch = batch.unwrap().unwrap();
                        for _ in 0..next(3) {
                            let Some((event, _)) = batch.receive() else { break };
                            assert!(Message::try_from(event).unwrap() == data(size(received[end]), received[end]));
                            received[end] += 1;
                        }
                    }
                }
                _ => {
                    if let Some(message) = poll_times(times, socket.recv()) {
                        assert!(message.unwrap() == Some(data(size(received[end]), received[end])), "seed {seed}");
                        received[end] += 1;
                    }
                }
            }
        }
        let [client, server] = &mut ends;
        let rest = async |socket: &mut WebSocket<_>, mut at: usize, until: usize| {
            while at < until {
                assert!(socket.recv().await.unwrap() == Some(data(size(at), at)), "seed {seed}");
                at += 1;
            }
            // Once it has all, the other may still need what is queued here.
            let _ = socket.flush().await;
            at
        };
        let all = tokio::join!(rest(client, received[0], sent[1]), rest(server, received[1], sent[0]));
        assert_eq!(all, (sent[1], sent[0]));
        in_all += sent[0] + sent[1];
    }
    assert!(in_all > 1500, "{in_all} messages: too little was tried");
}

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A handshake that is dropped anywhere gives the stream back to nobody, and leaves nothing behind.
#[tokio::test(start_paused = true)]
async fn handshakes() {
    let config = Arc::new(Config::new(|| KEY));
    for most in [20, 1000] {
        let mut opened = false;
        for times in 0.. {
            let script = Script::new([Reads::Bytes(REQUEST.into())]);
            let stream = script.hesitant(most);
            let accept = server::Accept::same_origin();
            opened =
                poll_times(times, ws::accept(stream, &accept, config.clone())).is_some_and(|opened| opened.is_ok());
            if opened {
                assert!(script.written().starts_with(b"HTTP/1.1 101 "));
                break;
            }
            assert!(times < 200);
        }
        assert!(opened);
        for times in 0..30 {
            let script = Script::new([]);
            let request = client::Request::from_uri("ws://example.com/").unwrap();
            let stream = script.hesitant(most);
            assert!(poll_times(times, ws::client_handshake(stream, request, config.clone())).is_none());
            assert!(b"GET / HTTP/1.1\r\n".starts_with(&script.written()[..script.written().len().min(16)]));
        }
    }
}
