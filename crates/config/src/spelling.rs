//! Spellings that are not the standard ones and can mean one thing only: read so, with one notice for each kind.

use crate::Note;
use ini::Place;
use std::collections::BTreeMap;

/// How a value is spelt otherwise than in the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spelling {
    /// `yes`, `no`, `on` or `off`.
    Boolean,
    /// Quotes around a value or a part of a list.
    Quotes,
    /// Braces around a GUID.
    Braces,
    /// A value that goes on in further lines.
    Lines,
    /// A domain name in letters beyond ASCII.
    Letters,
    /// A domain that is listed beside the domain whose alias it is.
    Alias,
}

impl Spelling {
    /// How it is meant, and the spelling that everybody reads.
    fn standard(self) -> &'static str {
        match self {
            Spelling::Boolean => "read as meant; the standard words are true and false",
            Spelling::Quotes => "read without the quotes; the standard spelling has none",
            Spelling::Braces => "read without the braces; the standard spelling of a GUID has none",
            Spelling::Lines => "read as one value; the standard spelling is one line, with commas",
            Spelling::Letters => "read as the name in the DNS, which is the standard spelling",
            Spelling::Alias => "read as an alias; it needs no place among the domains",
        }
    }
}

/// Where each spelling was met.
#[derive(Debug, Default)]
pub(crate) struct Spellings(BTreeMap<Spelling, Vec<String>>);

impl Spellings {
    /// Keeps that `what` at a place is spelt so, once.
    pub(crate) fn met(&mut self, spelling: Spelling, place: &Place, what: &str) {
        let met = self.0.entry(spelling).or_default();
        let what = format!("{place}: {what}");
        if !met.contains(&what) {
            met.push(what);
        }
    }

    /// One note for each spelling.
    pub(crate) fn notes(self) -> impl Iterator<Item = Note> {
        self.0.into_iter().map(|(spelling, met)| Note(format!("{}: {}", met.join(", "), spelling.standard())))
    }
}

/// What is between two quotes of one kind that enclose the whole text.
pub(crate) fn unquoted(text: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then(|| inner.trim())
    })
}

/// A domain name in letters as it stands in the DNS; none for one that stands so already, or cannot.
pub(crate) fn punycode(name: &str) -> Option<String> {
    if name.is_ascii() { None } else { idna::domain_to_ascii(name).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quotes_that_enclose_the_whole_text_are_no_part_of_it() {
        for (text, inner) in [
            ("\"a b\"", Some("a b")),
            ("'a'", Some("a")),
            ("\" a \"", Some("a")),
            ("\"\"", Some("")),
            ("\"", None),
            ("\"a", None),
            ("\"a'", None),
            ("\"a\", \"b\"", None),
            ("it's", None),
        ] {
            assert_eq!(unquoted(text), inner, "{text}");
        }
    }

    #[test]
    fn a_name_in_letters_has_one_form_in_the_dns() {
        assert_eq!(punycode("bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(punycode("BÜCHER.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(punycode("contoso.com"), None);
    }

    #[test]
    fn one_note_names_every_place_of_a_spelling() {
        let mut met = Spellings::default();
        let place = |line| Place { path: "h.conf".into(), line };
        for line in [3, 4, 3] {
            met.met(Spelling::Boolean, &place(line), "debug = on");
        }
        let notes: Vec<_> = met.notes().map(|note| note.0).collect();
        let says = "h.conf:3: debug = on, h.conf:4: debug = on: read as meant; the standard words are true and false";
        assert_eq!(notes, [says]);
    }
}
