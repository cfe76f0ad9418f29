//! A deadline for the handshake, if the configuration has one.

use super::ws::{
    Error, accept_async_with_config, accept_hdr_with_config, client_async_with_config,
    handshake::{HandshakeError, server::NoCallback},
    protocol::WebSocketConfig,
};
use std::{
    io::{ErrorKind, Read},
    time::Duration,
};

fn within(limit: Duration) -> WebSocketConfig {
    let mut deadlines = bowline::Deadlines::default();
    deadlines.handshake = Some(limit);
    WebSocketConfig::default().deadlines(Some(deadlines))
}

/// A peer that is silent does not keep a task.
#[tokio::test(start_paused = true)]
async fn on_tokio() {
    let limit = Duration::from_secs(3);
    let (_silent, stream) = tokio::io::duplex(1000);
    let start = tokio::time::Instant::now();
    let error = accept_async_with_config(stream, Some(within(limit))).await.unwrap_err();
    assert!(matches!(error, Error::Io(error) if error.kind() == ErrorKind::TimedOut));
    let (_silent, stream) = tokio::io::duplex(1000);
    let error = client_async_with_config("ws://a/", stream, Some(within(limit))).await.unwrap_err();
    assert!(matches!(error, Error::Io(error) if error.kind() == ErrorKind::TimedOut));
    assert_eq!(start.elapsed().as_secs(), 6);
}

/// A blocking server looks at the clock before each read, and answers 408.
#[test]
fn blocking() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut result = accept_hdr_with_config(stream, NoCallback, Some(within(Duration::from_millis(20))));
    let error = loop {
        match result {
            Err(HandshakeError::Interrupted(mid)) => {
                std::io::Write::write_all(&mut client, b"x").unwrap();
                result = mid.handshake();
            }
            Err(HandshakeError::Failure(error)) => break error,
            Ok(_) => panic!(),
        }
    };
    assert!(matches!(error, Error::Io(error) if error.kind() == ErrorKind::TimedOut));
    let mut answer = [0; 12];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}
