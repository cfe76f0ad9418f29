//! DEFLATE as RFC 1951 draws it, bit by bit, with everything that is worth knowing about a stream noted down.

/// Why a stream is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    /// It goes on where it ends.
    CutOff,
    /// Something that RFC 1951 does not allow.
    Invalid,
    /// A match reaches further back than the window, or than there is anything.
    TooFar,
}

/// The type of a block (§3.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Block {
    Stored,
    Fixed,
    Dynamic,
}

/// A stream that goes on from message to message.
pub(crate) struct Oracle {
    window: usize,
    /// All that has come out.
    pub(crate) data: Vec<u8>,
    /// All blocks, and whether each is marked as final.
    pub(crate) blocks: Vec<(Block, bool)>,
    /// The furthest that a match reached back.
    pub(crate) farthest: usize,
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Result<usize, Bad> {
        let byte = self.bytes.get(self.at / 8).ok_or(Bad::CutOff)?;
        let bit = byte >> (self.at % 8) & 1;
        self.at += 1;
        Ok(bit.into())
    }

    /// "Data elements other than Huffman codes are packed starting with the least-significant bit" (§3.1.1).
    fn number(&mut self, bits: usize) -> Result<usize, Bad> {
        (0..bits).try_fold(0, |number, index| Ok(number | self.bit()? << index))
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }

    fn is_over(&self) -> bool {
        self.at >= 8 * self.bytes.len()
    }
}

/// A Huffman code: its symbols by length, in the order of their codes (§3.2.2).
struct Code(Vec<Vec<usize>>);

impl Code {
    fn new(lengths: &[usize]) -> Self {
        let mut by_length = vec![Vec::new(); 16];
        for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            by_length[length].push(symbol);
        }
        Self(by_length)
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Result<usize, Bad> {
        let (mut code, mut first) = (0, 0);
        for length in 1..16 {
            code = code << 1 | bits.bit()?;
            first <<= 1;
            let symbols = &self.0[length];
            if code < first + symbols.len() {
                return Ok(symbols[code - first]);
            }
            first += symbols.len();
        }
        Err(Bad::Invalid)
    }
}

impl Oracle {
    /// With a window of so many bits, which is empty.
    pub(crate) fn new(window_bits: u8) -> Self {
        Self { window: 1 << window_bits, data: Vec::new(), blocks: Vec::new(), farthest: 0 }
    }

    /// Forgets what the window has.
    pub(crate) fn restart(&mut self) {
        *self = Self { window: self.window, data: Vec::new(), blocks: std::mem::take(&mut self.blocks), ..*self };
    }

    /// The message whose compressed payload this is (RFC 7692 §7.2.2). It must end where the tail ends.
    pub(crate) fn message(&mut self, payload: &[u8]) -> Result<Vec<u8>, Bad> {
        let bytes = [payload, &[0, 0, 0xFF, 0xFF]].concat();
        let (mut bits, start) = (Bits { bytes: &bytes, at: 0 }, self.data.len());
        while !bits.is_over() {
            self.block(&mut bits)?;
        }
        Ok(self.data[start..].to_vec())
    }

    fn block(&mut self, bits: &mut Bits<'_>) -> Result<(), Bad> {
        let last = bits.bit()? == 1;
        let kind = [Block::Stored, Block::Fixed, Block::Dynamic].get(bits.number(2)?).copied().ok_or(Bad::Invalid)?;
        self.blocks.push((kind, last));
        match kind {
            Block::Stored => self.stored(bits)?,
            Block::Fixed => {
                let literals: Vec<usize> = [[8; 144].as_slice(), &[9; 112], &[7; 24], &[8; 8]].concat();
                self.symbols(bits, &Code::new(&literals), &Code::new(&[5; 30]))?;
            }
            Block::Dynamic => {
                let (literals, distances) = dynamic(bits)?;
                self.symbols(bits, &literals, &distances)?;
            }
        }
        Ok(())
    }

    fn stored(&mut self, bits: &mut Bits<'_>) -> Result<(), Bad> {
        bits.align();
        let (len, check) = (bits.number(16)?, bits.number(16)?);
        if len != !check & 0xFFFF {
            return Err(Bad::Invalid);
        }
        for _ in 0..len {
            let byte = bits.number(8)? as u8;
            self.data.push(byte);
        }
        Ok(())
    }

    fn symbols(&mut self, bits: &mut Bits<'_>, literals: &Code, distances: &Code) -> Result<(), Bad> {
        loop {
            let symbol = literals.symbol(bits)?;
            match symbol {
                0..=255 => self.data.push(symbol as u8),
                256 => return Ok(()),
                285 => self.repeat(258, bits, distances)?,
                _ => {
                    let (base, extra) = scale(symbol - 257, 4);
                    let length = 3 + base + bits.number(extra)?;
                    self.repeat(length, bits, distances)?;
                }
            }
        }
    }

    fn repeat(&mut self, length: usize, bits: &mut Bits<'_>, distances: &Code) -> Result<(), Bad> {
        let (base, extra) = scale(distances.symbol(bits)?, 2);
        let distance = 1 + base + bits.number(extra)?;
        if distance > self.window.min(self.data.len()) {
            return Err(Bad::TooFar);
        }
        self.farthest = self.farthest.max(distance);
        for _ in 0..length {
            self.data.push(self.data[self.data.len() - distance]);
        }
        Ok(())
    }
}

/// The tables of §3.2.5 as a formula: after two groups of `step` codes without extra bits, each group has a bit more.
fn scale(code: usize, step: usize) -> (usize, usize) {
    let extra = (code / step).saturating_sub(1);
    let base = if extra == 0 { code } else { (step + code % step) << extra };
    (base, extra)
}

/// §3.2.7.
fn dynamic(bits: &mut Bits<'_>) -> Result<(Code, Code), Bad> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let (literals, distances, count) = (257 + bits.number(5)?, 1 + bits.number(5)?, 4 + bits.number(4)?);
    let mut lengths = [0; 19];
    for &index in &ORDER[..count] {
        lengths[index] = bits.number(3)?;
    }
    let code = Code::new(&lengths);
    let mut lengths = Vec::new();
    while lengths.len() < literals + distances {
        let (length, times) = match code.symbol(bits)? {
            16 => (*lengths.last().ok_or(Bad::Invalid)?, 3 + bits.number(2)?),
            17 => (0, 3 + bits.number(3)?),
            18 => (0, 11 + bits.number(7)?),
            length => (length, 1),
        };
        lengths.extend(std::iter::repeat_n(length, times));
    }
    Ok((Code::new(&lengths[..literals]), Code::new(&lengths[literals..])))
}

/// The formula gives the tables that §3.2.5 prints.
#[test]
fn the_tables() {
    let lengths: Vec<_> = [0, 7, 8, 11, 12, 16, 20, 24, 27].map(|code| (3 + scale(code, 4).0, scale(code, 4).1)).into();
    assert_eq!(lengths, [(3, 0), (10, 0), (11, 1), (17, 1), (19, 2), (35, 3), (67, 4), (131, 5), (227, 5)]);
    let distances: Vec<_> = [0, 3, 4, 5, 6, 10, 28, 29].map(|code| (1 + scale(code, 2).0, scale(code, 2).1)).into();
    assert_eq!(distances, [(1, 0), (4, 0), (5, 1), (7, 1), (9, 2), (33, 4), (16385, 13), (24577, 13)]);
}
