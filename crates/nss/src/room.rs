//! The caller's buffer, out of which texts and lists of texts are handed.

use std::ffi::{c_char, c_void};

/// What is left of a buffer.
pub(crate) struct Room<'b> {
    left: &'b mut [u8],
}

/// The buffer is too small: the caller comes again with a larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooSmall;

impl<'b> Room<'b> {
    pub(crate) fn new(left: &'b mut [u8]) -> Room<'b> {
        Room { left }
    }

    /// A text with a zero behind it; none of ours has one inside.
    pub(crate) fn text(&mut self, text: &str) -> Result<*mut c_char, TooSmall> {
        let place = self.take(text.len() + 1)?;
        let (last, copy) = place.split_last_mut().ok_or(TooSmall)?;
        copy.copy_from_slice(text.as_bytes());
        *last = 0;
        Ok(place.as_mut_ptr().cast())
    }

    /// Texts as an array of pointers, a null pointer behind the last.
    pub(crate) fn texts(&mut self, texts: &[String]) -> Result<*mut *mut c_char, TooSmall> {
        const POINTER: usize = size_of::<*mut c_void>();
        let gap = self.left.as_ptr().align_offset(POINTER);
        self.take(gap)?;
        let mut pointers = Vec::with_capacity(texts.len() + 1);
        let array = self.take((texts.len() + 1).checked_mul(POINTER).ok_or(TooSmall)?)?;
        for text in texts {
            pointers.push(self.text(text)? as usize);
        }
        pointers.push(0);
        for (place, pointer) in array.chunks_exact_mut(POINTER).zip(pointers) {
            place.copy_from_slice(&pointer.to_ne_bytes());
        }
        Ok(array.as_mut_ptr().cast())
    }

    fn take(&mut self, length: usize) -> Result<&'b mut [u8], TooSmall> {
        let left = std::mem::take(&mut self.left);
        let (taken, left) = left.split_at_mut_checked(length).ok_or(TooSmall)?;
        self.left = left;
        Ok(taken)
    }
}
