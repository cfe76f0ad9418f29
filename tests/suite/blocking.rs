//! The blocking adapter over TCP.

use crate::common::{close_from, close_to, config, frame_from, frame_to};
use crate::sockets::tcp;
use bowline::{
    Cause, CloseCode, Config, Connection, Deadline, Delivery, Event, Interrupted, Message, Role,
    adapter::blocking::{Error, Transport, WebSocket},
};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    task::Poll,
    thread,
    time::Duration,
};

fn socket(stream: TcpStream, role: Role, change: impl FnOnce(&mut Config)) -> WebSocket<TcpStream> {
    let mut config = config();
    change(&mut config);
    WebSocket::new(stream, Connection::new(role, config))
}

/// A client and a server, whose opening handshake is taken as made.
fn pair(change: impl Fn(&mut Config)) -> [WebSocket<TcpStream>; 2] {
    let [near, far] = tcp();
    [socket(near, Role::Client, &change), socket(far, Role::Server, &change)]
}

/// Returns all messages until the end by the message API.
fn echo(mut socket: WebSocket<TcpStream>) -> Result<u16, Error> {
    while let Some(message) = socket.recv()? {
        socket.send(message)?;
    }
    Ok(socket.closure().unwrap().code().get())
}

/// Returns all messages until the end by the batch API.
fn echo_batches(mut socket: WebSocket<TcpStream>) -> Result<u16, Error> {
    while let Some(mut batch) = socket.read()? {
        while let Some((event, connection)) = batch.receive() {
            match event {
                Event::Text(text) => connection.send_text(text)?,
                Event::Binary(data) => connection.send_binary(data)?,
                _ => {}
            }
        }
    }
    Ok(socket.closure().unwrap().code().get())
}

/// [N-08] [O-12] [O-18] Messages of all sizes there and back, with both APIs and from both roles, up to 16 MiB, which is read
/// directly into the message; then a normal end on both sides.
#[test]
fn both_apis() {
    for echo in [echo, echo_batches] {
        for swap in [false, true] {
            let [mut here, mut there] = pair(|_| {});
            if swap {
                (here, there) = (there, here);
            }
            let there = thread::spawn(move || echo(there));
            for len in [0, 1, 125, 126, 16_384, 100_000, 16 * 1024 * 1024] {
                let data: Vec<u8> = (0..len).map(|i: u32| (i % 251) as u8).collect();
                here.send(data.clone()).unwrap();
                assert!(here.recv().unwrap() == Some(data.into()), "{len} bytes come back as they were");
            }
            here.feed("one").unwrap();
            here.feed("two").unwrap();
            assert_eq!(here.recv().unwrap(), Some("one".into()));
            assert_eq!(here.recv().unwrap(), Some("two".into()));
            let closure = here.close(CloseCode::GOING_AWAY, "done").unwrap();
            assert_eq!((closure.code().get(), closure.is_clean()), (1001, true));
            assert_eq!(there.join().unwrap().unwrap(), 1001);
        }
    }
}

/// [I-25] [K-12] Large messages as chunks, when that is asked for.
#[test]
fn messages_in_chunks() {
    let [mut client, mut server] = pair(|config| config.delivery = Delivery::Chunks);
    let data: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
    let sent = data.clone();
    let sends = thread::spawn(move || {
        client.send(sent).unwrap();
        client.close(CloseCode::NORMAL, "").unwrap()
    });
    let mut came = Vec::new();
    while let Some(message) = server.recv().unwrap() {
        let Message::BinaryChunk { data, last } = message else { panic!("{message:?}") };
        came.extend_from_slice(&data);
        assert_eq!(last, came.len() == 1_000_000);
    }
    assert!(came == data);
    assert!(sends.join().unwrap().is_clean());
}

/// [L-04] [L-10] Two ends that have nothing to say keep each other alive while they wait.
#[test]
fn keepalive() {
    let [mut client, mut server] = pair(|config| {
        config.deadlines.ping = Some(Duration::from_millis(10));
        config.deadlines.pong = Some(Duration::from_secs(60));
    });
    let client = thread::spawn(move || client.recv());
    for _ in 0..5 {
        let event = server.next_event().unwrap();
        assert!(matches!(event, Some(Event::Ping(_) | Event::Pong(_))), "{event:?}");
    }
    assert!(server.close(CloseCode::NORMAL, "").unwrap().is_clean());
    assert_eq!(client.join().unwrap().unwrap(), None);
}

/// [O-33] The peer drops TCP: the error tells in the middle of what.
#[test]
fn the_peer_is_gone() {
    let half = frame_to(Role::Client, 0x81, b"half")[..3].to_vec();
    for (bytes, during) in [(&b""[..], Interrupted::Nothing), (&half, Interrupted::Frame)] {
        let [near, mut far] = tcp();
        far.write_all(bytes).unwrap();
        drop(far);
        let mut client = socket(near, Role::Client, |_| {});
        let Err(Error::Closed(closure)) = client.recv() else { panic!("it has not ended") };
        assert_eq!((closure.code(), closure.cause()), (CloseCode::ABNORMAL, Cause::EndOfStream(during)));
        assert!(client.send("too late").is_err());
    }
}

/// [O-43] A peer that takes nothing: the close deadline frees `flush` and `close`, the pong deadline frees `send`.
#[test]
fn a_peer_that_never_reads() {
    let hasty = |config: &mut Config| config.deadlines.close = Duration::from_millis(20);
    let message = || vec![0; 24 * 1024 * 1024];
    for by_close in [false, true] {
        let [near, _far] = tcp();
        let mut server = socket(near, Role::Server, hasty);
        server.feed(message()).unwrap();
        let cause = if by_close {
            server.close(CloseCode::NORMAL, "").unwrap().cause()
        } else {
            server.connection().close(CloseCode::NORMAL, "").unwrap();
            let Err(Error::Closed(closure)) = server.flush() else { panic!("it has not ended") };
            closure.cause()
        };
        assert_eq!(cause, Cause::Deadline(Deadline::Close));
    }
    let [near, _far] = tcp();
    let mut server = socket(near, Role::Server, |config| {
        hasty(config);
        config.deadlines.write = Some(Duration::from_millis(40));
    });
    let Err(Error::Closed(closure)) = server.send(message()) else { panic!("it has not ended") };
    assert_eq!(closure.cause(), Cause::Deadline(Deadline::Write));
    assert!(closure.unsent() > 0, "{closure}");
    assert!(server.connection().is_closed());
}

/// [O-16] [O-26] [O-27] A violation: the peer gets the Close frame and then the end of the stream, and only when it has
/// closed as well does `recv` return the error.
#[test]
fn a_violation() {
    for role in [Role::Client, Role::Server] {
        let [near, mut far] = tcp();
        let mut socket = socket(near, role, |_| {});
        let receives = thread::spawn(move || socket.recv().map(|_| ()));
        far.write_all(&frame_to(role, 0x83, b"")).unwrap();
        let mut bytes = Vec::new();
        far.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, close_from(role, 1002, ""));
        far.write_all(&[0; 1000]).unwrap();
        drop(far);
        let Err(Error::Closed(closure)) = receives.join().unwrap() else { panic!("it has not ended") };
        assert!(matches!(closure.cause(), Cause::Protocol(_)));
    }
}

/// [O-12] [O-13] After the exchange the server ends the stream without waiting for the client to do so.
#[test]
fn the_server_closes_first() {
    let [near, mut far] = tcp();
    let mut server = socket(near, Role::Server, |_| {});
    far.write_all(&close_to(Role::Server, 1000, "")).unwrap();
    assert_eq!(server.recv().unwrap(), None);
    let mut bytes = Vec::new();
    far.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, close_from(Role::Server, 1000, ""));
}

/// [O-14] The client waits until the server has ended the stream, but not beyond the close deadline; the end is clean
/// either way.
#[test]
fn the_client_waits_for_the_server() {
    for ends in [true, false] {
        let [near, mut far] = tcp();
        let mut client = socket(near, Role::Client, |config| {
            config.deadlines.close = Duration::from_millis(if ends { 60_000 } else { 20 });
        });
        far.write_all(&close_to(Role::Client, 1000, "")).unwrap();
        let receives = thread::spawn(move || client.recv());
        let mut bytes = vec![0; close_from(Role::Client, 1000, "").len()];
        far.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, close_from(Role::Client, 1000, ""));
        if ends {
            assert!(!receives.is_finished());
            far.shutdown(Shutdown::Write).unwrap();
        }
        assert_eq!(receives.join().unwrap().unwrap(), None);
    }
}

/// [O-23] The peer has said why before it closed its socket: `recv` tells, although writing fails by then.
#[test]
fn writing_fails_but_the_reason_was_given() {
    let [near, mut far] = tcp();
    let mut server = socket(near, Role::Server, |_| {});
    far.write_all(&close_to(Role::Server, 1008, "enough")).unwrap();
    drop(far);
    while server.send("anyone there?").is_ok() {}
    let _ = server.recv();
    let closure = server.closure().unwrap();
    assert_eq!((closure.code().get(), closure.reason()), (1008, "enough"));
}

/// The client has shut its half, as `nc` does: what it asked is still answered.
#[test]
fn a_peer_that_shuts_its_half() {
    let [near, mut far] = tcp();
    let mut server = socket(near, Role::Server, |_| {});
    far.write_all(&frame_to(Role::Server, 0x81, b"last words")).unwrap();
    far.shutdown(Shutdown::Write).unwrap();
    let message = server.recv().unwrap().unwrap();
    server.feed(message).unwrap();
    assert!(matches!(server.recv(), Err(Error::Closed(_))));
    drop(server);
    let mut bytes = Vec::new();
    far.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, frame_from(Role::Server, 0x81, b"last words"));
}

/// A stream in non-blocking mode, which an accepted one can inherit from its listener, is waited for as any other.
#[test]
fn a_stream_that_does_not_block() {
    for ping in [None, Some(Duration::from_secs(30))] {
        let [mut here, mut there] = pair(|config| config.deadlines.ping = ping);
        here.get_ref().set_nonblocking(true).unwrap();
        let large = vec![7; 15 * 1024 * 1024];
        let sent = large.clone();
        let peer = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            there.send("now").unwrap();
            let received = there.recv().unwrap();
            assert!(there.close(CloseCode::NORMAL, "").unwrap().is_normal());
            received
        });
        assert_eq!(here.recv().unwrap(), Some("now".into()));
        here.send(sent).unwrap();
        assert_eq!(here.recv().unwrap(), None);
        assert!(peer.join().unwrap() == Some(large.into()));
    }
}

/// `try_recv` returns at once what has arrived, and `recv_timeout` in time; the stream is in blocking mode after both.
#[test]
fn polling() {
    let [mut client, mut server] = pair(|_| {});
    assert_eq!(client.try_recv().unwrap(), Poll::Pending);
    assert_eq!(client.recv_timeout(Duration::from_millis(5)).unwrap(), Poll::Pending);
    server.send("one").unwrap();
    assert_eq!(client.recv_timeout(Duration::from_secs(60)).unwrap(), Poll::Ready(Some("one".into())));
    let sends = thread::spawn(move || {
        server.feed("two").unwrap();
        server.send(vec![7; 3_000_000]).unwrap();
        server.recv()
    });
    assert_eq!(client.recv().unwrap(), Some("two".into()));
    let large = loop {
        match client.try_recv().unwrap() {
            Poll::Pending => thread::yield_now(),
            Poll::Ready(message) => break message.unwrap(),
        }
    };
    assert!(large == vec![7; 3_000_000].into());
    client.connection().close(CloseCode::NORMAL, "").unwrap();
    while client.try_recv().unwrap() != Poll::Ready(None) {
        thread::yield_now();
    }
    assert!(client.closure().unwrap().is_normal());
    assert_eq!(sends.join().unwrap().unwrap(), None);
}

/// A ping is seen and answered, by `next_event` on both sides.
#[test]
fn ping() {
    let [mut client, mut server] = pair(|_| {});
    client.feed("before").unwrap();
    client.ping(b"7").unwrap();
    assert_eq!(client.buffered_amount(), 0);
    assert_eq!(server.next_event().unwrap(), Some(Event::Text("before".into())));
    assert_eq!(server.next_event().unwrap(), Some(Event::Ping(b"7".to_vec().into())));
    let answers = thread::spawn(move || server.next_event().unwrap());
    assert_eq!(client.next_event().unwrap(), Some(Event::Pong(b"7".to_vec().into())));
    client.close(CloseCode::NORMAL, "bye").unwrap();
    let Some(Event::Close(Some(frame))) = answers.join().unwrap() else { panic!("the client has closed") };
    assert_eq!((frame.code, &*frame.reason), (CloseCode::NORMAL, "bye"));
}

/// A connection goes on after it was taken apart, with the bytes that were read and what is queued.
#[test]
fn parts() {
    let [mut client, mut server] = pair(|_| {});
    for text in ["one", "two", "three"] {
        client.feed(text).unwrap();
    }
    client.flush().unwrap();
    assert_eq!(server.recv().unwrap(), Some("one".into()));
    server.feed("queued").unwrap();
    let parts = server.into_parts();
    assert_eq!(parts.unread, [frame_to(Role::Server, 0x81, b"two"), frame_to(Role::Server, 0x81, b"three")].concat());
    let mut server = WebSocket::from_parts(parts);
    assert_eq!(server.recv().unwrap(), Some("two".into()));
    assert_eq!(server.recv().unwrap(), Some("three".into()));
    let port = server.get_ref().local_addr().unwrap().port();
    server.get_mut().set_nodelay(true).unwrap();
    server.flush().unwrap();
    assert_eq!(client.recv().unwrap(), Some("queued".into()));
    assert_eq!(server.into_inner().local_addr().unwrap().port(), port);
    assert!(matches!(client.recv(), Err(Error::Closed(_))));
}

/// Streams can be borrowed and boxed.
#[test]
fn pointers_to_streams() {
    let [near, far] = tcp();
    let mut client = WebSocket::new(&near, Connection::new(Role::Client, config()));
    let boxed: Box<dyn Transport> = Box::new(far);
    let mut server = WebSocket::new(boxed, Connection::new(Role::Server, config()));
    client.send("Hello").unwrap();
    assert_eq!(server.recv().unwrap(), Some("Hello".into()));
    assert_eq!(server.try_recv().unwrap(), Poll::Pending);
    assert_eq!(client.try_recv().unwrap(), Poll::Pending);
}

/// Calls that must not wait leave the mode of a socket as it is, since clones of it share the mode.
#[cfg(target_os = "linux")]
#[test]
fn the_mode_of_a_socket() {
    use std::os::fd::AsRawFd;
    for nonblocking in [false, true] {
        let [near, _far] = tcp();
        near.set_nonblocking(nonblocking).unwrap();
        let flags = format!("/proc/self/fdinfo/{}", near.as_raw_fd());
        let flags = || {
            std::fs::read_to_string(&flags).unwrap().lines().find(|line| line.starts_with("flags:")).map(String::from)
        };
        let before = flags();
        let mut socket = socket(near, Role::Client, |_| {});
        assert_eq!(socket.try_recv().unwrap(), Poll::Pending);
        socket.send("Hello").unwrap();
        assert_eq!(flags(), before);
    }
}
