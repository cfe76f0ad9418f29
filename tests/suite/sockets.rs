//! Real sockets.

use std::net::{TcpListener, TcpStream};

/// The two ends of a TCP connection over loopback.
pub(crate) fn tcp() -> [TcpStream; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    [near, listener.accept().unwrap().0]
}
