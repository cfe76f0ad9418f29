//! The kernel's limit: the bytes go back as they came. What a server needs beyond that is the price of the protocol.

use crate::{any, counted, report};
use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use std::io::{self, ErrorKind, Read, Write};

const LISTENER: Token = Token(usize::MAX);

/// Larger than what the others read at once: nothing is worked on here that would have to stay in the cache.
const READ_SPACE: usize = 64 * 1024;

struct Peer {
    stream: TcpStream,
    /// What the socket did not take yet. Until it does, nothing is read.
    left: Vec<u8>,
}

pub(crate) fn run() -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(any())?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    report(listener.local_addr()?, Box::new(counted::counts));
    let (mut events, mut peers, mut buffer) = (Events::with_capacity(1024), Vec::new(), vec![0; READ_SPACE]);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut peers)?;
            } else if let Some(place) = peers.get_mut(event.token().0)
                && let Some(peer) = place
                && !echo(peer, &mut buffer, event.is_read_closed())
            {
                *place = None; // places are not used again: there are only so many clients
            }
        }
    }
}

fn accept(listener: &TcpListener, poll: &Poll, peers: &mut Vec<Option<Peer>>) -> io::Result<()> {
    loop {
        match listener.accept() {
            Ok((mut stream, _)) => {
                stream.set_nodelay(true)?;
                let interest = Interest::READABLE | Interest::WRITABLE;
                poll.registry().register(&mut stream, Token(peers.len()), interest)?;
                peers.push(Some(Peer { stream, left: Vec::new() }));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// False at the end of the stream.
fn echo(peer: &mut Peer, buffer: &mut [u8], is_last: bool) -> bool {
    loop {
        if !peer.left.is_empty() {
            let bytes = std::mem::take(&mut peer.left);
            if write(peer, &bytes).is_err() {
                return false;
            }
            if !peer.left.is_empty() {
                return true;
            }
        }
        match peer.stream.read(buffer) {
            Ok(0) => return false,
            Ok(count) => {
                counted::count_read();
                if write(peer, &buffer[..count]).is_err() {
                    return false;
                }
                if count < buffer.len() && !is_last && peer.left.is_empty() {
                    return true;
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
            Err(_) => return false,
        }
    }
}

fn write(peer: &mut Peer, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match peer.stream.write(bytes) {
            Ok(count) => {
                counted::count_write();
                bytes = &bytes[count..];
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                peer.left = bytes.to_vec();
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
