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

    /// A block that goes on into the four bytes 00 00 FF FF behind it: fifteen bits end the table of its codes, two are a literal
    /// 1, and the last fifteen end the block.
    pub(crate) fn into_the_tail() -> Self {
        let mut raw = Self::default();
        raw.number(2 << 1, 3); // a block with codes of its own,
        raw.number(5 << 5 | 15 << 10, 14); // for 257 symbols and 6 distances, and all 19 lengths of the code for their lengths
        for length in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] {
            raw.number(if matches!(length, 0 | 2..=15 | 18) { 4 } else { 0 }, 3);
        }
        // The symbols 0 to 15 and 256, the end, are 00, 01, 10, 110 and so on, up to fifteen ones.
        for length in [2, 2, 2].into_iter().chain(3..=15) {
            raw.code(length - 1, 4);
        }
        for zeros in [138, 11, 11] {
            raw.code(15, 4);
            raw.number(zeros - 11, 7);
        }
        for _ in 0..80 {
            raw.code(0, 4);
        }
        raw.code(15 - 1, 4);
        raw.number(0, 9); // of six distances, of which there are none
        assert_eq!(raw.used, 0);
        raw
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
