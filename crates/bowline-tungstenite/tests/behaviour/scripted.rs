//! A stream whose reads and writes are scripted.

use super::tungstenite::{
    WebSocket,
    protocol::{Role, WebSocketConfig},
};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
};

#[derive(Debug, Default)]
pub(crate) struct Scripted {
    pub(crate) reads: VecDeque<Result<Vec<u8>, ErrorKind>>,
    /// What the stream still accepts. `None` is everything.
    pub(crate) accepts: Option<usize>,
    /// The error of writes that are not accepted.
    pub(crate) refusal: Option<ErrorKind>,
    pub(crate) written: Vec<u8>,
    pub(crate) writes: usize,
    /// The length of `written` at the last flush.
    pub(crate) flushed: usize,
}

impl Scripted {
    pub(crate) fn read(mut self, bytes: &[u8]) -> Self {
        self.reads.push_back(Ok(bytes.to_vec()));
        self
    }

    pub(crate) fn fails(mut self, kind: ErrorKind) -> Self {
        self.reads.push_back(Err(kind));
        self
    }

    pub(crate) fn client(self) -> WebSocket<Self> {
        WebSocket::from_raw_socket(self, Role::Client, None)
    }

    pub(crate) fn server(self) -> WebSocket<Self> {
        WebSocket::from_raw_socket(self, Role::Server, None)
    }

    pub(crate) fn server_with(self, config: WebSocketConfig) -> WebSocket<Self> {
        WebSocket::from_raw_socket(self, Role::Server, Some(config))
    }

    /// Returns what was written since the last call.
    pub(crate) fn take_written(&mut self) -> Vec<u8> {
        self.flushed = 0;
        std::mem::take(&mut self.written)
    }
}

impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut bytes = match self.reads.pop_front() {
            Some(Ok(bytes)) => bytes,
            Some(Err(kind)) => return Err(kind.into()),
            None => return Ok(0),
        };
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        if count < bytes.len() {
            self.reads.push_front(Ok(bytes.split_off(count)));
        }
        Ok(count)
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.accepts.map_or(bytes.len(), |accepts| accepts.min(bytes.len()));
        if count == 0 {
            return Err(self.refusal.unwrap_or(ErrorKind::WouldBlock).into());
        }
        self.accepts = self.accepts.map(|accepts| accepts - count);
        self.writes += 1;
        self.written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed = self.written.len();
        Ok(())
    }
}

/// A frame of a client, masked with zeros.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ 0..=125 => frame.push(0x80 | len as u8),
        len => {
            frame.push(0xFE);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}
