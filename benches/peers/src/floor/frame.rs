/// The limit on a message and on a frame.
const LIMIT: u64 = 16 * 1024 * 1024;

/// A data frame's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) fin: bool,
    pub(super) text: bool,
    pub(super) len: usize,
    pub(super) key: [u8; 4],
    /// Of the header.
    pub(super) size: usize,
}

/// What is known of the message that is coming in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Message {
    /// Whether it is text, if it is unfinished.
    pub(super) begun: Option<bool>,
    /// The payload of its earlier fragments.
    pub(super) len: usize,
}

/// Reads a header with every rule of RFC 6455 §5.2–§5.5. `None` if it is incomplete. This floor answers no pings and no
/// Close frames, as none come in any row, but it looks for them, and for what breaks a rule, and stops there.
#[inline(always)]
pub(super) fn header(bytes: &[u8], masked: bool, message: Message) -> Option<Header> {
    let (&[first, second], rest) = bytes.split_first_chunk()?;
    let fin = first & 0x80 != 0;
    let text = match (first & 0x7F, message.begun) {
        (1, None) => true,
        (2, None) => false,
        (0, Some(text)) => text,
        _ => violation(),
    };
    if (second & 0x80 != 0) != masked {
        violation();
    }
    let (len, rest) = match second & 0x7F {
        126 => {
            let (len, rest) = rest.split_first_chunk()?;
            (u64::from(u16::from_be_bytes(*len)), rest)
        }
        127 => {
            let (len, rest) = rest.split_first_chunk()?;
            (u64::from_be_bytes(*len), rest)
        }
        len => (u64::from(len), rest),
    };
    let least = match second & 0x7F {
        126 => 126,
        127 => 0x1_0000,
        _ => 0,
    };
    if len < least || len > LIMIT - message.len as u64 {
        violation();
    }
    let (key, rest) = if masked { rest.split_first_chunk().map(|(key, rest)| (*key, rest))? } else { ([0; 4], rest) };
    Some(Header { fin, text, len: len as usize, key, size: bytes.len() - rest.len() })
}

/// No row has one.
#[cold]
fn violation() -> ! {
    panic!("the peer broke a rule, or sent a control frame")
}

/// Masks in blocks of 64 bytes, with one word at the end that may overlap.
#[inline]
pub(super) fn mask(data: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    if let Some(&last) = data.last_chunk::<8>() {
        let last = u64::from_ne_bytes(last) ^ word.rotate_right(8 * (data.len() as u32 % 4));
        let (blocks, rest) = data.as_chunks_mut::<64>();
        for block in blocks {
            for chunk in block.as_chunks_mut().0 {
                *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
            }
        }
        for chunk in rest.as_chunks_mut().0 {
            *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
        }
        *data.last_chunk_mut().expect("it has 8 bytes") = last.to_ne_bytes();
    } else {
        data.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    }
}

/// Appends unmasked bytes: what was just copied is still in the first-level cache when it is unmasked.
#[inline]
pub(super) fn push_masked(to: &mut Vec<u8>, data: &[u8], key: [u8; 4]) {
    for block in data.chunks(8 * 1024) {
        let at = to.len();
        to.extend_from_slice(block);
        mask(&mut to[at..], key);
    }
}

/// The key from the byte `by` on.
#[inline]
pub(super) fn rotate(key: [u8; 4], by: usize) -> [u8; 4] {
    u32::from_be_bytes(key).rotate_left(by as u32 % 4 * 8).to_be_bytes()
}
