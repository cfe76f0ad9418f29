//! Writing the output to a stream.

use bowline::Output;
use bytes::Buf;
use std::io::{self, IoSlice, Write};

/// The most bytes that are gathered for one write: a record of TLS has no more.
const MAX_GATHERED: usize = 16 * 1024;

/// The most slices in one write.
const MAX_SLICES: usize = 32;

/// The longest header of a frame.
const MAX_HEADER: usize = 14;

/// How to write to a stream.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// Whether the stream writes only the first of several slices, as the default of `write_vectored` does. The header of a large
    /// message would then be a write, and perhaps a packet, of its own. So it is copied together with the begin of the payload.
    gathers: bool,
}

impl Writer {
    /// Writes until the output is empty. It does not flush the stream.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream. What it did not accept stays in the output.
    pub(super) fn write_all(&mut self, output: &mut Output, stream: &mut impl Write) -> io::Result<()> {
        while !output.is_empty() {
            let first = output.chunk().len();
            let written = if self.gathers || first == output.remaining() {
                write_front(output, stream)?
            } else {
                let mut slices = [IoSlice::new(&[]); MAX_SLICES];
                let count = output.io_slices(&mut slices);
                let written = stream.write_vectored(slices.get(..count).unwrap_or_default())?;
                self.gathers = written == first && first <= MAX_HEADER;
                written
            };
            if written == 0 {
                // The error of the original.
                return Err(io::Error::new(io::ErrorKind::ConnectionReset, "the stream accepts no bytes"));
            }
            output.advance(written);
        }
        Ok(())
    }
}

/// Writes bytes of the first segment, with one call of the stream.
///
/// OpenSSL encrypts bytes before it returns `WouldBlock`, and the next write must begin with the same bytes. The first segment does
/// not change until then, but what is behind it can: a pong may overtake it.
fn write_front(output: &Output, stream: &mut impl Write) -> io::Result<usize> {
    match output.front_parts() {
        [[], body] => stream.write(body),
        [header, body] => {
            let body = body.get(..MAX_GATHERED - header.len()).unwrap_or(body);
            stream.write(&[header, body].concat())
        }
    }
}
