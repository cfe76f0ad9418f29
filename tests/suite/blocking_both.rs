//! The blocking adapter where both directions matter at once, over sockets with the kernel's buffers.

use crate::common::{close_from, close_to, config, frame_from, frame_to};
use crate::sockets::tcp;
use bowline::{
    Cause, CloseCode, Closure, Config, Connection, Deadline, Role,
    adapter::blocking::{Error, Socket, Transport, WebSocket},
};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    task::Poll,
    thread,
    time::{Duration, Instant},
};

fn socket<S>(stream: S, role: Role, change: impl FnOnce(&mut Config)) -> WebSocket<S> {
    WebSocket::new(stream, Connection::new(role, config().with(change)))
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A stream above a socket, as TLS is, which may not say which.
pub(crate) struct Layer {
    pub(crate) tcp: TcpStream,
    pub(crate) tells: bool,
}

impl Read for Layer {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.tcp.read(into)
    }
}

impl Write for Layer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Layer {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.tcp.set_timeout(timeout)
    }

    fn set_nonblocking(&mut self, nonblocking: bool) -> io::Result<()> {
        TcpStream::set_nonblocking(&self.tcp, nonblocking)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.tcp.shutdown(Shutdown::Write)
    }

    fn socket(&self) -> Option<Socket<'_>> {
        self.tells.then(|| Socket::from(&self.tcp))
    }
}

/// A stream whose mode cannot be changed: calls that have to write return that error, and do not go on to wait.
#[test]
fn a_mode_that_cannot_be_changed() {
    struct Fixed(TcpStream);
    impl Read for Fixed {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0.read(into)
        }
    }
    impl Write for Fixed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Transport for Fixed {
        fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
            self.0.set_timeout(timeout)
        }
        fn set_nonblocking(&mut self, _: bool) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
        fn shutdown_write(&mut self) -> io::Result<()> {
            self.0.shutdown(Shutdown::Write)
        }
        fn socket(&self) -> Option<Socket<'_>> {
            Some(Socket::from(&self.0))
        }
    }
    for len in [10, 70_000] {
        let [near, _far] = tcp();
        let mut socket = socket(Fixed(near), Role::Client, |_| {});
        socket.feed(vec![7; len]).unwrap();
        let Err(Error::Io(error)) = socket.recv() else { panic!("it has written") };
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert!(socket.buffered_amount() > len, "it is still queued");
    }
}

/// Sends everything before it receives anything.
fn send_then_receive<S: Transport>(mut socket: WebSocket<S>, count: u8, len: usize) -> Result<(), Error> {
    for number in 0..count {
        socket.send(vec![number; len])?;
    }
    for number in 0..count {
        assert!(socket.recv()? == Some(vec![number; len].into()), "message {number}");
    }
    assert!(socket.close(CloseCode::NORMAL, "")?.is_normal());
    Ok(())
}

fn both_send_first<S: Transport + Send + 'static>([near, far]: [S; 2], count: u8, len: usize) {
    // Where they wait for each other, this ends it.
    let hasty = |config: &mut Config| config.deadlines.write = Some(ms(5000));
    let client = socket(near, Role::Client, hasty);
    let server = socket(far, Role::Server, hasty);
    let there = thread::spawn(move || send_then_receive(server, count, len));
    send_then_receive(client, count, len).unwrap();
    there.join().unwrap().unwrap();
}

/// Two endpoints that send 12 MiB each before they receive anything do not wait for each other.
#[test]
fn two_that_send_first() {
    both_send_first(tcp(), 192, 64 * 1024);
    both_send_first(tcp().map(|tcp| Layer { tcp, tells: true }), 3, 4_000_000);
    both_send_first(tcp().map(|tcp| Layer { tcp, tells: false }), 3, 4_000_000);
    #[cfg(unix)]
    both_send_first(std::os::unix::net::UnixStream::pair().map(|(near, far)| [near, far]).unwrap(), 192, 64 * 1024);
}

/// An echo server, and a client that sends 300 messages of 64 KiB before it receives the first.
#[test]
fn an_echo_that_is_received_late() {
    let [near, far] = tcp();
    let mut server = socket(far, Role::Server, |_| {});
    let echo = thread::spawn(move || -> Result<(), Error> {
        while let Some(message) = server.recv()? {
            server.send(message)?;
        }
        Ok(())
    });
    send_then_receive(socket(near, Role::Client, |_| {}), 250, 64 * 1024).unwrap();
    echo.join().unwrap().unwrap();
}

/// Keepalive that notices within 200 ms a peer that is gone.
fn keepalive(config: &mut Config) {
    (config.deadlines.ping, config.deadlines.pong) = (Some(ms(50)), Some(ms(150)));
}

/// A program that only sends, 60 messages in 720 ms or in `times` as long.
fn only_sends(times: u32) -> Result<(), Error> {
    let keepalive = |config: &mut Config| {
        (config.deadlines.ping, config.deadlines.pong) = (Some(ms(50) * times), Some(ms(150) * times));
    };
    let [near, far] = tcp();
    let (mut client, mut server) = (socket(near, Role::Client, keepalive), socket(far, Role::Server, keepalive));
    let receives = thread::spawn(move || -> Result<Closure, Error> {
        for number in 0..60 {
            assert_eq!(server.recv()?, Some(number.to_string().into()));
        }
        server.close(CloseCode::POLICY_VIOLATION, "enough")
    });
    for number in 0..60 {
        client.send(number.to_string())?;
        thread::sleep(ms(12) * times);
    }
    let closed = loop {
        match client.send("more") {
            Ok(()) => thread::sleep(ms(12)),
            Err(error) => break error,
        }
    };
    let end = receives.join().unwrap()?;
    for closed in [closed, client.recv().unwrap_err()] {
        match closed {
            Error::Closed(closure) if !matches!(closure.cause(), Cause::Deadline(_)) => {
                assert_eq!((closure.code(), closure.reason()), (CloseCode::POLICY_VIOLATION, "enough"));
            }
            late => return Err(late),
        }
    }
    assert!(end.is_clean());
    Ok(())
}

/// A program that only sends stays open: it reads the answers to its pings, answers those of the peer, and notices its Close frame.
///
/// On a busy machine, the peer may have to wait for the processor longer than the keepalive allows. Then the test repeats with more
/// time.
#[test]
fn one_that_only_sends() {
    let failures: Vec<_> = [1, 4, 16].into_iter().map(only_sends).map_while(Result::err).collect();
    assert!(failures.len() < 3, "{failures:?}");
}

/// Reads `len` bytes slowly, 64 KiB each 4 ms.
fn read_slowly(stream: &mut impl Read, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    for chunk in bytes.chunks_mut(64 * 1024) {
        stream.read_exact(chunk).unwrap();
        thread::sleep(ms(4));
    }
    bytes
}

/// One large message to a peer that reads it slowly, for longer than the keepalive allows for silence.
#[test]
fn a_peer_that_reads_slowly() {
    let [near, mut far] = tcp();
    let data = vec![7; 12_000_000];
    let frame = frame_from(Role::Server, 0x82, &data);
    let mut server = socket(near, Role::Server, keepalive);
    let reads = thread::spawn(move || read_slowly(&mut far, frame.len()) == frame);
    server.send(data).unwrap();
    assert!(reads.join().unwrap());
}

/// Reads everything up to a Close frame, 64 KiB each `pause`, and answers the frame. Returns whether it was `expected`, and the
/// longest time that it took for 10 MB, which is more than the buffers of both sockets.
fn read_up_to_close(mut stream: TcpStream, expected: &[u8], pause: Duration) -> (bool, Duration) {
    let (mut bytes, mut chunk, mut times) = (Vec::new(), vec![0; 64 * 1024], vec![Instant::now()]);
    while bytes.len() < expected.len() {
        match stream.read(&mut chunk) {
            Ok(count @ 1..) => bytes.extend_from_slice(&chunk[..count]),
            _ => break,
        }
        while times.len() <= bytes.len() / chunk.len() {
            thread::sleep(pause);
            times.push(Instant::now());
        }
    }
    let _ = stream.write_all(&close_to(Role::Server, 1000, ""));
    times.push(Instant::now());
    let longest = times.iter().zip(times.iter().skip(160)).map(|(begin, end)| *end - *begin).max();
    (bytes == expected, longest.unwrap())
}

/// `close` with much in the queue, and a peer that reads it steadily but for longer than the close deadline: nothing is cut off.
///
/// On a busy machine, the peer may have to wait for the processor. If that was too long, the test repeats with more time.
#[test]
fn a_close_behind_a_large_queue() {
    let data = vec![7; 40_000_000];
    let expected = [frame_from(Role::Server, 0x82, &data), close_from(Role::Server, 1000, "")].concat();
    for deadline in [400, 800, 1600, 3200, 6400].map(ms) {
        let [near, far] = tcp();
        let mut server = socket(near, Role::Server, |config| {
            (config.deadlines.close, config.limits.output) = (deadline, 64_000_000);
        });
        server.feed(data.clone()).unwrap();
        let (closure, (is_whole, longest)) = thread::scope(|scope| {
            let reads = scope.spawn(|| read_up_to_close(far, &expected, deadline / 400));
            let closure = server.close(CloseCode::NORMAL, "").unwrap();
            drop(server);
            (closure, reads.join().unwrap())
        });
        if closure.is_normal() {
            assert!(is_whole && closure.unsent() == 0, "{closure}");
            return;
        }
        assert!(longest >= deadline / 2, "{closure}, although the peer read 10 MB in {longest:?} and never slower");
    }
    panic!("the peer was never able to read steadily");
}

/// `close` with much in the queue, and a peer that reads nothing: it takes as long as the deadline, and the closure says how much
/// was not sent.
#[test]
fn a_close_behind_a_queue_that_is_not_read() {
    let [near, _far] = tcp();
    let mut server = socket(near, Role::Server, |config| {
        (config.deadlines.close, config.limits.output) = (ms(100), 64_000_000);
    });
    server.feed(vec![7; 40_000_000]).unwrap();
    let closure = server.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(closure.cause(), Cause::Deadline(Deadline::Close));
    assert!(closure.unsent() > 0, "{closure}");
}

/// A peer that closes, or breaks a rule, while we send to it and it reads nothing: `send` returns why, and not after a minute.
#[test]
fn a_peer_that_ends_while_we_send() {
    let ends: [(&[u8], u16); 3] =
        [(&close_to(Role::Server, 1008, "banned"), 1008), (&frame_to(Role::Server, 0x83, b""), 1006), (b"", 1006)];
    for (bytes, code) in ends {
        let [near, mut far] = tcp();
        let mut server = socket(near, Role::Server, |config| config.deadlines.close = ms(100));
        far.write_all(bytes).unwrap();
        far.shutdown(Shutdown::Write).unwrap();
        let Err(Error::Closed(closure)) = server.send(vec![7; 15_000_000]) else { panic!("it has not ended") };
        assert_eq!(closure.code().get(), code);
        drop(far);
    }
}

/// A Close frame behind a message, from a peer that reads late: what is being sent, and the answer to that message, still reach
/// it, although reading takes longer than the close deadline. So the write timeout counts, and not the close timeout.
#[test]
fn a_close_frame_behind_a_message_while_we_send() {
    let [near, mut far] = tcp();
    let mut server = socket(near, Role::Server, |config| config.deadlines.close = ms(20));
    far.write_all(&[frame_to(Role::Server, 0x81, b"question"), close_to(Role::Server, 1000, "")].concat()).unwrap();
    let reads = thread::spawn(move || {
        thread::sleep(ms(300));
        let mut bytes = Vec::new();
        far.read_to_end(&mut bytes).map(|_| bytes)
    });
    server.send(vec![7; 15_000_000]).unwrap();
    assert_eq!(server.recv().unwrap(), Some("question".into()));
    server.send("answer").unwrap();
    assert_eq!(server.recv().unwrap(), None);
    let expected = [frame_from(Role::Server, 0x81, b"answer"), close_from(Role::Server, 1000, "")].concat();
    assert!(reads.join().unwrap().unwrap().ends_with(&expected));
}

/// A program that only sends, and a Close frame behind a message that it does not receive: it could still answer that message, so
/// the connection stays open. It learns of the Close frame when it receives the message, or when the peer leaves.
#[test]
fn a_message_that_is_not_received_before_a_close_frame() {
    for receives in [true, false] {
        let [near, mut far] = tcp();
        let mut server = socket(near, Role::Server, |_| {});
        far.write_all(&[frame_to(Role::Server, 0x81, b"unread"), close_to(Role::Server, 1001, "bye")].concat())
            .unwrap();
        for _ in 0..5 {
            server.send("tick").unwrap();
            thread::sleep(ms(12));
        }
        if receives {
            assert_eq!(server.try_recv().unwrap(), Poll::Ready(Some("unread".into())));
        } else {
            far.read_exact(&mut [0; 5 * 6]).unwrap(); // otherwise the end is a reset
            drop(far);
        }
        let error = loop {
            match server.send("tick") {
                Ok(()) => thread::sleep(ms(12)),
                Err(error) => break error,
            }
        };
        let Error::Closed(closure) = error else { panic!("{error}") };
        assert_eq!((closure.code(), closure.reason()), (CloseCode::GOING_AWAY, "bye"));
    }
}

/// A peer that dies while we send to it is noticed by the deadline for a write, and by the keepalive if it dies after it.
#[test]
fn a_peer_that_dies() {
    let [near, _far] = tcp();
    let mut server = socket(near, Role::Server, |config| {
        keepalive(config);
        (config.deadlines.write, config.deadlines.close) = (Some(ms(100)), ms(100));
    });
    let Err(Error::Closed(closure)) = server.send(vec![7; 15_000_000]) else { panic!("it has not ended") };
    assert_eq!(closure.cause(), Cause::Deadline(Deadline::Write));

    let [near, _far] = tcp();
    let mut server = socket(near, Role::Server, |config| {
        keepalive(config);
        config.deadlines.close = ms(100);
    });
    let closed = loop {
        match server.send("anyone there?") {
            Ok(()) => thread::sleep(ms(12)),
            Err(error) => break error,
        }
    };
    let _ = server.recv();
    assert_eq!(server.closure().unwrap().cause(), Cause::Deadline(Deadline::Pong), "{closed}");
}
