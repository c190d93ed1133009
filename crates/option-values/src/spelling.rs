//! Spellings that are not the standard ones and can mean one thing only.

/// How a value is spelt otherwise than in the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    /// `yes`, `no`, `on` or `off`.
    Boolean,
    /// Quotes around a value or a part of a list.
    Quotes,
    /// Braces around a GUID.
    Braces,
    /// A value that goes on in further lines.
    Lines,
    /// A domain name in letters beyond ASCII.
    Letters,
    /// A domain that is listed beside the domain whose alias it is.
    Alias,
}

impl Spelling {
    /// How it is meant, and the spelling that everybody reads.
    pub fn standard(self) -> &'static str {
        match self {
            Spelling::Boolean => "read as meant; the standard words are true and false",
            Spelling::Quotes => "read without the quotes; the standard spelling has none",
            Spelling::Braces => "read without the braces; the standard spelling of a GUID has none",
            Spelling::Lines => "read as one value; the standard spelling is one line, with commas",
            Spelling::Letters => "read as the name in the DNS, which is the standard spelling",
            Spelling::Alias => "read as an alias; it needs no place among the domains",
        }
    }
}

/// What is between two quotes of one kind that enclose the whole text.
pub fn unquoted(text: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then(|| inner.trim())
    })
}

/// A domain name in letters as it stands in the DNS; none for one that stands so already, or cannot.
pub fn punycode(name: &str) -> Option<String> {
    if name.is_ascii() { None } else { idna::domain_to_ascii(name).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quotes_that_enclose_the_whole_text_are_no_part_of_it() {
        for (text, inner) in [
            ("\"a b\"", Some("a b")),
            ("'a'", Some("a")),
            ("\" a \"", Some("a")),
            ("\"\"", Some("")),
            ("\"", None),
            ("\"a", None),
            ("\"a'", None),
            ("\"a\", \"b\"", None),
            ("it's", None),
        ] {
            assert_eq!(unquoted(text), inner, "{text}");
        }
    }

    #[test]
    fn a_name_in_letters_has_one_form_in_the_dns() {
        assert_eq!(punycode("bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(punycode("BÜCHER.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(punycode("contoso.com"), None);
    }
}
