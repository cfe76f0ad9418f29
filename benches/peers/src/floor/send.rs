use super::frame::push_masked;
use crate::{
    job::{Job, Work, work},
    pipe::Sent,
};
use rand::Rng;
use std::io::IoSlice;

/// Masked frames into one buffer, with keys from a CSPRNG, drawn in blocks.
pub(super) fn client(job: &Job) -> Option<Box<dyn Work>> {
    let (sent, payload, batch) = (job.sent.clone(), job.payload.clone(), job.batch());
    let mut out = Vec::new();
    let mut keys = Keys { bytes: [[0; 4]; 64], used: 64 };
    work(move |messages, _| {
        for index in 0..messages {
            masked_frame(&mut out, &payload, keys.next());
            if (index + 1) % batch == 0 || index + 1 == messages {
                sent.write(&out);
                out.clear();
            }
        }
    })
}

/// What a shared `Bytes` costs by itself: one atomic operation to clone it, one to drop it.
pub(super) fn clone(job: &Job) -> Option<Box<dyn Work>> {
    let (sent, payload) = (job.sent.clone(), job.payload.clone());
    work(move |messages, tally| {
        for _ in 0..messages {
            let body = std::hint::black_box(payload.clone());
            if sent.is_kept() {
                let mut frame = Vec::new();
                self::frame(&mut frame, &body);
                sent.write(&frame);
            }
            drop(body);
        }
        tally.messages += messages as u64;
    })
}

/// A header, and the payload as it is: two slices of one `writev`.
pub(super) fn server(job: &Job) -> Option<Box<dyn Work>> {
    let (sent, payload) = (job.sent.clone(), job.payload.clone());
    work(move |messages, _| {
        for _ in 0..messages {
            let body = payload.clone();
            let (header, len) = header(body.len(), 0);
            sent.write_vectored(&[IoSlice::new(&header[..len]), IoSlice::new(&body)]);
        }
    })
}

/// An unmasked binary frame.
#[inline]
pub(super) fn frame(out: &mut Vec<u8>, payload: &[u8]) {
    let (header, len) = header(payload.len(), 0);
    out.reserve(len + payload.len());
    out.extend_from_slice(&header[..len]);
    out.extend_from_slice(payload);
}

/// What is waiting, and an unmasked binary frame whose payload is not copied, in one write.
pub(super) fn large_frame(sent: &Sent, waiting: &[u8], payload: &[u8]) {
    let (header, len) = header(payload.len(), 0);
    sent.write_vectored(&[IoSlice::new(waiting), IoSlice::new(&header[..len]), IoSlice::new(payload)]);
}

#[inline]
fn masked_frame(out: &mut Vec<u8>, payload: &[u8], key: [u8; 4]) {
    let (header, len) = header(payload.len(), 0x80);
    out.reserve(len + 4 + payload.len());
    out.extend_from_slice(&header[..len]);
    out.extend_from_slice(&key);
    push_masked(out, payload, key);
}

#[inline]
fn header(len: usize, masked: u8) -> ([u8; 10], usize) {
    let mut header = [0x82, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    match len {
        0..=125 => {
            header[1] = masked | len as u8;
            (header, 2)
        }
        126..=0xFFFF => {
            header[1] = masked | 126;
            header[2..4].copy_from_slice(&(len as u16).to_be_bytes());
            (header, 4)
        }
        _ => {
            header[1] = masked | 127;
            header[2..].copy_from_slice(&(len as u64).to_be_bytes());
            (header, 10)
        }
    }
}

struct Keys {
    bytes: [[u8; 4]; 64],
    used: usize,
}

impl Keys {
    #[inline]
    fn next(&mut self) -> [u8; 4] {
        if self.used == self.bytes.len() {
            rand::rng().fill_bytes(self.bytes.as_flattened_mut());
            self.used = 0;
        }
        self.used += 1;
        self.bytes[self.used - 1]
    }
}
