//! HTML that cannot hold what somebody sent as anything but text: only literals of ours become markup.

use std::fmt::{self, Display, Write};

/// A piece of HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// Markup of ours.
    pub(super) fn literal(markup: &'static str) -> Html {
        Html(markup.to_owned())
    }

    /// Any text, escaped for content and for attributes.
    pub(super) fn text(text: impl Display) -> Html {
        let mut safe = String::new();
        for letter in text.to_string().chars() {
            match letter {
                '&' => safe.push_str("&amp;"),
                '<' => safe.push_str("&lt;"),
                '>' => safe.push_str("&gt;"),
                '"' => safe.push_str("&quot;"),
                '\'' => safe.push_str("&#39;"),
                // Marks that turn the direction of reading could make one name look like another.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.push('\u{fffd}'),
                other => safe.push(other),
            }
        }
        Html(safe)
    }

    /// The content in an element of this class.
    pub(super) fn element(tag: &'static str, class: &'static str, content: Html) -> Html {
        Html(format!("<{tag} class=\"{class}\">{content}</{tag}>"))
    }

    /// The content with a text that shows when the pointer rests on it.
    pub(super) fn titled(title: &str, content: Html) -> Html {
        Html(format!("<span title=\"{}\">{content}</span>", Html::text(title)))
    }

    /// The two, one after the other.
    pub(super) fn and(mut self, next: Html) -> Html {
        self.0.push_str(&next.0);
        self
    }
}

impl Display for Html {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<T: IntoIterator<Item = Html>>(pieces: T) -> Html {
        pieces.into_iter().fold(Html::default(), Html::and)
    }
}

/// A row of a table: its class and its cells.
pub(super) type Row = (&'static str, Vec<Html>);

/// A table with its heading; on a narrow window each cell names its column itself.
pub(super) struct Table {
    /// Text of the `<h2>`, written without escaping.
    pub(super) title: &'static str,
    /// An id for the section.
    pub(super) id: &'static str,
    /// Names of the columns.
    pub(super) columns: &'static [&'static str],
    /// What to say in the place of a table without rows.
    pub(super) empty: &'static str,
}

impl Table {
    /// The section with its first rows; `total` rows are there in all.
    pub(super) fn render(&self, total: usize, rows: impl Iterator<Item = Row>) -> Html {
        let rows: Vec<Row> = rows.take(MOST_ROWS).collect();
        let mut out = format!("<section id=\"{}\"><h2>{} <small>{total}</small></h2>\n", self.id, self.title);
        if rows.is_empty() {
            let _ = writeln!(out, "<p class=\"empty\">{}</p>", self.empty);
        } else {
            let heads: String =
                self.columns.iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
            let _ = writeln!(out, "<table><thead><tr>{heads}</tr></thead><tbody>");
            rows.iter().for_each(|row| self.row(&mut out, row));
            out.push_str("</tbody></table>\n");
        }
        if total > rows.len() {
            let _ = writeln!(out, "<p class=\"empty\">and {} more</p>", total - rows.len());
        }
        out.push_str("</section>\n");
        Html(out)
    }

    fn row(&self, out: &mut String, (class, cells): &Row) {
        // Writing to a String cannot fail.
        let _ = write!(out, "<tr class=\"{class}\">");
        for (column, cell) in self.columns.iter().zip(cells) {
            let _ = write!(out, "<td data-column=\"{column}\"><div>{cell}</div></td>");
        }
        out.push_str("</tr>\n");
    }
}

/// Rows of a table that are shown.
const MOST_ROWS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table { title: "Things", id: "things", columns: &["Name"], empty: "No thing." };

    #[test]
    fn what_clients_send_stays_text() {
        let hostile = "<script>alert('x')</script>&\"\u{202e}";
        let safe = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;\u{fffd}";
        assert_eq!(Html::text(hostile).to_string(), safe);
        assert_eq!(
            Html::titled(hostile, Html::text("x")).to_string(),
            format!("<span title=\"{safe}\">x</span>")
        );
        let row = TABLE.render(1, [("", vec![Html::text(hostile)])].into_iter()).to_string();
        assert!(row.contains(safe) && !row.contains("<script"), "{row}");
    }

    #[test]
    fn an_empty_table_says_so_and_a_long_one_is_cut() {
        let none = TABLE.render(0, std::iter::empty()).to_string();
        assert!(none.contains("No thing.") && !none.contains("<table"), "{none}");
        let many = (0..MOST_ROWS + 5).map(|number| ("", vec![Html::text(number)]));
        let many = TABLE.render(MOST_ROWS + 5, many).to_string();
        assert_eq!(many.matches("<td").count(), MOST_ROWS);
        assert!(many.contains("and 5 more"), "{many}");
    }
}
