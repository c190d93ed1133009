//! Names of people in text that was quoted, which are nobody's business but root's and that person's.
//!
//! What looks like a name goes, whatever it is: `alex@contoso.com`, `alex_fabrikam.com#EXT#@contoso.onmicrosoft.com`,
//! `live.com#alex@hotmail.com`, each percent-encoded or not, `CONTOSO\alex`, `CN=Alex Weber`, and in the words of a
//! service everything in quotes. Ids, addresses of pages and numbers stay. A display name in plain text cannot be told
//! from other words.

use model::Guid;

/// The text without names, but for the reader's own. `foreign` text is in the words of a service, which puts names in
/// quotes.
pub(crate) fn hidden(text: &str, own: Option<&str>, foreign: bool) -> String {
    let quoted = if foreign { quotes(text, own) } else { text.to_owned() };
    marked(&quoted, own)
}

/// Without what stands in quotes.
fn quotes(text: &str, own: Option<&str>) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, quote, inside, after)) = quotation(rest, out.chars().last()) {
        out.push_str(before);
        out.push(quote.0);
        out.push_str(if is_harmless(inside) || is_own(inside, own) { inside } else { HIDDEN });
        out.push(quote.1);
        rest = after;
    }
    out + rest
}

/// What is before a quotation, its marks, what is in it, and what is behind it.
type Quotation<'a> = (&'a str, (char, char), &'a str, &'a str);

/// The first quotation; an apostrophe within a word opens and closes none.
fn quotation(text: &str, before: Option<char>) -> Option<Quotation<'_>> {
    let mut last = before;
    for (at, mark) in text.char_indices() {
        let opens = QUOTES.iter().find(|(open, _)| *open == mark);
        let in_word = last.is_some_and(char::is_alphanumeric);
        last = Some(mark);
        let Some((_, close)) = opens.filter(|_| !in_word) else { continue };
        let inside = &text[at + mark.len_utf8()..];
        let ends = |(at, found): &(usize, char)| {
            let next = inside[at + found.len_utf8()..].chars().next();
            found == close && !next.is_some_and(char::is_alphanumeric)
        };
        if let Some((end, _)) = inside.char_indices().find(ends) {
            let behind = &inside[end + close.len_utf8()..];
            return Some((&text[..at], (mark, *close), &inside[..end], behind));
        }
    }
    None
}

/// Ids, numbers and addresses of pages name nobody.
fn is_harmless(inside: &str) -> bool {
    let page = ["https://", "http://", "urn:"].iter().any(|scheme| inside.starts_with(scheme));
    let number = inside.strip_prefix("AADSTS").unwrap_or(inside).chars().all(|c| c.is_ascii_digit());
    number || page || inside.parse::<Guid>().is_ok()
}

/// Without words that hold a mark of a name.
fn marked(text: &str, own: Option<&str>) -> String {
    let lower = text.to_ascii_lowercase();
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    while let Some((at, kind, length)) = first_mark(&lower[done..]) {
        let (mark, behind) = (done + at, done + at + length);
        let start = done + start_of(&text[done..mark]);
        let end = end_of(text, kind, behind);
        let (before, after) = (start < mark, behind < end);
        let somebody = match kind {
            Mark::Between => before && after,
            Mark::Before => before,
            Mark::Behind => after,
            Mark::CommonName => after && text[behind..end].parse::<Guid>().is_err(),
        };
        let next = if somebody { end } else { behind };
        if somebody && !is_own(&text[start..end], own) {
            out.push_str(&text[done..start]);
            out.push_str(HIDDEN);
        } else {
            out.push_str(&text[done..next]);
        }
        done = next;
    }
    out.push_str(&text[done..]);
    out
}

/// Where a name is around its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// On both sides.
    Between,
    /// Before it, and perhaps behind it.
    Before,
    /// Behind it, and perhaps before it.
    Behind,
    /// Behind it, up to the next comma.
    CommonName,
}

/// Where the first mark is, what it is, and its length in bytes; the longest where several begin.
fn first_mark(lower: &str) -> Option<(usize, Mark, usize)> {
    let found = MARKS.iter().filter_map(|(mark, kind)| Some((lower.find(mark)?, *kind, mark.len())));
    found.min_by_key(|(at, _, length)| (*at, usize::MAX - length))
}

/// Where the word before a mark begins; one in quotes is taken whole.
fn start_of(before: &str) -> usize {
    if let Some(inside) = before.strip_suffix('"')
        && let Some(open) = inside.rfind('"')
    {
        return open;
    }
    let start = before.char_indices().rev().take_while(|(at, c)| in_name(before, *at, *c)).last();
    start.map_or(before.len(), |(at, _)| at)
}

/// Where the word behind a mark ends.
fn end_of(text: &str, kind: Mark, behind: usize) -> usize {
    let rest = &text[behind..];
    if kind == Mark::CommonName {
        return behind + rest.find([',', ';', '"', '\'', ')']).unwrap_or(rest.len());
    }
    let last = rest.char_indices().take_while(|(at, c)| in_name(text, behind + at, *c)).last();
    let end = last.map_or(0, |(at, c)| at + c.len_utf8());
    behind + rest[..end].trim_end_matches(['.', '?', '!', '=', '&']).len()
}

/// Whether a character belongs to a word with a name in it. An apostrophe does between letters only.
fn in_name(text: &str, at: usize, c: char) -> bool {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        '\'' | '\u{2019}' => {
            letter(text[..at].chars().next_back()) && letter(text[at + c.len_utf8()..].chars().next())
        }
        _ => c.is_alphanumeric() || "._-+#%$&*/=?^{|}~!@\\\u{ff20}\u{fe6b}".contains(c),
    }
}

/// Whether it is the name of the reader, however it is written.
fn is_own(name: &str, own: Option<&str>) -> bool {
    let plain = AT_SIGNS.iter().fold(name.to_lowercase(), |name, at| name.replace(at, "@"));
    own.is_some_and(|own| own.to_lowercase() == plain)
}

const HIDDEN: &str = "(name hidden)";
/// At signs in every writing.
const AT_SIGNS: [&str; 8] =
    ["%2540", "%40", "&#64;", "&#x40;", "&commat;", "\\u0040", "\u{ff20}", "\u{fe6b}"];
/// What is found in names only, in lower case.
const MARKS: [(&str, Mark); 14] = [
    ("@", Mark::Between),
    ("%2540", Mark::Between),
    ("%40", Mark::Between),
    ("&#64;", Mark::Between),
    ("&#x40;", Mark::Between),
    ("&commat;", Mark::Between),
    ("\\u0040", Mark::Between),
    ("\u{ff20}", Mark::Between),
    ("\u{fe6b}", Mark::Between),
    ("\\", Mark::Between),
    ("#ext#", Mark::Before),
    ("%23ext%23", Mark::Before),
    ("live.com#", Mark::Behind),
    ("cn=", Mark::CommonName),
];
/// Marks that open and close.
const QUOTES: [(char, char); 6] = [
    ('\'', '\''),
    ('"', '"'),
    ('`', '`'),
    ('\u{2018}', '\u{2019}'),
    ('\u{201c}', '\u{201d}'),
    ('\u{ab}', '\u{bb}'),
];

#[cfg(test)]
#[path = "tests/names.rs"]
mod tests;
