//! The ring, with all `unsafe` code of this program.
//!
//! The kernel uses memory of this process after the call that started the operation has returned. So the memory must stay
//! in place until the completion, and nothing else may access it meanwhile. Here the types ensure that:
//!
//! - The **read buffers** are never freed. Each belongs either to the kernel or to the program, which gets it as a [`Filled`]
//!   that cannot be copied, and returns it to [`Ring::give_back`] by value.
//! - The **bytes to be sent** are [`Bytes`], a handle that the ring keeps until the completion.
//!
//! The caller is responsible for the sockets: each must stay open until the last completion of its operations. Otherwise
//! another socket could have the same descriptor number by then.
#![expect(unsafe_code, reason = "the compiler cannot check for how long the kernel accesses memory")]

use bytes::Bytes;
use io_uring::{
    IoUring, cqueue, opcode,
    squeue::{self, Flags},
    types::{BufRingEntry, CancelBuilder, Fd, SubmitArgs, Timespec},
};
use std::{
    alloc::{Layout, alloc_zeroed},
    io::{self, ErrorKind},
    net::{TcpListener, TcpStream},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    ptr::{self, NonNull},
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

/// The number of operations that fit into the queue before it has to be submitted.
const SUBMISSIONS: u32 = 1024;

/// The number of completions that fit into the queue. The kernel stores further ones itself, which is slower.
const COMPLETIONS: u32 = 8192;

/// The number of read buffers, a power of two. If none is free, receiving stops with `ENOBUFS`. The kernel uses them in turn, so
/// more would not stay in the cache.
pub(super) const BUFFERS: u16 = 32;

/// The size of a buffer in bytes. A message of 64 KiB fits into one.
const BUFFER_SPACE: u32 = 68 * 1024;

/// The number of the only group of buffers.
const GROUP: u16 = 0;

/// The kind of an operation, in the lowest bits of its number. The bits above are the index of a connection, or for `SEND` that
/// of an entry in [`Sends`].
const ACCEPT: u64 = 0;
const RECEIVE: u64 = 1;
const SEND: u64 = 2;
const CANCEL: u64 = 3;
const KIND_BITS: u32 = 2;

/// The outcome of an operation, or of a step of one.
pub(super) enum Completion {
    Accepted(io::Result<TcpStream>),
    /// The connection, and the bytes. `None` is the end of the stream.
    Received(usize, io::Result<Option<Filled>>),
    /// The connection, and the number of bytes sent.
    Sent(usize, io::Result<usize>),
}

/// A read buffer that the kernel has filled.
#[must_use = "give it back to the ring, or it is lost"]
pub(super) struct Filled {
    buffer: &'static mut [u8],
    len: usize,
    id: u16,
}

impl Filled {
    /// Returns the received bytes.
    pub(super) fn bytes(&mut self) -> &mut [u8] {
        self.buffer.get_mut(..self.len).unwrap_or_default()
    }
}

pub(super) struct Ring {
    queues: IoUring,
    buffers: Buffers,
    sends: Sends,
}

impl Ring {
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] if the kernel has no `io_uring`, is older than Linux 6.1, or forbids `io_uring` to this
    /// process.
    pub(super) fn new() -> io::Result<Self> {
        Self::build().map_err(|error| match error.raw_os_error() {
            Some(libc::ENOSYS) => unsupported(&error, "the kernel has no io_uring"),
            Some(libc::EPERM | libc::EACCES) => unsupported(&error, "io_uring is forbidden to this process"),
            Some(libc::EINVAL) => unsupported(&error, "this needs Linux 6.1 or newer"),
            _ => error,
        })
    }

    fn build() -> io::Result<Self> {
        let queues = IoUring::builder()
            .setup_cqsize(COMPLETIONS)
            // One thread uses it, and the kernel completes operations when that thread waits, not in between.
            .setup_single_issuer()
            .setup_defer_taskrun()
            .build(SUBMISSIONS)?;
        let buffers = Buffers::register(&queues)?;
        Ok(Self { queues, buffers, sends: Sends::default() })
    }

    /// Submits what is queued, without waiting. A send that the socket accepts is complete after that.
    pub(super) fn submit(&mut self) -> io::Result<()> {
        match self.queues.submit() {
            // As in `wait`. What is not submitted stays queued.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EINTR | libc::EBUSY)) => Ok(()),
            submitted => submitted.map(drop),
        }
    }

    /// Submits what is queued, and waits for a completion, or for `timeout`.
    pub(super) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let timespec = timeout.map(Timespec::from);
        let mut arguments = SubmitArgs::new();
        if let Some(timespec) = &timespec {
            arguments = arguments.timespec(timespec);
        }
        match self.queues.submitter().submit_with_args(1, &arguments) {
            // A timeout; a signal; or a full completion queue, which has to be emptied first.
            Err(error) if matches!(error.raw_os_error(), Some(libc::ETIME | libc::EINTR | libc::EBUSY)) => Ok(()),
            waited => waited.map(drop),
        }
    }

    /// Returns the next completion, and whether it is the last one of its operation.
    pub(super) fn next(&mut self) -> Option<(Completion, bool)> {
        loop {
            let entry = self.queues.completion().next()?;
            let index = usize::try_from(entry.user_data() >> KIND_BITS).unwrap_or(usize::MAX);
            // Errors are negative.
            let outcome = usize::try_from(entry.result()).map_err(|_| io::Error::from_raw_os_error(-entry.result()));
            let completion = match entry.user_data() & ((1 << KIND_BITS) - 1) {
                ACCEPT => Completion::Accepted(outcome.map(|_| {
                    // SAFETY: the kernel has just opened this descriptor for this program, and nothing else uses it.
                    unsafe { OwnedFd::from_raw_fd(entry.result()) }.into()
                })),
                RECEIVE => Completion::Received(index, self.received(outcome, entry.flags())),
                SEND => match self.sends.over(index) {
                    Some((peer, _bytes)) => Completion::Sent(peer, outcome),
                    None => continue,
                },
                _ => continue,
            };
            return Some((completion, !cqueue::more(entry.flags())));
        }
    }

    fn received(&mut self, outcome: io::Result<usize>, flags: u32) -> io::Result<Option<Filled>> {
        let filled = cqueue::buffer_select(flags).and_then(|id| self.buffers.take(id, *outcome.as_ref().unwrap_or(&0)));
        match (outcome, filled) {
            (Ok(1..), Some(filled)) => Ok(Some(filled)),
            (Ok(1..), None) => Err(ErrorKind::InvalidData.into()),
            (outcome, unused) => {
                if let Some(unused) = unused {
                    self.give_back(unused);
                }
                outcome.map(|_| None)
            }
        }
    }

    /// Returns a buffer to the kernel, which may fill it again.
    pub(super) fn give_back(&mut self, filled: Filled) {
        let Filled { buffer, id, .. } = filled;
        self.buffers.give(buffer, id);
    }

    /// Accepts connections until there is an error, with one completion for each connection.
    pub(super) fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        let entry = opcode::AcceptMulti::new(Fd(listener.as_raw_fd())).flags(libc::SOCK_CLOEXEC).build();
        // SAFETY: the operation uses no memory, since it does not return the address of the peer.
        unsafe { self.push(&entry.user_data(number(ACCEPT, 0))) }
    }

    /// Receives until the end of the stream or an error, with one completion for each filled buffer.
    pub(super) fn receive(&mut self, peer: usize, stream: &TcpStream) -> io::Result<()> {
        let entry = opcode::RecvMulti::new(Fd(stream.as_raw_fd()), GROUP).build();
        // SAFETY: the kernel fills buffers that were given to it, which are never freed.
        unsafe { self.push(&entry.user_data(number(RECEIVE, peer))) }
    }

    /// Receives once, into a single buffer.
    pub(super) fn receive_once(&mut self, peer: usize, stream: &TcpStream) -> io::Result<()> {
        let entry = opcode::Recv::new(Fd(stream.as_raw_fd()), ptr::null_mut(), BUFFER_SPACE).buf_group(GROUP).build();
        // SAFETY: the kernel fills a buffer that was given to it, which is never freed.
        unsafe { self.push(&entry.flags(Flags::BUFFER_SELECT).user_data(number(RECEIVE, peer))) }
    }

    /// Cancels receiving. Buffers that are already filled still arrive, and then a last completion.
    pub(super) fn stop_receiving(&mut self, peer: usize) -> io::Result<()> {
        let entry = opcode::AsyncCancel::new(number(RECEIVE, peer)).build();
        // SAFETY: the operation uses no memory.
        unsafe { self.push(&entry.user_data(number(CANCEL, peer))) }
    }

    /// Cancels all operations with this socket. Each still has a last completion.
    pub(super) fn stop_all(&mut self, peer: usize, stream: &TcpStream) -> io::Result<()> {
        let entry = opcode::AsyncCancel2::new(CancelBuilder::fd(Fd(stream.as_raw_fd())).all()).build();
        // SAFETY: the operation uses no memory.
        unsafe { self.push(&entry.user_data(number(CANCEL, peer))) }
    }

    /// Sends as many of these bytes as the socket accepts at once, but at least one. `has_more` if others follow right after
    /// them: then the kernel waits for these before it sends a packet that is not full.
    pub(super) fn send(&mut self, peer: usize, stream: &TcpStream, bytes: Bytes, has_more: bool) -> io::Result<()> {
        let flags = if has_more { libc::MSG_NOSIGNAL | libc::MSG_MORE } else { libc::MSG_NOSIGNAL };
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let entry = opcode::Send::new(Fd(stream.as_raw_fd()), bytes.as_ptr(), len).flags(flags).build();
        let index = self.sends.begin(peer, bytes);
        // SAFETY: `bytes` is now in `sends`, and stays there until the completion with this number. The memory that a
        // `Bytes` points to does not move with it, and cannot be changed.
        unsafe { self.push(&entry.user_data(number(SEND, index))) }
    }

    /// # Safety
    ///
    /// Memory that the operation points to must stay valid until its last completion, and if the kernel writes to it, must
    /// not be accessed until then.
    unsafe fn push(&mut self, entry: &squeue::Entry) -> io::Result<()> {
        // SAFETY: the caller ensures it.
        while unsafe { self.queues.submission().push(entry) }.is_err() {
            match self.queues.submit() {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for Ring {
    /// Leaks the bytes that are being sent: the kernel may still use them after the ring is closed.
    fn drop(&mut self) {
        std::mem::forget(std::mem::take(&mut self.sends));
    }
}

/// Returns the number of an operation. Its completions have the same number.
fn number(kind: u64, index: usize) -> u64 {
    (index as u64) << KIND_BITS | kind
}

fn unsupported(error: &io::Error, reason: &str) -> io::Error {
    io::Error::new(ErrorKind::Unsupported, format!("{reason} ({error})"))
}

/// The send operations: for each, its connection, and its bytes.
#[derive(Default)]
struct Sends {
    slots: Vec<Option<(usize, Bytes)>>,
    free: Vec<usize>,
}

impl Sends {
    fn begin(&mut self, peer: usize, bytes: Bytes) -> usize {
        let index = self.free.pop().unwrap_or(self.slots.len());
        match self.slots.get_mut(index) {
            Some(slot) => *slot = Some((peer, bytes)),
            None => self.slots.push(Some((peer, bytes))),
        }
        index
    }

    fn over(&mut self, index: usize) -> Option<(usize, Bytes)> {
        let send = self.slots.get_mut(index)?.take()?;
        self.free.push(index);
        Some(send)
    }
}

/// Returns an address for the kernel, which may read and write there.
fn address<T>(memory: NonNull<T>) -> u64 {
    memory.as_ptr().expose_provenance() as u64
}

/// The read buffers, and the queue in which they are given to the kernel.
struct Buffers {
    /// The queue, which the kernel reads: an array of `BUFFERS` entries, on a page of its own.
    queue: NonNull<BufRingEntry>,
    /// The number of entries that were ever added. The kernel reads it from an unused field of the first entry.
    tail: u16,
    /// The buffers that belong to the kernel, by their number.
    given: Vec<Option<NonNull<u8>>>,
}

impl Buffers {
    fn register(queues: &IoUring) -> io::Result<Self> {
        let layout = Layout::array::<BufRingEntry>(usize::from(BUFFERS)).and_then(|array| array.align_to(4096));
        let layout = layout.map_err(io::Error::other)?;
        // SAFETY: the size is not 0.
        let queue: NonNull<BufRingEntry> =
            NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(ErrorKind::OutOfMemory)?.cast();
        // SAFETY: it has this number of entries, begins with a page, is zeroed, and is never freed.
        unsafe { queues.submitter().register_buf_ring_with_flags(address(queue), BUFFERS, GROUP, 0) }?;
        let mut buffers = Self { queue, tail: 0, given: vec![None; usize::from(BUFFERS)] };
        let space = vec![0; usize::from(BUFFERS) * BUFFER_SPACE as usize].leak();
        for (id, buffer) in (0..BUFFERS).zip(space.chunks_exact_mut(BUFFER_SPACE as usize)) {
            buffers.give(buffer, id);
        }
        Ok(buffers)
    }

    fn give(&mut self, buffer: &'static mut [u8], id: u16) {
        let start = NonNull::from(buffer).cast();
        if let Some(slot) = self.given.get_mut(usize::from(id)) {
            *slot = Some(start);
        }
        let index = usize::from(self.tail % BUFFERS);
        // SAFETY: the index is below `BUFFERS`, the number of entries in the queue.
        let mut entry = unsafe { self.queue.add(index) };
        // SAFETY: zeros are a valid entry, too. The kernel does not write to entries, and reads only those below the tail.
        // There are as many entries as buffers, so this one is not below it.
        let entry = unsafe { entry.as_mut() };
        entry.set_addr(address(start));
        entry.set_len(BUFFER_SPACE);
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: the queue begins with its first entry, which is initialized.
        let tail = unsafe { BufRingEntry::tail(self.queue.as_ptr()) };
        // SAFETY: it is aligned, is never freed, and is only written here.
        let tail = unsafe { AtomicU16::from_ptr(tail.cast_mut()) };
        // The kernel must not see the tail before the entry.
        tail.store(self.tail, Ordering::Release);
    }

    /// Takes a buffer that the kernel has returned with the current completion.
    fn take(&mut self, id: u16, len: usize) -> Option<Filled> {
        let start = self.given.get_mut(usize::from(id))?.take()?;
        // SAFETY: this came from a slice of that length, which is never freed. The kernel is done with it, and as it was
        // taken out of the table, there is no other reference.
        let buffer = unsafe { std::slice::from_raw_parts_mut(start.as_ptr(), BUFFER_SPACE as usize) };
        Some(Filled { buffer, len, id })
    }
}
