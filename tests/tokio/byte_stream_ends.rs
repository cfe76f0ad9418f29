//! How a stream of bytes ends, and which errors it has.

use crate::{
    byte_stream::{binary, bytes, read_all, stream},
    common::{ROLES, close_to, config, frame_to},
    kit::{Reads, Script, socket_with, waits},
    wire::plain,
};
use bowline::{
    CloseCode, Config, Role,
    adapter::{Error, tokio::ByteStream},
};
use std::{
    io::{self, ErrorKind},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, split},
    time::Instant,
};

/// The [`Error`] inside.
fn inside(error: &io::Error) -> &Error {
    error.get_ref().expect("an error inside").downcast_ref().expect("that of the adapter")
}

/// Which ends are the end of the stream, and which kinds of errors the others are.
#[tokio::test(start_paused = true)]
async fn ends() {
    for role in ROLES {
        let close = |code| vec![Reads::Bytes(close_to(role, code, "")), Reads::End];
        let begun = |end: Vec<u8>| vec![Reads::Bytes([frame_to(role, 0x02, b"!"), end].concat()), Reads::End];
        let table = [
            (close(1000), None),
            (close(1001), None),
            (vec![Reads::Bytes(frame_to(role, 0x88, b"")), Reads::End], None),
            (close(1011), Some(ErrorKind::ConnectionAborted)),
            (close(4000), Some(ErrorKind::ConnectionAborted)),
            (vec![Reads::End], Some(ErrorKind::UnexpectedEof)),
            (begun(close_to(role, 1000, "")), Some(ErrorKind::UnexpectedEof)),
            (begun(Vec::new()), Some(ErrorKind::UnexpectedEof)),
            (vec![Reads::Bytes(frame_to(role, 0x83, b"")), Reads::End], Some(ErrorKind::InvalidData)),
            (vec![Reads::Error(ErrorKind::ConnectionReset)], Some(ErrorKind::ConnectionReset)),
        ];
        for (reads, kind) in table {
            let what = format!("{role:?}: {reads:?}");
            let script = Script::new([binary(role, b"data")]);
            for read in reads {
                script.push(read);
            }
            let mut stream = stream(role, &script);
            let (read, end) = read_all(&mut stream).await;
            assert_eq!(read.strip_suffix(b"!").unwrap_or(&read), b"data", "{what}");
            match (kind, end) {
                (None, end) => assert_eq!(end.unwrap(), 4, "{what}"),
                (Some(kind), end) => {
                    let error = end.unwrap_err();
                    assert_eq!(error.kind(), kind, "{what}");
                    assert!(matches!(inside(&error), Error::Closed(_) | Error::Io(_)), "{what}");
                    assert!(stream.read(&mut [0]).await.is_err(), "{what}: it is not the end later either");
                }
            }
        }
    }
}

/// A deadline of the connection that expires is an error of its own kind.
#[tokio::test(start_paused = true)]
async fn a_deadline() {
    let script = Script::new([]);
    let socket = socket_with(Role::Client, &script, |config| {
        config.deadlines.ping = Some(Duration::from_secs(1));
        config.deadlines.pong = Some(Duration::from_secs(1));
    });
    assert_eq!(ByteStream::new(socket).read(&mut [0]).await.unwrap_err().kind(), ErrorKind::TimedOut);
}

/// Text is refused with code 1003, which is written before the error is returned. Nothing behind it is read.
#[tokio::test(start_paused = true)]
async fn text() {
    for role in ROLES {
        for first in [[0x81, 0x80], [0x01, 0x80]] {
            let [start, end] = first.map(|first| frame_to(role, first, b"text"));
            let end = if first[0] == 0x81 { Vec::new() } else { end };
            let wire = [frame_to(role, 0x82, b"good"), start, end, frame_to(role, 0x82, b"bad")];
            let script = Script::new([Reads::Bytes(wire.concat())]);
            let mut stream = stream(role, &script);
            let (read, error) = read_all(&mut stream).await;
            assert_eq!(read, b"good");
            assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidData);
            let (first, payload) = plain(&script.written()).remove(0);
            assert_eq!((first, &payload[..2]), (0x88, &1003_u16.to_be_bytes()[..]));
            assert_eq!(stream.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::InvalidData);
            script.push(Reads::Bytes(close_to(role, 1003, "")));
            script.push(Reads::End);
            stream.shutdown().await.unwrap();
            assert_eq!(stream.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::InvalidData);
        }
    }
}

/// A shutdown writes what is queued and the Close frame, and waits for the peer's. What arrives meanwhile can be read afterwards.
#[tokio::test(start_paused = true)]
async fn shutdown() {
    for role in ROLES {
        let script = Script::new([]);
        let mut stream = stream(role, &script);
        stream.write_all(b"last").await.unwrap();
        assert!(waits(stream.shutdown()));
        let close = (0x88, 1000_u16.to_be_bytes().to_vec());
        assert_eq!(plain(&script.written()), [(0x82, b"last".to_vec()), close]);
        script.push(binary(role, b"on its way, "));
        script.push(binary(role, b"and more"));
        assert!(waits(stream.shutdown()));
        script.push(Reads::Bytes(close_to(role, 1000, "")));
        script.push(Reads::End);
        stream.shutdown().await.unwrap();
        assert!(stream.get_ref().closure().unwrap().is_clean());
        let (read, end) = read_all(&mut stream).await;
        assert_eq!((read, end.unwrap()), (b"on its way, and more".to_vec(), 20));
        stream.shutdown().await.unwrap();
        assert_eq!(stream.write(b"late").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(stream.flush().await.map_err(|error| error.kind()), Ok(()));
    }
}

/// A peer that does not answer, or leaves without a Close frame, makes a shutdown fail.
#[tokio::test(start_paused = true)]
async fn a_shutdown_without_an_answer() {
    for role in ROLES {
        let (script, begun) = (Script::new([]), Instant::now());
        assert_eq!(stream(role, &script).shutdown().await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), config().deadlines.close);
        let script = Script::new([Reads::End]);
        assert_eq!(stream(role, &script).shutdown().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }
}

/// If more arrives during a shutdown than is kept, the shutdown waits for the task that reads.
#[tokio::test(start_paused = true)]
async fn a_shutdown_with_much_to_read() {
    for role in ROLES {
        let small = |config: &mut Config| config.limits.message = 1000;
        let script = Script::new((0..100).map(|_| binary(role, &bytes(10_000))));
        script.push(Reads::Bytes(close_to(role, 1000, "")));
        script.push(Reads::End);
        let (mut reader, mut writer) = split(ByteStream::new(socket_with(role, &script, small)));
        let begun = Instant::now();
        let shut = tokio::spawn(async move { writer.shutdown().await });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(script.left() > 500_000);
        let (read, end) = read_all(&mut reader).await;
        assert_eq!((read.len(), end.unwrap()), (1_000_000, 1_000_000));
        shut.await.unwrap().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(2), "nobody has waited for the deadline");
    }
}

/// The same when the task only takes out what was kept, and does not poll the stream.
#[tokio::test(start_paused = true)]
async fn a_shutdown_is_woken_by_space() {
    let small = |config: &mut Config| config.limits.message = 1000;
    let script = Script::new((0..2).map(|_| binary(Role::Client, &bytes(65_000))));
    script.push(Reads::Bytes(close_to(Role::Client, 1000, "")));
    script.push(Reads::End);
    let (mut reader, mut writer) = split(ByteStream::new(socket_with(Role::Client, &script, small)));
    let begun = Instant::now();
    let shut = tokio::spawn(async move { writer.shutdown().await });
    // After the second in which the connection frees the memory of its output, only the close deadline is left.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!shut.is_finished());
    reader.read_exact(&mut vec![0; 65_000]).await.unwrap();
    reader.read_exact(&mut [0; 1]).await.unwrap();
    shut.await.unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3));
}

/// Writes to a connection that has ended fail, with the reason inside.
#[tokio::test(start_paused = true)]
async fn a_write_after_the_end() {
    for role in ROLES {
        let script = Script::new([Reads::Bytes(close_to(role, 1011, "full")), Reads::End]);
        let mut stream = stream(role, &script);
        stream.read(&mut [0]).await.unwrap_err();
        let error = stream.write(b"late").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        let Error::Closed(closure) = inside(&error) else { panic!("{error}") };
        assert_eq!((closure.code(), closure.reason()), (CloseCode::new(1011), "full"));

        let script = Script::new([]);
        script.write_error(Some(ErrorKind::ConnectionReset));
        let mut stream = self::stream(role, &script);
        stream.write_all(b"x").await.unwrap();
        assert_eq!(stream.flush().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}
