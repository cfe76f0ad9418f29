//! Header fields.

use super::machine::TryParse;
use crate::error::Result;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use httparse::{EMPTY_HEADER, Header, Status};

/// The max number of header fields in a head.
pub const MAX_HEADERS: usize = 124;

impl TryParse for HeaderMap {
    fn try_parse(data: &[u8]) -> Result<Option<(usize, Self)>> {
        let mut fields = [EMPTY_HEADER; MAX_HEADERS];
        match httparse::parse_headers(data, &mut fields)? {
            Status::Partial => Ok(None),
            Status::Complete((length, fields)) => Ok(Some((length, from_parsed(fields)?))),
        }
    }
}

pub(super) fn from_parsed(fields: &[Header<'_>]) -> Result<HeaderMap> {
    from_fields(fields.iter().map(|field| (field.name, field.value)))
}

/// Copies fields into a map. They must not be more than a map can have.
pub(super) fn from_fields<'a>(fields: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        map.append(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_bytes(value)?);
    }
    Ok(map)
}
