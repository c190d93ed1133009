//! A stack that no tool of the distribution builds from profiles (Fedora, SUSE, Arch): our lines are put into its files.

use crate::profile::Homes;
use crate::stack::{Phase, Rule, StackError, of_phase, parse, place_before};
use crate::verdict::{MODULE, UNIX};

/// What pam_unix has of us before it, and how the home of a person is made; by its comment a line is known again.
const MARK: &str = "# by aad-tool configure-pam";

/// The file with our line in every phase that it has pam_unix in, where none is yet.
///
/// A success ends the stack, as that of pam_unix does there. Homes are made before the first rule of a session that no
/// other module makes them in.
///
/// # Errors
/// [`StackError`] for a file that cannot be understood.
pub fn with_us(text: &str, homes: Homes) -> Result<String, StackError> {
    let text = &without_other_homes(text, homes);
    let rules = parse(text)?;
    let mut lines: Vec<(usize, String)> = Vec::new();
    for phase in [Phase::Auth, Phase::Account, Phase::Password] {
        let rules = of_phase(&rules, phase);
        let unix = rules.iter().position(|rule| rule.module == UNIX);
        if let Some(unix) = unix.filter(|_| !has(&rules, MODULE)) {
            let before = &rules[place_before(&rules, unix)];
            lines.push((before.line, our_line(phase)));
        }
    }
    let session = of_phase(&rules, Phase::Session);
    if let Some(first) = session.first().filter(|_| has(&session, UNIX)) {
        if !MAKE_HOMES.iter().any(|module| has(&session, module)) {
            lines.push((first.line, format!("{}\n", home_line(homes))));
        }
        if !has(&session, MODULE) {
            lines.push((first.line, our_line(Phase::Session)));
        }
    }
    Ok(inserted(text, &lines))
}

/// The line of an earlier run goes where it makes homes in another way.
fn without_other_homes(text: &str, homes: Homes) -> String {
    let is_other = |line: &str| {
        let line = line.trim_end();
        line.ends_with(MARK) && line.contains(MAKE_HOMES[0]) && line != home_line(homes)
    };
    text.split_inclusive('\n').filter(|line| !is_other(line)).collect()
}

fn home_line(homes: Homes) -> String {
    format!("session\toptional\t{} {}\t{MARK}", MAKE_HOMES[0], homes.options())
}

/// The file without the lines that [`with_us`] makes, and without any other of our module.
pub fn without_us(text: &str) -> String {
    let is_ours = |line: &str| {
        let content = line.split('#').next().unwrap_or_default();
        line.trim_end().ends_with(MARK) || content.split_whitespace().any(|word| word.ends_with(MODULE))
    };
    text.split_inclusive('\n').filter(|line| !is_ours(line)).collect()
}

fn has(rules: &[Rule], module: &str) -> bool {
    rules.iter().any(|rule| rule.module == module)
}

fn our_line(phase: Phase) -> String {
    let control = match phase {
        Phase::Auth | Phase::Account | Phase::Password => "[success=done ignore=ignore default=die]",
        // It counts sessions and decides nothing.
        Phase::Session => "optional",
    };
    format!("{}\t{control}\t{MODULE}\t{MARK}\n", phase.word())
}

/// Puts each line before the one with its number.
fn inserted(text: &str, lines: &[(usize, String)]) -> String {
    let mut whole = String::with_capacity(text.len() + 512);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        whole.extend(lines.iter().filter(|(before, _)| *before == number).map(|(_, new)| new.as_str()));
        whole.push_str(line);
    }
    whole
}

/// Modules that make the home of somebody who has none; the first is part of Linux-PAM.
const MAKE_HOMES: [&str; 2] = ["pam_mkhomedir.so", "pam_oddjob_mkhomedir.so"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::judge;
    use proptest::prelude::*;

    const FEDORA: &str = include_str!("../tests/stacks/fedora-system-auth");
    const SUSE: &str = include_str!("../tests/stacks/suse-common");
    const ARCH: &str = include_str!("../tests/stacks/arch-system-auth");

    #[test]
    fn the_stack_of_each_distribution_is_right_afterwards() {
        for (name, text) in [("Fedora", FEDORA), ("SUSE", SUSE), ("Arch", ARCH)] {
            let with = with_us(text, Homes::Empty).unwrap();
            for phase in Phase::ALL {
                let rules = of_phase(&parse(&with).unwrap(), phase);
                assert_eq!(judge(phase, &rules), [], "{name} {phase:?}\n{with}");
            }
            assert_eq!(with.matches(MODULE).count(), 4, "{name}");
            assert!(with.contains("session\toptional\tpam_firmament.so\t"), "{name}");
            assert_eq!(with.matches(MAKE_HOMES[0]).count(), 1, "{name}");
        }
    }

    #[test]
    fn our_line_is_skipped_by_no_jump() {
        let before = |with: &str, line: &str| {
            let lines: Vec<&str> = with.lines().collect();
            let at = lines.iter().position(|it| it.starts_with("auth") && it.contains(MODULE)).unwrap();
            assert!(lines[at + 1].contains(line), "{with}");
        };
        // [default=1] of pam_usertype and of pam_localuser go over the rule behind them.
        before(&with_us(FEDORA, Homes::Empty).unwrap(), "pam_usertype.so");
        before(&with_us(ARCH, Homes::Empty).unwrap(), "pam_systemd_home.so");
        before(&with_us(SUSE, Homes::Empty).unwrap(), "pam_unix.so");
    }

    #[test]
    fn homes_that_another_module_makes_are_left_to_it() {
        let text = format!("{FEDORA}session optional pam_oddjob_mkhomedir.so\n");
        assert!(!with_us(&text, Homes::Empty).unwrap().contains(MAKE_HOMES[0]));
    }

    #[test]
    fn homes_are_made_as_the_option_says_now() {
        for text in [FEDORA, ARCH] {
            let (empty, filled) =
                (with_us(text, Homes::Empty).unwrap(), with_us(text, Homes::FromSkel).unwrap());
            assert!(empty.contains("pam_mkhomedir.so umask=0077 skel=\t#"), "{empty}");
            assert!(filled.contains("pam_mkhomedir.so umask=0077 skel=/etc/skel\t#"), "{filled}");
            assert_eq!(with_us(&empty, Homes::FromSkel).unwrap(), filled);
            assert_eq!(with_us(&filled, Homes::Empty).unwrap(), empty);
            // Of a version that filled every home.
            let old = empty.replace("umask=0077 skel=\t", "umask=0077\t");
            assert_eq!(with_us(&old, Homes::Empty).unwrap(), empty);
            assert_eq!(without_us(&filled), text);
        }
    }

    #[test]
    fn a_file_without_pam_unix_is_left_alone() {
        for text in ["", "auth include system-auth\nsession required pam_env.so\n", "# nothing"] {
            assert_eq!(with_us(text, Homes::Empty).unwrap(), text);
        }
    }

    proptest! {
        #[test]
        fn twice_is_once_and_there_and_back_is_nothing(
            lines in proptest::collection::vec(prop_oneof![
                Just("auth\trequired pam_env.so"), Just("auth [default=1 success=ok] pam_localuser.so"),
                Just("auth sufficient pam_unix.so nullok"), Just("auth [success=2 default=ignore] pam_x.so"),
                Just("account required pam_unix.so # as ever"), Just("password requisite pam_pwquality.so"),
                Just("password sufficient \\\n pam_unix.so use_authtok"), Just("# a comment"), Just(""),
                Just("session required pam_unix.so"), Just("-session optional pam_systemd.so"),
                Just("session optional pam_mkhomedir.so"), Just("@include common-auth"),
            ], 0..16),
            ends in any::<bool>(),
        ) {
            let text = lines.join("\n") + if ends { "\n" } else { "" };
            let with = with_us(&text, Homes::Empty).unwrap();
            prop_assert_eq!(&with_us(&with, Homes::Empty).unwrap(), &with);
            prop_assert_eq!(without_us(&with), text);
        }
    }
}
