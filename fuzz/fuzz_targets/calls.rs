//! Any calls in any order on two connections: no panic, nothing but legal frames on the wire, and an end that stays.
#![no_main]

use arbitrary::Arbitrary;
use bowline::{CloseCode, Closure, Config, Connection, Event, Input, Message, Prepared, Role, Timestamp};
use bytes::Buf;
use libfuzzer_sys::fuzz_target;
use std::{sync::Arc, time::Duration};

#[derive(Arbitrary, Debug)]
enum Call<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
    LargeOwned(u16),
    Uncompressed(&'a str),
    TextChunk(&'a str, bool),
    BinaryChunk(&'a [u8], bool),
    Prepared(&'a str),
    Ping(&'a [u8]),
    Pong(&'a [u8]),
    Close(u16, &'a str),
    Tick(u32),
    Move(u16),
    Front(u16),
    Eof,
    WriteFailed,
    TransportFailed,
}

fuzz_target!(|calls: Vec<(bool, Call<'_>)>| {
    let mut config = Config::new(|| [0xA5; 4]);
    (config.limits.output, config.limits.pongs) = (40_000, 200);
    config.deadlines.idle = Some(Duration::from_secs(100));
    let config = Arc::new(config);
    let mut ends = [Connection::new(Role::Client, config.clone()), Connection::new(Role::Server, config)];
    let mut closures = [None, None];
    let mut now = Duration::ZERO;
    for (first, call) in calls {
        let (left, right) = ends.split_at_mut(1);
        let (end, peer) = if first { (&mut left[0], &mut right[0]) } else { (&mut right[0], &mut left[0]) };
        make(call, end, peer, &mut now);
        for (end, closure) in ends.iter().zip(&mut closures) {
            if let Some(closure) = closure {
                let now = end.closure().expect("the end is settled");
                assert_eq!(all_but_unsent(now), all_but_unsent(closure), "the end changed after it was settled");
                assert!(now.unsent() >= closure.unsent(), "discarded output came back");
            }
            *closure = end.closure().cloned();
        }
    }
});

/// Output that is left when the end is settled may still be written, or discarded.
fn all_but_unsent(closure: &Closure) -> impl PartialEq + std::fmt::Debug + '_ {
    (closure.begun_by(), closure.cause(), closure.interrupted(), closure.sent(), closure.received())
}

fn make(call: Call<'_>, end: &mut Connection, peer: &mut Connection, now: &mut Duration) {
    let queued = end.buffered_amount();
    let refused = match call {
        Call::Text(text) => end.send_text(text).is_err(),
        Call::Binary(data) => end.send_binary(data).is_err(),
        Call::LargeOwned(len) => end.send_binary(vec![7; usize::from(len)]).is_err(),
        Call::Uncompressed(text) => end.send(Message::from(text).uncompressed()).is_err(),
        Call::TextChunk(text, last) => end.send_text_chunk(text, last).is_err(),
        Call::BinaryChunk(data, last) => end.send_binary_chunk(data, last).is_err(),
        Call::Prepared(text) => end.send_prepared(&Prepared::text(text)).is_err(),
        Call::Ping(payload) => end.ping(payload).is_err(),
        Call::Pong(payload) => end.pong(payload).is_err(),
        Call::Close(code, reason) => end.close(CloseCode::new(code), reason).is_err(),
        Call::Tick(milliseconds) => {
            *now += Duration::from_millis(milliseconds.into());
            assert_ne!(end.tick(Timestamp::since_origin(*now)), Some(Duration::ZERO));
            false
        }
        Call::Move(count) => {
            let shown = end.output().chunk().to_vec();
            transfer(end, peer, &shown, count);
            false
        }
        Call::Front(count) => {
            let shown = end.output().front().unwrap_or_default();
            transfer(end, peer, &shown, count);
            false
        }
        Call::Eof => {
            end.receive_eof();
            false
        }
        Call::WriteFailed => {
            end.write_failed();
            assert_eq!(end.buffered_amount(), 0);
            false
        }
        Call::TransportFailed => {
            end.transport_failed();
            assert!(end.is_closed() && end.buffered_amount() == 0);
            false
        }
    };
    assert!(!refused || end.buffered_amount() == queued, "a refused call queued something");
}

fn transfer(end: &mut Connection, peer: &mut Connection, shown: &[u8], count: u16) {
    let mut bytes = shown[..shown.len().min(count.into())].to_vec();
    end.output().advance(bytes.len());
    let mut input = Input::from(&mut bytes[..]);
    while let Some(event) = peer.receive(&mut input) {
        assert!(!matches!(event, Event::Failed(_)), "{event:?}");
    }
}
