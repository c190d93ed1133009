//! sshd's configuration (sshd_config(5)): our drop-in, who reads it, and what is in force (login.md 1.8).

use model::DomainName;

/// Where the drop-in is.
pub(crate) const PATH: &str = "/etc/ssh/sshd_config.d/30-firmament.conf";

/// How long a sign-in may take, in seconds: a device code lives 900, and sshd's default of 120 is too short for many.
/// It cannot stand in a `Match` block.
const GRACE: u32 = 300;

/// Who is asked by keyboard-interactive, which shows device codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// People who give their full name.
    FullNames,
    /// Everybody, local people too.
    Everybody,
}

/// The content of the drop-in.
pub(crate) fn drop_in(domains: &[DomainName], asked: Asked) -> String {
    let mut text = format!(
        "# Written by aad-tool configure-ssh: run it again after a change of the domains.\nLoginGraceTime {GRACE}\n"
    );
    match asked {
        Asked::Everybody => text.push_str("KbdInteractiveAuthentication yes\n"),
        Asked::FullNames => text.extend(
            domains
                .iter()
                .map(|domain| format!("Match User *@{domain}\n    KbdInteractiveAuthentication yes\n")),
        ),
    }
    text
}

/// Whether sshd reads drop-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Includes {
    /// For everybody.
    All,
    /// For whom a `Match` block is about, or not at all.
    NotForAll,
}

/// Whether a configuration includes the drop-ins before any `Match`; `folder` is where sshd_config lies.
pub(crate) fn includes(text: &str, folder: &str) -> Includes {
    let patterns =
        [format!("{folder}/sshd_config.d/*.conf"), format!("{folder}/sshd_config.d/*"), DROP_INS.to_owned()];
    for line in text.lines() {
        let (keyword, arguments) = keyword(line);
        if keyword.eq_ignore_ascii_case("match") {
            break;
        }
        let mut named = arguments.split_whitespace().map(|word| word.trim_matches('"'));
        if keyword.eq_ignore_ascii_case("include") && named.any(|it| patterns.iter().any(|path| path == it)) {
            return Includes::All;
        }
    }
    Includes::NotForAll
}

/// Relative to the folder of sshd_config.
const DROP_INS: &str = "sshd_config.d/*.conf";

fn keyword(line: &str) -> (&str, &str) {
    let line = line.trim();
    if line.starts_with('#') {
        return ("", "");
    }
    let end = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    (keyword, rest.trim_start_matches(|c: char| c.is_whitespace() || c == '='))
}

/// What is in force for one person, as `sshd -T -C` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InForce {
    pub(crate) keyboard_interactive: bool,
    pub(crate) password: bool,
    pub(crate) use_pam: bool,
    /// Seconds; 0 is for ever.
    pub(crate) grace: u32,
}

impl InForce {
    /// None where it says less than that.
    pub(crate) fn read(output: &str) -> Option<InForce> {
        let value = |name: &str| {
            let of = |line: &'_ str| {
                let (keyword, value) = keyword(line);
                keyword.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            };
            output.lines().find_map(of)
        };
        let is_on = |name: &str| value(name).map(|value| value == "yes");
        Some(InForce {
            keyboard_interactive: is_on("kbdinteractiveauthentication")?,
            password: is_on("passwordauthentication")?,
            // An sshd without PAM does not say it.
            use_pam: is_on("usepam").unwrap_or_default(),
            grace: value("logingracetime")?.parse().ok()?,
        })
    }
}

/// What is not as the drop-in wants it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SshFinding {
    /// sshd does not accept the drop-in.
    #[error("sshd does not accept it: {0}")]
    Refused(String),
    /// sshd does not say what is in force.
    #[error("sshd -T does not say what is in force for {0}")]
    Unknown(String),
    /// PAM is not asked at all.
    #[error("UsePAM is no, so nobody of the directory can sign in")]
    NoPam,
    /// Something that stands before it decides.
    #[error("KbdInteractiveAuthentication is still no for {0}: something that sshd reads before it decides")]
    NotAsked(String),
    /// Something that stands before it decides.
    #[error("LoginGraceTime is still {0} seconds: something that sshd reads before it decides")]
    Grace(u32),
    /// What local people may do has changed.
    #[error("what sshd allows local people has changed")]
    LocalChanged,
}

/// What is wrong for somebody of the directory.
pub(crate) fn judge_person(name: &str, found: &InForce) -> Vec<SshFinding> {
    let mut wrong = Vec::new();
    if !found.use_pam {
        wrong.push(SshFinding::NoPam);
    }
    if !found.keyboard_interactive {
        wrong.push(SshFinding::NotAsked(name.to_owned()));
    }
    if found.grace != 0 && found.grace < GRACE {
        wrong.push(SshFinding::Grace(found.grace));
    }
    wrong
}

/// What is wrong for a local person, given what was in force before.
pub(crate) fn judge_local(before: &InForce, after: &InForce, asked: Asked) -> Option<SshFinding> {
    let same = before.keyboard_interactive == after.keyboard_interactive && before.password == after.password;
    (!same && asked == Asked::FullNames).then_some(SshFinding::LocalChanged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_domain_has_a_block_and_the_time_stands_before_them() {
        let domains: Vec<DomainName> =
            ["contoso.com", "x.org"].iter().map(|it| it.parse().unwrap()).collect();
        assert_eq!(
            drop_in(&domains, Asked::FullNames).split_once('\n').unwrap().1,
            "LoginGraceTime 300\nMatch User *@contoso.com\n    KbdInteractiveAuthentication yes\n\
             Match User *@x.org\n    KbdInteractiveAuthentication yes\n"
        );
        assert_eq!(
            drop_in(&domains, Asked::Everybody).split_once('\n').unwrap().1,
            "LoginGraceTime 300\nKbdInteractiveAuthentication yes\n"
        );
    }

    #[test]
    fn drop_ins_are_read_where_they_are_included_before_any_match() {
        use Includes::*;
        for (text, expected) in [
            ("# x\n\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n", All),
            ("UsePAM yes\ninclude=\"/etc/ssh/sshd_config.d/*.conf\"\n", All),
            ("Include sshd_config.d/*.conf\n", All),
            ("Include /etc/ssh/a.conf /etc/ssh/sshd_config.d/*.conf\n", All),
            ("#Include /etc/ssh/sshd_config.d/*.conf\n", NotForAll),
            ("Match User x\nInclude /etc/ssh/sshd_config.d/*.conf\n", NotForAll),
            ("Include /usr/etc/ssh/sshd_config.d/*.conf\n", NotForAll),
            ("", NotForAll),
        ] {
            assert_eq!(includes(text, "/etc/ssh"), expected, "{text}");
        }
    }

    const SAID: &str = "port 22\nlogingracetime 300\nusepam yes\npasswordauthentication no\n\
        kbdinteractiveauthentication yes\n";

    #[test]
    fn what_is_in_force_is_judged() {
        let fine = InForce::read(SAID).unwrap();
        assert_eq!(judge_person("x@contoso.com", &fine), []);
        let name = || "x@contoso.com".to_owned();
        for (found, expected) in [
            (InForce { use_pam: false, ..fine }, vec![SshFinding::NoPam]),
            (InForce { keyboard_interactive: false, ..fine }, vec![SshFinding::NotAsked(name())]),
            (InForce { grace: 120, ..fine }, vec![SshFinding::Grace(120)]),
            (InForce { grace: 0, ..fine }, vec![]),
            (InForce { grace: 600, ..fine }, vec![]),
        ] {
            assert_eq!(judge_person("x@contoso.com", &found), expected);
        }
        assert_eq!(InForce::read("port 22\n"), None);
        assert!(!InForce::read(&SAID.replace("usepam yes\n", "")).unwrap().use_pam);
    }

    #[test]
    fn local_people_keep_what_they_had_unless_everybody_is_asked() {
        let before = InForce::read(&SAID.replace("authentication yes", "authentication no")).unwrap();
        let after = InForce::read(SAID).unwrap();
        assert_eq!(judge_local(&before, &before, Asked::FullNames), None);
        assert_eq!(judge_local(&before, &after, Asked::FullNames), Some(SshFinding::LocalChanged));
        assert_eq!(judge_local(&before, &after, Asked::Everybody), None);
    }
}
