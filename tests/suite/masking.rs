//! Masking (RFC 6455 §5.3) against the RFC's own formula.

use crate::common::naive_mask;
use bowline::frame::{mask, rotate_key};

const KEY: [u8; 4] = [0x9C, 0x03, 0x71, 0xE8];

/// Whether only `len` bytes from `offset` on have been masked, and rightly.
fn assert_masked(offset: usize, len: usize, key: [u8; 4], buffer: &mut [u8], before: &[u8]) {
    let data = &mut buffer[offset..offset + len];
    mask(data, key);
    assert_eq!(*data, naive_mask(&before[offset..offset + len], key)[..], "{len} bytes at {offset}");
    mask(data, key);
    assert_eq!(buffer, before, "{len} bytes at {offset}: not undone, or more than they were touched");
}

/// [J-04] [J-05] [J-06] In place it is the RFC's loop, and its own inverse, for every length and alignment; the
/// neighbours are not touched.
#[test]
fn every_length_and_alignment() {
    let before: Vec<u8> = (0..512_usize).map(|i| (i * 7 % 256) as u8).collect();
    let mut buffer = before.clone();
    for offset in 0..64 {
        for len in 0..=300 {
            assert_masked(offset, len, KEY, &mut buffer, &before);
        }
    }
    let before: Vec<u8> = (0..66_000_usize).map(|i| (i * 7 % 255) as u8).collect();
    let mut buffer = before.clone();
    for offset in 0..64 {
        for len in (500..=660).chain([4095, 4096, 4097, 65_535, 65_537]) {
            let (buffer, before) = (&mut buffer[..offset + len + 64], &before[..offset + len + 64]);
            assert_masked(offset, len, KEY, buffer, before);
        }
    }
}

/// [J-12] [J-05] Keys of all kinds, zero among them, which changes nothing.
#[test]
fn every_kind_of_key() {
    let before: Vec<u8> = (0..100).collect();
    for key in [[0; 4], [0xFF; 4], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0x80, 0, 0]] {
        for len in 0..=100 {
            assert_masked(0, len, key, &mut before.clone(), &before);
        }
    }
    let mut same = before.clone();
    mask(&mut same, [0; 4]);
    assert_eq!(same, before);
}

/// [J-04] A payload in two pieces, cut anywhere: the second goes on where the first ended.
#[test]
fn the_key_goes_on_across_pieces() {
    let before: Vec<u8> = (0..200).collect();
    for len in 0..=before.len() {
        for cut in 0..=len {
            let mut data = before[..len].to_vec();
            let (first, second) = data.split_at_mut(cut);
            mask(first, KEY);
            mask(second, rotate_key(KEY, cut));
            assert_eq!(data, naive_mask(&before[..len], KEY), "{len} bytes cut after {cut}");
        }
    }
}

/// [J-04] "octet i … is the XOR of octet i with octet (i modulo 4) of the masking key"
#[test]
fn rotation() {
    for by in (0..100).chain([usize::MAX - 3, usize::MAX]) {
        let expected = [0, 1, 2, 3].map(|i| KEY[(by % 4 + i) % 4]);
        assert_eq!(rotate_key(KEY, by), expected);
    }
}
