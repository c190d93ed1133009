/// A text that is none of an enumeration's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown word; known: {}", .0.join(", "))]
pub struct UnknownWord(
    /// Every word of the enumeration, in the order of its values.
    pub &'static [&'static str],
);

/// An enumeration with one word for each value, which is the same in the configuration, on disk, in `status`,
/// on the socket and in the log.
///
/// One table of values and words makes the enumeration, `ALL`, `as_str`, `Display` and `FromStr`, so that no
/// word stands twice. `#[derive(Default)]` and `#[default]` may stand in the table.
#[macro_export]
macro_rules! word_enum {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $value,)+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$value,)+];

            /// Its word; frozen where docs/words.md names it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$value => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;

            fn from_str(word: &str) -> Result<$name, $crate::UnknownWord> {
                let found = $name::ALL.iter().copied().find(|value| value.as_str() == word);
                found.ok_or($crate::UnknownWord(&[$($word,)+]))
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::UnknownWord;
    use crate::Registration;

    #[test]
    fn one_table_says_every_word_and_reads_it() {
        assert_eq!(Registration::ALL, [Registration::Background, Registration::Required, Registration::Off]);
        assert!(Registration::ALL.iter().all(|value| value.as_str().parse() == Ok(*value)));
        assert_eq!((Registration::Off.to_string().as_str(), Registration::Off.as_str()), ("off", "off"));
        for strange in ["", "Off", "off ", "requir"] {
            let unknown = strange.parse::<Registration>().unwrap_err();
            assert_eq!(unknown, UnknownWord(&["background", "required", "off"]), "{strange}");
            assert_eq!(unknown.to_string(), "unknown word; known: background, required, off");
        }
    }
}
