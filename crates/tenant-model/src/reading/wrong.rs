//! What is wrong with a file of people's, and how it is told.

use serde::de;
use std::fmt::{self, Display, Formatter};

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrong {
    /// From the outermost member inwards.
    place: Vec<Step>,
    what: What,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Member(String),
    Item(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// The text ends or breaks there; both count from 1.
    NoJson { line: usize, column: usize },
    /// Another kind of value.
    Kind { wanted: String, found: String },
    /// A name or a word that is not known.
    Unknown { word: String, known: Vec<&'static str> },
    /// A member of a word that has none.
    NoMembers { word: String, member: String },
    /// A member that must be there.
    Missing(String),
    /// What a type says of its own.
    Other(String),
}

impl Wrong {
    pub(super) fn of(what: What) -> Wrong {
        Wrong { place: Vec::new(), what }
    }

    pub(super) fn kind(wanted: impl Display, found: impl Display) -> Wrong {
        Wrong::of(What::Kind { wanted: wanted.to_string(), found: found.to_string() })
    }

    /// The same, inside a member of this name.
    #[must_use]
    pub fn in_member(mut self, name: &str) -> Wrong {
        self.place.insert(0, Step::Member(name.to_owned()));
        self
    }

    /// The same, inside an item of a list, counted from 0.
    #[must_use]
    pub fn in_item(mut self, index: usize) -> Wrong {
        self.place.insert(0, Step::Item(index));
        self
    }

    /// What a rule says that is no matter of types.
    pub fn rule(text: impl Display) -> Wrong {
        Wrong::of(What::Other(text.to_string()))
    }

    pub(super) fn known(&self) -> &[&'static str] {
        if let What::Unknown { known, .. } = &self.what { known } else { &[] }
    }

    fn place(&self) -> String {
        let mut text = String::new();
        let missing =
            if let What::Missing(name) = &self.what { Some(Step::Member(name.clone())) } else { None };
        for step in self.place.iter().chain(&missing) {
            match step {
                Step::Member(name) if text.is_empty() => text.push_str(name),
                Step::Member(name) => text.push_str(&format!(".{name}")),
                Step::Item(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }
}

impl Display for Wrong {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let place = self.place();
        if let What::Missing(_) = &self.what {
            return write!(out, "`{place}` is missing");
        }
        if !place.is_empty() {
            write!(out, "`{place}`: ")?;
        }
        match &self.what {
            What::NoJson { line, column } => write!(out, "invalid JSON at line {line}, column {column}"),
            What::Kind { wanted, found } => write!(out, "expected {wanted}, found {found}"),
            What::Unknown { word, known } => unknown(out, word, known),
            What::NoMembers { word, member } => {
                write!(out, "there is no `{member}`; `{word}` has no members")
            }
            What::Missing(_) => Ok(()),
            What::Other(text) => out.write_str(text),
        }
    }
}

fn unknown(out: &mut Formatter<'_>, word: &str, known: &[&'static str]) -> fmt::Result {
    write!(out, "there is no `{word}`")?;
    let alike = known.iter().map(|it| (strsim::jaro(it, word), it)).filter(|(score, _)| *score > ALIKE);
    if let Some((_, it)) = alike.max_by(|one, other| one.0.total_cmp(&other.0)) {
        write!(out, "; did you mean `{it}`?")?;
    } else {
        write!(out, ".")?;
    }
    let mut sorted = known.to_vec();
    sorted.sort_unstable();
    write!(out, " Known: {}", sorted.join(", "))
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: Display>(text: T) -> Wrong {
        Wrong::rule(text)
    }

    fn invalid_type(found: de::Unexpected<'_>, wanted: &dyn de::Expected) -> Wrong {
        Wrong::kind(wanted, found)
    }

    fn invalid_value(found: de::Unexpected<'_>, wanted: &dyn de::Expected) -> Wrong {
        Wrong::kind(wanted, found)
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Wrong {
        Wrong::of(What::Unknown { word: field.to_owned(), known: known.to_vec() })
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Wrong {
        Wrong::of(What::Unknown { word: variant.to_owned(), known: known.to_vec() })
    }

    fn missing_field(field: &'static str) -> Wrong {
        Wrong::of(What::Missing(field.to_owned()))
    }
}

/// How much alike two words are, of 1, before one is taken for a slip of the other.
const ALIKE: f64 = 0.8;
