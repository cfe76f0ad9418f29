//! Streams of frames, good and bad: the same ones in every run.

use std::fmt;

/// What one endpoint receives.
pub(crate) struct Stream {
    /// Whether a server receives it: the frames are masked.
    pub(crate) to_server: bool,
    /// How many bytes a frame, and a message, may have.
    pub(crate) limit: usize,
    /// How many bytes a read brings.
    pub(crate) cut: usize,
    pub(crate) bytes: Vec<u8>,
}

impl Stream {
    pub(crate) fn new(random: &mut Random, to_server: bool) -> Self {
        let limit = random.pick(&[1000, 100_000]);
        let cut = random.pick(&[1, 2, 7, 64, 1 << 20]);
        let mut frames = Vec::new();
        for _ in 0..=random.below(5) {
            push_message(&mut frames, random);
        }
        if random.chance(4) {
            frames.push(Frame::close(random));
            if random.chance(4) {
                push_message(&mut frames, random);
            }
        }
        if random.chance(6) {
            let (a, b) = (random.below(frames.len()), random.below(frames.len()));
            frames.swap(a, b);
        }
        let bent = if random.chance(3) { random.below(frames.len()) } else { frames.len() };
        let mut bytes = Vec::new();
        for (index, frame) in frames.iter_mut().enumerate() {
            if index == bent {
                frame.bend(random);
            }
            let before = bytes.len();
            bytes.extend(frame.encode(random, to_server));
            if index == bent && random.chance(3) {
                // The end of the stream is in its header, or soon after.
                bytes.truncate(before + 1 + random.below(16));
                break;
            }
        }
        if random.chance(2) {
            for _ in 0..=random.below(2) {
                mutate(&mut bytes, random);
            }
        }
        Self { to_server, limit, cut, bytes }
    }
}

/// For whoever has to find out what went wrong with it.
impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.to_server { "server" } else { "client" };
        write!(f, "{} bytes to a {to}, limit {}, in reads of {}:", self.bytes.len(), self.limit, self.cut)?;
        self.bytes.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
    }
}

#[derive(Clone)]
struct Frame {
    first: u8,
    payload: Vec<u8>,
    /// In how many bytes the length is written, if not in the fewest.
    width: Option<u8>,
    /// The mask bit is the wrong one.
    wrong_mask: bool,
}

impl Frame {
    fn new(first: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { first, payload: payload.into(), width: None, wrong_mask: false }
    }

    fn close(random: &mut Random) -> Self {
        const CODES: [u16; 32] = [
            0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
            1016, 1100, 1999, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 9999, 32768, 65534, 65535,
        ];
        let mut body = Vec::new();
        match random.below(12) {
            0 => {}
            1 => body.push(3),
            _ => {
                let code = random.pick(&CODES);
                body.extend_from_slice(&if random.chance(2) { code } else { 1000 }.to_be_bytes());
                let reason = text(random);
                body.extend_from_slice(&reason.as_bytes()[..reason.floor_char_boundary(123)]);
            }
        }
        Self::new(0x88, body)
    }

    /// Breaks a rule of the header, or uses a right that is seldom used.
    fn bend(&mut self, random: &mut Random) {
        match random.below(8) {
            0 => self.first ^= 0x10 << random.below(3),
            1 => self.first = self.first & 0xF0 | random.below(16) as u8,
            2 => self.first ^= 0x80,
            3 => self.wrong_mask = true,
            4 => self.width = Some(2),
            5 => self.width = Some(8),
            6 => self.payload.resize(random.pick(&[0, 1, 125, 126, 127, 200]), b'x'),
            _ => self.payload.extend_from_slice(random.pick(&BAD_TEXT)),
        }
    }

    fn encode(&self, random: &mut Random, to_server: bool) -> Vec<u8> {
        let masked = to_server != self.wrong_mask;
        let len = self.payload.len();
        let width = self.width.unwrap_or(if len < 126 {
            0
        } else if len < 65_536 {
            2
        } else {
            8
        });
        let (in_second, more) = match width {
            0 => (len as u8, vec![]),
            2 => (126, (len as u16).to_be_bytes().to_vec()),
            _ => (127, (len as u64).to_be_bytes().to_vec()),
        };
        let mut bytes = vec![self.first, in_second | if masked { 0x80 } else { 0 }];
        bytes.extend(more);
        // With a key of zeros the payload can be read in the hexadecimal that a failure prints.
        let key = if random.chance(2) { [0; 4] } else { (random.next() as u32).to_be_bytes() };
        if masked {
            bytes.extend(key);
        }
        let key = if masked { key } else { [0; 4] };
        bytes.extend(self.payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]));
        bytes
    }
}

/// Overlong forms, surrogates, too large, cut off, out of place.
const BAD_TEXT: [&[u8]; 9] = [
    b"\xC0\x80",
    b"\xE0\x80\x80",
    b"\xF0\x80\x80\x80",
    b"\xED\xA0\x80",
    b"\xF4\x90\x80\x80",
    b"\xF5",
    b"\xE2\x82",
    b"\xF0\x9F\x98",
    b"\x80",
];

/// A message in one frame or in several, perhaps with control frames in between, or a control frame alone.
fn push_message(frames: &mut Vec<Frame>, random: &mut Random) {
    let (opcode, payload) = match random.below(5) {
        0 => return frames.push(control(random)),
        1 | 2 => (2, binary(random)),
        _ => (1, text(random).into_bytes()),
    };
    if random.chance(2) {
        return frames.push(Frame::new(0x80 | opcode, payload));
    }
    let mut rest = &payload[..];
    let mut first = opcode;
    for _ in 0..random.below(4) {
        let (piece, after) = rest.split_at(random.below(rest.len() + 1));
        frames.push(Frame::new(first, piece));
        if random.chance(4) {
            frames.push(control(random));
        }
        (first, rest) = (0, after);
    }
    if random.chance(8) {
        // An empty last fragment.
        frames.push(Frame::new(first, rest));
        (first, rest) = (0, &[]);
    }
    frames.push(Frame::new(0x80 | first, rest));
}

fn control(random: &mut Random) -> Frame {
    let mut payload = binary(random);
    payload.truncate(125);
    Frame::new(random.pick(&[0x89, 0x8A]), payload)
}

fn length(random: &mut Random) -> usize {
    let (base, spread) = random.pick(&[(0, 4), (0, 60), (0, 60), (120, 12), (995, 10), (300, 1500), (65_530, 12)]);
    // Long ones are rare, as they cost time.
    if base > 60_000 && !random.chance(8) { random.below(20) } else { base + random.below(spread) }
}

fn binary(random: &mut Random) -> Vec<u8> {
    let seed = random.next();
    (0..length(random)).map(|i| (seed >> (i % 8)) as u8).collect()
}

fn text(random: &mut Random) -> String {
    const CHARACTERS: [char; 8] = ['a', 'z', ' ', 'ß', 'Ж', '€', '\u{FFFF}', '😀'];
    let len = length(random);
    let mut text = String::new();
    while text.len() < len {
        text.push(random.pick(&CHARACTERS));
    }
    text
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    // Near the front there are more headers than elsewhere.
    let end = if random.chance(2) { bytes.len() } else { bytes.len().min(40) };
    let at = random.below(end);
    let upto = (at + 1 + random.below(6)).min(bytes.len());
    match random.below(6) {
        0 | 1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes.truncate(at),
        3 => bytes.splice(at..at, bytes[at..upto].to_vec()).for_each(drop),
        4 => bytes.drain(at..upto).for_each(drop),
        _ => bytes.insert(at, random.next() as u8),
    }
}

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
