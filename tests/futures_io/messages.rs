//! Messages, halves and ends.

use crate::{
    common::{ROLES, frame_to},
    kit::{Clock, Stream, over, pair, streams},
};
use bowline::{
    CloseCode, Config, Connection, Message, Role,
    adapter::{
        Runtime,
        futures_io::{Error, Timer, WebSocket},
    },
};
use bowline_test::Wire;
use futures_io::{AsyncRead, AsyncWrite};
use futures_util::{SinkExt, StreamExt, future::join};
use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll},
    time::Instant,
};

fn data(len: usize) -> Message {
    Message::from((0..len).map(|i| ((i * 31) % 251) as u8).collect::<Vec<u8>>())
}

/// Sends everything back, on any runtime.
async fn echo<S, T: Runtime<S>>(mut socket: WebSocket<S, T>) -> Result<(), Error> {
    while let Some(message) = socket.recv().await? {
        socket.feed(message).await?;
    }
    Ok(())
}

/// Messages of all sizes arrive unchanged, also over a wire that cuts everything, and the end is clean on both sides.
#[test]
fn there_and_back() {
    for most in [1000, usize::MAX] {
        let clock = Clock::new();
        let wire =
            Wire::new().with(|faults| (faults.capacity, faults.max_read, faults.max_write) = (50_000, most, most));
        let [mut client, server] = pair(&clock, wire, |_| {});
        let talk = async {
            for len in [0, 1, 125, 126, 5000, 16 * 1024, 65_535, 65_536, 65_537, 300_000] {
                client.send(data(len)).await.unwrap();
                assert_eq!(client.recv().await.unwrap(), Some(data(len)), "{len} bytes");
                let text = "ä€".repeat(len / 5);
                client.send(text.as_str()).await.unwrap();
                assert_eq!(client.recv().await.unwrap(), Some(Message::from(text)), "{len} bytes of text");
            }
            client.close(CloseCode::NORMAL, "").await.unwrap()
        };
        let (closure, served) = clock.run(join(talk, echo(server)));
        assert!(closure.is_clean());
        served.unwrap();
    }
}

/// Two senders and a receiver in one task each, then a close from either half.
#[test]
fn two_halves() {
    for receiver_closes in [false, true] {
        let clock = Clock::new();
        let wire = Wire::new().with(|faults| faults.capacity = 3000);
        let [client, server] = pair(&clock, wire, |_| {});
        let (mut receiver, mut sender) = client.split();
        let mut another = sender.clone();
        let send = async {
            join(
                async {
                    for _ in 0..50 {
                        sender.send(data(700)).await.unwrap();
                    }
                },
                async {
                    for _ in 0..50 {
                        another.feed(data(700)).await.unwrap();
                    }
                },
            )
            .await;
            another.flush().await.unwrap();
            if !receiver_closes {
                sender.close(CloseCode::NORMAL, "").await.unwrap();
            }
        };
        let receive = async {
            for _ in 0..100 {
                assert_eq!(receiver.recv().await.unwrap(), Some(data(700)));
            }
            if receiver_closes {
                assert!(receiver.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
            }
            assert_eq!(receiver.recv().await.unwrap(), None);
        };
        let (served, _) = clock.run(join(echo(server), join(send, receive)));
        served.unwrap();
        assert!(receiver.reunite(sender).is_err(), "there is another sender");
    }
}

/// The traits of `futures`.
#[test]
fn a_stream_and_a_sink() {
    let clock = Clock::new();
    let [client, server] = pair(&clock, Wire::new(), |_| {});
    let (mut stream, mut sink) = client.split();
    let (up, down) = StreamExt::split(server);
    let talk = async {
        for i in 0..10 {
            SinkExt::send(&mut sink, data(i)).await.unwrap();
        }
        let received: Vec<Message> = StreamExt::map(&mut stream, Result::unwrap).take(10).collect().await;
        assert_eq!(received, (0..10).map(data).collect::<Vec<_>>());
        SinkExt::close(&mut sink).await.unwrap();
        assert!(stream.next().await.is_none());
    };
    clock.run(join(talk, down.forward(up))).1.unwrap();
}

/// Parts keep what was read and queued, and the next timer continues the clock.
#[test]
fn parts() {
    for role in ROLES {
        let clock = Clock::new();
        let [client, server] = streams(Wire::new());
        let [near, far] = if role == Role::Client { [client, server] } else { [server, client] };
        far.wire().with(|wire| wire.write(role.peer(), &frame_to(role, 0x81, b"one").repeat(2))).unwrap();
        let mut socket = over(&clock, near, role, |_| {});
        assert_eq!(clock.run(socket.recv()).unwrap(), Some(Message::from("one")));
        socket.try_feed("queued").unwrap();
        let parts = socket.into_parts();
        assert_eq!(parts.unread, frame_to(role, 0x81, b"one"));
        let mut socket = WebSocket::from_parts_with_timer(parts, clock.timer());
        assert_eq!(socket.buffered_amount(), if role == Role::Client { 12 } else { 8 });
        assert_eq!(clock.run(socket.recv()).unwrap(), Some(Message::from("one")));
        clock.run(socket.flush()).unwrap();
        drop(far);
    }
}

/// The end of a stream without a Close frame is an error, as on Tokio.
#[test]
fn a_stream_that_ends() {
    let clock = Clock::new();
    let [mut client, server] = pair(&clock, Wire::new(), |_| {});
    drop(server);
    let Err(Error::Closed(closure)) = clock.run(client.recv()) else { panic!("it has not ended") };
    assert_eq!(closure.code(), CloseCode::ABNORMAL);
}

/// A stream that always has the same bytes to read, and then ends. It accepts everything.
struct Flood {
    bytes: Vec<u8>,
    reads: usize,
    /// How many bytes more than there were it returns.
    boasts: usize,
}

impl AsyncRead for Flood {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let Some(left) = self.reads.checked_sub(1) else { return Poll::Ready(Ok(0)) };
        self.reads = left;
        into[..self.bytes.len()].copy_from_slice(&self.bytes);
        Poll::Ready(Ok(self.bytes.len() + self.boasts))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Nothing panics if a stream returns more bytes than there were.
#[test]
fn a_stream_that_boasts() {
    let clock = Clock::new();
    for boasts in [1, usize::MAX / 2] {
        let connection = Connection::new(Role::Client, Config::default());
        let stream = Flood { bytes: frame_to(Role::Client, 0x82, &vec![7; 70_000]), reads: 1, boasts };
        let bytes = stream.bytes[..60_000].to_vec();
        let mut socket = WebSocket::with_timer(Flood { bytes, ..stream }, connection, clock.timer());
        let Err(Error::Closed(closure)) = clock.run(socket.recv()) else { panic!("it was not a whole message") };
        assert_eq!(closure.code(), CloseCode::ABNORMAL);
    }
}

/// A peer that sends without end does not keep the thread from other tasks, although nothing but the connection itself can
/// interrupt it: some runtimes leave that to their tasks.
#[test]
fn a_peer_that_floods() {
    const READS: usize = 10_000;
    let clock = Clock::new();
    for closes in [false, true] {
        let bytes = frame_to(Role::Client, if closes { 0x82 } else { 0x89 }, b"more");
        let connection = Connection::new(Role::Client, Config::default());
        let mut socket = WebSocket::with_timer(Flood { bytes, reads: READS, boasts: 0 }, connection, clock.timer());
        let mut polls = 0;
        let mut ended = pin!(async {
            if closes { socket.close(CloseCode::NORMAL, "").await.is_ok() } else { socket.recv().await.is_err() }
        });
        assert!(clock.run(poll_fn(|cx| {
            polls += 1;
            ended.as_mut().poll(cx)
        })));
        assert!((READS / 100..READS / 10).contains(&polls), "{polls} polls");
    }
}

/// A timer decides whether the connection can move to another thread, and one behind a `Box<dyn Timer>` is a timer.
#[test]
fn timers_of_all_kinds() {
    struct Local(Rc<()>);

    impl Timer for Local {
        fn reset(&mut self, _: Instant) {}

        fn poll_elapsed(&mut self, _: &mut Context<'_>) -> Poll<()> {
            Poll::Pending
        }
    }

    fn is_send<T: Send>(value: T) -> T {
        value
    }

    let clock = Clock::new();
    let [near, far] = streams(Wire::new());
    let boxed: Box<dyn Timer + Send> = Box::new(clock.timer());
    let client =
        is_send(WebSocket::<Stream, _>::with_timer(near, Connection::new(Role::Client, Config::default()), boxed));
    let local = Local(Rc::new(()));
    assert_eq!(Rc::strong_count(&local.0), 1);
    let server = WebSocket::with_timer(far, Connection::new(Role::Server, Config::default()), local);
    let (mut receiver, mut sender) = client.split();
    is_send(&receiver);
    is_send(&sender);
    let talk = async {
        sender.send("Hello").await.unwrap();
        assert_eq!(receiver.recv().await.unwrap(), Some(Message::from("Hello")));
        receiver.close(CloseCode::NORMAL, "").await.unwrap();
    };
    clock.run(join(talk, echo(server))).1.unwrap();
}
