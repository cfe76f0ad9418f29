//! Peers and scripts against handlers on Tokio, with time that does not pass.
#![cfg(feature = "tokio")]
#![expect(clippy::expect_used, reason = "that is how helpers of tests fail")]

use bowline::{
    CloseCode, Config, Connection, Message, Role,
    adapter::tokio::{self as ws, Error, WebSocket},
    client,
    server::Accept,
};
use bowline_test::{
    Frame, Received, Script, Wire, config, hostile,
    tokio::{Peer, Stream, stream_pair},
};
use std::{panic::AssertUnwindSafe, time::Duration};
use tokio::{
    io::{AsyncWriteExt, duplex},
    task::JoinHandle,
    time::Instant,
};

/// Sends each message back.
async fn echo(mut socket: WebSocket<Stream>) -> Result<(), Error> {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// A peer of [`echo`], in this role, after the opening handshake.
fn peer(role: Role) -> (Peer<Stream>, JoinHandle<Result<(), Error>>) {
    let (client, server) = stream_pair(Wire::new());
    let (far, near) = if role == Role::Client { (client, server) } else { (server, client) };
    let socket = WebSocket::new(near, Connection::new(role.peer(), config()));
    (Peer::new(far, role), tokio::spawn(echo(socket)))
}

/// The panic of a future.
async fn panic_of(future: impl Future) -> String {
    let mut future = std::pin::pin!(future);
    let panicked = std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        match polled {
            Ok(std::task::Poll::Ready(_)) => std::task::Poll::Ready(None),
            Ok(std::task::Poll::Pending) => std::task::Poll::Pending,
            Err(panic) => std::task::Poll::Ready(panic.downcast::<String>().ok()),
        }
    });
    *panicked.await.expect("it has not panicked")
}

/// Every method, in both roles.
#[tokio::test(start_paused = true)]
async fn every_method() {
    for role in [Role::Client, Role::Server] {
        let (mut peer, handler) = peer(role);
        peer.send_text("text").await;
        peer.expect_text("text").await;
        peer.send_binary([1, 2]).await;
        peer.expect_binary([1, 2]).await;
        peer.send_ping("ping").await;
        peer.expect_pong("ping").await;
        peer.send_pong("pong").await;
        peer.send_frame(&Frame::text("frame").sent_by(role)).await;
        peer.expect_frame(0x81, "frame").await;
        peer.send_bytes(Frame::text("bytes").sent_by(role).encode()).await;
        assert_eq!(peer.recv().await, Received::Text("bytes".into()));
        peer.send_text("more").await;
        assert_eq!(peer.recv_text().await, "more");
        peer.send_text("even more").await;
        let matched = peer.expect_matching("more", |received| matches!(received, Received::Text(_))).await;
        assert_eq!(matched, Received::Text("even more".into()));
        peer.wait(Duration::from_secs(1)).await;
        assert_eq!(peer.elapsed(), Duration::from_secs(1));
        peer.play(Script::new(role).send_text("script").expect_text("script")).await;
        peer.send_close(1001, "").await;
        peer.expect_close(1001).await;
        peer.end().await;
        peer.expect_end().await;
        assert_eq!(peer.received().len(), 10);
        handler.await.unwrap().unwrap();
        peer.ignore_until_end().await;
        assert_eq!(peer.into_inner().role(), role);
    }
}

/// A failure has the step, what was received, and the line of the test.
#[tokio::test(start_paused = true)]
async fn failures() {
    let (mut peer, _handler) = peer(Role::Client);
    peer.send_text("one").await;
    peer.expect_text("one").await;
    peer.send_text("two").await;
    let (line, text) = (
        line!() + 1,
        panic_of(async {
            peer.expect_text("three").await;
        })
        .await,
    );
    let line = line + 1;
    let expected = "step 4: expected text \"three\"\n  received: text \"two\"\n  before:   text \"one\"\n  at:       ";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains(&format!("{}:{line}:", file!())), "{text}, and not {line}");

    let begun = Instant::now();
    let text = panic_of(peer.expect_end()).await;
    assert!(text.contains("received: a ping \"\""), "{text}");
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
    peer = peer.patience(Duration::from_secs(3));
    let text = panic_of(peer.recv()).await;
    assert!(text.contains("but:      nothing was received for 3s"), "{text}");
}

/// The opening handshake, as a client.
#[tokio::test(start_paused = true)]
async fn opens_as_a_client() {
    let accept = || async {
        let (far, near) = stream_pair(Wire::new());
        let handler = tokio::spawn(async move {
            let accept = Accept::same_origin().protocols(["chat"]);
            let incoming = ws::receive_request(near, Config::default()).await?;
            if incoming.request().path() != "/chat" {
                incoming.refuse(404, "only /chat").await;
                return Ok(None);
            }
            let socket = incoming.accept(&accept).await?;
            let protocol = socket.protocol().map(ToOwned::to_owned);
            echo(socket).await?;
            Ok::<_, Error>(protocol)
        });
        (far, handler)
    };
    let (far, handler) = accept().await;
    let mut peer = Peer::connect(far, "ws://localhost/chat").await.auto_close();
    peer.send_text("Hello").await;
    peer.expect_text("Hello").await;
    peer.send_close(1000, "").await;
    assert_eq!(handler.await.unwrap().unwrap(), None);

    let (far, handler) = accept().await;
    let request = client::Request::from_uri("ws://localhost/chat").unwrap().protocol("chat").unwrap();
    let mut peer = Peer::connect_with(far, request).await;
    peer.send_close(1000, "").await;
    assert_eq!(handler.await.unwrap().unwrap(), Some("chat".into()));

    let (far, _handler) = accept().await;
    let text = panic_of(Peer::connect(far, "ws://localhost/elsewhere")).await;
    assert!(
        text.contains("expected a response with status 101\n  received: a response with status 404 \"only /chat"),
        "{text}"
    );

    let (far, _handler) = accept().await;
    let request = client::Request::from_uri("ws://localhost/elsewhere").unwrap();
    let script = Script::new(Role::Client).send_request(request).expect_response(404).expect_end();
    let played = script.play(far).await.unwrap();
    assert_eq!(played.received()[1], Received::End);

    let (far, _handler) = accept().await;
    let text = panic_of(Peer::connect(far, "ftp://localhost/")).await;
    assert!(text.contains("must begin with ws://") && text.contains("at:"), "{text}");
}

/// The opening handshake, as a server.
#[tokio::test(start_paused = true)]
async fn opens_as_a_server() {
    let (near, far) = stream_pair(Wire::new());
    let client = tokio::spawn(async move {
        let request = client::Request::from_uri("ws://localhost/feed?topic=rust").unwrap();
        let (mut socket, _) = ws::client_handshake(near, request, Config::default()).await?;
        socket.send("subscribe").await?;
        Ok::<_, Error>(socket.close(CloseCode::NORMAL, "").await?.is_clean())
    });
    let mut peer = Peer::accept(far).await.auto_close();
    peer.expect_text("subscribe").await;
    peer.expect_close(1000).await;
    peer.end().await;
    assert!(client.await.unwrap().unwrap());
    let Received::Request(head) = &peer.received()[0] else { panic!("{:?}", peer.received()) };
    assert_eq!((head.path_and_query(), head.header("HOST")), ("/feed?topic=rust", Some(&b"localhost"[..])));
    assert_eq!(head.headers().next().unwrap().0, "Host");

    // Bytes that are not an opening handshake, and another path.
    for (bytes, expected) in [
        ("GET /health HTTP/1.1\r\nHost: a\r\n\r\n", "received: a request that does not ask for WebSocket: GET /health"),
        ("SSH-2.0-x\r\n\r\n", "received: an invalid request: "),
        ("", "received: the end of the stream"),
    ] {
        let (mut near, far) = duplex(1000);
        near.write_all(bytes.as_bytes()).await.unwrap();
        drop(near);
        let error = Script::server().play(far).await.unwrap_err().to_string();
        assert!(error.contains("step 1: expected an opening handshake\n") && error.contains(expected), "{error}");
    }
    let (near, far) = stream_pair(Wire::new());
    let connects = tokio::spawn(Script::client("ws://localhost/b").play(near));
    let error = Script::new(Role::Server).expect_request_for("/a").play(far).await.unwrap_err().to_string();
    assert!(error.starts_with("step 1: expected an opening handshake for /a\n  received: a request for /b"), "{error}");
    let error = connects.await.unwrap().unwrap_err().to_string();
    assert!(
        error.contains("step 2: expected a response with status 101\n  received: the end of the stream"),
        "{error}"
    );
    let error = Script::new(Role::Server).accept().play(duplex(1).0).await.unwrap_err().to_string();
    assert!(error.contains("answer the request\n  but:      no request was received"), "{error}");
    let error = Script::new(Role::Client).expect_response(101).play(duplex(1).0).await.unwrap_err().to_string();
    assert!(error.contains("but:      no request was sent"), "{error}");
}

/// An answer that is not valid is neither a success nor another status.
#[tokio::test(start_paused = true)]
async fn a_wrong_answer() {
    let (near, far) = stream_pair(Wire::new());
    let script = Script::new(Role::Server)
        .expect_request()
        .send_bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    let server = tokio::spawn(script.play(far));
    let error = Script::client("ws://localhost/").play(near).await.unwrap_err().to_string();
    assert!(error.contains("received: an invalid response: "), "{error}");
    server.await.unwrap().unwrap();
}

/// What follows a refusal is its body, and not frames, whenever it arrives.
#[tokio::test(start_paused = true)]
async fn a_slow_refusal() {
    let (near, far) = stream_pair(Wire::new());
    let script = Script::new(Role::Server)
        .expect_request()
        .send_bytes(format!("HTTP/1.1 403 Forbidden\r\n\r\n{}", "not you ".repeat(1000)))
        .wait(Duration::from_secs(1))
        .send_bytes("and that is all")
        .end();
    let server = tokio::spawn(script.play(far));
    let request = client::Request::from_uri("ws://localhost/").unwrap();
    let script = Script::new(Role::Client).send_request(request).expect_response(403).expect_end();
    script.play(near).await.unwrap();
    server.await.unwrap().unwrap();
}

/// A peer that has sent its Close frame does not answer another.
#[tokio::test(start_paused = true)]
async fn one_close_frame() {
    let (far, mut near) = stream_pair(Wire::new());
    let mut peer = Peer::new(far, Role::Client).auto_close();
    peer.send_close(1000, "").await;
    near.write_all(&Frame::close(1001, "").encode()).await.unwrap();
    peer.expect_close(1001).await;
    let written = near.wire().with(|wire| wire.peek(Role::Client));
    assert_eq!(Frame::decode_all(&written), [Frame::close(1000, "").sent_by(Role::Client)]);
}

/// Automatic answers are written although the next step only waits, and what was queued last is not lost.
#[tokio::test(start_paused = true)]
async fn automatic_answers() {
    let (far, near) = stream_pair(Wire::new());
    let handler = tokio::spawn(async move {
        let mut socket = WebSocket::new(near, Connection::new(Role::Server, config()));
        socket.ping(b"?").await?;
        let event = socket.next_event().await?;
        socket.send("text").await?;
        let closure = socket.close(CloseCode::GOING_AWAY, "").await?;
        Ok::<_, Error>((event.is_some(), closure.is_normal()))
    });
    let mut peer = Peer::new(far, Role::Client).auto_pong().auto_close();
    peer.expect_text("text").await;
    peer.expect_close(1001).await;
    assert_eq!(handler.await.unwrap().unwrap(), (true, true));
}

/// Back-pressure: a peer that does not read, and one that cannot write.
#[tokio::test(start_paused = true)]
async fn back_pressure() {
    let (far, near) = stream_pair(Wire::new().with(|faults| faults.capacity = 1000));
    let handler = tokio::spawn(async move {
        let mut socket = WebSocket::new(near, Connection::new(Role::Server, config()));
        socket.send(vec![7; 10_000]).await?;
        let message = socket.recv().await?;
        Ok::<_, Error>(message.map(|message| message.len()))
    });
    let mut peer = Peer::new(far, Role::Client);
    peer.wait(Duration::from_secs(20)).await;
    assert!(!handler.is_finished());
    peer.expect_binary([7; 10_000]).await;
    peer.send_binary([8; 10_000]).await;
    assert_eq!(handler.await.unwrap().unwrap(), Some(10_000));
    let text = panic_of(peer.send_text("too late")).await;
    assert!(text.contains("send text \"too late\"\n  but:      the stream does not accept it any more"), "{text}");

    let (far, _near) = stream_pair(Wire::new().with(|faults| faults.capacity = 10));
    let mut peer = Peer::new(far, Role::Client).patience(Duration::from_secs(2));
    let text = panic_of(peer.send_binary([7; 1000])).await;
    assert!(text.contains("but:      the stream did not accept it for 2s"), "{text}");
}

/// A reset, and streams that are not of this crate.
#[tokio::test(start_paused = true)]
async fn other_streams() {
    let (far, near) = stream_pair(Wire::new());
    let mut socket = WebSocket::new(near, Connection::new(Role::Server, config()));
    Peer::new(far, Role::Client).reset();
    assert!(
        matches!(socket.recv().await, Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::ConnectionReset)
    );

    let (mut far, near) = duplex(10);
    let mut socket = WebSocket::new(near, Connection::new(Role::Server, config()));
    let receives = tokio::spawn(async move { socket.recv().await });
    Script::new(Role::Client).send_text("a text that is longer than the pipe").play(&mut far).await.unwrap();
    assert_eq!(receives.await.unwrap().unwrap(), Some(Message::from("a text that is longer than the pipe")));
}

/// A step can be given up, and the next one continues.
#[tokio::test(start_paused = true)]
async fn a_step_that_is_dropped() {
    let (mut peer, _handler) = peer(Role::Client);
    peer.get_ref().wire().with(|wire| wire.faults_from(Role::Client).capacity = 10);
    peer.get_ref().wire().with(|wire| wire.faults_from(Role::Client).is_frozen = true);
    let sends = tokio::time::timeout(Duration::from_secs(1), peer.send_binary([7; 100]));
    assert!(sends.await.is_err());
    peer.get_ref().wire().with(|wire| wire.faults_from(Role::Client).is_frozen = false);
    peer.expect_binary([7; 100]).await;
    let begun = Instant::now();
    for _ in 0..3 {
        let waits = tokio::time::timeout(Duration::from_secs(1), peer.expect_text("echo"));
        assert!(waits.await.is_err());
    }
    peer.wait(Duration::from_secs(2)).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
    peer.send_text("echo").await;
    peer.expect_text("echo").await;
}

/// A handler holds against all attacks, as the core does.
#[tokio::test(start_paused = true)]
async fn attacks() {
    for attack in hostile::all(Role::Server) {
        let (far, near) = stream_pair(Wire::new().with(|faults| faults.capacity = 64 * 1024));
        let handler = tokio::spawn(echo(WebSocket::new(near, Connection::new(Role::Server, config()))));
        let played = attack.script.clone().play(far).await;
        let held = match handler.await.unwrap() {
            Err(Error::Closed(closure)) => attack.ending.is(&closure),
            Ok(()) => attack.ending == hostile::Ending::Normal,
            Err(_) => false,
        };
        assert!(held, "{}: {played:?}", attack.name);
    }
}
