//! Whose sign-in may register the machine.

use model::{MayRegister, ObjectId, UnknownWord};
use std::fmt;
use std::str::FromStr;

/// `who_may_register`: whose sign-in may register the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WhoMayRegister {
    /// Everybody who may sign in; the first comer is the owner.
    #[default]
    Anyone,
    /// Root alone.
    Root,
    /// Root, and whoever is in this group of the system.
    Group(String),
    /// Root, and whoever is in this group of the directory, which is known once they have signed in.
    DirectoryGroup(ObjectId),
}

impl WhoMayRegister {
    /// Judges a caller; `is_member` says whether they are in a group.
    pub fn judge(&self, is_root: bool, is_member: impl FnOnce(&str) -> bool) -> MayRegister {
        let may = match self {
            WhoMayRegister::Anyone => true,
            WhoMayRegister::Root => is_root,
            WhoMayRegister::Group(name) => is_root || is_member(name),
            WhoMayRegister::DirectoryGroup(_) if is_root => true,
            WhoMayRegister::DirectoryGroup(group) => return MayRegister::Members(*group),
        };
        if may { MayRegister::Yes } else { MayRegister::No }
    }
}

impl FromStr for WhoMayRegister {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<WhoMayRegister, UnknownWord> {
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !":,".contains(c);
        match text.split_once(':') {
            None if text.eq_ignore_ascii_case("anyone") => Ok(WhoMayRegister::Anyone),
            None if text.eq_ignore_ascii_case("root") => Ok(WhoMayRegister::Root),
            Some((kind, name)) if kind.trim_end().eq_ignore_ascii_case("group") => {
                let name = name.trim();
                if let Ok(id) = name.parse() {
                    return Ok(WhoMayRegister::DirectoryGroup(id));
                }
                let good = !name.is_empty() && name.chars().all(plain);
                good.then(|| WhoMayRegister::Group(name.to_owned())).ok_or(UnknownWord(REGISTRARS))
            }
            _ => Err(UnknownWord(REGISTRARS)),
        }
    }
}

impl fmt::Display for WhoMayRegister {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhoMayRegister::Anyone => out.write_str("anyone"),
            WhoMayRegister::Root => out.write_str("root"),
            WhoMayRegister::Group(name) => write!(out, "group:{name}"),
            WhoMayRegister::DirectoryGroup(id) => write!(out, "group:{id}"),
        }
    }
}

const REGISTRARS: &[&str] = &["anyone", "root", "group:NAME", "group:OBJECT-ID"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_register_is_read_as_it_is_shown() {
        for text in ["anyone", "root", "group:wheel", "group:cccccccc-0000-0000-0000-000000000001"] {
            assert_eq!(text.parse::<WhoMayRegister>().unwrap().to_string(), text);
        }
        assert_eq!("Group: admins".parse(), Ok(WhoMayRegister::Group("admins".to_owned())));
        for text in ["", "everyone", "group", "group:", "group:a b", "group:a,b", "user:alex", "wheel"] {
            assert!(text.parse::<WhoMayRegister>().is_err(), "{text}");
        }
    }

    #[test]
    fn root_may_always_register_and_others_as_the_option_says() {
        use MayRegister::{Members, No, Yes};
        let id = "cccccccc-0000-0000-0000-000000000001".parse().unwrap();
        let of_directory = WhoMayRegister::DirectoryGroup(id);
        let group = WhoMayRegister::Group("wheel".to_owned());
        for (option, root, member, may) in [
            (&WhoMayRegister::Anyone, false, false, Yes),
            (&WhoMayRegister::Root, true, false, Yes),
            (&WhoMayRegister::Root, false, true, No),
            (&group, true, false, Yes),
            (&group, false, true, Yes),
            (&group, false, false, No),
            (&of_directory, true, false, Yes),
            (&of_directory, false, true, Members(id)),
        ] {
            let asked = |name: &str| name == "wheel" && member;
            assert_eq!(option.judge(root, asked), may, "{option} {root} {member}");
        }
    }
}
