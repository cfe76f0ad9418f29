//! Whether what a subject delivered or sent is right.

use flate2::{Decompress, FlushDecompress};

use crate::{
    exchange,
    job::{Job, Meter, Task, Work},
    tally::Tally,
};

/// A meter for what is not measured.
#[derive(Debug)]
pub struct NoMeter;

impl Meter for NoMeter {
    fn start(&mut self) {}
    fn stop(&mut self) {}
}

/// Runs a subject and compares what it did with what it should have done. Panics with the subject's name if it is wrong.
pub fn check(name: &str, job: &Job, expected: &Expected, work: &mut dyn Work) {
    let messages = expected.messages;
    let mut tally = Tally::checking();
    job.sent.keep(true);
    work.run(messages, &mut tally, &mut NoMeter);
    let sent = job.sent.take();
    job.sent.keep(false);
    let what = format!("{name}, {:?}, {} bytes", job.task, job.size);
    match job.task {
        Task::Receive { .. } | Task::Fragments { .. } => assert_eq!(tally.result(), expected.result, "{what}"),
        Task::CompressedEcho { context_takeover, .. } => {
            assert_eq!(read_compressed(&sent, context_takeover).result(), expected.result, "{what}");
            let plain: usize = job.wire.payloads.iter().cycle().take(messages).map(Vec::len).sum();
            assert!(sent.len() < plain, "{what}: it does not compress");
        }
        Task::Echo { .. } | Task::ServerSend => {
            assert_eq!(read_frames(&sent, false).result(), expected.result, "{what}");
        }
        Task::ClientSend => assert_eq!(read_frames(&sent, true).result(), expected.result, "{what}"),
        Task::HandshakeServer => {
            let sent = String::from_utf8_lossy(&sent);
            let agreed = sent.split("\r\n\r\n").filter(|answer| answer.starts_with("HTTP/1.1 101 ")).count();
            assert_eq!((agreed, sent.matches(exchange::ACCEPT).count()), (messages, messages), "{what}");
        }
        Task::HandshakeClient => assert_eq!(tally.messages, messages as u64, "{what}"),
    }
}

/// What the messages of a check add up to.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    messages: usize,
    result: (u64, u64, Option<u64>),
}

impl Expected {
    pub fn of(job: &Job) -> Self {
        let messages = match job.size {
            0..=65_536 => (2 * job.batch() + 3).min(1000),
            _ => 2,
        };
        let mut tally = Tally::checking();
        for index in 0..messages {
            let payloads = &job.wire.payloads;
            tally.message(if payloads.is_empty() { &job.payload } else { &payloads[index % payloads.len()] });
        }
        Self { messages, result: tally.result() }
    }
}

/// Reads the frames of a server that compresses each message.
fn read_compressed(mut bytes: &[u8], context_takeover: bool) -> Tally {
    let mut tally = Tally::checking();
    let mut decompress = Decompress::new(false);
    while let [0xC1, second, rest @ ..] = bytes {
        let (len, rest) = match second {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            len => (usize::from(*len), rest),
        };
        let (payload, rest) = rest.split_at(len);
        if !context_takeover {
            decompress.reset(false);
        }
        let mut plain = Vec::with_capacity(64 * 1024);
        for part in [payload, &[0x00, 0x00, 0xFF, 0xFF]] {
            decompress.decompress_vec(part, &mut plain, FlushDecompress::Sync).expect("it is compressed");
        }
        tally.message(&plain);
        bytes = rest;
    }
    assert!(bytes.is_empty(), "a frame that is no compressed text");
    tally
}

/// Reads frames in the plainest way.
fn read_frames(mut bytes: &[u8], masked: bool) -> Tally {
    let mut tally = Tally::checking();
    while let [first, second, rest @ ..] = bytes {
        assert_eq!(second & 0x80 != 0, masked, "the masking bit is wrong");
        let (len, rest) = match second & 0x7F {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            127 => (rest[..8].iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), &rest[8..]),
            len => (usize::from(len), rest),
        };
        let (key, rest) = if masked { rest.split_at(4) } else { ([0; 4].as_slice(), rest) };
        let (payload, rest) = rest.split_at(len);
        let plain: Vec<u8> = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        assert!(matches!(first & 0x0F, 0..=2), "a frame that is no message");
        tally.chunk(&plain);
        if first & 0x80 != 0 {
            tally.end();
        }
        bytes = rest;
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        job::work,
        subjects::ALL,
        wire::{Kind, Reads, Role},
    };

    fn job() -> Job {
        Job::new(Task::Receive { kind: Kind::Binary, role: Role::Server, reads: Reads::Kib(16) }, 125)
    }

    #[test]
    fn what_is_right_passes() {
        check("bowline", &job(), &Expected::of(&job()), &mut *(ALL[0].work)(&job()).expect("it receives"));
    }

    /// As many messages and bytes, but one byte is another.
    #[test]
    #[should_panic(expected = "a subject that is wrong")]
    fn a_wrong_byte_is_found() {
        let job = job();
        let mut wrong = job.payload.to_vec();
        wrong[124] ^= 1;
        let mut work =
            work(move |messages, tally| (0..messages).for_each(|_| tally.message(&wrong))).expect("it works");
        check("a subject that is wrong", &job, &Expected::of(&job), &mut *work);
    }

    /// The right bytes, cut into messages elsewhere.
    #[test]
    #[should_panic(expected = "a subject that is wrong")]
    fn a_wrong_end_is_found() {
        let job = job();
        let payload = job.payload.clone();
        let mut work = work(move |messages, tally| {
            for index in 0..messages {
                let cut = if index == 0 { 124 } else { 0 };
                tally.chunk(&payload[..cut]);
                if index == 0 {
                    tally.end()
                }
                tally.chunk(&payload[cut..]);
                if index > 0 {
                    tally.end()
                }
            }
        })
        .expect("it works");
        check("a subject that is wrong", &job, &Expected::of(&job), &mut *work);
    }
}
