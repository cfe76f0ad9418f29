/// Masks or unmasks `data` in place (RFC 6455 §5.3); doing it twice gives the original.
///
/// The key applies from the first byte of `data` on. For a payload that comes in pieces, rotate it by what has gone
/// before with [`rotate_key`].
///
/// ```
/// let mut data = *b"Hello";
/// bowline::frame::mask(&mut data, [0x37, 0xfa, 0x21, 0x3d]);
/// assert_eq!(data, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
/// ```
#[inline]
pub fn mask(data: &mut [u8], key: [u8; 4]) {
    // A tail that is not a whole number of words would cost a loop over bytes. Instead the last word, which may
    // overlap the one before it, is masked first, from bytes that nothing has touched yet, and stored last.
    let len = data.len();
    if let Some(&last) = data.last_chunk::<8>() {
        let last = u64::from_ne_bytes(last) ^ double(rotate_key(key, len - 8));
        words(data, double(key));
        if let Some(chunk) = data.last_chunk_mut() {
            *chunk = last.to_ne_bytes();
        }
    } else if let Some(&last) = data.last_chunk::<4>() {
        let last = u32::from_ne_bytes(last) ^ u32::from_ne_bytes(rotate_key(key, len - 4));
        if let Some(chunk) = data.first_chunk_mut::<4>() {
            *chunk = (u32::from_ne_bytes(*chunk) ^ u32::from_ne_bytes(key)).to_ne_bytes();
        }
        if let Some(chunk) = data.last_chunk_mut() {
            *chunk = last.to_ne_bytes();
        }
    } else {
        for (byte, key) in data.iter_mut().zip(key) {
            *byte ^= key;
        }
    }
}

/// The key for the bytes that come after `by` bytes of the payload: byte `i` is masked with `key[i % 4]`.
///
/// ```
/// use bowline::frame::rotate_key;
/// assert_eq!(rotate_key([1, 2, 3, 4], 6), [3, 4, 1, 2]);
/// ```
#[must_use]
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the remainder of a division by 4")]
pub const fn rotate_key(key: [u8; 4], by: usize) -> [u8; 4] {
    u32::from_be_bytes(key).rotate_left((by % 4) as u32 * 8).to_be_bytes()
}

/// Appends `data`, masked, to `out`, which has room for it. A piece that was just copied is still in the first-level
/// cache when it is masked.
pub(crate) fn extend_masked(out: &mut alloc::vec::Vec<u8>, data: &[u8], key: [u8; 4]) {
    const PIECE: usize = 8 * 1024; // a multiple of four, so that each piece begins with the key's first byte
    for piece in data.chunks(PIECE) {
        let at = out.len();
        out.extend_from_slice(piece);
        if let Some(copy) = out.get_mut(at..) {
            mask(copy, key);
        }
    }
}

/// Whole words, in blocks that the compiler turns into vector instructions.
#[inline]
fn words(data: &mut [u8], key: u64) {
    let (blocks, rest) = data.as_chunks_mut::<64>();
    for block in blocks {
        for word in block.as_chunks_mut().0 {
            *word = (u64::from_ne_bytes(*word) ^ key).to_ne_bytes();
        }
    }
    for word in rest.as_chunks_mut().0 {
        *word = (u64::from_ne_bytes(*word) ^ key).to_ne_bytes();
    }
}

#[inline]
fn double(key: [u8; 4]) -> u64 {
    let key = u64::from(u32::from_ne_bytes(key)); // built from bytes, it would take thirty instructions
    key << 32 | key
}
