use std::hint::black_box;

/// What was delivered: how many messages and bytes, and, if it is to be checked, a sum over them.
///
/// The sum depends on the order of the bytes and on where messages end, but not on how a message was cut.
#[derive(Debug, Default)]
pub struct Tally {
    pub messages: u64,
    pub bytes: u64,
    sum: Option<u64>,
}

impl Tally {
    /// One that reads what it counts.
    pub fn checking() -> Self {
        Self { messages: 0, bytes: 0, sum: Some(0xCBF2_9CE4_8422_2325) }
    }

    #[inline]
    pub fn message(&mut self, payload: &[u8]) {
        self.chunk(payload);
        self.end();
    }

    #[inline]
    pub fn chunk(&mut self, chunk: &[u8]) {
        let chunk = black_box(chunk);
        self.bytes += chunk.len() as u64;
        if let Some(sum) = &mut self.sum {
            *sum = chunk.iter().fold(*sum, |sum, byte| step(sum, u64::from(*byte)));
        }
    }

    /// The end of a message that arrived in chunks.
    #[inline]
    pub fn end(&mut self) {
        self.messages += 1;
        if let Some(sum) = &mut self.sum {
            *sum = step(*sum, 0x100);
        }
    }

    pub fn result(&self) -> (u64, u64, Option<u64>) {
        (self.messages, self.bytes, self.sum)
    }
}

/// FNV-1a.
fn step(sum: u64, value: u64) -> u64 {
    (sum ^ value).wrapping_mul(0x100_0000_01B3)
}
