use model::Guid;

/// A machine's own generator of names and jitter (splitmix64, Steele and others 2014): the same seed gives the
/// same numbers. Nothing secret comes out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator(u64);

impl Generator {
    /// A generator that starts at this seed.
    pub fn new(seed: u64) -> Generator {
        Generator(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// The next number below a bound, which must not be zero; zero for a bound of zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number().checked_rem(bound).unwrap_or(0)
    }

    /// A version 4 GUID.
    pub fn guid(&mut self) -> Guid {
        let mut bytes = [0; 16];
        let words = [self.number(), self.number()].map(u64::to_be_bytes);
        bytes.iter_mut().zip(words.concat()).for_each(|(to, from)| *to = from);
        Guid::version_4(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_the_published_numbers_and_guids_that_differ() {
        // The first outputs of the reference implementation with seed 1234567.
        let mut generator = Generator::new(1_234_567);
        let first = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(first.map(|_| generator.number()), first);
        let (one, other) = (generator.guid(), generator.guid());
        assert_ne!(one, other);
        assert_eq!(one.as_bytes()[6] >> 4, 4);
        assert_eq!((generator.below(1), generator.below(0)), (0, 0));
    }
}
