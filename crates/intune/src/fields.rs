use model::printable;
use serde_json::{Map, Value};

/// The members of a JSON object, found whatever the case of their names: the services change it from one
/// day to the next (intune.md 2.3, 3.4, 4.3).
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(crate) fn of(value: &'a Value) -> Option<Fields<'a>> {
        value.as_object().map(Fields)
    }

    /// A member; one that is null counts as absent.
    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        let found = self.0.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null());
        found.map(|(_, value)| value)
    }

    /// A member that is an object.
    pub(crate) fn inner(self, name: &str) -> Option<Fields<'a>> {
        Fields::of(self.get(name)?)
    }

    /// A member that is a list.
    pub(crate) fn list(self, name: &str) -> Option<&'a [Value]> {
        self.get(name)?.as_array().map(Vec::as_slice)
    }

    /// A member that is a text, as it came.
    pub(crate) fn raw(self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    /// A member that is a text with something in it, fit to be shown.
    pub(crate) fn text(self, name: &str) -> Option<String> {
        Some(printable(self.raw(name)?, LONGEST_TEXT)).filter(|text| !text.is_empty())
    }

    /// A member that is the id of a call, as long as ids are in headers.
    pub(crate) fn id(self, name: &str) -> Option<String> {
        self.text(name).map(|id| printable(&id, LONGEST_ID))
    }

    /// Every member that is a list of texts, each text with the name of its member.
    pub(crate) fn texts_by_name(self) -> Vec<(String, String)> {
        let of = |(name, value): (&String, &Value)| {
            let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            texts.map(|text| (printable(name, 80), printable(text, LONGEST_TEXT))).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of).take(MOST_TEXTS).collect()
    }
}

const LONGEST_TEXT: usize = 400;
const LONGEST_ID: usize = 64;
const MOST_TEXTS: usize = 8;
