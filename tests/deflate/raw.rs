//! DEFLATE by hand, for what no compressor would make.

/// A stream that is written bit by bit.
#[derive(Default)]
pub(crate) struct Raw {
    bytes: Vec<u8>,
    /// How many bits of the last byte are in use; 0 if all of them are.
    used: usize,
}

impl Raw {
    /// A block with the fixed codes.
    pub(crate) fn fixed(last: bool) -> Self {
        let mut raw = Self::default();
        raw.begin(last);
        raw
    }

    /// Begins a further block with the fixed codes.
    pub(crate) fn begin(&mut self, last: bool) {
        self.number(usize::from(last) | 1 << 1, 3);
    }

    fn number(&mut self, number: usize, bits: usize) {
        for index in 0..bits {
            if self.used == 0 {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((number >> index & 1) as u8) << self.used;
            self.used = (self.used + 1) % 8;
        }
    }

    /// "Huffman codes are packed starting with the most-significant bit of the code" (RFC 1951 §3.1.1).
    fn code(&mut self, code: usize, bits: usize) {
        for index in (0..bits).rev() {
            self.number(code >> index, 1);
        }
    }

    fn symbol(&mut self, symbol: usize) {
        match symbol {
            0..=143 => self.code(0x30 + symbol, 8),
            144..=255 => self.code(0x190 + symbol - 144, 9),
            256..=279 => self.code(symbol - 256, 7),
            _ => self.code(0xC0 + symbol - 280, 8),
        }
    }

    pub(crate) fn literals(mut self, bytes: &[u8]) -> Self {
        for byte in bytes {
            self.symbol(usize::from(*byte));
        }
        self
    }

    /// Three bytes from `distance` bytes back.
    pub(crate) fn three_from(mut self, distance: usize) -> Self {
        self.symbol(257);
        let back = distance - 1;
        let (code, extra) = match back {
            0..4 => (back, 0),
            _ => {
                let extra = back.ilog2() as usize - 1;
                (2 * extra + (back >> extra), extra)
            }
        };
        self.code(code, 5);
        self.number(back, extra);
        self
    }

    /// Ends the block.
    pub(crate) fn end(mut self) -> Self {
        self.symbol(256);
        self
    }

    /// What is a message's payload: the empty stored block that follows lacks its last four bytes.
    pub(crate) fn payload(mut self) -> Vec<u8> {
        self.number(0, 3);
        self.bytes
    }

    /// What there is, without that block.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}
