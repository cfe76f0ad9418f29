//! A connection as a stream of bytes.

use crate::{
    common::{ROLES, close_to, frame_from, frame_to},
    kit::{Reads, Script, pair, poll_times, socket, socket_with, waits},
    wire::plain,
};
use bowline::{Config, Message, Role, adapter::tokio::ByteStream};
use bowline_test::tokio::Stream;
use std::{
    io::{self, ErrorKind},
    time::Duration,
};
use tokio::{
    io::{
        AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, copy_bidirectional, duplex, split,
    },
    time::timeout,
};

/// Bytes that show if one is lost, doubled or moved.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 % 251) as u8).collect()
}

fn byte_pair(room: usize) -> [ByteStream<Stream>; 2] {
    pair(room, |_| {}).map(ByteStream::new)
}

pub(crate) fn stream(role: Role, script: &Script) -> ByteStream<Script> {
    ByteStream::new(socket(role, script))
}

pub(crate) fn binary(role: Role, payload: &[u8]) -> Reads {
    Reads::Bytes(frame_to(role, 0x82, payload))
}

pub(crate) async fn read_all(stream: &mut (impl AsyncRead + Unpin)) -> (Vec<u8>, io::Result<usize>) {
    let mut read = Vec::new();
    let end = stream.read_to_end(&mut read).await;
    (read, end)
}

/// Much more than fits in the pipe, there and back, to a clean end on both sides.
#[tokio::test(start_paused = true)]
async fn there_and_back() {
    let [client, mut server] = byte_pair(1000);
    let echo = tokio::spawn(async move {
        let (mut reader, mut writer) = split(&mut server);
        copy(&mut reader, &mut writer).await.unwrap();
        assert!(server.get_ref().closure().unwrap().is_normal());
    });
    let (mut reader, mut writer) = split(client);
    let sends = tokio::spawn(async move {
        writer.write_all(&bytes(1_000_000)).await.unwrap();
        writer.flush().await.unwrap();
        writer
    });
    let mut read = vec![0; 1_000_000];
    timeout(Duration::from_secs(60), reader.read_exact(&mut read)).await.expect("it sleeps").unwrap();
    assert!(read == bytes(1_000_000));
    let mut writer = sends.await.unwrap();
    writer.shutdown().await.unwrap();
    assert_eq!(reader.read(&mut read).await.unwrap(), 0);
    echo.await.unwrap();
}

/// Each half is in a task of its own, in both endpoints, and both directions are loaded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_directions_in_four_tasks() {
    let mut tasks = Vec::new();
    for stream in byte_pair(1024) {
        let (mut reader, mut writer) = split(stream);
        tasks.push(tokio::spawn(async move {
            for part in bytes(2_000_000).chunks(1777) {
                writer.write_all(part).await.unwrap();
            }
            writer.flush().await.unwrap();
        }));
        tasks.push(tokio::spawn(async move {
            let mut read = vec![0; 2_000_000];
            reader.read_exact(&mut read).await.unwrap();
            assert!(read == bytes(2_000_000));
        }));
    }
    for task in tasks {
        timeout(Duration::from_secs(60), task).await.expect("a task sleeps").unwrap();
    }
}

/// A tunnel: two `ByteStream`s between two plain pipes.
#[tokio::test(start_paused = true)]
async fn a_tunnel() {
    let [mut near, mut far] = byte_pair(1000);
    let (mut user, mut inner) = duplex(500);
    let (mut service, mut outer) = duplex(500);
    let tunnels = [
        tokio::spawn(async move { copy_bidirectional(&mut inner, &mut near).await }),
        tokio::spawn(async move { copy_bidirectional(&mut far, &mut outer).await }),
    ];
    let served = tokio::spawn(async move {
        let mut request = vec![0; 100_000];
        service.read_exact(&mut request).await.unwrap();
        service.write_all(&request).await.unwrap();
        assert_eq!(service.read(&mut request).await.unwrap(), 0);
    });
    let (mut reader, mut writer) = split(&mut user);
    let mut answer = vec![0; 100_000];
    let request = bytes(100_000);
    let (wrote, read) = tokio::join!(writer.write_all(&request), reader.read_exact(&mut answer));
    wrote.and(read.map(drop)).unwrap();
    assert!(answer == request);
    drop(user);
    served.await.unwrap();
    for tunnel in tunnels {
        let copied = timeout(Duration::from_secs(60), tunnel).await.expect("it sleeps").unwrap();
        assert_eq!(copied.unwrap(), (100_000, 100_000));
    }
}

/// Reads do not depend on where messages, fragments and reads end. Empty messages, which a read of 0 bytes would take for the end,
/// do not end the stream.
#[tokio::test(start_paused = true)]
async fn messages_are_invisible() {
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
        ];
        for cut in [1, 2, 7, 1000] {
            for step in [1, 2, 100] {
                let script = Script::new(wire.concat().chunks(cut).map(|part| Reads::Bytes(part.to_vec())));
                script.push(Reads::End);
                let mut stream = stream(role, &script);
                let mut read = Vec::new();
                while stream.read_buf(&mut bytes::BufMut::limit(&mut read, step)).await.unwrap() > 0 {}
                assert_eq!(read, b"onetwothree", "{role:?}, {cut}, {step}");
                assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the end is still there");
            }
        }
    }
}

/// A read without space returns at once, and is not the end.
#[tokio::test(start_paused = true)]
async fn a_read_without_space() {
    let script = Script::new([]);
    assert_eq!(poll_times(1, stream(Role::Client, &script).read(&mut [])).unwrap().unwrap(), 0);
    assert_eq!(poll_times(1, stream(Role::Client, &script).write(&[])).unwrap().unwrap(), 0);
}

/// A write is a binary message of at most 64 KiB, which the flush writes.
#[tokio::test(start_paused = true)]
async fn writes() {
    for role in ROLES {
        let script = Script::new([]);
        let mut stream = stream(role, &script);
        stream.write_all(b"one").await.unwrap();
        stream.write_all(b"two").await.unwrap();
        assert!(script.written().is_empty());
        stream.flush().await.unwrap();
        assert_eq!(plain(&script.written()), [(0x82, b"one".to_vec()), (0x82, b"two".to_vec())]);
        stream.write_all(&bytes(150_000)).await.unwrap();
        stream.flush().await.unwrap();
        let written = plain(&script.written()).split_off(2);
        assert_eq!(written.iter().map(|(_, payload)| payload.len()).collect::<Vec<_>>(), [65_536, 65_536, 18_928]);
        assert!(written.concat_payloads() == bytes(150_000));
    }
}

trait Payloads {
    fn concat_payloads(&self) -> Vec<u8>;
}

impl Payloads for Vec<(u8, Vec<u8>)> {
    fn concat_payloads(&self) -> Vec<u8> {
        self.iter().flat_map(|(_, payload)| payload.clone()).collect()
    }
}

/// An output limit below the size of a message makes messages shorter, and none too short to make progress.
#[tokio::test(start_paused = true)]
async fn a_low_output_limit() {
    for role in ROLES {
        let script = Script::new([]);
        let mut stream = ByteStream::new(socket_with(role, &script, |config| config.limits.output = 100));
        stream.write_all(&bytes(1000)).await.unwrap();
        stream.flush().await.unwrap();
        assert_eq!(plain(&script.written()).concat_payloads(), bytes(1000));

        let script = Script::new([]);
        let mut stream = ByteStream::new(socket_with(role, &script, |config| config.limits.output = 2));
        assert_eq!(stream.write(b"x").await.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

/// Back-pressure: a peer that does not read stops a writer, and nothing is read before it is wanted.
#[tokio::test(start_paused = true)]
async fn back_pressure() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut stream = stream(role, &script);
        let mut written = 0;
        while let Some(count) = poll_times(1, stream.write(&[7; 10_000])) {
            written += count.unwrap();
        }
        assert_eq!(written, 70_000, "the threshold of 64 KiB, and the write that reached it");
        assert!(waits(stream.flush()));
        script.room(None);
        stream.flush().await.unwrap();
        assert_eq!(stream.write(&[7; 10_000]).await.unwrap(), 10_000);

        let payload = bytes(1_000_000);
        script.push(binary(role, &payload));
        assert_eq!(stream.read_u8().await.unwrap(), payload[0]);
        assert!(script.left() > 900_000, "no more than one read is read");
    }
}

/// Bytes can be read before their message is complete, and a message may be larger than the limit for messages.
#[tokio::test(start_paused = true)]
async fn a_large_message() {
    for role in ROLES {
        let small = |config: &mut Config| (config.limits.message, config.limits.frame) = (1000, 1000);
        let script = Script::new([]);
        let mut stream = ByteStream::new(socket_with(role, &script, small));
        let frame = frame_to(role, 0x82, &bytes(200_000));
        let (start, rest) = frame.split_at(50_000);
        script.push(Reads::Bytes(start.to_vec()));
        let mut read = vec![0; 40_000];
        stream.read_exact(&mut read).await.unwrap();
        script.push(Reads::Bytes(rest.to_vec()));
        read.resize(200_000, 0);
        stream.read_exact(&mut read[40_000..]).await.unwrap();
        assert!(read == bytes(200_000));
    }
}

/// [`AsyncBufReadExt`]: lines, across messages.
#[tokio::test(start_paused = true)]
async fn lines() {
    let script = Script::new([binary(Role::Client, b"one\ntw"), binary(Role::Client, b"o\n")]);
    script.push(Reads::Bytes(close_to(Role::Client, 1000, "")));
    script.push(Reads::End);
    let mut lines = stream(Role::Client, &script).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("one"));
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("two"));
    assert_eq!(lines.next_line().await.unwrap(), None);
}

/// A connection becomes a stream of bytes and a connection again, at any moment, and nothing is lost or changes its order.
#[tokio::test(start_paused = true)]
async fn there_and_back_again() {
    for role in ROLES {
        let all = bytes(30_000);
        let wire = [
            frame_to(role, 0x82, &all[..10_000]),
            frame_to(role, 0x02, &all[10_000..20_000]),
            frame_to(role, 0x80, &all[20_000..]),
        ]
        .concat();
        for (first, taken) in [(0, 0), (5, 0), (9_000, 1), (10_050, 3), (15_000, 10_500), (26_000, 12_007), (30_000, 0)]
        {
            let script = Script::new([Reads::Bytes(wire[..first].to_vec())]);
            let mut socket = socket(role, &script);
            let mut received = Vec::new();
            // What has arrived of the first message, or the whole, is in the connection.
            while let Some(message) = poll_times(1, socket.recv()) {
                received.extend(message.unwrap().unwrap().into_data());
            }
            script.push(Reads::Bytes(wire[first..].to_vec()));
            script.push(Reads::Bytes(close_to(role, 1000, "")));
            script.push(Reads::End);
            let mut stream = ByteStream::new(socket);
            let mut part = vec![0; taken];
            stream.read_exact(&mut part).await.unwrap();
            received.extend(part);
            let mut socket = stream.into_inner();
            while let Some(message) = socket.recv().await.unwrap() {
                let Message::Binary(data) = message else { panic!("{message:?}") };
                received.extend(data);
            }
            assert!(received == all, "{role:?}, {first}, {taken}");
        }
    }
}

/// Messages that were received while a write waited are read first, and whole messages are received again afterwards.
#[tokio::test(start_paused = true)]
async fn with_what_was_received_ahead() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let mut socket = socket(role, &script);
        assert!(waits(socket.send("queued")));
        script.push(binary(role, b"one"));
        script.push(Reads::Bytes(frame_to(role, 0x02, b"tw")));
        assert!(waits(socket.flush()));
        let mut stream = ByteStream::new(socket);
        assert!(waits(stream.flush()));
        script.push(Reads::Bytes(frame_to(role, 0x80, b"o")));
        assert!(waits(stream.flush()));
        let mut read = [0; 4];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"onet");
        let mut socket = stream.into_inner();
        script.push(Reads::Bytes([frame_to(role, 0x01, b"te"), frame_to(role, 0x80, b"xt")].concat()));
        assert_eq!(socket.recv().await.unwrap().unwrap().into_data(), b"w"[..]);
        assert_eq!(socket.recv().await.unwrap().unwrap().into_data(), b"o"[..]);
        assert_eq!(socket.recv().await.unwrap(), Some("text".into()));
    }
}

/// The task that reads is woken by bytes, although the one that writes polled last, and the other way round.
#[tokio::test(start_paused = true)]
async fn each_is_woken_for_its_own() {
    for role in ROLES {
        let script = Script::new([]);
        script.room(Some(0));
        let (mut reader, mut writer) = split(stream(role, &script));
        let reads = tokio::spawn(async move { (reader.read_u8().await, reader) });
        tokio::time::sleep(Duration::from_millis(1)).await;
        let writes = tokio::spawn(async move {
            writer.write_all(b"waits").await?;
            writer.flush().await
        });
        tokio::time::sleep(Duration::from_millis(1)).await;
        script.push(binary(role, b"!"));
        let (read, _reader) = timeout(Duration::from_secs(1), reads).await.expect("it sleeps").unwrap();
        assert_eq!(read.unwrap(), b'!');
        script.room(None);
        timeout(Duration::from_secs(1), writes).await.expect("it sleeps").unwrap().unwrap();
        assert_eq!(plain(&script.written()), plain(&frame_from(role, 0x82, b"waits")));
    }
}

/// It can go to other threads, and is used as a trait object.
#[test]
fn it_is_a_stream() {
    fn check(stream: ByteStream<tokio::net::TcpStream>) -> Box<dyn AsyncWrite + Send + Sync + Unpin> {
        fn reads(_: &(dyn AsyncRead + Send + Sync + Unpin)) {}
        reads(&stream);
        Box::new(stream)
    }
    let _ = check;
    let text = format!("{:?}", stream(Role::Client, &Script::new([])));
    assert!(text.starts_with("ByteStream { socket: WebSocket"), "{text}");
    assert!(text.ends_with("unread: 0 }"), "{text}");
}
