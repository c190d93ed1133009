//! Profiles of pam-auth-update(8), by its manual page: fields, and lines for each phase that are put into `common-*`.

use crate::debian::Common;

/// The profiles of this project: the name of the file, and its text.
///
/// The one for passwords stands behind pam_unix: before it, pam_unix would take a new password only from a module that
/// had asked for one, and local people could not change theirs (seen with Debian 12). The last one is in force with
/// `use_etc_skel` alone: it makes a home before the first one would make an empty one.
pub const OUR_PROFILES: [(&str, &str); 3] = [
    ("firmament", include_str!("../../pam/pam-configs/firmament")),
    ("firmament-password", include_str!("../../pam/pam-configs/firmament-password")),
    (PROFILE_OF_SKEL, include_str!("../../pam/pam-configs/firmament-skel")),
];

/// The profile that fills new homes from `/etc/skel`.
pub const PROFILE_OF_SKEL: &str = "firmament-skel";

/// What a new home has in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Homes {
    /// Nothing.
    #[default]
    Empty,
    /// The files of `/etc/skel` (`use_etc_skel`).
    FromSkel,
}

impl Homes {
    /// The profiles that are in force then: name and text.
    pub fn profiles(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        OUR_PROFILES.into_iter().filter(move |(name, _)| self == Homes::FromSkel || *name != PROFILE_OF_SKEL)
    }

    /// The options of pam_mkhomedir(8). No directory is that with nothing in it.
    pub(crate) fn options(self) -> &'static str {
        match self {
            Homes::Empty => "umask=0077 skel=",
            Homes::FromSkel => "umask=0077 skel=/etc/skel",
        }
    }
}

/// The block of a `common-*` file that lines go into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    /// One of these modules has to let the person in.
    Primary,
    /// All of these run for whoever is in.
    Additional,
}

/// What a profile has for one `common-*` file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    block: Block,
    lines: Vec<String>,
    /// In the place of `lines` for the first profile of the block.
    initial: Vec<String>,
}

/// One profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    name: String,
    priority: i64,
    parts: Vec<(Common, Part)>,
}

impl Profile {
    /// Reads the text of a profile file; what is no field is a line of the field before it.
    pub fn read(name: &str, text: &str) -> Profile {
        let fields = fields(text);
        let value = |field: &str| {
            let found = fields.iter().find(|(name, _)| name == field);
            found.map(|(_, lines)| lines.clone()).unwrap_or_default()
        };
        let first = |field: &str| value(field).into_iter().next();
        let interactive = first("Session-Interactive-Only").is_some();
        let part = |common: Common| {
            let field = common.phase_field();
            let block = match first(&format!("{field}-Type"))?.as_str() {
                "Primary" => Block::Primary,
                _ => Block::Additional,
            };
            // The lines of older profiles are in a field of another name.
            let lines = [value(field), value(&format!("{field}-Final"))].concat();
            let initial = value(&format!("{field}-Initial"));
            Some((common, Part { block, lines, initial }))
        };
        let wanted =
            Common::ALL.into_iter().filter(|it| *it != Common::SessionNoninteractive || !interactive);
        Profile {
            name: name.to_owned(),
            priority: first("Priority").and_then(|text| text.parse().ok()).unwrap_or_default(),
            parts: wanted.filter_map(part).collect(),
        }
    }

    /// What it puts into a block.
    fn lines(&self, common: Common, block: Block, is_first: bool) -> Option<&[String]> {
        let (_, part) = self.parts.iter().find(|(it, part)| *it == common && part.block == block)?;
        Some(if is_first && !part.initial.is_empty() { &part.initial } else { &part.lines })
    }
}

/// The lines of a block with these profiles, in force the higher their priority; `end` in a control is the number of
/// rules to the end of the block and over the rule that denies.
pub(crate) fn lines(profiles: &[Profile], common: Common, block: Block) -> Vec<String> {
    let mut sorted: Vec<&Profile> = profiles.iter().collect();
    sorted.sort_by(|a, b| (b.priority, &b.name).cmp(&(a.priority, &a.name)));
    let mut lines: Vec<&str> = Vec::new();
    let mut is_first = true;
    for profile in sorted {
        if let Some(found) = profile.lines(common, block, is_first) {
            lines.extend(found.iter().map(String::as_str));
            is_first = false;
        }
    }
    let count = lines.len();
    let rest = |at: usize| if block == Block::Primary { count - at } else { count - at - 1 };
    lines.iter().enumerate().map(|(at, line)| with_jump(line, rest(at))).collect()
}

fn with_jump(line: &str, over: usize) -> String {
    let (control, rest) = line.split_once(']').map_or(("", line), |(control, rest)| (control, rest));
    match control {
        "" => line.to_owned(),
        control => format!("{}]{rest}", control.replace("=end", &format!("={over}"))),
    }
}

fn fields(text: &str) -> Vec<(String, Vec<String>)> {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        let is_field = !line.starts_with(char::is_whitespace);
        match line.split_once(':').filter(|(name, _)| is_field && !name.contains(char::is_whitespace)) {
            Some((name, value)) => {
                let value = value.trim();
                let lines = if value.is_empty() { Vec::new() } else { vec![value.to_owned()] };
                fields.push((name.to_owned(), lines));
            }
            None if line.trim().is_empty() => {}
            None => {
                if let Some((_, lines)) = fields.last_mut() {
                    lines.push(line.trim().to_owned());
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIX: &str = include_str!("../tests/stacks/debian-profile-unix");

    fn profiles_with(homes: Homes) -> Vec<Profile> {
        let ours = homes.profiles().map(|(name, text)| Profile::read(name, text));
        [Profile::read("unix", UNIX)].into_iter().chain(ours).collect()
    }

    fn profiles() -> Vec<Profile> {
        profiles_with(Homes::Empty)
    }

    #[test]
    fn a_home_is_empty_or_has_what_is_in_etc_skel_and_nobody_else_reads_it() {
        for (homes, first) in [(Homes::Empty, "skel="), (Homes::FromSkel, "skel=/etc/skel")] {
            let lines = lines(&profiles_with(homes), Common::Session, Block::Additional);
            // The first one makes the home; those behind it find it there.
            assert_eq!(lines[0], format!("optional\tpam_mkhomedir.so umask=0077 {first}"));
            assert!(lines[0].ends_with(homes.options()));
        }
    }

    #[test]
    fn lines_stand_by_priority_with_jumps_over_the_rest_and_the_rule_that_denies() {
        let lines = |common, block| lines(&profiles(), common, block);
        assert_eq!(
            lines(Common::Auth, Block::Primary),
            [
                "[success=2 ignore=ignore default=die]\tpam_firmament.so",
                "[success=1 default=ignore]\tpam_unix.so nullok try_first_pass",
            ]
        );
        assert_eq!(
            lines(Common::Account, Block::Primary),
            [
                "[success=2 ignore=ignore default=die]\tpam_firmament.so",
                "[success=1 new_authtok_reqd=done default=ignore]\tpam_unix.so",
            ]
        );
        assert_eq!(
            lines(Common::Password, Block::Primary),
            [
                "[success=2 default=ignore]\tpam_unix.so obscure yescrypt",
                "[success=1 ignore=ignore default=die]\tpam_firmament.so",
            ],
            "pam_unix asks for the new password itself"
        );
        assert_eq!(
            lines(Common::Session, Block::Additional),
            [
                "optional\tpam_mkhomedir.so umask=0077 skel=",
                "optional\tpam_firmament.so",
                "required\tpam_unix.so"
            ]
        );
        assert_eq!(lines(Common::SessionNoninteractive, Block::Additional), ["required\tpam_unix.so"]);
    }

    #[test]
    fn equal_priorities_stand_by_name_the_last_first() {
        let quality = Profile::read(
            "pwquality",
            "Name: x\nPriority: 1024\nAuth-Type: Primary\nAuth:\n\trequisite\tpam_x.so\n",
        );
        let old = "Name: x\nPriority: 0\nAuth-Type: Additional\nAuth-Final:\n\toptional\t\t\tpam_cap.so\n";
        let all = [profiles(), vec![quality, Profile::read("old", old)]].concat();
        assert_eq!(lines(&all, Common::Auth, Block::Primary)[0], "requisite\tpam_x.so");
        assert_eq!(lines(&all, Common::Auth, Block::Additional), ["optional\t\t\tpam_cap.so"]);
    }
}
