//! nsswitch.conf(5): our service behind those that have the names of this machine itself (login.md 3.3).

use std::ops::Range;

/// The databases that have people in them.
const DATABASES: [&str; 3] = ["passwd", "group", "shadow"];
const OURS: &str = "firmament";
/// Services with names of the machine itself, which come first.
const LOCAL: [&str; 3] = ["files", "compat", "systemd"];

/// What is odd about a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Oddity {
    /// glibc takes its own default for a database without a line, which has no service but the local files.
    #[error("/etc/nsswitch.conf has no line for {0}: a line was added")]
    NoLine(&'static str),
    /// A line that says what happens between services.
    #[error(
        "the line of {0} in /etc/nsswitch.conf has a condition in brackets before firmament: see that it does not \
         end the search, or people of the directory are not found"
    )]
    Condition(&'static str),
}

/// The file with our service in every database that has none yet.
pub(crate) fn with_us(text: &str) -> (String, Vec<Oddity>) {
    let mut oddities = Vec::new();
    let mut whole = text.to_owned();
    for database in DATABASES {
        match Line::find(&whole, database) {
            Some(line) if line.ours().is_some() => {}
            Some(line) => {
                if line.has_condition() {
                    oddities.push(Oddity::Condition(database));
                }
                let at = line.place();
                whole.insert_str(at, &format!(" {OURS}"));
            }
            None => {
                oddities.push(Oddity::NoLine(database));
                // Behind the last whole line, so that it can be taken out again whatever the last one is.
                let at = whole.rfind('\n').map_or(0, |at| at + 1);
                whole.insert_str(at, &added_line(database));
            }
        }
    }
    (whole, oddities)
}

/// The file without our service; a line that [`with_us`] added goes whole.
pub(crate) fn without_us(text: &str) -> String {
    let mut whole = text.to_owned();
    for database in DATABASES {
        whole = whole.replace(&added_line(database), "");
        let Some(word) = Line::find(&whole, database).and_then(|line| line.ours()) else { continue };
        let from = whole[..word.start].trim_end_matches([' ', '\t']).len();
        whole.replace_range(from..word.end, "");
    }
    whole
}

/// Which databases do not have our service.
pub(crate) fn missing(text: &str) -> Vec<&'static str> {
    let has = |database: &&str| Line::find(text, database).is_some_and(|line| line.ours().is_some());
    DATABASES.into_iter().filter(|database| !has(database)).collect()
}

fn added_line(database: &str) -> String {
    format!("{database}: files {OURS} # by aad-tool configure-pam\n")
}

/// The line of a database: the words behind its colon, each with its place in the whole text.
struct Line<'a> {
    words: Vec<(Range<usize>, &'a str)>,
    /// Behind the colon.
    begin: usize,
}

impl<'a> Line<'a> {
    /// The first of a database, which is the one that counts here.
    fn find(text: &'a str, database: &str) -> Option<Line<'a>> {
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let content = line.split('#').next().unwrap_or_default().trim_end();
            if let Some((name, services)) =
                content.split_once(':').filter(|(name, _)| name.trim() == database)
            {
                let begin = at + name.len() + 1;
                return Some(Line { words: words(services, begin), begin });
            }
            at += line.len();
        }
        None
    }

    fn ours(&self) -> Option<Range<usize>> {
        self.words.iter().find(|(_, word)| *word == OURS).map(|(place, _)| place.clone())
    }

    /// Behind the last service with names of this machine, and behind what is said to follow from its answer.
    fn place(&self) -> usize {
        let local = self.words.iter().rposition(|(_, word)| LOCAL.contains(word));
        let Some(local) = local else { return self.words.last().map_or(self.begin, |(place, _)| place.end) };
        let conditions = self.words[local + 1..].iter().take_while(|(_, word)| word.starts_with('['));
        conditions.last().unwrap_or(&self.words[local]).0.end
    }

    fn has_condition(&self) -> bool {
        let place = self.place();
        self.words.iter().any(|(at, word)| at.end <= place && word.starts_with('['))
    }
}

/// Words, and what stands in brackets as one word.
fn words(text: &str, begin: usize) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| !c.is_whitespace()).map(|start| at + start) {
        let rest = &text[start..];
        let length = match rest.starts_with('[') {
            true => rest.find(']').map_or(rest.len(), |end| end + 1),
            false => rest.find(|c: char| c.is_whitespace() || c == '[').unwrap_or(rest.len()),
        };
        found.push((begin + start..begin + start + length, &rest[..length]));
        at = start + length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn our_service_stands_behind_those_of_the_machine() {
        for (before, after) in [
            ("passwd:         files systemd\n", "passwd:         files systemd firmament\n"),
            ("passwd: files # x\n", "passwd: files firmament # x\n"),
            ("passwd: files sss systemd\n", "passwd: files sss systemd firmament\n"),
            ("passwd: sss files\n", "passwd: sss files firmament\n"),
            ("passwd: compat winbind\n", "passwd: compat firmament winbind\n"),
            (
                "passwd: files [SUCCESS=merge] systemd [NOTFOUND=return] x\n",
                "passwd: files [SUCCESS=merge] systemd [NOTFOUND=return] firmament x\n",
            ),
            ("passwd: files[NOTFOUND=continue] x\n", "passwd: files[NOTFOUND=continue] firmament x\n"),
            ("passwd: sss\n", "passwd: sss firmament\n"),
            ("passwd:\n", "passwd: firmament\n"),
            ("#passwd: x\npasswd: files\n", "#passwd: x\npasswd: files firmament\n"),
            ("passwd: firmament files\n", "passwd: firmament files\n"),
        ] {
            let rest = "group: firmament\nshadow: firmament\n";
            assert_eq!(with_us(&format!("{before}{rest}")).0, format!("{after}{rest}"));
        }
    }

    #[test]
    fn what_is_odd_is_said() {
        let (text, odd) = with_us("passwd: files\ngroup: files [SUCCESS=merge] systemd");
        assert_eq!(odd, [Oddity::Condition("group"), Oddity::NoLine("shadow")]);
        assert_eq!(
            text,
            "passwd: files firmament\nshadow: files firmament # by aad-tool configure-pam\n\
             group: files [SUCCESS=merge] systemd firmament"
        );
        assert!(missing(&text).is_empty());
        assert_eq!(missing("passwd: files firmament\nshadow: x"), ["group", "shadow"]);
    }

    proptest! {
        #[test]
        fn twice_is_once_and_there_and_back_is_nothing(
            lines in proptest::collection::vec(
                "(passwd|group|shadow|hosts): ?( |\t)(files|compat|sss)( systemd)?( \\[NOTFOUND=return\\])?( #.{0,3})?|#.{0,5}|",
                0..6,
            ),
            ends in any::<bool>(),
        ) {
            let text = lines.join("\n") + if ends { "\n" } else { "" };
            let (with, _) = with_us(&text);
            prop_assert_eq!(&with_us(&with).0, &with);
            prop_assert_eq!(without_us(&with), text);
        }
    }
}
