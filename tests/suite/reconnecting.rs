//! When a client reconnects: which ends are final, and how long it waits, in virtual time.

use crate::common::{close_to, connection};
use bowline::{
    Closure, Config, HandshakeError, Role, Timestamp,
    adapter::{
        Error, blocking,
        reconnect::{Backoff, RetryPolicy},
    },
    client::{Handshake, Progress, Request},
};
use std::{io, net::TcpListener, time::Duration};

/// How a client's connection ended after it has received these bytes, and then the end of the stream.
fn closure(bytes: &[u8]) -> Closure {
    let mut client = connection(Role::Client);
    client.receive(&mut (&mut bytes.to_vec()).into());
    client.output().write_to(&mut io::sink()).unwrap();
    client.receive_eof();
    client.closure().unwrap().clone()
}

fn closed(code: u16) -> Error {
    Error::Closed(Box::new(closure(&close_to(Role::Client, code, ""))))
}

/// A server that refuses with this status and these header fields.
fn refused(status: u16, fields: &str) -> Error {
    let mut handshake = Handshake::new(Request::from_uri("ws://localhost/").unwrap(), Config::default());
    let mut bytes = format!("HTTP/1.1 {status} No\r\n{fields}\r\n").into_bytes();
    let Progress::Refused(error, response) = handshake.receive(&mut (&mut bytes).into()) else { panic!() };
    Error::Handshake { error, response: response.map(Box::new) }
}

fn reset() -> Error {
    io::Error::from(io::ErrorKind::ConnectionReset).into()
}

/// The longest delays: `entropy` returns the largest value.
fn longest() -> RetryPolicy {
    RetryPolicy::default().entropy(|| [0xff; 4])
}

/// A delay that is as long as the jitter allows: the maximum, except for a part of 65,536.
fn assert_nearly(delay: Option<Duration>, expected: Duration) {
    let delay = delay.unwrap();
    assert!(expected.mul_f64(0.9999) <= delay && delay < expected, "{delay:?}, not {expected:?}");
}

/// Each close code, and each way in which a connection can end without one.
#[test]
fn final_ends() {
    let policy = RetryPolicy::default();
    for code in [1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3999, 4000, 4999] {
        assert!(policy.is_final(&closed(code)), "{code}");
    }
    for code in [1001, 1011, 1012, 1013, 1014] {
        assert!(!policy.is_final(&closed(code)), "{code}");
    }
    let ended = |bytes: &[u8]| Error::Closed(Box::new(closure(bytes)));
    assert!(policy.is_final(&ended(b"\x88\0")), "no code");
    assert!(policy.is_final(&ended(b"\x83\0")), "a violation");
    assert!(!policy.is_final(&ended(b"")), "the end of the stream");
    assert!(!policy.is_final(&ended(b"\x81\x05Hel")), "the end of the stream in a frame");
    let mut client = connection(Role::Client);
    client.transport_failed();
    assert!(!policy.is_final(&Error::Closed(Box::new(client.closure().unwrap().clone()))));
}

/// Each kind of error before there is a connection.
#[test]
fn final_attempts() {
    let policy = RetryPolicy::default();
    for status in [408, 429, 500, 502, 503, 504, 599] {
        assert!(!policy.is_final(&refused(status, "")), "{status}");
    }
    for status in [200, 301, 400, 401, 403, 404, 407, 410, 426, 431] {
        assert!(policy.is_final(&refused(status, "")), "{status}");
    }
    let handshake = |error| Error::Handshake { error, response: None };
    assert!(!policy.is_final(&handshake(HandshakeError::Deadline { limit: Duration::ZERO })));
    assert!(!policy.is_final(&handshake(HandshakeError::EndOfStream { received: 0 })));
    assert!(policy.is_final(&handshake(HandshakeError::StartLine("SSH-2.0".into()))));
    assert!(!policy.is_final(&reset()));
    assert!(policy.is_final(&Error::Refused(503)));
    let request = Request::from_uri("ftp://example.com").unwrap_err();
    assert!(policy.is_final(&request.into()));
}

/// A server that is down is worth another attempt. So is one that ends the stream in the TLS handshake, but not a client without TLS.
#[test]
fn no_connection() {
    let policy = RetryPolicy::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let hang_up = std::thread::spawn(move || drop(listener.accept()));
    let error = blocking::connect(&format!("wss://{address}/"), Config::default()).unwrap_err();
    assert_eq!(policy.is_final(&error), !cfg!(feature = "rustls"), "{error}");
    drop(std::net::TcpStream::connect(address)); // for the thread, if there was no connection
    hang_up.join().unwrap();
    let error = blocking::connect(&format!("ws://{address}/"), Config::default()).unwrap_err();
    assert!(matches!(error, Error::Connect(_)) && !policy.is_final(&error), "{error}");
}

/// The caller decides about codes and statuses, the last call wins, and a function decides last.
#[test]
fn other_decisions() {
    let policy = RetryPolicy::default()
        .retry_on_close(4000..=4099)
        .final_on_close([1012, 4001])
        .retry_on_status([401])
        .final_on_status([503]);
    assert!(!policy.is_final(&closed(4000)) && !policy.is_final(&closed(4099)));
    assert!(policy.is_final(&closed(4001)) && policy.is_final(&closed(4100)) && policy.is_final(&closed(1012)));
    assert!(!policy.is_final(&refused(401, "")) && policy.is_final(&refused(503, "")));
    assert!(!policy.is_final(&closed(1013)) && !policy.is_final(&refused(500, "")));
    let policy = policy.decide(|error, is_final| match error {
        Error::Io(error) => error.kind() == io::ErrorKind::Other,
        Error::Closed(_) => !is_final,
        _ => is_final,
    });
    assert!(policy.is_final(&io::Error::other("no token").into()) && !policy.is_final(&reset()));
    assert!(policy.is_final(&closed(4000)) && !policy.is_final(&closed(1012)), "the opposite");
    assert!(!policy.is_final(&refused(401, "")));
}

/// [O-35] [O-36] [O-37] The first delay is random, between zero and five seconds. Each further failure doubles the maximum, up to
/// five minutes.
#[test]
fn delays() {
    let now = Timestamp::default();
    let mut backoff = Backoff::new(longest());
    for seconds in [5, 10, 20, 40, 80, 160, 300, 300, 300] {
        assert_nearly(backoff.failed(&reset(), now), Duration::from_secs(seconds));
    }
    assert_eq!(backoff.failures(), 9);
    // After more failures than a number has bits.
    for _ in 0..100 {
        assert_nearly(backoff.failed(&reset(), now), Duration::from_secs(300));
    }
    let mut shortest = Backoff::new(RetryPolicy::default().entropy(|| [0; 4]));
    assert_eq!(shortest.failed(&reset(), now), Some(Duration::ZERO));
    let mut half = Backoff::new(RetryPolicy::default().entropy(|| [0x80, 0, 0, 0]));
    assert_eq!(half.failed(&reset(), now), Some(Duration::from_millis(2500)));
}

/// [O-36] With the default entropy, a thousand clients do not return together: the delays are spread evenly.
#[test]
fn jitter() {
    let mut tenths = [0; 10];
    for _ in 0..1000 {
        let delay = Backoff::new(RetryPolicy::default()).failed(&reset(), Timestamp::default()).unwrap();
        tenths[(delay.as_millis() / 500) as usize] += 1;
    }
    assert!(tenths.iter().all(|&count| (40..200).contains(&count)), "{tenths:?}");
}

/// Durations that no clock can represent do not overflow.
#[test]
fn extreme_durations() {
    let policy = longest().first_delay(Duration::MAX).max_delay(Duration::MAX).max_retry_after(Duration::MAX);
    let mut backoff = Backoff::new(policy.clone());
    let now = Timestamp::since_origin(Duration::MAX);
    let busy = refused(503, "Retry-After: 99999999999999999999999\r\n");
    for _ in 0..40 {
        assert_eq!(backoff.failed(&busy, now), Some(Duration::MAX));
    }
    let mut hasty = Backoff::new(policy.first_delay(Duration::ZERO));
    assert_eq!(hasty.failed(&reset(), now), Some(Duration::ZERO));
}

/// A connection that was open for long enough makes the next delay short again. A shorter one does not.
#[test]
fn stable_connections() {
    let at = |seconds| Timestamp::since_origin(Duration::from_secs(seconds));
    let mut backoff = Backoff::new(longest());
    for _ in 0..3 {
        assert!(backoff.failed(&reset(), at(0)).is_some());
    }
    backoff.connected(at(100));
    assert_nearly(backoff.failed(&closed(1012), at(129)), Duration::from_secs(40));
    backoff.connected(at(200));
    assert_nearly(backoff.failed(&closed(1012), at(230)), Duration::from_secs(5));
    assert_eq!(backoff.failures(), 1);
    // The time without a connection does not count.
    assert_nearly(backoff.failed(&reset(), at(10_000)), Duration::from_secs(10));
    let mut strict = Backoff::new(longest().stable_after(Duration::from_secs(3600)));
    strict.connected(at(0));
    assert!(strict.failed(&reset(), at(3599)).is_some());
    strict.connected(at(4000));
    assert_nearly(strict.failed(&reset(), at(7000)), Duration::from_secs(10));
}

/// The server's `Retry-After` comes on top of the random delay, up to a maximum, also as a date.
#[test]
fn retry_after() {
    let now = Timestamp::default();
    let after = |policy, fields: &str| Backoff::new(policy).failed(&refused(503, fields), now).unwrap();
    let none = || RetryPolicy::default().entropy(|| [0; 4]);
    assert_eq!(after(none(), "Retry-After: 120\r\n"), Duration::from_secs(120));
    let with_jitter = after(longest(), "Retry-After: 120\r\n").checked_sub(Duration::from_secs(120));
    assert_nearly(with_jitter, Duration::from_secs(5));
    assert_eq!(after(none(), "Retry-After: 86400\r\n"), Duration::from_secs(3600));
    let day = none().max_retry_after(Duration::from_secs(86400));
    assert_eq!(after(day, "Retry-After: 86400\r\n"), Duration::from_secs(86400));
    assert_eq!(after(none().max_retry_after(Duration::ZERO), "Retry-After: 120\r\n"), Duration::ZERO);
    let dates = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n";
    assert_eq!(after(none(), dates), Duration::from_secs(60));
    assert_eq!(after(none(), "Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n"), Duration::ZERO, "long ago");
    assert_eq!(after(none(), "Retry-After: later\r\n"), Duration::ZERO);
}

/// A client gives up after a number of failures, or when the next attempt would be too late.
#[test]
fn giving_up() {
    let at = |seconds| Timestamp::since_origin(Duration::from_secs(seconds));
    let mut once = Backoff::new(RetryPolicy::default().max_failures(1));
    assert_eq!(once.failed(&reset(), at(0)), None);
    let mut three = Backoff::new(RetryPolicy::default().max_failures(3));
    assert!(three.failed(&reset(), at(0)).is_some() && three.failed(&reset(), at(0)).is_some());
    three.connected(at(0));
    assert_eq!(three.failed(&reset(), at(1)), None);
    let mut patient = Backoff::new(longest().give_up_after(Duration::from_secs(60)));
    assert!(patient.failed(&reset(), at(100)).is_some());
    assert!(patient.failed(&reset(), at(149)).is_some(), "59 s");
    assert_eq!(patient.failed(&reset(), at(149)), None, "69 s");
    // Counted anew after a stable connection.
    let mut patient = Backoff::new(longest().give_up_after(Duration::from_secs(60)));
    assert!(patient.failed(&reset(), at(0)).is_some());
    patient.connected(at(1));
    assert!(patient.failed(&reset(), at(1000)).is_some());
}

/// The function and the settings do not get in the way of `Debug`.
#[test]
fn shown() {
    let policy = RetryPolicy::default().retry_on_close([4000]).decide(|_, is_final| is_final);
    let text = format!("{:?}", Backoff::new(policy));
    assert!(text.contains("first_delay: 5s") && text.contains("{4000: false}"), "{text}");
}
