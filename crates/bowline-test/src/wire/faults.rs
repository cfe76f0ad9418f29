use std::{collections::BTreeMap, io, time::Duration};

/// What one direction of a [`Wire`](super::Wire) does to the bytes that it carries. The default carries them at once and unchanged.
///
/// All fields can be changed at any moment. Each test that needs a fault sets one or two of them:
///
/// ```
/// use bowline::Role;
/// use bowline_test::Pair;
/// use std::time::Duration;
///
/// let mut pair = Pair::new();
/// let faults = pair.faults_from(Role::Client);
/// faults.latency = Duration::from_millis(50);
/// faults.max_read = 1;
///
/// pair.client.connection.send_text("Hello")?;
/// pair.run();
/// assert!(pair.server.events.is_empty());
/// pair.advance(Duration::from_millis(50));
/// assert_eq!(pair.server.events.len(), 1);
/// # Ok::<(), bowline::SendError>(())
/// ```
#[expect(clippy::struct_excessive_bools, reason = "each fault is on or off by itself")]
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// How long each byte travels. A change applies to the bytes that have not left the writer.
    pub latency: Duration,
    /// How many bytes per second leave the writer; `None` for no limit. A change applies to the bytes that have not left. Zero counts as
    /// one byte per second; to stop everything, use [`is_frozen`](Self::is_frozen).
    pub bandwidth: Option<u64>,
    /// How many bytes the wire holds: those that were written and not read. A writer that finds it full has to wait, as with the
    /// buffers of a socket. The default has no limit.
    pub capacity: usize,
    /// How many bytes one read returns at most, at least 1: use it to cut frames anywhere.
    pub max_read: usize,
    /// How many bytes one write accepts at most, at least 1.
    pub max_write: usize,
    /// Whether no read returns the bytes of two writes, as if each write were a packet.
    pub keeps_writes_apart: bool,
    /// Bits to flip: the position of a byte in the stream, counted from 0, and the value that it is combined with by XOR.
    pub corrupt: BTreeMap<u64, u8>,
    /// Where the stream is cut off: bytes from there on are lost.
    pub cut: Option<Cut>,
    /// Whether nothing arrives, although nothing is closed, as if a cable was unplugged. Writes are still accepted as far as the
    /// [`capacity`](Self::capacity) allows. When it is set back to false, everything arrives that should have meanwhile.
    pub is_frozen: bool,
    /// An error that every write returns, such as [`BrokenPipe`](io::ErrorKind::BrokenPipe). Bytes on the wire still arrive.
    pub write_error: Option<io::ErrorKind>,
    /// An error that every read at the other end returns once everything before it is read, instead of waiting: such as
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof), which is how TLS streams end that were not closed.
    pub read_error: Option<io::ErrorKind>,
    /// Whether a flush waits, as that of a TLS stream does while its socket is full.
    pub holds_flush: bool,
    /// Whether a shutdown waits, as that of a TLS stream does while its `close_notify` cannot be written.
    pub holds_shutdown: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            bandwidth: None,
            capacity: usize::MAX,
            max_read: usize::MAX,
            max_write: usize::MAX,
            keeps_writes_apart: false,
            corrupt: BTreeMap::new(),
            cut: None,
            is_frozen: false,
            write_error: None,
            read_error: None,
            holds_flush: false,
            holds_shutdown: false,
        }
    }
}

/// Where a stream is cut off, and what its reader gets then: see [`Faults::cut`]. The writer's bytes are accepted and lost.
///
/// The number is the position of the first byte that is lost, counted from 0.
///
/// ```
/// use bowline::{Cause, Interrupted, Role};
/// use bowline_test::{Cut, Pair};
///
/// let mut pair = Pair::new();
/// pair.faults_from(Role::Server).cut = Some(Cut::EndOfStream(3));
/// pair.server.connection.send_text("Hello")?;
/// pair.run();
/// let closure = pair.client.connection.closure().unwrap();
/// assert_eq!(closure.cause(), Cause::EndOfStream(Interrupted::Frame));
/// # Ok::<(), bowline::SendError>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The end of the stream, as after a proxy has closed the connection.
    EndOfStream(u64),
    /// An error: the connection was reset. It ends the other direction as well.
    Reset(u64),
}

impl Cut {
    pub(super) const fn position(self) -> u64 {
        match self {
            Self::EndOfStream(position) | Self::Reset(position) => position,
        }
    }
}
