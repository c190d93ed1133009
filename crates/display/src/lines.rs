//! Text that fits a terminal of 80 columns: words go to the next line, and what is longer than a line is cut.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of a line.
pub(crate) const COLUMNS: usize = 80;

/// A name and what stands behind it.
pub(crate) type Item = (String, String);

pub(crate) fn item(name: &str, value: impl Into<String>) -> Item {
    (name.to_owned(), value.into())
}

/// Nothing where there is no value.
pub(crate) fn known(name: &str, value: Option<&String>) -> Option<Item> {
    value.map(|value| item(name, value))
}

/// A paragraph; its lines but the first begin with a deeper indent.
pub(crate) fn paragraph(indent: usize, text: &str) -> String {
    hang(&" ".repeat(indent), indent + 2, text)
}

/// One line, cut where it is longer.
pub(crate) fn one_line(text: &str) -> String {
    let lines = wrap(text, COLUMNS - 1, COLUMNS - 1);
    let more = if lines.len() > 1 { "\u{2026}" } else { "" };
    format!("{}{more}\n", lines[0])
}

/// Values below each other, each behind its name.
pub(crate) fn items(indent: usize, items: &[Item]) -> String {
    let width = items.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    let one = |(name, value): &Item| {
        let column = indent + width + 2;
        let gap = " ".repeat(column - indent - name.width());
        hang(&format!("{}{name}{gap}", " ".repeat(indent)), column, value)
    };
    items.iter().map(one).collect()
}

/// The text behind a beginning; further lines start at this column.
fn hang(beginning: &str, column: usize, text: &str) -> String {
    let room = COLUMNS.saturating_sub(column).max(NARROWEST);
    let first = COLUMNS.saturating_sub(beginning.width()).max(NARROWEST);
    let mut out = String::new();
    for (at, line) in wrap(text, first, room).iter().enumerate() {
        let before = if at == 0 { beginning.to_owned() } else { " ".repeat(column) };
        out.push_str(format!("{before}{line}").trim_end());
        out.push('\n');
    }
    out
}

/// Lines of at most so many columns, the first of them with room of its own; at least one.
fn wrap(text: &str, first: usize, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let room_here = |lines: &[String]| if lines.len() == 1 { first } else { room };
        let used = lines.last().map_or(0, |line| line.width());
        let gap = usize::from(used > 0);
        if used + gap + word.width() <= room_here(&lines) {
            push(&mut lines, gap, word);
            continue;
        }
        // A word that fits no line begins where the last one ended.
        if used > 0 && (word.width() <= room || used + gap + 1 > room_here(&lines)) {
            lines.push(String::new());
        }
        let mut rest = word;
        while !rest.is_empty() {
            let used = lines.last().map_or(0, |line| line.width());
            let gap = usize::from(used > 0);
            let (taken, left) = cut(rest, room_here(&lines).saturating_sub(used + gap));
            push(&mut lines, gap, taken);
            rest = left;
            if !rest.is_empty() {
                lines.push(String::new());
            }
        }
    }
    lines
}

fn push(lines: &mut [String], gap: usize, word: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(&" ".repeat(gap));
        line.push_str(word);
    }
}

/// The beginning of a word that fits, of at least one character, and the rest.
fn cut(word: &str, room: usize) -> (&str, &str) {
    let mut used = 0;
    let end = word.char_indices().skip(1).find(|(at, _)| {
        used = word[..*at].width();
        let next = word[*at..].chars().next().and_then(UnicodeWidthChar::width).unwrap_or(0);
        used + next > room
    });
    word.split_at(end.map_or(word.len(), |(at, _)| at))
}

/// Columns that a value has however deep it stands.
const NARROWEST: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_to_the_next_line_and_long_ones_are_cut() {
        for (text, lines) in [
            ("", vec![""]),
            ("one", vec!["one"]),
            ("one two three", vec!["one two", "three"]),
            ("one  two\nthree", vec!["one two", "three"]),
            ("abcdefghijklmnop", vec!["abcdefgh", "ijklmnop"]),
            ("ab cdefghijklmnopqrs t", vec!["ab cdefg", "hijklmno", "pqrs t"]),
            ("abcdefg hijklmnopq", vec!["abcdefg", "hijklmno", "pq"]),
            // Two columns each.
            (
                "\u{65e5}\u{672c}\u{8a9e}\u{65e5}\u{672c}",
                vec!["\u{65e5}\u{672c}\u{8a9e}\u{65e5}", "\u{672c}"],
            ),
        ] {
            assert_eq!(wrap(text, 8, 8), lines, "{text}");
        }
        assert_eq!(wrap("one two three", 3, 9), ["one", "two three"]);
    }

    #[test]
    fn a_line_that_goes_on_elsewhere_ends_with_dots() {
        assert_eq!(one_line("short"), "short\n");
        let told = one_line(&"word ".repeat(40));
        assert!(told.ends_with("word\u{2026}\n") && told.trim_end().width() <= COLUMNS, "{told}");
    }

    #[test]
    fn values_stand_below_each_other() {
        let told = items(2, &[item("Id", "x"), item("Longer name", "y ".repeat(50))]);
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[0], "  Id           x");
        assert!(lines[1].starts_with("  Longer name  y y") && lines[1].len() <= COLUMNS, "{told}");
        assert!(lines[2].starts_with("               y"), "{told}");
        assert_eq!(items(2, &[item("Empty", "")]), "  Empty\n");
    }

    #[test]
    fn however_deep_it_stands_a_line_goes_on() {
        let told = paragraph(200, "a b");
        assert!(told.contains("a b"));
    }
}
