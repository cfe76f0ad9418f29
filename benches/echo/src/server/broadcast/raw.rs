//! The bare loop: the bytes of one read are written to every socket.

use crate::{any, counted, report};
use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use std::io::{self, ErrorKind, Read, Write};

const LISTENER: Token = Token(usize::MAX);

pub(super) fn run() -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(any())?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    report(listener.local_addr()?, Box::new(counted::counts));
    let (mut events, mut peers, mut buffer) = (Events::with_capacity(1024), Vec::new(), vec![0; 64 * 1024]);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut peers)?;
            } else if let Some(peer) = peers.get_mut(event.token().0) {
                let count = match peer.read(&mut buffer) {
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                    Err(_) => 0, // the load has ended
                };
                counted::count_read();
                // The load waits until everyone has the message: a socket is never full.
                peers.iter_mut().filter(|_| count > 0).for_each(|peer| {
                    let _ = peer.write(&buffer[..count]);
                    counted::count_write();
                });
            }
        }
    }
}

fn accept(listener: &TcpListener, poll: &Poll, peers: &mut Vec<TcpStream>) -> io::Result<()> {
    loop {
        match listener.accept() {
            Ok((mut stream, _)) => {
                stream.set_nodelay(true)?;
                poll.registry().register(&mut stream, Token(peers.len()), Interest::READABLE)?;
                peers.push(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
