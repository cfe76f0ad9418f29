//! TLS over a WebSocket: rustls on both ends of a [`ByteStream`].

use crate::certified;
use bowline::{
    Config, Connection, Role,
    adapter::{
        blocking,
        tokio::{
            ByteStream, WebSocket,
            rustls::{ClientConnection, ServerConnection, StreamOwned, pki_types::ServerName},
        },
    },
};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, split};
use tokio_rustls::{TlsAcceptor, TlsConnector};

const LEN: usize = 1_000_000;

/// Bytes that show if one is lost, doubled or moved.
fn bytes() -> Vec<u8> {
    (0..=250_u8).cycle().take(LEN).collect()
}

fn localhost() -> ServerName<'static> {
    "localhost".try_into().unwrap()
}

/// A client and a server that are joined by a pipe.
fn pair() -> [ByteStream<DuplexStream>; 2] {
    let (near, far) = duplex(5000);
    [(near, Role::Client), (far, Role::Server)]
        .map(|(stream, role)| ByteStream::new(WebSocket::new(stream, Connection::new(role, Config::default()))))
}

async fn send_and_receive(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let (mut reader, mut writer) = split(stream);
    let sends = async {
        writer.write_all(&bytes()).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let receives = async {
        let mut read = vec![0; LEN];
        reader.read_exact(&mut read).await.unwrap();
        assert!(read == bytes());
    };
    tokio::join!(sends, receives);
}

/// Both endpoints send and receive at the same time, and the server of TLS may be the client of the WebSocket.
#[tokio::test]
async fn over_the_adapter_for_tokio() {
    for is_swapped in [false, true] {
        let (server, client) = certified();
        let [mut near, mut far] = pair();
        if is_swapped {
            (near, far) = (far, near);
        }
        let serving = tokio::spawn(async move {
            let stream = TlsAcceptor::from(server).accept(far).await.unwrap();
            send_and_receive(stream).await;
        });
        let mut stream = TlsConnector::from(client).connect(localhost(), near).await.unwrap();
        stream.write_all(&bytes()).await.unwrap();
        let mut read = vec![0; LEN];
        stream.read_exact(&mut read).await.unwrap();
        assert!(read == bytes());
        assert_eq!(stream.read(&mut read).await.unwrap(), 0, "close_notify, and a clean end below it");
        stream.shutdown().await.unwrap();
        assert!(stream.get_ref().0.get_ref().closure().unwrap().is_normal());
        serving.await.unwrap();
    }
}

/// A WebSocket that breaks off is an error of TLS, and not the end of the stream.
#[tokio::test]
async fn a_connection_that_breaks_off() {
    let (server, client) = certified();
    let [near, far] = pair();
    let serving = tokio::spawn(async move {
        let mut stream = TlsAcceptor::from(server).accept(far).await.unwrap();
        stream.write_all(b"half").await.unwrap();
        stream.flush().await.unwrap();
        stream // dropped by the test
    });
    let mut stream = TlsConnector::from(client).connect(localhost(), near).await.unwrap();
    let mut read = [0; 4];
    stream.read_exact(&mut read).await.unwrap();
    drop(serving.await.unwrap().into_inner().0.into_inner().into_inner());
    let error = stream.read(&mut read).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

/// The same with the blocking adapter.
#[test]
fn over_the_blocking_adapter() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (far, _) = listener.accept().unwrap();
    let stream = |tcp, role| {
        let connection = Connection::new(role, Config::default());
        blocking::ByteStream::new(blocking::WebSocket::new(tcp, connection))
    };
    let (near, far) = (stream(near, Role::Client), stream(far, Role::Server));
    let (server, client) = certified();
    let serving = thread::spawn(move || {
        let mut stream = StreamOwned::new(ServerConnection::new(server).unwrap(), far);
        let mut read = vec![0; LEN];
        stream.read_exact(&mut read).unwrap();
        stream.write_all(&read).unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
        stream.sock.shutdown().unwrap();
    });
    let mut stream = StreamOwned::new(ClientConnection::new(client, localhost()).unwrap(), near);
    stream.write_all(&bytes()).unwrap();
    stream.flush().unwrap();
    let mut read = Vec::new();
    stream.read_to_end(&mut read).unwrap();
    assert!(read == bytes());
    assert_eq!(stream.sock.read(&mut [0]).unwrap(), 0);
    assert!(stream.sock.get_ref().closure().unwrap().is_normal());
    serving.join().unwrap();
}
