/// The header fields that have a meaning for the handshake. Each name in a head is compared with them once, when the head
/// is parsed.
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

    /// The field with this name, in any case. The length of a name leaves one or two that it can be.
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        let is = |field: &Self| name.eq_ignore_ascii_case(field.name().as_bytes());
        let (field, other) = match name.len() {
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
        if is(&field) { Some(field) } else { other.filter(is) }
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
