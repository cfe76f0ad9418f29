//! Writing the output to a stream.

use bowline::Output;
use bytes::Buf;
use std::{
    fmt,
    io::{self, IoSlice, Write},
};

/// The most bytes that are gathered for one write: a TLS record.
const MAX_GATHERED: usize = 16 * 1024;

/// The most slices in one write.
const MAX_SLICES: usize = 32;

/// The longest header of a frame.
const MAX_HEADER: usize = 14;

/// How to write to a stream.
#[derive(Default)]
pub(super) struct Writer {
    /// Whether the stream writes only the first of several slices, as the default of `write_vectored` does. The header of a large
    /// message would then be a write, and perhaps a packet, of its own. So it is gathered with the bytes behind it.
    gathers: bool,
    /// Bytes that were taken out of the output to be written together. They leave the output at once: if a stream refuses them,
    /// the same bytes must be written again, as TLS may have encrypted them already, and pongs may be queued before them meanwhile.
    gathered: Vec<u8>,
    /// The number of these bytes that are written. Invariant: less than their number, or both are 0.
    written: usize,
}

impl Writer {
    /// Returns the number of gathered bytes that are not yet written.
    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.gathered.len() - self.written
    }

    /// Writes until everything is written. It does not flush the stream.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream. What it did not accept stays in the output, or here.
    pub(super) fn write_all(&mut self, output: &mut Output, stream: &mut impl Write) -> io::Result<()> {
        loop {
            if self.len() > 0 {
                self.write_gathered(stream)?;
                continue;
            }
            if output.is_empty() {
                return Ok(());
            }
            let (first, queued) = (output.chunk().len(), output.remaining());
            if self.gathers && first <= MAX_HEADER && first < queued {
                self.gather(output);
                continue;
            }
            let written = if self.gathers || first == queued {
                stream.write(output.chunk())?
            } else {
                let written = write_slices(output, stream)?;
                self.gathers = written == first && first <= MAX_HEADER;
                written
            };
            output.advance(unless_zero(written)?);
        }
    }

    fn gather(&mut self, output: &mut Output) {
        while self.gathered.len() < MAX_GATHERED && !output.is_empty() {
            let chunk = output.chunk();
            let chunk = chunk.get(..MAX_GATHERED - self.gathered.len()).unwrap_or(chunk);
            self.gathered.extend_from_slice(chunk);
            let taken = chunk.len();
            output.advance(taken);
        }
    }

    fn write_gathered(&mut self, stream: &mut impl Write) -> io::Result<()> {
        let left = self.gathered.get(self.written..).unwrap_or_default();
        let written = unless_zero(stream.write(left)?)?;
        self.written = self.written.saturating_add(written);
        if self.written >= self.gathered.len() {
            (self.gathered, self.written) = (Vec::new(), 0);
        }
        Ok(())
    }
}

fn write_slices(output: &Output, stream: &mut impl Write) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); MAX_SLICES];
    let count = output.io_slices(&mut slices);
    stream.write_vectored(slices.get(..count).unwrap_or_default())
}

/// Returns the error of the original for a stream that accepts nothing.
fn unless_zero(written: usize) -> io::Result<usize> {
    if written == 0 {
        return Err(io::Error::new(io::ErrorKind::ConnectionReset, "the stream accepts no bytes"));
    }
    Ok(written)
}

/// Shows the number of bytes, but not the bytes, since they can contain secrets.
impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("gathers", &self.gathers).field("gathered", &self.len()).finish_non_exhaustive()
    }
}
