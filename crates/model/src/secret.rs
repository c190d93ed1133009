use std::fmt;
use zeroize::Zeroize;

/// A value that must not be printed, copied or left in memory.
///
/// It has no `Debug` of its content, no `Display`, no `Clone`; [`Secret::expose`] is the only door.
/// The memory is overwritten when it is dropped. Its place is on the heap, so that a move copies nothing of it.
pub struct Secret<T: Zeroize>(Box<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in; the caller must not keep a copy.
    pub fn new(value: T) -> Secret<T> {
        Secret(Box::new(value))
    }

    /// The value, for the one call that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value, for the one call that fills it in place.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_content() {
        assert_eq!(format!("{:?}", Secret::new(String::from("hunter2"))), "Secret");
    }
}
