//! The load generator: frames that are encoded beforehand, without a library.

use crate::Echo;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// What is measured.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    /// The role of the library: the load generator has the other one.
    pub(crate) is_server: bool,
    pub(crate) is_text: bool,
    /// How many messages are sent before their echoes are awaited.
    pub(crate) window: usize,
    /// Whether the echoes of a window are queued, and flushed together.
    pub(crate) is_batch: bool,
    pub(crate) size: usize,
}

impl Cell {
    /// Returns the number of messages, so that each run takes some ten milliseconds.
    pub(crate) const fn messages(&self) -> usize {
        let windows = 2_000_000 / (2000 + self.window * (300 + self.size));
        self.window * if windows < 8 { 8 } else { windows }
    }

    fn frame(&self, is_masked: bool) -> Vec<u8> {
        let mut frame = vec![if self.is_text { 0x81 } else { 0x82 }];
        let mask = u8::from(is_masked) << 7;
        match self.size {
            size @ 0..=125 => frame.push(mask | u8::try_from(size).unwrap_or_default()),
            size @ 126..=0xFFFF => {
                frame.push(mask | 0x7E);
                frame.extend(u16::try_from(size).unwrap_or_default().to_be_bytes());
            }
            size => {
                frame.push(mask | 0x7F);
                frame.extend((size as u64).to_be_bytes());
            }
        }
        let key = [0x37, 0xfa, 0x21, 0x3d];
        frame.extend(key.iter().filter(|_| is_masked));
        let content = b"The quick brown fox jumps over the lazy dog. ".iter().cycle().take(self.size);
        frame.extend(content.zip(key.iter().cycle()).map(|(byte, key)| if is_masked { byte ^ key } else { *byte }));
        frame
    }
}

/// Runs a cell once, and returns the CPU time of each message.
pub(crate) fn run(cell: &Cell, echo: Echo) -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let cell = *cell;
    let load = thread::spawn(move || generate(&cell, TcpStream::connect(address).expect("the echo accepts")));
    let (stream, _) = listener.accept().expect("a connection");
    stream.set_nodelay(true).expect("a TCP socket");
    let result = echo(stream, &cell);
    load.join().expect("the load ends");
    result
}

fn generate(cell: &Cell, mut stream: TcpStream) {
    stream.set_nodelay(true).expect("a TCP socket");
    let window = cell.frame(cell.is_server).repeat(cell.window);
    let mut echoes = vec![0; cell.frame(!cell.is_server).len() * cell.window];
    let mut reader = stream.try_clone().expect("a second handle");
    for _ in 0..cell.messages() / cell.window {
        // A large window does not fit into the buffers of the socket, and the echo begins before it is sent.
        thread::scope(|scope| {
            if window.len() > 32 * 1024 {
                scope.spawn(|| stream.write_all(&window).expect("the echo reads"));
            } else {
                stream.write_all(&window).expect("the echo reads");
            }
            reader.read_exact(&mut echoes).expect("the echo answers");
        });
    }
}
