//! A buffer between a reader and a parser, as in tungstenite.

use bytes::Buf;
use std::io::{Cursor, Read, Result};

/// Bytes that were read and not yet consumed. It reads at most `CHUNK_SIZE` bytes at a time.
#[derive(Debug)]
pub struct ReadBuffer<const CHUNK_SIZE: usize> {
    storage: Cursor<Vec<u8>>,
    chunk: Box<[u8; CHUNK_SIZE]>,
}

impl<const CHUNK_SIZE: usize> ReadBuffer<CHUNK_SIZE> {
    /// Creates an empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(CHUNK_SIZE)
    }

    /// Creates an empty buffer with space for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self::from_partially_read(Vec::with_capacity(capacity))
    }

    /// Creates a buffer with bytes that were read elsewhere.
    #[must_use]
    pub fn from_partially_read(part: Vec<u8>) -> Self {
        Self { storage: Cursor::new(part), chunk: Box::new([0; CHUNK_SIZE]) }
    }

    /// Returns the bytes, and the position up to which they are consumed.
    #[must_use]
    pub const fn as_cursor(&self) -> &Cursor<Vec<u8>> {
        &self.storage
    }

    /// Returns the bytes, and the position up to which they are consumed, to change it.
    pub const fn as_cursor_mut(&mut self) -> &mut Cursor<Vec<u8>> {
        &mut self.storage
    }

    /// Returns the bytes that are not yet consumed.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<u8> {
        self.remove_consumed();
        self.storage.into_inner()
    }

    /// Reads once, and returns the number of bytes.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream. The buffer is then unchanged.
    pub fn read_from<S: Read>(&mut self, stream: &mut S) -> Result<usize> {
        self.remove_consumed();
        let count = stream.read(&mut *self.chunk)?;
        self.storage.get_mut().extend_from_slice(self.chunk.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn remove_consumed(&mut self) {
        let storage = self.storage.get_ref().len();
        let consumed = usize::try_from(self.storage.position()).map_or(storage, |position| position.min(storage));
        self.storage.get_mut().drain(..consumed);
        self.storage.set_position(0);
    }
}

impl<const CHUNK_SIZE: usize> Buf for ReadBuffer<CHUNK_SIZE> {
    fn remaining(&self) -> usize {
        self.storage.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.storage.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.storage.advance(count.min(self.storage.remaining()));
    }
}

impl<const CHUNK_SIZE: usize> Default for ReadBuffer<CHUNK_SIZE> {
    fn default() -> Self {
        Self::new()
    }
}
