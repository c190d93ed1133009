//! Words that somebody else keeps: on disk, in the status document, on the socket, in logs and scripts.
//!
//! They are frozen in docs/words.md. A word that is new is added by `UPDATE_DOCS=1`; one that the code does not
//! say any more is never taken away by a test, because a record, a script or a client may still say it.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Words by the place where they stand.
pub type Words = BTreeMap<String, BTreeSet<String>>;

/// Compares words of the code with a part of docs/words.md, or adds the new ones with `UPDATE_DOCS=1`.
///
/// # Errors
/// A sentence for the test to fail with: the word that is new, or the frozen one that is gone.
pub fn check_words(part: &str, said: &Words) -> Result<(), String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let path = page();
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let frozen = frozen(&text, part)?;
    if let Some(word) = missing(&frozen, said).first() {
        return Err(format!(
            "docs/words.md freezes {word}, and the code does not say it any more: say it again, or read it as \
             before, move it to the part 'still read' and tell of the change"
        ));
    }
    let new = missing(said, &frozen);
    if new.is_empty() {
        return Ok(());
    }
    if std::env::var_os("UPDATE_DOCS").is_none() {
        let list = new.join(", ");
        return Err(format!("docs/words.md lacks {list}: UPDATE_DOCS=1 cargo test frozen adds it, for good"));
    }
    let renewed = crate::replaced(&text, (&mark(part), crate::END_OF_PART), &format!("\n{}\n", table(said)));
    fs::write(&path, renewed).map_err(|error| format!("{}: {error}", path.display()))
}

/// Makes words of texts.
pub fn words<'t>(place: &str, texts: impl IntoIterator<Item = &'t str>) -> Words {
    Words::from([(place.to_owned(), texts.into_iter().map(str::to_owned).collect())])
}

/// Puts more words to those that are there.
pub fn join(all: impl IntoIterator<Item = Words>) -> Words {
    let mut joined = Words::new();
    for (place, words) in all.into_iter().flatten() {
        joined.entry(place).or_default().extend(words);
    }
    joined
}

/// The names of the members of every object of a JSON text, by the member that holds the object; `root` holds
/// the outermost one.
pub fn members(root: &str, value: &Value) -> Words {
    let below = |name: &str, value: &Value| members(name, value);
    match value {
        Value::Object(object) => {
            let own = words(root, object.keys().map(String::as_str));
            join([own].into_iter().chain(object.iter().map(|(name, value)| below(name, value))))
        }
        Value::Array(list) => join(list.iter().map(|value| below(root, value))),
        _ => Words::new(),
    }
}

/// Every value of an enumeration; one that is not listed does not compile.
#[macro_export]
macro_rules! every {
    ($kind:ident: $($value:ident),+ $(,)?) => {{
        let all = [$($kind::$value),+];
        match all[0] {
            $($kind::$value)|+ => {}
        }
        all
    }};
}

/// The part of the page, without its head.
fn frozen(page: &str, part: &str) -> Result<Words, String> {
    let (_, rest) = page.split_once(&mark(part)).ok_or(format!("docs/words.md has no part '{part}'"))?;
    let lines = rest.split(crate::END_OF_PART).next().unwrap_or_default().lines();
    let rows = lines.filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    Ok(join(rows.map(|(place, listed)| words(place, listed.split('`').skip(1).step_by(2)))))
}

/// The words of the first that the second lacks.
fn missing(these: &Words, those: &Words) -> Vec<String> {
    let has = |place: &String, word: &String| those.get(place).is_some_and(|words| words.contains(word));
    let all = these.iter().flat_map(|(place, words)| words.iter().map(move |word| (place, word)));
    all.filter(|(place, word)| !has(place, word))
        .map(|(place, word)| format!("`{word}` of `{place}`"))
        .collect()
}

fn table(words: &Words) -> String {
    let row = |(place, words): (&String, &BTreeSet<String>)| {
        let list: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        format!("| `{place}` | {} |\n", list.join(" "))
    };
    format!(
        "| Where | Words |\n|---|---|\n{}",
        words.iter().filter(|(_, words)| !words.is_empty()).map(row).collect::<String>()
    )
}

fn mark(part: &str) -> String {
    format!("<!-- {part}, frozen -->\n")
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/words.md")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_gone_and_one_that_is_new_are_both_named() {
        let page =
            format!("A\n{}\n{}\n{}B\n", mark("x"), table(&words("place", ["a", "b"])), crate::END_OF_PART);
        let frozen = frozen(&page, "x").unwrap();
        assert_eq!(frozen, words("place", ["a", "b"]));
        let said = words("place", ["b", "c"]);
        assert_eq!(missing(&frozen, &said), ["`a` of `place`"]);
        assert_eq!(missing(&said, &frozen), ["`c` of `place`"]);
        assert_eq!(missing(&frozen, &words("elsewhere", ["a", "b"])).len(), 2, "a word belongs to its place");
        assert!(super::frozen(&page, "y").unwrap_err().contains("no part 'y'"));
    }

    #[test]
    fn members_stand_under_the_name_that_holds_their_object() {
        let value = serde_json::json!({ "a": [{ "b": 1 }, { "c": { "d": null } }], "e": [1] });
        let wanted = [words("root", ["a", "e"]), words("a", ["b", "c"]), words("c", ["d"])];
        assert_eq!(members("root", &value), join(wanted));
    }

    #[test]
    fn every_value_is_listed() {
        #[derive(Debug, PartialEq)]
        enum Kind {
            One,
            Two,
        }
        assert_eq!(every!(Kind: One, Two), [Kind::One, Kind::Two]);
    }

    #[test]
    fn states_of_a_device_keep_their_names() {
        let page = crate::read("../states.md").unwrap();
        // The machines of a sign-in and of a session have states too, which nobody else keeps.
        let device = page.split("\n## ").nth(1).unwrap();
        let rows = device.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
        let cells: Vec<Vec<&str>> = rows.map(|row| row.split(" | ").collect()).collect();
        let states = cells.iter().skip(1).flat_map(|row| [row[0], row[row.len() - 1]]);
        check_words("states of a device", &words("state", states)).unwrap();
    }
}
