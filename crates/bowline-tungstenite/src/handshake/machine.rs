//! Reading and writing heads on a stream.
//!
//! The handshakes here do not use it, apart from the stream that it holds. It is for programs that read a head themselves, with
//! [`TryParse`] or with [`HandshakeMachine::single_round`].

use super::{uninterrupted, write_all};
use crate::{
    error::{Error, ProtocolError, Result},
    util::NonBlockingResult,
};
use std::{
    fmt,
    io::{Read, Write},
};

/// The size of a read.
const READ: usize = 4096;

/// The max size of a head, in bytes.
pub(super) const MAX_HEAD: usize = 64 * 1024;

/// From this many reads on, they must have [`MIN_READ`] bytes on average: each round parses the head from its beginning.
const MIN_CHECKED_READS: usize = 65;

/// The min size of a read on average, in bytes.
const MIN_READ: usize = 128;

/// A stream in its opening handshake.
pub struct HandshakeMachine<Stream> {
    stream: Stream,
    state: State,
}

enum State {
    Reading { received: Vec<u8>, reads: usize },
    Writing { bytes: Vec<u8>, written: usize },
}

impl<Stream> HandshakeMachine<Stream> {
    /// Begins to read.
    pub fn start_read(stream: Stream) -> Self {
        Self { stream, state: State::Reading { received: Vec::new(), reads: 0 } }
    }

    /// Begins to write `data`.
    pub fn start_write<D: Into<Vec<u8>>>(stream: Stream, data: D) -> Self {
        Self { stream, state: State::Writing { bytes: data.into(), written: 0 } }
    }

    /// Returns the stream.
    pub fn get_ref(&self) -> &Stream {
        &self.stream
    }

    /// Returns the stream, to be changed.
    pub fn get_mut(&mut self) -> &mut Stream {
        &mut self.stream
    }

    pub(super) fn into_inner(self) -> Stream {
        self.stream
    }
}

impl<Stream: Read + Write> HandshakeMachine<Stream> {
    /// Makes one read and parses all that was received, or writes and flushes what there is to write.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::HandshakeIncomplete`] if the stream has ended, [`Error::AttackAttempt`] if there are more than 64 KiB and the
    /// object is not complete, or after 65 reads or more with fewer than 128 bytes on average, the error of the parser, and
    /// [`Error::Io`].
    pub fn single_round<Obj: TryParse>(mut self) -> Result<RoundResult<Obj, Stream>> {
        match &mut self.state {
            State::Reading { received, reads } => {
                let mut buffer = [0; READ];
                let Some(length) = uninterrupted(|| self.stream.read(&mut buffer)).no_block()? else {
                    return Ok(RoundResult::WouldBlock(self));
                };
                let read = buffer.get(..length).filter(|read| !read.is_empty());
                received.extend_from_slice(read.ok_or(ProtocolError::HandshakeIncomplete)?);
                *reads += 1;
                if *reads >= MIN_CHECKED_READS && received.len() / MIN_READ < *reads {
                    return Err(Error::AttackAttempt);
                }
                match Obj::try_parse(received)? {
                    Some((length, result)) => {
                        let tail = received.split_off(length.min(received.len()));
                        Ok(RoundResult::StageFinished(StageResult::DoneReading { result, stream: self.stream, tail }))
                    }
                    None if received.len() > MAX_HEAD => Err(Error::AttackAttempt),
                    None => Ok(RoundResult::Incomplete(self)),
                }
            }
            State::Writing { bytes, written } => match write_all(&mut self.stream, bytes, written).no_block()? {
                Some(()) => Ok(RoundResult::StageFinished(StageResult::DoneWriting(self.stream))),
                None => Ok(RoundResult::WouldBlock(self)),
            },
        }
    }
}

/// The bytes are left out, since they can contain secrets.
impl<Stream: fmt::Debug> fmt::Debug for HandshakeMachine<Stream> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Reading { .. } => "reading",
            State::Writing { .. } => "writing",
        };
        f.debug_struct("HandshakeMachine").field("stream", &self.stream).field("state", &state).finish()
    }
}

/// The result of [`HandshakeMachine::single_round`].
#[derive(Debug)]
pub enum RoundResult<Obj, Stream> {
    /// The stream would block.
    WouldBlock(HandshakeMachine<Stream>),
    /// There is more to read.
    Incomplete(HandshakeMachine<Stream>),
    /// All was read, or written.
    StageFinished(StageResult<Obj, Stream>),
}

/// The result of a stage that is complete.
#[derive(Debug)]
pub enum StageResult<Obj, Stream> {
    /// An object was read.
    DoneReading {
        /// The object.
        result: Obj,
        /// The stream.
        stream: Stream,
        /// What was read after the object.
        tail: Vec<u8>,
    },
    /// Everything was written.
    DoneWriting(Stream),
}

/// Something that can be parsed from the beginning of a stream: a request, a response, or the header fields alone.
pub trait TryParse: Sized {
    /// Parses it, and returns how many bytes it takes. `None` if it is not complete.
    ///
    /// # Errors
    ///
    /// The first rule of HTTP that it breaks.
    fn try_parse(data: &[u8]) -> Result<Option<(usize, Self)>>;
}
