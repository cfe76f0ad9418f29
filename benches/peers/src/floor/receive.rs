use super::{
    frame::{Header, Message, header, mask, push_masked, rotate},
    text,
};
use crate::{
    job::{Job, Task, Work, work},
    pipe::{Pipe, Sent},
    tally::Tally,
    wire::Role,
};
use std::rc::Rc;

/// Where a floor puts what it received.
trait Deliver {
    /// A message that lies whole in the read buffer.
    fn whole(&mut self, payload: &[u8], tally: &mut Tally);
    /// One that was assembled; the buffer comes back empty.
    fn assembled(&mut self, payload: &mut Vec<u8>, tally: &mut Tally);
}

struct Borrowed;

impl Deliver for Borrowed {
    #[inline(always)]
    fn whole(&mut self, payload: &[u8], tally: &mut Tally) {
        tally.message(payload);
    }

    fn assembled(&mut self, payload: &mut Vec<u8>, tally: &mut Tally) {
        tally.message(payload);
        payload.clear();
    }
}

/// Lends what lies whole in the read buffer, and gives away what was assembled.
struct Mixed;

impl Deliver for Mixed {
    #[inline(always)]
    fn whole(&mut self, payload: &[u8], tally: &mut Tally) {
        tally.message(payload);
    }

    fn assembled(&mut self, payload: &mut Vec<u8>, tally: &mut Tally) {
        tally.message(&std::mem::take(payload));
    }
}

struct Own;

impl Deliver for Own {
    #[inline(always)]
    fn whole(&mut self, payload: &[u8], tally: &mut Tally) {
        let owned = payload.to_vec();
        tally.message(&owned);
    }

    fn assembled(&mut self, payload: &mut Vec<u8>, tally: &mut Tally) {
        tally.message(&std::mem::take(payload));
    }
}

/// Sends back what it is given, in one write for each read, or for each large message.
struct Echo {
    out: Vec<u8>,
    sent: Rc<Sent>,
}

/// A message of at least this size is not copied to be sent with others.
const LARGE: usize = 8 * 1024;

impl Deliver for Echo {
    #[inline(always)]
    fn whole(&mut self, payload: &[u8], tally: &mut Tally) {
        if payload.len() < LARGE {
            super::send::frame(&mut self.out, payload);
        } else {
            super::send::large_frame(&self.sent, &self.out, payload);
            self.out.clear();
        }
        tally.end();
    }

    fn assembled(&mut self, payload: &mut Vec<u8>, tally: &mut Tally) {
        self.whole(payload, tally);
        payload.clear();
    }
}

pub(super) fn borrowed(job: &Job) -> Option<Box<dyn Work>> {
    run::<_, false>(job, Borrowed, |_, _| {})
}

pub(super) fn direct_read(job: &Job) -> Option<Box<dyn Work>> {
    run::<_, true>(job, Mixed, |_, _| {})
}

pub(super) fn vec(job: &Job) -> Option<Box<dyn Work>> {
    run::<_, false>(job, Own, |_, _| {})
}

pub(super) fn echo(job: &Job) -> Option<Box<dyn Work>> {
    run::<_, false>(job, Echo { out: Vec::new(), sent: job.sent.clone() }, |echo, _| {
        echo.sent.write(&echo.out);
        echo.out.clear();
    })
}

fn run<D: Deliver + 'static, const DIRECT: bool>(
    job: &Job,
    mut to: D,
    flush: impl Fn(&mut D, &mut Pipe) + 'static,
) -> Option<Box<dyn Work>> {
    let masked = !matches!(job.task, Task::Receive { role: Role::Client, .. });
    let mut receiver = Receiver::new(job);
    if masked {
        work(move |messages, tally| receiver.run::<true, DIRECT, D>(messages, tally, &mut to, &flush))
    } else {
        work(move |messages, tally| receiver.run::<false, DIRECT, D>(messages, tally, &mut to, &flush))
    }
}

/// The beginning of a frame of at most this size is moved to the front of the buffer. That of a larger one goes to its message.
const MOVED: usize = 8 * 1024;

struct Receiver {
    pipe: Pipe,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    message: Message,
    /// The message, as far as it could not be borrowed.
    assembly: Vec<u8>,
    /// The frame that is coming, and how much of it is missing.
    frame: Option<(Header, usize)>,
}

impl Receiver {
    fn new(job: &Job) -> Self {
        let buffer = vec![0; MOVED + job.buffer()].into_boxed_slice();
        let message = Message::default();
        Self { pipe: job.pipe(), buffer, start: 0, end: 0, message, assembly: Vec::new(), frame: None }
    }

    #[inline(always)]
    fn run<const MASKED: bool, const DIRECT: bool, D: Deliver>(
        &mut self,
        messages: usize,
        tally: &mut Tally,
        to: &mut D,
        flush: &impl Fn(&mut D, &mut Pipe),
    ) {
        let last = tally.messages + messages as u64;
        while tally.messages < last {
            if self.frame.is_some() || !self.whole_frames::<MASKED, D>(last, tally, to) {
                self.part_of_frame::<MASKED, D>(tally, to);
                if self.frame.is_none() && tally.messages < last {
                    continue;
                }
            }
            flush(to, &mut self.pipe);
            if DIRECT && tally.messages < last && self.frame.is_some() {
                self.read_directly::<MASKED, D>(tally, to);
            } else if tally.messages < last {
                self.read();
            }
        }
    }

    /// Messages that lie whole in the buffer. False if the next frame is too large for that.
    #[inline(always)]
    fn whole_frames<const MASKED: bool, D: Deliver>(&mut self, last: u64, tally: &mut Tally, to: &mut D) -> bool {
        let mut rest = &mut self.buffer[self.start..self.end];
        while tally.messages < last
            && let Some(head) = header(rest, MASKED, self.message)
        {
            let size = head.size + head.len;
            if size > rest.len() {
                self.start = self.end - rest.len();
                return size <= MOVED;
            }
            let (frame, after) = rest.split_at_mut(size);
            rest = after;
            let payload = &mut frame[head.size..];
            if MASKED {
                mask(payload, head.key);
            }
            if head.fin && self.message.begun.is_none() {
                if head.text {
                    text::check(payload);
                }
                to.whole(payload, tally);
                continue;
            }
            self.assembly.extend_from_slice(payload);
            self.message = Message { begun: Some(head.text), len: self.assembly.len() };
            if head.fin {
                if head.text {
                    text::check(&self.assembly);
                }
                self.message = Message::default();
                to.assembled(&mut self.assembly, tally);
            }
        }
        self.start = self.end - rest.len();
        true
    }

    /// What there is of a frame that spans reads.
    #[inline(never)]
    fn part_of_frame<const MASKED: bool, D: Deliver>(&mut self, tally: &mut Tally, to: &mut D) {
        let (mut head, mut missing) = self.frame.take().unwrap_or_else(|| {
            let head = header(&self.buffer[self.start..self.end], MASKED, self.message).expect("it was there before");
            self.start += head.size;
            self.assembly.reserve(head.len);
            (head, head.len)
        });
        let chunk = &self.buffer[self.start..self.end];
        let len = chunk.len().min(missing);
        let chunk = &chunk[..len];
        if MASKED {
            push_masked(&mut self.assembly, chunk, head.key);
            head.key = rotate(head.key, len);
        } else {
            self.assembly.extend_from_slice(chunk);
        }
        self.start += len;
        missing -= len;
        self.end_of_part(head, missing, tally, to);
    }

    /// A read straight into the message that is being assembled. Everything in the buffer is used up.
    #[inline(never)]
    fn read_directly<const MASKED: bool, D: Deliver>(&mut self, tally: &mut Tally, to: &mut D) {
        let Some((mut head, missing)) = self.frame.take() else { return };
        let read = self.pipe.next_read(missing.min(self.buffer.len()));
        let at = self.assembly.len();
        self.assembly.extend_from_slice(read);
        let len = read.len();
        if MASKED {
            mask(&mut self.assembly[at..], head.key);
            head.key = rotate(head.key, len);
        }
        self.end_of_part(head, missing - len, tally, to);
    }

    /// Keeps the rest of a frame for later, or hands out the message if it is complete.
    #[inline]
    fn end_of_part<D: Deliver>(&mut self, head: Header, missing: usize, tally: &mut Tally, to: &mut D) {
        if missing > 0 {
            self.frame = Some((head, missing));
            return;
        }
        self.message = Message { begun: Some(head.text), len: self.assembly.len() };
        if head.fin {
            if head.text {
                text::check(&self.assembly);
            }
            self.message = Message::default();
            to.assembled(&mut self.assembly, tally);
        }
    }

    fn read(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        self.end += self.pipe.read_into(&mut self.buffer[self.end..]);
    }
}

pub(super) fn chunks(job: &Job) -> Option<Box<dyn Work>> {
    let masked = !matches!(job.task, Task::Receive { role: Role::Client, .. });
    let mut chunks = Chunks { receiver: Receiver::new(job) };
    if masked {
        work(move |messages, tally| chunks.run::<true>(messages, tally))
    } else {
        work(move |messages, tally| chunks.run::<false>(messages, tally))
    }
}

struct Chunks {
    receiver: Receiver,
}

impl Chunks {
    #[inline(always)]
    fn run<const MASKED: bool>(&mut self, messages: usize, tally: &mut Tally) {
        let Receiver { pipe, buffer, start, end, message, frame, .. } = &mut self.receiver;
        let last = tally.messages + messages as u64;
        while tally.messages < last {
            let rest = &mut buffer[*start..*end];
            let (mut head, missing) = match frame.take() {
                Some(frame) => frame,
                None => match header(rest, MASKED, *message) {
                    Some(head) => {
                        *start += head.size;
                        (head, head.len)
                    }
                    None => {
                        buffer.copy_within(*start..*end, 0);
                        (*start, *end) = (0, *end - *start);
                        *end += pipe.read_into(&mut buffer[*end..]);
                        continue;
                    }
                },
            };
            let rest = &mut buffer[*start..*end];
            let len = rest.len().min(missing);
            let chunk = &mut rest[..len];
            if MASKED {
                mask(chunk, head.key);
            }
            tally.chunk(chunk);
            *start += len;
            if missing > len {
                head.key = rotate(head.key, len);
                *frame = Some((head, missing - len));
                (*start, *end) = (0, pipe.read_into(buffer));
            } else if head.fin {
                *message = Message::default();
                tally.end();
            } else {
                *message = Message { begun: Some(head.text), len: message.len + head.len };
            }
        }
    }
}
