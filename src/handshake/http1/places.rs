use super::known::Known;
use alloc::vec::Vec;
use core::ops::Range;

/// Where the fields of a head are, in order, and at once where those are that are known.
pub(crate) struct Places {
    all: Vec<Place>,
    /// Of each known field, which place is its first.
    first: [u32; Known::COUNT],
    /// Of each known field, whether it is there more than once.
    repeated: [bool; Known::COUNT],
}

pub(crate) struct Place {
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
    known: Option<Known>,
}

/// The first place of a field that is not there.
const ABSENT: u32 = u32::MAX;

impl Places {
    pub(crate) fn with_room(fields: usize) -> Self {
        Self { all: Vec::with_capacity(fields), first: [ABSENT; Known::COUNT], repeated: [false; Known::COUNT] }
    }

    /// Of fields that are parts of `head`, and whose names are tokens.
    pub(crate) fn of(head: &[u8], headers: &[httparse::Header<'_>]) -> Self {
        let mut places = Self::with_room(headers.len());
        for header in headers {
            let name = header.name.as_bytes();
            places.push(range(head, name), range(head, header.value), Known::of(name));
        }
        places
    }

    /// Adds the next field.
    #[inline]
    pub(crate) fn push(&mut self, name: Range<usize>, value: Range<usize>, known: Option<Known>) {
        if let Some(known) = known {
            self.note(known);
        }
        self.all.push(Place { name, value, known });
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Place> {
        self.all.iter()
    }

    /// Those of a known field, in order.
    pub(crate) fn known(&self, known: Known) -> impl Iterator<Item = &Place> {
        let first = self.first.get(known as usize).and_then(|&first| usize::try_from(first).ok());
        let from = first.and_then(|first| self.all.get(first..)).unwrap_or_default();
        let some = if self.is_repeated(known) { from } else { from.get(..1).unwrap_or_default() };
        some.iter().filter(move |place| place.known == Some(known))
    }

    pub(crate) fn is_repeated(&self, known: Known) -> bool {
        self.repeated.get(known as usize).copied().unwrap_or_default()
    }

    fn note(&mut self, known: Known) {
        let Some(first) = self.first.get_mut(known as usize) else { return };
        if *first == ABSENT {
            // There are not as many fields in any memory.
            *first = u32::try_from(self.all.len()).unwrap_or(ABSENT);
        } else if let Some(repeated) = self.repeated.get_mut(known as usize) {
            *repeated = true;
        }
    }
}

/// Where `part` stands in `head`, of which it is a part.
pub(crate) fn range(head: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().wrapping_sub(head.as_ptr().addr());
    start..start.wrapping_add(part.len())
}
