//! The faults of a wire do what they say.

#![expect(clippy::cast_possible_truncation, reason = "test data is built from counters")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "that is how helpers of tests fail")]

use bowline::Role::{Client, Server};
use bowline_test::{Call, Cut, Wire};
use std::{
    io::{ErrorKind, Result},
    time::Duration,
};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What one read of the server returns.
fn read(wire: &mut Wire) -> Result<Vec<u8>> {
    let mut space = [0; 1000];
    wire.read(Server, &mut space).map(|count| space[..count].to_vec())
}

fn kind(result: Result<impl std::fmt::Debug>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// All arrivals, with their times, until nothing is on its way.
fn arrivals(wire: &mut Wire) -> Vec<(u64, String)> {
    let mut arrived = Vec::new();
    loop {
        while let Ok(bytes @ [_, ..]) = read(wire).as_deref() {
            arrived.push((wire.now().as_millis() as u64, String::from_utf8(bytes.to_vec()).unwrap()));
        }
        match wire.next_arrival() {
            Some(next) => wire.advance_to(next),
            None => return arrived,
        }
    }
}

#[test]
fn without_faults() {
    let mut wire = Wire::new();
    assert_eq!(kind(read(&mut wire)), ErrorKind::WouldBlock);
    assert_eq!(wire.write(Client, b"one").unwrap(), 3);
    assert_eq!(wire.write(Client, b"two").unwrap(), 3);
    assert_eq!((wire.in_flight(Client), wire.peek(Client)), (6, b"onetwo".to_vec()));
    assert_eq!(read(&mut wire).unwrap(), b"onetwo");
    wire.shut_down(Client).unwrap();
    for _ in 0..2 {
        assert_eq!(read(&mut wire).unwrap(), b"");
    }
    assert_eq!(kind(wire.write(Client, b"more")), ErrorKind::BrokenPipe);
    assert_eq!(wire.write(Server, b"the other direction").unwrap(), 19);
    assert_eq!(wire.calls(Client), [Call::Write, Call::Write, Call::Shutdown]);
    assert_eq!(wire.calls(Server), [Call::Read, Call::Read, Call::Read, Call::Write], "without those that had to wait");
    assert_eq!(wire.count(Server, Call::Read), 3);
    assert_eq!((wire.bytes_written(Client), wire.bytes_read(Server), wire.bytes_read(Client)), (6, 6, 0));
}

#[test]
fn latency() {
    let mut wire = Wire::new();
    wire.faults_from(Client).latency = ms(50);
    wire.write(Client, b"a").unwrap();
    wire.advance_to(ms(20));
    wire.write(Client, b"b").unwrap();
    wire.shut_down(Client).unwrap();
    assert_eq!(wire.write(Server, b"at once").unwrap(), 7);
    assert_eq!(wire.read(Client, &mut [0; 100]).unwrap(), 7);
    assert_eq!(arrivals(&mut wire), [(50, "a".into()), (70, "b".into())]);
    assert_eq!(read(&mut wire).unwrap(), b"", "the end of the stream");
}

#[test]
fn the_end_arrives_after_the_latency() {
    let mut wire = Wire::new().with(|faults| faults.latency = ms(50));
    wire.shut_down(Client).unwrap();
    assert_eq!(kind(read(&mut wire)), ErrorKind::WouldBlock);
    assert_eq!(wire.next_arrival_at(Server), Some(ms(50)));
    assert_eq!(wire.next_arrival_at(Client), None);
    wire.advance_to(ms(50));
    assert_eq!(read(&mut wire).unwrap(), b"");
}

/// Bytes leave one after the other, also those of several writes; each arrives exactly when it should.
#[test]
fn bandwidth() {
    let mut wire = Wire::new();
    wire.faults_from(Client).bandwidth = Some(100);
    wire.faults_from(Client).latency = ms(1);
    wire.write(Client, b"ab").unwrap();
    wire.write(Client, b"c").unwrap();
    assert_eq!(arrivals(&mut wire), [(11, "a".into()), (21, "b".into()), (31, "c".into())]);
    wire.advance_to(ms(1000));
    wire.write(Client, b"d").unwrap();
    assert_eq!(arrivals(&mut wire), [(1011, "d".into())], "the line was free");
}

/// A fast line does not take a step for each byte, and a minute of a slow one takes one for each.
#[test]
fn steps_of_the_clock() {
    for (rate, seconds, most) in [(1_000_000, 1, 1001), (1, 60, 60), (1000, 1, 1000)] {
        let mut wire = Wire::new();
        wire.faults_from(Client).bandwidth = Some(rate);
        let bytes = vec![b'x'; (rate * seconds) as usize];
        wire.write(Client, &bytes).unwrap();
        let mut steps = 0;
        while let Some(next) = wire.next_arrival() {
            wire.advance_to(next);
            steps += 1;
        }
        assert_eq!(wire.now(), Duration::from_secs(seconds), "{rate}");
        assert!(steps <= most && steps >= most - 2, "{rate}: {steps}");
        assert_eq!(wire.peek(Client).len(), bytes.len());
    }
}

/// A change applies to what has not left, from the time at which it was made.
#[test]
fn a_changed_bandwidth() {
    let mut wire = Wire::new();
    wire.faults_from(Client).bandwidth = Some(1);
    wire.write(Client, b"abcd").unwrap();
    wire.advance_to(ms(1500));
    wire.faults_from(Client).bandwidth = Some(10);
    assert_eq!(arrivals(&mut wire), [(1500, "a".into()), (1600, "b".into()), (1700, "c".into()), (1800, "d".into())]);

    wire.faults_from(Client).bandwidth = Some(1);
    wire.write(Client, b"efg").unwrap();
    wire.advance_to(ms(3000));
    wire.faults_from(Client).bandwidth = None;
    wire.advance_to(ms(9000));
    assert_eq!(read(&mut wire).unwrap(), b"efg");
}

/// What is changed has an effect from its own time on, also if nothing is called before the clock is advanced.
#[test]
fn a_change_just_before_time_passes() {
    let mut wire = Wire::new();
    wire.faults_from(Client).bandwidth = Some(1);
    wire.write(Client, b"ab").unwrap();
    wire.faults_from(Client).bandwidth = Some(10);
    wire.advance_to(ms(200));
    assert_eq!(read(&mut wire).unwrap(), b"ab");
}

/// A byte that arrives between two nanoseconds is there when its arrival is announced.
#[test]
fn a_bandwidth_that_does_not_divide_a_second() {
    for rate in [3, 7, 999, 1_000_003] {
        let mut wire = Wire::new();
        wire.faults_from(Client).bandwidth = Some(rate);
        wire.write(Client, &[b'x'; 5]).unwrap();
        let next = wire.next_arrival().unwrap();
        wire.advance_to(next);
        assert!(!read(&mut wire).unwrap().is_empty());
    }
}

/// A shorter latency does not let bytes overtake others.
#[test]
fn a_shorter_latency() {
    let mut wire = Wire::new();
    wire.faults_from(Client).latency = ms(100);
    wire.write(Client, b"a").unwrap();
    wire.faults_from(Client).latency = ms(0);
    wire.write(Client, b"b").unwrap();
    assert_eq!(arrivals(&mut wire), [(100, "ab".into())]);
}

#[test]
fn capacity() {
    let mut wire = Wire::new();
    wire.faults_from(Client).capacity = 5;
    assert_eq!(wire.write(Client, b"abc").unwrap(), 3);
    assert_eq!(wire.write(Client, b"def").unwrap(), 2);
    assert_eq!(kind(wire.write(Client, b"f")), ErrorKind::WouldBlock);
    assert_eq!(wire.write(Server, b"as much as it likes").unwrap(), 19);
    assert_eq!(wire.read(Server, &mut [0; 2]).unwrap(), 2);
    assert_eq!(wire.write(Client, b"fgh").unwrap(), 2);
    wire.faults_from(Client).capacity = 0;
    assert_eq!(kind(wire.write(Client, b"h")), ErrorKind::WouldBlock);
    assert_eq!(read(&mut wire).unwrap(), b"cdefg");
}

#[test]
fn cut_reads_and_writes() {
    let mut wire = Wire::new();
    wire.faults_from(Client).max_write = 3;
    wire.faults_from(Client).max_read = 2;
    assert_eq!(wire.write(Client, b"abcde").unwrap(), 3);
    assert_eq!(read(&mut wire).unwrap(), b"ab");
    assert_eq!(read(&mut wire).unwrap(), b"c");
    wire.faults_from(Client).max_read = 0; // as good as 1, or a read would be taken for the end of the stream
    wire.faults_from(Client).max_write = 0;
    assert_eq!(wire.write(Client, b"de").unwrap(), 1);
    assert_eq!(read(&mut wire).unwrap(), b"d");
}

#[test]
fn writes_that_are_kept_apart() {
    let mut wire = Wire::new();
    wire.faults_from(Client).keeps_writes_apart = true;
    for bytes in [b"one", b"two"] {
        wire.write(Client, bytes).unwrap();
    }
    assert_eq!(wire.read(Server, &mut [0; 2]).unwrap(), 2);
    assert_eq!(read(&mut wire).unwrap(), b"e");
    assert_eq!(read(&mut wire).unwrap(), b"two");
}

#[test]
fn corruption() {
    let mut wire = Wire::new();
    wire.faults_from(Client).corrupt.extend([(1, 0x01), (4, 0xFF), (9, 0x20)]);
    wire.write(Client, b"aaa").unwrap();
    assert_eq!(read(&mut wire).unwrap(), [b'a', b'a' ^ 1, b'a']);
    wire.write(Client, b"aaaaaaa").unwrap();
    assert_eq!(read(&mut wire).unwrap(), [b'a', b'a' ^ 0xFF, b'a', b'a', b'a', b'a', b'A']);
}

#[test]
fn a_cut_at_a_position() {
    let mut wire = Wire::new();
    wire.faults_from(Client).cut = Some(Cut::EndOfStream(4));
    assert_eq!(wire.write(Client, b"abc").unwrap(), 3);
    assert_eq!(read(&mut wire).unwrap(), b"abc");
    assert_eq!(kind(read(&mut wire)), ErrorKind::WouldBlock, "it is not reached");
    assert_eq!(wire.write(Client, b"def").unwrap(), 3);
    assert_eq!(wire.write(Client, b"ghi").unwrap(), 3, "accepted, and lost");
    assert_eq!(read(&mut wire).unwrap(), b"d");
    wire.faults_from(Client).cut = None;
    assert_eq!(wire.write(Client, b"jkl").unwrap(), 3, "for good");
    assert_eq!(read(&mut wire).unwrap(), b"");
    assert_eq!(wire.write(Server, b"not affected").unwrap(), 12);
}

#[test]
fn a_cut_that_resets() {
    let mut wire = Wire::new().with(|faults| faults.latency = ms(10));
    wire.faults_from(Client).cut = Some(Cut::Reset(2));
    wire.write(Server, b"arrives").unwrap();
    wire.write(Client, b"abcd").unwrap();
    wire.advance_to(ms(5));
    wire.write(Server, b"does not arrive").unwrap();
    wire.advance_to(ms(10));
    assert_eq!(read(&mut wire).unwrap(), b"ab");
    assert_eq!(kind(read(&mut wire)), ErrorKind::ConnectionReset);
    assert_eq!(kind(wire.write(Client, b"e")), ErrorKind::ConnectionReset);
    assert_eq!(kind(wire.write(Server, b"e")), ErrorKind::ConnectionReset);
    assert_eq!(wire.read(Client, &mut [0; 100]).unwrap(), 7, "it had arrived");
    assert_eq!(kind(wire.read(Client, &mut [0; 100])), ErrorKind::ConnectionReset);
}

/// A cut behind the reader's back takes what is on the wire.
#[test]
fn a_cut_in_the_past() {
    let mut wire = Wire::new();
    wire.write(Client, b"abcdef").unwrap();
    assert_eq!(wire.read(Server, &mut [0; 2]).unwrap(), 2);
    wire.faults_from(Client).cut = Some(Cut::EndOfStream(1));
    assert_eq!(read(&mut wire).unwrap(), b"");
}

#[test]
fn a_reset() {
    let mut wire = Wire::new();
    wire.write(Client, b"arrived").unwrap();
    wire.faults_from(Client).latency = ms(1);
    wire.write(Client, b" and not").unwrap();
    wire.reset();
    assert_eq!(read(&mut wire).unwrap(), b"arrived");
    for _ in 0..2 {
        assert_eq!(kind(read(&mut wire)), ErrorKind::ConnectionReset);
        assert_eq!(kind(wire.read(Client, &mut [0])), ErrorKind::ConnectionReset);
        assert_eq!(kind(wire.write(Client, b"x")), ErrorKind::ConnectionReset);
        assert_eq!(kind(wire.write(Server, b"x")), ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_frozen_wire() {
    let mut wire = Wire::new();
    wire.faults_from(Client).latency = ms(5);
    wire.faults_from(Client).capacity = 4;
    wire.write(Client, b"ab").unwrap();
    wire.faults_from(Client).is_frozen = true;
    assert_eq!(wire.next_arrival(), None);
    wire.advance_to(ms(1000));
    assert_eq!(kind(read(&mut wire)), ErrorKind::WouldBlock);
    assert_eq!(wire.write(Client, b"cdef").unwrap(), 2, "the buffers are free");
    assert_eq!(kind(wire.write(Client, b"ef")), ErrorKind::WouldBlock);
    wire.shut_down(Client).unwrap();
    wire.advance_to(ms(2000));
    assert_eq!(kind(read(&mut wire)), ErrorKind::WouldBlock);
    wire.faults_from(Client).is_frozen = false;
    assert_eq!(read(&mut wire).unwrap(), b"abcd");
    assert_eq!(read(&mut wire).unwrap(), b"");
}

/// The end of the stream does not arrive on a frozen wire, nor before its time.
#[test]
fn ends_that_are_late() {
    let mut wire = Wire::new();
    wire.faults_from(Client).is_frozen = true;
    wire.shut_down(Client).unwrap();
    assert_eq!(kind(read(&mut wire)), ErrorKind::WouldBlock);
    wire.faults_from(Client).is_frozen = false;
    assert_eq!(read(&mut wire).unwrap(), b"");

    let mut wire = Wire::new().with(|faults| faults.latency = ms(10));
    wire.faults_from(Client).cut = Some(Cut::EndOfStream(0));
    assert_eq!(kind(read(&mut wire)), ErrorKind::WouldBlock);
    wire.advance_to(ms(10));
    assert_eq!(read(&mut wire).unwrap(), b"");
}

#[test]
fn a_write_error() {
    let mut wire = Wire::new();
    wire.write(Client, b"before").unwrap();
    wire.faults_from(Client).write_error = Some(ErrorKind::TimedOut);
    assert_eq!(kind(wire.write(Client, b"after")), ErrorKind::TimedOut);
    assert_eq!(read(&mut wire).unwrap(), b"before");
    assert_eq!(kind(read(&mut wire)), ErrorKind::WouldBlock, "it is not closed");
    wire.faults_from(Client).write_error = None;
    assert_eq!(wire.write(Client, b"again").unwrap(), 5);
}

/// An error that reads end with, and flushes that wait.
#[test]
fn other_errors() {
    let mut wire = Wire::new();
    wire.write(Client, b"before").unwrap();
    wire.faults_from(Client).read_error = Some(ErrorKind::UnexpectedEof);
    wire.faults_from(Client).holds_flush = true;
    assert_eq!(read(&mut wire).unwrap(), b"before");
    assert_eq!(kind(read(&mut wire)), ErrorKind::UnexpectedEof);
    assert_eq!(kind(wire.flush(Client)), ErrorKind::WouldBlock);
    assert_eq!(wire.write(Client, b"goes on").unwrap(), 7);
    wire.faults_from(Client).holds_flush = false;
    wire.flush(Client).unwrap();
    assert_eq!(wire.calls(Client), [Call::Write, Call::Write, Call::Flush]);
}

/// A shutdown that waits: the other end goes on reading.
#[test]
fn a_held_shutdown() {
    let mut wire = Wire::new();
    wire.faults_from(Client).holds_shutdown = true;
    assert_eq!(kind(wire.shut_down(Client)), ErrorKind::WouldBlock);
    assert_eq!(kind(read(&mut wire)), ErrorKind::WouldBlock, "the stream has not ended");
    assert_eq!(wire.write(Client, b"last").unwrap(), 4);
    wire.shut_down(Server).unwrap();
    wire.faults_from(Client).holds_shutdown = false;
    wire.shut_down(Client).unwrap();
    assert_eq!(read(&mut wire).unwrap(), b"last");
    assert_eq!(read(&mut wire).unwrap(), b"");
    assert_eq!(wire.calls(Client), [Call::Write, Call::Shutdown]);
}

/// An end that is closed is read to its end, and cannot be written to.
#[test]
fn a_closed_end() {
    let mut wire = Wire::new();
    wire.write(Client, b"last").unwrap();
    wire.write(Server, b"unread").unwrap();
    wire.close(Client);
    assert_eq!(wire.in_flight(Server), 0);
    assert_eq!(read(&mut wire).unwrap(), b"last");
    assert_eq!(read(&mut wire).unwrap(), b"");
    assert_eq!(kind(wire.write(Server, b"x")), ErrorKind::BrokenPipe);
    assert_eq!(kind(wire.write(Client, b"x")), ErrorKind::BrokenPipe);
}

/// The clock does not go back.
#[test]
fn time() {
    let mut wire = Wire::new();
    wire.advance_to(ms(10));
    wire.advance_to(ms(5));
    assert_eq!(wire.now(), ms(10));
}
