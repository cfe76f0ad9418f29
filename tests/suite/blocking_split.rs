//! The halves of the blocking adapter, in several threads.

#[cfg(unix)]
use crate::{
    common::ROLES,
    script::{Above, Reads, Writes},
};
use crate::{
    common::{close_from, close_to, config, frame_from, frame_to},
    script::Script,
    sockets::tcp,
};
use bowline::{
    Cause, CloseCode, Config, Connection, Deadline, Event, Message, Prepared, Role,
    adapter::blocking::{Error, Receiver, ReuniteError, Sender, Transport, WebSocket},
};
use std::{
    io::{ErrorKind, Read, Write},
    sync::mpsc,
    task::Poll,
    thread,
    time::{Duration, Instant},
};

fn socket<S>(stream: S, role: Role, change: impl FnOnce(&mut Config)) -> WebSocket<S> {
    WebSocket::new(stream, Connection::new(role, config().with(change)))
}

type Halves<S> = (Receiver<S>, Sender<S>);

fn halves<S: Transport>([near, far]: [S; 2], change: impl Fn(&mut Config)) -> [Halves<S>; 2] {
    [socket(near, Role::Client, &change), socket(far, Role::Server, &change)].map(|socket| socket.split().unwrap())
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn from_two_threads<S: Transport + Send + 'static>(streams: [S; 2]) {
    let [(mut receiver, sender), (mut other, echo)] = halves(streams, |_| {});
    let echoes = thread::spawn(move || -> Result<(), Error> {
        while let Some(message) = other.recv()? {
            echo.send(message)?;
        }
        Ok(())
    });
    let receiving = thread::spawn(move || {
        let mut next = [0, 0];
        while next != [300, 300] {
            let Some(Message::Text(text)) = receiver.recv().unwrap() else { panic!("it has ended") };
            let (who, number) = text.split_once(' ').unwrap();
            let next = &mut next[who.parse::<usize>().unwrap()];
            assert_eq!(number.trim(), next.to_string());
            *next += 1;
        }
        receiver
    });
    thread::sleep(ms(10)); // the receiver waits
    let senders = [0, 1].map(|who| {
        let sender = sender.clone();
        thread::spawn(move || (0..300).for_each(|number| sender.send(format!("{who} {number:5000}")).unwrap()))
    });
    for sender in senders {
        sender.join().unwrap();
    }
    let receiver = receiving.join().unwrap();
    let mut socket = receiver.reunite(sender).unwrap();
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().is_normal());
    echoes.join().unwrap().unwrap();
}

/// Two threads send while a third one waits for messages: the messages of each thread arrive in their order.
#[test]
fn two_threads_send_and_one_receives() {
    from_two_threads(tcp());
    #[cfg(unix)]
    from_two_threads(std::os::unix::net::UnixStream::pair().map(|(near, far)| [near, far]).unwrap());
}

/// Two endpoints that send 12 MiB each before they receive anything, and two whose receivers wait meanwhile.
#[test]
fn two_that_send_first() {
    for receives_meanwhile in [false, true] {
        let ends = halves(tcp(), |config| config.deadlines.write = Some(ms(5000)));
        let threads = ends.map(|(mut receiver, sender)| {
            thread::spawn(move || {
                let receive = move || {
                    for _ in 0..3 {
                        assert!(receiver.recv().unwrap() == Some(vec![7; 4_000_000].into()));
                    }
                    receiver
                };
                let send = || (0..3).for_each(|_| sender.send(vec![7; 4_000_000]).unwrap());
                if receives_meanwhile {
                    let receiving = thread::spawn(receive);
                    send();
                    receiving.join().unwrap()
                } else {
                    send();
                    receive()
                }
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

/// A sender that waits for its stream, while no receiver does, waits for input as well.
#[cfg(unix)]
#[test]
fn a_sender_without_a_receiver() {
    for role in ROLES {
        let answer = Reads::Bytes(frame_to(role, 0x81, b"answer"));
        let reads: Vec<_> = vec![Reads::Timeout; 200].into_iter().chain([answer]).collect();
        let blocked = vec![Writes::Error(ErrorKind::WouldBlock); reads.len()];
        let stream = Above::readable(Script::new(reads).writes(blocked));
        // If it waited for output alone, each of these reads would wait for a tick, until this deadline.
        let default = Config::default().deadlines.write;
        let (mut receiver, sender) = socket(stream, role, |config| config.deadlines.write = default).split().unwrap();
        sender.send("question").unwrap();
        assert_eq!(receiver.recv().unwrap(), Some("answer".into()));
        let stream = receiver.reunite(sender).unwrap().into_inner();
        assert_eq!(stream.script.written, frame_from(role, 0x81, b"question"));
    }
}

/// A stream with a buffer, as TLS has one, which has read everything that the socket had. A receiver may read it in several turns,
/// but it does not wait for the socket before the stream has nothing left.
#[cfg(unix)]
#[test]
fn a_stream_with_a_buffer() {
    for role in ROLES {
        let pongs = frame_to(role, 0x8A, &[7; 100]).repeat(20_000);
        for (before, is_message) in [(frame_to(role, 0x82, &vec![7; 3_000_000]), true), (pongs, false)] {
            let buffered = [before, frame_to(role, 0x81, b"last")].concat();
            let reads = [Reads::Bytes(buffered), Reads::Timeout, Reads::Timeout];
            let (mut receiver, _sender) = socket(Above::silent(Script::new(reads)), role, |_| {}).split().unwrap();
            // Where it waits for the socket, this ends the test.
            let mut receive = || receiver.recv_timeout(Duration::from_secs(60)).unwrap();
            if is_message {
                assert!(receive() == Poll::Ready(Some(vec![7; 3_000_000].into())));
            }
            assert_eq!(receive(), Poll::Ready(Some("last".into())));
        }
    }
}

/// A receiver that waits without a timeout learns that a sender has closed: it ends at the close deadline.
#[test]
fn a_sender_that_closes() {
    let [near, mut far] = tcp();
    let (mut receiver, sender) = socket(near, Role::Server, |config| config.deadlines.close = ms(50)).split().unwrap();
    let receiving = thread::spawn(move || receiver.recv());
    thread::sleep(ms(20));
    sender.close(CloseCode::NORMAL, "").unwrap();
    let mut bytes = vec![0; close_from(Role::Server, 1000, "").len()];
    far.read_exact(&mut bytes).unwrap();
    assert_eq!(bytes, close_from(Role::Server, 1000, ""));
    let Err(Error::Closed(closure)) = receiving.join().unwrap() else { panic!("it has not ended") };
    assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
    assert_eq!(sender.closure(), Some(*closure));
    assert!(matches!(sender.send("late"), Err(Error::Closed(_))));
}

/// A sender that waits in vain ends the connection, and the receiver learns of it.
#[test]
fn a_peer_that_never_reads() {
    let [near, _far] = tcp();
    let hasty = |config: &mut Config| (config.deadlines.close, config.deadlines.write) = (ms(50), Some(ms(50)));
    let (mut receiver, sender) = socket(near, Role::Server, hasty).split().unwrap();
    let receiving = thread::spawn(move || receiver.recv());
    let Err(Error::Closed(closure)) = sender.send(vec![7; 15_000_000]) else { panic!("it has not ended") };
    assert_eq!(closure.cause(), Cause::Deadline(Deadline::Write));
    assert!(matches!(receiving.join().unwrap(), Err(Error::Closed(_))));
}

/// A sender that ends the connection and returns all the same, since the peer reads everything in the end but does not answer the
/// Close frame: the receiver, which waits without a timeout of its own, learns of the close deadline.
#[test]
fn a_peer_that_reads_after_the_write_timeout() {
    let [near, mut far] = tcp();
    let hasty = |config: &mut Config| (config.deadlines.close, config.deadlines.write) = (ms(500), Some(ms(50)));
    let (mut receiver, sender) = socket(near, Role::Server, hasty).split().unwrap();
    let observer = sender.clone();
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(receiver.recv()));
    thread::sleep(ms(20)); // the receiver waits
    let data = vec![7; 15_000_000];
    let sending = {
        let data = data.clone();
        thread::spawn(move || drop(sender.send(data)))
    };
    // What is queued becomes less, until the Close frame is added.
    let mut queued = 0;
    loop {
        let before = queued;
        queued = observer.buffered_amount();
        if before > 0 && queued > before {
            break;
        }
    }
    let close = close_from(Role::Server, 1011, "reads too slowly");
    let mut bytes = vec![0; frame_from(Role::Server, 0x82, &data).len() + close.len()];
    drop(observer);
    // If this thread has to wait for the processor until the close deadline, the rest is missing.
    assert!(far.read_exact(&mut bytes).is_err() || bytes.ends_with(&close));
    sending.join().unwrap();
    // Where the receiver does not learn of it, it waits without a limit.
    assert!(matches!(end.recv_timeout(Duration::from_secs(60)).unwrap(), Err(Error::Closed(_))));
}

/// Everything else that the halves do is as with the whole.
#[test]
fn all_calls() {
    let [near, mut far] = tcp();
    let (mut receiver, sender) = socket(near, Role::Server, |_| {}).split().unwrap();
    assert_eq!(receiver.try_recv().unwrap(), Poll::Pending);
    sender.feed("one").unwrap();
    sender.try_feed_prepared(&Prepared::text("two")).unwrap();
    assert_eq!(sender.buffered_amount(), 10);
    sender.flush().unwrap();
    sender.send_prepared(&Prepared::text("three")).unwrap();
    sender.ping(b"four").unwrap();
    let mut bytes = [0; 10 + 7 + 6];
    far.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"\x81\x03one\x81\x03two\x81\x05three\x89\x04four");
    far.write_all(&frame_to(Role::Server, 0x8A, b"four")).unwrap();
    assert_eq!(receiver.next_event().unwrap(), Some(Event::Pong(b"four".to_vec().into())));
    assert_eq!((receiver.protocol(), sender.protocol(), receiver.closure()), (None, None, None));
    let clone = sender.clone();
    let error = receiver.reunite(sender).unwrap_err();
    assert!(error.to_string().contains("another clone"), "{error}");
    let ReuniteError(mut receiver, sender) = error;
    drop(clone);
    drop(far);
    receiver.close(CloseCode::NORMAL, "").unwrap();
    assert!(receiver.closure().is_some());
    receiver.reunite(sender).unwrap();
    let split = socket(Script::new([]), Role::Client, |_| {}).split();
    assert_eq!(split.unwrap_err().kind(), ErrorKind::Unsupported);
}

/// Halves of two connections are not joined, and both work after that.
#[test]
fn halves_that_do_not_belong_together() {
    let [near, far] = tcp();
    let [(receiver, sender), (another, other)] =
        [(near, Role::Client), (far, Role::Server)].map(|(stream, role)| socket(stream, role, |_| {}).split().unwrap());
    let ReuniteError(receiver, other) = receiver.reunite(other).unwrap_err();
    let mut server = another.reunite(other).unwrap();
    receiver.reunite(sender).unwrap().send("still there").unwrap();
    assert_eq!(server.recv().unwrap(), Some("still there".into()));
}

/// What is printed of a connection and of its halves has their names, and nothing that was received or queued.
#[test]
fn no_messages_in_debug_output() {
    let [near, mut far] = tcp();
    far.write_all(&[frame_to(Role::Server, 0x81, b"one"), frame_to(Role::Server, 0x81, b"secret")].concat()).unwrap();
    let mut socket = socket(near, Role::Server, |_| {});
    assert_eq!(socket.recv().unwrap(), Some("one".into()));
    socket.feed("secret").unwrap();
    let mut shown = vec![format!("{socket:?}")];
    let (receiver, sender) = socket.split().unwrap();
    shown.extend([format!("{receiver:?}"), format!("{sender:?}")]);
    let _clone = sender.clone();
    shown.push(format!("{:?}", receiver.reunite(sender).unwrap_err()));
    for (text, name) in shown.iter().zip(["WebSocket", "Receiver", "Sender", "ReuniteError"]) {
        assert!(text.starts_with(name) && !text.contains("secret") && !text.contains("115, 101"), "{text}");
    }
}

/// A receiver with a timeout: it returns when the timeout has expired, or earlier with a message; a sender of another thread can
/// send meanwhile. Its deadlines work, too.
#[test]
fn recv_timeout() {
    let [near, mut far] = tcp();
    let (mut receiver, sender) = socket(near, Role::Server, |_| {}).split().unwrap();
    for timeout in [ms(0), ms(20)] {
        let begun = Instant::now();
        assert_eq!(receiver.recv_timeout(timeout).unwrap(), Poll::Pending);
        assert!(begun.elapsed() >= timeout);
    }
    let frame = frame_to(Role::Server, 0x81, b"in two parts");
    far.write_all(&frame[..7]).unwrap();
    assert_eq!(receiver.recv_timeout(ms(20)).unwrap(), Poll::Pending);
    let echo = thread::spawn(move || {
        let mut reply = [0; 7];
        far.read_exact(&mut reply).unwrap();
        far.write_all(&frame[7..]).unwrap();
        (reply, far)
    });
    let sends = thread::spawn(move || {
        thread::sleep(ms(20));
        sender.send("reply").unwrap();
        sender
    });
    // Without a limit, this would not end if it missed the message.
    let message = receiver.recv_timeout(Duration::MAX).unwrap();
    assert_eq!(message, Poll::Ready(Some("in two parts".into())));
    let (reply, far) = echo.join().unwrap();
    assert_eq!(&reply, b"\x81\x05reply");
    drop(far);
    sends.join().unwrap();
    assert!(matches!(receiver.recv_timeout(Duration::MAX), Err(Error::Closed(_))));
    // In many short calls the deadlines count as in a long one.
    let [near, _far] = tcp();
    let keepalive = |config: &mut Config| {
        (config.deadlines.ping, config.deadlines.pong, config.deadlines.close) = (Some(ms(20)), Some(ms(20)), ms(20));
    };
    let (mut receiver, _sender) = socket(near, Role::Server, keepalive).split().unwrap();
    let error = loop {
        match receiver.recv_timeout(ms(1)) {
            Ok(poll) => assert_eq!(poll, Poll::Pending),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Closed(closure) if closure.cause() == Cause::Deadline(Deadline::Pong)));
}

/// A send that fails because the peer has closed has the peer's reason as its error, without a receiver that waits.
#[test]
fn a_close_frame_that_lies_unread() {
    for way in ["send", "feed", "ping"] {
        let [near, mut far] = tcp();
        let (mut receiver, sender) = socket(near, Role::Client, |_| {}).split().unwrap();
        let before_and_close =
            [frame_to(Role::Client, 0x81, b"before"), close_to(Role::Client, 1008, "banned")].concat();
        far.write_all(&before_and_close).unwrap();
        drop(far);
        let error = loop {
            let sent = match way {
                "send" => sender.send("late"),
                "feed" => sender.feed("late").and_then(|()| sender.flush()),
                _ => sender.ping(b"late"),
            };
            match sent {
                Ok(()) => thread::sleep(ms(1)),
                Err(error) => break error,
            }
        };
        let Error::Closed(closure) = error else { panic!("{way}: {error}") };
        assert_eq!((closure.code().get(), closure.reason()), (1008, "banned"), "{way}");
        assert_eq!(receiver.recv().unwrap(), Some("before".into()), "{way}");
    }
}
