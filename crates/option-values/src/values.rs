use crate::foreign::is_foreign;
use crate::spelling::{Spelling, punycode, unquoted};
use model::{BootPolicy, DomainName, HostPort, TenantId, UnknownWord};
use std::cell::RefCell;
use std::fmt;
use std::ops::{Deref, RangeInclusive};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// The text of a value while it is read, and what its reader noticed.
pub struct Raw<'t> {
    text: &'t str,
    noticed: RefCell<Noticed>,
}

#[derive(Default)]
struct Noticed {
    spellings: Vec<Spelling>,
    part: Option<(usize, String)>,
}

impl<'t> Raw<'t> {
    /// Takes the text of an entry.
    pub fn new(text: &'t str) -> Raw<'t> {
        Raw { text, noticed: RefCell::default() }
    }

    /// Spellings other than the standard one.
    pub fn spellings(&self) -> Vec<Spelling> {
        self.noticed.borrow().spellings.clone()
    }

    /// The part of a list that is not allowed, and how many lines below the first it stands.
    pub fn part(&self) -> Option<(usize, String)> {
        self.noticed.borrow().part.clone()
    }

    pub(crate) fn spelt(&self, spelling: Spelling) {
        let mut noticed = self.noticed.borrow_mut();
        if !noticed.spellings.contains(&spelling) {
            noticed.spellings.push(spelling);
        }
    }

    /// The parts of a list without quotes, each with how many lines below the first it stands.
    fn parts(&self) -> Vec<(usize, &'t str)> {
        let lines = self.text.split('\n').enumerate();
        let parts = lines.flat_map(|(below, line)| line.split(',').map(move |part| (below, part.trim())));
        let plain = |part| match unquoted(part) {
            Some(inner) => {
                self.spelt(Spelling::Quotes);
                inner
            }
            None => part,
        };
        parts.map(|(below, part)| (below, plain(part))).filter(|(_, part)| !part.is_empty()).collect()
    }
}

impl Deref for Raw<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.text
    }
}

/// One of the words of an enumeration, in any case.
pub fn word<T: FromStr<Err = UnknownWord>>(text: &str) -> Result<Option<T>, String> {
    text.to_ascii_lowercase().parse().map(Some).map_err(|UnknownWord(words)| words.join(", "))
}

/// `yes`, `no`, `on` and `off` are what other programs call it.
pub fn boolean(raw: &Raw<'_>) -> Result<Option<bool>, String> {
    let word = raw.to_ascii_lowercase();
    if ["yes", "no", "on", "off"].contains(&word.as_str()) {
        raw.spelt(Spelling::Boolean);
    }
    match word.as_str() {
        "true" | "1" | "yes" | "on" => Ok(Some(true)),
        "false" | "0" | "no" | "off" => Ok(Some(false)),
        _ => Err("true, false, 1, 0".to_owned()),
    }
}

/// A number of seconds within a range.
pub fn seconds(text: &str, range: RangeInclusive<u64>) -> Result<Option<Duration>, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    let allowed = || format!("a number of seconds from {} to {}", range.start(), range.end());
    number.map(|seconds| Some(Duration::from_secs(seconds))).ok_or_else(allowed)
}

/// Any value that reads itself; `allowed` says what it would take.
pub fn parsed<T: FromStr>(text: &str, allowed: &str) -> Result<Option<T>, String> {
    unless_empty(text, |text| text.parse().map_err(|_| allowed.to_owned()))
}

/// Values separated by commas, each once; `read` says of a part what would be allowed.
pub fn list_by<T: PartialEq>(
    raw: &Raw<'_>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<Vec<T>>, String> {
    let mut items = Vec::new();
    for (below, part) in raw.parts() {
        let item = read(part).inspect_err(|_| {
            raw.noticed.borrow_mut().part = Some((below, part.to_owned()));
        })?;
        if !items.contains(&item) {
            items.push(item);
        }
    }
    Ok(Some(items))
}

/// The same of what reads itself; `allowed` says what each part would take.
pub fn list<T: FromStr + PartialEq>(raw: &Raw<'_>, allowed: &str) -> Result<Option<Vec<T>>, String> {
    list_by(raw, |part| part.parse().map_err(|_| allowed.to_owned()))
}

/// Domain names; those in letters beyond ASCII are read as they stand in the DNS.
pub fn domains(raw: &Raw<'_>) -> Result<Option<Vec<DomainName>>, String> {
    list_by(raw, |part| match punycode(part).and_then(|name| name.parse().ok()) {
        Some(name) => {
            raw.spelt(Spelling::Letters);
            Ok(name)
        }
        None => part.parse().map_err(|_| not_a_domain(part)),
    })
}

/// What would be allowed, with the domain that seems to be meant.
pub fn not_a_domain(text: &str) -> String {
    let host = text.rsplit_once("://").map_or(text, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, domain)| domain);
    let meant = host.trim_start_matches("*.").trim_matches('.').parse::<DomainName>();
    match (meant, guid::<TenantId>(text)) {
        (Ok(name), _) => format!("{DOMAINS}; did you mean {name}?"),
        (_, Some(_)) => format!("{DOMAINS}; the id of a tenant belongs into tenant_id"),
        _ => DOMAINS.to_owned(),
    }
}

/// A GUID, with or without braces.
pub fn tenant(raw: &Raw<'_>) -> Result<Option<Option<TenantId>>, String> {
    let read = |text: &str| guid(text).ok_or_else(|| "a GUID".to_owned());
    if raw.starts_with('{') {
        raw.spelt(Spelling::Braces);
    }
    unless_empty(raw, read).map(Some)
}

pub(crate) fn guid<I: FromStr>(text: &str) -> Option<I> {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    inner.unwrap_or(text).trim().parse().ok()
}

/// An absolute path.
pub fn path(text: &str) -> Result<Option<PathBuf>, String> {
    let absolute = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    unless_empty(text, |text| absolute(text).ok_or_else(|| "an absolute path".to_owned()))
}

/// A path for which we have a place of our own; the incumbent's is not used.
pub fn own_path(text: &str) -> Result<Option<PathBuf>, String> {
    Ok(path(text)?.filter(|path| !is_foreign(&path.to_string_lossy())))
}

/// A text of so many printable characters at most.
pub fn printable(text: &str, most: usize) -> Result<Option<String>, String> {
    let allowed = || format!("at most {most} printable characters");
    unless_empty(text, |text| {
        if model::printable(text, most) == text { Ok(text.to_owned()) } else { Err(allowed()) }
    })
}

/// The same, in which `%h` is the host name.
pub fn device_name(text: &str, most: usize) -> Result<Option<String>, String> {
    printable(text, most).map_err(|allowed| format!("{allowed}, %h for the host name"))
}

/// A host with an optional port.
pub fn host(text: &str) -> Result<Option<Option<HostPort>>, String> {
    let allowed = || match text.strip_prefix("https://").map(|rest| rest.trim_end_matches('/')) {
        Some(rest) if rest.parse::<HostPort>().is_ok() => {
            format!("a host name with an optional port; did you mean {rest}?")
        }
        _ => "a host name with an optional port".to_owned(),
    };
    unless_empty(text, |text| text.parse().map_err(|_| allowed())).map(Some)
}

/// The same behind `https://`, with or without a slash at the end.
pub fn https_host(text: &str) -> Result<Option<Option<HostPort>>, String> {
    let allowed = || match text.parse::<HostPort>() {
        Ok(host) => format!("https:// and a host name with an optional port; did you mean https://{host}?"),
        Err(_) => "https:// and a host name with an optional port".to_owned(),
    };
    let read = |text: &str| {
        let host = text.strip_prefix("https://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        host.and_then(|host| host.parse().ok()).ok_or_else(allowed)
    };
    unless_empty(text, read).map(Some)
}

/// Only PCR 7 changes rarely enough (reliability.md E.1).
pub fn pcrs(text: &str) -> Result<Option<BootPolicy>, String> {
    text.parse().map(Some).map_err(|_| ONLY_SEVEN.to_owned())
}

/// None for an empty text; what `read` makes of any other.
pub fn unless_empty<T>(
    text: &str,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

/// A value as text, for `aad-tool config`.
pub fn shown(value: impl fmt::Display) -> Option<String> {
    Some(value.to_string())
}

/// A path as text.
pub fn path_text(path: &Path) -> String {
    path.display().to_string()
}

/// A list as the option is written.
pub fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

const ONLY_SEVEN: &str = "7 alone, or nothing: updates of firmware, boot loader or kernel change every other PCR, \
    and would lock this machine out";
const DOMAINS: &str = "domain names, separated by commas";
