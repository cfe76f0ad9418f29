//! The account of progress, in virtual time: which peers are alive, how slow they may be, and how soon a dead one is noticed.
//!
//! The wire has a capacity, as the buffers of sockets have, and a bandwidth, which is how fast the peer reads.

use crate::common::ROLES;
use bowline::{Cause, CloseCode, Config, Connection, Deadline, Event, Role, State};
use bowline_test::{Frame, Pair};
use std::time::Duration;

const KIB: usize = 1024;
/// What the buffers of the sockets hold.
const BUFFERS: usize = 256 * KIB;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A pair in which the end with this role writes to a peer that reads `bandwidth` bytes per second.
fn slow(role: Role, bandwidth: u64, change: impl FnOnce(&mut Config)) -> Pair {
    let mut pair = Pair::with(bowline_test::config().with(change));
    let faults = pair.faults_from(role);
    (faults.capacity, faults.bandwidth) = (BUFFERS, Some(bandwidth));
    pair
}

/// The same, with a peer that has no deadlines of its own.
fn slow_with_patient_peer(role: Role, bandwidth: u64, change: impl FnOnce(&mut Config)) -> Pair {
    let [ours, patient] = [bowline_test::config().with(change), crate::common::config()];
    let (ours, peer) = (Connection::new(role, ours), Connection::new(role.peer(), patient));
    let mut pair = if role == Role::Client { Pair::join(ours, peer) } else { Pair::join(peer, ours) };
    let faults = pair.faults_from(role);
    (faults.capacity, faults.bandwidth) = (BUFFERS, Some(bandwidth));
    pair
}

fn send(pair: &mut Pair, role: Role, len: usize) {
    pair.ends(role).0.connection.send_binary(vec![7; len]).unwrap();
}

/// The bytes of messages that the peer of `role` has received.
fn received(pair: &mut Pair, role: Role) -> usize {
    let events = &pair.ends(role).1.events;
    events.iter().map(|event| if let Event::Binary(data) = event { data.len() } else { 0 }).sum()
}

/// Lets time pass until the end with this role is closed. Returns when, and why.
fn end(pair: &mut Pair, role: Role, most: u64) -> Option<(Duration, Cause)> {
    let is_closed = |pair: &Pair| match role {
        Role::Client => pair.client.connection.is_closed(),
        Role::Server => pair.server.connection.is_closed(),
    };
    pair.advance_until(seconds(most), is_closed);
    let now = pair.now();
    pair.ends(role).0.connection.closure().map(|closure| (now, closure.cause()))
}

fn assert_open(pair: &mut Pair) {
    for role in ROLES {
        let connection = &pair.ends(role).0.connection;
        assert_eq!(connection.state(), State::Open, "{role:?}: {:?}", connection.closure());
    }
}

/// A peer that reads all the time is alive, however long a message takes: bytes that it reads make room for others.
#[test]
fn a_slow_reader_of_one_large_message() {
    for role in ROLES {
        for (bandwidth, len) in [(20_000, 2_000_000), (100_000, 8_000_000), (3_000, 300_000)] {
            let mut pair = slow(role, bandwidth, |_| {});
            send(&mut pair, role, len);
            pair.advance(seconds(len as u64 / bandwidth + 40));
            assert_eq!(received(&mut pair, role), len, "{bandwidth} bytes per second");
            assert_open(&mut pair);
        }
    }
}

/// The same for messages and chunks that are sent one after the other, as fast as the peer reads.
#[test]
fn a_slow_reader_of_many() {
    for role in ROLES {
        for in_chunks in [false, true] {
            let mut pair = slow(role, 20_000, |_| {});
            let mut sent = 0;
            for _ in 0..200 {
                let connection = &mut pair.ends(role).0.connection;
                while connection.buffered_amount() < 64 * KIB {
                    let data = vec![7; 10_000];
                    if in_chunks { connection.send_binary_chunk(data, false) } else { connection.send_binary(data) }
                        .unwrap();
                    sent += 10_000;
                }
                pair.advance(seconds(1));
            }
            assert!(sent > 3_500_000);
            assert_open(&mut pair);
        }
    }
}

/// A peer that sends one byte a second is alive, too.
#[test]
fn a_slow_writer() {
    for role in ROLES {
        let mut pair = slow_with_patient_peer(role, 1000, |_| {});
        pair.faults_from(role.peer()).bandwidth = Some(1);
        send(&mut pair, role.peer(), 300);
        pair.advance(seconds(330));
        assert_eq!(received(&mut pair, role.peer()), 300);
        assert_open(&mut pair);
    }
}

/// Below the minimum rate, the write timeout ends it: a peer that reads one byte a second cannot make us keep its messages. A peer
/// at the minimum rate stays.
#[test]
fn the_minimum_rate() {
    for role in ROLES {
        let mut pair = slow(role, 1, |_| {});
        send(&mut pair, role, 12_000_000);
        let (at, cause) = end(&mut pair, role, 1000).unwrap();
        assert_eq!(cause, Cause::Deadline(Deadline::Write));
        assert!((seconds(60)..seconds(70)).contains(&at), "{at:?}");
        assert!(pair.ends(role).0.connection.closure().unwrap().unsent() > 11_000_000);

        for (bandwidth, is_open) in [(1000, false), (2100, true)] {
            let mut pair = slow(role, bandwidth, |_| {});
            send(&mut pair, role, 4_000_000);
            let ended = end(&mut pair, role, 250);
            assert_eq!(ended.is_none(), is_open, "{bandwidth}: {ended:?}");
        }
        let mut any_rate = slow(role, 1, |config| config.limits.min_rate = 0);
        send(&mut any_rate, role, 12_000_000);
        assert_eq!(end(&mut any_rate, role, 500), None);
    }
}

/// Output that does not move is not life, whatever arrives: a peer that accepts nothing and sends a little now and then is
/// disconnected by the write timeout.
#[test]
fn a_peer_that_accepts_nothing_and_sends() {
    for role in ROLES {
        let mut pair = slow_with_patient_peer(role, 1000, |_| {});
        pair.faults_from(role).is_frozen = true;
        send(&mut pair, role, 12_000_000);
        let mut ended = None;
        while ended.is_none() && pair.now() < seconds(1000) {
            pair.inject(role.peer(), &Frame::text("").sent_by(role.peer()).encode());
            ended = end(&mut pair, role, 5).filter(|_| pair.ends(role).0.connection.is_closed());
        }
        let (at, cause) = ended.expect("it is held for ever");
        assert_eq!(cause, Cause::Deadline(Deadline::Write));
        assert!((seconds(60)..seconds(75)).contains(&at), "{at:?}");
    }
}

/// A peer that sends everything before it reads anything is not slow, as long as it stays within the bound: one message, and at
/// least 64 KiB. Beyond it, only moving output counts.
#[test]
fn a_peer_that_sends_first() {
    for role in ROLES {
        for (limit, len, is_open) in
            [(2_000_000, 4000, true), (200_000, 4000, false), (1000, 200, true), (1000, 500, false)]
        {
            let mut pair = slow_with_patient_peer(role, 1000, |config| {
                (config.limits.message, config.limits.min_rate) = (limit, 100);
            });
            pair.faults_from(role).is_frozen = true;
            send(&mut pair, role, 1_000_000);
            for _ in 0..300 {
                let message = Frame::binary(vec![1; len]).sent_by(role.peer()).encode();
                pair.inject(role.peer(), &message);
                pair.advance(seconds(1));
            }
            let state = pair.ends(role).0.connection.state();
            assert_eq!(state == State::Open, is_open, "{limit} {len}");
            if is_open {
                let faults = pair.faults_from(role);
                (faults.is_frozen, faults.bandwidth) = (false, None);
                pair.advance(seconds(10));
                assert_eq!(received(&mut pair, role), 1_000_000);
            }
        }
    }
}

/// A dead peer is noticed in about a minute: when it is idle, in the middle of a transfer, and while it sends. What was handed over
/// to the buffers before is added, at the minimum rate.
#[test]
fn a_peer_that_dies() {
    for role in ROLES {
        let table: [(&str, usize, u64, Deadline, u64); 4] = [
            ("idle", 0, 2, Deadline::Pong, 60),
            ("in the middle of a transfer", 12_000_000, 5, Deadline::Write, 65),
            ("with 200 KiB in the buffers", 200 * KIB, 0, Deadline::Pong, 100 + 30),
            ("with a small message in the buffers", 10, 0, Deadline::Pong, 60),
        ];
        for (when, len, dies_at, deadline, within) in table {
            let mut pair = slow(role, 1_000_000, |_| {});
            if dies_at == 0 {
                pair.ends(role).0.connection.send_binary(vec![7; len]).unwrap();
                pair.write(role);
            } else if len > 0 {
                send(&mut pair, role, len);
                pair.advance(seconds(dies_at));
            }
            for role in ROLES {
                pair.faults_from(role).is_frozen = true;
            }
            let died = pair.now();
            let (at, cause) = end(&mut pair, role, 1000).expect(when);
            assert_eq!(cause, Cause::Deadline(deadline), "{when}");
            let took = at.saturating_sub(died);
            assert!(took >= seconds(within - 6) && took <= seconds(within + 7), "{when}: {took:?}");
        }
    }
}

/// A ping that has not left cannot be answered: its timeout does not run. Only the write timeout ends such a connection.
#[test]
fn a_ping_behind_output_that_is_stuck() {
    for role in ROLES {
        let mut pair = slow_with_patient_peer(role, 1000, |config| config.deadlines.write = None);
        pair.faults_from(role).is_frozen = true;
        send(&mut pair, role, 1_000_000);
        assert_eq!(end(&mut pair, role, 10_000), None);
    }
}

/// A pong proves that everything before its ping has been read: what was sent long ago does not count for later.
#[test]
fn a_pong_settles_the_account() {
    for role in ROLES {
        let mut pair = slow(role, 1_000_000, |config| config.deadlines.ping = Some(seconds(10)));
        send(&mut pair, role, 200 * KIB);
        pair.advance(seconds(15)); // it is read, and a ping is answered
        for role in ROLES {
            pair.faults_from(role).is_frozen = true;
        }
        let died = pair.now();
        let (at, cause) = end(&mut pair, role, 1000).unwrap();
        assert_eq!(cause, Cause::Deadline(Deadline::Pong));
        let took = at.saturating_sub(died);
        assert!(took <= seconds(46), "{took:?}");
    }
}

/// A message that the peer is still reading is no idleness. After that, the idle timeout runs.
#[test]
fn idle_means_idle() {
    for role in ROLES {
        let mut pair = slow(role, 20_000, |config| config.deadlines.idle = Some(seconds(60)));
        send(&mut pair, role, 4_000_000);
        pair.advance(seconds(190));
        assert_eq!(pair.ends(role).0.connection.state(), State::Open);
        let (at, cause) = end(&mut pair, role, 1000).unwrap();
        assert_eq!(cause, Cause::Deadline(Deadline::Idle));
        assert!(at < seconds(200 + 75), "{at:?}");
    }
}

/// [O-43] A peer that reads gets more time to close, up to twelve close timeouts. One that does not gets none.
#[test]
fn closing_with_output() {
    for role in ROLES {
        for (bandwidth, ends_at, is_clean) in
            [(100_000, 20, true), (1, 5, false), (1500, 18, false), (20_000, 60, false)]
        {
            let mut pair = slow(role, bandwidth, |_| {});
            send(&mut pair, role, 2_000_000);
            pair.ends(role).0.connection.close(CloseCode::NORMAL, "").unwrap();
            let (at, _) = end(&mut pair, role, 1000).unwrap();
            let closure = pair.ends(role).0.connection.closure().unwrap();
            assert_eq!(closure.is_clean(), is_clean, "{bandwidth}");
            assert_eq!(closure.unsent() == 0, is_clean, "{closure}");
            assert!(at >= seconds(ends_at) && at <= seconds(ends_at + 2), "{bandwidth}: {at:?}");
        }
    }
}

/// Output that was discarded is counted: messages, but neither pongs nor our own Close frame.
#[test]
fn what_was_not_sent() {
    for role in ROLES {
        let frame = if role == Role::Client { 11 } else { 7 };
        let mut pair = slow(role, 1000, |_| {});
        pair.faults_from(role).capacity = 0;
        pair.ends(role).0.connection.send_text("Hello").unwrap();
        pair.inject(role.peer(), &Frame::ping("ping").sent_by(role.peer()).encode());
        pair.run();
        pair.ends(role).0.connection.close(CloseCode::NORMAL, "").unwrap();
        let (_, cause) = end(&mut pair, role, 1000).unwrap();
        assert_eq!(cause, Cause::Deadline(Deadline::Close));
        let closure = pair.ends(role).0.connection.closure().unwrap();
        assert_eq!(closure.unsent(), frame);
        assert!(closure.to_string().ends_with(&format!("; {frame} queued bytes were not sent")), "{closure}");
    }
}
