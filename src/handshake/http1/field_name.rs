/// A header field with a meaning for the handshake. Each name in a head is compared with these once, when the head is parsed.
/// Rules then find fields without comparing text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldName {
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

impl FieldName {
    #[inline]
    pub(crate) const fn name(self) -> &'static str {
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

    /// Returns the set of this field alone. A set of fields is a bit mask.
    #[inline]
    pub(crate) const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// Returns the field with this name, in any case. The name must be a token.
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        // The length leaves at most two names to compare with.
        match name.len() {
            4 => Self::Host.if_named(name),
            6 => Self::Origin.if_named(name).or_else(|| Self::Expect.if_named(name)),
            7 => Self::Upgrade.if_named(name),
            10 => Self::Connection.if_named(name),
            14 => Self::ContentLength.if_named(name),
            17 => Self::Key.if_named(name).or_else(|| Self::TransferEncoding.if_named(name)),
            20 => Self::Accept.if_named(name),
            21 => Self::Version.if_named(name),
            22 => Self::Protocol.if_named(name),
            24 => Self::Extensions.if_named(name),
            _ => None,
        }
    }

    /// Returns this field, if it has this name.
    #[inline]
    fn if_named(self, token: &[u8]) -> Option<Self> {
        token.eq_ignore_ascii_case(self.name().as_bytes()).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [FieldName; 12] = [
        FieldName::Accept,
        FieldName::Connection,
        FieldName::ContentLength,
        FieldName::Expect,
        FieldName::Extensions,
        FieldName::Host,
        FieldName::Key,
        FieldName::Origin,
        FieldName::Protocol,
        FieldName::TransferEncoding,
        FieldName::Upgrade,
        FieldName::Version,
    ];

    /// Each name is found in any case, and no other token is: not one that differs in a byte, or in its length.
    #[test]
    fn names_are_told_apart() {
        for field in ALL {
            let name = field.name().as_bytes();
            for found in [name, &name.to_ascii_lowercase(), &name.to_ascii_uppercase()] {
                assert_eq!(FieldName::of(found), Some(field));
            }
            assert_eq!(FieldName::of(&name[1..]), None);
            assert_eq!(FieldName::of(&[name, b"s"].concat()), None);
            for at in 0..name.len() {
                for byte in (0..=u8::MAX).filter(|&byte| super::super::grammar::is_token_byte(byte)) {
                    let mut other = name.to_vec();
                    other[at] = byte;
                    let expected = other.eq_ignore_ascii_case(name).then_some(field);
                    assert_eq!(FieldName::of(&other), expected, "{}", other.escape_ascii());
                }
            }
        }
    }
}
