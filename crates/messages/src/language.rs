/// A language that people are spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// In ASCII alone.
    #[default]
    English,
    /// Not reviewed by a native speaker, as all that follow.
    German,
    /// See German.
    French,
    /// See German.
    Spanish,
    /// See German.
    Japanese,
}

impl Language {
    /// In the order of the tables.
    pub const ALL: [Language; 5] =
        [Language::English, Language::German, Language::French, Language::Spanish, Language::Japanese];

    /// Its tag (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::French => "fr",
            Language::Spanish => "es",
            Language::Japanese => "ja",
        }
    }

    /// The language of a tag as `de` or `de-AT`; none where nothing is written in it.
    pub fn of_tag(tag: &str) -> Option<Language> {
        let first = tag.split('-').next().unwrap_or_default();
        Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(first))
    }

    /// The language of a locale as `de_DE.UTF-8`; none for C and POSIX, for one that nothing is written in, and for one
    /// that is not UTF-8: what is said would come out as rubbish. Without a character set a locale has an old one.
    pub fn of_locale(locale: &str) -> Option<Language> {
        let (plain, _) = locale.split_once('@').unwrap_or((locale, ""));
        let (name, set) = plain.split_once('.')?;
        let is_utf8 = set.eq_ignore_ascii_case("UTF-8") || set.eq_ignore_ascii_case("utf8");
        let (language, _) = name.split_once('_').unwrap_or((name, ""));
        if is_utf8 { Language::of_tag(language) } else { None }
    }

    /// By the plural rules of the CLDR, for whole numbers below a million.
    pub(crate) fn counts_as_one(self, number: u64) -> bool {
        match self {
            Language::English | Language::German | Language::Spanish => number == 1,
            Language::French => number <= 1,
            Language::Japanese => false,
        }
    }
}

/// The locale of messages that a file as /etc/locale.conf sets (locale.conf(5)); none where it sets none.
pub fn locale_of_file(text: &str) -> Option<&str> {
    let set = |wanted: &str| {
        let mut values = text.lines().filter_map(|line| {
            let (name, value) = line.trim().split_once('=')?;
            (name.trim_start_matches("export ") == wanted).then_some(value)
        });
        values.next_back().map(|value| value.trim_matches(['"', '\''])).filter(|value| !value.is_empty())
    };
    ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set)
}
