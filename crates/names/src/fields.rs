//! Numbers and texts as bytes: numbers little-endian, texts with their length in two bytes before them.

use crate::Damaged;

/// Bytes that grow.
#[derive(Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// At most 65,535 bytes; what is longer is cut, which the rules for names and paths never let happen.
    pub(crate) fn text(&mut self, text: &str) {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend(text.bytes().take(usize::from(length)));
    }

    pub(crate) fn list<T>(&mut self, list: &[T], mut one: impl FnMut(&mut Writer, &T)) {
        self.number(u32::try_from(list.len()).unwrap_or(u32::MAX));
        for item in list {
            one(self, item);
        }
    }
}

/// Bytes that are read from the front.
pub(crate) struct Cursor<'b>(pub(crate) &'b [u8]);

impl<'b> Cursor<'b> {
    pub(crate) fn number(&mut self) -> Result<u32, Damaged> {
        let (number, rest) = self.0.split_first_chunk().ok_or(Damaged)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*number))
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, Damaged> {
        let (length, rest) = self.0.split_first_chunk().ok_or(Damaged)?;
        let (text, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or(Damaged)?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| Damaged)
    }

    pub(crate) fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Cursor<'b>) -> Result<T, Damaged>,
    ) -> Result<Vec<T>, Damaged> {
        let count = self.number()?;
        // Each item has a byte at least, so that a wrong count takes no memory.
        let mut list = Vec::new();
        for _ in 0..count {
            if self.0.is_empty() {
                return Err(Damaged);
            }
            list.push(one(self)?);
        }
        Ok(list)
    }

    /// Nothing may be left.
    pub(crate) fn end(&self) -> Result<(), Damaged> {
        if self.0.is_empty() { Ok(()) } else { Err(Damaged) }
    }
}
