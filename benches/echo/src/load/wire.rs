//! The bytes of a turn, made beforehand.

/// The opening handshake of a client.
pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\
    Host: localhost\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// A window of masked binary messages, and what has to come back.
pub(crate) struct Wire {
    pub(crate) sent: Vec<u8>,
    pub(crate) expected: Vec<u8>,
    /// The bytes of one message that comes back.
    pub(crate) answer_len: usize,
}

impl Wire {
    pub(crate) fn new(size: usize, window: usize, is_raw: bool) -> Self {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let (mut sent, mut expected) = (Vec::new(), Vec::new());
        for _ in 0..window {
            let payload: Vec<u8> = (0..size).map(|_| random.byte()).collect();
            let key = [random.byte(), random.byte(), random.byte(), random.byte()];
            head(&mut sent, size, 0x80);
            sent.extend_from_slice(&key);
            sent.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
            head(&mut expected, size, 0);
            expected.extend_from_slice(&payload);
        }
        if is_raw {
            expected.clone_from(&sent);
        }
        let answer_len = expected.len() / window;
        Self { sent, expected, answer_len }
    }
}

/// A final binary frame (RFC 6455 §5.2).
fn head(to: &mut Vec<u8>, size: usize, mask: u8) {
    to.push(0x82);
    match (u8::try_from(size), u16::try_from(size)) {
        (Ok(short @ 0..126), _) => to.push(mask | short),
        (_, Ok(medium)) => {
            to.push(mask | 126);
            to.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            to.push(mask | 127);
            to.extend_from_slice(&(size as u64).to_be_bytes());
        }
    }
}

/// An xorshift: the bytes need only be without a pattern.
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 56) as u8
    }
}
