//! Appending a frame to a buffer, each byte of it written once.
//!
//! Every part is appended as an array of known length, which is a few stores instead of a call. Of a part that is too long, the end
//! is cut off, or overwritten by the next part.

use crate::frame::{encode, encoded_len, extend, extend_masked, rotate_key};
use alloc::vec::Vec;

/// Appends a frame. `to` must have the capacity for `MAX_HEADER_LEN` bytes and the payload, so that nothing is allocated here.
///
/// The header is not passed as a [`Header`](crate::frame::Header), which would be written to memory byte by byte, and then read as
/// words.
#[inline]
pub(super) fn append_frame(to: &mut Vec<u8>, first_byte: u8, key: Option<[u8; 4]>, payload: &[u8]) {
    match key {
        Some(key) if (8..=125).contains(&payload.len()) => append_short(to, first_byte, key, payload),
        _ => append_any(to, first_byte, key, payload),
    }
}

#[inline(never)]
fn append_any(to: &mut Vec<u8>, first_byte: u8, key: Option<[u8; 4]>, payload: &[u8]) {
    let end = to.len() + encoded_len(key.is_some(), payload.len() as u64);
    to.extend_from_slice(&encode(first_byte, key, payload.len() as u64));
    to.truncate(end);
    match key {
        Some(key) if payload.len() < 8 => {
            to.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        }
        Some(key) => extend_masked(to, payload, key),
        None => extend(to, payload),
    }
}

/// Appends a masked frame with a payload of 8 to 125 bytes: the fast path of clients.
///
/// The payload is two arrays, its first bytes and its last ones, which overlap. So there is no loop over single bytes.
#[inline]
fn append_short(to: &mut Vec<u8>, first_byte: u8, key: [u8; 4], payload: &[u8]) {
    #[expect(clippy::cast_possible_truncation, reason = "at most 125")]
    let len = payload.len() as u8;
    let [k0, k1, k2, k3] = key;
    let end = to.len() + 6;
    to.extend_from_slice(&[first_byte, 0x80 | len, k0, k1, k2, k3, 0, 0]); // one store
    to.truncate(end);
    match len {
        ..=16 => append_ends::<8>(to, payload, key),
        17..=32 => append_ends::<16>(to, payload, key),
        33..=64 => append_ends::<32>(to, payload, key),
        _ => append_ends::<64>(to, payload, key),
    }
}

/// Appends a payload of `N` to `2 * N` bytes, masked. `N` is a multiple of 8.
#[inline]
fn append_ends<const N: usize>(to: &mut Vec<u8>, payload: &[u8], key: [u8; 4]) {
    let (Some(first), Some(last)) = (payload.first_chunk::<N>(), payload.last_chunk::<N>()) else {
        debug_assert!(false, "the payload is shorter than {N} bytes");
        return;
    };
    let before_last = to.len() + payload.len() - N;
    to.extend_from_slice(&masked(*first, key));
    to.truncate(before_last);
    to.extend_from_slice(&masked(*last, rotate_key(key, payload.len())));
}

/// Returns the block, masked.
#[inline]
fn masked<const N: usize>(mut block: [u8; N], key: [u8; 4]) -> [u8; N] {
    let key = u64::from(u32::from_ne_bytes(key));
    let key = key << 32 | key;
    for word in block.as_chunks_mut().0 {
        *word = (u64::from_ne_bytes(*word) ^ key).to_ne_bytes();
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Header, MAX_HEADER_LEN, Opcode};

    /// [J-04] [J-05] A frame is its header, and the payload as the RFC's formula masks it, whatever its length. It fits in the space
    /// that the caller has reserved.
    #[test]
    fn like_the_formula() {
        let data: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        let lengths = (0..=300).chain(500..=780).chain([1024, 4095, 65_535, 65_536, 70_000]);
        for len in lengths {
            for key in [None, Some([0x9C, 0x03, 0x71, 0xE8])] {
                let payload = &data[..len];
                let mut out = Vec::with_capacity(3 + MAX_HEADER_LEN + len);
                out.extend_from_slice(b"abc");
                let capacity = out.capacity();
                append_frame(&mut out, 0x82, key, payload);
                assert_eq!(out.capacity(), capacity, "{len} bytes");

                let mut expected = [0; MAX_HEADER_LEN];
                let header = Header { fin: true, reserved: 0, opcode: Opcode::Binary, key, payload_len: len as u64 };
                let header_len = header.encode(&mut expected);
                let (before, frame) = out.split_at(3);
                let (header, masked) = frame.split_at(header_len);
                assert_eq!((before, header), (&b"abc"[..], &expected[..header_len]));
                let key = key.unwrap_or_default();
                assert!(
                    masked.iter().copied().eq(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key))
                );
            }
        }
    }
}
