/// Checks a whole text. What is short and not ASCII is padded, so that the validator sees whole blocks.
#[inline]
pub(super) fn check(text: &[u8]) {
    if is_ascii(text) {
        return;
    }
    let valid = match text.len() {
        len @ 0..64 => {
            let mut padded = [0; 64];
            padded[..len].copy_from_slice(text);
            // A character that is cut off at the end would be cut off by the zero after it, too.
            simdutf8::basic::from_utf8(&padded).is_ok()
        }
        _ => simdutf8::basic::from_utf8(text).is_ok(),
    };
    assert!(valid, "the peer sent something that is no text");
}

/// In blocks that become vector instructions, with one word at the end that may overlap.
#[inline]
fn is_ascii(text: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let Some(last) = text.last_chunk::<8>() else { return text.iter().fold(0, |all, byte| all | byte) < 0x80 };
    let mut all = u64::from_ne_bytes(*last);
    let (blocks, rest) = text.as_chunks::<64>();
    for block in blocks {
        for word in block.as_chunks().0 {
            all |= u64::from_ne_bytes(*word);
        }
    }
    for word in rest.as_chunks().0 {
        all |= u64::from_ne_bytes(*word);
    }
    all & HIGH == 0
}
