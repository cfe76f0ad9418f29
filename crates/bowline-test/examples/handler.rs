//! How to test a handler: `cargo test -p bowline-test --features tokio --example handler` runs the tests below, which take no time
//! although the handler waits for minutes. `cargo run` with the same arguments serves on port 9001.

use bowline::{CloseCode, Config, Message, adapter::tokio as ws, server::Accept};
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    time::timeout,
};

/// How long a client may say nothing.
const PATIENCE: Duration = Duration::from_secs(300);

/// A calculator: adds the number in each message, and answers with the sum so far. It is generic over the stream, so that a test can
/// pass one in memory.
async fn sum(stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<(), ws::Error> {
    let mut socket = ws::accept(stream, &Accept::same_origin(), Config::default()).await?;
    let mut sum = 0_i64;
    loop {
        let (code, reason) = match timeout(PATIENCE, socket.recv()).await {
            Ok(Ok(Some(Message::Text(text)))) => match text.parse().ok().and_then(|number| sum.checked_add(number)) {
                Some(new) => {
                    sum = new;
                    socket.send(sum.to_string()).await?;
                    continue;
                }
                None => (CloseCode::POLICY_VIOLATION, "not a number that can be added"),
            },
            Ok(Ok(Some(_))) => (CloseCode::UNSUPPORTED_DATA, "text only"),
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            Err(_) => (CloseCode::GOING_AWAY, "nothing to add"),
        };
        socket.close(code, reason).await?;
        return Ok(());
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:9001").await?;
    println!("listening on ws://{}/", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(sum(stream))),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await, // too many open files, for example
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bowline::{Cause, Role};
    use bowline_test::{
        Received, Wire,
        tokio::{Peer, Stream, stream_pair},
    };
    use tokio::task::JoinHandle;

    /// A client of a handler that runs in a task of its own.
    async fn client(wire: Wire) -> (Peer<Stream>, JoinHandle<Result<(), ws::Error>>) {
        let (far, near) = stream_pair(wire);
        let handler = tokio::spawn(sum(near));
        (Peer::connect(far, "ws://localhost/").await, handler)
    }

    #[tokio::test(start_paused = true)]
    async fn it_adds() {
        let (mut peer, handler) = client(Wire::new()).await;
        for (number, sum) in [("1", "1"), ("41", "42"), ("-42", "0")] {
            peer.send_text(number).await;
            peer.expect_text(sum).await;
        }
        peer.send_close(1000, "").await;
        peer.expect_close(1000).await;
        peer.expect_end().await;
        handler.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn it_refuses_what_is_not_a_number() {
        let (mut peer, handler) = client(Wire::new()).await;
        peer.send_text("one").await;
        peer.expect_matching("a reason", |received| {
            matches!(received, Received::Close { code, reason } if *code == 1008 && reason.contains("not a number"))
        })
        .await;
        peer.send_close(1008, "").await;
        handler.await.unwrap().unwrap();
    }

    /// Five minutes without a message, during which the client answers the pings of the keepalive.
    #[tokio::test(start_paused = true)]
    async fn it_has_patience() {
        let (peer, _handler) = client(Wire::new()).await;
        let mut peer = peer.auto_pong().patience(PATIENCE * 2);
        peer.expect_close(1001).await;
        assert_eq!(peer.elapsed(), PATIENCE);
    }

    /// A slow and distant client, whose bytes arrive one by one.
    #[tokio::test(start_paused = true)]
    async fn it_is_not_confused_by_the_network() {
        let wire = Wire::new().with(|faults| {
            faults.latency = Duration::from_millis(300);
            faults.bandwidth = Some(100);
            faults.max_read = 1;
        });
        let (mut peer, _handler) = client(wire).await;
        peer.send_text("7").await;
        peer.expect_text("7").await;
    }

    /// The cable is pulled out in the middle of a message.
    #[tokio::test(start_paused = true)]
    async fn it_notices_that_the_client_is_gone() {
        let (mut peer, handler) = client(Wire::new()).await;
        peer.send_bytes(*b"\x81\x85").await;
        peer.get_ref().wire().with(|wire| wire.faults_from(Role::Client).is_frozen = true);
        let Err(ws::Error::Closed(closure)) = handler.await.unwrap() else { panic!("not an error") };
        assert!(matches!(closure.cause(), Cause::Deadline(_)), "{closure}");
    }
}
