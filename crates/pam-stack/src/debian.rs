//! The files that pam-auth-update(8) builds on Debian and Ubuntu: what it would make of them, and whether it would touch
//! them at all.

use crate::profile::{Block, Profile, lines};
use crate::stack::Phase;

/// A file that it builds: `/etc/pam.d/common-…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Common {
    /// Who somebody is.
    Auth,
    /// Whether they may come in.
    Account,
    /// A change of the password.
    Password,
    /// What is made for somebody who is in.
    Session,
    /// The same for cron and its like, where nobody sits.
    SessionNoninteractive,
}

impl Common {
    /// Every one of them.
    pub const ALL: [Common; 5] =
        [Common::Auth, Common::Account, Common::Password, Common::Session, Common::SessionNoninteractive];

    /// Where what was built is.
    pub fn path(self) -> String {
        format!("/etc/pam.d/common-{}", self.word())
    }

    /// Where it is noted what was built.
    pub fn note(self) -> String {
        format!("/var/lib/pam/{}", self.word())
    }

    /// What its rules are about.
    pub fn phase(self) -> Phase {
        match self {
            Common::Auth => Phase::Auth,
            Common::Account => Phase::Account,
            Common::Password => Phase::Password,
            Common::Session | Common::SessionNoninteractive => Phase::Session,
        }
    }

    /// The field of a profile with its lines.
    pub(crate) fn phase_field(self) -> &'static str {
        match self {
            Common::Auth => "Auth",
            Common::Account => "Account",
            Common::Password => "Password",
            Common::Session | Common::SessionNoninteractive => "Session",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Common::SessionNoninteractive => "session-noninteractive",
            other => other.phase().word(),
        }
    }
}

/// Why pam-auth-update leaves a file alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByHand {
    /// It does not know what it built last.
    NoNote,
    /// The lines that show it its blocks are gone.
    NoMarks,
    /// There is a rule in a block that it did not put there.
    Rule(String),
}

/// Which profiles are in force, by the notes of pam-auth-update.
pub fn enabled(note: &str) -> impl Iterator<Item = &str> {
    note.lines()
        .filter_map(|line| line.strip_prefix("Module: "))
        .map(str::trim)
        .filter(|name| *name != "null")
}

/// Whether somebody edited a file so that pam-auth-update does not touch any (its manual page, "--force").
pub fn by_hand(common: Common, text: &str, note: Option<&str>) -> Option<ByHand> {
    let Some(note) = note else { return Some(ByHand::NoNote) };
    let Some([primary, additional]) = blocks(text) else { return Some(ByHand::NoMarks) };
    let noted: Vec<String> = note.lines().filter(|line| !line.starts_with("Module: ")).map(key).collect();
    let mut rest = noted.iter();
    // In its own order, because that is how the tool looks for them.
    let stray = |line: &&str| !rest.any(|noted| *noted == key(without_phase(common, line)));
    let rules = primary.into_iter().chain(additional).filter(|line| !line.trim().is_empty());
    rules.into_iter().find(stray).map(|line| ByHand::Rule(line.trim().to_owned()))
}

/// What pam-auth-update makes of a file with these profiles in force; none where its marks are gone. An option that
/// somebody added to a line by hand it keeps, and this does not.
pub fn built(common: Common, text: &str, profiles: &[Profile]) -> Option<String> {
    blocks(text)?;
    let phase = common.phase().word();
    let rules = |block| match lines(profiles, common, block) {
        rules if rules.is_empty() && block == Block::Primary => {
            format!("{phase}\t[default=1]\t\t\tpam_permit.so\n")
        }
        rules => rules.iter().map(|line| format!("{phase}\t{}\n", spaced(line))).collect::<String>(),
    };
    let mut whole = String::new();
    let mut within = None;
    for line in text.split_inclusive('\n') {
        if within.is_some_and(|end| line.starts_with(end)) {
            within = None;
        }
        if within.is_some() {
            continue;
        }
        whole.push_str(line);
        for (block, begin, end) in MARKS {
            if line.starts_with(begin) {
                whole.push_str(&rules(block));
                within = Some(end);
            }
        }
    }
    Some(whole)
}

/// The tool puts one space between a module and its options, where there are none too.
fn spaced(line: &str) -> String {
    let control = line.find(']').map_or_else(|| line.find(char::is_whitespace), Some).unwrap_or_default();
    let module = line[control..].find(".so").map_or(line.len(), |at| control + at + ".so".len());
    let (rule, options) = line.split_at(module);
    format!("{rule} {}", options.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The lines of the two blocks.
fn blocks(text: &str) -> Option<[Vec<&str>; 2]> {
    let block = |(_, begin, end): (Block, &str, &str)| {
        let mut rest = text.lines().skip_while(|line| !line.starts_with(begin));
        rest.next()?;
        let mut lines = Vec::new();
        for line in rest {
            if line.starts_with(end) {
                return Some(lines);
            }
            lines.push(line);
        }
        None
    };
    Some([block(MARKS[0])?, block(MARKS[1])?])
}

fn without_phase(common: Common, line: &str) -> &str {
    line.trim_start().strip_prefix(common.phase().word()).unwrap_or(line)
}

/// What a rule is known by: control without jumps, and module; its options may be changed by hand.
fn key(line: &str) -> String {
    let line = line.trim();
    let (control, rest) = match line.strip_prefix('[').and_then(|line| line.split_once(']')) {
        Some((control, rest)) => (control, rest),
        None => line.split_once(char::is_whitespace).unwrap_or((line, "")),
    };
    let is_jump = |action: &str| action == "end" || action.parse::<u32>().is_ok();
    let part = |word: &str| match word.split_once('=') {
        Some((answer, action)) if is_jump(action) => format!("{answer}=jump"),
        _ => word.to_owned(),
    };
    let control: Vec<String> = control.split_whitespace().map(part).collect();
    format!("{} {}", control.join(" "), rest.split_whitespace().next().unwrap_or_default())
}

/// How each block begins and ends.
const MARKS: [(Block, &str, &str); 2] = [
    (
        Block::Primary,
        "# here are the per-package modules (the \"Primary\" block)",
        "# here's the fallback if no module succeeds",
    ),
    (
        Block::Additional,
        "# and here are more per-package modules (the \"Additional\" block)",
        "# end of pam-auth-update config",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Homes;
    use crate::stack::{of_phase, parse};
    use crate::verdict::judge;
    use proptest::prelude::*;

    const AUTH: &str = include_str!("../tests/stacks/debian-common-auth");
    const PASSWORD: &str = include_str!("../tests/stacks/debian-common-password");
    const UNIX: &str = include_str!("../tests/stacks/debian-profile-unix");
    const AUTH_NOTE: &str = "Module: unix\n[success=end default=ignore]\tpam_unix.so nullok\n\
        Module: capability\noptional\t\t\tpam_cap.so\n";

    fn profiles(ours: bool) -> Vec<Profile> {
        let capability = "Name: x\nPriority: 0\nAuth-Type: Additional\nAuth:\n\toptional\t\t\tpam_cap.so\n";
        let mut all = vec![Profile::read("unix", UNIX), Profile::read("capability", capability)];
        if ours {
            all.extend(Homes::Empty.profiles().map(|(name, text)| Profile::read(name, text)));
        }
        all
    }

    #[test]
    fn what_is_built_is_right() {
        for (common, text) in [(Common::Auth, AUTH), (Common::Password, PASSWORD)] {
            let with = built(common, text, &profiles(true)).unwrap();
            let rules = of_phase(&parse(&with).unwrap(), common.phase());
            assert_eq!(judge(common.phase(), &rules), [], "{with}");
            assert_eq!(built(common, &with, &profiles(true)).as_ref(), Some(&with), "twice is once");
            assert_eq!(built(common, &with, &profiles(false)).unwrap(), text, "there and back is nothing");
        }
        // That a local password can be changed in it is a test of the module.
        let password = built(Common::Password, PASSWORD, &profiles(true)).unwrap();
        assert_eq!(password, include_str!("../../pam/tests/common-password"));
    }

    #[test]
    fn what_was_edited_by_hand_is_seen() {
        let edited = |from: &str, to: &str| AUTH.replace(from, to);
        let rule = |text: &str| Some(ByHand::Rule(text.to_owned()));
        for (text, expected) in [
            (AUTH.to_owned(), None),
            (edited("pam_unix.so nullok", "pam_unix.so nullok_secure debug"), None),
            (edited("success=1", "success=2"), None),
            (edited("auth\toptional\t\t\tpam_cap.so \n", ""), None),
            (edited("# end of", "auth\trequired\tpam_x.so\n# end of"), rule("auth\trequired\tpam_x.so")),
            (
                edited("[success=1 default=ignore]", "sufficient"),
                rule("auth\tsufficient\tpam_unix.so nullok"),
            ),
            (edited("# here's the fallback", "# here is the fallback"), Some(ByHand::NoMarks)),
            (String::new(), Some(ByHand::NoMarks)),
        ] {
            assert_eq!(by_hand(Common::Auth, &text, Some(AUTH_NOTE)), expected, "{text}");
        }
        assert_eq!(by_hand(Common::Auth, AUTH, None), Some(ByHand::NoNote));
    }

    #[test]
    fn profiles_in_force_are_those_of_the_note() {
        assert_eq!(enabled(AUTH_NOTE).collect::<Vec<_>>(), ["unix", "capability"]);
        assert_eq!(enabled("Module: null\n[default=1]\t\t\tpam_permit.so\n").count(), 0);
    }

    proptest! {
        #[test]
        fn what_stands_outside_the_blocks_stays(before in "[a-z# \n]{0,40}", after in "[a-z# \n]{0,40}") {
            let text = format!("{before}\n{AUTH}{after}");
            let with = built(Common::Auth, &text, &profiles(true)).unwrap();
            prop_assert_eq!(built(Common::Auth, &with, &profiles(false)).unwrap(), text);
        }
    }
}
