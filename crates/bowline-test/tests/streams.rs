//! The streams for Tokio: faults, wake-ups and time.
#![cfg(feature = "tokio")]

use bowline::{
    Connection, Message,
    Role::{Client, Server},
    adapter::tokio::WebSocket,
};
use bowline_test::{
    Call, Cut, Wire, config,
    tokio::{Stream, stream_pair},
};
use std::{
    future::poll_fn,
    io::{ErrorKind, IoSlice},
    pin::Pin,
    task::Poll,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    time::{Instant, sleep, timeout},
};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A client and a server over such streams.
fn sockets(wire: Wire) -> [WebSocket<Stream>; 2] {
    let (client, server) = stream_pair(wire);
    [client, server].map(|stream| {
        let role = stream.role();
        WebSocket::new(stream, Connection::new(role, config()))
    })
}

/// Bytes, in both directions, and the end of the stream.
#[tokio::test(start_paused = true)]
async fn without_faults() {
    let (mut client, mut server) = stream_pair(Wire::new());
    client.write_all(b"Hello").await.unwrap();
    client.flush().await.unwrap();
    server.write_all(b"you").await.unwrap();
    let mut space = [0; 100];
    assert_eq!(server.read(&mut space).await.unwrap(), 5);
    assert_eq!(client.read(&mut space).await.unwrap(), 3);
    client.shutdown().await.unwrap();
    assert_eq!(server.read(&mut space).await.unwrap(), 0);
    assert_eq!(client.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    server.write_all(b"still open").await.unwrap();
    let calls = client.wire().with(|wire| wire.calls(Client).to_vec());
    assert_eq!(calls, [Call::Write, Call::Flush, Call::Read, Call::Shutdown]);
    drop(server);
    assert_eq!(client.read(&mut space).await.unwrap(), 10);
    assert_eq!(client.read(&mut space).await.unwrap(), 0);
}

/// Several slices are one write.
#[tokio::test]
async fn a_vectored_write() {
    let (mut client, mut server) = stream_pair(Wire::new());
    client.wire().with(|wire| wire.faults_from(Client).max_write = 7);
    assert!(client.is_write_vectored());
    let slices = [IoSlice::new(b"one"), IoSlice::new(b""), IoSlice::new(b"three")];
    let count = poll_fn(|cx| Pin::new(&mut client).poll_write_vectored(cx, &slices)).await.unwrap();
    assert_eq!((count, client.wire().with(|wire| wire.count(Client, Call::Write))), (7, 1));
    let mut space = [0; 7];
    server.read_exact(&mut space).await.unwrap();
    assert_eq!(space, *b"onethre");
}

/// A task that reads is woken by a write, by the end, by a reset, and by a fault that is repaired.
#[tokio::test(start_paused = true)]
async fn readers_are_woken() {
    for what in ["write", "end", "drop", "reset", "thaw", "cut"] {
        let (mut client, server) = stream_pair(Wire::new());
        let wire = client.wire();
        if what == "thaw" {
            wire.with(|wire| wire.faults_from(Client).is_frozen = true);
            client.write_all(b"x").await.unwrap();
        }
        let reads = tokio::spawn(async move {
            let mut server = server;
            server.read(&mut [0; 10]).await
        });
        sleep(ms(10)).await;
        assert!(!reads.is_finished(), "{what}");
        let begun = Instant::now();
        let mut kept = Some(client);
        let client = kept.as_mut().unwrap();
        match what {
            "write" => client.write_all(b"x").await.unwrap(),
            "end" => client.shutdown().await.unwrap(),
            "drop" => drop(kept.take()),
            "reset" => wire.with(Wire::reset),
            "cut" => wire.with(|wire| wire.faults_from(Client).cut = Some(Cut::EndOfStream(0))),
            _ => wire.with(|wire| wire.faults_from(Client).is_frozen = false),
        }
        let read = timeout(ms(1), reads).await.unwrap_or_else(|_| panic!("not woken: {what}")).unwrap();
        assert_eq!(read.is_err(), what == "reset");
        assert_eq!(read.unwrap_or(0), usize::from(matches!(what, "write" | "thaw")));
        assert_eq!(begun.elapsed(), ms(0));
    }
}

/// A task that writes is woken by a read, by a larger capacity, by a reset, and if the other end is dropped.
#[tokio::test(start_paused = true)]
async fn writers_are_woken() {
    for what in ["read", "capacity", "reset", "drop"] {
        let (mut client, mut server) = stream_pair(Wire::new().with(|faults| faults.capacity = 4));
        let wire = client.wire();
        client.write_all(b"full").await.unwrap();
        let writes = tokio::spawn(async move { client.write(b"more").await });
        sleep(ms(10)).await;
        assert!(!writes.is_finished(), "{what}");
        let mut space = [0; 1];
        match what {
            "read" => drop(server.read(&mut space).await.unwrap()),
            "capacity" => wire.with(|wire| wire.faults_from(Client).capacity = 5),
            "reset" => wire.with(Wire::reset),
            _ => drop(server),
        }
        let written = timeout(ms(1), writes).await.unwrap_or_else(|_| panic!("not woken: {what}")).unwrap();
        match what {
            "reset" => assert_eq!(written.unwrap_err().kind(), ErrorKind::ConnectionReset),
            "drop" => assert_eq!(written.unwrap_err().kind(), ErrorKind::BrokenPipe),
            _ => assert_eq!(written.unwrap(), 1),
        }
    }
}

/// The halves of a stream in two tasks: neither takes the other's waker.
#[tokio::test(start_paused = true)]
async fn split_streams() {
    let wire = Wire::new().with(|faults| {
        (faults.capacity, faults.latency) = (100, ms(3));
    });
    let (client, server) = stream_pair(wire);
    let mut tasks = Vec::new();
    for stream in [client, server] {
        let (mut read, mut write) = tokio::io::split(stream);
        tasks.push(tokio::spawn(async move {
            write.write_all(&[7; 10_000]).await.unwrap();
            write.shutdown().await.unwrap();
            10_000
        }));
        tasks.push(tokio::spawn(async move { read.read_to_end(&mut Vec::new()).await.unwrap() }));
    }
    for task in tasks {
        assert_eq!(timeout(Duration::from_secs(10), task).await.expect("it sleeps").unwrap(), 10_000);
    }
}

/// Latency and bandwidth, on Tokio's clock.
#[tokio::test(start_paused = true)]
async fn time() {
    let [mut client, mut server] = sockets(Wire::new().with(|faults| {
        (faults.latency, faults.bandwidth) = (ms(40), Some(1000));
    }));
    let begun = Instant::now();
    client.send(vec![7; 1992]).await.unwrap();
    assert_eq!(begun.elapsed(), ms(0), "a write does not wait");
    let received = tokio::spawn(async move { (server.recv().await.unwrap().map(|message| message.len()), server) });
    let (len, mut server) = received.await.unwrap();
    assert_eq!((len, begun.elapsed()), (Some(1992), ms(2040)));
    // The wire can be repaired at any moment.
    server.send(vec![7; 100_000]).await.unwrap();
    sleep(ms(1000)).await;
    server.get_ref().wire().with(|wire| wire.faults_from(Server).bandwidth = None);
    assert_eq!(client.recv().await.unwrap().map(|message| message.len()), Some(100_000));
    assert_eq!(begun.elapsed(), ms(3080));
}

/// A conversation over a wire that cuts everything.
#[tokio::test(start_paused = true)]
async fn one_byte_at_a_time() {
    let wire = Wire::new().with(|faults| (faults.max_read, faults.max_write, faults.capacity) = (1, 1, 3));
    let [mut client, mut server] = sockets(wire);
    let echo = tokio::spawn(async move {
        while let Some(message) = server.recv().await.unwrap() {
            server.send(message).await.unwrap();
        }
    });
    for text in ["", "one", &"long ".repeat(1000)] {
        client.send(text).await.unwrap();
        assert_eq!(client.recv().await.unwrap(), Some(Message::from(text)));
    }
    assert!(client.close(1000.into(), "").await.unwrap().is_clean());
    echo.await.unwrap();
}

/// A flush that waits is woken.
#[tokio::test(start_paused = true)]
async fn a_held_flush() {
    let (mut client, _server) = stream_pair(Wire::new());
    let wire = client.wire();
    wire.with(|wire| wire.faults_from(Client).holds_flush = true);
    let flushes = tokio::spawn(async move { client.flush().await });
    sleep(ms(10)).await;
    assert!(!flushes.is_finished());
    wire.with(|wire| wire.faults_from(Client).holds_flush = false);
    timeout(ms(1), flushes).await.expect("not woken").unwrap().unwrap();
}

/// A shutdown that waits is woken, and wakes the other end.
#[tokio::test(start_paused = true)]
async fn a_held_shutdown() {
    let (mut client, mut server) = stream_pair(Wire::new());
    let wire = client.wire();
    wire.with(|wire| wire.faults_from(Client).holds_shutdown = true);
    let shuts_down = tokio::spawn(async move { client.shutdown().await.map(|()| client) });
    let reads = tokio::spawn(async move { server.read(&mut [0; 1]).await });
    sleep(ms(10)).await;
    assert!(!shuts_down.is_finished() && !reads.is_finished());
    wire.with(|wire| wire.faults_from(Client).holds_shutdown = false);
    let _client = timeout(ms(1), shuts_down).await.expect("not woken").unwrap().unwrap();
    assert_eq!(timeout(ms(1), reads).await.expect("not woken").unwrap().unwrap(), 0);
}

/// A hesitant stream waits before each call, and wakes.
#[tokio::test]
async fn hesitation() {
    let (mut client, mut server) = stream_pair(Wire::new());
    client.set_hesitant(true);
    let mut polls = 0;
    let written = poll_fn(|cx| {
        polls += 1;
        Pin::new(&mut client).poll_write(cx, b"x")
    });
    assert_eq!(written.await.unwrap(), 1);
    assert_eq!(polls, 2);
    client.flush().await.unwrap();
    server.write_all(b"y").await.unwrap();
    assert_eq!(client.read(&mut [0; 2]).await.unwrap(), 1);
    client.shutdown().await.unwrap();
    let calls = client.wire().with(|wire| wire.calls(Client).to_vec());
    assert_eq!(calls, [Call::Write, Call::Flush, Call::Read, Call::Shutdown]);
}

/// A silent change wakes nobody, and the next poll sees it.
#[tokio::test(start_paused = true)]
async fn a_silent_change() {
    let (client, mut server) = stream_pair(Wire::new());
    let reads = tokio::spawn(async move { server.read(&mut [0; 10]).await });
    sleep(ms(10)).await;
    client.wire().with_silently(|wire| wire.write(Client, b"x").unwrap());
    sleep(ms(10)).await;
    assert!(!reads.is_finished());
    client.wire().with(|_| ());
    assert_eq!(reads.await.unwrap().unwrap(), 1);
}

/// Dropping an end does not wake the task that waited for it before.
#[tokio::test(start_paused = true)]
async fn a_dropped_end() {
    let (client, mut server) = stream_pair(Wire::new());
    let mut polls = 0;
    let mut ends = Some(client);
    let reads = timeout(
        ms(10),
        poll_fn(|cx| {
            polls += 1;
            if let Some(mut client) = ends.take() {
                let mut space = [0; 1];
                assert!(Pin::new(&mut client).poll_read(cx, &mut ReadBuf::new(&mut space)).is_pending());
            }
            Poll::<()>::Pending
        }),
    );
    assert!(reads.await.is_err());
    assert_eq!(polls, 2, "at first, and when the time is over");
    assert_eq!(server.read(&mut [0; 1]).await.unwrap(), 0);
}

/// A wire that was used before keeps its time.
#[tokio::test(start_paused = true)]
async fn a_used_wire() {
    let mut wire = Wire::new();
    wire.advance_to(ms(5000));
    wire.faults_from(Client).latency = ms(10);
    let (mut client, mut server) = stream_pair(wire);
    let begun = Instant::now();
    client.write_all(b"x").await.unwrap();
    assert_eq!(server.read(&mut [0; 1]).await.unwrap(), 1);
    assert_eq!(begun.elapsed(), ms(10));
}
