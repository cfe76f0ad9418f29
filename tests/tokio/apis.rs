//! Messages there and back.

use crate::{
    common::{ROLES, close_from, close_to, frame_from, frame_to},
    kit::{Reads, Script, data, pair, socket, socket_with, waits},
    wire::plain,
};
use bowline::{
    CloseCode, Delivery, Event, Message, Role,
    adapter::tokio::{Error, WebSocket},
};
use bowline_test::Call;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocket<S>) -> Result<u16, Error> {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(socket.closure().unwrap().code().get())
}

async fn echo_batches<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocket<S>) -> Result<u16, Error> {
    while let Some(mut batch) = socket.read().await? {
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

/// Messages of all sizes there and back, with both APIs and from both roles; then a clean end on both sides.
#[tokio::test]
async fn both_apis() {
    for in_batches in [false, true] {
        for swap in [false, true] {
            let [mut here, mut there] = pair(100_000, |_| {});
            if swap {
                (here, there) = (there, here);
            }
            let there =
                tokio::spawn(async move { if in_batches { echo_batches(there).await } else { echo(there).await } });
            for len in [0, 1, 125, 126, 4095, 4096, 16_383, 16_384, 65_536, 100_000, 1024 * 1024] {
                here.send(data(len, 1)).await.unwrap();
                assert!(here.recv().await.unwrap() == Some(data(len, 1)), "{len} bytes come back as they were");
                let text = "ä".repeat(len / 2);
                here.send(text.clone()).await.unwrap();
                assert!(here.recv().await.unwrap() == Some(text.into()), "{len} bytes of text");
            }
            here.feed("one").await.unwrap();
            here.feed("two").await.unwrap();
            assert_eq!(here.recv().await.unwrap(), Some("one".into()));
            assert_eq!(here.recv().await.unwrap(), Some("two".into()));
            let closure = here.close(CloseCode::GOING_AWAY, "done").await.unwrap();
            assert_eq!((closure.code().get(), closure.is_clean()), (1001, true));
            assert_eq!(there.await.unwrap().unwrap(), 1001);
        }
    }
}

/// The same over TCP, where messages of megabytes fill the buffers of the sockets.
#[tokio::test]
async fn over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let far = listener.accept().await.unwrap().0;
    let there = tokio::spawn(echo(crate::kit::over(far, Role::Server)));
    let mut here = crate::kit::over(near, Role::Client);
    for len in [0, 20, 70_000, 4 * 1024 * 1024] {
        here.send(data(len, 2)).await.unwrap();
        assert!(here.recv().await.unwrap() == Some(data(len, 2)));
    }
    assert!(here.close(CloseCode::NORMAL, "").await.unwrap().is_clean());
    assert_eq!(there.await.unwrap().unwrap(), 1000);
}

/// Large messages as chunks, when that is asked for.
#[tokio::test]
async fn messages_in_chunks() {
    let [mut client, mut server] = pair(50_000, |config| config.delivery = Delivery::Chunks);
    let sends = tokio::spawn(async move {
        client.send(data(1_000_000, 3)).await.unwrap();
        client.close(CloseCode::NORMAL, "").await.unwrap()
    });
    let mut came = Vec::new();
    while let Some(message) = server.recv().await.unwrap() {
        let Message::BinaryChunk { data, last } = message else { panic!("{message:?}") };
        came.extend_from_slice(&data);
        assert_eq!(last, came.len() == 1_000_000);
    }
    assert!(Message::from(came) == data(1_000_000, 3));
    assert!(sends.await.unwrap().is_clean());
}

/// What a `break` leaves in a batch, the next calls return, with either API.
#[tokio::test]
async fn a_batch_that_is_broken_off() {
    for role in ROLES {
        let read: Vec<u8> = ["a", "b", "c", "d"].iter().flat_map(|t| frame_to(role, 0x81, t.as_bytes())).collect();
        let script = Script::new([Reads::Bytes(read)]);
        let mut socket = socket(role, &script);
        for expected in ["a", "b"] {
            let mut batch = socket.read().await.unwrap().unwrap();
            let (event, connection) = batch.receive().unwrap();
            assert_eq!(event, Event::Text(expected.into()));
            connection.send_text(expected).unwrap();
        }
        assert_eq!(socket.recv().await.unwrap(), Some("c".into()));
        let mut batch = socket.read().await.unwrap().unwrap();
        assert_eq!(batch.receive().unwrap().0, Event::Text("d".into()));
        assert!(batch.receive().is_none());
        assert_eq!(script.calls(), [Call::Read]);
        assert!(waits(socket.recv()));
        let replies = [frame_from(role, 0x81, b"a"), frame_from(role, 0x81, b"b")].concat();
        assert_eq!(script.written(), replies);
        assert_eq!(script.count(Call::Write), 1, "the replies are one write");
    }
}

/// A large message that was read directly is kept, too, if its batch is dropped before it is looked at.
#[tokio::test]
async fn a_direct_read_whose_batch_is_dropped() {
    for role in ROLES {
        for by_recv in [false, true] {
            let large = frame_to(role, 0x82, &vec![7; 100_000]);
            let script = Script::new([Reads::Bytes(large)]);
            let mut socket = socket(role, &script);
            while script.left() > 0 {
                let mut batch = socket.read().await.unwrap().unwrap();
                if script.left() > 0 {
                    assert!(batch.receive().is_none());
                }
            }
            let message = if by_recv {
                socket.recv().await.unwrap()
            } else {
                let mut batch = socket.read().await.unwrap().unwrap();
                batch.receive().and_then(|(event, _)| Message::try_from(event).ok())
            };
            assert!(message == Some(vec![7; 100_000].into()), "{role:?}");
        }
    }
}

/// A payload of 16 KiB or more that lies whole in the read buffer stays where it is, and its neighbours are as they were.
#[tokio::test]
async fn large_payloads_are_not_copied() {
    for role in ROLES {
        let sizes = [10, 20_000, 16_384, 16_383, 20];
        let read: Vec<u8> = sizes
            .iter()
            .enumerate()
            .flat_map(|(i, len)| {
                let Message::Binary(data) = data(*len, i) else { panic!() };
                frame_to(role, 0x82, &data)
            })
            .collect();
        let script = Script::new([Reads::Bytes(read), Reads::Bytes(frame_to(role, 0x81, b"and more"))]);
        let mut socket = socket(role, &script);
        let mut held = Vec::new();
        for (i, len) in sizes.into_iter().enumerate() {
            let Some(Message::Binary(payload)) = socket.recv().await.unwrap() else { panic!() };
            assert_eq!(Message::Binary(payload.clone()), data(len, i));
            held.push(payload);
        }
        // Two parts of one buffer lie as far apart as on the wire.
        let between = held[2].as_ptr() as usize - held[1].as_ptr() as usize;
        assert_eq!(between, 20_000 + frame_to(role, 0x82, &[0; 16_384]).len() - 16_384);
        assert_eq!(socket.recv().await.unwrap(), Some("and more".into()));
        for (i, payload) in held.into_iter().enumerate() {
            assert_eq!(Message::Binary(payload), data(sizes[i], i), "nothing was written over it");
        }
    }
}

/// The same for large chunks.
#[tokio::test]
async fn large_chunks_are_not_copied() {
    for role in ROLES {
        let frames = [20_000, 16_384].map(|len| frame_to(role, 0x82, &vec![7; len]));
        let header = frames[1].len() - 16_384;
        let script = Script::new([Reads::Bytes(frames.concat())]);
        let mut socket = socket_with(role, &script, |config| config.delivery = Delivery::Chunks);
        let mut held = Vec::new();
        for len in [20_000, 16_384] {
            let Some(Message::BinaryChunk { data, last: true }) = socket.recv().await.unwrap() else { panic!() };
            assert_eq!(data, vec![7; len]);
            held.push(data);
        }
        assert_eq!(held[1].as_ptr() as usize - held[0].as_ptr() as usize, 20_000 + header);
    }
}

/// Messages below 16 KiB are copied: a small message that is kept must not keep the whole read buffer alive.
#[tokio::test]
async fn small_messages_are_copied() {
    for role in ROLES {
        for (len, is_copied) in [(2000, true), (16_383, true), (16_384, false)] {
            let frames = [len, 10].map(|len| frame_to(role, 0x82, &vec![7; len]));
            let script = Script::new([Reads::Bytes(frames.concat())]);
            let mut socket = socket(role, &script);
            let Some(Message::Binary(data)) = socket.recv().await.unwrap() else { panic!() };
            assert_eq!((data.len(), data.is_unique()), (len, is_copied));
        }
    }
}

/// Pongs, and the answer to a Close frame, leave while `recv` waits.
#[tokio::test]
async fn answers_leave_without_a_send() {
    for role in ROLES {
        let script = Script::new([Reads::Bytes(frame_to(role, 0x89, b"there?"))]);
        let mut socket = socket(role, &script);
        assert!(waits(socket.recv()));
        assert_eq!(script.written(), frame_from(role, 0x8A, b"there?"));
        script.push(Reads::Bytes([frame_to(role, 0x89, b"still?"), close_to(role, 1000, "")].concat()));
        if role == Role::Client {
            assert!(waits(socket.recv()), "the server has to end the stream");
        }
        script.push(Reads::End);
        assert_eq!(socket.recv().await.unwrap(), None);
        let frames = plain(&script.written());
        assert_eq!(frames[1], (0x8A, b"still?".to_vec()));
        assert!(script.written().ends_with(&close_from(role, 1000, "")));
        assert_eq!(script.count(Call::Write), 2);
        assert_eq!(socket.recv().await.unwrap(), None, "and again");
    }
}

/// `feed` waits for the next call that writes; `send`, `flush`, `recv` and `close` are such.
#[tokio::test]
async fn who_writes() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket(role, &script);
        socket.feed("a").await.unwrap();
        socket.feed(&b"b"[..]).await.unwrap();
        assert_eq!(script.count(Call::Write), 0);
        assert_eq!(
            socket.buffered_amount(),
            [frame_from(role, 0x81, b"a"), frame_from(role, 0x82, b"b")].concat().len()
        );
        socket.send("c").await.unwrap();
        assert_eq!((plain(&script.written()).len(), script.count(Call::Write)), (3, 1));
        socket.feed("d").await.unwrap();
        socket.flush().await.unwrap();
        socket.feed("e").await.unwrap();
        assert!(waits(socket.recv()));
        assert_eq!(script.count(Call::Write), 3);
        socket.feed("f").await.unwrap();
        script.push(Reads::Bytes(close_to(role, 1000, "")));
        script.push(Reads::End);
        let closure = socket.close(CloseCode::GOING_AWAY, "bye").await.unwrap();
        assert!(closure.is_clean());
        let texts: Vec<_> = plain(&script.written()).into_iter().map(|(_, payload)| payload).collect();
        assert_eq!(texts[..6].concat(), b"abcdef");
        assert_eq!(texts[6], [&[3, 0xE9], &b"bye"[..]].concat());
        assert!(matches!(socket.send("g").await, Err(Error::Closed(known)) if *known == closure));
    }
}

/// What was queued gets a last try when the connection is dropped.
#[tokio::test]
async fn dropped_with_something_queued() {
    for role in ROLES {
        let script = Script::new([]);
        let mut socket = socket(role, &script);
        socket.feed("last words").await.unwrap();
        drop(socket);
        assert_eq!(script.written(), frame_from(role, 0x81, b"last words"));
    }
}

/// What is printed of a connection, of its halves and of a request has their names, and nothing that was received or queued.
#[tokio::test(start_paused = true)]
async fn no_messages_in_debug_output() {
    let frames = [frame_to(Role::Server, 0x81, b"one"), frame_to(Role::Server, 0x81, b"secret")].concat();
    let mut socket = socket(Role::Server, &Script::new([Reads::Bytes(frames)]));
    assert_eq!(socket.recv().await.unwrap(), Some("one".into()));
    socket.feed("secret").await.unwrap();
    let mut shown = vec![format!("{socket:?}")];
    let (receiver, sender) = socket.split();
    shown.extend([format!("{receiver:?}"), format!("{sender:?}")]);
    let _clone = sender.clone();
    shown.push(format!("{:?}", receiver.reunite(sender).unwrap_err()));
    let request = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nCookie: secret\r\n\
                    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let script = Script::new([Reads::Bytes(request.to_vec())]);
    let incoming = bowline::adapter::tokio::receive_request(script, bowline::Config::default()).await.unwrap();
    shown.push(format!("{incoming:?}"));
    for (text, name) in shown.iter().zip(["WebSocket", "Receiver", "Sender", "ReuniteError", "Incoming"]) {
        assert!(text.starts_with(name) && !text.contains("secret") && !text.contains("115, 101"), "{text}");
    }
}
