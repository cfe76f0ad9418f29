/// The header fields that have a meaning for the handshake. Each name in a head is compared with them once, when the head
/// is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Accept,
    Connection,
    ContentLength,
    Expect,
    Extensions,
    Host,
    Key,
    Origin,
    Protocol,
    TransferEncoding,
    Upgrade,
    Version,
}

impl Known {
    pub(super) const COUNT: usize = 12;

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Accept => "Sec-WebSocket-Accept",
            Self::Connection => "Connection",
            Self::ContentLength => "Content-Length",
            Self::Expect => "Expect",
            Self::Extensions => "Sec-WebSocket-Extensions",
            Self::Host => "Host",
            Self::Key => "Sec-WebSocket-Key",
            Self::Origin => "Origin",
            Self::Protocol => "Sec-WebSocket-Protocol",
            Self::TransferEncoding => "Transfer-Encoding",
            Self::Upgrade => "Upgrade",
            Self::Version => "Sec-WebSocket-Version",
        }
    }

    /// The field with this name, which must be a token, in whatever case.
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        let (one, other) = match name.len() {
            4 => (Self::Host, None),
            6 => (Self::Origin, Some(Self::Expect)),
            7 => (Self::Upgrade, None),
            10 => (Self::Connection, None),
            14 => (Self::ContentLength, None),
            17 => (Self::Key, Some(Self::TransferEncoding)),
            20 => (Self::Accept, None),
            21 => (Self::Version, None),
            22 => (Self::Protocol, None),
            24 => (Self::Extensions, None),
            _ => return None,
        };
        [Some(one), other].into_iter().flatten().find(|known| is_same(name, known.name().as_bytes()))
    }
}

/// Whether a token of the same length is a known name.
///
/// The names are made of letters and hyphens. A letter and its other case differ in one bit, 0x20, and with it a hyphen
/// would be CR, which is in no token. So that bit need not be looked at, and no byte needs a branch.
fn is_same(token: &[u8], name: &[u8]) -> bool {
    let differences = token.iter().zip(name).fold(0, |bits, (a, b)| bits | (a ^ b));
    differences & !0x20 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Known; Known::COUNT] = [
        Known::Accept,
        Known::Connection,
        Known::ContentLength,
        Known::Expect,
        Known::Extensions,
        Known::Host,
        Known::Key,
        Known::Origin,
        Known::Protocol,
        Known::TransferEncoding,
        Known::Upgrade,
        Known::Version,
    ];

    /// Each name is found in whatever case, and no other token is: not one that differs in a byte, or in its length.
    #[test]
    fn names_are_told_apart() {
        for (nth, known) in ALL.into_iter().enumerate() {
            assert_eq!(known as usize, nth);
            let name = known.name().as_bytes();
            for found in [name, &name.to_ascii_lowercase(), &name.to_ascii_uppercase()] {
                assert_eq!(Known::of(found), Some(known));
            }
            assert_eq!(Known::of(&name[1..]), None);
            assert_eq!(Known::of(&[name, b"s"].concat()), None);
            for at in 0..name.len() {
                for byte in (0..=u8::MAX).filter(|&byte| super::super::grammar::is_token_byte(byte)) {
                    let mut other = name.to_vec();
                    other[at] = byte;
                    let expected = other.eq_ignore_ascii_case(name).then_some(known);
                    assert_eq!(Known::of(&other), expected, "{}", other.escape_ascii());
                }
            }
        }
    }
}
