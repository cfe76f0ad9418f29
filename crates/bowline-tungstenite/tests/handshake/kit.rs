//! A stream that plays a script, and heads.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
};

pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

pub(crate) const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nConnection: keep-alive, Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

pub(crate) const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Adds a header field to a head.
pub(crate) fn with(head: &str, line: &str) -> String {
    format!("{}{line}\r\n\r\n", head.strip_suffix("\r\n").unwrap())
}

/// Removes a header field from a head.
pub(crate) fn without(head: &str, name: &str) -> String {
    head.split_inclusive("\r\n").filter(|line| !line.starts_with(&format!("{name}:"))).collect()
}

/// Reads return these chunks, and `WouldBlock` for an empty one. Then the stream has ended.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) reads: VecDeque<Vec<u8>>,
    pub(crate) written: Vec<u8>,
    /// How much can still be written. Then each write would block once, and this much fits again.
    pub(crate) window: Option<(usize, usize)>,
}

impl Script {
    pub(crate) fn reading(bytes: impl AsRef<[u8]>) -> Self {
        let reads = Some(bytes.as_ref().to_vec()).filter(|chunk| !chunk.is_empty()).into_iter().collect();
        Self { reads, ..Self::default() }
    }

    /// Each chunk is followed by `WouldBlock`.
    pub(crate) fn dripping(bytes: impl AsRef<[u8]>, step: usize) -> Self {
        let reads = bytes.as_ref().chunks(step).flat_map(|chunk| [Vec::new(), chunk.to_vec()]).collect();
        Self { reads, written: Vec::new(), window: Some((step, step)) }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.written.clone()).unwrap()
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut chunk) = self.reads.pop_front() else { return Ok(0) };
        if chunk.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = chunk.len().min(buffer.len());
        let rest = chunk.split_off(length);
        buffer[..length].copy_from_slice(&chunk);
        if !rest.is_empty() {
            self.reads.push_front(rest);
        }
        Ok(length)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = match &mut self.window {
            None => bytes.len(),
            Some((left, size)) if *left == 0 => {
                *left = *size;
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Some((left, _)) => {
                let length = bytes.len().min(*left);
                *left -= length;
                length
            }
        };
        self.written.extend_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
