//! Citations: a page by its file name, a section of it, and perhaps rows or numbered items of the section.

use super::manners::{file_name, files, read};
use std::collections::BTreeMap;
use std::path::Path;

/// The pages of `docs` by their file names.
type Pages = BTreeMap<String, String>;

/// Every citation below the top of the workspace that leads nowhere.
pub(super) fn check(root: &Path) -> Vec<String> {
    let pages = files(&root.join("docs"), ".md").iter().map(|path| (file_name(path), read(path))).collect();
    let folders = ["crates", "docs", "tests", "xtask"].map(|folder| root.join(folder));
    let citing = folders.iter().flat_map(|folder| [files(folder, ".rs"), files(folder, ".md")].concat());
    citing.chain([root.join("README.md")]).flat_map(|path| faults(&pages, &path, &read(&path))).collect()
}

fn faults(pages: &Pages, place: &Path, text: &str) -> Vec<String> {
    // A citation may go on in the next line of a comment.
    let words = text.split_whitespace().filter(|word| !word.trim_matches(['/', '!']).is_empty());
    let words: Vec<&str> = words.collect();
    let mut faults = Vec::new();
    for (at, page) in words.iter().enumerate().filter_map(|(at, word)| Some((at, page_name(word)?))) {
        for (section, part) in cited(words.iter().skip(at + 1)) {
            let lines = pages.get(page).and_then(|text| lines_of(text, section));
            let has_part = |lines: Vec<&str>| {
                part.as_ref().is_none_or(|part| lines.iter().any(|it| it.starts_with(part)))
            };
            if !lines.is_some_and(has_part) {
                let part = part.map(|part| format!(", {part}")).unwrap_or_default();
                faults.push(format!("{} cites {page} {section}{part}, which is not there", place.display()));
            }
        }
    }
    faults
}

/// The file name of a page, whatever path and marks stand around it; none at the end of a clause.
fn page_name(word: &str) -> Option<&str> {
    let name = word.trim_end_matches([',', '`']).rsplit(['/', '(', '[', '"', '`']).next()?;
    name.strip_suffix(".md").is_some_and(|name| !name.is_empty()).then_some(name)
}

/// What the words behind a page's name cite: sections, and how the cited rows and items of a section begin.
fn cited<'w>(words: impl Iterator<Item = &'w &'w str>) -> Vec<(&'w str, Option<String>)> {
    let (mut all, mut section, mut counts_items) = (Vec::new(), None, false);
    for word in words {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        match (bare, section) {
            ("rule" | "rules" | "step" | "steps" | "question", _) => counts_items = true,
            ("and" | "or" | "to" | "section" | "vector", _) => {}
            (item, Some(section)) if counts_items && is_number(item) => {
                all.push((section, Some(format!("{item}. "))))
            }
            (row, Some(section)) if is_row(row) => all.push((section, Some(format!("| {row} |")))),
            (name, _) if is_section(name) => {
                (section, counts_items) = (Some(name), false);
                all.push((name, None));
            }
            _ => break,
        }
        if !["", ","].contains(&word.trim_start_matches(bare)) {
            break;
        }
    }
    all
}

/// The lines of a section, up to the next heading that has a number.
fn lines_of<'p>(page: &'p str, section: &str) -> Option<Vec<&'p str>> {
    let mut lines = page.lines().skip_while(|line| number_of(line) != Some(section));
    lines.next()?;
    Some(lines.take_while(|line| number_of(line).is_none()).collect())
}

/// `2.10` of `### 2.10 Title`, `2` of `## 2. Title`.
fn number_of(line: &str) -> Option<&str> {
    let title = line.strip_prefix('#')?.trim_start_matches('#');
    let number = title.split_whitespace().next()?.trim_end_matches('.');
    is_section(number).then_some(number)
}

/// `3`, `2.10` or `D.3`.
fn is_section(word: &str) -> bool {
    let (chapter, rest) = word.split_once('.').unwrap_or((word, "0"));
    let is_letter = chapter.len() == 1 && word.len() > 1 && chapter.bytes().all(|it| it.is_ascii_uppercase());
    (is_letter || is_number(chapter)) && rest.split('.').all(is_number)
}

/// `D7`: how rows of tables are called.
fn is_row(word: &str) -> bool {
    word.strip_prefix(|it: char| it.is_ascii_uppercase()).is_some_and(is_number)
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Title\n\n## 2. Two\n\n| # | What |\n|---|---|\n| D7 | a row |\n\n### 2.10 Ten\n1. one\n2. two\n\n\
                        ## D. Letters\n\n### D.3 Three\n";

    /// What is wrong with a text in which `@` stands for the page: no real citation may stand here.
    fn wrong(text: &str) -> Vec<String> {
        let pages = Pages::from([(concat!("page", ".md").to_owned(), PAGE.to_owned())]);
        faults(&pages, Path::new("a.rs"), &text.replace('@', concat!("page", ".md")))
    }

    #[test]
    fn a_citation_that_leads_nowhere_is_found() {
        for text in [
            "/// As it says (@ 2.11).",
            "@ 2 and 7",
            "@ 2 to 3.1",
            "@ 2.10, rule 3",
            "@ 2.10, rules 1, 2 and 5",
            "@ 2 D8",
            "@ 2.10 D7",
            "`docs/@` D.4",
            "docs/@, section 9",
            "@ D.3, 2.9.",
            "/// (@\n    /// 2.11)",
            "other@ 2",
        ] {
            assert_eq!(wrong(text).len(), 1, "{text}: {:?}", wrong(text));
        }
        assert_eq!(wrong("@ 5 and 6, rule 1").len(), 3);
    }

    #[test]
    fn what_is_there_or_no_citation_is_left_in_peace() {
        for text in [
            "/// As it says (@ 2.10, rules 1 and 2), and 9.9 says more.",
            "//! @ 2 D7, 2.10 and D.3: 9 of them",
            "@ 2.10 [observed], 7.7",
            "(@ 2; RFC 9110 section 5.6.7)",
            "see @. 9.9 is another thing, and so is [@](docs/@) 9.9",
            "@ is a page, section 9 is none",
            "docs/@, section 2, is a section; vector 9.9",
        ] {
            assert_eq!(wrong(text), [""; 0], "{text}");
        }
    }
}
