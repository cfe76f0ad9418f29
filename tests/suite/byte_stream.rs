//! A connection as a stream of bytes, in the blocking adapter.

use crate::{
    blocking_both::Layer,
    common::{ROLES, close_to, config, frame_to},
    script::{Reads, Script, Writes, socket},
    sockets::tcp,
    wire::plain,
};
use bowline::{
    CloseCode, Config, Connection, Message, Role,
    adapter::{
        Error,
        blocking::{ByteStream, Transport, WebSocket},
    },
};
use std::{
    io::{self, BufRead, ErrorKind, Read, Write, copy},
    thread,
    time::{Duration, Instant},
};

const MS_20: Duration = Duration::from_millis(20);

/// Bytes that show if one is lost, doubled or moved.
fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 % 251) as u8).collect()
}

fn over<S>(stream: S, role: Role, change: impl FnOnce(&mut Config)) -> ByteStream<S> {
    ByteStream::new(WebSocket::new(stream, Connection::new(role, config().with(change))))
}

fn scripted(
    role: Role,
    reads: impl IntoIterator<Item = Reads>,
    change: impl FnOnce(&mut Config),
) -> ByteStream<Script> {
    let script = Script::new(reads.into_iter().collect::<Vec<_>>());
    ByteStream::new(socket(Connection::new(role, config().with(change)), script))
}

fn binary(role: Role, payload: &[u8]) -> Reads {
    Reads::Bytes(frame_to(role, 0x82, payload))
}

/// The frames that were written.
fn written(stream: &ByteStream<Script>) -> Vec<(u8, Vec<u8>)> {
    plain(&stream.get_ref().get_ref().written)
}

fn read_all(stream: &mut impl Read) -> (Vec<u8>, io::Result<usize>) {
    let mut read = Vec::new();
    let end = stream.read_to_end(&mut read);
    (read, end)
}

/// Much more than fits in the kernel's buffers, there and back, to a clean end on both sides.
#[test]
fn there_and_back() {
    for tells in [None, Some(true), Some(false)] {
        let [near, far] = tcp();
        match tells {
            None => there_and_back_over(near, far),
            Some(tells) => there_and_back_over(Layer { tcp: near, tells }, Layer { tcp: far, tells }),
        }
    }
}

fn there_and_back_over<S: Transport + Send + 'static>(near: S, far: S) {
    let all = bytes(3_000_000);
    let echo = thread::spawn(move || {
        let mut stream = over(far, Role::Server, |_| {});
        let mut read = vec![0; 3_000_000];
        stream.read_exact(&mut read).unwrap();
        stream.write_all(&read).unwrap();
        stream.flush().unwrap();
        assert_eq!(stream.read(&mut read).unwrap(), 0);
        stream.shutdown().unwrap();
    });
    let mut stream = over(near, Role::Client, |_| {});
    all.chunks(1777).for_each(|part| stream.write_all(part).unwrap());
    let mut read = vec![0; 3_000_000];
    stream.read_exact(&mut read).unwrap(); // also writes what is queued
    assert!(read == all);
    stream.shutdown().unwrap();
    assert!(stream.get_ref().closure().unwrap().is_normal());
    echo.join().unwrap();
}

/// Reads do not depend on where messages, fragments and reads end. Empty messages, which a read of 0 bytes would take for the end,
/// do not end the stream.
#[test]
fn messages_are_invisible() {
    for role in ROLES {
        let wire = [
            frame_to(role, 0x82, b"one"),
            frame_to(role, 0x82, b""),
            frame_to(role, 0x02, b"tw"),
            frame_to(role, 0x89, b"ping"),
            frame_to(role, 0x00, b""),
            frame_to(role, 0x80, b"o"),
            frame_to(role, 0x02, b"th"),
            frame_to(role, 0x80, b""),
            frame_to(role, 0x82, b"ree"),
            close_to(role, 1000, ""),
        ]
        .concat();
        for cut in [1, 2, 7, 1000] {
            for step in [1, 2, 100] {
                let reads = wire.chunks(cut).map(|part| Reads::Bytes(part.to_vec()));
                let mut stream = scripted(role, reads, |_| {});
                let (mut read, mut part) = (Vec::new(), vec![0; step]);
                loop {
                    match stream.read(&mut part).unwrap() {
                        0 => break,
                        count => read.extend_from_slice(&part[..count]),
                    }
                }
                assert_eq!(read, b"onetwothree", "{role:?}, {cut}, {step}");
                assert_eq!(stream.read(&mut part).unwrap(), 0, "the end is still there");
                assert_eq!(stream.read(&mut []).unwrap(), 0);
            }
        }
    }
}

/// Which ends are the end of the stream, and which kinds of errors the others are.
#[test]
fn ends() {
    for role in ROLES {
        let close = |code| Reads::Bytes(close_to(role, code, ""));
        let begun = |end: Vec<u8>| Reads::Bytes([frame_to(role, 0x02, b"!"), end].concat());
        let table = [
            (Some(close(1000)), None),
            (Some(close(1001)), None),
            (Some(Reads::Bytes(frame_to(role, 0x88, b""))), None),
            (Some(close(1011)), Some(ErrorKind::ConnectionAborted)),
            (None, Some(ErrorKind::UnexpectedEof)),
            (Some(begun(close_to(role, 1000, ""))), Some(ErrorKind::UnexpectedEof)),
            (Some(begun(Vec::new())), Some(ErrorKind::UnexpectedEof)),
            (Some(Reads::Bytes(frame_to(role, 0x83, b""))), Some(ErrorKind::InvalidData)),
            (Some(Reads::Error(ErrorKind::ConnectionReset)), Some(ErrorKind::ConnectionReset)),
        ];
        for (end, kind) in table {
            let what = format!("{role:?}: {end:?}");
            let mut stream = scripted(role, [Some(binary(role, b"data")), end].into_iter().flatten(), |_| {});
            let (read, end) = read_all(&mut stream);
            assert_eq!(read.strip_suffix(b"!").unwrap_or(&read), b"data", "{what}");
            assert_eq!(end.as_ref().err().map(io::Error::kind), kind, "{what}");
            let Err(error) = end else { continue };
            let inside = error.get_ref().and_then(|inside| inside.downcast_ref());
            assert!(matches!(inside, Some(Error::Closed(_) | Error::Io(_))), "{what}");
            assert!(stream.read(&mut [0]).is_err(), "{what}: it is not the end later either");
        }
    }
}

/// Text is refused with code 1003, which is written before the error is returned. Nothing behind it is read.
#[test]
fn text() {
    for role in ROLES {
        let wire = [frame_to(role, 0x82, b"good"), frame_to(role, 0x81, b"text"), frame_to(role, 0x82, b"bad")];
        let mut stream = scripted(role, [Reads::Bytes(wire.concat()), Reads::Bytes(close_to(role, 1003, ""))], |_| {});
        let (read, error) = read_all(&mut stream);
        assert_eq!(read, b"good");
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidData);
        let (first, payload) = written(&stream).remove(0);
        assert_eq!((first, &payload[..2]), (0x88, &1003_u16.to_be_bytes()[..]));
        stream.shutdown().unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}

/// A write is a binary message of at most 64 KiB, which the flush writes.
#[test]
fn writes() {
    for role in ROLES {
        let mut stream = scripted(role, [], |_| {});
        stream.write_all(b"one").unwrap();
        stream.write_all(b"two").unwrap();
        assert_eq!(stream.write(b"").unwrap(), 0);
        assert!(written(&stream).is_empty());
        stream.flush().unwrap();
        assert_eq!(written(&stream), [(0x82, b"one".to_vec()), (0x82, b"two".to_vec())]);
        stream.write_all(&bytes(150_000)).unwrap();
        stream.flush().unwrap();
        let frames = written(&stream).split_off(2);
        assert_eq!(frames.iter().map(|(_, payload)| payload.len()).collect::<Vec<_>>(), [65_536, 65_536, 18_928]);
        assert!(frames.into_iter().flat_map(|(_, payload)| payload).eq(bytes(150_000)));
    }
}

/// Back-pressure: a peer that does not read stops a writer, until a deadline ends the connection.
#[test]
fn back_pressure() {
    for role in ROLES {
        let script = Script::new(vec![Reads::Timeout; 100]).writes([Writes::Never]);
        let hasty = |config: &mut Config| (config.deadlines.write, config.deadlines.close) = (Some(MS_20), MS_20);
        let mut stream = ByteStream::new(socket(Connection::new(role, config().with(hasty)), script));
        let mut accepted = 0;
        let error = loop {
            match stream.write(&[7; 10_000]) {
                Ok(count) => accepted += count,
                Err(error) => break error,
            }
        };
        assert_eq!(accepted, 70_000);
        // The write may have failed before it was certain how the connection ends. A read returns that.
        assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::TimedOut), "{error}");
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}

/// Bytes can be read before their message is complete, and a message may be larger than the limit for messages.
#[test]
fn a_large_message() {
    for role in ROLES {
        let frame = frame_to(role, 0x82, &bytes(200_000));
        let (start, rest) = frame.split_at(50_000);
        let reads = [start, rest].map(|part| Reads::Bytes(part.to_vec()));
        let mut stream = scripted(role, reads, |config| config.limits.message = 1000);
        let mut read = vec![0; 40_000];
        stream.read_exact(&mut read).unwrap();
        assert!(stream.get_ref().get_ref().bytes_read <= 50_000, "only what was needed");
        read.resize(200_000, 0);
        stream.read_exact(&mut read[40_000..]).unwrap();
        assert!(read == bytes(200_000));
    }
}

/// [`BufRead`]: lines, across messages.
#[test]
fn lines() {
    let reads = [binary(Role::Client, b"one\ntw"), binary(Role::Client, b"o\n")];
    let stream =
        scripted(Role::Client, reads.into_iter().chain([Reads::Bytes(close_to(Role::Client, 1000, ""))]), |_| {});
    assert_eq!(stream.lines().collect::<Result<Vec<_>, _>>().unwrap(), ["one", "two"]);
}

/// A shutdown writes what is queued and the Close frame, and waits for the peer's. What arrives meanwhile can be read afterwards.
#[test]
fn shutdown() {
    for role in ROLES {
        let reads = [binary(role, b"on its way, "), Reads::Timeout, binary(role, b"and more")];
        let end = Reads::Bytes(close_to(role, 1000, ""));
        let mut stream = scripted(role, reads.into_iter().chain([end]), |_| {});
        stream.write_all(b"last").unwrap();
        stream.shutdown().unwrap();
        let close = (0x88, 1000_u16.to_be_bytes().to_vec());
        assert_eq!(written(&stream), [(0x82, b"last".to_vec()), close]);
        assert!(stream.get_ref().closure().unwrap().is_clean());
        let (read, end) = read_all(&mut stream);
        assert_eq!((read, end.unwrap()), (b"on its way, and more".to_vec(), 20));
        stream.shutdown().unwrap();
        assert_eq!(stream.write(b"late").unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}

/// A peer that does not answer, leaves without a Close frame, or sends more than is kept, makes a shutdown fail. It waits at most
/// for the close deadline, and without using the processor.
#[test]
fn a_shutdown_that_fails() {
    let close = Duration::from_millis(100);
    let hasty = |config: &mut Config| (config.deadlines.close, config.limits.message) = (close, 1000);
    let full = || (0..20).map(|_| binary(Role::Client, &bytes(10_000)));
    for tells in [None, Some(true), Some(false)] {
        for sends in [false, true] {
            let [near, mut far] = tcp();
            far.set_nonblocking(true).unwrap();
            if sends {
                for read in full() {
                    let Reads::Bytes(frame) = read else { continue };
                    far.write_all(&frame).unwrap();
                }
            }
            let (begun, kind, left) = match tells {
                None => shut_down(over(near, Role::Client, hasty)),
                Some(tells) => shut_down(over(Layer { tcp: near, tells }, Role::Client, hasty)),
            };
            assert_eq!(kind, ErrorKind::TimedOut);
            assert!(begun >= close, "{begun:?}");
            assert_eq!(left > 0, sends, "what was kept can be read");
        }
    }
    let mut stream = scripted(Role::Client, [], |_| {});
    assert_eq!(stream.shutdown().unwrap_err().kind(), ErrorKind::UnexpectedEof);
    let mut stream = scripted(Role::Client, full().chain([Reads::Timeout]), hasty);
    assert_eq!(stream.shutdown().unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(stream.get_ref().get_ref().calls.len() < 50, "it does not repeat calls in vain");
}

/// A shutdown that can only wait for the close deadline, since nothing more is kept, sleeps meanwhile, also if the peer has hung up.
#[cfg(target_os = "linux")]
#[test]
fn a_shutdown_that_sleeps() {
    // The time on the processor, in nanoseconds.
    let used = || {
        let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        Duration::from_nanos(statistics.split(' ').next().unwrap().parse().unwrap())
    };
    let close = Duration::from_millis(500);
    for hangs_up in [false, true] {
        for tells in [true, false] {
            let [near, mut far] = tcp();
            far.write_all(&frame_to(Role::Client, 0x82, &bytes(200_000))).unwrap();
            let far = Some(far).filter(|_| !hangs_up);
            let layer = Layer { tcp: near, tells };
            let mut stream = over(layer, Role::Client, |config| {
                (config.deadlines.close, config.limits.message) = (close, 1000);
            });
            let before = used();
            assert!(stream.shutdown().is_err());
            let used = used().saturating_sub(before);
            assert!(used < close / 5, "{used:?} on the processor");
            drop(far);
        }
    }
}

/// The time that a shutdown takes, the kind of its error, and how much can be read afterwards.
fn shut_down<S: Transport>(mut stream: ByteStream<S>) -> (Duration, ErrorKind, usize) {
    let begun = Instant::now();
    let error = stream.shutdown().unwrap_err();
    let elapsed = begun.elapsed();
    let (read, end) = read_all(&mut stream);
    assert_eq!(end.unwrap_err().kind(), ErrorKind::TimedOut);
    (elapsed, error.kind(), read.len())
}

/// A writer is copied to with [`copy`], and what was written before a connection became a stream of bytes comes first.
#[test]
fn with_a_copy() {
    for role in ROLES {
        let mut socket = socket(Connection::new(role, config()), Script::new([]));
        socket.feed("before").unwrap();
        let mut stream = ByteStream::new(socket);
        assert_eq!(copy(&mut &bytes(20_000)[..], &mut stream).unwrap(), 20_000);
        stream.flush().unwrap();
        let frames = written(&stream);
        assert_eq!(frames[0], (0x81, b"before".to_vec()));
        assert!(frames.into_iter().skip(1).flat_map(|(_, payload)| payload).eq(bytes(20_000)));
    }
}

/// A connection becomes a stream of bytes and a connection again, at any moment, and nothing is lost or changes its order.
#[test]
fn there_and_back_again() {
    for role in ROLES {
        let all = bytes(30_000);
        let wire = [
            frame_to(role, 0x82, &all[..10_000]),
            frame_to(role, 0x02, &all[10_000..20_000]),
            frame_to(role, 0x80, &all[20_000..]),
            close_to(role, 1000, ""),
        ]
        .concat();
        for (first, taken) in [(0, 0), (5, 1), (9_000, 9_001), (10_050, 3), (15_000, 10_500), (26_000, 12_007)] {
            let [before, after] = [&wire[..first], &wire[first..]].map(|part| Reads::Bytes(part.to_vec()));
            let reads = if first == 0 { vec![after] } else { vec![before, Reads::Timeout, after] };
            let script = Script::new(reads);
            let mut socket = socket(Connection::new(role, config()), script);
            let mut received = Vec::new();
            if first > 0 {
                // What has arrived of the message is in the connection.
                while let std::task::Poll::Ready(message) = socket.try_recv().unwrap() {
                    received.extend(message.unwrap().into_data());
                }
            }
            let mut stream = ByteStream::new(socket);
            let mut part = vec![0; taken];
            stream.read_exact(&mut part).unwrap();
            received.extend(part);
            let mut socket = stream.into_inner();
            while let Some(message) = socket.recv().unwrap() {
                let Message::Binary(data) = message else { panic!("{message:?}") };
                received.extend(data);
            }
            assert!(received == all, "{role:?}, {first}, {taken}");
        }
    }
}

/// What it prints, and how a closed connection explains itself.
#[test]
fn words() {
    let close = Reads::Bytes(close_to(Role::Client, 1011, "full"));
    let mut stream = scripted(Role::Client, [binary(Role::Client, b"123"), close], |_| {});
    stream.read_exact(&mut [0]).unwrap();
    let text = format!("{stream:?}");
    assert!(text.starts_with("ByteStream { socket: WebSocket") && text.ends_with("unread: 2 }"), "{text}");
    let (_, error) = read_all(&mut stream);
    let text = error.unwrap_err().to_string();
    let expected = "the connection is closed with 1011 (internal error) \"full\", clean, begun by the peer: close frames \
                    were exchanged";
    assert_eq!(text, expected);
    let error = stream.write(b"late").unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::BrokenPipe, expected.into()));
    let closure = stream.into_inner().closure().cloned().unwrap();
    assert_eq!(closure.code(), CloseCode::new(1011));
}
