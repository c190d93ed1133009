//! What the texts of options become, and how values are shown.
//!
//! A reading function gives none for a text that is as if it were not there, and what would be allowed as error.

use crate::foreign::is_foreign;
use model::{BootPolicy, HostPort, UnknownWord};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// A proxy's URL, `http://[user:password@]host:port`, which may hold a password and is never shown.
#[derive(Clone)]
pub struct Proxy(String);

impl Proxy {
    /// The URL, with the password.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Proxy")
    }
}

/// One of the words of an enumeration, in any case.
pub(crate) fn word<T: FromStr<Err = UnknownWord>>(text: &str) -> Result<Option<T>, String> {
    text.to_ascii_lowercase().parse().map(Some).map_err(|UnknownWord(words)| words.join(", "))
}

pub(crate) fn boolean(text: &str) -> Result<Option<bool>, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(Some(true)),
        "false" | "0" => Ok(Some(false)),
        _ => Err("true, false, 1, 0".to_owned()),
    }
}

pub(crate) fn seconds(text: &str, range: RangeInclusive<u64>) -> Result<Option<Duration>, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    let allowed = || format!("a number of seconds from {} to {}", range.start(), range.end());
    number.map(|seconds| Some(Duration::from_secs(seconds))).ok_or_else(allowed)
}

/// Any value that reads itself; `allowed` says what it would take.
pub(crate) fn parsed<T: FromStr>(text: &str, allowed: &str) -> Result<Option<T>, String> {
    unless_empty(text, |text| text.parse().map_err(|_| allowed.to_owned()))
}

/// Values separated by commas, each once; `allowed` says what each would take.
pub(crate) fn list<T: FromStr + PartialEq>(text: &str, allowed: &str) -> Result<Option<Vec<T>>, String> {
    let mut items = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let item = part.parse().map_err(|_| allowed.to_owned())?;
        if !items.contains(&item) {
            items.push(item);
        }
    }
    Ok(Some(items))
}

/// Any texts, separated by commas.
pub(crate) fn texts(text: &str) -> Result<Option<Vec<String>>, String> {
    list(text, "")
}

pub(crate) fn path(text: &str) -> Result<Option<PathBuf>, String> {
    let absolute = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    unless_empty(text, |text| absolute(text).ok_or_else(|| "an absolute path".to_owned()))
}

/// A path for which we have a place of our own; the incumbent's is not used.
pub(crate) fn own_path(text: &str) -> Result<Option<PathBuf>, String> {
    Ok(path(text)?.filter(|path| !is_foreign(&path.to_string_lossy())))
}

pub(crate) fn printable(text: &str, most: usize) -> Result<Option<String>, String> {
    let allowed = || format!("at most {most} printable characters");
    unless_empty(text, |text| {
        if model::printable(text, most) == text { Ok(text.to_owned()) } else { Err(allowed()) }
    })
}

pub(crate) fn device_name(text: &str, most: usize) -> Result<Option<String>, String> {
    printable(text, most).map_err(|allowed| format!("{allowed}, %h for the host name"))
}

pub(crate) fn host(text: &str) -> Result<Option<Option<HostPort>>, String> {
    parsed(text, "a host name with an optional port").map(Some)
}

pub(crate) fn https_host(text: &str) -> Result<Option<Option<HostPort>>, String> {
    let allowed = || "https:// and a host name with an optional port".to_owned();
    let read = |text: &str| {
        let host = text.strip_prefix("https://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        host.and_then(|host| host.parse().ok()).ok_or_else(allowed)
    };
    unless_empty(text, read).map(Some)
}

/// Only PCR 7 changes rarely enough (reliability.md E.1).
pub(crate) fn pcrs(text: &str) -> Result<Option<BootPolicy>, String> {
    text.parse().map(Some).map_err(|_| ONLY_SEVEN.to_owned())
}

pub(crate) fn proxy(text: &str) -> Result<Option<Proxy>, String> {
    let allowed = || "http://host:port or http://user:password@host:port".to_owned();
    unless_empty(text, |text| if is_proxy(text) { Ok(Proxy(text.to_owned())) } else { Err(allowed()) })
}

fn unless_empty<T>(text: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

/// `http://[user[:password]@]host[:port][/]`; special characters of user and password are percent-escaped.
fn is_proxy(value: &str) -> bool {
    let Some(rest) = value.strip_prefix("http://") else { return false };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:%".contains(c);
    user.chars().all(plain) && (host.parse::<HostPort>().is_ok() || is_ipv6(host))
}

fn is_ipv6(host: &str) -> bool {
    let Some((address, port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return false;
    };
    let port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    port && address.parse::<std::net::Ipv6Addr>().is_ok()
}

pub(crate) fn shown(value: impl fmt::Display) -> Option<String> {
    Some(value.to_string())
}

pub(crate) fn path_text(path: &Path) -> String {
    path.display().to_string()
}

pub(crate) fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

const ONLY_SEVEN: &str = "7 alone, or nothing: updates of firmware, boot loader or kernel change every other PCR, \
    and would lock this machine out";
