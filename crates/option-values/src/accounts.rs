//! Values of the options that say what people's accounts are (login.md 4.1).

use crate::spelling::Spelling;
use crate::values::{Raw, guid, list_by, unless_empty};
use account_options::{HomeAttr, PeopleAndGroups};
use model::{DomainName, ObjectId, Upn};
use std::ops::RangeInclusive;
use std::time::Duration;

/// People by name and groups by object id; a list that is there and empty is nobody.
pub fn members(raw: &Raw<'_>) -> Result<Option<PeopleAndGroups>, String> {
    let parts = list_by(raw, |part| member(raw, part))?;
    let mut list = PeopleAndGroups::default();
    for part in parts.into_iter().flatten() {
        match part {
            Member::Person(name) => list.add_person(name),
            Member::Group(group) => list.add_group(group),
        }
    }
    Ok(Some(list))
}

#[derive(PartialEq)]
enum Member {
    Person(Upn),
    Group(ObjectId),
}

fn member(raw: &Raw<'_>, part: &str) -> Result<Member, String> {
    if let Some(group) = guid(part) {
        if part.starts_with('{') {
            raw.spelt(Spelling::Braces);
        }
        return Ok(Member::Group(group));
    }
    part.parse().map(Member::Person).map_err(|_| match part.parse::<DomainName>() {
        Ok(_) => format!(
            "{MEMBERS}; a domain is neither: where pam_allow_groups is not set, everybody of it may sign in"
        ),
        Err(_) => format!("{MEMBERS}; names of groups are not unique"),
    })
}

/// What the last part of a home directory is, in any case.
pub fn home_name(text: &str) -> Result<Option<HomeAttr>, String> {
    let word = text.to_ascii_uppercase();
    word.parse().map(Some).map_err(|model::UnknownWord(words)| words.join(", "))
}

/// An absolute path as a line of passwd(5) can hold it; it is kept as text, because it may be the beginning of one.
pub fn absolute_text(text: &str) -> Result<Option<String>, String> {
    let good = text.starts_with('/') && !text.contains(':') && model::printable(text, LONGEST_PATH) == text;
    let allowed = || format!("an absolute path of at most {LONGEST_PATH} printable characters without ':'");
    unless_empty(text, |text| good.then(|| text.to_owned()).ok_or_else(allowed))
}

/// The name of a local group.
pub fn group_name(text: &str) -> Result<String, String> {
    let good = is_word(text) && !text.starts_with('-');
    good.then(|| text.to_owned()).ok_or_else(|| GROUP_NAME.to_owned())
}

/// Names of local groups.
pub fn group_names(raw: &Raw<'_>) -> Result<Option<Vec<String>>, String> {
    list_by(raw, |part| group_name(part).map_err(|_| format!("{GROUP_NAME}; several with commas")))
}

/// Parts of names of PAM services.
pub fn services(raw: &Raw<'_>) -> Result<Option<Vec<String>>, String> {
    list_by(raw, |part| {
        is_word(part)
            .then(|| part.to_owned())
            .ok_or_else(|| "names of PAM services, separated by commas".to_owned())
    })
}

fn is_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !":,/".contains(c);
    !text.is_empty() && text.len() <= LONGEST_WORD && text.chars().all(plain)
}

/// Seconds, or a number with `s`, `m`, `h` or `d` behind it.
pub fn duration(text: &str, range: RangeInclusive<u64>) -> Result<Option<Duration>, String> {
    let unit =
        |last: char| [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)].iter().find(|(it, _)| *it == last);
    let (number, unit) = match text.chars().last().and_then(unit) {
        Some((letter, seconds)) => (text.strip_suffix(*letter).unwrap_or(text).trim_end(), *seconds),
        None => (text, 1),
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = number.parse::<u64>().ok().filter(|_| digits).and_then(|number| number.checked_mul(unit));
    let allowed = || {
        let (least, most) = (range.start(), range.end());
        format!("a number of seconds from {least} to {most}, or one with s, m, h or d behind it, as 2h")
    };
    let seconds = seconds.filter(|seconds| range.contains(seconds));
    seconds.map(|seconds| Some(Duration::from_secs(seconds))).ok_or_else(allowed)
}

/// A language tag (RFC 5646): a language of two or three letters, then subtags of up to eight letters and digits.
pub fn language(text: &str) -> Result<Option<String>, String> {
    let mut parts = text.split('-');
    let first =
        parts.next().is_some_and(|it| (2..=3).contains(&it.len()) && is_of(it, u8::is_ascii_alphabetic));
    let rest = parts.all(|it| (1..=8).contains(&it.len()) && is_of(it, u8::is_ascii_alphanumeric));
    let good = first && rest && text.len() <= LONGEST_WORD;
    let allowed = || "a language as de, en or pt-BR".to_owned();
    unless_empty(text, |text| good.then(|| text.to_owned()).ok_or_else(allowed))
}

fn is_of(text: &str, kind: fn(&u8) -> bool) -> bool {
    text.bytes().all(|byte| kind(&byte))
}

/// Longest home prefix and shell.
const LONGEST_PATH: usize = 256;
/// Longest name of a local group (groupadd(8)), of a service, and of a language.
const LONGEST_WORD: usize = 32;
const MEMBERS: &str = "names of people, as alex@contoso.com, and object ids of groups, separated by commas";
const GROUP_NAME: &str = "the name of a local group";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_seconds_or_has_a_unit() {
        for (text, seconds) in [
            ("7200", Some(7_200)),
            ("2h", Some(7_200)),
            ("7d", Some(604_800)),
            ("90 m", Some(5_400)),
            ("1s", Some(1)),
            ("0", None),
            ("h", None),
            ("2hh", None),
            ("-1", None),
            ("+5", None),
            ("2w", None),
            ("", None),
            ("18446744073709551615d", None),
        ] {
            let read = duration(text, 1..=1_000_000).ok().flatten().map(|it| it.as_secs());
            assert_eq!(read, seconds, "{text}");
        }
    }

    #[test]
    fn words_of_accounts_are_checked() {
        for (text, good) in
            [("/bin/bash", true), ("bash", false), ("/a:b", false), ("/a\nb", false), ("/home/", true)]
        {
            assert_eq!(absolute_text(text).is_ok(), good, "{text}");
        }
        for (text, good) in
            [("sudo", true), ("wheel_2", true), ("-r", false), ("a b", false), ("a:b", false), ("", false)]
        {
            assert_eq!(group_name(text).is_ok(), good, "{text}");
        }
        for (text, good) in [
            ("de", true),
            ("pt-BR", true),
            ("zh-Hant-TW", true),
            ("d", false),
            ("de_DE", false),
            ("de-", false),
        ] {
            assert_eq!(language(text).is_ok(), good, "{text}");
        }
        assert_eq!((language(""), home_name("cn")), (Ok(None), Ok(Some(HomeAttr::Cn))));
        assert_eq!(home_name("sAMAccountName"), Err("UUID, SPN, CN".to_owned()));
    }

    #[test]
    fn a_list_holds_names_of_people_and_ids_of_groups() {
        let text = "Alex@contoso.com, {11112222-3333-4444-5555-666677778888},alex@contoso.com";
        let raw = Raw::new(text);
        let list = members(&raw).unwrap().unwrap();
        assert_eq!(list.to_string(), "alex@contoso.com,11112222-3333-4444-5555-666677778888");
        assert_eq!(raw.spellings(), [Spelling::Braces]);
        assert_eq!(members(&Raw::new("")), Ok(Some(PeopleAndGroups::default())));
        for (wrong, says) in
            [("Linux Users", "not unique"), ("contoso.com", "a domain is neither"), ("*", "not unique")]
        {
            assert!(members(&Raw::new(wrong)).unwrap_err().contains(says), "{wrong}");
        }
    }
}
