/// Foreign text for people and logs: at most `most` characters, and none that could steer a terminal
/// or hide or reorder what is read (controls, bidirectional marks, zero-width characters).
pub fn printable(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if is_printable(c) { c } else { ' ' }).take(most).collect();
    clean.trim().to_owned()
}

/// Whether a character only shows itself: no control, no mark of direction, nothing without width. A line end is none.
pub fn is_printable(c: char) -> bool {
    !(c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'))
}

/// Text of several lines without what steers a terminal or turns around what is read.
pub fn for_terminal(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || is_printable(*c)).collect()
}

/// The same JSON, whose texts hold such characters as escapes alone.
pub fn json_for_terminal(json: &str) -> String {
    let mut units = [0; 2];
    let mut escape = |c: char| -> String {
        c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    };
    json.chars().map(|c| if c == '\n' || is_printable(c) { c.to_string() } else { escape(c) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_or_hides_is_left() {
        for (text, most, clean) in [
            ("plain", 9, "plain"),
            ("a\u{1b}[31mb\u{9b}c\r\nd", 99, "a [31mb c  d"),
            ("moc\u{202e}.live\u{2066}x\u{200b}y\u{feff}", 99, "moc .live x y"),
            ("  ünïcödé  ", 99, "ünïcödé"),
            ("abcdef", 3, "abc"),
            ("", 3, ""),
        ] {
            assert_eq!(printable(text, most), clean);
        }
    }

    #[test]
    fn lines_stay_lines_on_a_terminal() {
        assert_eq!(
            for_terminal("a\u{1b}[31mb\u{9b}c\nmoc.\u{202e}\u{200f}live\t\u{7f}\n"),
            "a[31mbc\nmoc.live\n"
        );
    }

    #[test]
    fn json_holds_such_characters_as_escapes() {
        let json = "[\n  \"a\u{9b}b\u{202e}c\u{e0041}d\u{7f}\u{1f511}é\"\n]";
        let shown = json_for_terminal(json);
        assert_eq!(shown, "[\n  \"a\\u009bb\\u202ec\\udb40\\udc41d\\u007f\u{1f511}é\"\n]");
        assert!(shown.chars().all(|c| c == '\n' || is_printable(c)));
    }
}
