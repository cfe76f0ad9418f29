//! Servers and proxies in threads, which do what a test writes down.

use bowline::{Config, adapter::blocking, server::Accept};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A server or a proxy on this computer. It runs to the end of the process.
#[derive(Clone, Debug)]
pub(crate) struct FarEnd {
    pub(crate) port: u16,
    log: Arc<Mutex<Vec<String>>>,
}

impl FarEnd {
    /// Starts one that calls `serve` with each connection, in a thread for each.
    pub(crate) fn new(serve: impl Fn(&Self, TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let far_end = Self { port: listener.local_addr().unwrap().port(), log: Arc::default() };
        let (here, serve) = (far_end.clone(), Arc::new(serve));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (here, serve) = (here.clone(), serve.clone());
                thread::spawn(move || serve(&here, stream));
            }
        });
        far_end
    }

    /// What it was asked for until now.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn note(&self, text: impl Into<String>) {
        self.log.lock().unwrap().push(text.into());
    }
}

/// A server that looks at the head of each request: it sends what `answer` returns, or accepts and sends every message back.
pub(crate) fn server(answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> FarEnd {
    FarEnd::new(move |here, mut stream| {
        let mut bytes = [0; 4096];
        let head = loop {
            let Ok(len @ 1..) = stream.peek(&mut bytes) else { return };
            let head = String::from_utf8_lossy(&bytes[..len]);
            if head.ends_with("\r\n\r\n") {
                break head.into_owned();
            }
        };
        here.note(head.clone());
        match answer(&head) {
            None => echo(stream),
            Some(answer) => {
                let _ = stream.write_all(answer.as_bytes());
                let _ = stream.shutdown(Shutdown::Write);
                let _ = stream.read_to_end(&mut Vec::new());
            }
        }
    })
}

pub(crate) fn echo_server() -> FarEnd {
    server(|_| None)
}

/// Accepts the opening handshake, and sends every message back.
pub(crate) fn echo(stream: impl blocking::Transport) {
    let Ok(mut socket) = blocking::accept(stream, &Accept::any_origin(), Config::default()) else { return };
    while let Ok(Some(message)) = socket.recv() {
        if socket.send(message).is_err() {
            return;
        }
    }
}

/// An HTTP proxy. Whatever the host is, it connects to the port on this computer.
pub(crate) fn http_proxy() -> FarEnd {
    FarEnd::new(|here, stream| {
        if let Some((stream, port)) = http_tunnel(here, stream) {
            join(stream, port);
        }
    })
}

/// Accepts a CONNECT, and returns the port to connect to.
pub(crate) fn http_tunnel<S: Read + Write>(here: &FarEnd, mut stream: S) -> Option<(S, u16)> {
    let head = read_head(&mut stream).ok()?;
    here.note(head.clone());
    let target = head.split(' ').nth(1)?;
    let port = target.rsplit_once(':')?.1.parse().ok()?;
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    stream.flush().ok()?;
    Some((stream, port))
}

/// A proxy that reads a request of HTTP, sends these bytes, and then neither closes nor sends anything.
pub(crate) fn proxy_that_answers(bytes: &'static [u8]) -> FarEnd {
    FarEnd::new(move |here, mut stream| {
        if let Ok(head) = read_head(&mut stream) {
            here.note(head);
            let _ = stream.write_all(bytes);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    })
}

fn read_head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A SOCKS5 proxy with a user name and a password, if there is one. Whatever the host is, it connects to the port on this
/// computer.
pub(crate) fn socks_proxy(credentials: Option<(&'static str, &'static str)>) -> FarEnd {
    FarEnd::new(move |here, mut stream| {
        if let Ok(port) = socks_tunnel(here, &mut stream, credentials) {
            join(stream, port);
        }
    })
}

fn socks_tunnel(here: &FarEnd, stream: &mut TcpStream, credentials: Option<(&str, &str)>) -> io::Result<u16> {
    let mut answer = stream.try_clone()?;
    let mut take = |len: usize| {
        let mut bytes = vec![0; len];
        stream.read_exact(&mut bytes).map(|()| bytes)
    };
    let greeting = take(2)?;
    take(greeting[1].into())?;
    answer.write_all(&[5, if credentials.is_some() { 2 } else { 0 }])?;
    if let Some((user, password)) = credentials {
        let user_len = take(2)?[1];
        let sent = take(user_len.into())?;
        let password_len = take(1)?[0];
        let is_right = sent == user.as_bytes() && take(password_len.into())? == password.as_bytes();
        answer.write_all(&[1, u8::from(!is_right)])?;
        if !is_right {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
    }
    let host = match take(4)?[3] {
        1 => take(4)?.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        _ => {
            let len = take(1)?[0];
            String::from_utf8_lossy(&take(len.into())?).into_owned()
        }
    };
    let port = u16::from_be_bytes(take(2)?.try_into().unwrap());
    here.note(format!("{host}:{port}"));
    answer.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    Ok(port)
}

/// Passes bytes on between the client and a server on this computer.
fn join(client: TcpStream, port: u16) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { return };
    let (mut from_client, mut to_client) = (client.try_clone().unwrap(), client);
    let (mut from_server, mut to_server) = (server.try_clone().unwrap(), server);
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let _ = io::copy(&mut from_server, &mut to_client);
    let _ = to_client.shutdown(Shutdown::Write);
}
