//! The files of the languages: what is read of them, and what must be the same in each.

use crate::Language;
use crate::compile::{Messages, Part, TAGS, compare, read, tables};

fn file(tag: &str) -> String {
    std::fs::read_to_string(format!("{}/fluent/{tag}.ftl", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_files_are_those_of_the_languages_in_their_order() {
    assert_eq!(Language::ALL.map(Language::tag), TAGS);
    let read: Vec<Messages> = TAGS.iter().map(|tag| read(&file(tag)).unwrap()).collect();
    assert_eq!(compare(&read), Ok(()));
    assert!(tables(&read).lines().count() > 100);
}

#[test]
fn what_nobody_has_reviewed_says_so_at_its_top() {
    for tag in TAGS.iter().skip(1) {
        let top = file(tag).lines().next().unwrap().to_owned();
        assert!(top.ends_with("Not reviewed by a native speaker."), "{tag}: {top}");
    }
}

#[test]
fn english_is_ascii_alone() {
    assert!(file("en").is_ascii());
}

#[test]
fn a_message_is_text_and_fields_and_numbers_of_them() {
    let text = |text: &str| Part::Text(text.to_owned());
    let field = |name: &str| Part::Field(name.to_owned());
    let counted = "a = You have { $n ->\n    [one] one\n   *[other] { $n } of them\n }.\n";
    for (source, key, parts) in [
        ("a = Hello.", "a", vec![text("Hello.")]),
        ("a = Hello { $name }!", "a", vec![text("Hello "), field("name"), text("!")]),
        ("a = Hello{ \" \" }", "a", vec![text("Hello"), text(" ")]),
        ("a = x\n    .advice = y", "a.advice", vec![text("y")]),
        (
            counted,
            "a",
            vec![
                text("You have "),
                Part::Count("n".to_owned(), vec![text("one")], vec![field("n"), text(" of them")]),
                text("."),
            ],
        ),
    ] {
        assert_eq!(read(source).unwrap().get(key), Some(&parts), "{source}");
    }
}

#[test]
fn what_is_not_used_here_is_named_and_not_guessed_at() {
    for (source, says) in [
        ("a = x\na = y", "a stands there twice"),
        ("-brand = x", "-brand is a term"),
        ("a = { -brand }", "only fields and numbers"),
        ("a = { NUMBER($n) }", "only fields and numbers"),
        ("a = { b }", "only fields and numbers"),
        ("a = x\n    y", "two lines"),
        ("a = { $n ->\n   *[other] x\n}", "one and other"),
        ("a = { $n ->\n    [one] x\n    [few] y\n   *[other] z\n}", "one and other"),
        ("a =\n    .advice = x", "a has no text"),
        ("a = { $x", "at byte"),
        ("a = x | y", "mark of the tables"),
        ("a = { \"{\" }", "mark of the tables"),
        ("a = { $n ->\n [one] { $m ->\n [one] x\n *[other] y\n }\n *[other] z\n}", "within a number"),
    ] {
        let error = read(source).unwrap_err();
        assert!(error.contains(says), "{source}: {error}");
    }
}

#[test]
fn a_message_that_is_missing_or_has_other_fields_is_named() {
    let all = |original: &str, second: &str, others: &str| -> Vec<Messages> {
        [original, second, others, others, others].iter().map(|text| read(text).unwrap()).collect()
    };
    for (original, second, others, says) in [
        ("a = x", "a = x", "a = x", None),
        ("a = { $n }", "a = { $n ->\n [one] x\n *[other] y\n}", "a = { $n }", None),
        ("a = x", "", "a = x", Some("a is missing in de")),
        ("a = x", "a = x\nb = x", "a = x", Some("b is missing in en")),
        ("a = { $n }", "a = { $m }", "a = { $n }", Some("a has other fields in de")),
        ("a = { $n }", "a = x", "a = { $n }", Some("a has other fields in de")),
        ("", "refusal-a = x", "refusal-a = x", None),
        ("", "refusal-a = x", "", Some("refusal-a is missing in fr")),
        ("", "refusal-a = { $n }", "refusal-a = x", Some("refusal-a has other fields in fr")),
        ("refusal-a = x", "refusal-a = x", "refusal-a = x", Some("refusal-a: English has it")),
    ] {
        let compared = compare(&all(original, second, others));
        match says {
            None => assert_eq!(compared, Ok(())),
            Some(says) => assert!(compared.as_ref().is_err_and(|it| it.contains(says)), "{compared:?}"),
        }
    }
}
