use super::{Frame, FrameHeader};
use crate::{Error, Result, error::CapacityError};
use bytes::{Buf, BytesMut};
use std::io::{self, Read, Write};

/// The most bytes of one read.
const READ_SIZE: usize = 16 * 1024;

/// Frames over a stream, without the rules for their order. Use it for tests and tools, and [`WebSocket`](crate::WebSocket) for
/// everything else.
#[derive(Debug)]
pub struct FrameSocket<Stream> {
    stream: Stream,
    input: BytesMut,
    output: BytesMut,
}

impl<Stream> FrameSocket<Stream> {
    /// Creates a socket over a stream.
    pub fn new(stream: Stream) -> Self {
        Self::from_partially_read(stream, Vec::new())
    }

    /// Creates a socket over a stream, with bytes that were read already.
    #[expect(clippy::needless_pass_by_value, reason = "as in the original")]
    pub fn from_partially_read(stream: Stream, part: Vec<u8>) -> Self {
        Self { stream, input: BytesMut::from(&part[..]), output: BytesMut::new() }
    }

    /// Returns the stream, and the bytes that were read but not returned as frames.
    pub fn into_inner(self) -> (Stream, BytesMut) {
        (self.stream, self.input)
    }

    /// Returns the stream.
    pub const fn get_ref(&self) -> &Stream {
        &self.stream
    }

    /// Returns the stream, to change its settings.
    pub const fn get_mut(&mut self) -> &mut Stream {
        &mut self.stream
    }
}

impl<Stream: Read> FrameSocket<Stream> {
    /// Reads a frame, or returns `None` at the end of the stream. The payload is as it is on the wire: still masked, if it was.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Capacity`] if the payload is larger than `max_size`, [`Error::Protocol`] if the opcode is not defined, and
    /// [`Error::Io`] if the stream fails.
    pub fn read(&mut self, max_size: Option<usize>) -> Result<Option<Frame>> {
        let max_size = max_size.unwrap_or(usize::MAX);
        loop {
            if let Some((header, length, size)) = FrameHeader::decode(&self.input)? {
                let length = usize::try_from(length).ok().filter(|length| *length <= max_size).ok_or_else(|| {
                    let size = usize::try_from(length).unwrap_or(usize::MAX);
                    Error::Capacity(CapacityError::MessageTooLong { size, max_size })
                })?;
                if self.input.len() - size >= length {
                    self.input.advance(size);
                    return Ok(Some(Frame::from_payload(header, self.input.split_to(length).freeze())));
                }
            }
            let filled = self.input.len();
            self.input.resize(filled + READ_SIZE, 0);
            let read = self.stream.read(self.input.get_mut(filled..).unwrap_or_default());
            self.input.truncate(filled + read.as_ref().map_or(0, |count| (*count).min(READ_SIZE)));
            if read? == 0 {
                return Ok(None);
            }
        }
    }
}

impl<Stream: Write> FrameSocket<Stream> {
    /// Writes a frame, and flushes the stream.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`write`](Self::write) and [`flush`](Self::flush).
    pub fn send(&mut self, frame: Frame) -> Result<()> {
        self.write(frame)?;
        self.flush()
    }

    /// Queues a frame, and writes what the stream accepts.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if the stream fails, or is not ready. The frame is queued in any case: call [`flush`](Self::flush).
    pub fn write(&mut self, frame: Frame) -> Result<()> {
        let mut encoded = Vec::with_capacity(frame.len());
        frame.format(&mut encoded)?;
        self.output.extend_from_slice(&encoded);
        self.write_output()
    }

    /// Writes all frames that are queued, and flushes the stream.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if the stream fails, or is not ready.
    pub fn flush(&mut self) -> Result<()> {
        self.write_output()?;
        Ok(self.stream.flush()?)
    }

    fn write_output(&mut self) -> Result<()> {
        while !self.output.is_empty() {
            match self.stream.write(&self.output)? {
                0 => return Err(io::Error::new(io::ErrorKind::ConnectionReset, "the stream accepts no bytes").into()),
                count => self.output.advance(count.min(self.output.len())),
            }
        }
        Ok(())
    }
}
