//! What one file says of names: those that it defines, takes and mentions. Tests are passed over.

use std::collections::BTreeSet;

/// The names of one file, as far as they can be told from its text alone.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// What stands outside of every block; a macro's items are not seen.
    pub(super) defines: BTreeSet<String>,
    pub(super) uses: Vec<Use>,
    /// Every identifier outside of `use`.
    pub(super) mentions: BTreeSet<String>,
    /// Paths of two segments and more outside of `use`.
    pub(super) paths: BTreeSet<Vec<String>>,
    /// Macros, which every file below the crate may name.
    pub(super) macros: BTreeSet<String>,
    /// Modules of files that are there for tests only.
    pub(super) test_modules: BTreeSet<String>,
}

/// One name that a `use` brings; a whole module's are `*`.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) name: String,
    /// The path; one that begins with `::` has that as its first segment.
    pub(super) path: Vec<String>,
    /// Whether the name is passed on.
    pub(super) is_public: bool,
}

const DEFINING: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod"];

/// Reads a file's text.
pub(super) fn read(text: &str) -> Source {
    let mut source = Source::default();
    let tokens = without_tests(&tokens(text), &mut source.test_modules);
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).map_or("", |before| tokens[before]);
        match *token {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "use" if tokens.get(at + 1) != Some(&"<") => {
                let end = at + tokens[at..].iter().position(|token| *token == ";").unwrap_or_default();
                let is_public = ["pub", ")"].contains(&before);
                branch(&mut tokens[at + 1..=end].iter(), &[], is_public, &mut source.uses);
                at = end;
            }
            // The declaration of a file's module is no use of it.
            "mod" if tokens.get(at + 2) == Some(&";") => at += 2,
            "macro_rules" => source.macros.extend(tokens.get(at + 2).map(|name| (*name).to_owned())),
            token if is_name(token) => {
                if depth == 0 && DEFINING.contains(&before) {
                    source.defines.insert(token.to_owned());
                }
                let path = path(&tokens[at..]);
                source.mentions.extend(path.iter().cloned());
                at += path.len() * 2 - 2;
                let is_scope = before == "in" && at >= 2 && tokens.get(at + 1) == Some(&")");
                if path.len() > 1 && before != "." && !is_scope {
                    source.paths.insert(path);
                }
            }
            _ => {}
        }
        at += 1;
    }
    source
}

/// The names from here on that are joined by `::`.
fn path(tokens: &[&str]) -> Vec<String> {
    let mut path = vec![tokens[0].to_owned()];
    for pair in tokens[1..].chunks(2) {
        match pair {
            ["::", name] if is_name(name) => path.push((*name).to_owned()),
            _ => break,
        }
    }
    path
}

/// One branch of the tree of a use, up to its comma, brace or semicolon; tells whether it was the last.
fn branch<'a>(
    tokens: &mut impl Iterator<Item = &'a &'a str>,
    stem: &[String],
    is_public: bool,
    uses: &mut Vec<Use>,
) -> bool {
    let mut path = stem.to_vec();
    let mut name = None;
    let mut is_last = true;
    while let Some(token) = tokens.next() {
        match *token {
            "{" => {
                while !branch(tokens, &path, is_public, uses) {}
                path = stem.to_vec();
            }
            "," => {
                is_last = false;
                break;
            }
            "}" | ";" => break,
            "as" => name = tokens.next().map(|name| (*name).to_owned()),
            "::" if !path.is_empty() => {}
            "*" => name = Some("*".to_owned()),
            "self" if !path.is_empty() => name = path.last().cloned(),
            segment => path.push(segment.to_owned()),
        }
    }
    if path.len() > stem.len() || name.is_some() {
        let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
        uses.push(Use { name, path, is_public });
    }
    is_last
}

/// The tokens without every item and field that is there for tests only, and those of them that are files.
fn without_tests<'a>(tokens: &[&'a str], files: &mut BTreeSet<String>) -> Vec<&'a str> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].starts_with(&MARK) {
            let start = at + MARK.len();
            at = start + item_length(&tokens[start..]);
            let item = &tokens[start..at];
            let module = item.iter().position(|token| *token == "mod").map(|place| &item[place..]);
            if let Some(["mod", name, ";"]) = module {
                files.insert((*name).to_owned());
            }
        } else {
            kept.push(tokens[at]);
            at += 1;
        }
    }
    kept
}

/// How many tokens an item or a field has, with its semicolon, brace or comma.
fn item_length(tokens: &[&str]) -> usize {
    let name = tokens.iter().position(|token| is_name(token) && !["pub", "crate", "super"].contains(token));
    let is_field = name.is_some_and(|name| tokens.get(name + 1) == Some(&":"));
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "(" | "[" | "{" => depth += 1,
            // The block around it ends.
            ")" | "]" | "}" if depth == 0 => return at,
            "}" if depth == 1 && !is_field => return at + 1,
            ")" | "]" | "}" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            "," if depth == 0 && is_field => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Identifiers, `::` and single characters; no comments, texts, characters and lifetimes.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let blank = blank(rest, first);
        let token = match first {
            _ if blank > 0 => blank,
            ':' if rest.starts_with("::") => 2,
            first if is_part(first) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        let (token, after) = rest.split_at(token);
        if blank == 0 {
            found.push(token);
        }
        rest = after;
    }
    found
}

/// How many bytes from here say nothing of names.
fn blank(rest: &str, first: char) -> usize {
    let until = |end: &str, from: usize| {
        rest.get(from..).and_then(|text| text.find(end)).map_or(rest.len(), |at| from + at + end.len())
    };
    if first.is_whitespace() {
        return first.len_utf8();
    }
    if rest.starts_with("//") {
        return until("\n", 0);
    }
    if rest.starts_with("/*") {
        return until("*/", 2);
    }
    if first == '\'' {
        return character(rest);
    }
    let text = rest.trim_start_matches(['b', 'c']);
    if let Some(raw) = text.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let begins = rest.len() - raw.len() + hashes + 1;
        let is_raw = raw[hashes..].starts_with('"');
        return if is_raw { until(&format!("\"{}", "#".repeat(hashes)), begins) } else { 0 };
    }
    if text.starts_with('"') { rest.len() - text.len() + quoted(text) } else { 0 }
}

/// A text in quotes with its escapes.
fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character in quotes, or the name of a lifetime.
fn character(rest: &str) -> usize {
    let inner = &rest[1..];
    if inner.starts_with('\\') {
        return inner.get(2..).and_then(|text| text.find('\'')).map_or(rest.len(), |at| at + 4);
    }
    let length = inner.chars().next().map_or(0, char::len_utf8);
    if inner[length..].starts_with('\'') {
        return length + 2;
    }
    1 + inner.find(|c| !is_part(c)).unwrap_or(inner.len())
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(text: &str) -> Vec<String> {
        read(text).uses.iter().map(|used| format!("{} = {}", used.name, used.path.join("/"))).collect()
    }

    #[test]
    fn a_tree_of_uses_is_told_apart() {
        let text = "use crate::a::{self, b::{C as D, E}, f::*};\npub(crate) use ::model::Failure;";
        let wanted = ["a = crate/a", "D = crate/a/b/C", "E = crate/a/b/E", "* = crate/a/f"];
        assert_eq!(uses(text), [&wanted[..], &["Failure = ::/model/Failure"]].concat());
        let public: Vec<bool> = read(text).uses.iter().map(|used| used.is_public).collect();
        assert_eq!(public, [false, false, false, false, true]);
    }

    #[test]
    fn paths_names_and_definitions_are_read_and_texts_are_not() {
        let text = r##"
            const A: &str = "crate::b::C"; // crate::d
            fn e<'a>(f: &'a g::H) -> char { i.j::<K>(); crate::l::m('"', r#"n::o"#, '\'', p!()) }
        "##;
        let source = read(text);
        let path = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(source.paths, BTreeSet::from([path("g::H"), path("crate::l::m")]));
        assert_eq!(source.defines, BTreeSet::from(["A", "e"].map(str::to_owned)));
        assert!(source.mentions.contains("p") && !source.mentions.contains("o"));
    }

    #[test]
    fn what_is_there_for_tests_is_passed_over() {
        let text = "#[cfg(test)]\nmod pages;\n#[cfg(test)]\nuse crate::a;\nstruct B {\n    #[cfg(test)]\n    \
            pub(crate) c: fn() -> crate::d::E,\n    f: crate::g::H,\n}\n#[cfg(test)]\nmod tests {\n    use super::*;\n}";
        let source = read(text);
        assert_eq!(source.test_modules, BTreeSet::from(["pages".to_owned()]));
        assert!(source.uses.is_empty());
        assert_eq!(source.paths.len(), 1, "{:?}", source.paths);
        assert!(source.mentions.contains("f") && !source.mentions.contains("c"));
    }
}
