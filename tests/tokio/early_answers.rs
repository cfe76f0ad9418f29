//! Servers that answer a client before they have read its request.

use crate::kit::{Reads, Script};
use bowline::{
    Config, HandshakeError,
    adapter::tokio::{self as ws, Error},
    client, server,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

/// A server that answers before it has read the whole request, and reads no more of it: its answer is received. One that goes away
/// is noticed.
#[tokio::test(start_paused = true)]
async fn an_answer_to_a_part_of_the_request() {
    for (answers, closes) in [(true, false), (true, true), (false, true)] {
        let (near, mut far) = duplex(100);
        if answers {
            far.write_all(b"HTTP/1.1 431 Too large\r\nContent-Length: 2\r\n\r\nNo").await.unwrap();
        }
        if closes {
            far.shutdown().await.unwrap();
        }
        let request = client::Request::from_uri("ws://localhost/").unwrap();
        let request = request.header("Padding", "x".repeat(1000)).unwrap();
        let refused = ws::client_handshake(near, request, Config::default()).await;
        let Err(Error::Handshake { error, response }) = refused else { panic!("{refused:?}") };
        if answers {
            assert_eq!((error, response.unwrap().body()), (HandshakeError::Status(431), &b"No"[..]));
        } else {
            assert_eq!(error, HandshakeError::EndOfStream { received: 0 });
        }
    }
}

/// A server that accepts before it has read the whole request still gets the rest of it, until the deadline.
#[tokio::test(start_paused = true)]
async fn accepted_after_a_part_of_the_request() {
    for reads in [true, false] {
        let (near, mut far) = duplex(300);
        let server = tokio::spawn(async move {
            let mut head = vec![0; 300];
            far.read_exact(&mut head).await.unwrap();
            let head = String::from_utf8(head).unwrap();
            let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
            let request = format!(
                "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
            );
            let mut script = Script::new([Reads::Bytes(request.into_bytes())]);
            ws::accept(&mut script, &server::Accept::any_origin(), Config::default()).await.unwrap();
            far.write_all(&script.written()).await.unwrap();
            far.write_all(b"\x81\x02Hi").await.unwrap();
            let mut end = [0; 4];
            while reads && end != *b"\r\n\r\n" {
                end.rotate_left(1);
                far.read_exact(&mut end[3..]).await.unwrap();
            }
            far
        });
        let request = client::Request::from_uri("ws://localhost/").unwrap();
        let request = request.header("Padding", "x".repeat(1000)).unwrap();
        match ws::client_handshake(near, request, Config::default()).await {
            Ok((mut socket, _)) => {
                assert!(reads);
                assert_eq!(socket.recv().await.unwrap(), Some("Hi".into()));
            }
            Err(Error::Handshake { error: HandshakeError::Deadline { .. }, .. }) => assert!(!reads),
            Err(error) => panic!("{error:?}"),
        }
        drop(server.await.unwrap());
    }
}
