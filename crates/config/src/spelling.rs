//! Where spellings that are not the standard ones were met, with one notice for each kind.

use crate::Note;
use ini::Place;
use option_values::Spelling;
use std::collections::BTreeMap;

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

#[cfg(test)]
mod tests {
    use super::*;

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
