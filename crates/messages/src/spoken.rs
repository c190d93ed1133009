use crate::Language;

/// The language of a machine: of its option `language`, else of its locale.
///
/// The daemon finds it out and writes it down for the module that speaks where the daemon is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spoken {
    language: Language,
    /// Whether an administrator wants it for everybody.
    set: bool,
}

impl Spoken {
    /// By the option, a tag as `de-AT`, and the locale of the system, as `de_DE.UTF-8`; English where neither names a
    /// language that something is written in.
    pub fn new(option: Option<&str>, locale: Option<&str>) -> Spoken {
        let language = match option {
            Some(tag) => Language::of_tag(tag),
            None => locale.and_then(Language::of_locale),
        };
        Spoken { language: language.unwrap_or_default(), set: option.is_some() }
    }

    /// What is spoken in a service of /etc/pam.d. Who comes from elsewhere has a terminal that nobody knows, and the
    /// console of Linux has no letters for Japanese: there it is English, unless the option says otherwise.
    pub fn at(self, service: &str) -> Language {
        let console = service == "login" && self.language == Language::Japanese;
        if !self.set && (is_from_elsewhere(service) || console) { Language::English } else { self.language }
    }

    /// What is spoken to a command whose terminal has this language; English where it says none.
    pub fn to_caller(self, wanted: Option<&str>) -> Language {
        if self.set { self.language } else { wanted.and_then(Language::of_tag).unwrap_or_default() }
    }

    /// One line for a file: `de`, with a `!` behind it where the option says so.
    pub fn encode(self) -> String {
        format!("{}{}\n", self.language.tag(), if self.set { "!" } else { "" })
    }

    /// Reads such a line; none for what is none.
    pub fn decode(line: &str) -> Option<Spoken> {
        let line = line.trim_end_matches('\n');
        let (tag, set) = line.strip_suffix('!').map_or((line, false), |tag| (tag, true));
        let language = Language::ALL.into_iter().find(|language| language.tag() == tag)?;
        Some(Spoken { language, set })
    }
}

/// Services that people come to over the network.
fn is_from_elsewhere(service: &str) -> bool {
    service.contains("ssh") || ["remote", "vsftpd", "xrdp-sesman"].contains(&service)
}
