//! Writing the output to a stream.

use bowline::Output;
use bytes::Buf;
use std::io::{self, IoSlice, Write};

/// The most bytes that are gathered for one write.
const MAX_GATHERED: usize = 128 * 1024;

/// The most slices in one write.
const MAX_SLICES: usize = 32;

/// The longest header of a frame.
const MAX_HEADER: usize = 14;

/// How to write to a stream.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// Whether the stream writes only the first of several slices, as the default of `write_vectored` does. The header of a large
    /// message would then be a write, and perhaps a packet, of its own. So the slices are copied together first.
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
            let (first, queued) = (output.chunk().len(), output.remaining());
            let written = if first == queued {
                stream.write(output.chunk())?
            } else if self.gathers {
                gather(output, |bytes| stream.write(bytes))?
            } else {
                let written = with_slices(output, |slices| stream.write_vectored(slices))?;
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

fn with_slices<T>(output: &Output, write: impl FnOnce(&[IoSlice<'_>]) -> T) -> T {
    let mut slices = [IoSlice::new(&[]); MAX_SLICES];
    let count = output.io_slices(&mut slices);
    write(slices.get(..count).unwrap_or_default())
}

fn gather<T>(output: &Output, write: impl FnOnce(&[u8]) -> T) -> T {
    with_slices(output, |slices| {
        let mut gathered = Vec::with_capacity(MAX_GATHERED.min(output.remaining()));
        for slice in slices {
            let free = MAX_GATHERED - gathered.len();
            gathered.extend_from_slice(slice.get(..free).unwrap_or(slice));
        }
        write(&gathered)
    })
}
