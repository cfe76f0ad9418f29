//! Writing the output to a writer of the standard library, with one call for as much as possible.

use super::Output;
use crate::bug::OrBug;
use bytes::Buf;
use std::io::{self, IoSlice, Write};

/// The most slices in one write.
const MAX_SLICES: usize = 32;

impl Output {
    /// Writes queued bytes with one call of `writer`, and removes those that it accepts. Returns the number of bytes written, which
    /// is 0 only if nothing is queued.
    ///
    /// One call writes everything in most cases, but the writer may accept only a part. Repeat it until
    /// [`is_empty`](Self::is_empty). The write is a simple one if there is a single segment, which is less work for the kernel, and
    /// otherwise a vectored one.
    ///
    /// # Errors
    ///
    /// Returns the errors of the writer, and [`WriteZero`](std::io::ErrorKind::WriteZero) if it accepted nothing. The queue is then
    /// unchanged. After [`WouldBlock`](std::io::ErrorKind::WouldBlock) and [`Interrupted`](std::io::ErrorKind::Interrupted), repeat
    /// the call. Report any other error with [`Connection::write_failed`](crate::Connection::write_failed).
    pub fn write_to(&mut self, writer: &mut (impl Write + ?Sized)) -> io::Result<usize> {
        if self.is_empty() {
            return Ok(0);
        }
        let written = if self.chunk().len() == self.len() {
            writer.write(self.chunk())?
        } else {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let count = self.io_slices(&mut slices);
            writer.write_vectored(slices.get(..count).or_bug())?
        };
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.advance(written);
        Ok(written)
    }

    /// Fills `slices` with the bytes that can be written next, for a `writev` of your own, and returns how many were filled. Then
    /// [`advance`](Buf::advance) by the number of bytes accepted. With 32 slices, one call is usually enough.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role};
    /// use bytes::Buf;
    /// use std::io::{IoSlice, Write};
    ///
    /// let mut connection = Connection::new(Role::Server, Config::default());
    /// connection.send_text("Hello")?;
    /// connection.send_binary(vec![7; 10_000])?; // a segment of its own: header and payload
    /// let mut transport = Vec::new();
    /// let mut slices = [IoSlice::new(&[]); 32];
    /// let count = connection.output().io_slices(&mut slices);
    /// let written = transport.write_vectored(&slices[..count])?;
    /// connection.output().advance(written);
    /// assert_eq!((count, written), (3, 7 + 4 + 10_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "the number of slices"]
    pub fn io_slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.chunks_vectored(slices)
    }

    /// Returns the bytes of the first segment that can be written next, in two parts: the header of a large frame, and the bytes
    /// behind it. Either part may be empty.
    ///
    /// Use it to write a header and its payload together to a writer without vectored writes. After such a write has blocked, the
    /// output still begins with the same bytes, as OpenSSL requires. What [`io_slices`](Self::io_slices) returns beyond the first
    /// segment can change, since pongs overtake it.
    ///
    /// ```
    /// use bowline::{Config, Connection, Role};
    ///
    /// let mut server = Connection::new(Role::Server, Config::default());
    /// server.send_binary(vec![7; 10_000])?;
    /// server.send_text("Hello")?; // another segment
    /// let [header, body] = server.output().front_parts();
    /// assert_eq!((header, body.len()), (&b"\x82\x7e\x27\x10"[..], 10_000));
    /// # Ok::<(), bowline::SendError>(())
    /// ```
    #[must_use]
    pub fn front_parts(&self) -> [&[u8]; 2] {
        self.front_header_and_body()
    }
}
