//! JSON that people write, read into types: what is wrong is told with its place and in their words.
//!
//! A variant that has members is written as an object with its word under `kind`; the word alone stands for one
//! with none of its members.

mod input;
mod wrong;

pub use wrong::Wrong;

use serde::Deserialize;
use serde_json::{Value, json};
use wrong::What;

/// A value of this type.
///
/// # Errors
/// [`Wrong`], which names the first member that cannot be read.
pub fn read<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T, Wrong> {
    T::deserialize(input::Json::new(value))
}

/// The value in a text.
///
/// # Errors
/// [`Wrong`] with line and column, where the text is no JSON.
pub fn parse(text: &[u8]) -> Result<Value, Wrong> {
    let wrong = |error: serde_json::Error| What::NoJson { line: error.line(), column: error.column() };
    serde_json::from_slice(text).map_err(|error| Wrong::of(wrong(error)))
}

/// The words of an enumeration, in the order of its variants; none for any other type.
pub fn words<T: for<'a> Deserialize<'a>>() -> Vec<&'static str> {
    known_to::<T>(&Value::String(String::new()))
}

/// The names of a struct's members, in their order; none where unknown ones are not refused.
pub fn members<T: for<'a> Deserialize<'a>>() -> Vec<&'static str> {
    known_to::<T>(&json!({ "": null }))
}

fn known_to<T: for<'a> Deserialize<'a>>(probe: &Value) -> Vec<&'static str> {
    read::<T>(probe).err().map(|wrong| wrong.known().to_vec()).unwrap_or_default()
}

/// Refuses a word that is not among those that are known; `place` are the names of the members that lead to it.
///
/// # Errors
/// [`Wrong`], with what is known and what may have been meant.
pub fn known(place: &[&str], word: &str, known: &[&'static str]) -> Result<(), Wrong> {
    if known.contains(&word) {
        return Ok(());
    }
    let wrong = Wrong::of(What::Unknown { word: word.to_owned(), known: known.to_vec() });
    Err(place.iter().rev().fold(wrong, |wrong, member| wrong.in_member(member)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case", deny_unknown_fields)]
    enum Action {
        Hold,
        Delay {
            ms: u64,
        },
        Slow {
            #[serde(default)]
            chunk: u32,
        },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        lives_s: i64,
        #[serde(default)]
        quota: u32,
        #[serde(default)]
        allowed: bool,
        #[serde(default)]
        names: Vec<String>,
        #[serde(default)]
        pair: Option<(String, String)>,
        #[serde(default)]
        actions: Vec<Action>,
        #[serde(default)]
        by_name: BTreeMap<String, f64>,
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_in_words_of_people() {
        for (file, says) in [
            (json!({ "lives_s": "x" }), "`lives_s`: expected a number of seconds, found text"),
            (json!({ "lives_s": 1.5 }), "`lives_s`: expected a whole number of seconds, found 1.5"),
            (json!({ "lives_s": null }), "`lives_s`: expected a number of seconds, found nothing"),
            (
                json!({ "lives_s": 1, "quota": -1 }),
                "`quota`: expected a whole number from 0 to 4294967295, found -1",
            ),
            (json!({ "lives_s": 1, "quota": [] }), "`quota`: expected a number, found a list"),
            (json!({ "lives_s": 1, "allowed": "yes" }), "`allowed`: expected true or false, found text"),
            (json!({ "lives_s": 1, "names": "a" }), "`names`: expected a list, found text"),
            (json!({ "lives_s": 1, "names": ["a", 2] }), "`names[1]`: expected text, found 2"),
            (json!({ "lives_s": 1, "pair": ["a"] }), "`pair`: expected a list of 2, found a list of 1"),
            (json!({ "lives_s": 1, "by_name": { "a": true } }), "`by_name.a`: expected a number, found true"),
            (json!({ "lives_s": 1, "by_name": 1 }), "`by_name`: expected an object, found 1"),
            (json!({}), "`lives_s` is missing"),
            (
                json!({ "lives_s": 1, "actions": ["hole"] }),
                "`actions[0]`: there is no `hole`; did you mean `hold`? Known: delay, hold, slow",
            ),
            (
                json!({ "lives_s": 1, "actions": [{ "kind": "delay", "ms": "1" }] }),
                "`actions[0].ms`: expected a number of milliseconds, found text",
            ),
            (json!({ "lives_s": 1, "actions": ["delay"] }), "`actions[0].ms` is missing"),
            (
                json!({ "lives_s": 1, "actions": [{ "kind": "hold", "ms": 1 }] }),
                "`actions[0]`: there is no `ms`; `hold` has no members",
            ),
            (json!({ "lives_s": 1, "actions": [{ "ms": 1 }] }), "`actions[0].kind` is missing"),
            (
                json!({ "lives_s": 1, "quotas": 1 }),
                "there is no `quotas`; did you mean `quota`? \
                 Known: actions, allowed, by_name, lives_s, names, pair, quota",
            ),
            (json!([]), "expected an object, found a list"),
        ] {
            assert_eq!(read::<File>(&file).unwrap_err().to_string(), says, "{file}");
        }
        assert_eq!(parse(b"{\n  x}").unwrap_err().to_string(), "invalid JSON at line 2, column 3");
    }

    #[test]
    fn what_is_right_is_read_in_either_spelling() {
        let file = json!({
            "lives_s": -1, "pair": ["a", "b"], "by_name": { "x": 1, "y": 0.5 },
            "actions": ["hold", { "kind": "hold" }, { "kind": "delay", "ms": 5 }, "slow"],
        });
        let read: File = read(&file).unwrap();
        let actions = [Action::Hold, Action::Hold, Action::Delay { ms: 5 }, Action::Slow { chunk: 0 }];
        assert_eq!(read.actions, actions);
        assert_eq!((read.lives_s, read.by_name["y"]), (-1, 0.5));
        assert_eq!(read.pair, Some(("a".to_owned(), "b".to_owned())));
    }

    #[test]
    fn an_enumeration_tells_its_words_and_others_none() {
        assert_eq!(words::<Action>(), ["hold", "delay", "slow"]);
        assert_eq!(words::<String>(), [""; 0]);
        assert_eq!(members::<File>()[..3], ["lives_s", "quota", "allowed"]);
        assert!(known(&["faults"], "hold", &["hold"]).is_ok());
        let wrong = known(&["throttle", "jion"], "jion", &["join", "leave"]).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "`throttle.jion`: there is no `jion`; did you mean `join`? Known: join, leave"
        );
    }
}
