//! Slow peers and dead ones, on a clock that the tests turn: who makes progress is kept, and who makes none is noticed.

use crate::{
    common::{self, ROLES, frame_to},
    kit::{Reads, Script, data, socket},
};
use bowline::{
    Cause, CloseCode, Closure, Connection, Deadline, Message, Role,
    adapter::tokio::{Error, Receiver, Sender, WebSocket},
};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex},
    task::JoinHandle,
    time::{Instant, Sleep, sleep, sleep_until},
};

/// What the buffers between the two endpoints hold, in each direction.
const BUFFERS: usize = 32 * 1024;

/// Ten times a second, a part of so many bytes.
struct Pace {
    part: usize,
    left: usize,
    next: Pin<Box<Sleep>>,
}

impl Pace {
    fn new(bytes_per_second: usize) -> Self {
        Self { part: bytes_per_second / 10, left: 0, next: Box::pin(sleep_until(Instant::now())) }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        if self.left == 0 {
            ready!(self.next.as_mut().poll(cx));
            self.next.as_mut().reset(Instant::now() + Duration::from_millis(100));
            self.left = self.part;
        }
        Poll::Ready(self.left)
    }
}

/// A stream that reads and writes at a certain pace.
struct Paced<S> {
    stream: S,
    reads: Pace,
    writes: Pace,
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let most = ready!(self.reads.poll(cx));
        let mut space = vec![0; most.min(into.remaining())];
        let mut part = ReadBuf::new(&mut space);
        let outcome = Pin::new(&mut self.stream).poll_read(cx, &mut part);
        self.reads.left -= part.filled().len();
        into.put_slice(part.filled());
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let most = ready!(self.writes.poll(cx)).min(bytes.len());
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, &bytes[..most]))?;
        self.writes.left -= count;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The connection that is tested, with the default deadlines, whole or in halves whose receiver waits in another task.
enum Tested {
    Whole(WebSocket<DuplexStream>),
    Halves(JoinHandle<(Result<Option<Message>, Error>, Receiver<DuplexStream>)>, Sender<DuplexStream>),
}

impl Tested {
    fn new(stream: DuplexStream, role: Role, is_split: bool) -> Self {
        let socket = WebSocket::new(stream, Connection::new(role, bowline::Config::default()));
        if !is_split {
            return Self::Whole(socket);
        }
        let (mut receiver, sender) = socket.split();
        Self::Halves(tokio::spawn(async move { (receiver.recv().await, receiver) }), sender)
    }

    async fn send(&mut self, message: Message) -> Result<(), Error> {
        match self {
            Self::Whole(socket) => socket.send(message).await,
            Self::Halves(_, sender) => sender.send(message).await,
        }
    }

    async fn recv(&mut self) -> Result<Option<Message>, Error> {
        match self {
            Self::Whole(socket) => socket.recv().await,
            Self::Halves(received, _) => {
                let (message, mut receiver) = (&mut *received).await.unwrap();
                *received = tokio::spawn(async move { (receiver.recv().await, receiver) });
                message
            }
        }
    }

    async fn close(self) -> Closure {
        match self {
            Self::Whole(mut socket) => socket.close(CloseCode::NORMAL, "").await.unwrap(),
            Self::Halves(received, mut sender) => {
                sender.close(CloseCode::NORMAL, "").await.unwrap();
                assert_eq!(received.await.unwrap().0.unwrap(), None);
                sender.closure().unwrap()
            }
        }
    }
}

/// A connection in this role, and a peer that reads and writes at this pace, in bytes a second.
fn paced(role: Role, is_split: bool, reads: usize, writes: usize) -> (Tested, WebSocket<Paced<DuplexStream>>) {
    let (near, far) = duplex(BUFFERS);
    let far = Paced { stream: far, reads: Pace::new(reads), writes: Pace::new(writes) };
    let other = if role == Role::Client { Role::Server } else { Role::Client };
    (Tested::new(near, role, is_split), WebSocket::new(far, Connection::new(other, common::config())))
}

const FAST: usize = 100_000_000;

/// 2 MB at 20 kB/s, in one message, in many, and in chunks: nobody is taken for dead.
#[tokio::test(start_paused = true)]
async fn a_slow_reader() {
    for role in ROLES {
        for is_split in [false, true] {
            for (count, len) in [(1, 2_000_000), (400, 5000)] {
                let (mut tested, mut peer) = paced(role, is_split, 20_000, FAST);
                let begun = Instant::now();
                let reads = tokio::spawn(async move {
                    for i in 0..count {
                        assert!(peer.recv().await.unwrap() == Some(data(len, i)));
                    }
                    peer.recv().await
                });
                for i in 0..count {
                    tested.send(data(len, i)).await.unwrap();
                }
                let closure = tested.close().await;
                assert!(closure.is_clean(), "{closure}");
                assert_eq!(reads.await.unwrap().unwrap(), None);
                assert!((100..103).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_of_chunks() {
    for role in ROLES {
        let (tested, mut peer) = paced(role, false, 20_000, FAST);
        let Tested::Whole(mut socket) = tested else { panic!() };
        let reads = tokio::spawn(async move {
            assert_eq!(peer.recv().await.unwrap(), Some(vec![7; 2_000_000].into()));
            peer.recv().await
        });
        for i in 1..=20 {
            socket.connection().send_binary_chunk(vec![7; 100_000], i == 20).unwrap();
            socket.flush().await.unwrap();
        }
        assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
        assert_eq!(reads.await.unwrap().unwrap(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_writer() {
    for role in ROLES {
        for is_split in [false, true] {
            let (mut tested, mut peer) = paced(role, is_split, FAST, 20_000);
            let writes = tokio::spawn(async move {
                peer.send(data(2_000_000, 1)).await.unwrap();
                peer.recv().await
            });
            assert!(tested.recv().await.unwrap() == Some(data(2_000_000, 1)));
            assert!(tested.close().await.is_clean());
            assert_eq!(writes.await.unwrap().unwrap(), None);
        }
    }
}

/// Both at once: each endpoint sends at its pace, and reads slowly.
#[tokio::test(start_paused = true)]
async fn slow_in_both_directions() {
    for role in ROLES {
        let (mut tested, mut peer) = paced(role, true, 20_000, 20_000);
        let echoes = tokio::spawn(async move {
            peer.send(data(1_000_000, 2)).await.unwrap();
            assert!(peer.recv().await.unwrap() == Some(data(1_000_000, 1)));
            peer.recv().await
        });
        tested.send(data(1_000_000, 1)).await.unwrap();
        assert!(tested.recv().await.unwrap() == Some(data(1_000_000, 2)));
        assert!(tested.close().await.is_clean());
        assert_eq!(echoes.await.unwrap().unwrap(), None);
    }
}

#[track_caller]
fn cause<T: std::fmt::Debug>(result: Result<T, Error>) -> Cause {
    match result {
        Err(Error::Closed(closure)) => closure.cause(),
        other => panic!("{other:?}"),
    }
}

/// A peer that reads 20 kB/s for so many seconds, and then does nothing any more, without closing the stream.
async fn dies_after(seconds: usize, mut far: DuplexStream) -> (Instant, DuplexStream) {
    let mut part = vec![0; 2000];
    for _ in 0..10 * seconds {
        let count = far.read(&mut part).await.unwrap();
        assert!(count > 0);
        sleep(Duration::from_millis(100)).await;
    }
    (Instant::now(), far)
}

/// A peer that dies while it reads is noticed a write timeout and a close timeout later: in a large message, from the beginning and
/// after a while, and in one of many.
#[tokio::test(start_paused = true)]
async fn a_reader_that_dies() {
    for role in ROLES {
        for is_split in [false, true] {
            for (seconds, len) in [(0, 2_000_000), (50, 2_000_000), (50, 5000)] {
                let (near, far) = duplex(BUFFERS);
                let mut tested = Tested::new(near, role, is_split);
                let peer = tokio::spawn(dies_after(seconds, far));
                let failed = loop {
                    if let Err(error) = tested.send(data(len, 1)).await {
                        break error;
                    }
                };
                let (died, _far) = peer.await.unwrap();
                let took = died.elapsed().as_secs();
                assert_eq!(cause::<()>(Err(failed)), Cause::Deadline(Deadline::Write), "{seconds} {len}");
                assert!((55..=66).contains(&took), "{seconds} {len}: {took}");
                if let Tested::Halves(received, _) = tested {
                    assert_eq!(cause(received.await.unwrap().0), Cause::Deadline(Deadline::Write));
                }
            }
        }
    }
}

/// A peer that dies while nothing is written, or while everything fits in the buffers on the way: no answer to the ping. The time for
/// reading what is before the ping is added.
#[tokio::test(start_paused = true)]
async fn a_silent_peer_that_dies() {
    for role in ROLES {
        for is_split in [false, true] {
            for (len, most) in [(0, 66), (20_000, 76)] {
                let (near, _far) = duplex(BUFFERS);
                let mut tested = Tested::new(near, role, is_split);
                if len > 0 {
                    tested.send(data(len, 1)).await.unwrap();
                }
                let begun = Instant::now();
                assert_eq!(cause(tested.recv().await), Cause::Deadline(Deadline::Pong));
                assert!((60..=most).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
            }
        }
    }
}

/// A peer that dies in the middle of a message that it sends.
#[tokio::test(start_paused = true)]
async fn a_writer_that_dies() {
    for role in ROLES {
        for is_split in [false, true] {
            let (near, mut far) = duplex(BUFFERS);
            let mut tested = Tested::new(near, role, is_split);
            let frame = frame_to(role, 0x82, &vec![7; 2_000_000]);
            let writes = tokio::spawn(async move {
                for part in frame[..1_000_000].chunks(2000) {
                    far.write_all(part).await.unwrap();
                    sleep(Duration::from_millis(100)).await;
                }
                (Instant::now(), far)
            });
            assert_eq!(cause(tested.recv().await), Cause::Deadline(Deadline::Pong));
            let (died, _far) = writes.await.unwrap();
            assert!((60..=66).contains(&died.elapsed().as_secs()), "{:?}", died.elapsed());
        }
    }
}

/// A peer that accepts nothing, and sends six bytes every five seconds: what it sends is not progress for what it should read.
#[tokio::test(start_paused = true)]
async fn a_peer_that_only_sends() {
    for role in ROLES {
        for is_split in [false, true] {
            for event in [0x89, 0x81] {
                let (near, mut far) = duplex(BUFFERS);
                let mut tested = Tested::new(near, role, is_split);
                let writes = tokio::spawn(async move {
                    loop {
                        sleep(Duration::from_secs(5)).await;
                        if far.write_all(&frame_to(role, event, b"")).await.is_err() {
                            return;
                        }
                    }
                });
                let begun = Instant::now();
                assert_eq!(cause(tested.send(data(12_000_000, 1)).await), Cause::Deadline(Deadline::Write));
                assert!((60..=67).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
                drop(tested);
                writes.abort();
            }
        }
    }
}

/// A program that only sends: pings of the peer are answered, its Close frame is noticed, and a peer that is gone is, too.
#[tokio::test(start_paused = true)]
async fn a_program_that_only_sends() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket(role, &script);
        for _ in 0..100 {
            socket.send("tick").await.unwrap();
            sleep(Duration::from_millis(50)).await;
        }
        script.push(Reads::Bytes(frame_to(role, 0x89, b"there?")));
        for _ in 0..3 {
            socket.send("tick").await.unwrap();
        }
        let answer = common::frame_from(role, 0x8A, b"there?");
        assert!(script.written().windows(answer.len()).any(|part| part == answer), "the ping is answered");
        script.push(Reads::Bytes(common::close_to(role, 1001, "")));
        let mut sent = 0;
        let error = loop {
            match socket.send("tick").await {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
        };
        assert!(sent < 3 && matches!(&error, Error::Closed(closure) if closure.code() == 1001), "{sent} {error}");
    }
}
